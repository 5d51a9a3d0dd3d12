"""
The decision on one request: an explicit deny anywhere wins, else every layer that must allow has to.

Within a layer or level, one Allow of any of its policies is enough. Which layers must allow depends on the
caller, the action and the resource's account (`rolemgr.evaluate.requirements`).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.policies import ActionStatements, Layer, Layers, StatementRef
from rolemgr.evaluate.principals import Caller, CallerKind, Match, match, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import (
    FREE,
    RESOURCE_LAYERS,
    Guard,
    cannot_assume,
    exemptions,
    guard_of,
    required,
    spares_from_deny,
)
from rolemgr.evaluate.statement import applies
from rolemgr.iam.documents import Effect

Decision: TypeAlias = Literal["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"]


class Evaluation(NamedTuple):
    """
    The decision, and what made it.

    *by* are the Deny statements of an explicit deny, or the Allow statements of an allowed request;
    *not_allowed_by* are the layers (with their level) whose missing Allow makes an implicit deny.
    """

    decision: Decision
    by: tuple[StatementRef, ...] = ()
    not_allowed_by: tuple[tuple[Layer, int | None], ...] = ()


@dataclass
class _LayerResults:
    """What the layers say: statements that match, the groups without an Allow, how the resource policy grants."""

    denied: list[StatementRef] = field(default_factory=list)
    allowed: list[StatementRef] = field(default_factory=list)
    silent: list[ActionStatements] = field(default_factory=list)
    granted: Match = Match.NONE


def evaluate(request: Request, policies: Layers) -> Evaluation:
    """
    Return AWS's decision on *request* under *policies*, by the quick path.

    Raises PolicyError for a policy that IAM would not accept, RequestError for a principal that is none or
    that a policy asks for and the request lacks, LayerError for what only AWS could evaluate.
    """
    caller = read_caller(request.principal)
    if request.folded_action in FREE:
        policies.about(request.folded_action)  # what IAM would not accept is an error for every request
        return Evaluation("Allowed")
    found = _by_action(request, policies, caller)
    if found.denied:
        return Evaluation("ExplicitlyDenied", by=tuple(found.denied))
    lacking = _lacking(request, policies, caller, found)
    if lacking:
        return Evaluation("ImplicitlyDenied", not_allowed_by=tuple(lacking))
    return Evaluation("Allowed", by=tuple(found.allowed))


def _by_action(request: Request, policies: Layers, caller: Caller) -> _LayerResults:
    """
    Return what all layers that have a say in *request* say about it.

    The inner loop of every batch and proof: what most statements don't need is not called for them.
    """
    found, bounded = _LayerResults(), policies.bounded
    exempt = exemptions(request, caller)
    for group in policies.about(request.folded_action):
        layer = group.layer
        if layer in exempt:
            continue
        strongest = Match.NONE
        for at, statement in group.statements:
            how = match(statement.principals, caller, bounded=bounded) if statement.principals else Match.DIRECT
            if not how or not applies(statement, request):
                continue
            if statement.effect is Effect.ALLOW:
                found.allowed.append(at)
                strongest = how if how > strongest else strongest
            elif not spares_from_deny(layer, request, caller):
                found.denied.append(at)
        if layer in RESOURCE_LAYERS:
            found.granted = strongest
        if not strongest:
            found.silent.append(group)
    return found


def _lacking(
    request: Request, policies: Layers, caller: Caller, found: _LayerResults
) -> list[tuple[Layer, int | None]]:
    """Return the layers that must allow and do not, those that are not there last."""
    refused = cannot_assume(request, caller)
    granted = Match.NONE if refused else found.granted
    needed = required(request, caller, granted, asked=refused or policies.has_resource_policy)
    lacking = [(group.layer, group.level) for group in found.silent if _counts(group.layer, needed)]
    if not policies.has_session_policy and caller.kind is CallerKind.FEDERATED_USER and Layer.SESSION in needed:
        lacking.append((Layer.SESSION, None))  # a federated user to whom no policy is passed has no permissions
    if Layer.RESOURCE in needed and not granted and not any(layer in RESOURCE_LAYERS for layer, _ in lacking):
        lacking.append((_guard(request), None))
    return lacking


def _counts(layer: Layer, needed: frozenset[Layer]) -> bool:
    """Tell whether *layer* is *needed*, or one of those that must allow always."""
    if layer in RESOURCE_LAYERS:
        return Layer.RESOURCE in needed
    return layer in needed or layer is Layer.SERVICE_CONTROL or layer is Layer.VPC_ENDPOINT


def _guard(request: Request) -> Layer:
    return Layer.TRUST if guard_of(request) is Guard.ROLE else Layer.RESOURCE
