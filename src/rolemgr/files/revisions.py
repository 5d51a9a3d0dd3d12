"""
Files as they were at a revision of a git repository: `main:roles/churn.yaml`, as `git show` names them.

Git is asked for trees and blobs alone, by plumbing that runs no hook, filter or textconv, and reaches no network.
A name that is a file wins over a revision, and so does a path of Windows.
https://git-scm.com/docs/gitrevisions#Documentation/gitrevisions.txt-emltrevgtltpathgtemegemHEADREADMEememmasterREADMEem
"""

import os
import posixpath
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import LIMITS, Limits, decode

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
_SECONDS: Final = 60
_OPTIONS: Final = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
    "-c", "safe.bareRepository=explicit",
)  # fmt: skip
_ENVIRONMENT: Final = {
    "LC_ALL": "C", "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat",
}  # fmt: skip
_FOLDER, _LINK, _SUBMODULE = "040000", "120000", "160000"
MOST_FILES: Final = 5_000
"""The files of one folder that are read."""


class Revised(NamedTuple):
    """A name of the form ``REVISION:PATH``."""

    revision: str
    path: str

    def __str__(self) -> str:
        return f"{self.revision}:{self.path}"


class Entry(NamedTuple):
    """A file of a revision: its mode, its object, its path from the top."""

    mode: str
    object: str
    path: str


def revised(name: str) -> Revised | None:
    """
    Return *name* as a revision and a path, None where it is the name of a file.

    Raises InputError for a revision that begins as an option does, or is empty.
    """
    if ":" not in name or os.path.lexists(name) or _DRIVE.match(name):
        return None
    revision, _, path = name.partition(":")
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise InputError(SourceLocation(name), "is neither a file nor a revision of git", "write REVISION:PATH")
    return Revised(revision, path)


