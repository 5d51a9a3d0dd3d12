"""From paths on the command line to the policy documents in them; folders are searched."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import NamedTuple, TypeAlias

from rolemgr.check.document import Document
from rolemgr.check.finding import Finding, NotJudged, Severity
from rolemgr.check.sniff import (
    SUFFIXES,
    is_cut,
    is_of_a_template,
    may_hold_policy,
    not_readable,
    template_kind,
    what_else,
)
from rolemgr.check.sources import is_unreadable, look_into, may_be_unreadable
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import ANSWER_LIMITS, HCL_ENDINGS, LIMITS, FileError, read_text
from rolemgr.iam.documents import PolicyType

_OF_OTHERS = frozenset({"__pycache__", ".git", ".hg", ".svn", ".venv"})
"""Folders of the tools' own: nobody asks for them."""
_MADE_OF_A_ROLE = re.compile(r"Made by rolemgr (?:create|elevated)\b")
"""What exports of roles say at their beginning."""
_HEAD = 2_000
_ARCHIVE = "a zip archive"
_SKIPPED_FOLDERS = frozenset({"cdk.out", "node_modules"})


@dataclass(frozen=True)
class TypeOf:
    """Files whose policies are of a type: a *glob* over their paths, from a configuration file."""

    glob: str
    kind: PolicyType


class Piped(NamedTuple):
    """A *text* that came from elsewhere than a file, and what messages call it."""

    text: str
    name: str


IsRole: TypeAlias = Callable[[str, str], bool]
"""Tells of a text, and of the name of its file, whether it is a role file; raises InputError for what can't be read."""


@dataclass
class Collected:
    """What the paths hold: documents, files that could not be read as findings, and how many held no policy."""

    documents: list[Document] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    not_judged: list[NotJudged] = field(default_factory=list)
    skipped: int = 0
    folders: list[str] = field(default_factory=list)
    """Folders that were not searched."""
    empty: list[str] = field(default_factory=list)
    """Named files that hold no policy."""
    without: dict[str, str] = field(default_factory=dict)
    """Of those, and of what was piped, the templates and plans without a policy, and which of these they are."""
    roles: list[str] = field(default_factory=list)
    """Role files, which the caller renders and judges."""
    exports: list[str] = field(default_factory=list)
    """Files that say that they were made of a role by rolemgr: no proof, but where to ask."""
    is_role: "IsRole | None" = None
    error: InputError | None = None
    """The first file that could not be read."""

    @property
    def size(self) -> int:
        """How much there is to say of the files so far."""
        return len(self.documents) + len(self.unreadable) + len(self.not_judged) + len(self.roles)


def collect(
    paths: Sequence[str | Piped], kind: PolicyType | None = None, types: Sequence[TypeOf] = (),
    is_role: IsRole | None = None,
) -> Collected:  # fmt: skip
    """
    Return the documents in the files and folders *paths*, and in texts that were piped.

    A policy's type is *kind* if given, else that of the first of *types* that its path matches, else told
    from the file. Named files without a policy stand apart, as pre-commit names whatever changed. Raises InputError
    for a path that is not there, a folder without a policy, and where no file has one. Where *is_role* is given, role
    files are collected by their names.
    """
    collected = Collected(is_role=is_role)
    for given in paths:
        before = collected.size
        if isinstance(given, Piped):
            _take_text(given.text, given.name, collected, kind, named=True)
        elif Path(given).is_dir():
            _search(Path(given), collected, kind, types)
        else:
            _take(Path(given), collected, kind or _kind_of_path(given, types), named=True)
        if collected.size == before:
            name = given.name if isinstance(given, Piped) else given
            if isinstance(given, Piped) or Path(given).is_dir():
                raise _no_policy(name, collected)
            collected.empty.append(name)
    if collected.empty and not collected.size:
        raise _no_policy(collected.empty[0], collected)
    if collected.error and not collected.documents:
        raise collected.error
    if collected.not_judged and all(one.missing for one in collected.documents):
        first = collected.not_judged[0]
        raise InputError(SourceLocation(first.path, first.line), f"not judged: {first.reason}")
    return collected


def from_text(text: str, name: str, *, as_json: bool, kind: PolicyType | None = None) -> list[Document]:
    """Return the documents in *text*; raise InputError where it holds none, or can't be read."""
    found, _ = look_into(text, name, kind, as_json=as_json)
    if not found:
        raise InputError(SourceLocation(name), "holds no policy", _what_is_known())
    return found


def _search(folder: Path, collected: Collected, kind: PolicyType | None, types: Sequence[TypeOf]) -> None:
    """Take what is in *folder*: each file of a known name, and any other that looks as if it held a policy."""
    for path in sorted(_files(folder, collected)):
        try:
            special = what_else(path)
            closed = None if special else not_readable(path)
            wanted = special is None and (path.name.lower().endswith(SUFFIXES) or may_hold_policy(path))
        except OSError as error:
            _not_judged(collected, path, f"can't be read: {error.strerror or error}")
            continue
        if special:
            _not_judged(collected, path, f"is {special}, and in a folder only files are read")
        elif closed:
            _not_judged(collected, path, f"is {closed}: what is in it is not read")
        elif wanted:
            _take(path, collected, kind or _kind_of_path(str(path), types), named=False)
        else:
            collected.skipped += 1


def _not_judged(collected: Collected, path: Path, reason: str) -> None:
    collected.not_judged.append(NotJudged(str(path), None, reason))


