"""The HTML page: whatever stands in it does nothing, nothing is fetched, and its data are those of the JSON form."""

import base64
import hashlib
import json
import re
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError
from tests.report.hostile import HOSTILE, everywhere
from tests.support import ALL_LIMITS, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.check.finding import Severity
from rolemgr.errors import printable
from rolemgr.report.pages.html import _environment, html
from rolemgr.report.pages.markdown import markdown
from rolemgr.report.pages.of_role import role_page
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, pieces
from rolemgr.report.review_data import review_data

TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "p", "ul", "li", "main", "section", "h2", "h3", "div",
    "table", "thead", "tbody", "tr", "th", "td", "br", "code", "span", "svg", "rect", "details", "summary", "pre",
    "footer", "script",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "type", "scope", "role", "tabindex", "data-key", "data-name",
    "aria-label", "aria-labelledby", "viewbox", "width", "height", "rx",
}  # fmt: skip


class Read(HTMLParser):
    """What a browser reads: tags, attributes, and the text within each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag with its attributes."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "br", "rect"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of the innermost element, which must be this one."""
        if tag not in ("meta", "br", "rect"):
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text for each element that it stands in."""
        for tag in {*self._open}:
            self.inside.setdefault(tag, []).append(data)

    def handle_comment(self, data: str) -> None:
        """No page has a comment."""
        raise AssertionError(data)

    def text(self, tag: str) -> str:
        """Return all text within elements of the name *tag*."""
        return "".join(self.inside.get(tag, []))

    def named(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of the name *tag*."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_shown_and_does_nothing(text: str) -> None:
    """It brings no element, no attribute and no script, wherever it stands, and can be read."""
    read = Read(html(everywhere(text)))
    assert {tag for tag, _ in read.tags} <= TAGS
    assert {name for _, attributes in read.tags for name in attributes} <= ATTRIBUTES
    assert [len(read.named(tag)) for tag in ("script", "style", "section", "details", "h1")] == [2, 1, 2, 1, 1]
    shown = "".join(piece.text for piece in pieces(text))
    assert shown in read.text("h1")
    assert read.text("main").count(shown) >= 8
    assert [one["aria-label"] for one in read.named("svg")] == [
        f"{printable(' '.join(text.split()))}: 1 of 2 characters"
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_data_in_the_page_are_the_same(text: str) -> None:
    """What ends a script or begins a comment in it is written in another way, and means the same."""
    page = everywhere(text)
    assert json.loads(data_of(html(page))) == page.data
    assert not re.search(r"[<>&]", data_of(html(page)))


def data_of(page: str) -> str:
    """Return the text of the JSON in *page*."""
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return str(data)


def hashed(text: str) -> str:
    """Return the source of a content security policy that allows *text* alone."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_in_a_page_is_obeyed_by_a_terminal() -> None:
    """Wherever a text stands, attributes that tables are sorted by too: a page may go to stdout, and to a log of CI."""
    page = html(everywhere("\x1b[2J\u202e\r\n::error::x\n##[error]y\x85\u2028::notice::z"))
    assert {char for char in page if not char.isprintable()} == {"\n"}
    assert not [line for line in page.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in page.partition("<script")[0]


def test_a_command_in_a_table_is_one_piece_of_code() -> None:
    """With its backticks and spaces, wherever it stands alone or among others."""
    command = Code("rolemgr simulate `x` y")
    page = html(Page("t", (), (), (Section("s", table=Table(("a",), ((command,), (("b", command),)))),), {}))
    assert page.count("<code>rolemgr simulate `x` y</code>") == 2


@pytest.mark.parametrize("name", ["--persona", "-o", "--paid-calls"])
def test_a_line_does_not_break_inside_the_name_of_an_option(name: str) -> None:
    """With a value behind it or none; the text stays what it was."""
    option = f'<span class="option">{name}</span>'
    page = html(Page("t", (), (), (Section("s", (Code(f"a {name} x {name}=y a{name} {name}"), f"by {name}.")),), {}))
    assert f"<code>a {option} x {option}=y a{name} {option}</code>" in page
    assert f"by <code>{option}</code>." in page
    assert ".option { white-space: nowrap; }" in page


@pytest.mark.parametrize("text", ["--" + "a" * 80, "->", "--<b>", "--a&b"])
def test_what_is_not_an_option_may_break(text: str) -> None:
    """A word of others that is too long for the page is broken, and nothing in it is HTML."""
    page = html(Page("t", (), (), (Section("s", (Code(f"x {text}"),)),), {}))
    assert f"<code>x {escape(text)}</code>" in page


def test_severities_are_of_one_type() -> None:
    """All plain, in both forms of a page: one as code among plain ones seems to be another thing."""
    page = Page("t", (), tuple(Fact(f"2 findings {one.value} of 1 role") for one in Severity), (), {})
    for one in Severity:
        assert f">2 findings {one.value} of 1 role<" in html(page)
        assert f"2 findings {one.value} of 1 role" in markdown(page)


def test_only_its_own_script_and_style_may_run() -> None:
    """The policy is read before both, names them by hash, and allows nothing else: no network, form or base."""
    text = html(everywhere("x"))
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    parts = dict(part.split(" ", 1) for part in policy.replace("&#39;", "'").split("; "))
    assert parts == {
        "default-src": "'none'", "script-src": hashed(script), "style-src": hashed(style), "base-uri": "'none'",
        "form-action": "'none'",
    }  # fmt: skip
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<script")
    assert not re.search(r"url\(|@import|expression|https?:", style)
    assert not re.search(r"fetch|XMLHttp|import\b|innerHTML|eval|document\.write|localStorage|https?:", script)


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    """A page never lacks something without a word."""
    with pytest.raises(UndefinedError):
        _environment().from_string("{{ page.titel }}").render(page=everywhere("x"))
    assert _environment().from_string("{{ a }}").render(a="<b>") == "&lt;b&gt;"


def role(**more: Any) -> tuple[Any, Any, Catalog]:
    """Return a role, its documents and the catalog."""
    catalog = Catalog()
    made = rendered(
        catalog, persona="data-scientist", account="123456789012", region="eu-west-1", bucket=["acme"], **more
    )
    return made.role, made.documents, catalog


def test_the_page_of_a_role_has_its_data_and_the_same_bytes_each_time() -> None:
    """The JSON form is in it, equal, and nothing depends on when or where it is made."""
    made = role(tag={"Team": "@all"})
    first = html(role_page(*made, []))
    assert json.loads(data_of(first)) == json.loads(json.dumps(review_data(*made, ())))
    assert first == html(role_page(*role(tag={"Team": "@all"}), []))


def test_the_page_of_a_role_says_all_of_it() -> None:
    """What the one page of 80 columns counts, this one names; no entry is cut."""
    page = role_page(*role(), [])
    assert not any(re.search(r"and \d+ more|--full", entry) for part in page.sections for entry in part.entries)
    titles = [part.title for part in page.sections]
    assert titles[:3] == ["Worth a second look", "Who may assume it", "As what its work runs"]
    assert {"Statements", "Never, by the persona", "Activity groups", "Trust policy"} <= {*titles}


@pytest.mark.sampled(12)
@pytest.mark.parametrize("persona", Catalog().found("personas"))
def test_every_persona_has_both_pages(persona: str) -> None:
    """The largest role that people ask for, too: in HTML whole, in Markdown as far as a pull request takes it."""
    catalog = Catalog()
    made = rendered(catalog, **{**ALL_LIMITS, "persona": persona, "break_separation": "for a test"})
    page = role_page(made.role, made.documents, catalog, [])
    assert len(markdown(page)) < 65_536
    read = Read(html(page))
    assert len(read.named("section")) == len(page.sections)
    assert sum(len(part.table.rows) for part in page.sections if part.table) + len(
        [part for part in page.sections if part.table]
    ) == len(read.named("tr"))


def test_a_role_without_a_known_capability_says_so() -> None:
    """That evaluation asks about none that it has does not mean that it can do nothing."""
    catalog = Catalog()
    made = rendered(catalog, persona="sagemaker-feature-store", account="123456789012", bucket=["acme"])
    [can] = [one for one in role_page(made.role, made.documents, catalog, []).sections if one.title == "What it can do"]
    assert can.entries == ("none of the capabilities that evaluation asks about; what it writes and reads is below",)


def test_a_reader_of_screens_finds_its_way() -> None:
    """A language, one main heading, each part and table named by a heading that exists, heads of columns."""
    read = Read(html(role_page(*role(), [])))
    assert read.named("html") == [{"lang": "en"}]
    ids = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    for tag in ("section", "table", "pre"):
        assert read.named(tag)
        assert {one["aria-labelledby"] for one in read.named(tag)} <= ids
    assert all(one == {"scope": "col"} for one in read.named("th"))
    assert all(one["role"] == "img" and one["aria-label"] for one in read.named("svg"))
