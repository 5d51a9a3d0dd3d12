"""What guardrails promise whichever are chosen together: they take away, and never all; nothing else matters."""

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.guardrails.complying import complying_context, thorough_context
from tests.guardrails.judging import denies_of, sagemaker_actions, value_of
from tests.guardrails.strategies import CATALOG, PERSONAS, VALUES, bare, guardrails, limits_of, roles
from tests.nightly import examples
from tests.nightly import some as part_of
from tests.support import DATA, composed, statements_of

from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.guardrails.denies import GuardrailContext
from rolemgr.errors import InputError, Problems
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.prove.witness import witnesses
from rolemgr.reference.resources import sample
from rolemgr.reference.services import find_action
from rolemgr.render.documents import render
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import RenderedRole

some = settings(max_examples=examples(3, 40), deadline=None, suppress_health_check=list(HealthCheck))


def made(role: dict[str, Any]) -> ComposedRole:
    """Return the role; reject the example where its groups make no role even without guardrails."""
    try:
        composed(CATALOG, **bare(role))
    except (InputError, Problems):
        reject()
    return composed(CATALOG, **role)


def unpacked(role: ComposedRole) -> Policies:
    """Return all statements of *role* in one document, whatever its size."""
    return Policies(identity=(permissions_policy(role.statements),))


def allows(policies: Policies, action: str, resource: str, context: dict[str, Any]) -> bool:
    """Tell whether *policies* allow the request."""
    return evaluate(Request(action, resource, context_of(context)), policies).decision == "Allowed"


def asked(role: ComposedRole) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield for each action that *role* is granted the requests that its Allows were made for."""
    for statement in role.statements:
        if statement.effect is Effect.ALLOW:
            for action in statement.actions:
                for request in witnesses(statement, action):
                    yield action, request.resource, dict(request.context)


VIOLATING: dict[str, Any] = {
    "sagemaker:InstanceTypes": ["ml.p5.48xlarge"], "sagemaker:VolumeKmsKey": "arn:aws:kms:us-east-1:999988887777:key/9",
    "sagemaker:OutputKmsKeyArn": "arn:aws:kms:us-east-1:999988887777:key/9", "sagemaker:NetworkIsolation": "false",
    "sagemaker:VpcSubnets": ["subnet-0ffff"], "sagemaker:VpcSecurityGroupIds": ["sg-0ffff"], "sagemaker:RootAccess": "Enabled",
    "sagemaker:MaxRuntimeInSeconds": "999999", "sagemaker:ModelApprovalStatus": "Approved", "sagemaker:RemoteAccess": "ENABLED",
    "sagemaker:EnableRemoteDebug": "true", "sagemaker:InterContainerTrafficEncryption": "false",
}  # fmt: skip


@some
@given(role=roles(least=1), keys=st.sets(st.sampled_from(sorted(VIOLATING))))
def test_a_guardrail_never_widens(role: dict[str, Any], keys: set[str]) -> None:
    """Whatever the guarded role allows, the same role without guardrails allows."""
    guarded, plain = made(role), made(bare(role))
    limits, narrow, wide = limits_of(guarded), unpacked(guarded), unpacked(plain)
    wrong = {key: VIOLATING[key] for key in keys}
    for action, resource, context in asked(guarded):
        for found in (context, {**context, **wrong}, complying_context(action, limits, context)):
            if allows(narrow, action, resource, found):
                assert allows(wide, action, resource, found), (action, resource, found)
    granted = [{(one.actions, one.resources, one.conditions) for one in each.statements if one.effect is Effect.ALLOW}
               for each in (guarded, plain)]  # fmt: skip
    assert granted[0] == granted[1]


def dead(role: dict[str, Any], thorough: bool) -> set[str]:
    """Return the actions that *role* grants without guardrails, and for nobody who complies with them."""
    guarded, plain = made(role), made(bare(role))
    limits, narrow, wide = limits_of(guarded), unpacked(guarded), unpacked(plain)
    complying = thorough_context if thorough else complying_context
    alive: dict[str, bool] = {}
    for action, resource, context in asked(plain):
        if not alive.get(action) and allows(wide, action, resource, context):
            alive[action] = allows(narrow, action, resource, complying(action, limits, context))
    return {action for action, living in alive.items() if not living}


@some
@given(role=roles(least=1), thorough=st.booleans())
def test_every_granted_action_has_a_request_that_complies(role: dict[str, Any], thorough: bool) -> None:
    """Under every combination of guardrails who keeps to them can do what the role is for."""
    assert dead(role, thorough) == set()


@pytest.mark.sampled(4)
@pytest.mark.parametrize("persona", PERSONAS)
def test_all_guardrails_together_leave_every_action_a_request(persona: str) -> None:
    """Even the sum of all guardrails blocks no action for ever."""
    assert dead({"persona": persona, "guardrail": ALL}, thorough=False) == set()
    assert dead({"persona": persona, "guardrail": ALL}, thorough=True) == set()


ALL: dict[str, Any] = {name: value_of(name) for name in VALUES} | {"max-runtime": "1h", "keep-alive": "10m"}


def shuffled(value: Any, seed: random.Random) -> Any:
    """Return *value* with its lists and mappings in another order, all the way down."""
    if isinstance(value, dict):
        keys = seed.sample(list(value), len(value))
        return {key: shuffled(value[key], seed) for key in keys}
    return seed.sample(value, len(value)) if isinstance(value, list) else value


def outcome(role: dict[str, Any]) -> str:
    """Return the rendered role as text, or why it can't be: more Denies than the inline quota holds, say."""
    found = made(role)
    try:
        return repr(render(found).to_properties())
    except InputError as refusal:
        return f"{refusal} {found.statements}"


