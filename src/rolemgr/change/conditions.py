"""
Conditions of which the values alone change: one difference of value, where access is both gained and lost by it.

Two statements that say the same but for values of their conditions are one statement that was changed. What requests
show of it is the evidence of that change, and stands nowhere else.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from rolemgr.change.change import AccessChange, Cause, Evidence
from rolemgr.compare.grants import Grant
from rolemgr.compare.verdicts import Difference
from rolemgr.evaluate.policies import StatementRef
from rolemgr.iam.documents import Effect, PolicyDocument, StatementElement

_Place: TypeAlias = tuple[int, int]
"""Which policy of a part, and which statement of it."""


class ChangedStatement(NamedTuple):
    """A statement that both sides have with other values of its conditions, and where it stands on each."""

    part: str
    old_at: _Place
    new_at: _Place
    old: StatementElement
    new: StatementElement

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.new.effect is Effect.DENY


def changed_statements(old: Grant, new: Grant) -> tuple[ChangedStatement, ...]:
    """Return the statements of both sides that differ in values of their conditions alone."""
    before, after = _documents(old), _documents(new)
    return tuple(
        one for part in before.keys() & after.keys() for one in _in_part(part, before[part], after[part])
    )  # fmt: skip


def _documents(side: Grant) -> Mapping[str, Sequence[PolicyDocument]]:
    found: dict[str, Sequence[PolicyDocument]] = {"permissions": side.identity or ()}
    found["trust"] = (side.trust,) if side.trust else ()
    found["resource"] = (side.resource,) if side.resource else ()
    return found


def _in_part(part: str, old: Sequence[PolicyDocument], new: Sequence[PolicyDocument]) -> Iterator[ChangedStatement]:
    was, now = _by_shape(old), _by_shape(new)
    for shape, (place, one) in now.items():
        if shape in was and was[shape][1].condition != one.condition:
            yield ChangedStatement(part, was[shape][0], place, was[shape][1], one)


def _by_shape(documents: Sequence[PolicyDocument]) -> dict[str, tuple[_Place, StatementElement]]:
    """Return the statements by all that they say but for values of conditions; none of which there are two."""
    found: dict[str, list[tuple[_Place, StatementElement]]] = {}
    for policy, document in enumerate(documents):
        for number, one in enumerate(document.statements()):
            if one.condition:
                found.setdefault(_shape(one), []).append(((policy, number), one))
    return {shape: each[0] for shape, each in found.items() if len(each) == 1}


def _shape(one: StatementElement) -> str:
    value: dict[str, Any] = {**one.to_json_value()}
    value["Condition"] = sorted((operator, key) for operator, block in one.condition.items() for key in block)
    return json.dumps(value, sort_keys=True)


def _place(at: StatementRef) -> _Place:
    return at.policy, at.statement


class ChangedConditions:
    """The statements of two sides whose conditions have other values, and what requests show of them."""

    def __init__(self, old: Grant, new: Grant, place: Callable[[StatementRef], _Place] = _place) -> None:
        self._place = place
        self._statements = changed_statements(old, new)
        self._evidence: dict[int, list[Evidence]] = {}
        self._causes: dict[int, dict[Cause, None]] = {}

    def behind(self, evidence: Evidence) -> tuple[int, ...]:
        """Return which statements alone make the difference in *evidence*; none where there is more to it."""
        of_part = [number for number, one in enumerate(self._statements) if one.part == evidence.part]
        found: dict[int, None] = {}
        for piece in evidence.difference.parts:
            by = self._making(piece, of_part, of_new=evidence.way == "gained")
            if not by:
                return ()
            found.update(dict.fromkeys(by))
        return tuple(found)

    def take(self, number: int, evidence: Evidence, causes: Sequence[Cause]) -> None:
        """Take *evidence* for what the values of that statement do, and the lines that make it so."""
        self._evidence.setdefault(number, []).append(evidence)
        self._causes.setdefault(number, {}).update(dict.fromkeys(causes))

    def changes(self) -> Iterator[AccessChange]:
        """Yield the change of each condition of which a request shows something."""
        for number in self._evidence:
            yield from self.change_of(number)

    def change_of(self, number: int) -> Iterator[AccessChange]:
        """Yield the changes of that statement's conditions, of which something was taken."""
        causes = list(self._causes[number])
        kept = [cause for cause in causes if cause.new is not None] or causes
        yield from told(self._statements[number], tuple(self._evidence[number]), tuple(kept))

    def _making(self, piece: Difference, numbers: Sequence[int], *, of_new: bool) -> tuple[int, ...]:
        """Return of *numbers* the Allow that gives *piece*, or the Denies of the other side that alone deny it."""
        is_denied = piece.before.decision == "ExplicitlyDenied"
        if not (piece.scenario.lifted or is_denied):
            allows = self._at(numbers, of_new=of_new, denies=False)
            return tuple(number for place, number in allows.items() if place == self._place(piece.statement))
        denies = self._at(numbers, of_new=not of_new, denies=True)
        by = [self._place(at) for at in ((piece.statement,) if piece.scenario.lifted else piece.before.by)]
        return tuple(denies[place] for place in by) if by and denies.keys() >= set(by) else ()

    def _at(self, numbers: Sequence[int], *, of_new: bool, denies: bool) -> dict[_Place, int]:
        """Return the Allows or Denies of *numbers* by where they stand on one side."""
        found = ((number, self._statements[number]) for number in numbers)
        return {one.new_at if of_new else one.old_at: number for number, one in found if one.denies is denies}


# --- in words


def told(one: ChangedStatement, shown: tuple[Evidence, ...], causes: tuple[Cause, ...]) -> Iterator[AccessChange]:
    """Yield a change for each condition of *one* that has other values, with what is *shown* of it."""
    actions = tuple(dict.fromkeys(action for each in shown for action in each.difference.actions))
    for operator, block in one.new.condition.items():
        for key, values in block.items():
            before = one.old.condition[operator][key]
            if before == values:
                continue
            name, old, new = _in_words(key, before, values)
            where = "" if one.part == "trust" or not one.new.sid else f" in {one.new.sid}"
            yield AccessChange(
                "condition", one.part, f"{name}{where}", actions, old=old, new=new, causes=causes, evidence=shown,
                statement=one.new.sid or "",
            )  # fmt: skip


def _in_words(
    key: str, old: tuple[str, ...], new: tuple[str, ...]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Return what changes, with both values: of a token's subject the part of it that differs, by its name."""
    if key.endswith(":sub") and len(old) == len(new) == 1:
        was, now = old[0].split(":"), new[0].split(":")
        same = next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
        if same > 1 and was[same - 1].isalpha():
            name = f"{was[same - 1]} of {':'.join(was[: same - 1])}"
            return name, (":".join(was[same:]),), (":".join(now[same:]),)
    return key, *_that_differ(old, new)


_MANY = 4


def _that_differ(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return both lists of values; of long ones what only one of them has."""
    same = [value for value in old if value in new]
    if len(old) + len(new) <= _MANY or not same:
        return old, new
    more = (f"{len(same)} that stay",)
    return (*(value for value in old if value not in same), *more), (*(v for v in new if v not in same), *more)
