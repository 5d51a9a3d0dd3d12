"""The table of places that hold a role, against botocore's models: none is missing, none is made up."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from rolemgr.audit.migrate.places import RolePlace, commands, places, table

_CHANGES = re.compile("Create|Update|Put|Register|Start|Publish|Import|Attach|Associate|Run|Add|Set|Modify")
_ROLE = re.compile(r"(?i)role(_?arn)?$")
_ROLES = re.compile(r"(?i)role(_?arn)?s$")


@cache
def model(service: str) -> Any:
    """Return botocore's model of *service*."""
    return get_session().get_service_model(service)


def members(shape: Any, path: tuple[str, ...] = (), seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the paths in *shape* that hold a role, or a list of roles."""
    if shape is None or shape.name in seen:
        return
    if shape.type_name == "structure":
        for key, value in shape.members.items():
            if value.type_name == "string":
                yield from [".".join((*path, key))] if _ROLE.search(key) else []
            else:
                yield from members(value, (*path, key), seen | {shape.name})
    elif shape.type_name == "list":
        listed = (*path[:-1], path[-1] + "[]")
        if shape.member.type_name == "string":
            yield from [".".join(listed)] if _ROLES.search(path[-1]) else []
        else:
            yield from members(shape.member, listed, seen)
    elif shape.type_name == "map":
        yield from members(shape.value, (*path[:-1], path[-1] + "{}"), seen)


def by_operation(service: str) -> dict[str, set[str]]:
    """Return the members that hold a role, by operation of *service* that makes or changes something."""
    found = {
        name: set(members(model(service).operation_model(name).input_shape))
        for name in model(service).operation_names
        if _CHANGES.match(name)
    }
    return {name: paths for name, paths in found.items() if paths}


def in_table(service: str) -> dict[str, set[str]]:
    """Return the same from the table; of calls that run once only the operation."""
    found: dict[str, set[str]] = {}
    for one in places():
        if one.service == service:
            found.setdefault(one.create, set()).update(one.members)
            if one.update:
                found.setdefault(one.update, set()).update(one.update_members or one.members)
    return found


@pytest.mark.parametrize("service", table()["services"])
def test_no_operation_is_missing(service: str) -> None:
    """What can hold a role is a place, a call that runs once, or said to be none."""
    calls = {name for one in table()["calls"] if one["service"] == service for name in one["operations"]}
    aside = {one["operation"] for one in table()["not_roles"] if one["service"] == service}
    found = by_operation(service)
    assert found.keys() - in_table(service).keys() == calls | aside


@pytest.mark.parametrize("service", table()["services"])
def test_the_members_are_those_of_the_models(service: str) -> None:
    """Each place has all its members, and an operation that changes it in place has them too."""
    found = by_operation(service)
    for name, paths in in_table(service).items():
        assert paths == found[name], name


@pytest.mark.parametrize("place", places(), ids=lambda one: f"{one.service}-{one.create}")
def test_only_what_can_be_changed_in_place_is_said_to_be(place: RolePlace) -> None:
    """Where the table has no operation for it, no Update of that resource takes a role either."""
    names = set(model(place.service).operation_names)
    for name in (place.create, place.update, place.list, place.describe):
        assert name is None or name in names, name
    if place.update is None:
        update = re.sub("^(Create|Put)", "Update", place.create)
        assert update not in by_operation(place.service), update
        assert place.how


@pytest.mark.parametrize("place", places(), ids=lambda one: f"{one.service}-{one.create}")
def test_the_commands_are_those_of_the_aws_cli(place: RolePlace) -> None:
    """By the AWS CLI's own names of commands and options, with all that each operation must be told."""
    lines = list(commands(place, "arn:aws:iam::111122223333:role/old", "arn:aws:iam::111122223333:role/new"))
    assert len(lines) == sum(one is not None for one in (place.list, place.describe, place.update))
    for line in lines:
        words = shlex.split(line, comments=True)
        by_command = {xform_name(name, "-"): name for name in model(place.service).operation_names}
        assert words[:2] == ["aws", place.service]
        shape = model(place.service).operation_model(by_command[words[2]]).input_shape
        options = {xform_name(name, "-"): name for name in (shape.members if shape else ())}
        given = {word.removeprefix("--") for word in words[3:] if word.startswith("--")}
        if given != {"cli-input-json"}:
            assert given <= options.keys()
            assert {options[one] for one in given} >= set(shape.required_members if shape else ())


def test_the_new_role_is_named_where_it_can_be() -> None:
    """A top-level member and one of a structure are words; what is deeper, or wanted whole, is a file."""
    by_create = {(one.service, one.create): list(commands(one, "OLD", "NEW"))[-1] for one in places()}
    assert (
        by_create["sagemaker", "CreatePipeline"]
        == "aws sagemaker update-pipeline --pipeline-name PIPELINE_NAME --role-arn NEW"
    )
    assert by_create["sagemaker", "CreateUserProfile"].endswith("--user-settings ExecutionRole=NEW")
    assert "file://changed.json" in by_create["scheduler", "CreateSchedule"]
    assert "update" not in by_create["sagemaker", "CreateModel"]
