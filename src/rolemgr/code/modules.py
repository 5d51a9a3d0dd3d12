"""
Modules that lie beside code, found as Python finds them: a package, a file, then a folder without ``__init__.py``.

https://docs.python.org/3/reference/import.html#the-path-based-finder. Files are read by who knows the outside.
"""

import posixpath
import sys
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from rolemgr.code.libraries import is_harmless, is_standard, is_tabled
from rolemgr.code.sources import CodeFile

_NEVER: Final = frozenset(sys.builtin_module_names)
"""What Python has before it looks for a file."""
MOST_MODULES: Final = 200
"""How many modules a file may bring in."""
MOST_WITHIN: Final = 20
"""How many of them may import each other, one within the other."""


class CodeFolder(Protocol):
    """The files that code may import: what is not in its folder is not there."""

    def read(self, path: str) -> CodeFile | None:
        """Return the Python file at *path*; None where there is none that can be read."""
        ...

    def has_folder(self, path: str) -> bool:
        """Tell whether *path* is a folder."""
        ...


class NoFolder:
    """Code that has nothing beside it."""

    def read(self, path: str) -> CodeFile | None:
        """Return None."""
        return None

    def has_folder(self, path: str) -> bool:
        """Return False."""
        return False


class FoundModule(NamedTuple):
    """A module by its *name*, in a *folder*: its *file*, or None for a folder without ``__init__.py``."""

    name: str
    folder: str
    file: CodeFile | None
    is_package: bool = False

    @property
    def key(self) -> str:
        """What tells it from other modules: its file, or its folder."""
        return self.file.name if self.file else f"{self.folder}/"


def find_module(folder: CodeFolder, roots: Sequence[str], name: str) -> tuple[FoundModule, ...]:
    """
    Return the module *name*, behind the packages that it is in; none where one of them is not found.

    A folder without ``__init__.py`` takes the place of no module that is found elsewhere.
    """
    first = name.partition(".")[0]
    if first in _NEVER:
        return ()
    for root in roots:
        found = tuple(_within(folder, root, name))
        is_elsewhere = is_standard(first) or is_harmless(first) or is_tabled(first)
        is_plain = bool(found) and found[0].file is None
        if len(found) == name.count(".") + 1 and not (is_plain and is_elsewhere):
            return found
    return ()


def _within(folder: CodeFolder, root: str, name: str) -> Iterator[FoundModule]:
    """Yield the packages of *name* in the folder *root*, and then the module, as far as they are there."""
    at, path = root, ""
    for part in name.split("."):
        path = f"{path}.{part}".strip(".")
        inner = posixpath.join(at, part)
        if (file := folder.read(posixpath.join(inner, "__init__.py"))) is not None:
            yield FoundModule(path, inner, file, is_package=True)
        elif (file := folder.read(f"{inner}.py")) is not None:
            yield FoundModule(path, at, file)
        elif folder.has_folder(inner):
            yield FoundModule(path, inner, None, is_package=True)
        else:
            return
        at = inner


def above(folder: str, level: int) -> str:
    """Return the folder that a relative import of so many dots, in a module in *folder*, begins in."""
    for _ in range(level - 1):
        folder = posixpath.join(folder, "..")
    return posixpath.normpath(folder) if folder else folder
