"""The page of a build: the picture is right, nothing in it is read as markup, and it is the same bytes each time."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rolemgr.report.pages.html import html
from rolemgr.report.pages.markdown import markdown
from rolemgr.report.pages.page import Page, Section
from rolemgr.report.pages.picture import Picture, PictureArrow, PictureGroup, PictureItem, drawn, mermaid

if TYPE_CHECKING:
    from tests.conftest import Run

HOSTILE = '</text></svg><script>alert(1)</script><img src=x onerror=alert(2)> "]; click n1 href "https://evil.example"'
PICTURE = Picture(
    "two flows",
    (
        PictureGroup("one", (PictureItem("one/a", "a"), PictureItem("one/b", "b")), ()),
        PictureGroup("two", (), (PictureItem("two/x", "bucket x", "acme-x"), PictureItem("two/y", "bucket y"))),
    ),
    (
        PictureArrow("one/b", "two/x", "reads", apart=True),
        PictureArrow("one/a", "two/x", "writes", apart=True),
        PictureArrow("one/a", "two/gone", "reads", apart=True),
    ),
)
MANY = """\
regions: [eu-west-1]
accounts:
{accounts}
  data: {{id: "999999999999"}}
ous: {{ml: {{roles: {{training: {{persona: sagemaker-compute, name: tr}}}}}}}}
buckets: {{data/curated: acme-curated}}
flows:
{flows}
"""


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the element."""
        self.found.append((tag, dict(attrs)))


def test_items_lie_beside_one_another() -> None:
    """No two boxes of a column touch, each is within its band, and bands follow one another."""
    made = drawn(PICTURE)
    bands = [one for one in made.shapes if one.kind == "group"]
    items = [one for one in made.shapes if one.kind != "group"]
    assert [one.y for one in bands] == sorted(one.y for one in bands)
    for one in items:
        assert any(band.y < one.y and one.y + one.height < band.y + band.height for band in bands)
    for kind in ("left", "right"):
        column = sorted((one.y, one.y + one.height) for one in items if one.kind == kind)
        assert all(first[1] < second[0] for first, second in pairwise(column))
    assert bands[-1].y + bands[-1].height < made.height


def test_arrows_go_where_they_should() -> None:
    """Each starts at its item's edge and ends at the other's, on a row of its own; one without an end is left out."""
    made = drawn(PICTURE)
    box = {one.text: one for one in made.shapes}
    assert [one.text for one in made.lines] == ["reads", "writes"]
    for arrow, start in zip(made.lines, ("b", "a"), strict=True):
        x, y = map(int, re.findall(r"^M(\d+) (\d+)", arrow.path)[0])
        assert x == box[start].x + box[start].width
        assert box[start].y < y < box[start].y + box[start].height
        to, at = map(int, re.findall(r"^M(\d+) (\d+)", arrow.tip)[0])
        assert to == box["bucket x"].x
        assert box["bucket x"].y < at < box["bucket x"].y + box["bucket x"].height
    assert len({one.y for one in made.lines}) == 2


def test_hostile_texts_are_texts() -> None:
    """In each place where a text can stand, in both forms."""
    picture = Picture(
        HOSTILE,
        (
            PictureGroup(HOSTILE, (PictureItem("a/b", HOSTILE, HOSTILE),), ()),
            PictureGroup("x", (), (PictureItem("c/d", HOSTILE, HOSTILE),)),
        ),
        (PictureArrow("a/b", "c/d", HOSTILE),),
    )
    page = Page("x", (), (), (Section(HOSTILE, picture=picture),), {"x": HOSTILE})
    found = Elements(html(page)).found
    assert [tag for tag, _ in found if tag in ("img", "a", "iframe", "object")] == []
    assert len([tag for tag, _ in found if tag == "script"]) == 2
    assert all(not name.startswith("on") and name != "style" for _, attributes in found for name in attributes)
    fenced = markdown(page).partition("```mermaid\n")[2].partition("\n```")[0]
    inside = re.findall(r'"([^"]*)"', fenced)
    assert len(inside) == 5
    assert re.sub(r'"[^"]*"', '""', fenced).splitlines() == [
        "flowchart LR", '  subgraph g1[""]', '    n1("")', "  end", '  subgraph g2[""]', '    n2[""]', "  end",
        '  n1 -->|""| n2',
    ]  # fmt: skip
    assert not any(re.search(r"[<>&\[\]`]", text) for text in inside)


def test_mermaid_has_the_same_arrows() -> None:
    """And, as the picture, none to what is not there."""
    assert [line.strip() for line in mermaid(PICTURE).splitlines() if "-->" in line] == [
        'n2 -->|"reads"| n3',
        'n1 -->|"writes"| n3',
    ]


@pytest.fixture
def page(run: "Run") -> tuple[str, str]:
    """Build a blueprint of thirty accounts, every other of which reads a bucket; return its pages."""
    accounts = "\n".join(f'  acct-{n}: {{id: "{100000000000 + n}", ou: ml}}' for n in range(30))
    flows = "\n".join(f"  - acct-{n}/training reads data/curated" for n in range(0, 30, 2))
    Path("bp.yaml").write_text(MANY.format(accounts=accounts, flows=flows), "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert (ran.code, ran.errors) == (0, [])
    return Path("out/index.html").read_text("utf-8"), Path("out/index.md").read_text("utf-8")


def test_accounts_alike_are_one_in_the_picture(page: tuple[str, str]) -> None:
    """Thirty accounts are two bands: those that read, and those that don't."""
    svg = page[0].partition('<svg class="picture"')[2].partition("</svg>")[0]
    bands = re.findall(r'<text class="of-group"[^>]*>([^<]*)</text>', svg)
    assert bands == [
        "15 accounts alike · unit ml · acct-0, acct-2, acct-4 and 12 more",
        "15 accounts alike · unit ml · acct-1, acct-3, acct-5 and 12 more",
        "data · 999999999999",
    ]
    assert svg.count('class="verb"') == 1


def test_the_page_needs_nothing_else(page: tuple[str, str]) -> None:
    """It loads nothing, runs its own script alone, and says what to apply in which order."""
    found = Elements(page[0]).found
    assert not any({"src", "href", "action"} & attributes.keys() for _, attributes in found)
    policy = next(attributes["content"] for tag, attributes in found if attributes.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    order = page[1].partition("### Apply in this order\n\n")[2].partition("\n\n")[0].splitlines()
    assert [line[:2] for line in order] == ["1.", "2."]
    assert "`data/resource-policies`" in order[1]


def test_what_has_no_cloudformation_is_said(run: "Run") -> None:
    """A key's policy is part of the key there: the page says what to do, and the file is JSON."""
    Path("bp.yaml").write_text(
        "regions: [eu-west-1]\n"
        'accounts: {a: {id: "111111111111"}, b: {id: "222222222222"}}\n'
        "keys: {b/k: 1234abcd-12ab-34cd-56ef-1234567890ab}\n"
        "buckets: {b/x: {name: acme-x, key: b/k}}\n"
        "roles: {a/training: {persona: sagemaker-compute}}\n"
        "flows: [a/training reads b/x]\n",
        "utf-8",
    )
    assert run("build", "bp.yaml", "-o", "out", "--format", "cloudformation").code == 0
    text = Path("out/index.md").read_text("utf-8")
    part = text.partition("### Without CloudFormation\n\n")[2].partition("\n\n")[0]
    assert part.startswith("- key: `arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab`:")
    assert [path.suffix for path in sorted(Path("out/b/resource-policies").iterdir())] == [".yaml", ".json"]