@dataclass(frozen=True, eq=False)
class Repository:
    """The repository that git finds from here, or by `GIT_DIR`, with the variables of *environ*."""

    environ: Mapping[str, str]
    _trees: dict[str, str] = field(default_factory=dict)

    def read(self, name: Revised, limits: Limits = LIMITS) -> str:
        """Return the text of the file *name*; raise InputError where it is none, or over *limits*."""
        where = SourceLocation(str(name))
        entry = self._entry(name)
        if entry is None or entry.mode == _FOLDER:
            raise InputError(where, "is a folder" if entry or self.is_folder(name) else self._absent(name))
        return self._text(entry, where, limits)

    def is_folder(self, name: Revised) -> bool:
        """Tell whether *name* is a folder at its revision; raise InputError for a revision that is none."""
        path = self._path(name)
        entry = self._entry(name) if path else None
        return not path or (entry is not None and entry.mode == _FOLDER)

    def is_file(self, name: Revised) -> bool:
        """Tell whether *name* is a file, a link or a submodule at its revision; raise as `is_folder` does."""
        entry = self._entry(name)
        return entry is not None and entry.mode != _FOLDER

    def files(self, name: Revised) -> dict[str, str]:
        """
        Return the texts of all YAML and JSON files below the folder *name*, by path below it, hidden ones left out.

        Raises InputError for a link or a submodule in it, for a path that would lead out of it, and for more than
        `MOST_FILES`.
        """
        return {path: self._text(entry, SourceLocation(f"{name}/{path}"), LIMITS)
                for path, entry in self.entries(name).items()}  # fmt: skip

    def entries(self, name: Revised) -> dict[str, Entry]:
        """Return the entries of those files; raise as `files` does."""
        path = self._path(name)
        if not self.is_folder(name):
            raise InputError(SourceLocation(str(name)), "is not a folder" if self._entry(name) else self._absent(name))
        listed = self._listed("-r", self._tree(name.revision), *(("--", f"{path}/") if path else ()))
        found = {one.path.removeprefix(f"{path}/") if path else one.path: one for one in listed}
        kept = {below: one for below, one in sorted(found.items()) if is_read(below) or one.mode == _SUBMODULE}
        if strange := next((one for one in kept if not _is_plain(one)), None):
            raise InputError(SourceLocation(str(name)), f"has a path that no checkout would have: `{strange}`")
        if len(kept) > MOST_FILES:
            raise InputError(SourceLocation(str(name)), f"has more than {MOST_FILES:,} files")
        return kept

    def commit(self, name: Revised) -> str:
        """Return the short id of the commit of *name*; empty where its revision is none, such as a tree."""
        found = self._git("rev-parse", "--verify", "--quiet", "--short", f"{name.revision}^{{commit}}", may_fail=True)
        return found.decode("ascii", "replace").strip()

    @cached_property
    def prefix(self) -> str:
        """The folder that we are in, from the top of the repository, with a slash behind it; empty at the top."""
        return self._git("rev-parse", "--show-prefix").decode("utf-8", "backslashreplace").rstrip("\n")

    def _absent(self, name: Revised) -> str:
        path = self._path(name)
        beside = Revised(name.revision, f"./{name.path}")
        hint = ""
        if self.prefix and not name.path.startswith("."):
            there = self._at(name.revision, self._path(beside))
            hint = f"; did you mean {beside}? paths of a revision begin at the top" if there else ""
        return f"revision `{name.revision}` has no `{path}`{hint}"

    def _path(self, name: Revised) -> str:
        """Return the path from the top, as git takes it; raise InputError for one that leads out of the repository."""
        raw = name.path
        relative = raw in (".", "..") or raw.startswith(("./", "../"))
        path = posixpath.normpath(posixpath.join(self.prefix, raw) if relative else raw) if raw else "."
        if path.startswith(("../", "/")) or path == ".." or "\0" in path:
            raise InputError(SourceLocation(str(name)), "leads out of the repository")
        return "" if path == "." else path

    def _entry(self, name: Revised) -> Entry | None:
        path = self._path(name)
        return self._at(name.revision, path) if path else None

    def _at(self, revision: str, path: str) -> Entry | None:
        return next((one for one in self._listed(self._tree(revision), "--", path) if one.path == path), None)

    def _listed(self, *words: str) -> list[Entry]:
        """Return what `git ls-tree` lists."""
        raw = self._git("ls-tree", "-z", "--full-tree", *words)
        rows = (row.decode("utf-8", "backslashreplace").partition("\t") for row in raw.split(b"\0") if row)
        return [Entry(head.split()[0], head.split()[2], path) for head, _, path in rows]

    def _text(self, entry: Entry, where: SourceLocation, limits: Limits) -> str:
        if entry.mode in (_LINK, _SUBMODULE):
            what = "a link" if entry.mode == _LINK else "a submodule"
            raise InputError(where, f"is {what}, which is not followed at a revision", "name the file itself")
        if int(self._git("cat-file", "-s", entry.object)) > limits.bytes:
            raise InputError(where, f"is larger than {limits.bytes:,} bytes")
        return decode(self._git("cat-file", "blob", entry.object), where, limits)

    def _tree(self, revision: str) -> str:
        """Return the object of the tree of *revision*; raise InputError where there is no such revision."""
        if revision not in self._trees:
            self.prefix  # noqa: B018 - says where there is no repository
            wanted = f"{revision}^{{tree}}"
            found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted, may_fail=True)
            if not found:
                raise InputError(SourceLocation(revision), "is not a revision of this repository",
                                 "`git fetch` it, or name a file")  # fmt: skip
            self._trees[revision] = found.decode("ascii").strip()
        return self._trees[revision]

    def _git(self, *words: str, may_fail: bool = False) -> bytes:
        """Return what git answers; nothing where it *may_fail* and does."""
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, a revision behind --end-of-options
                ["git", *_OPTIONS, *words],  # noqa: S607 - the user's own git, by PATH
                env={**self.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL,
                capture_output=True, check=False, timeout=_SECONDS,
            )  # fmt: skip
        except FileNotFoundError:
            raise InputError(None, "git is not installed, and a revision is read by it", "give files") from None
        except (subprocess.TimeoutExpired, OSError) as error:
            raise InputError(None, f"git can't be asked: {error.__class__.__name__}") from error
        if done.returncode == 0:
            return done.stdout
        if may_fail:
            return b""
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(None, f"git says: {errors[0] if errors else f'exit code {done.returncode}'}")


def is_read(path: str) -> bool:
    """Tell whether a file at *path* below a folder may be a role or a policy: YAML or JSON, and nothing hidden."""
    return path.endswith((".yaml", ".yml", ".json")) and not any(part.startswith(".") for part in path.split("/"))


def _is_plain(path: str) -> bool:
    """Tell whether *path* leads to below where it is put: a tree that somebody made by hand may hold `..`."""
    return not {"", ".", ".."}.intersection(path.split("/")) and "\\" not in path and not _DRIVE.match(path)
