"""The files that lie beside code, for its imports: within its folder, and never read twice."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rolemgr.code.sources import CODE_LIMITS, CodeFile, read_code
from rolemgr.errors import InputError
from rolemgr.workflow.outside import Outside

_MOST_BYTES: Final = 64 << 20
"""How much of what is imported is read; what comes after it is not known."""


class FilesBeside:
    """
    Reads the modules that code imports: of the folders that were given, and of the folders of files that were given.

    What leads out of these, by a link or by dots, is not there.
    """

    def __init__(self, files: Iterable[CodeFile], folders: Sequence[str], outside: Outside) -> None:
        """Take *files* that are read, and the *folders* that were given, as they were given."""
        self._known: dict[str, CodeFile | None] = {one.name: one for one in files if one.name.endswith(".py")}
        self._outside, self._folders = outside, list(folders)
        self._left = _MOST_BYTES
        own = {os.path.dirname(one) for one in (*self._known, *(one.name for one in files))}  # noqa: PTH120
        self._within = {os.path.realpath(one or ".") for one in (*own, *folders)}

    def roots_of(self, name: str) -> list[str]:
        """Return the folders that were given and hold the file *name*: its project may be run from there."""
        return [one for one in self._folders if Path(name).is_relative_to(one)]

    def read(self, path: str) -> CodeFile | None:
        """Return the Python file at *path*; None where there is none that can be read."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _read(self, path: str) -> CodeFile | None:
        if not self._is_within(path) or not os.path.isfile(path):  # noqa: PTH113 - Path raises for a path too long
            return None
        self._left -= os.path.getsize(path)  # noqa: PTH202
        if self._left < 0:
            return None
        try:
            return read_code(*self._outside.read(path, CODE_LIMITS))
        except InputError:
            return None  # the import is then said not to be known

    def has_folder(self, path: str) -> bool:
        """Tell whether *path* is a folder."""
        return self._is_within(path) and os.path.isdir(path)  # noqa: PTH112

    def _is_within(self, path: str) -> bool:
        real = os.path.realpath(path)
        return any(real == one or real.startswith(f"{one}{os.sep}") for one in self._within)
