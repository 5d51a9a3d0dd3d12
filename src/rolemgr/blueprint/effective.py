"""
What the documents of a blueprint effectively allow, held against what it says: flows, and nothing beside them.

A flow is asked as the requests of its pattern, by evaluation of all layers: the role's policies within its boundary and
within the SCPs above it, the policy of the target, and the RCPs above that.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedGuard, PlacedRole
from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.blueprint.intended import RolesNamed
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.witness import complying, within_layers
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy, ResourcePolicy, TrustPolicy
from rolemgr.model.role import NamedPolicy
from rolemgr.prove.proof import CounterExample, Judged, Proof, proofs_of

FLOWS: Final = "flows"
REMOVAL: Final = "flows-need-each-statement"
NOBODY_ELSE: Final = "nobody-else"
CLAIMS: Final = {
    FLOWS: "each flow is allowed whole, by both sides and within all layers",
    REMOVAL: "no flow is allowed without one of the statements that are there for it",
    NOBODY_ELSE: "no other role of the blueprint reaches across accounts what a flow lets one reach",
}


class FlowQuestion(NamedTuple):
    """A request of a flow, and the policy of what it asks for, where the blueprint makes one."""

    flow: ExpandedFlow
    role: PlacedRole
    request: Request
    policy: PlacedGuard | None


def prove_flows(blueprint: ComposedBlueprint) -> tuple[Proof, ...]:
    """Return the proofs about the flows of *blueprint*: that each is allowed, needs all that it has, and is alone."""
    around = RoleLayers(blueprint)
    questions = tuple(_questions(blueprint, around))
    judged = [
        *_allowed(around, questions),
        *_removal(blueprint, around, questions),
        *_of_trusts(around, questions),
        *_others(blueprint, around, questions),
    ]
    return proofs_of(CLAIMS, judged)


def _questions(blueprint: ComposedBlueprint, around: RoleLayers) -> Iterator[FlowQuestion]:
    roles = alike(blueprint)
    for flow in blueprint.flows:
        role = around.roles[flow.role]
        if roles.first(role) is not role:
            continue  # its like has the same flows
        for one in flow.pattern.value.requests:
            if one.optional:
                continue  # what the other side may let it do, and it does without
            for resource in flow.filled((one.resource,)) if flow.has(one.needs) else ():
                asked = FlowQuestion(flow, role, around.request(flow, one, resource, role), around.policy_of(resource))
                yield asked if _decision(around, asked).decision == "Allowed" else _complying(blueprint, around, asked)


def _complying(blueprint: ComposedBlueprint, around: RoleLayers, asked: FlowQuestion) -> FlowQuestion:
    """Return what is *asked* with the keys that guardrails and SCPs ask for, such as the network of a job."""
    subject = within_layers(blueprint, around, asked.role, around.owner(asked.flow, asked.request))
    found = complying(subject, asked.request)
    return asked._replace(request=found) if found else asked


def _decision(around: RoleLayers, one: FlowQuestion) -> Evaluation:
    document = around.document_at(one.request.resource)
    return evaluate(one.request, around.around(one.role, around.owner(one.flow, one.request), document))


def _through_endpoints(around: RoleLayers, one: FlowQuestion) -> Evaluation:
    """Return what is decided where the request passes the VPC endpoints of the role's account for its service."""
    document = around.document_at(one.request.resource)
    policies = around.around(one.role, around.owner(one.flow, one.request), document)
    return evaluate(one.request, replace(policies, vpc_endpoints=around.endpoints(one.role, one.request.action)))


def _allowed(around: RoleLayers, questions: tuple[FlowQuestion, ...]) -> Iterator[Judged]:
    for one in questions:
        found = _decision(around, one)
        passed = _through_endpoints(around, one) if found.decision == "Allowed" else None
        if passed is not None and passed.decision == "Allowed":
            yield FLOWS, None
            continue
        found = passed or found
        by = ", ".join(map(str, found.by)) or ", ".join(str(layer) for layer, _ in found.not_allowed_by)
        problem = f"`{one.flow.text}`: {one.request.action} on {one.request.resource} is {found.decision} ({by})"
        yield FLOWS, CounterExample(problem, (), one.request, _places(one.flow))


def _places(flow: ExpandedFlow) -> tuple[SourceLocation, ...]:
    return (flow.where, flow.pattern.at())


