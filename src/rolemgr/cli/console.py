"""Where trees and tables are printed: colour on a terminal only, the terminal's width or 80 columns."""

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


def show(page: "RenderableType", color: str) -> None:
    """Print *page* to stdout."""
    from rich.console import Console

    force = {"always": True, "never": False}.get(color)
    console = Console(force_terminal=force, no_color=True if color == "never" else None, highlight=False)
    console.print(page)
