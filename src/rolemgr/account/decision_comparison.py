"""
A decision of ours beside that of AWS's policy simulator: the same, another, or not to be told.

Only what the simulator evaluates is compared. What it leaves out (RCPs, session policies, the policies of endpoints,
the policies of resources for roles) is said, and is never taken for agreement.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html#policies_policy-simulator-how-it-works
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.account.connect import Access
from rolemgr.account.policy_simulation import (
    MOST_LEVELS,
    AwsDecision,
    ContextEntry,
    MatchedStatement,
    SimulatedCall,
    SimulatedPolicies,
    fills_in,
    key_type,
    not_asked,
    simulated,
    simulated_principal,
)
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.evaluate.principals import Caller, CallerKind, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import FREE, crosses
from rolemgr.iam.documents import PolicyDocument, ResourcePolicy
from rolemgr.reference.condition_keys import find_key

Verdict: TypeAlias = Literal["agrees", "differs", "unknown"]
CUSTOM: Final = "SimulateCustomPolicy"
PRINCIPAL: Final = "SimulatePrincipalPolicy"
_KNOWN: Final = (CallerKind.UNKNOWN, CallerKind.USER, CallerKind.ROLE)


class AwsAnswer(NamedTuple):
    """What AWS answers to one *call*, what we decide on the same, the *verdict*, and why it is not agreement."""

    call: str
    aws: AwsDecision
    ours: Evaluation
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    by: tuple[StatementRef | str, ...] = ()
    """The statements that decided for AWS: ours where they are told, else the names of AWS's policies."""


class AwsComparison(NamedTuple):
    """What AWS answers, and what it was *not_asked* about."""

    answers: tuple[AwsAnswer, ...] = ()
    not_asked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether AWS agrees with all of our decision; not where it was not asked about a part."""
        found = {one.verdict for one in self.answers}
        if "differs" in found:
            return "differs"
        return "agrees" if found == {"agrees"} and not self.not_asked else "unknown"


def beside_aws(way: Access, request: Request, policies: Policies) -> AwsComparison:
    """Return what AWS says on *request* under *policies*, and by what is attached to its principal; raise AwsError."""
    caller = read_caller(request.principal)
    if caller.kind not in _KNOWN or request.folded_action in FREE:
        return AwsComparison(not_asked=(_cannot_ask(request, caller),))
    is_user = caller.kind is CallerKind.USER and isinstance(policies.resource, ResourcePolicy)
    left_out = tuple(_left_out(request, policies, caller, is_user=is_user))
    common = _common(policies, is_user=is_user)
    call = _call(request, caller, common)
    own = request if is_user else replace(request, resource_account=caller.account)
    ours = evaluate(own, common)
    answers = [_custom(way, call, common, ours)]
    notes: list[str] = []
    if caller.kind is not CallerKind.UNKNOWN and caller.account == way.account:
        attached = simulated_principal(way, call, caller.text)
        if attached:
            answers.append(_answer(PRINCIPAL, attached, ours, tuple(one.source for one in attached.by)))
        else:
            notes.append(f"{caller.text} is not in account {way.account} yet: {PRINCIPAL} has nothing to say")
    return AwsComparison(tuple(answers), left_out, tuple(notes))


def _cannot_ask(request: Request, caller: Caller) -> str:
    if request.folded_action in FREE:
        return f"AWS was not asked: no policy decides about {request.action}"
    return f"AWS was not asked: its simulator takes IAM users and roles as callers, and `{caller.text}` is neither"


def _left_out(request: Request, policies: Policies, caller: Caller, *, is_user: bool) -> Iterator[str]:
    """Yield why AWS has no say on a part of the decision."""
    layers = {
        Layer.RESOURCE_CONTROL: policies.resource_control, Layer.SESSION: policies.session,
        Layer.VPC_ENDPOINT: policies.vpc_endpoints,
    }  # fmt: skip
    yield from not_asked([layer for layer, found in layers.items() if found])
    if policies.resource is not None and not is_user:
        of_resource = Layer.RESOURCE if isinstance(policies.resource, ResourcePolicy) else Layer.TRUST
        yield from not_asked([of_resource])
    elif crosses(request, caller) and not is_user:
        yield f"the resource is in account {request.resource_account}, whose policies AWS's simulator is not given"
    if len(policies.service_control) > MOST_LEVELS:
        yield f"AWS's simulator takes SCPs of {MOST_LEVELS} levels"


def _common(policies: Policies, *, is_user: bool) -> Policies:
    """Return what of *policies* both evaluate."""
    levels = policies.service_control if len(policies.service_control) <= MOST_LEVELS else ()
    return Policies(
        identity=policies.identity, permissions_boundary=policies.permissions_boundary, service_control=levels,
        resource=policies.resource if is_user else None,
    )  # fmt: skip


def _call(request: Request, caller: Caller, common: Policies) -> SimulatedCall:
    known = caller.kind is not CallerKind.UNKNOWN
    context = tuple(_entries(request, is_filled_in=known))
    resource = common.resource
    return SimulatedCall(
        request.action, request.resource, context, caller.text if known else None,
        _text(resource) if resource else None, request.resource_account,
    )  # fmt: skip


def _entries(request: Request, *, is_filled_in: bool) -> Iterator[ContextEntry]:
    """Yield the context of *request*, without what the simulator *is_filled_in* with by itself."""
    given = {key.lower() for key in request.given_context()}
    for key, values in request.context.items():
        if is_filled_in and fills_in(key) and key.lower() not in given:
            continue
        known = find_key(key)
        many = len(values) > 1 or bool(known and known.multivalued)
        yield ContextEntry(key, values, key_type(known.type if known else "String", multivalued=many))


def _custom(way: Access, call: SimulatedCall, common: Policies, ours: Evaluation) -> AwsAnswer:
    boundary = common.permissions_boundary
    texts = SimulatedPolicies(
        [_text(one) for one in common.identity], _text(boundary) if boundary else None,
        [[_text(one) for one in level] for level in common.service_control],
    )  # fmt: skip
    found = simulated(way, call, texts)
    is_plain = not boundary and not common.service_control and not common.resource
    by = tuple(_ours(one, common.identity) for one in found.by)
    return _answer(CUSTOM, found, ours, by, is_plain=is_plain)


def _text(document: PolicyDocument) -> str:
    """Return *document* with each statement on a line of its own, by which AWS's positions are told."""
    data = document.to_json_value()
    statements = data.pop("Statement")
    lines = ",\n".join(json.dumps(one) for one in statements)
    return f'{json.dumps(data)[:-1]}, "Statement": [\n{lines}\n]}}'