def _take(path: Path, collected: Collected, kind: PolicyType | None, *, named: bool) -> None:
    """Read one file; in a folder, what is not a policy is skipped, and what should be one and can't be read is not."""
    name = str(path)
    try:
        text = read_text(path, limits=ANSWER_LIMITS if name.lower().endswith(".json") else LIMITS)
    except FileError as error:
        if named and _is(path, lambda file: not_readable(file) == _ARCHIVE):
            problem = f"is {_ARCHIVE}: what is in it is not read"
            raise InputError(
                SourceLocation(name), problem, "of a saved plan give `terraform show -json PLAN`"
            ) from error
        if named:
            raise
        _note_undecoded(error, path, collected)
        return
    if name.lower().endswith(HCL_ENDINGS):
        if named or "policy" in text.lower():
            _not_judged(collected, path, "HCL; `terraform show -json` of a plan is read")
        else:
            collected.skipped += 1
        return
    _take_text(text, name, collected, kind, named=named)


def _is(path: Path, judge: Callable[[Path], bool]) -> bool:
    """Tell what *judge* does of the file at *path*; a pipe is not opened, which may never end, nor what can't be."""
    try:
        return path.is_file() and judge(path)
    except OSError:
        return False


def _note_undecoded(error: FileError, path: Path, collected: Collected) -> None:
    """Note a file whose text nobody can read: one that holds a policy by its bytes is refused, as AWS refuses it."""
    line = error.where.line if error.where else None
    if path.name.lower().endswith(SUFFIXES) and _is(path, may_hold_policy):
        collected.error = collected.error or error
        collected.unreadable.append(Finding("RM100", Severity.ERROR, error.problem, str(path), line))
    else:
        collected.not_judged.append(NotJudged(str(path), line, error.problem))


def _take_text(text: str, name: str, collected: Collected, kind: PolicyType | None, *, named: bool) -> None:
    if _is_role(text, name, collected, named=named):  # it may name managed policies, as what holds policies does
        collected.roles.append(name)
        return
    if _MADE_OF_A_ROLE.search(text[:_HEAD]):
        collected.exports.append(name)
    if text.startswith("#!") and not name.lower().endswith(SUFFIXES) and (named or may_be_unreadable(text)):
        collected.not_judged.append(NotJudged(name, 1, "is a script, and policies in scripts are not read"))
        return
    try:
        found, unknown = look_into(text, name, kind, as_json=is_json(text, name))
    except InputError as error:
        _note_unreadable(error, text, name, collected, named=named)
        return
    if named and not found and not unknown and (is_of := template_kind(text)):
        collected.without[name] = is_of
    collected.documents += found
    collected.not_judged += unknown
    collected.skipped += not (found or unknown or named)


def _is_role(text: str, name: str, collected: Collected, *, named: bool) -> bool:
    """Tell whether *text* is a role file, for one who judges those; in a folder these are YAML."""
    folded = name.lower()
    may_be = folded.endswith((".yaml", ".yml")) or (
        named and (folded.endswith(".json") or not folded.endswith(SUFFIXES))
    )
    return may_be and collected.is_role is not None and collected.is_role(text, name)


def is_json(text: str, name: str) -> bool:
    """Tell how to read a file: a template is JSON or YAML, whatever it is called."""
    folded = name.lower()
    return folded.endswith(".json") or (not folded.endswith((".yaml", ".yml")) and text.lstrip()[:1] in ("{", "["))


def _note_unreadable(error: InputError, text: str, name: str, collected: Collected, *, named: bool) -> None:
    line = error.where.line if error.where else None
    if not named and is_cut(text, name) and not is_unreadable(text):
        collected.not_judged.append(NotJudged(name, line, f"{error.problem}; it ends before it is closed"))
    elif not named and not may_be_unreadable(text):
        if is_of_a_template(text, name):
            collected.skipped += 1
        else:  # it may end before the first word of a policy
            collected.not_judged.append(NotJudged(name, line, error.problem))
    elif not named and not (
        is_unreadable(text) and name.lower().endswith(SUFFIXES)
    ):  # another tool's template may look like it
        collected.not_judged.append(NotJudged(name, line, error.problem))
    else:
        collected.error = collected.error or error
        collected.unreadable.append(Finding("RM100", Severity.ERROR, error.problem, name, line))


def _files(folder: Path, collected: Collected) -> Iterator[Path]:
    """Yield the files below *folder*, each folder once, whatever links lead to it."""

    def unreadable(error: OSError) -> None:
        _not_judged(collected, Path(error.filename or folder), f"can't be searched: {error.strerror or error}")

    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True, onerror=unreadable):
        real = os.path.realpath(root)
        if real in seen:  # a link back to where we were
            folders.clear()
            continue
        seen.add(real)
        left_out = [one for one in folders if one.startswith(".") or one in _SKIPPED_FOLDERS | _OF_OTHERS]
        collected.folders += sorted(str(Path(root, one)) for one in left_out if one not in _OF_OTHERS)
        folders[:] = sorted(set(folders) - set(left_out))
        yield from (Path(root, name) for name in names)


def _kind_of_path(name: str, types: Sequence[TypeOf]) -> PolicyType | None:
    return next((one.kind for one in types if path_matches(name, one.glob)), None)


def path_matches(name: str, glob: str) -> bool:
    """Tell whether the path *name*, or its end, is matched by *glob*, where ``*`` spans folders too."""
    path = PurePath(name).as_posix()
    return fnmatchcase(path, glob) or fnmatchcase(path, f"*/{glob}")


def _no_policy(name: str, collected: Collected) -> InputError:
    if is_of := collected.without.get(name):
        problem = f"is {is_of} with no policy in it, so that there is nothing to check"
        return InputError(SourceLocation(name), problem, "leave the check out where nothing of IAM changes")
    return InputError(SourceLocation(name), "holds no policy", _what_is_known())


def _what_is_known() -> str:
    return "known are policy documents, roles, role files, CloudFormation templates and Terraform's JSON"
