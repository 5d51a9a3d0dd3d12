"""
An Identity Center permission set as CloudFormation: what people get in an account that they sign in to.

Identity Center makes a role of its own from it in each account and writes that role's trust policy. The
permission set is made in the organization's management account, so AWS::AccountId would be that one in its
policies: they name the account that they are for. What does not fit inline is in customer managed policies,
which must be in that account before: the same template makes them there (parameter Part).
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sso-permissionset.html
https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import Arn, is_aws_managed
from rolemgr.model.role import ComposedRole, NamedPolicy, RoleDocuments
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec

Json = dict[str, Any]

_LONGEST_NAME = 32
_LONGEST_DESCRIPTION = 700
_MOST_BYTES = 32_768
"""https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html"""

_INSTANCE = r"arn:aws(?:-[a-z]{1,5}){0,3}:sso:::instance/(?:sso)?ins-[a-zA-Z0-9.-]{16}"
_BOUNDARY = "PermissionsBoundary"


def permission_set(spec: Sourced[RoleSpec], documents: RoleDocuments, instance: str | None = None) -> Json:
    """
    Return the template with a permission set that has the policies of *documents*.

    *instance* is the ARN of the Identity Center instance, a parameter unless given. Raises InputError for
    what a permission set does not have: a trust of one's own, a long name, a role that passes itself.
    """
    _check(spec, documents, instance)
    several = bool(_of_the_account(documents))
    condition = {"Condition": "IsPermissionSet"} if several else {}
    made = {"Type": "AWS::SSO::PermissionSet", **condition, "Properties": _properties(documents, instance)}
    resources = {"PermissionSet": made, **_policies(documents)}
    output = {**condition, "Description": "The ARN of the permission set.", "Value": _ARN}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Permission set {documents.name} for account {spec.value.account}. Made by rolemgr create "
        "--format permission-set.",
        **_declarations(spec.value, documents, instance),
        "Resources": resources,
        "Outputs": {"PermissionSetArn": output},
    }


_ARN = {"Fn::GetAtt": "PermissionSet.PermissionSetArn"}


_INSTANCE_PARAMETER = {
    "Type": "String",
    "Description": "The ARN of the IAM Identity Center instance: aws sso-admin list-instances.",
    "AllowedPattern": f"^{_INSTANCE}$",
}


def _declarations(spec: RoleSpec, documents: RoleDocuments, instance: str | None) -> Json:
    """Return the parameters, and the conditions by which the template makes one part or the other."""
    parameters: Json = {}
    conditions: Json = {}
    if _of_the_account(documents):
        parameters["Part"] = {
            "Type": "String",
            "Description": f"Policies in account {spec.account} first, then PermissionSet where Identity Center is.",
            "AllowedValues": ["Policies", "PermissionSet"],
        }
        for name in ("PermissionSet", "Policies"):
            conditions[f"Is{name}"] = {"Fn::Equals": [{"Ref": "Part"}, name]}
    if instance is None:
        parameters["InstanceArn"] = _INSTANCE_PARAMETER
    sections = {"Parameters": parameters, "Conditions": conditions}
    return {name: section for name, section in sections.items() if section}


def _properties(documents: RoleDocuments, instance: str | None) -> Json:
    attached = [arn for arn in documents.attached if is_aws_managed(arn)]
    references = [
        *(_reference(arn) for arn in documents.attached if not is_aws_managed(arn)),
        *({"Name": policy.name, "Path": documents.path} for policy in documents.managed_policies),
    ]
    optional: Json = {
        "InlinePolicy": next((policy.document.to_json_value() for policy in documents.policies), None),
        "ManagedPolicies": attached,
        "CustomerManagedPolicyReferences": references,
        _BOUNDARY: _boundary(documents.boundary) if documents.boundary else None,
        "Tags": [{"Key": key, "Value": documents.tags[key]} for key in sorted(documents.tags)],
    }
    return {
        "Name": documents.name,
        "Description": documents.description,
        "InstanceArn": instance or {"Ref": "InstanceArn"},
        "SessionDuration": duration(documents.max_session),
        **{name: value for name, value in optional.items() if value},
    }


def _policies(documents: RoleDocuments) -> Json:
    return {
        f"Policy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Condition": "IsPolicies",
            "Properties": {
                "ManagedPolicyName": policy.name,
                "Path": documents.path,
                "PolicyDocument": policy.document.to_json_value(),
            },
        }
        for number, policy in enumerate(_of_the_account(documents), start=1)
    }


def _of_the_account(documents: RoleDocuments) -> tuple[NamedPolicy, ...]:
    """Return the policies that have to be in the account first: those that are attached, and its own boundary."""
    own = documents.own_boundary
    return (*documents.managed_policies, *([NamedPolicy(own.name, own.document)] if own else []))


def _reference(arn: str) -> Mapping[str, str]:
    """Return the name and path by which Identity Center finds a policy of the account."""
    found = Arn.parse(arn)
    path, _, name = (found.resource if found else arn).removeprefix("policy").rpartition("/")
    return {"Name": name, "Path": f"{path}/"}


def _boundary(arn: str) -> Json:
    return {"ManagedPolicyArn": arn} if is_aws_managed(arn) else {"CustomerManagedPolicyReference": _reference(arn)}


def duration(seconds: int) -> str:
    """Return *seconds* as an ISO 8601 duration such as ``PT1H30M``."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return "PT" + "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if number)


