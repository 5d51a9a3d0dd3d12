"""
What a condition on tags can say of an action on a resource type: of a new resource, of an existing one, nothing.

The Service Authorization Reference says which actions take tags and which resource types carry them. What it
leaves out stands in ``quirks/abac.json``: types that projects share, types that SageMaker makes without the
caller's tags, calls that policies by tag do not restrict, and what projects have in other services.
https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html#access-tag-policy
"""

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.iam.variables import around_variables, as_pattern
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action, resource_types

_REQUEST_TAG = "aws:RequestTag/"
_RESOURCE_TAG = "aws:resourcetag/"
_VERB = re.compile(r"^(?:Create|Register|Import)")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class How(Enum):
    """How tags limit an action on a resource type."""

    REQUEST = "request"
    """It creates the resource: the tags of the request are those of the resource."""
    RESOURCE = "resource"
    """It uses a resource whose tags its creator chose."""
    CARRIED = "carried"
    """It uses a resource that may be without tags through nobody's fault: only a wrong tag can be denied."""
    NOT = "not"
    """Tags say nothing about it."""


class ByTag(NamedTuple):
    """How tags limit an action on a resource type, and where they do so in part or not at all, why."""

    how: How
    why: str = ""


@cache
def by_tag(action: Action, type_name: str) -> ByTag:
    """Return how a condition on tags limits *action* on a resource of its service's *type_name*."""
    if action.service != "sagemaker":
        return _elsewhere(action, type_name)
    if why := _table("shared").get(type_name) or _not_by_tag().get(action.name):
        return ByTag(How.NOT, why)
    if not _carries_tags(type_name):
        return ByTag(How.NOT, f"resources of type {type_name} carry no tags: held to their names")
    if type_name not in _taggable():
        return _perhaps_tagged(action, type_name)
    return _of_a_project(action, type_name)


def _elsewhere(action: Action, type_name: str) -> ByTag:
    """Return how tags limit *action* of another service: not, but for what projects have and could tag there."""
    entry = _other_services().get(action.service)
    if why := _not_by_tag().get(action.name):
        return ByTag(How.NOT, why)
    if entry and type_name in entry["types"] and _carries_tags(type_name, action.service):
        return ByTag(How.CARRIED, entry["why"])
    return ByTag(How.NOT, f"{action.service} resources of type {type_name} are held to their names")


def is_asked_for_tags(action: Action) -> bool:
    """Tell whether *action* is of a service of whose resources some are a project's, and can carry its tag."""
    return action.service == "sagemaker" or action.service in _other_services()


def is_left_alone(action: Action, type_name: str) -> bool:
    """Tell whether neither a resource of *type_name* nor the caller of *action* on it is asked for a tag."""
    return is_shared(type_name) if action.service == "sagemaker" else by_tag(action, type_name).how is How.NOT


def _perhaps_tagged(action: Action, type_name: str) -> ByTag:
    """
    Return how tags limit *action* on resources that carry tags, but that AddTags does not take.

    AWS does not say who tags them (an execution has its pipeline's tags, perhaps; CreateInferenceExperiment takes
    some): another project's value is denied, none is not.
    """
    why = f"AddTags does not take resources of type {type_name}, so that they may be without tags"
    return ByTag(How.NOT if created_type(action) == type_name else How.CARRIED, why)


def _of_a_project(action: Action, type_name: str) -> ByTag:
    without, of_another = _table("made_without_tags").get(type_name), _table("tags_of_another").get(type_name)
    if of_another:
        return ByTag(How.CARRIED, of_another)
    if created_type(action) == type_name:
        return ByTag(How.REQUEST) if not without or type_name in _tagged_by_creator() else ByTag(How.NOT, without)
    if inner := _untagged_inside(action, type_name):
        return ByTag(How.CARRIED, f"a {inner} carries no tags, and lies under the ARN of its {type_name}")
    return ByTag(How.CARRIED, without) if without else ByTag(How.RESOURCE)


def is_shared(type_name: str) -> bool:
    """Tell whether projects share resources of *type_name*, so that no tag of a project is on them."""
    return type_name in _table("shared")


@cache
def created_type(action: Action) -> str | None:
    """
    Return the type of the resource that *action* creates with the tags of its request, or None.

    An action that creates one resource and uses another (CreateEndpoint, CreateTrial) is called like the
    one that it creates. Raises ValueError where that leaves none or several: then the reference has changed.
    """
    if quirks.must_carry(action.name, _REQUEST_TAG) is None:
        return None
    names = [use.name for use in action.resource_types]
    if len(names) == 1:
        return names[0]
    noun = _WORD.sub("-", _VERB.sub("", action.name.partition(":")[2])).lower()
    found = [name for name in names if name == noun or name.endswith(f"-{noun}")]
    if len(found) != 1:
        raise ValueError(f"{action.name} creates one of {', '.join(names)}; which one its name does not say")
    return found[0]


@cache
def arn_pattern(type_name: str, partition: str, service: str = "sagemaker") -> str:
    """Return the pattern of the ARNs of the *service*'s *type_name* in any region and account of *partition*."""
    part = resource_types(service)[type_name].arn_format.resource
    return f"arn:{partition}:{service}:*:*:{as_pattern(part)}"


def creates_shared(action: Action) -> bool:
    """Tell whether *action* takes tags and makes what projects share: a space, an app, a hub."""
    takes_tags = _REQUEST_TAG.lower() in action.condition_keys
    return takes_tags and bool(action.resource_types) and all(is_shared(use.name) for use in action.resource_types)


@cache
def _taggable() -> frozenset[str]:
    """Return the types whose resources can be tagged: those that AddTags takes."""
    action = find_action("sagemaker:AddTags")
    return frozenset(use.name for use in action.resource_types) if action else frozenset()


def _carries_tags(type_name: str, service: str = "sagemaker") -> bool:
    return _RESOURCE_TAG in resource_types(service)[type_name].condition_keys


def _untagged_inside(action: Action, type_name: str) -> str | None:
    """Return a type of *action* without tags whose ARNs a pattern of *type_name* matches as well, or None."""
    known = resource_types("sagemaker")
    literal = around_variables(known[type_name].arn_format.resource)[0]
    for use in action.resource_types:
        inside = known[use.name].arn_format.resource.startswith(literal)
        if use.name != type_name and inside and not _carries_tags(use.name):
            return use.name
    return None


@cache
def _file() -> Any:
    return json.loads((Path(__file__).parent / "quirks" / "abac.json").read_bytes())


@cache
def _table(name: str) -> Mapping[str, str]:
    """Return the types of one table of the file, each with the reason."""
    return {type_name: entry["why"] for entry in _file()[name] for type_name in entry["types"]}


@cache
def _other_services() -> Mapping[str, Any]:
    return {entry["service"]: entry for entry in _file()["other_services"]}


@cache
def _not_by_tag() -> Mapping[str, str]:
    return {action: entry["why"] for entry in _file()["not_by_tag"] for action in entry["actions"]}


@cache
def _tagged_by_creator() -> frozenset[str]:
    """Return the types that SageMaker also makes itself, but whose callers can tag those that they make."""
    entries = _file()["made_without_tags"]
    return frozenset(name for entry in entries if entry["creator_tags"] for name in entry["types"])
