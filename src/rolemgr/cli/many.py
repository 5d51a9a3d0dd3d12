"""Many role files at once: how far it is on a terminal, what there is to say of them, and where results go."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from rolemgr.cli.files import is_folder, is_named_as_file, is_stdout, note, write_in
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, SourceLocation, gathering
from rolemgr.workflow import many
from rolemgr.workflow.many import Made, notes_of
from rolemgr.workflow.role import RenderedChoice

T = TypeVar("T")


def judge_each(
    flags: Mapping[str, Any], files: Sequence[str], make: Callable[[RenderedChoice], T], *, verbose: bool,
    filled_later: Sequence[str] = (),
) -> tuple[list[Made[T]], list[InputError]]:  # fmt: skip
    """Do as `rolemgr.workflow.many.judge_each`; a terminal shows how far it is."""
    return many.judge_each(flags, files, make, OUTSIDE, progress, verbose=verbose, filled_later=filled_later)


def say_notes(made: Iterable[Made[Any]]) -> None:
    """Say on stderr what there is to say of each file; what several have in common is said once."""
    for text in notes_of(made):
        note(text)


def write_each(made: Sequence[Made[str]], folder: str, place: str) -> list[InputError]:
    """
    Write the result of each role to its *place* in *folder*, such as ``{name}.json``; return what can't be written.

    Where there are several accounts, each has a folder of its own in it.
    """
    accounts = {one.account for one in made}
    wrong: list[InputError] = []
    for one in made:
        within = f"{one.account}/{place}" if len(accounts) > 1 else place
        with gathering(wrong):
            write_in(folder, within, one.name, one.result)
    return wrong


def require_folder(output: str | None) -> str:
    """Return *output*, a folder or nothing yet; raise InputError where it is neither, before any work."""
    if output is None or is_stdout(output):
        raise InputError(None, "several role files give several results", "give a folder, -o DIR")
    if not output.endswith("/") and not os.path.lexists(output) and is_named_as_file(output):
        folder = f"give a folder, -o {os.path.splitext(output)[0]}/"  # noqa: PTH122 - the folder as the user wrote it
        raise InputError(SourceLocation(output), "is named as a file, and several role files give several", folder)
    if os.path.lexists(output) and not is_folder(output):
        raise InputError(SourceLocation(output), "is not a folder", "several role files give several results")
    return output
