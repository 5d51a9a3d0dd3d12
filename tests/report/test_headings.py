"""Entries under headings of their own: on a page these are none of the entries that they head."""

import re

from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.report.pages.html import html
from rolemgr.report.pages.markdown import markdown
from rolemgr.report.pages.of_role import role_page
from rolemgr.report.pages.page import EntryGroup, Heading, Section

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
HEADS = ("This role's Denies hold these, whatever is attached:", "Only not granted, nor by AWS's text of today of")


def test_entries_stand_under_the_heading_before_them() -> None:
    """And under none before the first; a heading counts for nothing."""
    section = Section("Title", ("a", Heading("one:"), "b", "c", Heading("two:")))
    assert section.groups == (EntryGroup("", ("a",)), EntryGroup("One:", ("b", "c")), EntryGroup("Two:", ()))
    assert section.size == 3
    assert Section("Title").groups == ()


def test_beside_an_attached_policy_what_a_role_never_does_is_in_two_parts() -> None:
    """Each under its heading, in HTML and in Markdown; no entry of a list reads as one."""
    catalog = Catalog()
    made = rendered(catalog, persona="data-scientist", managed_policy=[READ_ONLY])
    page = role_page(made.role, made.documents, catalog, ())
    shown = html(page).replace("&#39;", "'")
    assert [one.startswith(head) for one, head in zip(re.findall(r"<h3>(.*?)</h3>", shown, re.S), HEADS, strict=True)]
    assert not re.search(r"<li>[^<]*(whatever is attached|nor by AWS's text)", shown)
    lines = markdown(page).splitlines()
    for head in HEADS:
        (number,) = (number for number, line in enumerate(lines) if line.startswith(f"**{head}"))
        assert (lines[number - 1], lines[number + 1], lines[number + 2][:2]) == ("", "", "- ")
