"""
From what a comparison found to changes that people read: actions folded by resource, guardrails by name, with causes.

Nothing is left out: each difference and each unknown of the comparison is the evidence of a change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.change.attached import of_attached
from rolemgr.change.causes import Direction, Explained, allowed_but_for_guardrails, causes_of, denying_guardrails
from rolemgr.change.change import AccessChange, Cause, ChangeKind, Evidence, Way, with_evidence
from rolemgr.change.conditions import ChangedConditions
from rolemgr.change.limits import limited_by, narrowed
from rolemgr.change.resources import exceptions, spread, statement_of
from rolemgr.change.units import Unit
from rolemgr.change.weight import weight_of
from rolemgr.compare.budget import Budget
from rolemgr.compare.grants import ENDS, Changes, Grant, Part, Value
from rolemgr.compare.verdicts import Difference, Unknown
from rolemgr.compare.whom import whom
from rolemgr.iam.wildcards import contains
from rolemgr.model.times import duration


class Counterpart(NamedTuple):
    """One side of a comparison: what it grants, and the role as it is explained, None where that is not known."""

    grant: Grant
    role: Explained | None = None


class ChangeSides(NamedTuple):
    """Both sides, and the *units* in which their role files differ."""

    old: Counterpart
    new: Counterpart
    units: Sequence[Unit]
    budget: Budget
    by_catalog: bool = True
    """Whether the catalogs of the two sides may differ."""

    def direction(self, part: str, way: Way) -> Direction:
        """Return *part* of both sides, the one that allows what is told in this *way* first."""
        giving, other = (self.new, self.old) if way == "gained" else (self.old, self.new)
        gives, takes = (one.grant.parts()[part] for one in (giving, other))
        return Direction(part, way, gives, takes, giving.role, other.role, self.units, self.budget, self.by_catalog)


def changes_in(found: Changes, sides: ChangeSides) -> tuple[AccessChange, ...]:
    """
    Return *found* as changes: what is gained, the most serious first, conditions, limits, losses, values.

    Then comes what can't be told; trust, gained or with other conditions, stands before all.
    """
    limits, conditions = _Limits(sides), ChangedConditions(sides.old.grant, sides.new.grant)
    access = [change for part in found.parts for change in _access(part, sides, limits, conditions)]
    values = [change for value in found.values for change in _of_value(value, sides.units)]
    access += [one for one in values if one.kind in ("gains", "loses")]
    changed = tuple(conditions.changes())
    gained = [one for one in changed if one.part == "trust"]
    gains = sorted((one for one in access if one.kind == "gains"), key=weight)
    worst = [one for one in gains if weight(one) <= _WORST]
    gained += [*worst, *by_cause(gains[len(worst) :])]
    lost = by_cause([one for one in access if one.kind == "loses"])
    values = [one for one in values if one.kind == "value"]
    changed = tuple(one for one in changed if one.part != "trust")
    unknown = [change for part in found.parts for change in _untold(part)]
    unknown += [_one_sided(name) for name in found.only_in_one]
    return (*gained, *changed, *limits.changes(), *lost, *values, *unknown)


_WORST: Final = 1
"""The weight of what stands before all else, whatever causes it: trust, passing, what nobody knows."""


def by_cause(found: Iterable[AccessChange]) -> list[AccessChange]:
    """Return *found* with those of one cause behind one another, in the order of the first of each cause."""
    together: dict[tuple[Cause, ...], list[AccessChange]] = {}
    for one in found:
        together.setdefault(one.causes, []).append(one)
    return [one for each in together.values() for one in each]


def weight(one: AccessChange) -> int:
    """Return how serious a gain is: 0 for trust, then passing, deleting, other writing, and reading last."""
    if one.part == "trust":
        return 0
    if one.future or not one.actions:  # nobody knows what a policy allows whose text is not at hand
        return 1
    return weight_of(one.actions)


MOST_ASKED: Final = 100_000
"""How many times the evaluator is asked on which resources, and by which lines, the differences of two roles are."""


# --- limits


class _Limits:
    """The guardrails that differ by name or values, and the differences that each of them explains."""

    def __init__(self, sides: ChangeSides) -> None:
        self._values = [_guardrails(one.role) for one in (sides.old, sides.new)]
        known = sides.old.role is not None and sides.new.role is not None
        names = dict.fromkeys((*self._values[1], *self._values[0])) if known else {}
        self.names = [name for name in names if self._values[0].get(name) != self._values[1].get(name)]
        self._sides = sides
        self._evidence: dict[str, list[Evidence]] = {}

    def behind(self, asked: Direction, one: Difference) -> tuple[str, ...]:
        """Return the limits that alone make *one*: without the guardrails of the other side, that allows it too."""
        if not self.names or asked.part != "permissions":
            return ()
        named = tuple(name for name in denying_guardrails(asked.other_role, one) if name in self.names)
        return named if named and allowed_but_for_guardrails(asked, one) else ()

    def take(self, name: str, evidence: Evidence, asked: Direction) -> None:
        """Take of *evidence* what the limit *name* does, by its own Denies."""
        limited = limited_by(name, (self._sides.old.role, self._sides.new.role))
        shown = narrowed(evidence, limited, lambda piece: name in denying_guardrails(asked.other_role, piece))
        if shown:
            self._evidence.setdefault(name, []).append(shown)

    def changes(self) -> Iterator[AccessChange]:
        """Yield the change of each limit."""
        for name in self.names:
            old, new = (values.get(name) for values in self._values)
            limit = AccessChange("limit", "permissions", name, old=old, new=new, causes=self._causes(name))
            yield with_evidence(limit, tuple(self._evidence.get(name, ())))

    def _causes(self, name: str) -> tuple[Cause, ...]:
        """Return the unit that says the guardrail's values, else where it was chosen."""
        chosen = tuple(unit.cause for unit in self._sides.units if unit.cause.field == f"guardrail {name}")
        if chosen := chosen or self._lines_of_values(name):
            return chosen
        for side in (self._sides.new, self._sides.old):
            for one in side.role.guardrails if side.role else ():
                if one.name == name:
                    values = self._values
                    return (
                        Cause(
                            one.by.removeprefix("--"), one.where, *("" if name in found else None for found in values)
                        ),
                    )
        return ()

    def _lines_of_values(self, name: str) -> tuple[Cause, ...]:
        """Return the lines that say one of the values that differ: of a limit that other keys of a file choose."""
        old, new = (set(values.get(name, ())) for values in self._values)
        lines = [one.cause for one in self._sides.units if {one.cause.old, one.cause.new} & (old ^ new)]
        return tuple([one for one in lines if one.new is not None] or lines)


