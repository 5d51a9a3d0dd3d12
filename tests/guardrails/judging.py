"""
The judge of guardrails: what one alone denies, whatever a role is granted.

A guardrail is compiled for all actions that there are, laid over an Allow of the whole service, and the
evaluator is asked. The cases that are put to it (`cases/NAME.yaml`) are written from AWS's pages and know
nothing of the statements that the catalog comes to.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import Field
from tests.support import DATA, role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.guardrails.choice import chosen_guardrails
from rolemgr.compose.guardrails.denies import GuardrailContext, compile_guardrail
from rolemgr.compose.join import join
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.base import Model
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import ComposedStatement
from rolemgr.model.source import parse_model
from rolemgr.render.statements import permissions_policy

CASES = Path(__file__).parent / "cases"

World: TypeAlias = Literal["old", "new", "both"]
"""Under which names AWS fills a condition key that it renamed: only the old one, only the new one, both."""

RENAMED = {
    name: f"{name}Arn"
    for name in (
        "sagemaker:VolumeKmsKey",
        "sagemaker:OutputKmsKey",
        "sagemaker:DomainSharingOutputKmsKey",
        "sagemaker:FeatureGroupOnlineStoreKmsKey",
        "sagemaker:FeatureGroupOfflineStoreKmsKey",
    )
}
"""Old name -> new name. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"""

RIGHT_IN: Mapping[str, tuple[World, ...]] = {"both": ("old", "new", "both"), "arn": ("new", "both"), "legacy": ("old", "both")}  # fmt: skip
"""``kms_key_names`` -> the worlds in which it must be right."""

SERVICE = IdentityPolicy.model_validate_json(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",'
    ' "Action": ["sagemaker:*", "bedrock:*", "bedrock-mantle:*", "s3:*", "kms:*"]}]}'
)


class Case(Model):
    """A call in words, the request that it is, and whether the guardrail must deny it."""

    call: str
    action: str
    context: dict[str, Any] = Field(default_factory=dict)
    denied: bool
    why: str = Field(min_length=1)
    source: str = Field(min_length=1, pattern="^https://docs.aws.amazon.com/")


class Everywhere(Model):
    """Of all actions of SageMaker, those that are denied a request with nothing but *context*."""

    context: dict[str, Any] = Field(default_factory=dict)
    denied_on: tuple[str, ...]
    unsettled: tuple[str, ...] = ()
    """Actions for which AWS's pages leave it open; the file says why."""


class Chosen(Model):
    """A choice of the guardrail with values, and what it must do."""

    chosen: dict[str, Any]
    everywhere: tuple[Everywhere, ...] = ()
    cases: tuple[Case, ...] = Field(min_length=2)


class ByPassed(Model):
    """An action that gets round the guardrail, as AWS sends no key with it."""

    action: str
    source: str = Field(min_length=1)


class Book(Model):
    """All that is asked of one guardrail."""

    keys: tuple[str, ...] = Field(min_length=1)
    settings: tuple[Chosen, ...] = Field(min_length=1)
    bypassed_by: tuple[ByPassed, ...] = ()
    accounted_for: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Actions of its scopes that neither carry its key nor bypass it, by the reason; reviewed by hand."""


@cache
def book_of(name: str) -> Book:
    """Return the cases in ``cases/NAME.yaml``; raise InputError where they are misspelt."""
    return parse_model(read_yaml(CASES / f"{name}.yaml", f"cases/{name}.yaml"), Book).value


def value_of(name: str, region: str = "us-east-1", partition: str = "aws") -> Any:
    """Return a value of guardrail *name* as a role file gives it, with every parameter: of the cases' fullest choice."""
    choices = [one.chosen["guardrail"][name] for one in book_of(name).settings]
    fullest = max(choices, key=lambda one: len(one) if isinstance(one, dict) else 1)
    return json.loads(json.dumps(fullest).replace("arn:aws:", f"arn:{partition}:").replace("us-east-1", region))


NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))


def judged(name: str, chosen: Mapping[str, Any], *, kms_key_names: str = "both", strict: bool = False) -> Policies:
    """Return the Denies of guardrail *name* for all actions, over an Allow of all of SageMaker."""
    return _judged(name, json.dumps(chosen), kms_key_names, strict)


@cache
def _judged(name: str, chosen: str, kms_key_names: str, strict: bool) -> Policies:
    denies = denies_of(json.loads(chosen), GuardrailContext(granted=None, kms_key_names=kms_key_names, strict=strict))
    return Policies(identity=(permissions_policy(denies[name]), SERVICE))


def denies_of(chosen: Mapping[str, Any], setting: GuardrailContext) -> dict[str, tuple[ComposedStatement, ...]]:
    """Return the Deny statements of each guardrail that the role file's keys *chosen* choose, by name."""
    catalog = Catalog()
    spec = role_spec(persona="sagemaker-compute", **chosen)
    found = chosen_guardrails(catalog, resolve_persona(catalog, "sagemaker-compute"), spec)
    return {one.name: join(compile_guardrail(one, setting).shares) for one in found}


def filled(context: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Return *context* as AWS fills it in *world*: renamed keys under one name, or both."""
    found: dict[str, Any] = {}
    for key, value in context.items():
        new = RENAMED.get(key)
        names = {"old": [key], "new": [new], "both": [key, new]}[world] if new else [key]
        found |= {name: value for name in names if name}
    return found


def denied(policies: Policies, action: str, context: Mapping[str, Any]) -> bool:
    """Tell whether *policies* deny *action*, on whatever resource, with *context*."""
    return evaluate(Request(action, "*", context_of(context)), policies).decision != "Allowed"


def sagemaker_actions() -> list[str]:
    """Return every action of SageMaker in the raw reference data."""
    return [f"sagemaker:{name}" for name in DATA.actions.get_actions_for_service("sagemaker")]
