"""Shared by the tests of layers: policies of an organization made from a few words, and requests judged under them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tests.support import role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import chosen_guardrails
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.layers.guardrails import GuardrailSetting
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import ComposedLayer, LayerDocuments
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.render.layer_documents import layer_documents

CATALOG = Catalog()
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ADMINISTRATOR = IdentityPolicy.model_validate(EVERYTHING)
ADMIN = "arn:aws:iam::111122223333:role/Admin"

EXAMPLES: dict[str, list[str]] = {
    "regions": ["eu-central-1", "eu-west-1"], "types": ["ml.g4dn.xlarge", "ml.m5.*"],
    "administrators": ["arn:*:iam::*:role/platform/iam-admin"], "boundaries": ["arn:*:iam::*:policy/ml-boundary"],
    "roles": ["arn:*:iam::*:role/ml/*"], "keepers": ["arn:*:iam::*:role/platform/watch"],
    "alarms": ["arn:*:cloudwatch:*:*:alarm:break-glass-*"], "rules": ["arn:*:events:*:*:rule/break-glass-*"],
    "topics": ["arn:*:sns:*:*:break-glass"], "trails": ["arn:*:cloudtrail:*:*:trail/organization"],
    "log_groups": ["arn:*:logs:*:*:log-group:organization-trail*"], "policies": ["arn:*:iam::*:policy/ml-boundary"],
    "organization": ["o-a1b2c3d4e5"], "accounts": ["444455556666"], "provider": ["token.actions.githubusercontent.com"],
    "subjects": ["repo:acme/*"], "ip_ranges": ["203.0.113.0/24"], "networks": ["vpc-0a1b2c3d"],
    "models": ["arn:*:bedrock:*::foundation-model/amazon.nova-*"],
}  # fmt: skip
"""A value for each parameter that must have one, and for some that may."""
BREAK_GLASS = "arn:aws:iam::*:role/platform/break-glass"
PATTERNS = {
    kind: [name for name in CATALOG.found("scps" if kind is LayerKind.SCP else "rcps")
           if not CATALOG.layer_pattern(kind, name).value.refused]
    for kind in LayerKind
}  # fmt: skip


def composed_layer(
    kind: LayerKind, *patterns: str, exempt: Sequence[str] = (), zones: Sequence[str] = (),
    guardrail: Mapping[str, Any] | None = None, setting: GuardrailSetting | None = None, **given: Sequence[str],
) -> ComposedLayer:  # fmt: skip
    """Return the Denies of *patterns* with the values *given*, and of each *guardrail*."""
    spec = role_spec(persona="none", guardrail=dict(guardrail or {}))
    choice = LayerChoice(
        kind, tuple(patterns), chosen_guardrails(CATALOG, None, spec),
        {name: GivenValue(tuple(values), SourceLocation("test")) for name, values in given.items()},
        exemptions(kind, exempt, zones), setting or GuardrailSetting(),
    )  # fmt: skip
    return compose_layer(CATALOG, choice)


def documents_of(layer: ComposedLayer, slots: int = 9) -> LayerDocuments:
    """Return *layer* as documents."""
    return layer_documents(layer, "test", slots)


def examples_for(kind: LayerKind, *patterns: str) -> dict[str, Any]:
    """Return an example value for each parameter of *patterns* that has none by default."""
    declared = [CATALOG.layer_pattern(kind, name).value.parameters for name in patterns]
    return {name: EXAMPLES[name] for one in declared for name, parameter in one.items()
            if parameter.default is None}  # fmt: skip


@cache
def example(kind: LayerKind, *patterns: str, exempt: tuple[str, ...] = ()) -> LayerDocuments:
    """Return *patterns* with example values as documents."""
    return documents_of(composed_layer(kind, *patterns, exempt=exempt, **examples_for(kind, *patterns)))


def decided(
    request: Mapping[str, Any], scps: Sequence[IdentityPolicy] = (), rcps: Sequence[ResourceControlPolicy] = (),
    resource_policy: Any = None, identity: IdentityPolicy = ADMINISTRATOR, session: Any = None,
) -> str:  # fmt: skip
    """Return the decision on *request* of a principal that its own policies allow everything."""
    policies = Policies(
        identity=(identity,),
        session=(IdentityPolicy.model_validate(session),) if session else (),
        service_control=((ADMINISTRATOR, *scps),),
        resource_control=(tuple(rcps),) if rcps else (),
        resource=ResourcePolicy.model_validate(resource_policy) if resource_policy else None,
    )
    asked = Request.from_json_value({"principal": ADMIN, "resource": "*", **request})
    return str(evaluate(asked, policies).decision)