def _guardrails(role: Explained | None) -> dict[str, tuple[str, ...]]:
    """Return the values of the guardrails by name, a duration in words; a strict one says so."""
    found: dict[str, tuple[str, ...]] = {}
    for one in role.guardrails if role else ():
        found[one.name] = (*worded(one.values), *(("strict",) if one.strict else ()))
    return found


def worded(values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the *values* of a guardrail by parameter as one list, a duration in words."""
    return tuple(_worded(name, value) for name, given in values.items() for value in given)


_DIGITS: Final = 12


def _worded(name: str, value: str) -> str:
    if name != "seconds" or not value.isdecimal() or len(value) > _DIGITS:  # an account may say anything
        return value
    return duration(int(value))


# --- access


class LineKey(NamedTuple):
    """What actions share that are told in one line, but for their resources."""

    kind: ChangeKind
    causes: tuple[Cause, ...]
    notes: tuple[str, ...]
    future: bool
    lifted: str
    who: str = ""


class ChangeRow(NamedTuple):
    """
    An action with a resource pattern that it is gained or lost on; None where only the request is known.

    *exceptions* are patterns within it that stay denied.
    """

    key: LineKey
    action: str
    pattern: str | None
    evidence: Evidence
    exceptions: tuple[str, ...] = ()


def _access(
    part: Part, sides: ChangeSides, limits: _Limits, conditions: ChangedConditions
) -> Iterator[AccessChange]:  # fmt: skip
    gained, lost = sides.direction(part.name, "gained"), sides.direction(part.name, "lost")
    rows: list[ChangeRow] = []
    for asked, giving, found in ((gained, sides.new, part.gained), (lost, sides.old, part.lost)):
        for one in found.differences:
            evidence = Evidence(part.name, asked.way, one)
            of_one = _rows(evidence, asked, giving.grant)
            if names := limits.behind(asked, one):
                for name in names:
                    limits.take(name, evidence, asked)
                of_one = (row for row in of_one if row.pattern is not None)  # what else the statement gives
            elif changed := conditions.behind(evidence):
                causes = [cause for row in of_one for cause in row.key.causes]
                for number in changed:
                    conditions.take(number, evidence, causes)
                continue
            rows += of_one
    yield from folded(part.name, rows)


def _rows(evidence: Evidence, asked: Direction, giving: Grant) -> Iterator[ChangeRow]:
    """Yield each action of a difference on each resource that it is known for."""
    one = evidence.difference
    kind: ChangeKind = "gains" if evidence.way == "gained" else "loses"
    doubts = (f"doubtful: {doubt}" for doubt in one.doubts)
    notes = (*filter(None, (one.scenario.note,)), *doubts)
    lifted = (one.statement.sid or f"statement {one.statement.statement}") if one.scenario.lifted else ""
    for piece in one.parts:
        statement = statement_of(giving, evidence.part, piece)
        for action in piece.actions:
            for found in spread(asked.gives, asked.takes, statement, piece, action, asked.budget):
                causes = causes_of(asked, piece, found.request) if found.request else ()
                shown = piece._replace(request=found.request) if found.request else piece
                key = LineKey(kind, causes, notes, one.future, lifted, _who(shown, asked))
                denied = exceptions(asked.gives, action, found.pattern) if found.pattern else ()
                yield ChangeRow(key, action, found.pattern, evidence._replace(difference=shown), denied)


def _who(one: Difference, asked: Direction) -> str:
    """Return whom *one* is about, all whom its statement names; of role files, which say whom they trust, nothing."""
    return "" if asked.giving_role or asked.other_role else whom(one, asked.gives, asked.takes)


def folded(part: str, rows: Sequence[ChangeRow]) -> Iterator[AccessChange]:
    """Yield the rows of one key on the same resources as one change, each statement that gives it as its evidence."""
    of_action: dict[tuple[LineKey, str, bool], list[ChangeRow]] = {}
    for row in rows:
        of_action.setdefault((row.key, row.action, row.pattern is None), []).append(row)
    together: dict[tuple[LineKey, tuple[str, ...], tuple[str, ...]], list[ChangeRow]] = {}
    for (key, _, _), found in of_action.items():
        patterns = _widest(filter(None, (row.pattern for row in found)))
        denied = _widest(text for row in found if row.pattern in patterns for text in row.exceptions)
        together.setdefault((key, patterns, denied), []).extend(found)
    for (key, patterns, denied), found in together.items():
        evidence = {row.evidence.difference.statement: row.evidence for row in reversed(found)}
        yield AccessChange(
            key.kind, part, "", tuple(dict.fromkeys(row.action for row in found)), patterns, causes=key.causes,
            notes=key.notes, future=key.future, evidence=tuple(reversed(evidence.values())), statement=key.lifted,
            exceptions=denied, who=key.who,
        )  # fmt: skip


def _widest(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return *patterns* without those that another one covers."""
    every = tuple(dict.fromkeys(patterns))
    return tuple(one for one in every if not any(other != one and contains(other, one) for other in every))


# --- the rest


_FROM_THEN_ON: Final = "every request is denied from then on; other lines show what holds until then"
_FIELDS: Mapping[str, str] = {
    "Path": "path", "Description": "description", "MaxSessionDuration": "max_session",
    "ManagedPolicyArns": "managed_policy", "PermissionsBoundary": "boundary",
    "PermissionsBoundaryPolicy": "with_boundary", "Tags": "tag",
    ENDS: "expires",
}  # fmt: skip
"""The key of a role file that says each value of a role."""


def _of_value(value: Value, units: Sequence[Unit]) -> Iterator[AccessChange]:
    """Yield the change of a value, one for each tag; of attached policies what they allow."""
    for name, old, new in _single(value):
        field = _FIELDS.get(value.name, value.name)
        wanted = field if name == value.name else f"{field} {name.removeprefix('tag ')}"
        listed = (
            {text for side in (old, new) for text in side or ()} if isinstance(value.old or value.new, list) else ()
        )
        causes = tuple(
            unit.cause for unit in units
            if unit.cause.field == wanted
            and (value.name == "Tags" or not listed or not {unit.cause.old, unit.cause.new}.isdisjoint(listed))
        )  # fmt: skip
        if value.name == "ManagedPolicyArns":
            yield from of_attached((new or old or ("",))[0], "gains" if new else "loses", causes)
        else:
            yield AccessChange("value", "", name, old=old, new=new, causes=causes, notes=_effect(value.name, new))


def _effect(name: str, new: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return what a value does to access where no request tells it: the policies of others are not compared."""
    return (_FROM_THEN_ON,) if name == ENDS and new else ()


def _single(value: Value) -> Iterator[tuple[str, tuple[str, ...] | None, tuple[str, ...] | None]]:
    if value.name == "Tags":
        was, now = _tags(value.old), _tags(value.new)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                yield f"tag {key}", _one(was.get(key)), _one(now.get(key))
        return
    if isinstance(value.old or [], list) and isinstance(value.new or [], list):
        was_listed, now_listed = value.old or [], value.new or []
        for text in dict.fromkeys(map(str, (*now_listed, *was_listed))):
            if (text in was_listed) is not (text in now_listed):
                yield value.name, _one(text if text in was_listed else None), _one(text if text in now_listed else None)
        return
    old, new = (value_in_words(value.name, one) for one in (value.old, value.new))
    yield value.name, _one(old), _one(new)


def _tags(value: Any) -> dict[str, str]:
    listed = value if isinstance(value, list) else []
    return {str(one.get("Key")): str(one.get("Value")) for one in listed if isinstance(one, dict)}


def _one(value: Any) -> tuple[str, ...] | None:
    return None if value is None else (str(value),)


def value_in_words(name: str, value: Any) -> Any:
    """Return the *value* of a role called *name* as reports have it: the length of a session with its unit."""
    is_length = name == "MaxSessionDuration" and isinstance(value, int) and not isinstance(value, bool)
    return duration(value) if is_length else value


def _untold(part: Part) -> Iterator[AccessChange]:
    ways: tuple[tuple[Way, Sequence[Unknown]], ...] = (
        ("gained", part.gained.unknowns),
        ("lost", part.lost.unknowns),
    )
    for way, unknowns in ways:
        for one in unknowns:
            at = "" if one.statement is None else one.statement.sid or f"statement {one.statement.statement}"
            yield AccessChange("unknown", part.name, "", one.actions, reason=one.reason, way=way, statement=at)


def _one_sided(name: str) -> AccessChange:
    return AccessChange("unknown", name, reason="one of the two does not have it")
