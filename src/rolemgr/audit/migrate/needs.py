"""
What a role needs: pairs of an action and a pattern of resources, each with the statements that ask for it.

Where nobody says what was used, it needs all that it may do: what evaluation of its policies with its boundary lets
through. Of used actions that name no resource (``*``), the resources are those on which the role may do them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.audit.nearest import Granted, expanded, named_actions
from rolemgr.audit.rights import Rights
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.iam.operators import parse_operator
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.model.inventory import HeldRole
from rolemgr.reference.resources import common, types_of
from rolemgr.reference.services import find_action

PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action
MOST_PAIRS: Final = 2_000_000
"""How many pairs of an action and a resource are looked at: twenty managed policies for an administrator have fewer."""
_MOST_COMPARED: Final = 300
_MOST_STARS: Final = 12
_TOO_MANY: Final = "it names more than {:,} pairs of an action and resources"


class UseEvidence(StrEnum):
    """
    Why a pair is needed: it was used, nobody tells whether it was, or the role may do it and no use is known.

    What no trail shows is kept where the persona has it, and adds no group.
    """

    USED = "used"
    PERHAPS = "perhaps used"
    ALLOWED = "allowed"
    UNTRACED = "no trail shows it"


class Need(NamedTuple):
    """
    An *action* on *resource*, a pattern; *by* names the statements that ask for it.

    *passed_to* are the services to which a role is passed, where the statement says so. *today* is False for what was
    used, or asked for, and the role may not do as it is.
    """

    action: str
    resource: str
    by: tuple[str, ...]
    evidence: UseEvidence
    passed_to: tuple[str, ...] = ()
    today: bool = True


class NamedStatement(NamedTuple):
    """A statement, and what messages call it."""

    statement: IdentityStatement
    name: str


def named(documents: Iterable[tuple[str, IdentityPolicy]]) -> list[NamedStatement]:
    """Return the statements of *documents* (each with what messages call it), the Sid or the number in their names."""
    return [
        NamedStatement(one, f"{name}, statement {one.sid or number}")
        for name, document in documents
        for number, one in enumerate(document.statement, start=1)
    ]


def statements_of(holder: HeldRole) -> list[NamedStatement]:
    """Return the statements of all policies of *holder*; each is named with the policy and the line of the role."""
    return named((f"{one.name} ({holder.where})", one.document) for one in holder.policies)


def needs_in(statements: Iterable[NamedStatement], evidence: UseEvidence) -> list[Need]:
    """
    Return what the Allows of *statements* grant, on resources that are of a type of the action.

    What the reference does not know stays as it is written: it is needed, and no group grants it. Raises TooComplex
    where there are more than `MOST_PAIRS`.
    """
    found: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
    budget = Budget(MOST_PAIRS, problem=_TOO_MANY)
    for one in statements:
        if one.statement.effect is Effect.ALLOW:
            services = tuple(_passed_to(one.statement))
            named = one.statement.action or ()
            unknown = {pattern for pattern in named if pattern != "*" and not expanded(pattern)}
            given = one.statement.resource
            listed = None if given is None or "*" in given else tuple(map(as_pattern, given))
            for action in sorted(named_actions(one.statement) | unknown):
                budget.spend(len(one.statement.resource or ()) + 1)
                passed = services if action == PASS_ROLE else ()
                for resource in _resources(listed, action, is_named=action in named):
                    found.setdefault((action, resource, passed), {})[one.name] = None
    needs = [Need(*key[:2], tuple(by), evidence, key[2]) for key, by in sorted(found.items())]
    return widest(needs)


def _resources(listed: tuple[str, ...] | None, action: str, *, is_named: bool) -> tuple[str, ...]:
    """
    Return those of the patterns *listed* that are about *action*; ``*`` where none are listed, or all are meant.

    An action that is named, and not one of many that a wildcard stands for, keeps what it was given where none is.
    """
    known = find_action(action)
    if listed is None or known is None or not known.resource_types:
        return ("*",)
    found = tuple(one for one in listed if types_of(one, known))
    return found or (listed if is_named else ())


def _passed_to(statement: IdentityStatement) -> Iterator[str]:
    for operator, block in statement.condition.items():
        known = parse_operator(operator)
        if known and not known.negated and known.base.startswith("String"):
            found = (values for key, values in block.items() if key.lower() == "iam:passedtoservice")
            yield from (value for values in found for value in values)


def widest(needs: Sequence[Need]) -> list[Need]:
    """
    Return *needs* without those that another one of the same action holds.

    Raises TooComplex where one action has more resources than are compared.
    """
    by_action: dict[str, list[Need]] = {}
    for one in needs:
        by_action.setdefault(one.action, []).append(one)
    found: list[Need] = []
    for group in by_action.values():
        if len(group) > _MOST_COMPARED:
            raise TooComplex(f"{group[0].action} is on more than {_MOST_COMPARED} resources")
        found += [one for one in group if not any(_holds(other, one) for other in group)]
    return found


def _holds(outer: Need, inner: Need) -> bool:
    same = outer.passed_to in ((), inner.passed_to)
    if inner.evidence is UseEvidence.USED and outer.evidence is not UseEvidence.USED:
        return False  # what was used is told by itself
    if outer is inner or not same or not contains(outer.resource, inner.resource):
        return False
    mutual = outer.passed_to == inner.passed_to and contains(inner.resource, outer.resource)
    return not mutual or outer < inner


def allowed_needs(holder: HeldRole, rights: Rights) -> tuple[list[Need], int]:
    """
    Return what *holder* may do by evaluation of all its policies, and of how many actions nobody can tell.

    Raises TooComplex where the budget of *rights* is spent.
    """
    found = needs_in(statements_of(holder), UseEvidence.ALLOWED)  # first: it says early that there is too much
    allowed, untold = Granted().actions(holder, rights)
    return [one for one in found if one.action in allowed or find_action(one.action) is None], untold


def on_todays(used: Sequence[Need], allowed: Sequence[Need]) -> list[Need]:
    """
    Return *used* on the resources on which the role may do it today, where it names wider ones.

    What the role may not do today stays as it is asked for, and says so. Raises TooComplex as `needs_in` does.
    """
    budget = Budget(MOST_PAIRS, problem=_TOO_MANY)
    by_action: dict[str, list[Need]] = {}
    for one in allowed:
        by_action.setdefault(one.action, []).append(one)
    found: list[Need] = []
    for one in used:
        budget.spend(len(by_action.get(one.action, ())) + 1)
        found += _on(one, by_action.get(one.action, ()))
    return widest(list(dict.fromkeys(found)))


def _on(used: Need, allowed: Sequence[Need]) -> Iterator[Need]:
    meeting = [one for one in allowed if _meet(used.resource, one.resource)]
    if not meeting:
        yield used._replace(today=False)
    for one in meeting:
        narrower = one.resource if contains(used.resource, one.resource) else used.resource
        yield used._replace(resource=narrower, passed_to=used.passed_to or one.passed_to)


def _meet(left: str, right: str) -> bool:
    return contains(left, right) or contains(right, left) or meet(left, right)


@lru_cache(maxsize=1 << 16)
def meet(left: str, right: str) -> bool:
    """Tell whether some resource is matched by both patterns; a policy variable may be any text."""
    if "*" in (left, right):
        return True
    one, other = as_pattern(left), as_pattern(right)
    if max(one.count("*"), other.count("*")) > _MOST_STARS:
        return True  # it may be, and the evaluator says of each resource whether it is
    heads = one.partition("*")[0].partition("?")[0], other.partition("*")[0].partition("?")[0]
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False
    return common(one, other) is not None


def services_of(needs: Iterable[Need]) -> Mapping[str, int]:
    """Return how many actions of each service are needed."""
    found: dict[str, set[str]] = {}
    for one in needs:
        found.setdefault(one.action.partition(":")[0], set()).add(one.action)
    return {service: len(actions) for service, actions in sorted(found.items())}
