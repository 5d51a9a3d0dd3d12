"""
No guardrail is dodged, and none stands in the way of what complies with it.

For each guardrail of a role and each action of its scope that the role is granted: every assignment of the keys
that it judges (absent, right, wrong, right and wrong together, under both names of a renamed key) is either
against its promise, and then no context whatever gets the request allowed; or in keeping with it, and then
a request that keeps all promises and the catalog's own conditions is allowed. The whole documents are asked,
so that merging, packing and all other statements are part of the proof.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from rolemgr.compose.guardrails.judges import judges_all
from rolemgr.iam.documents import Effect
from rolemgr.model.role import GuardrailInForce
from rolemgr.prove.domains import KeyAssignment
from rolemgr.prove.promises import Promise, in_scope, promise
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, all_told, places, proofs_of, told
from rolemgr.prove.search import Inquiry, IsolatedStatement, Limit, inquiry

KEPT = "guardrails"
KEPT_CLAIM = "no request that is against a guardrail is allowed"
OPEN = "guardrails let through"
OPEN_CLAIM = "every request of a granted action that complies with all guardrails is allowed"


class _Judged(NamedTuple):
    """A guardrail of the role and what it promises of an action."""

    name: str
    chosen: GuardrailInForce
    promise: Promise


def guardrails_kept(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the two proofs about the guardrails of *subject*: none is dodged, none blocks what complies."""
    return proofs_of({KEPT: KEPT_CLAIM, OPEN: OPEN_CLAIM}, judgements(subject))


def judgements(subject: RoleToProve) -> Iterator[Judged]:
    """Yield for each assignment which of the two claims it is a case of, and the request that breaks it, if any."""
    for action in subject.granted:
        claims = {
            KEPT: f"the guardrails hold for {action}",
            OPEN: f"{action} is allowed where it complies with the guardrails",
        }
        yield from all_told(subject, claims, _of_action(subject, action))


def _of_action(subject: RoleToProve, action: str) -> Iterator[Judged]:
    judges = tuple(_judges(subject, action))
    asked = inquiry(subject, action, tuple(test for one in judges for test in one.promise.tests()))
    for resource, judged in product(asked.resources() if judges else (), judges):
        holds, lets = f"guardrail {judged.name} holds for {action}", f"guardrail {judged.name} lets {action} through"
        for assignment in filter(judged.promise.possible, asked.assignments(judged.promise.keys)):
            if judged.promise.keeps(assignment):
                yield OPEN, told(subject, lets, partial(_blocked, asked, resource, judged, judges, assignment))
            else:
                yield KEPT, told(subject, holds, partial(_dodge, asked, resource, judged, assignment))


def _judges(subject: RoleToProve, action: str) -> Iterator[_Judged]:
    """Yield the guardrails whose promise is about *action*; those that deny it under --strict left out."""
    role = subject.rendered.role
    for chosen in role.guardrails:
        guardrail = subject.catalog.guardrail(chosen.name).value
        by_passed = chosen.strict and any(one.action == action for one in guardrail.bypassed_by)
        if by_passed or not (in_scope(guardrail, action) or judges_all(guardrail, chosen.values)):
            continue
        if found := promise(guardrail, chosen, action, role.spec.kms_key_names):
            yield _Judged(chosen.name, chosen, found)


def _dodge(asked: Inquiry, resource: str, judged: _Judged, assignment: KeyAssignment) -> CounterExample | None:
    """Return a request in *assignment*, which is against the guardrail, that is allowed all the same."""
    subject = asked.subject
    found = asked.allowed(resource, assignment)
    if found is None or not subject.allowed(found):
        return None
    problem = f"guardrail {judged.name} ({judged.chosen.by}) does not hold for {asked.action}"
    return CounterExample(problem, subject.flags, found, (subject.catalog.guardrail(judged.name).at("deny"),))


def _blocked(
    asked: Inquiry, resource: str, judged: _Judged, judges: Sequence[_Judged], assignment: KeyAssignment
) -> CounterExample | None:
    """Return a request in *assignment* that keeps all promises and the catalog's own conditions, and is not allowed."""
    subject = asked.subject
    limits = [_limit(one.promise) for one in judges]
    found = asked.allowed(resource, assignment, denies=_own_denies(asked), limits=limits)
    if found is None or subject.allowed(found):
        return None
    by = subject.decide(found, subject.policies).by
    sids = ", ".join(f"`{at.sid}`" for at in by) or "no Allow"
    problem = f"{asked.action} complies with guardrail {judged.name} and is not allowed, by {sids}"
    origins = [origin for at in by for origin in subject.origins(at.sid)]
    return CounterExample(problem, subject.flags, found, places(origins))


def _limit(one: Promise) -> Limit:
    return Limit(one.keys, lambda assignment: one.possible(assignment) and one.keeps(assignment))


def _own_denies(asked: Inquiry) -> tuple[IsolatedStatement, ...]:
    """Return the Denies that come from activity groups and tag keys."""
    origins = asked.subject.origins
    return tuple(
        isolated for isolated in asked.of(Effect.DENY)
        if not all(origin.kind == "guardrail" for origin in origins(isolated.statement.sid))
    )  # fmt: skip
