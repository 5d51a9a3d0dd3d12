"""
Permission sets of a blueprint: templates with the assignments of each, and where the tags of sessions come from.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sso-assignment.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sso-instanceaccesscontrolattributeconfiguration.html
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.export.permission_set import notes, permission_set
from rolemgr.files.write import to_template
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec

ATTRIBUTES: Final = "organization/identity-center/attributes.yaml"
"""Where the template with the attributes for access control is in a build."""


class PermissionSetFile(NamedTuple):
    """A template of a build: its path in the folder, and its text."""

    path: str
    text: str


def permission_sets(found: ComposedBlueprint) -> tuple[PlacedRole, ...]:
    """Return the roles of *found* that Identity Center makes: as permission sets, they have no file as roles."""
    return tuple(one for one in found.roles if one.is_permission_set)


def permission_set_files(found: ComposedBlueprint) -> Iterator[PermissionSetFile]:
    """Yield a template for each permission set, and one for the attributes; raises as `permission_set` does."""
    for one in permission_sets(found):
        path = f"{one.account}/permission-sets/{one.place.partition('/')[2]}.yaml"
        yield PermissionSetFile(path, to_template(_template(found, one)))
    center = found.source.value.identity_center
    if center and center.attributes:
        yield PermissionSetFile(ATTRIBUTES, to_template(_attributes(center.instance, center.attributes)))


def permission_set_notes(one: PlacedRole) -> Iterator[str]:
    """Yield what to know of a permission set."""
    return notes(one.role, one.documents)


def _template(found: ComposedBlueprint, one: PlacedRole) -> dict[str, Any]:
    center = found.source.value.identity_center
    made = permission_set(_without_trust(one.spec), one.documents, center.instance if center else None)
    condition = {"Condition": "IsPermissionSet"} if "Conditions" in made else {}
    for number, who in enumerate(center.assignments.get(one.place, ()) if center else (), start=1):
        kind, _, identity = who.partition(":")
        made["Resources"][f"Assignment{number}"] = {
            "Type": "AWS::SSO::Assignment",
            **condition,
            "Properties": {
                "InstanceArn": made["Resources"]["PermissionSet"]["Properties"]["InstanceArn"],
                "PermissionSetArn": {"Fn::GetAtt": "PermissionSet.PermissionSetArn"},
                "PrincipalType": kind.upper(),
                "PrincipalId": identity,
                "TargetType": "AWS_ACCOUNT",
                "TargetId": one.role.spec.account,
            },
        }
    return made


def _without_trust(spec: Sourced[RoleSpec]) -> Sourced[RoleSpec]:
    """Return *spec* as if nobody had named the trust, which is how it says that it is a permission set."""
    named = spec.value.model_fields_set - {"trust"}
    fields = {name: getattr(spec.value, name) for name in RoleSpec.model_fields}
    return Sourced(RoleSpec.model_construct(named, **fields), spec.source)


def _attributes(instance: str | None, attributes: dict[str, str]) -> dict[str, Any]:
    parameter = {
        "Type": "String",
        "Description": "The ARN of the IAM Identity Center instance: aws sso-admin list-instances.",
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Attributes for access control: where the tags of sessions come from. Made by rolemgr build.",
        **({} if instance else {"Parameters": {"InstanceArn": parameter}}),
        "Resources": {
            "Attributes": {
                "Type": "AWS::SSO::InstanceAccessControlAttributeConfiguration",
                "Properties": {
                    "InstanceArn": instance or {"Ref": "InstanceArn"},
                    "AccessControlAttributes": [
                        {"Key": key, "Value": {"Source": [attributes[key]]}} for key in sorted(attributes)
                    ],
                },
            }
        },
    }
