"""How what is said on stderr looks: whether notes are left out, and when there is colour."""

import os
import sys

import click

COLORS = ("auto", "always", "never")
COLOR_HELP = "Colour: on a terminal (auto), always or never; NO_COLOR is honoured."
_STYLES = {"error": "red", "note": "cyan", "next": "green"}


class StderrStyle:
    """Of the command that runs: its ``-q`` and ``--color``."""

    quiet = False
    color = "auto"


STDERR = StderrStyle()


def aside(head: str, text: str) -> str:
    """Return *text* behind *head* (``error``, ``note``, ``next``), which has a colour where that is wanted."""
    is_shown = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    in_color = STDERR.color == "always" or (STDERR.color == "auto" and is_shown)
    return f"{click.style(f'{head}:', fg=_STYLES[head], bold=True) if in_color else f'{head}:'} {text}"
