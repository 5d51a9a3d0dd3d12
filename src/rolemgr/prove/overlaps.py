"""
What two personas can both write, against what is declared to be shared.

An overlap is declared where both personas name the activity group that gives it, or one extends the other:
that is what a reviewer reads in their files. What different groups give to both stands in `overlaps.json`,
with the reason, and where it is one group's doing with that group. Whatever is declared, none of the two may
share what the other must `never` do anywhere.
Roles that SageMaker itself takes are left out: they do what the persona that passes them started, and
separation asks it of the persona's closure.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.compare.budget import MOST_STEPS
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob, contains
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole, Origin
from rolemgr.prove.domains import filled
from rolemgr.prove.proof import Answer, CounterExample, Judged, Proof, RoleToProve, all_told, places, proof_of
from rolemgr.prove.resource_classes import steps_to_compare
from rolemgr.prove.search import inquiry
from rolemgr.reference.resources import in_common
from rolemgr.reference.services import find_action
from rolemgr.separation.closure import closure_of

NAME = "overlap"
CLAIM = "what two personas can both write is declared, and neither must never do it"
_WRITES = frozenset({"Permissions management", "Tagging", "Write"})


class _Grant(NamedTuple):
    resource: str
    origins: tuple[Origin, ...]

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(origin.group for origin in self.origins)


class _Shared(NamedTuple):
    """A write action that two roles both have on some *resource*, and what grants it to each."""

    action: str
    resource: str
    one: _Grant
    other: _Grant


def overlaps_declared(subjects: Sequence[RoleToProve]) -> Proof:
    """Return the proof that each two of *subjects*, a role for each persona, share what is declared alone."""
    taken = _reached(subjects)
    people = [subject for subject in subjects if subject.rendered.role.persona.id not in taken]
    return proof_of(NAME, CLAIM, (answer for one, other in combinations(people, 2) for answer in _of(one, other)))


def _of(one: RoleToProve, other: RoleToProve) -> Iterator[Answer]:
    """Yield what two roles show by each thing that both can write."""
    what = f"what {one.name} and {other.name} can both write is declared"
    yield from (answer for _, answer in all_told(one, {NAME: what}, _judgements(one, other)))


def _judgements(one: RoleToProve, other: RoleToProve) -> Iterator[Judged]:
    seen: set[str] = set()
    for shared in _shared(one, other):
        problem = None if shared.action in seen else next(_problem(one, other, shared), None)
        seen |= {shared.action} if problem else set()  # one resource of it is enough
        yield NAME, problem


def _reached(subjects: Sequence[RoleToProve]) -> set[str]:
    """
    Return the personas whose roles those of *subjects* pass, assume or act as, whatever a role is called.

    The role of a person, which opens Studio as itself, is none of them: whoever administers profiles gives it to one.
    """
    closures = (closure_of(subject.catalog, subject.rendered.role, subject.beside) for subject in subjects)
    return {role.persona.id for closure in closures for role in closure.known if role.spec.arn not in role.acts_as}


def _shared(one: RoleToProve, other: RoleToProve) -> Iterator[_Shared]:
    left, right = _grants_by_action(one.rendered.role), _grants_by_action(other.rendered.role)
    budget = one.budget.part(MOST_STEPS)
    for action in sorted(left.keys() & right.keys()):
        for here, there in product(left[action], right[action]):
            budget.spend(steps_to_compare(here.resource, there.resource))
            if (resource := in_common(filled(here.resource), filled(there.resource))) is not None:
                yield _Shared(action, resource, here, there)


@lru_cache(maxsize=64)
def _grants_by_action(role: ComposedRole) -> Mapping[str, Sequence[_Grant]]:
    """Return what *role* can write, by action."""
    found: dict[str, list[_Grant]] = {}
    for statement in role.unfolded:
        for action in statement.actions if statement.effect is Effect.ALLOW else ():
            if _writes(action):
                origins = tuple(origin for origin in statement.origins if action in origin.actions)
                found.setdefault(action, []).extend(_Grant(text, origins) for text in statement.resources)
    return found


@cache
def _writes(action: str) -> bool:
    found = find_action(action)
    return found is None or bool(found.access_levels & _WRITES)


def _problem(one: RoleToProve, other: RoleToProve, shared: _Shared) -> Iterator[CounterExample]:
    first, second = one.rendered.role, other.rendered.role
    both_have = f"personas {first.persona.id} and {second.persona.id} both have {shared.action} on {shared.resource}"
    where = places((*shared.one.origins, *shared.other.origins))
    folded = shared.action.lower()
    for role in (first, second):
        for never, matches in _plain(role):
            if matches(folded):
                yield CounterExample(f"{both_have}, which {role.persona.id} must never have", one.flags,
                                     _request(one, shared), (never.where, *where))  # fmt: skip
    if not _declared(first, second, shared):
        problem = f"{both_have}, by different activity groups and without a declaration"
        yield CounterExample(problem, one.flags, _request(one, shared), where)


@lru_cache(maxsize=64)
def _plain(role: ComposedRole) -> tuple[tuple[Never, Callable[[str], object]], ...]:
    """Return the entries by which *role* must never have an action at all, each with the test of one in lower case."""
    plain = (one for one in role.persona.never if _is_plain(one.forbidden))
    return tuple((one, action_glob(one.forbidden.action)) for one in plain)


def _request(subject: RoleToProve, shared: _Shared) -> Request:
    """Return a request of the shared action that *subject* is allowed; as it was found where none is."""
    found = None
    with suppress(TooComplex):  # that both have the action is known; the request is an example of it
        found = inquiry(subject, shared.action).allowed(shared.resource or "*", {})
    return found or Request(shared.action, shared.resource or "*")


def _is_plain(forbidden: Any) -> bool:
    """Tell whether the entry forbids the action altogether."""
    return forbidden.resource == "*" and not (forbidden.context or forbidden.except_on or forbidden.except_with)


def _declared(first: ComposedRole, second: ComposedRole, shared: _Shared) -> bool:
    related = first.persona.id in second.persona.lineage or second.persona.id in first.persona.lineage
    if related or shared.one.groups & shared.other.groups:
        return True
    either = (None, first.persona.id, second.persona.id)
    found = (one for one in declarations() if shared.action in one["actions"] and one.get("persona") in either)
    return any(contains(entry.get("on", "*"), shared.resource) and _of_groups(entry, shared) for entry in found)


def _of_groups(entry: Mapping[str, Any], shared: _Shared) -> bool:
    """Return whether *entry* is for any groups, or what grants it to one of the two is of its `groups` alone."""
    groups = frozenset(entry.get("groups", ()))
    return not groups or shared.one.groups <= groups or shared.other.groups <= groups


@cache
def declarations() -> tuple[dict[str, Any], ...]:
    """Return what is declared to be shared: actions, resources (all unless said), with which persona, and why."""
    return tuple(json.loads(Path(__file__).with_name("overlaps.json").read_bytes()))
