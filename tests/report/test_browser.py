"""The HTML page in a real browser, where there is one: its own script runs, and nothing else does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.report.hostile import HOSTILE, everywhere

from rolemgr.report.pages.html import html
from rolemgr.report.pages.page import Page, Section, Table

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")

INJECTED = """
<script>document.title = 'script'</script><img src=x onerror="document.title = 'image'">
<svg onload="document.title = 'svg'"></svg><a href="javascript:0" id=link>x</a>
<style>main { display: none }</style><base href="https://evil.example/">
"""


def dom(page: str, folder: Path) -> str:
    """Return the document that the browser makes of *page*, after its scripts have run."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    command = [str(BROWSER), "--headless=new", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", *root,
               "--dump-dom", file.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout


def table_page() -> str:
    """Return a page with a table that is sorted and filtered."""
    rows = tuple((f"row {number}", number) for number in range(6))
    return html(Page("fine", (), (), (Section("s", table=Table(("Name", "Number"), rows)),), {}))


def test_its_own_script_and_style_are_allowed(tmp_path: Path) -> None:
    """The hashes of the policy are those that a browser takes of them: columns sort, and the filter has a label."""
    found = dom(table_page(), tmp_path)
    assert found.count('<button type="button">') == 2
    assert 'aria-label="Filter s"' in found


def test_what_gets_in_does_not_run(tmp_path: Path) -> None:
    """Even markup that nobody escaped: the policy is the second wall; without it the same markup runs."""
    page = table_page().replace("<main>", f"<main>{INJECTED}")
    assert "<title>fine</title>" in dom(page, tmp_path)
    open_page = page.replace("Content-Security-Policy", "X-Nothing")
    assert "<title>fine</title>" not in dom(open_page, tmp_path)


def test_hostile_texts_make_no_element_in_a_browser(tmp_path: Path) -> None:
    """All of them on one page, as the browser's own parser reads it."""
    page = everywhere(" ".join(HOSTILE))
    found = dom(html(page), tmp_path)
    assert not any(f"<{tag}" in found for tag in ("img", "a ", "b>", "iframe", "form", "base", "object"))
    assert found.count("<script") == 2
    assert found.count("<section") == 2
