"""Standard input and output as files: ``-`` in, ``-o`` out."""

import os
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
    """
    Write *text* to the file *path*, or to stdout where there is none.

    A file is written whole or not at all, and one that is there already is replaced. Raises InputError for
    a folder, and for what can't be written.
    """
    if path is None or is_stdout(path):
        click.echo(text, nl=False, color=True)  # whether there is colour is decided where the page is drawn
        return
    try:
        _write(Path(os.path.realpath(path)), text)  # a link stays a link
    except OSError as error:
        raise InputError(SourceLocation(path), f"can't be written: {error.strerror or error}") from error


def place_in(folder: str, place: str, name: str) -> str:
    """
    Return the path of *place* (``{name}.json``) in *folder* for what is called *name*; the folders in it are made.

    Raises InputError for a name that would lead out of it, and for a folder that can't be made.
    """
    if name in (".", ".."):  # IAM takes them as a role's name
        raise InputError(SourceLocation(folder), f"`{name}` makes no name of a file", "choose another `name`")
    path = Path(folder, place.format(name=name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(SourceLocation(str(path.parent)), f"can't be made: {error.strerror or error}") from error
    return str(path)


def is_stdout(path: str | None) -> bool:
    """Tell whether the output *path* means stdout."""
    return path is None or path == "-"


def _write(path: Path, text: str) -> None:
    """Put a file with *text* in the place of *path*; a device or a pipe can't be replaced and is written to."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    temporary = path.with_name(f".rolemgr-{os.urandom(8).hex()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            import shutil  # only a file that is replaced pays for it

            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def note(text: str) -> None:
    """Say *text* on stderr: it is for the person at the terminal, not part of the result."""
    click.echo(f"note: {text}", err=True)
