"""
CloudFormation: a template that makes the role, in any account and region where none is fixed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolemgr.export.parameters import TemplateParameter
from rolemgr.export.portable import Portable
from rolemgr.export.stand_ins import (
    ACCOUNT,
    DNS_SUFFIX,
    IMAGE_ACCOUNTS,
    JUMPSTART_BUCKETS,
    PARTITION,
    REGION,
    REGION_IN_ARN,
    Hole,
    parts,
)
from rolemgr.files.rows import Row
from rolemgr.render.explain import explanation

Json = dict[str, Any]

BODY_LIMIT = 51_200
"""
Bytes of a template that is sent with the call; a larger one goes through a bucket.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

_NAMES: Mapping[str, str] = {
    ACCOUNT: "AWS::AccountId",
    REGION: "AWS::Region",
    PARTITION: "AWS::Partition",
    DNS_SUFFIX: "AWS::URLSuffix",
    IMAGE_ACCOUNTS: "ImageAccount",
    JUMPSTART_BUCKETS: "JumpStartBucket",
}
"""What templates call the values that fill holes; a parameter has its own name."""

_MAPPING = "Regions"


def template(made: Portable, metadata: Json | None = None) -> Json:
    """Return the template of *made*, with *metadata* of its own, as data for `to_template`."""
    name = made.documents.name
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"IAM role {name}. Made by rolemgr create --format cloudformation.",
        **({"Metadata": {"Rolemgr": metadata}} if metadata else {}),
        **declarations(made),
        "Resources": _resources(made),
        "Outputs": {
            "RoleArn": {"Description": f"The ARN of role {name}.", "Value": {"Fn::GetAtt": "Role.Arn"}},
            "RoleName": {"Description": "Its name.", "Value": {"Ref": "Role"}},
        },
    }


def explained(made: Portable) -> Json:
    """Return where the statements of *made* come from; metadata knows no functions, so holes are ``<AWS::Region>``."""
    found: Json = _with_parameters(explanation(made.role), made)
    return found


def _with_parameters(value: Any, made: Portable) -> Any:
    if isinstance(value, str):
        found = parts(value, made.holes)
        return "".join(f"<{_name(part)}>" if isinstance(part, Hole) else part for part in found)
    if isinstance(value, list):
        return [_with_parameters(one, made) for one in value]
    if isinstance(value, dict):
        return {name: _with_parameters(one, made) for name, one in value.items()}
    return value


def declarations(made: Portable) -> Json:
    """Return the sections of a template that its texts refer to: parameters, and what differs by region."""
    found: Json = {}
    if made.parameters:
        found["Parameters"] = {one.name: _parameter(one) for one in made.parameters}
    if made.lists:
        found["Mappings"] = {_MAPPING: {region: _padded(values, made) for region, values in made.by_region().items()}}
    return found


def _parameter(one: TemplateParameter) -> Json:
    return {
        "Type": "String",
        "Description": f"{one.description}.",
        "Default": one.value,
        "AllowedPattern": f"^{one.pattern}$",
        "MaxLength": one.longest,
        "ConstraintDescription": f"must match {one.pattern}",
    }


def _padded(values: Mapping[str, Sequence[str]], made: Portable) -> Json:
    """
    Return the *values* of a region, each list as long as the longest.

    A function picks one value at a time, by its place, so a shorter list names its last value again.
    """
    lengths = list_lengths(made)
    return {
        f"{_NAMES[name]}s": Row([*found, *[found[-1]] * (lengths[name] - len(found))]) for name, found in values.items()
    }  # fmt: skip


def list_lengths(made: Portable) -> dict[str, int]:
    """Return how long each list of *made* is at most."""
    by_region = made.by_region().values()
    return {name: max(len(values[name]) for values in by_region) for name in made.lists}


def _resources(made: Portable) -> Json:
    """
    Return the role and its managed policies.

    Those with Allows refer to the role and not it to them, so that there is no circle, and every Deny is there
    before the first Allow of theirs: inline, or in policies that come before the role, which refers to them. A
    boundary that is made with the role is there before it.
    """
    properties = made.documents.to_properties()
    managed = properties.pop("ManagedPolicies", [])
    boundary = properties.pop("PermissionsBoundaryPolicy", None)
    denies = [f"Policy{number}" for number, _ in enumerate(made.documents.deny_policies, start=1)]
    role = in_template(properties, made)
    if denies:
        role["ManagedPolicyArns"] = [*({"Ref": name} for name in denies), *role.get("ManagedPolicyArns", [])]
    resources: Json = {}
    if boundary:
        resources["Boundary"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": in_template(boundary, made)}
        role["PermissionsBoundary"] = {"Ref": "Boundary"}
    resources["Role"] = {"Type": "AWS::IAM::Role", "Properties": role}
    for number, policy in enumerate(managed, start=1):
        own = {name: value for name, value in in_template(policy, made).items() if name != "Roles"}
        attached = own if number <= len(denies) else {**own, "Roles": [{"Ref": "Role"}]}
        resources[f"Policy{number}"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": attached}
    return resources


def in_template(value: Any, made: Portable) -> Any:
    """Return a JSON *value* of the role with functions in the place of its holes."""
    if isinstance(value, str):
        return _text(parts(value, made.holes))
    if isinstance(value, list):
        return [one for element in value for one in _elements(element, made)]
    if isinstance(value, dict):
        return {name: in_template(one, made) for name, one in value.items()}
    return value


def _elements(element: Any, made: Portable) -> Iterator[Any]:
    """Yield *element* of a list, once for each value of a list by region that is in it."""
    found = parts(element, made.holes) if isinstance(element, str) else ()
    by_region = next((part for part in found if isinstance(part, Hole) and part.by_region), None)
    if by_region is None:
        yield in_template(element, made)
        return
    name = _NAMES[by_region.name]
    values = {"Fn::FindInMap": [_MAPPING, {"Ref": "AWS::Region"}, f"{name}s"]}
    for place in range(list_lengths(made)[by_region.name]):
        yield {"Fn::Sub": [_substitution(found), {name: {"Fn::Select": [place, values]}}]}


def _text(found: Sequence[str | Hole]) -> Any:
    match found:
        case []:
            return ""
        case [str() as text]:
            return text
        case [Hole() as hole] if not hole.region_of_arn:
            return {"Ref": _name(hole)}
        case _:
            regions = {_name(part): _region_of(part) for part in found if isinstance(part, Hole) and part.region_of_arn}
            return {"Fn::Sub": [_substitution(found), regions] if regions else _substitution(found)}


def _region_of(hole: Hole) -> Json:
    """Return the function that takes the region out of the ARN that a parameter is."""
    return {"Fn::Select": [REGION_IN_ARN, {"Fn::Split": [":", {"Ref": hole.name}]}]}


def _substitution(found: Sequence[str | Hole]) -> str:
    """Return the argument of Fn::Sub; ``${!x}`` there is a plain ``${x}``, such as IAM's own variables."""
    return "".join(f"${{{_name(part)}}}" if isinstance(part, Hole) else part.replace("${", "${!") for part in found)


def _name(hole: Hole) -> str:
    return f"{hole.name}Region" if hole.region_of_arn else _NAMES.get(hole.name, hole.name)