def _removal(blueprint: ComposedBlueprint, around: RoleLayers, questions: tuple[FlowQuestion, ...]) -> Iterator[Judged]:
    """Yield for each statement that a flow brings whether some flow is lost without it."""
    by_role: dict[str, list[FlowQuestion]] = {}
    for one in questions:
        by_role.setdefault(one.role.place, []).append(one)
    for place, own in by_role.items():
        role = around.roles[place]
        for sid in _sids_of_flows(role):
            identity = tuple(_without(one.document, sid) for one in _policies(role))
            lost = any(not _still(around, one, around.document_at(one.request.resource), identity) for one in own)
            problem = f"{role.place}: every flow is allowed without the statement `{sid}`"
            yield REMOVAL, None if lost else CounterExample(problem, (), None, (own[0].flow.where,))
    by_policy: dict[str, list[FlowQuestion]] = {}
    for one in questions:
        by_policy.setdefault(one.policy.resource if one.policy else "", []).append(one)
    for policy in blueprint.guards:
        asking = by_policy.get(policy.resource, ())
        for number, statement in enumerate(policy.document.statement):
            if statement.effect is Effect.DENY or _names_the_account(statement):
                continue  # what is there whoever is named
            less = policy.document.model_copy(update={"statement": _but(policy.document.statement, number)})
            lost = any(not _still(around, one, less, None) for one in asking)
            problem = f"the policy of {policy.resource}: every flow is allowed without the statement `{statement.sid}`"
            yield REMOVAL, None if lost else CounterExample(problem, (), None, (policy.flows[0].where,))


def _of_trusts(around: RoleLayers, questions: tuple[FlowQuestion, ...]) -> Iterator[Judged]:
    """Yield for each statement of a trust policy that names a role whether some role can't take it without."""
    by_role: dict[str, list[FlowQuestion]] = {}
    for one in questions:
        if one.flow.target.kind == "role":
            by_role.setdefault(one.flow.target.place, []).append(one)
    for place, asking in by_role.items():
        trust = around.roles[place].documents.trust_policy
        named = {one.role.arn for one in asking}
        for number, statement in enumerate(trust.statement):
            principal = statement.principal
            if not isinstance(principal, Mapping) or named.isdisjoint(principal.get("AWS", ())):
                continue  # whom its file trusts beside the flows
            less = trust.model_copy(update={"statement": _but(trust.statement, number)})
            lost = any(not _still(around, one, less, None) for one in asking)
            problem = f"the trust policy of {place}: every flow is allowed without the statement `{statement.sid}`"
            yield REMOVAL, None if lost else CounterExample(problem, (), None, (asking[0].flow.where,))


def _but(statements: tuple[object, ...], number: int) -> tuple[object, ...]:
    return (*statements[:number], *statements[number + 1 :])


def _names_the_account(statement: object) -> bool:
    principal = getattr(statement, "principal", None)
    named = principal.get("AWS", ()) if isinstance(principal, dict) else ()
    return any(str(one).endswith(":root") for one in named)


def _policies(role: PlacedRole) -> tuple[NamedPolicy, ...]:
    return (*role.documents.policies, *role.documents.managed_policies)


def _sids_of_flows(role: PlacedRole) -> Iterator[str]:
    """
    Yield the Sids of the statements that are in *role* for its flows to other accounts alone.

    What a flow within the account brings, the persona may have as well: the file may say it all the same.
    """
    groups = {flow.pattern.value.group for flow in role.flows if flow.crosses}
    for statement in role.role.statements:
        if statement.effect is Effect.ALLOW and {origin.group for origin in statement.origins} <= groups:
            yield statement.sid


def _without(document: IdentityPolicy, sid: str) -> IdentityPolicy:
    kept = tuple(one for one in document.statement if one.sid != sid and not str(one.sid).startswith(f"{sid}Part"))
    return document.model_copy(update={"statement": kept})


def _still(
    around: RoleLayers,
    one: FlowQuestion,
    resource: ResourcePolicy | TrustPolicy | None,
    identity: tuple[IdentityPolicy, ...] | None,
) -> bool:
    policies = around.around(one.role, around.owner(one.flow, one.request), resource, identity)
    return evaluate(one.request, policies).decision == "Allowed"


def _others(blueprint: ComposedBlueprint, around: RoleLayers, questions: tuple[FlowQuestion, ...]) -> Iterator[Judged]:
    """
    Yield for each request of a flow across accounts whether it is refused to the roles whose flow it is not.

    Asked are those whom the policy there may speak of; nobody else gets in from another account.
    """
    allowed = {(one.role.place, one.request.action, one.request.resource) for one in questions}
    roles = alike(blueprint)
    crossing = (one for one in questions if one.policy and one.request.resource_account != one.role.account_id)
    asked = {(one.request.action, one.request.resource): one for one in crossing}
    named = RolesNamed(blueprint)
    for (action, resource), one in asked.items():
        yield NOBODY_ELSE, None  # of those whom the policy does not name
        for role in dict.fromkeys(map(roles.first, named.by(one.policy.document))) if one.policy else ():
            same = role.account_id == one.request.resource_account
            if same or (role.place, action, resource) in allowed:
                continue
            request = Request.known(action, resource, dict(one.request.context), role.arn, one.request.resource_account)
            policies = around.around(
                role, around.owner(one.flow, one.request), one.policy.document if one.policy else None
            )
            if evaluate(request, policies).decision == "Allowed":
                problem = f"{role.place} may {action} on {resource}, and no flow says so"
                yield NOBODY_ELSE, CounterExample(problem, (), request, (one.flow.where,))
            else:
                yield NOBODY_ELSE, None
