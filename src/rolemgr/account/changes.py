"""
Drift in the language of changes: toward the account, as `drift` tells it, or toward the file, as `plan` does.

What the file gives or denies is told by its line, what the account does by the statement there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.account.drift import Drift, Policied, RoleDrift
from rolemgr.account.meaning import Meant
from rolemgr.change.attached import of_attached
from rolemgr.change.causes import decision_of, origins_of
from rolemgr.change.change import AccessChange, Cause, ChangeKind, Evidence, with_evidence
from rolemgr.change.conditions import ChangedConditions
from rolemgr.change.fold import ChangeRow, LineKey, folded
from rolemgr.change.limits import narrowed
from rolemgr.change.resources import Spread, allowed, exceptions, spread
from rolemgr.change.units import Unit
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.grants import Grant
from rolemgr.compare.verdicts import Difference
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityStatement
from rolemgr.model.role import ComposedRole

Toward: TypeAlias = Literal["account", "file"]
"""Which side is the new one: the account for what was done to a role, the file for what will be."""


class LimitSides(NamedTuple):
    """A guardrail that file and account have with other values, or that one of them has not (None)."""

    name: str
    wanted: tuple[str, ...] | None
    found: tuple[str, ...] | None
    sids: frozenset[str]
    """Those of its statements, on either side."""
    cause: Cause | None = None
    """What chooses it in the file."""
    actions: frozenset[str] = frozenset({"*"})
    """The actions, and patterns of them, that these statements are about."""


class FileSide(NamedTuple):
    """What the file says: the role that it makes, the *units* of it, each with the role that lacks it, their lines."""

    role: ComposedRole
    units: Sequence[Unit]
    at: Callable[[tuple[str | int, ...]], SourceLocation]
    budget: Budget
    limits: Sequence[LimitSides] = ()
    """The guardrails that differ."""


def drift_changes(
    found: RoleDrift, file: FileSide, toward: Toward
) -> tuple[tuple[Drift, tuple[AccessChange, ...]], ...]:
    """Return each drift in *found* with the changes that it is; none for what is neither access nor a value."""
    conditions = _Conditions(found, file, toward)
    for drift in found.drifts:
        conditions.take(drift)
    told = [(drift, tuple(_changes(drift, found, file, toward, conditions))) for drift in found.drifts]
    named = {change.what for _, changes in told for change in changes if change.kind == "limit"}
    behind = tuple(_limit(one, None, file, toward) for one in file.limits if one.name not in named)
    for place, (drift, changes) in enumerate(told):
        if behind and drift.meant and drift.meant.part == "permissions":
            told[place] = (drift, (*changes, *behind))  # limits of which no request speaks alone are told here
            break
    return tuple(told)


def _changes(
    drift: Drift, found: RoleDrift, file: FileSide, toward: Toward, conditions: "_Conditions"
) -> Iterator[AccessChange]:
    if drift.meant is None:
        yield from _of_value(drift, file, toward)
    elif drift.meant.unknown:
        yield _untold(drift.meant, toward)
    else:
        taken = conditions.of(drift)
        yield from conditions.changes(drift)
        rest = tuple(one for one in drift.meant.differences if one not in taken)
        if rest or not taken:
            yield from _of_access(_part_of(drift.meant, rest) if taken else drift.meant, found, file, toward)


def plan_changes(found: RoleDrift, file: FileSide) -> tuple[AccessChange, ...]:
    """Return what the file will change in the account, each limit once."""
    told: list[AccessChange] = []
    of_limit: dict[str, list[AccessChange]] = {}
    for one in (change for _, changes in drift_changes(found, file, "file") for change in changes):
        if one.kind == "condition" and one in told:  # what is lost by it has it too
            continue
        every = of_limit.setdefault(one.what, []) if one.kind == "limit" else []
        every.append(one)
        told += [one] if len(every) == 1 else []
    return tuple(_one_limit(of_limit[one.what]) if one.kind == "limit" else one for one in told)


def _one_limit(every: Sequence[AccessChange]) -> AccessChange:
    """Return the changes of one limit as one."""
    return with_evidence(every[0], tuple(shown for one in every for shown in one.evidence))


# --- conditions


class _Conditions:
    """The differences of each drift that are other values of a condition, and nothing else."""

    def __init__(self, found: RoleDrift, file: FileSide, toward: Toward) -> None:
        old, new = (found.wanted, found.live) if toward == "account" else (found.live, found.wanted)
        self._found, self._file, self._toward = found, file, toward
        self._changed = ChangedConditions(_grant(old), _grant(new), _numbered)
        self._of: dict[int, list[tuple[int, Difference]]] = {}

    def take(self, drift: Drift) -> None:
        """Take from *drift* what other values of a condition alone make."""
        meant = drift.meant
        if meant is None or meant.unknown:
            return
        way: Literal["gained", "lost"] = "gained" if _kind(meant, self._toward) == "gains" else "lost"
        for one in meant.differences:
            evidence = Evidence(meant.part, way, one)
            numbers = () if _limits_of(meant, self._file) else self._changed.behind(evidence)
            rows = list(_rows(_part_of(meant, (one,)), self._found, self._file, self._toward)) if numbers else []
            for number in numbers:
                self._changed.take(number, evidence, [cause for row in rows for cause in row.key.causes])
                self._of.setdefault(id(drift), []).append((number, one))

    def of(self, drift: Drift) -> list[Difference]:
        """Return what was taken from *drift*."""
        return [one for _, one in self._of.get(id(drift), ())]

    def changes(self, drift: Drift) -> Iterator[AccessChange]:
        """Yield the changes of conditions that *drift* shows, with what any drift shows of them."""
        for number in dict.fromkeys(number for number, _ in self._of.get(id(drift), ())):
            yield from self._changed.change_of(number)


def _grant(side: Policied) -> Grant:
    return Grant(identity=tuple(one.document for one in side.held), trust=side.trust)


def _numbered(at: StatementRef) -> tuple[int, int]:
    """Return where a compared statement stands: its Sid has the numbers of its policy and of itself."""
    policy, _, number = str(at.sid).partition(":")
    return (int(policy), int(number)) if policy.isdecimal() and number.isdecimal() else (-1, -1)


# --- access


def _of_access(meant: Meant, found: RoleDrift, file: FileSide, toward: Toward) -> Iterator[AccessChange]:
    """Yield what *meant* is: the changes of limits as far as they alone make it, else gains or losses."""
    limits = _limits_of(meant, file)
    explained = tuple(one for one in meant.differences if limits and _is_by_guardrails(meant, one, found, file))
    rest = tuple(one for one in meant.differences if one not in explained)
    rows: list[ChangeRow] = []
    if explained:
        by_limit = _part_of(meant, explained)
        yield from (_limit(limit, by_limit, file, toward) for limit in limits)
        rows += [row for row in _rows(by_limit, found, file, toward) if row.pattern is not None]  # what else it gives
    if rest or not explained:
        rows += _rows(_part_of(meant, rest) if explained else meant, found, file, toward)
    yield from (replace(one, who=meant.who) for one in folded(meant.part, rows))


def _part_of(meant: Meant, differences: tuple[Difference, ...]) -> Meant:
    actions = dict.fromkeys(action for one in differences for action in one.actions)
    return replace(meant, actions=tuple(actions), shown=differences[0], others=differences)


def _limits_of(meant: Meant, file: FileSide) -> tuple[LimitSides, ...]:
    """Return the limits that differ and deny what *meant* is, where statements that limit deny it alone."""
    sids = {place.statement for place in meant.denied_by}
    if not sids or meant.part != "permissions" or not sids <= _limiting(file):
        return ()
    return tuple(one for one in file.limits if one.sids & sids)


def _limiting(file: FileSide) -> set[str]:
    """Return the Sids of the guardrails that differ: what else denies is the same on both sides, or no guardrail."""
    return {sid for one in file.limits for sid in one.sids}


def _is_by_guardrails(meant: Meant, one: Difference, found: RoleDrift, file: FileSide) -> bool:
    """Tell whether the side that does not allow *one* would, without its guardrails."""
    limiting = _limiting(file)
    other = found.wanted if meant.way == "gained" else found.live
    freed = tuple(
        policy.document.model_copy(
            update={"statement": tuple(each for each in policy.document.statement if each.sid not in limiting)}
        )
        for policy in other.held
    )
    return all(allowed(piece.request, piece, Policies(identity=freed)) for piece in one.parts)


def _limit(limit: LimitSides, meant: Meant | None, file: FileSide, toward: Toward) -> AccessChange:
    """Return the change of *limit*, which *meant* shows; None where no request shows it alone."""
    old, new = (limit.wanted, limit.found) if toward == "account" else (limit.found, limit.wanted)
    change = AccessChange("limit", "permissions", limit.name, old=old, new=new)
    if meant is None:
        return replace(change, causes=_of_limit(limit, file) if toward == "file" else ())
    way: Literal["gained", "lost"] = "gained" if _kind(meant, toward) == "gains" else "lost"
    shown = (narrowed(Evidence(meant.part, way, one), limit.actions) for one in meant.differences)
    evidence = tuple(one for one in shown if one)
    there = tuple(Cause(str(place), None) for place in meant.denied_by if place.statement in limit.sids)
    causes = _of_limit(limit, file) if toward == "file" else there if meant.way == "lost" else ()
    return with_evidence(replace(change, causes=causes), evidence)


def _of_limit(limit: LimitSides, file: FileSide) -> tuple[Cause, ...]:
    """Return the line of the file that chooses *limit*."""
    chosen = tuple(unit.cause for unit in file.units if unit.cause.field == f"guardrail {limit.name}")
    return chosen or ((limit.cause,) if limit.cause else ())


def _rows(meant: Meant, found: RoleDrift, file: FileSide, toward: Toward) -> Iterator[ChangeRow]:
    kind, causes = _kind(meant, toward), _in_account(meant, toward)
    for action in meant.actions:
        pieces = [piece for one in meant.differences for piece in one.parts if action in piece.actions]
        for piece in pieces or meant.differences[:1]:
            for one in _spread(meant, piece, action, found, file):
                by = (*causes, *(_in_file(meant, piece, one.request, file, found) if one.request else ()))
                key = LineKey(kind, tuple(dict.fromkeys(by)), _notes(meant, piece), piece.future, _lifted(meant, piece))
                asked = piece._replace(request=one.request) if one.request else piece
                giving = found.live if meant.way == "gained" else found.wanted
                denied = exceptions(_policies(giving, meant), action, one.pattern) if one.pattern else ()
                yield ChangeRow(key, action, one.pattern, Evidence(meant.part, meant.way, asked), denied)


def _notes(meant: Meant, piece: Difference) -> tuple[str, ...]:
    named = f"that {' and '.join(f'`{one}`' for one in meant.patterns)} names" if meant.patterns else "named"
    more = (f"and more of the {meant.names:,} actions {named}",) if meant.names > len(meant.actions) else ()
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
    if arn := _of_unknown_text(drift):
        is_there = drift.found is not None
        kind: Literal["gains", "loses"] = "gains" if is_there is (toward == "account") else "loses"
        yield from of_attached(arn, kind, _line(drift, file, toward))
        return
    if not name:
        return
    wanted, there = ((one,) if one is not None else None for one in (drift.wanted, drift.found))
    old, new = (wanted, there) if toward == "account" else (there, wanted)
    notes = (drift.what,) if drift.kind in ("policy-attached", "policy-detached") else ()
    yield AccessChange("value", "", name, old=old, new=new, notes=notes, causes=_line(drift, file, toward))


def _of_unknown_text(drift: Drift) -> str | None:
    """Return the ARN of the policy that *drift* is about, where nobody here knows what it allows."""
    arn = drift.found or drift.wanted
    if drift.kind == "policy-unknown":
        return arn
    return arn if drift.kind == "policy-detached" and not drift.text_known else None


def _line(drift: Drift, file: FileSide, toward: Toward) -> tuple[Cause, ...]:
    """Return the line of the file that will be in force; `drift` has its own place for it."""
    where = file.at(drift.about)
    is_there = toward == "file" and drift.wanted is not None and where.line
    return (Cause(" ".join(drift.about), where),) if is_there else ()
