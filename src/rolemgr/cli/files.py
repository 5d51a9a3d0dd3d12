"""Standard input and output as files: ``-`` in, ``-o`` out."""

import sys
from pathlib import Path

import click

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import MAX_BYTES, decode, read_text


def read_input(name: str) -> tuple[str, str]:
    """Return the text of the file *name*, or of stdin for ``-``, and what messages call it."""
    if name != "-":
        return read_text(Path(name)), name
    shown = "<stdin>"
    return decode(sys.stdin.buffer.read(MAX_BYTES + 1), SourceLocation(shown)), shown


def write_output(text: str, path: str | None) -> None:
    """Write *text* to the file *path*, or to stdout where there is none; raise InputError if it can't be."""
    if path is None or path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(SourceLocation(path), f"can't be written: {error.strerror or error}") from error


def note(text: str) -> None:
    """Say *text* on stderr: it is for the person at the terminal, not part of the result."""
    click.echo(f"note: {text}", err=True)
