"""Standard input and output as files: ``-`` in, ``-o`` out."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE

import click

from rolemgr.cli.stderr import STDERR, aside
from rolemgr.errors import InputError, SourceLocation, printable
from rolemgr.files.source import LIMITS, Limits, decode, read_text


def read_input(name: str, limits: Limits = LIMITS) -> tuple[str, str]:
    """Return the text of the file *name*, or of stdin for ``-``, and what messages call it."""
    if name != "-":
        return read_text(Path(name), limits=limits), name
    shown = "<stdin>"
    return decode(sys.stdin.buffer.read(limits.bytes + 1), SourceLocation(shown), limits), shown


def write_output(text: str, path: str | None) -> None:
    """
    Write *text* to the file *path*, or to stdout where there is none.

    A file is written whole or not at all, and one that is there already is replaced. Raises InputError for
    a folder, and for what can't be written.
    """
    if path is None or is_stdout(path):
        _say(text)
        return
    with _write_errors(path):
        _write(Path(os.path.realpath(path)), text)  # a link that the user names stays a link


def write_in(folder: str, place: str, name: str, text: str) -> None:
    """
    Write *text* to its *place* (``{name}.json``) in *folder* for what is called *name*; the folders in it are made.

    Below *folder* no link is followed: who may put one there (a pull request) must not choose what is written
    over. Raises InputError for such a link, for a name that would lead out of it, and for what can't be written.
    """
    if name in (".", ".."):  # IAM takes them as a role's name
        raise InputError(SourceLocation(folder), f"`{name}` makes no name of a file", "choose another `name`")
    path = Path(folder, place.format(name=name))
    for below in (path, *path.parents[: len(Path(place).parts) - 1]):
        if os.path.islink(below):  # noqa: PTH114 - it raises nothing where the path is too long
            raise InputError(SourceLocation(str(below)), "is a link, and below its folder -o follows none")
    make_folder(path.parent)
    with _write_errors(str(path)):
        _write(path, text)


def make_folder(path: Path) -> None:
    """Make the folder *path* and those that it is in, where they are not there; raise InputError where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(SourceLocation(str(path)), f"can't be made: {_why(error)}") from error


_LANGUAGES = {
    ".json": "JSON", ".sarif": "JSON", ".yaml": "YAML", ".yml": "YAML", ".sh": "a shell script", ".tf": "HCL",
    ".md": "Markdown", ".html": "HTML", ".htm": "HTML", ".csv": "CSV",
    ".xml": "XML", ".junit": "XML",
}  # fmt: skip
_ALSO = {("JSON", ".yaml"), ("JSON", ".yml")}
"""What a file of another ending may hold: all JSON is YAML."""


def require_ending(output: str | None, language: str, hint: str) -> None:
    """Raise InputError where the name of *output* ends as a file of another language than *language*, which it gets."""
    ending = Path(output or "").suffix.lower()
    wanted = _LANGUAGES.get(ending, language)
    if wanted != language and (language, ending) not in _ALSO:
        if ending == ".tf" and language == "JSON":  # https://developer.hashicorp.com/terraform/language/syntax/json
            hint = f"Terraform reads JSON from {output}.json; or choose another --format"
        raise InputError(SourceLocation(str(output)), f"is named as {wanted}, and the result is {language}", hint)


def is_named_as_file(output: str) -> bool:
    """Tell whether *output* ends as the name of a file of some language does, and not as a folder's."""
    return Path(output).suffix.lower() in _LANGUAGES


def is_file(path: str) -> bool:
    """Tell whether *path* is a file that a report can point at, and not stdin, a pipe, a flag or a role's name."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for a path that is too long


def is_folder(path: str) -> bool:
    """Tell whether *path* is a folder; what can't be looked at (too long, no right) is none."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a path that is too long


@contextmanager
def _write_errors(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputError(
            SourceLocation(path), f"can't be written: {_why(error)}", _folder_to_make(path, error)
        ) from error


def _folder_to_make(path: str, error: Exception) -> str | None:
    """Return what to do where there is no folder for the file *path*; None for other errors."""
    folder = os.path.dirname(path)  # noqa: PTH120 - of a path that may be too long
    is_missing = isinstance(error, FileNotFoundError) and folder and not os.path.lexists(folder)
    return f"make the folder first: mkdir -p {shlex.quote(folder)}" if is_missing else None


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _say(text: str) -> None:
    with stdout_errors():
        click.echo(text, nl=False, color=True)  # whether there is colour is decided where the page is drawn


@contextmanager
def stdout_errors() -> Iterator[None]:
    """Raise InputError where stdout has no room for what is written inside; a reader that has gone is left to click."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        with suppress(OSError, ValueError):  # what is buffered would fail once more at the end of the process
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise InputError(SourceLocation("<stdout>"), f"can't be written: {_why(error)}") from error


def is_stdout(path: str | None) -> bool:
    """Tell whether the output *path* means stdout."""
    return path is None or path == "-"


def _write(path: Path, text: str) -> None:
    """Put a file with *text* in the place of *path*; a device or a pipe can't be replaced and is written to."""
    if path.exists() and not path.is_file():
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n", opener=_to_a_reader) as file:
            file.write(text)
        return
    temporary = path.with_name(f".rolemgr-{os.urandom(8).hex()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")  # names of files
        if path.exists():
            temporary.chmod(S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _to_a_reader(path: str, flags: int) -> int:
    """Open a device or pipe to write to; a pipe that nobody reads fails here, where it would be waited for for ever."""
    number = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "O_NONBLOCK"):
        os.set_blocking(number, True)
    return number


def note(text: str) -> None:
    """Say *text* on stderr: it is for the person at the terminal, not part of the result."""
    _say_aside("note", text)


def next_step(text: str) -> None:
    """Say on stderr what is left to do once the result is in use."""
    _say_aside("next", text)


def _say_aside(head: str, text: str) -> None:
    """Say *text* on stderr unless ``-q`` leaves notes out."""
    if not STDERR.quiet:
        click.echo(aside(head, printable(text)), err=True, color=True)
