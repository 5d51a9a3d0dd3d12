"""Texts as somebody writes them who wants a page to do something else than show them."""

from rolemgr.report.pages.grid import Grid, GridMark, GridRow
from rolemgr.report.pages.page import Bar, Fact, Page, Section, Table, Tone

HOSTILE = (
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</script><script>alert(2)</script>",
    "<!-- <script>",
    "]]> --> -->",
    "{{ 7 * 7 }} {% raw %}",
    "@octocat and @org/team",
    "see #1, GH-2, octo/repo#3, 16c999e8c71134401a78d4d46435517b2271d6ac",
    "![i](https://evil.example/p.png)",
    "[l](javascript:alert(1)) <https://evil.example>",
    "www.evil.example https://evil.example mail@evil.example",
    "[a]: https://evil.example",
    "`code` ``more` | a | b |",
    "\\| \\` \\",
    "*b* _i_ ~~s~~ __u__ **b",
    "$\\pi$ $`x`$ :tada: ^[note]",
    "1. one",
    "2) two",
    "- item",
    "+ item",
    "# head",
    "> quote",
    "--- ",
    "    indented",
    "a\n\n</details>\n\n## head\n\n| x |\n| - |\n",
    "```\nfence",
    "<br><details open><summary>s</summary>",
    "\u202egnp.exe \u200b \x1b[31m \x00",
    "&lt;b&gt; &#64;octocat &amp;",
    "ⒶＡ é 漢字",
    "",
)


def everywhere(text: str) -> Page:
    """Return a page that has *text* in every place that takes a text."""
    sections = (
        Section(text, (text, text), Table((text, "n"), ((text, 1), ((text, text), 2))),
                (Bar(text, 1, 2, "characters"),), text, tone=Tone.LOOK),
        Section(text, (text,), folded=True, running=True,
                grid=Grid(text, (text, "n"), (GridRow(text, (text, "x")),), (GridMark("x", text, Tone.BAD),))),
    )  # fmt: skip
    return Page(text, (text,), (Fact(text, Tone.BAD),), sections, {"text": text, text: [text]})
