"""Where trees and tables are printed: colour on a terminal only, the terminal's width or 80 columns."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

Command = TypeVar("Command", bound=Callable[..., Any])

color_option = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto",
    help="Colour: on a terminal (auto), always or never; NO_COLOR is honoured.",
)  # fmt: skip
catalog_option = click.option(
    "--catalog", multiple=True, metavar="DIR", envvar="ROLEMGR_CATALOG",
    help="A folder whose personas/ and activity_groups/ add to the built-in ones; repeatable.",
)  # fmt: skip


_ANY_WIDTH = 10_000


def show(page: "RenderableType", color: str) -> None:
    """Print *page* to stdout; a table that goes to a file or a pipe is as wide as it needs to be."""
    from rich.console import Console
    from rich.table import Table

    force = {"always": True, "never": False}.get(color)
    console = Console(force_terminal=force, no_color=True if color == "never" else None, highlight=False)
    if isinstance(page, Table) and not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        console.width = _ANY_WIDTH
        console.width = console.measure(page).maximum
    with console.capture() as captured:
        console.print(page)
    click.echo("".join(line.rstrip() + "\n" for line in captured.get().splitlines()), nl=False, color=True)