@some
@given(role=roles(least=2), seed=st.integers(0, 1 << 16))
def test_the_order_of_options_never_matters(role: dict[str, Any], seed: int) -> None:
    """The same choices in another order are the same bytes."""
    assert outcome(shuffled(role, random.Random(seed))) == outcome(role)  # noqa: S311


def _large(role: dict[str, Any]) -> dict[str, Any]:
    """Return *role* with so many buckets that its Allows do not fit inline."""
    return {**role, "bucket": [f"acme-data-of-a-long-name-{number:03}" for number in range(12)]}


@settings(some, max_examples=examples(2, 8))
@given(role=roles(least=1))
def test_packing_loses_nothing(role: dict[str, Any]) -> None:
    """The packed policies together decide every action of the reference as the unpacked statements do."""
    found = made(_large(role))
    rendered = RenderedRole(found, rendered_or_rejected(found))
    whole, packed, limits = unpacked(found), rendered.policies(), limits_of(found)
    denies = [one for one in statements_of(rendered) if one["Effect"] == "Deny"]
    (inline,) = rendered.documents.policies
    assert [one for one in inline.document.to_json_value()["Statement"] if one["Effect"] == "Deny"] == denies
    assert len(denies) == sum(one.effect is Effect.DENY for one in found.statements)
    for action, resource, context in (*asked(found), *part_of(over_the_reference(found), 10)):
        for said in (context, complying_context(action, limits, context), {**context, **VIOLATING}):
            assert allows(whole, action, resource, said) == allows(packed, action, resource, said), (action, resource)


def rendered_or_rejected(role: ComposedRole) -> RoleDocuments:
    """Return the documents of *role*; reject the example where so many limits do not fit inline."""
    try:
        return render(role)
    except InputError:
        reject()


def over_the_reference(role: ComposedRole) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every action of every service that *role* speaks of, on an ARN of each of its statements' resources."""
    services = sorted({action.partition(":")[0] for one in role.statements for action in one.actions})
    resources = {resource for one in role.statements for resource in one.resources}
    for service in services:
        own = sorted(one for one in resources if one == "*" or one.split(":")[2] == service)
        for name in DATA.actions.get_actions_for_service(service):
            yield f"{service}:{name}", "*", {}
            yield from ((f"{service}:{name}", arn, {}) for arn in _concrete(f"{service}:{name}", tuple(own)))


@lru_cache(maxsize=1 << 14)
def _concrete(action: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    known = find_action(action)
    found = [sample(one.replace("${", "").replace("}", ""), known) for one in resources if one != "*"] if known else []
    return tuple(one for one in found if one)


@some
@given(role=roles(least=1))
def test_a_deny_of_a_wildcard_action_needs_its_key(role: dict[str, Any]) -> None:
    """A Deny that names all actions of a service is never one that holds where its key is absent."""
    found = made(role)
    plain_denies = {one.sid for one in made(bare(role)).statements}
    for statement in found.statements:
        wild = [action for action in statement.actions if "*" in action or "?" in action]
        if statement.effect is Effect.DENY and statement.sid not in plain_denies and wild:
            alone = Policies(identity=(permissions_policy((statement,)), EVERYTHING))
            for action in sagemaker_actions():
                assert allows(alone, action, "*", {}), (statement.sid, action)


@some
@given(chosen=guardrails(least=1))
def test_a_request_without_any_key_is_denied_only_where_one_must_be_carried(chosen: dict[str, Any]) -> None:
    """Whatever is chosen together, reading, deleting, stopping and partial updates go through without keys."""
    denies = denies_of({"guardrail": chosen}, GuardrailContext(granted=None, kms_key_names="both", strict=False))
    alone = Policies(identity=(*(permissions_policy(one) for one in denies.values()), EVERYTHING))
    for action in sagemaker_actions():
        if not action.startswith(("sagemaker:Create", "sagemaker:Search", "sagemaker:StartSession")):
            assert allows(alone, action, "*", {}), action


EVERYTHING = IdentityPolicy.model_validate_json(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


def test_every_guardrail_is_drawn() -> None:
    """A guardrail that is added to the catalog takes part in these promises."""
    assert set(VALUES) == set(CATALOG.found("guardrails"))


def test_personas_with_a_default_profile_keep_their_promises() -> None:
    """The default profile alone takes away no action of any persona."""
    for persona in PERSONAS:
        if resolve_persona(CATALOG, persona).guardrail_profile:
            assert dead({"persona": persona}, thorough=False) == set()
