"""The personas' days again under the organization's policies: what complies goes on."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.guardrails.complying import Limits
from tests.layers.layers_support import ADMINISTRATOR, EXAMPLES, PATTERNS, composed_layer, documents_of, examples_for
from tests.support import rendered
from tests.test_days import CALLS, day_of, decision
from tests.test_days_guarded import DATA_KEY, NETWORK, VOLUME_KEY, as_complying

from rolemgr.evaluate.policies import Policies
from rolemgr.model.layer_pattern import LayerKind

NETWORKS = {"subnets": tuple(NETWORK["subnet"]), "security_groups": tuple(NETWORK["security_group"])}
VOLUMES, RESULTS = {"keys": (VOLUME_KEY,)}, {"keys": (DATA_KEY,)}
TYPES = {"types": tuple(EXAMPLES["types"])}
LIMITS: Limits = {
    "vpc": NETWORKS, "studio-vpc": NETWORKS, "notebook-vpc": NETWORKS, "cluster-vpc": NETWORKS,
    "studio-vpc-only": {}, "direct-internet-access": {}, "network-isolation": {},
    "volume-kms-key": VOLUMES, "domain-kms-key": VOLUMES, "output-kms-key": RESULTS, "feature-group-keys": RESULTS,
    "domain-sharing-key": RESULTS, "instance-types": TYPES, "notebook-instance-types": TYPES,
    "cluster-instance-types": TYPES, "studio-instance-types": {"types": (*TYPES["types"], "system", "ml.t3.medium")},
}  # fmt: skip
"""What a caller keeps to under all SCPs at once."""

MODELS = [
    *EXAMPLES["models"], "arn:*:bedrock:*::foundation-model/anthropic.*", "arn:*:bedrock:*:*:imported-model/*",
]  # fmt: skip
"""Models of Bedrock that the days ask."""


@cache
def everywhere() -> tuple[Any, ...]:
    """Return the documents of all SCPs at once, with the Region and the models of the days."""
    given = {**examples_for(LayerKind.SCP, *PATTERNS[LayerKind.SCP]), "regions": ["us-east-1"], "models": MODELS}
    layer = composed_layer(LayerKind.SCP, *PATTERNS[LayerKind.SCP], **given)
    return tuple(one.document for one in documents_of(layer).policies)


@cache
def under_scps(name: str) -> Policies:
    """Return the policies of the day *name* without guardrails of its own, under all SCPs."""
    day = day_of(name)
    plain = rendered(persona=day.persona, **day.role, no_default_guardrails=True).policies()
    return replace(plain, service_control=((ADMINISTRATOR, *everywhere()),))


@pytest.mark.sampled(120)
@pytest.mark.parametrize(("name", "number"), CALLS, ids=str)
def test_a_complying_day_goes_on(name: str, number: int) -> None:
    """Every call of a caller who keeps to the limits is allowed under all SCPs at once."""
    day, call = day_of(name), day_of(name).calls[number]
    for thorough in (False, True):
        asked = [as_complying(one, LIMITS, thorough) for one in call.requests]
        assert [one for one in asked if decision(day, under_scps(name), one) != "Allowed"] == [], call.call
