"""What a build changes in its folder: what is written, what stays, and what an earlier build left there."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.json import strict_json
from rolemgr.files.source import FileError, read_text
from rolemgr.workflow.blueprint import BuiltFile

MANIFEST: Final = "rolemgr-build.json"
"""The file, in the folder of a build, that names the others of it."""


class BuildChanges(NamedTuple):
    """The files that a build writes, those that are there as they should be, and those that no longer belong to it."""

    to_write: tuple[BuiltFile, ...]
    unchanged: tuple[BuiltFile, ...]
    left: tuple[str, ...]


def manifest_text(paths: Sequence[str]) -> str:
    """Return the text of the file that names all files of a build, and those that an earlier one left."""
    return json.dumps({"files": list(paths)}, indent=2) + "\n"


def is_other_manifest(folder: str, paths: Sequence[str]) -> bool:
    """Tell whether the list of files in *folder* differs from that of *paths*."""
    return _text(folder, MANIFEST) != manifest_text(paths)


def changes_in(folder: str, files: Iterable[BuiltFile]) -> BuildChanges:
    """
    Return what a build of *files* changes in *folder*.

    Raises InputError for a list of an earlier build that can't be read: what it left there is not known then.
    """
    wanted = {one.path: one for one in files}
    same = {path for path, one in wanted.items() if _text(folder, path) == one.text}
    left = tuple(sorted(set(_earlier(folder)) - set(wanted)))
    return BuildChanges(
        tuple(one for path, one in wanted.items() if path not in same),
        tuple(one for path, one in wanted.items() if path in same),
        tuple(path for path in left if Path(folder, path).is_file()),
    )


def _text(folder: str, path: str) -> str | None:
    """Return the text of the file at *path* in *folder*; None where there is none, or none that can be read."""
    try:
        return read_text(Path(folder, path))
    except FileError:
        return None  # it is written anew, or the error of writing says why it can't be


def _earlier(folder: str) -> list[str]:
    place = Path(folder, MANIFEST)
    if not place.exists():
        return []
    where = SourceLocation(str(place))
    data: Any = strict_json(read_text(place))
    names = data.get("files") if isinstance(data, dict) else None
    if not isinstance(names, list) or not all(isinstance(one, str) and _is_below(one) for one in names):
        raise InputError(
            where, "is not the list of files of an earlier build", "delete it, and look for files that stay"
        )
    return names


def _is_below(path: str) -> bool:
    """Tell whether *path* leads to a file in the folder: nothing above it, and no absolute one."""
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not PurePosixPath(path).is_absolute()
