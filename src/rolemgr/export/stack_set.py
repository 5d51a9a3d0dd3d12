"""
CloudFormation StackSets: a template that brings the role into every account of organizational units.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org.html
"""

import re
from collections.abc import Sequence
from typing import Any

from rolemgr.errors import InputError, SourceLocation
from rolemgr.export.cloudformation import BODY_LIMIT, declarations
from rolemgr.export.portable import Portable
from rolemgr.export.stand_ins import REGION

Json = dict[str, Any]

_UNIT = r"(?:r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html"""


def stack_set(made: Portable, body: str, units: Sequence[str] = ()) -> Json:
    """
    Return the template with a stack set of the role *made*, whose own template is *body*.

    The organizational *units* are a parameter with these as default. Raises InputError where *body* is
    larger than a stack set takes, and for a unit that is none.
    """
    _check_size(made, body)
    _check_units(units)
    inner = declarations(made).get("Parameters", {})
    default = {"Default": ",".join(units)} if units else {}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"IAM role {made.documents.name} in every account of organizational units. Made by rolemgr "
        "create --format stackset.",
        "Parameters": {"OrganizationalUnits": {**_UNITS, **default}, "CallAs": _CALL_AS, **inner},
        "Resources": {"StackSet": {"Type": "AWS::CloudFormation::StackSet", "Properties": _properties(made, body)}},
        "Outputs": {"StackSetId": {"Description": "The id of the stack set.", "Value": {"Ref": "StackSet"}}},
    }


_UNITS = {
    "Type": "CommaDelimitedList",
    "Description": "The organizational units (or the root) whose accounts get the role, also those that join later.",
    "AllowedPattern": f"^{_UNIT}$",
}
_CALL_AS = {
    "Type": "String",
    "Description": "SELF in the organization's management account, DELEGATED_ADMIN in one that it delegates to.",
    "Default": "SELF",
    "AllowedValues": ["SELF", "DELEGATED_ADMIN"],
}


def _properties(made: Portable, body: str) -> Json:
    """
    Return the stack set's properties.

    IAM is global, so there is one region. An account that leaves the units loses the role: nobody looks
    after it there any more. A failure stops what has not begun.
    """
    name = made.documents.name
    region = {"Ref": "AWS::Region"} if REGION in made.free else made.role.spec.region
    parameters = [{"ParameterKey": one.name, "ParameterValue": {"Ref": one.name}} for one in made.parameters]
    return {
        "StackSetName": _stack_set_name(name),
        "Description": f"IAM role {name}",
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": {"Ref": "CallAs"},
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "ManagedExecution": {"Active": True},
        "OperationPreferences": {
            "FailureToleranceCount": 0,
            "MaxConcurrentPercentage": 25,
            "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        },
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": {"Ref": "OrganizationalUnits"}},
                "Regions": [region],
            }
        ],
        **({"Parameters": parameters} if parameters else {}),
        "TemplateBody": body,
    }


def _stack_set_name(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9-]", "-", name)
    return plain if plain[0].isalpha() else f"role-{plain}"


def _check_size(made: Portable, body: str) -> None:
    size = len(body.encode())
    if size > BODY_LIMIT:
        problem = f"the template of `{made.documents.name}` has {size:,} bytes, a stack set takes {BODY_LIMIT:,}"
        hint = "fix the region with --region, or name less" if made.lists else "name less, or make two roles"
        raise InputError(None, problem, hint)


def _check_units(units: Sequence[str]) -> None:
    for unit in units:
        if not re.fullmatch(_UNIT, unit):
            problem = (
                f"`{unit}` is neither an organizational unit, such as ou-a1b2-c3d4e5f6, nor a root, such as r-a1b2"
            )
            raise InputError(SourceLocation("--organizational-unit"), problem)


def notes(made: Portable) -> list[str]:
    """Return what to know before the stack set is made."""
    text = "a stack set leaves the organization's management account out; StackSets must have trusted access"
    passed = sorted(_passed(made))
    if passed:
        text_passed = f"each account needs {', '.join(passed)} too, which this role passes: a stack set of it as well"
        return [text, text_passed]
    return [text]


def _passed(made: Portable) -> set[str]:
    """Return the names of the roles that the role passes in its own account."""
    return {
        resource.rpartition("role/")[2]
        for statement in made.role.unfolded
        if "iam:PassRole" in statement.actions
        for resource in statement.resources
        if f"::{made.role.spec.account}:role/" in resource and resource != made.role.spec.arn
    }
