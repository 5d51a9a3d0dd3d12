"""Role files as they are, or as they were at a revision of git: their text, settings and catalogs from one place."""

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.folders import walked
from rolemgr.files.revisions import Repository, Revised, is_read, revised
from rolemgr.files.source import LIMITS, Limits, SourceFile
from rolemgr.workflow.choices import WORKING_TREE, Tree
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.settings import SETTINGS_FILE, settings_in

if TYPE_CHECKING:
    from rolemgr.catalog.load import Catalog


_OF_A_FILE: Final = ("./", "../", "/", "-")
"""How a name begins that is of no revision."""


class Trees:
    """
    Reads names that may be of a revision; what it copies out of one is gone when it is left.

    A role file at a revision is read with the settings and the catalogs of that revision.
    """

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self._repository = Repository(outside.environ)
        self._copies: TemporaryDirectory[str] | None = None
        self._catalogs: dict[tuple[str, ...], Catalog] = {}
        self._notes: dict[str, dict[str, None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        for text, names in self._notes.items():
            self.outside.say(f"{_listed(list(names))}: {text}")
        if self._copies:
            self._copies.cleanup()

    def note(self, name: str, text: str) -> None:
        """Have *text* said of the file *name* at the end: once of all files that it is about, such as both sides."""
        self._notes.setdefault(text, {})[name] = None

    def read(self, name: str, limits: Limits = LIMITS) -> tuple[str, str]:
        """Return the text of *name*, a file, stdin or a file of a revision, and what messages call it."""
        found = self._revised(name)
        return (self._repository.read(found, limits), name) if found else self.outside.read(name, limits)

    def _revised(self, name: str) -> Revised | None:
        """
        Return *name* as a revision and a path, None for a file and stdin.

        Raises InputError for a file of such a name: a pull request that adds ``main:roles`` must not be compared with
        itself.
        """
        found = revised(name) if name != "-" else None
        revision, colon, _ = name.partition(":")
        if found or not colon or not revision or name.startswith(_OF_A_FILE) or not os.path.lexists(name):
            return found
        if self._is_revision(revision):
            hint = f"the file is ./{name}; rename it"
            raise InputError(SourceLocation(name), "is both a file and a path of a revision", hint)
        return None

    def _is_revision(self, text: str) -> bool:
        try:
            return bool(self._repository.commit(Revised(text, "")))
        except InputError:  # there is no git: then there are files alone
            return False

    def commit(self, name: str) -> str:
        """Return the short id of the commit that *name* is of; empty where it is of none."""
        found = self._revised(name)
        return self._repository.commit(found) if found else ""

    def is_folder(self, name: str) -> bool:
        """Tell whether *name* is a folder, here or at a revision; raise InputError for a revision that is none."""
        found = self._revised(name)
        return self._repository.is_folder(found) if found else os.path.isdir(name)  # noqa: PTH112 - never raises

    def files(self, name: str) -> dict[str, str]:
        """Return the names of the YAML and JSON files below the folder *name*, by path below it."""
        found = self._revised(name)
        if found is None:
            return _files_below(name)
        base = name if name.endswith((":", "/")) else f"{name}/"
        return {path: f"{base}{path}" for path in self._repository.entries(found)}

    def tree(self, name: str) -> Tree:
        """Return where the role file *name* lies."""
        found = self._revised(name)
        if found is None:
            return WORKING_TREE
        return Tree(lambda: self._settings(found.revision), _beside)

    def catalog(self, folders: Sequence[str]) -> "Catalog":
        """Return the catalog of *folders*; those of a revision are copied out of it."""
        from rolemgr.catalog.load import Catalog  # policy files have none

        key = tuple(folders)
        if key not in self._catalogs:
            names = {self._copied(found): folder for folder in folders if (found := revised(folder))}
            paths = {folder: path for path, folder in names.items()}
            self._catalogs[key] = Catalog([paths.get(folder, Path(folder)) for folder in folders], names)
        return self._catalogs[key]

    def _copied(self, name: Revised) -> Path:
        self._copies = self._copies or TemporaryDirectory(prefix="rolemgr-")
        top = Path(self._copies.name, str(len(list(Path(self._copies.name).iterdir()))))
        top.mkdir()
        for path, text in self._repository.files(name).items():
            target = top / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        return top

    def _settings(self, revision: str) -> SourceFile | None:
        """Return the nearest ``rolemgr.yaml`` of *revision* in this folder or one above it."""
        folder = self._repository.prefix
        while True:
            name = Revised(revision, posixpath.join(folder, SETTINGS_FILE))
            if self._repository.is_file(name):
                return settings_in(self._repository.read(name), str(name))
            if not folder:
                return None
            folder = posixpath.dirname(folder.rstrip("/"))


def _beside(name: str, path: str) -> str:
    """Return *path*, relative to where the file *name* of a revision lies, as a name of that revision."""
    revision, _, file = name.partition(":")
    if posixpath.isabs(path):
        raise InputError(
            SourceLocation(name), f"names `{path}`, which lies outside of the revision", "name it relatively"
        )
    below = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
    if file.startswith(("./", "../")):
        return f"{revision}:{below if below.startswith('../') else f'./{below}'}"
    if below == ".." or below.startswith("../"):
        raise InputError(SourceLocation(name), f"names `{path}`, which leads out of the repository")
    return f"{revision}:{below}"


def _files_below(folder: str) -> dict[str, str]:
    """Return the YAML and JSON files below *folder*, hidden ones left out; no link to a folder is followed."""
    found: dict[str, str] = {}
    for base, folders, files in walked(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in files:
            below = Path(base, name).relative_to(folder).as_posix()
            if is_read(below):
                head = "./" if folder.startswith("./") else ""  # which Path drops: the file may be called as a revision
                found[below] = f"{head}{Path(base, name)}"
    return dict(sorted(found.items()))


def _listed(names: Sequence[str]) -> str:
    """Return *names*: two of them, as the two sides of a comparison are, or the first and how many more."""
    return " and ".join(names) if len(names) <= len(("old", "new")) else f"{names[0]} and {len(names) - 1:,} more"
