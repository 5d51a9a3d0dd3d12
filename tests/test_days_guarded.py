"""The personas' days again, under each profile, in a VPC, and with KMS keys: what complies is still allowed."""

from functools import cache
from typing import Any

import pytest
from tests.guardrails.complying import (
    CONFIGS,
    DEFINITIONS,
    MODELS,
    RUNS,
    TRANSFORM,
    Limits,
    complying_context,
    thorough_context,
)
from tests.support import rendered
from tests.test_days import CALLS, NAMES, AskedFor, day_of, decision

from rolemgr.evaluate.policies import Policies
from rolemgr.separation.violations import RenderedRole

DATA_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VOLUME_KEY = "arn:aws:kms:us-east-1:111122223333:key/abcd1234-ab12-cd34-ef56-abcdef123456"
NETWORK = {"subnet": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"], "security_group": ["sg-0b1c2d3e"]}
KEYS = {"data_key": [DATA_KEY], "volume_key": [VOLUME_KEY]}

VARIANTS: dict[str, dict[str, Any]] = {
    "cost": {"guardrail_profile": ["cost"]},
    "cost-foundation-models": {"guardrail_profile": ["cost-foundation-models"]},
    "encrypted": {"guardrail_profile": ["encrypted"], **KEYS},
    "isolated": {"guardrail_profile": ["isolated"], **NETWORK},
    "regulated": {"guardrail_profile": ["regulated"], **NETWORK, **KEYS},
    "regulated, isolated and by hand": {
        "guardrail_profile": ["regulated", "isolated"],
        "guardrail": {"network-isolation": True, "max-runtime": "12h"},
        **NETWORK,
        **KEYS,
    },
    "in a VPC": NETWORK,
    "with keys": KEYS,
    "with keys of the old names": {**KEYS, "kms_key_names": "legacy"},
    "with keys of the new names": {**KEYS, "kms_key_names": "arn"},
}
"""How each day is lived again: the keys of a role file beside the day's own."""

STARTING = (
    "data-scientist", "junior-ml-engineer", "ml-engineer", "mlops-emergency", "mlops-engineer", "sagemaker-pipeline",
)  # fmt: skip
"""The personas that create jobs, models or endpoint configurations."""


@cache
def guarded(name: str, variant: str) -> RenderedRole:
    """Return the role of the day *name* in *variant*."""
    day = day_of(name)
    return rendered(persona=day.persona, **day.role, **VARIANTS[variant])


@cache
def policies_of(name: str, variant: str) -> Policies:
    """Return the policies of the role of the day *name* in *variant*."""
    return guarded(name, variant).policies()


def limits_of(name: str, variant: str) -> Limits:
    """Return the guardrails of the role of the day *name* in *variant*, with their values."""
    return {one.name: one.values for one in guarded(name, variant).role.guardrails}


def as_complying(asked: AskedFor, limits: Limits, thorough: bool) -> AskedFor:
    """Return the request as somebody sends it who keeps to *limits*."""
    complying = thorough_context if thorough else complying_context
    return asked.model_copy(update={"context": complying(asked.action, limits, asked.context)})


def _id(case: object) -> str:
    return str(case).replace(" ", "-")


@pytest.mark.sampled(150)
@pytest.mark.parametrize("variant", VARIANTS, ids=_id)
@pytest.mark.parametrize(("name", "number"), CALLS, ids=_id)
def test_a_complying_day_goes_on_under_guardrails(name: str, number: int, variant: str) -> None:
    """Every call of a caller who keeps to the guardrails is allowed, and its twin is denied even so."""
    day, call, limits = day_of(name), day_of(name).calls[number], limits_of(name, variant)
    policies = policies_of(name, variant)
    for thorough in (False, True):
        asked = [as_complying(one, limits, thorough) for one in call.requests]
        refused = [one for one in asked if decision(day, policies, one) != "Allowed"]
        assert refused == [], call.call
        assert decision(day, policies, as_complying(call.twin.request, limits, thorough)) != "Allowed", call.call


@cache
def without_defaults(name: str) -> Policies:
    """Return the policies of the role of the day *name* without the default guardrails."""
    day = day_of(name)
    return rendered(persona=day.persona, **day.role, no_default_guardrails=True).policies()


@pytest.mark.sampled(240)
@pytest.mark.parametrize(("name", "number"), CALLS, ids=_id)
def test_a_twin_is_denied_by_the_role_itself(name: str, number: int) -> None:
    """No forbidden twin is held off by a default guardrail alone, which the user may take away."""
    day, call, plain = day_of(name), day_of(name).calls[number], without_defaults(name)
    assert decision(day, plain, call.twin.request) != "Allowed", f"{call.call}: {call.twin.why}"
    assert all(decision(day, plain, one) == "Allowed" for one in call.requests), call.call


EC2 = (
    "CreateNetworkInterface", "CreateNetworkInterfacePermission", "DeleteNetworkInterface",
    "DeleteNetworkInterfacePermission", "DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
    "DescribeSubnets", "DescribeVpcs",
)  # fmt: skip
EXECUTION_ROLES = ("sagemaker-compute", "sagemaker-pipeline")


@pytest.mark.parametrize("name", EXECUTION_ROLES)
@pytest.mark.parametrize("variant", [one for one, keys in VARIANTS.items() if "subnet" in keys], ids=_id)
def test_an_execution_role_in_a_vpc_makes_network_interfaces(name: str, variant: str) -> None:
    """
    Whoever names a subnet gets the nine permissions that SageMaker checks before it starts a job in a VPC.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    for action in EC2:
        assert decision(day_of(name), policies_of(name, variant), AskedFor(action=f"ec2:{action}")) == "Allowed", action


@pytest.mark.parametrize("name", EXECUTION_ROLES)
@pytest.mark.parametrize("variant", [one for one, keys in VARIANTS.items() if "volume_key" in keys], ids=_id)
def test_an_execution_role_uses_the_keys_through_aws(name: str, variant: str) -> None:
    """
    Whoever names keys gets their use by S3 and SageMaker, and nothing without one of the two between.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    by_s3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    by_sagemaker = {"kms:ViaService": "sagemaker.us-east-1.amazonaws.com"}
    grant = {**by_sagemaker, "kms:GrantIsForAWSResource": True}
    uses = [
        ("kms:Decrypt", DATA_KEY, by_s3),
        ("kms:GenerateDataKey", DATA_KEY, by_s3),
        ("kms:CreateGrant", VOLUME_KEY, grant),
    ]
    policies = policies_of(name, variant)
    for action, key, context in uses:
        asked = AskedFor(action=action, resource=key, context=context)
        assert decision(day_of(name), policies, asked) == "Allowed", action
        directly = AskedFor(action=action, resource=key)
        assert decision(day_of(name), policies, directly) != "Allowed", action


@pytest.mark.sampled(4)
@pytest.mark.parametrize("variant", VARIANTS, ids=_id)
def test_every_guarded_role_keeps_its_denies_inline(variant: str) -> None:
    """What moves to managed policies is Allows: a lost attachment costs access and never a limit."""
    for name in NAMES:
        for policy in guarded(name, variant).documents.managed_policies:
            assert all(one.effect == "Allow" for one in policy.document.statement), (name, policy.name)


@pytest.mark.parametrize("variant", ["encrypted", "isolated", "regulated", "in a VPC", "with keys"], ids=_id)
@pytest.mark.parametrize("name", STARTING)
def test_a_day_that_ignores_the_guardrails_is_refused(name: str, variant: str) -> None:
    """Who says nothing of keys and networks is refused, and only where compute or a model would come of it."""
    day, policies = day_of(name), policies_of(name, variant)
    asked = [one for call in day.calls for one in call.requests]
    refused = {one.action for one in asked if decision(day, policies, one) != "Allowed"}
    assert refused
    assert refused <= RUNS | TRANSFORM | DEFINITIONS | MODELS | CONFIGS | {"sagemaker:CreateFeatureGroup"}
