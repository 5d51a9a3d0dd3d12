"""The documents that IAM Access Analyzer is asked about, as it takes them, and what it finds beside our findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from rolemgr.check.document import Document
from rolemgr.check.finding import OF_AWS, Finding, NotJudged, Severity
from rolemgr.check.intrinsic import UNKNOWN, resolve, shown
from rolemgr.files.source import DataPath
from rolemgr.files.write import json_text

_ACTIONS: Final = ("Action", "NotAction")


class _UnknownError(Exception):
    """A function of a template whose value nobody knows yet: where it stands, and which."""


@dataclass(frozen=True)
class AskedDocument:
    """A document that AWS is asked about; *located* puts a finding in it where the user wrote what it is about."""

    document: Document
    located: Callable[[Finding], Finding] = lambda finding: finding

    def then(self, moved: Callable[[Finding], Finding]) -> "AskedDocument":
        """Return the same whose findings are *moved* besides."""
        before = self.located
        return AskedDocument(self.document, lambda finding: moved(before(finding)))

    @cached_property
    def text(self) -> str:
        """The policy as AWS is given it: as it is written where that is JSON; empty where nobody can know it yet."""
        found = self.document
        if self.is_as_written:
            return str(found.text)
        try:
            return json_text(_resolved(found.raw) if found.template else found.raw)
        except _UnknownError:
            return ""

    @property
    def is_as_written(self) -> bool:
        """Whether lines of the text are lines of the file."""
        found = self.document
        return found.text is not None and not found.template and found.text.lstrip().startswith("{")

    @property
    def unknown(self) -> NotJudged:
        """Say why there is no text."""
        found = self.document
        try:
            _resolved(found.raw)
        except _UnknownError as error:
            path, value = error.args
            return NotJudged(
                found.name, found.line_of(path), f"AWS was not asked: {shown(value)} is known when deployed"
            )
        return NotJudged(found.name, found.line_of(()), "AWS was not asked: there is no policy")

    @property
    def resources(self) -> Sequence[str]:
        """The resources that its statements name."""
        return sorted({one for each in self.document.statements for one in (*each.resources, *each.not_resources)})

    def finding(self, kind: str, code: str, message: str, link: str, path: DataPath, line: int | None) -> Finding:
        """Return what AWS found of a *kind* at a *path*, or where that leads nowhere at a *line* of the text."""
        found = self.document
        severity, told = _severity(kind)
        at = _within(found.raw, path)
        sid, action, key = _about(found.raw, at)
        at_line = line if not at and self.is_as_written else None
        place = (at_line, None) if at_line else (found.line_of(at), found.column_of(at))
        return self.located(
            Finding(f"{OF_AWS}{code}", severity, message + told, found.name, place[0], sid, action, key, place[1], link)
        )


def asked_of(documents: Iterable[Document]) -> Iterator[AskedDocument]:
    """Yield the *documents* that AWS is asked about: each once, and none whose text AWS wrote or nobody has."""
    for one in documents:
        if not (one.copy or one.attached or one.missing):
            yield AskedDocument(one)


def _severity(kind: str) -> tuple[Severity, str]:
    """Return AWS's type of finding as ours; one that nobody knows yet is not passed over."""
    try:
        return Severity(kind), ""
    except ValueError:
        return Severity.SECURITY_WARNING, f" (of type {kind[:40]}, which rolemgr does not know)"


def _resolved(value: Any, path: DataPath = ()) -> Any:
    """Return *value* with a template's functions resolved; raise _UnknownError for the first that can't be."""
    found = resolve(value)
    if found is UNKNOWN:
        raise _UnknownError(path, value)
    if isinstance(found, dict):
        return {key: _resolved(one, (*path, key)) for key, one in found.items()}
    if isinstance(found, list):
        return [_resolved(one, (*path, place)) for place, one in enumerate(found)]
    return found


def _within(raw: Any, path: DataPath) -> DataPath:
    """Return as much of *path*, which AWS says, as leads to something in *raw*; one value is a list of one too."""
    value = raw
    taken: list[str | int] = []
    for step in path:
        if not _has(value, step):
            if step == 0 and not isinstance(value, list):
                continue
            break
        value = value[step]
        taken.append(step)
    return tuple(taken)


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _about(raw: Any, path: DataPath) -> tuple[str | None, str | None, str | None]:
    """Return the Sid, the action and the condition key that *path* leads to."""
    if path[:1] != ("Statement",):
        return None, None, None
    statement, rest = raw["Statement"], path[1:]
    if isinstance(statement, list):
        statement, rest = (statement[int(rest[0])] if rest else None), rest[1:]
    if not isinstance(statement, Mapping):
        return None, None, None
    sid = statement.get("Sid")
    return sid if isinstance(sid, str) else None, _action(statement, rest), _key(rest)


def _action(statement: Mapping[str, Any], rest: DataPath) -> str | None:
    if not rest or rest[0] not in _ACTIONS:
        return None
    value = statement.get(str(rest[0]))
    if isinstance(value, list) and len(rest) > 1:
        value = value[int(rest[1])]
    return value if isinstance(value, str) else None


def _key(rest: DataPath) -> str | None:
    return rest[2] if rest[:1] == ("Condition",) and len(rest) > 2 and isinstance(rest[2], str) else None
