"""From paths on the command line to the policy documents in them; folders are searched."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from rolemgr.check.document import Document
from rolemgr.check.finding import Finding, NotJudged, Severity
from rolemgr.check.sources import documents, is_unreadable, look, parse
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import ANSWER_LIMITS, LIMITS, FileError, read_text
from rolemgr.iam.documents import PolicyType

_SUFFIXES = (".json", ".yaml", ".yml", ".template", ".cfn", ".tf")
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "cdk.out"})


@dataclass(frozen=True)
class TypeOf:
    """Files whose policies are of a type: a *glob* over their paths, from a configuration file."""

    glob: str
    kind: PolicyType


@dataclass
class Collected:
    """What the paths hold: documents, files that could not be read as findings, and how many held no policy."""

    documents: list[Document] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    not_judged: list[NotJudged] = field(default_factory=list)
    skipped: int = 0
    error: InputError | None = None
    """The first file that could not be read."""


def collect(paths: Sequence[str], kind: PolicyType | None = None, types: Sequence[TypeOf] = ()) -> Collected:
    """
    Return the documents in the files and folders *paths*.

    A policy's type is *kind* if given, else that of the first of *types* that its path matches, else told
    from the file. Raises InputError for a path that is not there, a named file or a folder without a policy.
    """
    collected = Collected()
    for name in paths:
        found = [Path(name)] if not Path(name).is_dir() else sorted(_files(Path(name)))
        before = len(collected.documents) + len(collected.unreadable) + len(collected.not_judged)
        for path in found:
            _take(
                path, collected, kind or _kind_of_path(str(path), types), named=len(found) == 1 and path == Path(name)
            )
        if len(collected.documents) + len(collected.unreadable) + len(collected.not_judged) == before:
            raise InputError(SourceLocation(name), "holds no policy", _what_is_known())
    if collected.error and not collected.documents:
        raise collected.error
    if collected.not_judged and not collected.documents:
        first = collected.not_judged[0]
        raise InputError(SourceLocation(first.path, first.line), f"not judged: {first.reason}")
    return collected


def from_text(text: str, name: str, *, as_json: bool, kind: PolicyType | None = None) -> list[Document]:
    """Return the documents in *text*; raise InputError where it holds none, or can't be read."""
    found = documents(parse(text, name, as_json=as_json), text, name, kind)
    if not found:
        raise InputError(SourceLocation(name), "holds no policy", _what_is_known())
    return found


def _take(path: Path, collected: Collected, kind: PolicyType | None, *, named: bool) -> None:
    """Read one file; in a folder, what is no policy is skipped, and what should be one and can't be read is not."""
    name = str(path)
    try:
        text = read_text(path, limits=ANSWER_LIMITS if name.lower().endswith(".json") else LIMITS)
    except FileError as error:
        if named:
            raise
        collected.not_judged.append(NotJudged(name, error.where.line if error.where else None, error.problem))
        return
    if name.lower().endswith(".tf"):
        if named or "policy" in text:
            collected.not_judged.append(NotJudged(name, None, "HCL; `terraform show -json` of a plan is read"))
        else:
            collected.skipped += 1
        return
    try:
        found, unknown = look(parse(text, name, as_json=_is_json(text, name)), text, name, kind)
    except InputError as error:
        _note_unreadable(error, text, name, collected, named=named)
        return
    collected.documents += found
    collected.not_judged += unknown
    if unknown and not found:
        return
    collected.skipped += not found and not named


def _is_json(text: str, name: str) -> bool:
    """Tell how to read a file: a template is JSON or YAML, whatever it is called."""
    folded = name.lower()
    return folded.endswith(".json") or (not folded.endswith((".yaml", ".yml")) and text.lstrip()[:1] in ("{", "["))


def _note_unreadable(error: InputError, text: str, name: str, collected: Collected, *, named: bool) -> None:
    if not named and not is_unreadable(text):
        collected.skipped += 1
        return
    collected.error = collected.error or error
    line = error.where.line if error.where else None
    collected.unreadable.append(Finding("RM100", Severity.ERROR, error.problem, name, line))


def _files(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link back to where we were
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in _SKIPPED_FOLDERS)
        paths = (Path(root, name) for name in names if name.lower().endswith(_SUFFIXES))
        yield from (path for path in paths if not path.is_fifo())  # nobody may ever write to a pipe


def _kind_of_path(name: str, types: Sequence[TypeOf]) -> PolicyType | None:
    return next((one.kind for one in types if path_matches(name, one.glob)), None)


def path_matches(name: str, glob: str) -> bool:
    """Tell whether the path *name*, or its end, is matched by *glob*, where ``*`` spans folders too."""
    path = PurePath(name).as_posix()
    return fnmatchcase(path, glob) or fnmatchcase(path, f"*/{glob}")


def _what_is_known() -> str:
    return "known are policy documents, roles, CloudFormation templates and Terraform's JSON"
