"""Pages of several things, one after another, each under its name."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text


def one_after_another(pages: Iterable[tuple[str, RenderableType]]) -> Group:
    """Return *pages* as one, each below the name of its file."""
    parts: list[RenderableType] = []
    for name, page in pages:
        parts += [Text(""), Text(name, style="bold"), page] if parts else [Text(name, style="bold"), page]
    return Group(*parts)