def _check(spec: Sourced[RoleSpec], documents: RoleDocuments, instance: str | None) -> None:
    given = spec.value.model_fields_set
    if "account" not in given:
        problem = "a permission set's policies name the account that it is for, and none is chosen"
        raise InputError(None, problem, "give --account; make one permission set an account")
    if "trust" in given:
        raise InputError(spec.at("trust"), "a permission set has no trust policy: Identity Center writes it")
    if "self" in spec.value.pass_role:
        problem = "a permission set can't pass itself: Identity Center names the role, and SageMaker can't assume it"
        raise InputError(spec.at("pass_role"), problem, "name the role that jobs run as")
    if len(documents.name) > _LONGEST_NAME:
        problem = f"`{documents.name}` is not a name of a permission set: {_LONGEST_NAME} characters at most"
        raise InputError(spec.at("name") if "name" in given else None, problem, "give another --name")
    if len(documents.description) > _LONGEST_DESCRIPTION:
        problem = f"a permission set's description has at most {_LONGEST_DESCRIPTION} characters"
        raise InputError(spec.at("description") if "description" in given else None, problem)
    for policy in documents.policies:
        size = len(json.dumps(policy.document.to_json_value(), separators=(",", ":")).encode())
        if size > _MOST_BYTES:
            raise InputError(None, f"the inline policy has {size:,} bytes, a permission set takes {_MOST_BYTES:,}")
    if instance is not None and not re.fullmatch(_INSTANCE, instance):
        problem = f"`{instance}` is not an ARN of an instance such as arn:aws:sso:::instance/ssoins-1234567890abcdef"
        raise InputError(SourceLocation("--sso-instance"), problem, "aws sso-admin list-instances has it")


def notes(role: ComposedRole, documents: RoleDocuments) -> Iterator[str]:
    """Yield what to know of the permission set."""
    yield "trust options do not apply: Identity Center writes the trust policy of the role that it makes"
    if made := _of_the_account(documents):
        names = ", ".join(policy.name for policy in made)
        yield (f"deploy the template with Part=Policies in account {role.spec.account} first ({names}), then with"
               " Part=PermissionSet where Identity Center is")  # fmt: skip
    if role.spec.abac:
        yield (f"sessions get the tag {', '.join(role.spec.abac)} from Identity Center's attributes for access"
               " control; the tags of a permission set do not reach them")  # fmt: skip
    own = [one.sid for one in role.statements if role.spec.arn in one.resources]
    if own:
        yield f"statement {', '.join(own)} names {role.spec.arn}, which is not the role that Identity Center makes"
