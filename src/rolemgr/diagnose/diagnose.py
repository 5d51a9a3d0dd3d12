"""
Why a request is denied, and the least change that would allow it.

Each request behind a denial is evaluated against the layers that are given. What denies it is named with its
place, and what would allow it was tried. Where the given layers allow it, what else can deny is listed: it
takes one Deny, or one missing Allow, in any of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator
from dataclasses import replace

from rolemgr.diagnose.changes import nearest, statement_at
from rolemgr.diagnose.diagnosis import DiagnosedRequest, KnownLayers, deniers_of, statement_name
from rolemgr.diagnose.not_known import not_known
from rolemgr.diagnose.open_layers import FLAGS
from rolemgr.diagnose.remedies import remedies
from rolemgr.diagnose.unknown import Hanging, certain
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.reference.protected import protected

_NEAREST = 3


def judge(title: str, request: Request, policies: Policies, given: KnownLayers) -> DiagnosedRequest:
    """Return what *policies* say of *request*, who denies it, why, and what would allow it, if anything does."""
    if refusal := protected(request.action, request.resource, request.context, request.principal):
        return DiagnosedRequest(title, request, "RefusedByAWS", because=(str(refusal),))
    origins = {sid: one.origins_of(request.action, request.resource) for sid, one in given.statements.items()}
    given = replace(given, origins=origins)
    request, open_side = _one_sided(request, policies)
    found = _named_first(explain(request, policies, given.missing), given.named)
    hangs = given.hanging(request, policies)
    if hangs and not certain(request, policies, hangs):
        place = not_known(title, found, hangs, request, policies, given)
        return place._replace(because=(*place.because, *open_side, *found.notes))
    if found.evaluation.decision == "Allowed":
        because = tuple(f"allowed by {statement_name(at, given)}" for at in found.evaluation.by)
        return DiagnosedRequest(title, request, found.outcome, because=(*because, *open_side, *found.notes))
    told = _whatever_hangs(found, hangs, request, policies, given)
    perhaps = _not_told(found, told, hangs, given)
    found = told
    deniers = tuple(deniers_of(found, given))
    because = (*_because(found, request, policies, given), *perhaps, *open_side, *found.notes)
    return DiagnosedRequest(
        title, request, found.outcome, deniers, because, tuple(remedies(found, request, policies, given))
    )


def _whatever_hangs(
    found: Explanation, hangs: tuple[Hanging, ...], request: Request, policies: Policies, given: KnownLayers
) -> Explanation:
    """Return why it is denied whatever the keys are that *hangs* turn on, where *found* has a Deny that does."""
    hanging = {one.at for one in hangs if one.effect is Effect.DENY}
    if hanging.isdisjoint(found.evaluation.by) or any(one.on_resource for one in hangs):
        return found._replace(outcome=given.missing.outcome(request, found.evaluation))
    unknown = frozenset(key.lower() for one in hangs for key in one.keys)
    best = PartlyKnownLayers(policies).decide(request, unknown, is_open=False).best
    if best.decision == "Allowed":
        return found
    return found._replace(evaluation=best, outcome=given.missing.outcome(request, best))


def _not_told(found: Explanation, told: Explanation, hangs: tuple[Hanging, ...], given: KnownLayers) -> Iterator[str]:
    """Yield the Denies that *found* has and *told* has not: they hang on what nobody told."""
    for one in hangs:
        if one.effect is Effect.DENY and one.at in found.evaluation.by and one.at not in told.evaluation.by:
            keys = " and ".join(one.keys)
            yield f"whether {statement_name(one.at, given)} denies it too is not known: {given.silent} tell {keys}"


def _named_first(found: Explanation, layer: Layer | None) -> Explanation:
    """Return *found* with what the *layer* says that AWS names before what others say."""
    by = tuple(sorted(found.evaluation.by, key=lambda at: at.layer is not layer))
    lacking = tuple(sorted(found.evaluation.not_allowed_by, key=lambda one: one[0] is not layer))
    return found._replace(evaluation=found.evaluation._replace(by=by, not_allowed_by=lacking))


def _one_sided(request: Request, policies: Policies) -> tuple[Request, tuple[str, ...]]:
    """Return *request* as the caller's side sees it, and what to say of the other, where its policy is not given."""
    account, there = request.principal_account(), request.resource_account
    if policies.resource is not None or account is None or there in (None, account):
        return request, ()
    other_side = (
        f"the resource is in account {there}: its policy must allow {request.action} too ({FLAGS[Layer.RESOURCE]})"
    )
    return replace(request, resource_account=None), (other_side,)


def _because(found: Explanation, request: Request, policies: Policies, given: KnownLayers) -> Iterator[str]:
    for at in found.evaluation.by:
        yield f"{statement_name(at, given)} denies it{''.join(_conditions(at, request, policies))}"
    for layer, level in found.evaluation.not_allowed_by:
        misses = [miss for miss in found.near_misses if (miss.at.layer, miss.at.level) == (layer, level)]
        near = nearest(misses, Effect.ALLOW)
        where = layer if level is None else f"{layer} of level {level}"
        yield f"no {where} allows {request.action} on {request.resource}" + (", these come near" if near else "")
        for miss in near[:_NEAREST]:
            yield f"{statement_name(miss.at, given)}: {'; '.join(map(str, miss.reasons))}"


def _conditions(at: StatementRef, request: Request, policies: Policies) -> Iterator[str]:
    """Yield the conditions under which the Deny at *at* matched."""
    statement = statement_at(at, policies)
    for number, condition in enumerate(statement.conditions if statement else ()):
        has = ", ".join(condition.found(request.context)) or "nothing"
        wanted = ", ".join(condition.values)
        yield f"{' and ' if number else ' as '}{condition.operator} {condition.key} is {wanted} (the request has {has})"
