"""
A page as HTML: one file that needs nothing else, reads without JavaScript, and runs nothing that it is told.

Every text goes through jinja2's autoescape. A content security policy in the page allows its own script and style by
their hashes and nothing else: no network, no form, no script or style of a text that found a way in.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rolemgr.check.finding import Severity
from rolemgr.errors import printable
from rolemgr.report.pages.page import Bar, Cell, Page, pieces, text_of
from rolemgr.report.pages.picture import drawn

_TEMPLATES: Final = Path(__file__).parent / "templates"
_RANKS: Final = {severity.value: rank for rank, severity in enumerate(Severity)}
"""How words are sorted that have an order of their own."""
_OPTION: Final = re.compile(r"(?<!\S)--?[a-z][a-z-]{0,40}(?![^\s=])")
"""The name of an option in a command; a longer one is not ours, and may have to break to stay on the page."""
_WIDTH: Final = 320
"""The units across which a bar is drawn."""


def html(page: Page) -> str:
    """Return *page* as one HTML page; the same page gives the same bytes."""
    script, style = _own("page.js"), _own("page.css")
    if any(one.picture for one in page.sections):
        style += _own("picture.css")
    if any(one.grid for one in page.sections):
        style += _own("grid.css")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none';"
        " form-action 'none'"
    )
    template = _environment().get_template("page.html.j2")
    return template.render(page=page, policy=policy, script=script, style=style, data=_embedded(page.data))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=_harmless,
    )  # fmt: skip
    made.filters |= {
        "pieces": pieces,
        "one_line": _one_line,
        "block": _block,
        "whole_options": _whole_options,
        "key": _key,
        "lines": _cell_lines,
        "filled": _filled,
        "drawn": drawn,
    }
    made.tests |= {"amount": lambda cell: isinstance(cell, int), "severity": lambda cell: cell in _RANKS}
    return made


def _own(name: str) -> Markup:
    """Return the text of our script or style, which is not escaped."""
    return Markup((_TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - a file of this package


def _hash(text: str) -> str:
    """Return the source expression that allows *text*, by https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Mapping[str, Any]) -> Markup:
    """
    Return *data* as JSON that may stand in a script element: nothing in it ends the element or begins a comment.

    https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    """
    text = json.dumps(data, indent=1)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - ASCII without a sign that HTML reads


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _harmless(value: Any) -> Any:
    """Return what is printed, a text of others without what a terminal or CI obeys: a page may go to stdout."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(value)


def _whole_options(text: str) -> Markup:
    """Return code with the names of its options marked: a browser else breaks a line behind their hyphens."""
    names = _OPTION.findall(text)
    parts = [escape(printable(one)) for one in _OPTION.split(text)]
    marked = (Markup('<span class="option">{}</span>').format(name) for name in names)
    return parts[0] + Markup().join(name + part for name, part in zip(marked, parts[1:], strict=True))


def _block(text: str) -> Markup:
    """Return *text* with its line breaks, each line escaped; none begins as a command of CI does."""
    return Markup("\n").join(map(_line, text.splitlines()))


def _line(text: str) -> Markup:
    shown = escape(printable(text))
    return shown.replace("::", Markup("&#58;:"), 1) if shown.lstrip().startswith("::") else shown


def _key(cell: Cell) -> str:
    """Return what *cell* is sorted by."""
    return str(_RANKS.get(text_of(cell), text_of(cell)))


def _cell_lines(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, int):
        return (str(cell),)
    return cell if isinstance(cell, tuple) else (cell,)


def _filled(bar: Bar) -> int:
    """Return how far *bar* is filled: never more than whole, and not nothing where there is something."""
    share = round(_WIDTH * bar.size / bar.whole) if bar.whole else 0
    return min(_WIDTH, max(share, 2 if bar.size else 0))