def _ours(one: MatchedStatement, identity: Sequence[PolicyDocument]) -> StatementRef | str:
    """Return the statement of ours that AWS means, or what AWS calls its policy."""
    if one.policy is None or one.line is None or one.policy >= len(identity):
        return one.source
    statements = tuple(identity[one.policy].statements())
    place = one.line - 1
    if not 0 <= place < len(statements):
        return one.source
    return StatementRef(Layer.IDENTITY, one.policy, place, statements[place].sid)


def _answer(
    call: str, aws: AwsDecision, ours: Evaluation, by: tuple[StatementRef | str, ...], *, is_plain: bool = False
) -> AwsAnswer:
    verdict, reasons = _verdict(aws, ours, is_plain=is_plain)
    if call == PRINCIPAL and verdict == "differs":
        reasons = (*reasons, "AWS decides by what is attached in the account: `rolemgr drift` compares that with files")
    return AwsAnswer(call, aws, ours, verdict, reasons, by)


def _verdict(aws: AwsDecision, ours: Evaluation, *, is_plain: bool) -> tuple[Verdict, tuple[str, ...]]:
    """Return whether AWS decides as we do; *is_plain* where identity policies alone decide how it is denied."""
    if aws.decision == ours.decision:
        return "agrees", ()
    if "Allowed" not in (aws.decision, ours.decision) and not is_plain:
        return "agrees", (f"both deny: AWS says {aws.decision}, rolemgr {ours.decision}",)
    if aws.missing and aws.decision == "ImplicitlyDenied":
        keys = ", ".join(aws.missing)
        return "unknown", (f"AWS had no value of {keys}, and then denies: give --context KEY=VALUE",)
    return "differs", tuple(_reasons(aws, ours))


def _reasons(aws: AwsDecision, ours: Evaluation) -> Iterator[str]:
    by = ", ".join(map(str, ours.by)) or "no Allow in the " + ", ".join(layer.value for layer, _ in ours.not_allowed_by)
    yield f"rolemgr says {ours.decision} ({by})"
    if aws.by_organization is False:
        yield "AWS says that an SCP of the organization does not allow it"
    if aws.by_boundary is False:
        yield "AWS says that the permissions boundary does not allow it"
