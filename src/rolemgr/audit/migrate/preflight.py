"""
What a role would say to each call that code makes, before it is run: allowed, denied and by what, or not known.

The evaluator decides, with the condition keys that the arguments set. A key whose value the code does not tell, and
that a Deny of the role looks at, makes the answer "not known".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rolemgr.audit.examples import concrete
from rolemgr.audit.migrate.migration import MOST_REQUESTS, NOW, Migration
from rolemgr.audit.migrate.needs import meet
from rolemgr.audit.rights import Certainty, Rights
from rolemgr.catalog.load import Catalog
from rolemgr.code.requests import CodeRequest
from rolemgr.compare.budget import Budget
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityStatement
from rolemgr.model.inventory import HeldRole
from rolemgr.model.role import ComposedRole

_TOO_MANY: Final = "it takes more than {:,} requests to tell"
_MOST_SHOWN: Final = 6
_MOST_GROUPS: Final = 3


class PreflightVerdict(StrEnum):
    """What the role says to a call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class PreflightAnswer:
    """The *verdict* on *request*, and why, in words; *groups* would grant it."""

    request: CodeRequest
    verdict: PreflightVerdict
    why: str = ""
    groups: tuple[str, ...] = ()


class Preflight:
    """Asks the role *holder*, of the *catalog* where *composed* is known, about the requests of code."""

    def __init__(
        self, catalog: Catalog, holder: HeldRole, composed: ComposedRole | None, proposed: Migration | None
    ) -> None:  # fmt: skip
        """Take the role and, for what it lacks, the role that is *proposed* for the code."""
        self._catalog, self._holder, self._composed = catalog, holder, composed
        self._usual = frozenset(proposed.plan.best.persona.groups if proposed else ())
        self._rights = Rights(holder, NOW, Budget(MOST_REQUESTS, problem=_TOO_MANY))

    def answers(self, requests: Iterable[CodeRequest]) -> list[PreflightAnswer]:
        """Return what the role says to each of *requests*, each once; raise TooComplex where it is too much."""
        once = {(one.call.where, one.action, one.resource, tuple(one.keys.items())): one for one in requests}
        return [self._answer(one) for one in once.values()]

    def _answer(self, one: CodeRequest) -> PreflightAnswer:
        resource = concrete(one.resource, self._holder.arn.split(":")[1], self._holder.account) or one.resource
        unsure = [key for key, values in one.keys.items() if values is None and self._looks_at(one.action, key)]
        for values in _fillings(one.keys):
            context: dict[str, str | None] = {key.lower(): value for key, value in values.items()}
            context |= {"iam:passedtoservice": one.passed_to[0]} if one.passed_to else {}
            found = self._rights.ask(one.action, resource, context)
            if found.certainty is Certainty.DENIED:
                return self._denied(one, resource, context)
            if found.certainty is Certainty.UNKNOWN:
                return PreflightAnswer(one, PreflightVerdict.UNKNOWN, "conditions of the role can't be told")
        if unsure:
            why = f"the role looks at {', '.join(unsure)}, which the code does not tell"
            return PreflightAnswer(one, PreflightVerdict.UNKNOWN, why)
        return PreflightAnswer(one, PreflightVerdict.ALLOWED)

    def _looks_at(self, action: str, key: str) -> bool:
        denies = (
            one for _, one in self._rights.policies.about(action.lower())[0].statements if one.effect is Effect.DENY
        )
        return any(condition.folded_key == key.lower() for one in denies for condition in one.conditions)

    def _denied(self, one: CodeRequest, resource: str, context: Mapping[str, str | None]) -> PreflightAnswer:
        """Say what denies *one*: a Deny of the role with the key that it looks at, or that nothing grants it."""
        given = {key: [value] for key, value in context.items() if value is not None}
        found = evaluate(Request.known(one.action, resource, given, self._holder.arn, None), self._rights.policies)
        if found.decision == "ExplicitlyDenied":
            statements = [self._rights.policies.identity[at.policy].statement[at.statement] for at in found.by]
            return PreflightAnswer(one, PreflightVerdict.DENIED, self._by_deny(statements, context))
        if "*" in one.resource and any(meet(one.resource, each) for each in self._rights.patterns(one.action)):
            why = f"granted on some of {one.resource}; which of them it is, the code does not tell"
            return PreflightAnswer(one, PreflightVerdict.UNKNOWN, why)
        if self._rights.speaks(one.action):
            return PreflightAnswer(one, PreflightVerdict.DENIED, f"not granted on {one.resource}, but elsewhere")
        return PreflightAnswer(one, PreflightVerdict.DENIED, "not granted", self._groups(one.action))

    def _by_deny(self, statements: Sequence[IdentityStatement], context: Mapping[str, str | None]) -> str:
        """Return what the Denies *statements* look at, and what they leave."""
        for one in statements:
            for operator, block in one.condition.items():
                for key, values in block.items():
                    value = context.get(key.lower())
                    by = self._guardrail(one)
                    if value is not None and ("Not" in operator or operator.startswith("Numeric")):
                        shown = ", ".join(values[:_MOST_SHOWN]) + (" ..." if len(values) > _MOST_SHOWN else "")
                        return f"{value} is outside {by} ({shown})"
                    if value is not None:
                        return f"{key} {value} is denied by {by}"
                    if operator == "Null":
                        return f"{key} is missing, which {by} wants"
        return f"denied by {self._guardrail(statements[0])}" if statements else "denied"

    def _guardrail(self, statement: IdentityStatement) -> str:
        """Return what a Deny is from: the guardrail or group of the catalog, or its Sid."""
        for one in self._composed.statements if self._composed else ():
            if one.sid == statement.sid and one.effect is Effect.DENY:
                return ", ".join(dict.fromkeys(f"{origin.kind} {origin.group}" for origin in one.origins))
        return f"statement {statement.sid}" if statement.sid else "a Deny of the role"

    def _groups(self, action: str) -> tuple[str, ...]:
        """Return the activity groups that grant *action*: of the persona for the code if any, the smallest first."""
        found: list[tuple[bool, int, str]] = []
        for name in sorted(self._catalog.found("activity_groups")):
            group = self._catalog.activity_group(name).value
            actions = {each for one in group.statements if one.effect is Effect.ALLOW for each in one.actions}
            if action in actions:
                found.append((name not in self._usual, len(actions), name))
        found.sort()
        return tuple(name for is_other, _, name in found if is_other is found[0][0])[:_MOST_GROUPS]


def _fillings(keys: Mapping[str, tuple[str, ...] | None]) -> Iterator[dict[str, str | None]]:
    """Yield the values of *keys* to ask with: each value of each key must come through; no value is "absent"."""
    known = {key: values for key, values in keys.items() if values is not None}
    most = max((len(values) for values in known.values()), default=1)
    for number in range(max(most, 1)):
        yield {key: values[min(number, len(values) - 1)] if values else None for key, values in known.items()}
