"""
Drift in the language of changes: toward the account, as `drift` tells it, or toward the file, as `plan` does.

What the file gives or denies is told by its line, what the account does by the statement there.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.account.drift import Drift, Policied, RoleDrift
from rolemgr.account.meaning import Meant
from rolemgr.change.causes import decision_of, origins_of
from rolemgr.change.change import AccessChange, Cause, ChangeKind, Evidence
from rolemgr.change.fold import ChangeRow, LineKey, folded
from rolemgr.change.resources import Spread, allowed, spread
from rolemgr.change.units import Unit
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.verdicts import Difference
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityStatement
from rolemgr.model.role import ComposedRole

Toward: TypeAlias = Literal["account", "file"]
"""Which side is the new one: the account for what was done to a role, the file for what will be."""


class FileSide(NamedTuple):
    """What the file says: the role that it makes, the *units* of it, each with the role that lacks it, their lines."""

    role: ComposedRole
    units: Sequence[Unit]
    at: Callable[[tuple[str | int, ...]], SourceLocation]
    budget: Budget


def drift_changes(
    found: RoleDrift, file: FileSide, toward: Toward
) -> tuple[tuple[Drift, tuple[AccessChange, ...]], ...]:
    """Return each drift in *found* with the changes that it is; none for what is neither access nor a value."""
    return tuple((drift, tuple(_changes(drift, found, file, toward))) for drift in found.drifts)


def _changes(drift: Drift, found: RoleDrift, file: FileSide, toward: Toward) -> Iterator[AccessChange]:
    if drift.meant is None:
        yield from _of_value(drift, file, toward)
    elif drift.meant.unknown:
        yield _untold(drift.meant, toward)
    else:
        yield from folded(drift.meant.part, list(_rows(drift.meant, found, file, toward)))


# --- access


def _rows(meant: Meant, found: RoleDrift, file: FileSide, toward: Toward) -> Iterator[ChangeRow]:
    kind, causes = _kind(meant, toward), _in_account(meant, toward)
    for action in meant.actions:
        pieces = [piece for one in meant.differences for piece in one.parts if action in piece.actions]
        for piece in pieces or meant.differences[:1]:
            for one in _spread(meant, piece, action, found, file):
                by = (*causes, *(_in_file(meant, piece, one.request, file, found) if one.request else ()))
                key = LineKey(kind, tuple(dict.fromkeys(by)), _notes(meant, piece), piece.future, _lifted(meant, piece))
                asked = piece._replace(request=one.request) if one.request else piece
                yield ChangeRow(key, action, one.pattern, Evidence(meant.part, meant.way, asked))


def _notes(meant: Meant, piece: Difference) -> tuple[str, ...]:
    more = (f"and more of the {meant.names:,} actions named",) if meant.names > len(meant.actions) else ()
    return (*more, *filter(None, (piece.scenario.note,)), *(f"doubtful: {doubt}" for doubt in piece.doubts))


def _lifted(meant: Meant, piece: Difference) -> str:
    return " and ".join(map(str, meant.denied_by)) if piece.scenario.lifted else ""


def _kind(meant: Meant, toward: Toward) -> ChangeKind:
    return "gains" if (meant.way == "gained") is (toward == "account") else "loses"


def _spread(meant: Meant, shown: Difference, action: str, found: RoleDrift, file: FileSide) -> Iterator[Spread]:
    giving, other = (found.live, found.wanted) if meant.way == "gained" else (found.wanted, found.live)
    statement = _statement(giving, meant, shown)
    yield from spread(_policies(giving, meant), _policies(other, meant), statement, shown, action, file.budget)


def _policies(side: Policied, meant: Meant) -> Policies:
    if meant.part == "trust":
        return Policies(resource=side.trust)
    return Policies(identity=tuple(one.document for one in side.held))


def _statement(giving: Policied, meant: Meant, shown: Difference) -> IdentityStatement | None:
    """Return the statement that gives the difference: its Sid says the policy's number and its own."""
    policy, _, number = str(shown.statement.sid).partition(":")
    if meant.part == "trust" or not (policy.isdecimal() and number.isdecimal()) or int(policy) >= len(giving.held):
        return None
    statements = giving.held[int(policy)].document.statements()
    found = statements[int(number)] if int(number) < len(statements) else None
    return found if isinstance(found, IdentityStatement) else None


def _in_account(meant: Meant, toward: Toward) -> tuple[Cause, ...]:
    """Return the statements in the account that make the difference; toward the file they are gone."""
    places = meant.allowed_by if meant.way == "gained" else meant.denied_by
    gone = ("", None) if toward == "file" else (None, None)
    return tuple(Cause(str(place), None, *gone) for place in places)


def _in_file(
    meant: Meant, shown: Difference, request: Request, file: FileSide, found: RoleDrift
) -> tuple[Cause, ...]:  # fmt: skip
    """Return the lines of the file without which it would not differ, else the catalog's that deny or allow it."""
    of_file = meant.denied_by if meant.way == "gained" else meant.allowed_by
    allows = meant.way == "lost"
    if not of_file or allowed(request, shown, _policies(found.wanted, meant)) is not allows:
        return ()
    try:
        file.budget.spend(len(file.units))
    except TooComplex:
        return ()
    decisions = ((unit.cause, decision_of(unit.without, meant.part, shown, request)) for unit in file.units)
    told = tuple(cause for cause, decision in decisions if decision is (not allows))
    if told:
        return told
    sids = {place.statement for place in of_file if isinstance(place.statement, str)}
    origins = origins_of(sids, file.role, request) if sids else ()
    return tuple(Cause(origin.kind, origin.location, None, origin.group) for origin in origins)


def _untold(meant: Meant, toward: Toward) -> AccessChange:
    way: Literal["gained", "lost"] = "gained" if _kind(meant, toward) == "gains" else "lost"
    at = " and ".join(map(str, meant.allowed_by))
    return AccessChange("unknown", meant.part, "", meant.actions, reason=meant.unknown, way=way, statement=at)


# --- values

_VALUES: Final = {
    "session-length": "session length", "path": "path", "description": "description",
    "boundary-missing": "permissions boundary", "boundary-changed": "permissions boundary",
    "boundary-added": "permissions boundary", "policy-attached": "attached policy",
    "policy-detached": "attached policy",
}  # fmt: skip
"""Drift that is a value, and what it is called."""


def _of_value(drift: Drift, file: FileSide, toward: Toward) -> Iterator[AccessChange]:
    name = _VALUES.get(drift.kind) or (f"tag {drift.about[-1]}" if drift.kind in ("tag", "principal-tag") else "")
    if drift.kind == "policy-unknown":
        yield AccessChange("unknown", "permissions", reason=drift.what, way="gained" if toward == "account" else "lost")
    if not name:
        return
    wanted, there = ((one,) if one is not None else None for one in (drift.wanted, drift.found))
    old, new = (wanted, there) if toward == "account" else (there, wanted)
    notes = (drift.what,) if drift.kind in ("policy-attached", "policy-detached") else ()
    yield AccessChange("value", "", name, old=old, new=new, notes=notes, causes=_line(drift, file, toward))


def _line(drift: Drift, file: FileSide, toward: Toward) -> tuple[Cause, ...]:
    """Return the line of the file that will be in force; `drift` has its own place for it."""
    where = file.at(drift.about)
    is_there = toward == "file" and drift.wanted is not None and where.line
    return (Cause(" ".join(drift.about), where),) if is_there else ()
