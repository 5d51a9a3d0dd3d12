"""Pages on a terminal whose text comes from others: nothing in it is obeyed by the terminal or by CI."""

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_COMMAND = re.compile(r"^(\s*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)


class PageConsole(Console):
    """A console that shows `?` for each character of a page that is not printable: escapes, bidirectional controls."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of *renderable*, their text printable; colours are not part of the text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=_visible(segment.text))


def without_commands(page: str) -> str:
    """
    Return *page* with a `?` in what GitHub Actions takes for a command.

    That is `::` where a line begins with it, and `##[` anywhere.
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    return _COMMAND.sub(lambda found: f"{found[1] or ''}?", page)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)
