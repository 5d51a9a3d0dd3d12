"""
What the layers leave of each role: an SCP or boundary that takes a whole grant away stops somebody's work.

A layer that narrows a grant (to approved regions, to a VPC) is what it is for; one that leaves no request of it at all
makes the role's statement dead, and nobody sees it in the role.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.witness import within_layers
from rolemgr.iam.documents import Effect
from rolemgr.prove.domains import KeyAssignment
from rolemgr.prove.grants import asked_on, closed
from rolemgr.prove.proof import CounterExample, Judged, Proof, all_told, proofs_of, told
from rolemgr.prove.resource_classes import of_pattern
from rolemgr.prove.search import Inquiry, IsolatedStatement, inquiry

NAME: Final = "grants-within-layers"
CLAIM: Final = "the layers above a role leave some request of each of its grants"


def prove_grants(blueprint: ComposedBlueprint) -> tuple[Proof, ...]:
    """Return the proof that no layer of *blueprint* takes a whole grant from a role."""
    around, roles = RoleLayers(blueprint), alike(blueprint)
    judged = (
        (name, roles.told_of_all(first, answer))
        for first in roles.firsts()
        for name, answer in _of_role(blueprint, around, first)
    )
    return proofs_of({NAME: CLAIM}, judged)


def _of_role(blueprint: ComposedBlueprint, around: RoleLayers, placed: PlacedRole) -> Iterator[Judged]:
    subject, fixed = within_layers(blueprint, around, placed), _fixed(blueprint, placed)
    strict = closed(subject)
    for action in subject.granted:
        if action not in strict:
            asked = inquiry(subject, action)
            what = f"the layers leave each grant of {action}"
            yield from all_told(subject, {NAME: what}, _of_action(asked, placed, fixed))


def _fixed(blueprint: ComposedBlueprint, placed: PlacedRole) -> KeyAssignment:
    """Return the condition keys that each request of the role has: no exemption of another role is its."""
    spec, organization = placed.role.spec, blueprint.source.value.organization
    known = {"aws:principalarn": (placed.caller_arn,), "aws:principalaccount": (spec.account,)}
    return {**known, "aws:principalorgid": (organization.id,)} if organization else known


def _of_action(asked: Inquiry, placed: PlacedRole, fixed: KeyAssignment) -> Iterator[Judged]:
    for allow in asked.of(Effect.ALLOW):
        for pattern in asked_on(allow, asked.action):
            what = f"the layers leave `{allow.statement.sid}` {asked.action} on {pattern}"
            yield NAME, told(asked.subject, what, partial(_if_taken, asked, placed, allow, pattern, fixed))


def _if_taken(
    asked: Inquiry, placed: PlacedRole, allow: IsolatedStatement, pattern: str, fixed: KeyAssignment
) -> CounterExample | None:
    """Return what shows that nothing is left of the grant, and which statements take it."""
    resources = tuple(of_pattern(asked.budget, pattern, asked.action))
    if any(asked.allowed(resource, fixed, by=allow) for resource in resources):
        return None
    without = (asked.allowed(resource, fixed, by=allow, denies=()) for resource in resources)
    request = next((one for one in without if one), None)
    by = asked.subject.decide(request, asked.subject.policies).by if request else ()
    sids = ", ".join(f"`{one.sid}`" for one in by) or "no statement alone"
    problem = f"{placed.place}: nothing is left of {asked.action} on {pattern}; what denies it: {sids}"
    return CounterExample(problem, (placed.place,), request, (placed.spec.at("persona"),))
