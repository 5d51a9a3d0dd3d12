"""What a comparison answers: differences that the evaluator confirms, what can't be told, and both of them merged."""

from typing import NamedTuple, TypeAlias, TypeVar

from rolemgr.compare.scenarios import CallerScenario
from rolemgr.evaluate.decision import Evaluation
from rolemgr.evaluate.policies import StatementRef
from rolemgr.evaluate.request import Request


class Difference(NamedTuple):
    """
    What an Allow of the new side, at *statement*, gives that the old side does not.

    In a scenario that is *lifted*, *statement* is a Deny of the old side that the new one does not have.
    *request* is one of them, for the first of *actions*; *before* is the old side's decision on it. *doubts*
    say why AWS may never see such a request; *future* says that the actions are none of today's reference.
    *scenario* is who asks, and what was around the policies.
    """

    statement: StatementRef
    actions: tuple[str, ...]
    request: Request
    before: Evaluation
    doubts: tuple[str, ...] = ()
    future: bool = False
    scenario: CallerScenario = CallerScenario()
    merged: tuple["Difference", ...] = ()
    """The differences that were made this one, each with a request of its own; none where it is one alone."""

    @property
    def parts(self) -> tuple["Difference", ...]:
        """What it was made of, itself where it is one alone."""
        return self.merged or (self,)


class Unknown(NamedTuple):
    """What could not be told about *actions* that the Allow at *statement* speaks of, and the reason."""

    statement: StatementRef | None
    actions: tuple[str, ...]
    reason: str


class Comparison(NamedTuple):
    """What the new side allows that the old one does not; *actions* is how many were compared."""

    differences: tuple[Difference, ...]
    unknowns: tuple[Unknown, ...]
    actions: int

    @property
    def proven(self) -> bool:
        """Whether every request that the new side allows is allowed by the old side."""
        return not self.differences and not self.unknowns


Verdict: TypeAlias = Difference | Unknown


V = TypeVar("V", Difference, Unknown)


class Merged:
    """Verdicts, those that differ in their actions alone made one."""

    def __init__(self) -> None:
        self._first: dict[object, Verdict] = {}
        self._actions: dict[object, dict[str, None]] = {}
        self._parts: dict[object, list[Difference]] = {}

    def add(self, verdict: Verdict) -> None:
        """Take *verdict* in, with its actions added to those of an equal one."""
        key: object = (verdict.statement, getattr(verdict, "reason", None))
        if isinstance(verdict, Difference):
            key = (verdict.statement, verdict.doubts, verdict.future, verdict.before.decision, verdict.scenario.note)
            self._parts.setdefault(key, []).append(verdict)
        self._first.setdefault(key, verdict)
        self._actions.setdefault(key, {}).update(dict.fromkeys(verdict.actions))

    def of(self, kind: type[V]) -> tuple[V, ...]:
        """Return the verdicts of *kind*."""
        found = ((key, one) for key, one in self._first.items() if isinstance(one, kind))
        return tuple(self._whole(key, one._replace(actions=tuple(self._actions[key]))) for key, one in found)

    def _whole(self, key: object, one: V) -> V:
        """Return *one* with the parts that it was made of, where these are several differences."""
        parts = self._parts.get(key, ())
        return one._replace(merged=tuple(parts)) if isinstance(one, Difference) and len(parts) > 1 else one
