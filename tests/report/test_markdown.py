"""Markdown that a pull request shows: a text stays a text, whoever wrote it, and what does not fit is said."""

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.report.hostile import HOSTILE, everywhere

from rolemgr.errors import printable
from rolemgr.report.pages.markdown import LIMIT, code, inline, markdown
from rolemgr.report.pages.page import Bar, Code, Fact, Page, Section, Tone, pieces, quoted

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TAGS = {
    "h2", "h3", "ul", "li", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "br", "details", "summary", "b",
    "pre", "strong",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """Return all that a reader of Markdown sees in *text*, inline elements too."""
    return [inner for token in READER.parse(text) for inner in (token, *(token.children or ()))]


class Shown(HTMLParser):
    """What a browser shows of HTML, apart in and out of `code`, and the names of its tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.free: list[str] = []
        self._in_code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append(tag)
        self._in_code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        """Note that code has ended."""
        self._in_code -= tag == "code"

    def handle_data(self, data: str) -> None:
        """Note the text, and whether it is outside of code."""
        self.texts.append(data)
        if not self._in_code:
            self.free.append(data)


def shown(text: str) -> Shown:
    """Return what a browser shows of the Markdown *text*."""
    reader = Shown()
    reader.feed(READER.render(text))
    reader.close()
    return reader


def flat(text: str) -> str:
    """Return *text* as a page says it: on one line, printable, quoted words without their backticks."""
    return "".join(piece.text for piece in pieces(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_shown_and_does_nothing(text: str) -> None:
    """No element but code comes of it, at the start of a line and in a table, and all of it can be read."""
    seen = shown(markdown(everywhere(text)))
    assert set(seen.tags) <= TAGS
    assert [seen.tags.count(tag) for tag in ("td", "h2", "h3", "ul", "details", "pre")] == [11, 1, 1, 3, 1, bool(text)]
    assert "".join(seen.texts).count(flat(text)) >= 13


@pytest.mark.parametrize("text", HOSTILE)
def test_what_github_adds_to_markdown_finds_nothing(text: str) -> None:
    """Mentions, issues, revisions, links, emoji and formulas are looked for outside of code."""
    free = "".join(shown(inline(text)).free)
    assert not re.search(r"[@#$:<>\[\]`|\\*_~]\S|www\.|https?:|GH-\d|[0-9a-f]{7,}", free)


@pytest.mark.parametrize("text", HOSTILE)
def test_code_is_one_span(text: str) -> None:
    """Whatever is in it, a backtick and a column's line among it."""
    seen = shown(f"a {code(text)} z")
    assert seen.tags == (["p", "code"])
    assert "".join(seen.texts).strip() == f"a {printable(' '.join(text.split()))} z"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_may_stand_in_html(text: str) -> None:
    """A folded section's title is in a `summary`, where Markdown is not read."""
    seen = shown(markdown(Page("t", (), (), (Section(text, ("a",), folded=True),), {})))
    assert set(seen.tags) <= {"h2", "details", "summary", "b", "code", "ul", "li", "p"}
    assert seen.tags.count("details") == 1


def test_plain_words_stay_plain() -> None:
    """A sentence reads as one; only names are code."""
    text = "work in sagemaker.amazonaws.com runs as this role (2 of 3), at 95% - in account 123456789012: `a b`."
    assert inline(text) == text
    assert inline("for arn:aws:s3:::acme, and s3:GetObject.") == "for `arn:aws:s3:::acme`, and `s3:GetObject`."


def test_words_of_code_without_a_space_between_them_are_one() -> None:
    """Two spans that touch would be read as one with backticks in it."""
    assert inline("`a``b` s3:`c` (`d`), `e`f") == "`ab` s3:`c` (`d`), `e`f"
    assert [piece.is_code for piece in pieces("a `b` c")] == [False, True, False]


def test_what_is_code_as_a_whole_stays_whole() -> None:
    """The backticks of a path are part of it, where those of a sentence quote."""
    assert inline(Code("a `b` c")) == "<code>a &#96;b&#96; c</code>"
    assert inline(quoted("a b")) == "`a b`"


def test_block_of_code_ends_where_it_should() -> None:
    """A fence in the text is shorter than the one around it."""
    text = markdown(Page("t", (), (), (Section("s", code="a\n````\n# b\n```"),), {}))
    assert [(token.type, token.content) for token in tokens(text) if token.type == "fence"] == [
        ("fence", "a\n````\n# b\n```\n")
    ]


def test_details_are_folded_and_the_summary_is_first() -> None:
    """What is long is folded by itself; what reads as words is not."""
    many = tuple(f"entry {number}" for number in range(20))
    text = markdown(
        Page("t", ("about",), (Fact("bad", Tone.BAD),),
             (Section("long", many), Section("words", many, running=True), Section("short", ("a",), tone=Tone.LOOK),
              Section("sizes", bars=(Bar("inline", 512, 10240, "characters"),))), {})
    )  # fmt: skip
    assert text.startswith("## t\n\nabout\n\n- ⛔ bad\n")
    assert "<summary><b>long</b> (20)</summary>\n\n- entry 0\n" in text
    assert "### words\n\nentry 0 · entry 1" in text
    assert "### ⚠️ short\n\n- a\n" in text
    assert "| inline | 512 characters | 10,240 | 5% |" in text


def test_what_does_not_fit_is_said() -> None:
    """A page never grows beyond what a pull request takes; what is left out is counted first and named last."""
    big = tuple("word " * 100 for _ in range(100))
    sections = tuple(Section(f"part {number}", big, folded=True) for number in range(500))
    text = markdown(Page("t", (), (), (*sections, Section("last", ("kept",))), {}))
    assert len(text) <= LIMIT + 2_000 < 65_536
    assert text.startswith("## t\n\n- ⚠️ 499 parts left out, named at the end\n")
    assert text.count("word") == 10_000
    assert "- kept" in text
    assert text.endswith("- part 20\n- and 479 more\n\n</details>\n")
