"""
A page as Markdown for a pull request, as GitHub shows it: the summary first, the details folded.

No text of a page is read as anything but text: https://github.github.com/gfm/ and, for what GitHub adds (mentions,
issues, formulas), https://docs.github.com/en/get-started/writing-on-github.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rolemgr.errors import printable
from rolemgr.report.pages.page import Bar, Cell, Page, Section, Table, Tone, counted, pieces
from rolemgr.report.pages.picture import mermaid

LIMIT: Final = 60_000
"""How long a page may be: the body of a pull request and a comment take 65,536 characters."""
_LONG: Final = 8
"""A section of more entries is folded."""
_MANY: Final = 20
"""A section of more rows is folded."""
_MARKS: Final = {Tone.PLAIN: "", Tone.GOOD: "✅ ", Tone.LOOK: "⚠️ ", Tone.BAD: "⛔ "}


def markdown(page: Page) -> str:
    """Return *page* as Markdown of about `LIMIT` characters at most; what it leaves out for that it says first."""
    head = [f"## {inline(page.title)}\n", *([_beside(page.about)] if page.about else [])]
    facts = [f"{_MARKS[one.tone]}{_at_start(inline(one.text))}" for one in page.summary]
    sections: list[str] = []
    left_out: list[str] = []
    room = LIMIT - sum(map(len, (*head, *facts)))
    for section in page.sections:
        text = _section(section) if _least(section) < room else None
        if text is not None and len(text) < room:
            sections.append(text)
            room -= len(text) + 1
        else:
            left_out.append(section.title)
    if left_out:
        facts.append(f"{_MARKS[Tone.LOOK]}{counted(len(left_out), 'part')} left out, named at the end")
        sections.append(_section(_left_out(left_out)))
    return "\n".join([*head, "".join(f"- {one}\n" for one in facts), *sections])


def _least(section: Section) -> int:
    """Return a length that *section* has at least: what is far too long need not be made to be left out."""
    return sum(len("".join(one.split())) for one in section.entries) // 2


def _left_out(titles: Sequence[str]) -> Section:
    """Return which parts are left out; of many, the first."""
    more = (f"and {len(titles) - _MANY} more",) if len(titles) > _MANY else ()
    return Section("Left out: too long for a pull request, and in the HTML", (*titles[:_MANY], *more))


def inline(text: str) -> str:
    """Return *text* as Markdown within a line or a cell of a table."""
    return "".join(code(one.text) if one.is_code else one.text for one in pieces(text))


def code(text: str) -> str:
    """Return *text* as a code span; what a span or a cell of a table can't hold is spelt by numbers."""
    shown = printable(" ".join(text.split()))
    if shown and not re.search(r"[`|]", shown):
        return f"`{shown}`"
    return f"<code>{_spelt(shown)}</code>"


def _spelt(text: str) -> str:
    return "".join(char if char.isalnum() or char == " " else f"&#{ord(char)};" for char in text)


def _beside(texts: Sequence[str]) -> str:
    return _at_start(" · ".join(map(inline, texts))) + "\n"


def _at_start(text: str) -> str:
    """Return *text* for the start of a line, where a number with a point would begin a list."""
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", text)


def _section(section: Section) -> str:
    body = "\n".join(_body(section))
    mark = _MARKS[section.tone]
    is_long = (section.size > _LONG and not section.running) or len(_rows(section)) > _MANY
    if not (section.folded or is_long):
        return f"### {mark}{inline(section.title)}\n\n{body}"
    count = section.size or len(_rows(section))
    shown = f" ({count})" if count else ""
    return f"<details>\n<summary><b>{mark}{_html(section.title)}</b>{shown}</summary>\n\n{body}\n</details>\n"


def _html(text: str) -> str:
    """Return *text* for where HTML stands: words as they are, the rest as code."""
    return "".join(f"<code>{_spelt(one.text)}</code>" if one.is_code else one.text for one in pieces(text))


def _rows(section: Section) -> Sequence[Sequence[Cell]]:
    if section.grid:
        return [one.texts for one in section.grid.rows]
    return section.table.rows if section.table else ()


def _body(section: Section) -> Iterator[str]:
    if section.running:
        yield _beside(section.entries)
    elif section.numbered:
        yield "".join(f"{n}. {_at_start(inline(entry))}\n" for n, entry in enumerate(section.entries, start=1))
    else:
        for group in section.groups:
            yield from (f"**{inline(group.heading)}**\n" for _ in range(bool(group.heading)))
            yield "".join(f"- {_at_start(inline(entry))}\n" for entry in group.entries)
    if section.picture:
        yield f"```mermaid\n{mermaid(section.picture)}\n```\n"
    if section.bars:
        yield _table(Table(("", "", "of", "share"), tuple(map(_bar, section.bars))))
    if section.table and section.table.rows:
        yield _table(section.table)
    if section.grid and section.grid.rows:
        grid = section.grid
        yield _table(Table((grid.corner, *grid.columns), tuple((one.head, *one.texts) for one in grid.rows)))
        yield "".join(f"- {inline(one)}\n" for one in grid.legend)
    if section.code:
        yield _fenced(section.code)


def _bar(bar: Bar) -> tuple[Cell, ...]:
    return bar.name, f"{bar.size:,} {bar.unit}", f"{bar.whole:,}", f"{bar.size / bar.whole:.0%}"


def _table(table: Table) -> str:
    head = "|".join(f" {inline(name)} " for name in table.columns)
    rule = "|".join(" --- " for _ in table.columns)
    rows = ("|".join(f" {_cell_text(one)} " for one in row) for row in table.rows)
    return "".join(f"|{line}|\n" for line in (head, rule, *rows))


def _cell_text(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    return "<br>".join(map(inline, cell)) if isinstance(cell, tuple) else inline(cell)


def _fenced(text: str) -> str:
    """Return *text* as a block of code, its fence longer than any in it."""
    text = "\n".join(map(printable, text.splitlines()))
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text}\n{fence}\n"
