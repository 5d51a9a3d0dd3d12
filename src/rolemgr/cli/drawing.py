"""A page as text: for a terminal as it is, and for a file the same everywhere."""

import io
import os
import sys

from rich.console import Console, RenderableType

from rolemgr.cli.files import is_stdout, stdout_errors
from rolemgr.report.page import PageConsole, without_commands

_ANY_WIDTH = 10_000
_FILE_WIDTH = 80


def drawn(page: RenderableType, output: str | None, color: str) -> str:
    """Return *page* as text; a table that goes to a file or a pipe is as wide as it needs to be."""
    tables = sys.modules.get("rich.table")  # where nobody loaded it, the page is not a table
    console = _terminal(color) if is_stdout(output) else _file()
    of_any_width = not is_stdout(output) or (not sys.stdout.isatty() and "COLUMNS" not in os.environ)
    if tables and isinstance(page, tables.Table) and of_any_width:
        console.width = _ANY_WIDTH
        console.width = console.measure(page).maximum
    with stdout_errors(), console.capture() as captured:  # rich looks at stdout as it ends the capture
        console.print(page)
    return without_commands("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def _terminal(color: str) -> Console:
    force = {"always": True, "never": False}.get(color)
    return PageConsole(force_terminal=force, no_color=True if color == "never" else None, highlight=False)


def _file() -> Console:
    """Return what draws for a file: the same bytes whatever the terminal and the environment are."""
    return PageConsole(file=io.StringIO(), force_terminal=False, color_system=None, width=_FILE_WIDTH, highlight=False)
