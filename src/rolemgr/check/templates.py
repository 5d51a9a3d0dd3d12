"""
The policies in infrastructure as code: CloudFormation templates and Terraform's JSON.

What the tool fills in later stays unknown and is never judged; see `rolemgr.check.intrinsic`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rolemgr.check.sources import Found, in_role, is_policy
from rolemgr.check.terraform_locals import in_locals
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType


class _Place(NamedTuple):
    """The property of a resource that holds a policy, and the kind of policy that it is."""

    property: str
    kind: PolicyType


_CLOUDFORMATION: Mapping[str, _Place] = {
    "AWS::IAM::ManagedPolicy": _Place("PolicyDocument", PolicyType.IDENTITY),
    "AWS::IAM::Policy": _Place("PolicyDocument", PolicyType.IDENTITY),
    "AWS::IAM::RolePolicy": _Place("PolicyDocument", PolicyType.IDENTITY),
    "AWS::IAM::UserPolicy": _Place("PolicyDocument", PolicyType.IDENTITY),
    "AWS::IAM::GroupPolicy": _Place("PolicyDocument", PolicyType.IDENTITY),
    "AWS::SSO::PermissionSet": _Place("InlinePolicy", PolicyType.IDENTITY),
    "AWS::S3::BucketPolicy": _Place("PolicyDocument", PolicyType.RESOURCE),
    "AWS::SQS::QueuePolicy": _Place("PolicyDocument", PolicyType.RESOURCE),
    "AWS::SNS::TopicPolicy": _Place("PolicyDocument", PolicyType.RESOURCE),
    "AWS::KMS::Key": _Place("KeyPolicy", PolicyType.RESOURCE),
    "AWS::ECR::Repository": _Place("RepositoryPolicyText", PolicyType.RESOURCE),
    "AWS::EC2::VPCEndpoint": _Place("PolicyDocument", PolicyType.RESOURCE),
    "AWS::SecretsManager::ResourcePolicy": _Place("ResourcePolicy", PolicyType.RESOURCE),
    "AWS::SageMaker::ModelPackageGroup": _Place("ModelPackageGroupPolicy", PolicyType.RESOURCE),
}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html"""

_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": PolicyType.SCP, "RESOURCE_CONTROL_POLICY": PolicyType.RCP}
_WITH_INLINE = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")


def in_cloudformation(template: dict[str, Any]) -> Iterator[Found]:
    """Yield the policies in the resources of a CloudFormation template."""
    resources = {name: one for name, one in template["Resources"].items() if _has_properties(one)}
    holders = _holders(resources)
    for name, resource in resources.items():
        path: DataPath = ("Resources", name, "Properties")
        for found in _in_resource(name, resource.get("Type"), resource["Properties"], path):
            yield found._replace(group=holders.get(found.group, found.group))


def _has_properties(resource: Any) -> bool:
    return isinstance(resource, dict) and isinstance(resource.get("Properties"), dict)


def _holders(resources: Mapping[str, Any]) -> dict[str, str]:
    """Return for each managed policy that one role or permission set of the template alone refers to, which that is."""
    named = {name: one for name, one in resources.items() if one.get("Type") == "AWS::IAM::ManagedPolicy"}
    found: dict[str, list[str]] = {}
    for holder, resource in resources.items():
        for policy, one in named.items():
            if _refers(resource["Properties"], policy, one["Properties"].get("ManagedPolicyName")):
                found.setdefault(policy, []).append(holder)
    return {policy: holders[0] for policy, holders in found.items() if len(holders) == 1}


def _refers(properties: Mapping[str, Any], policy: str, name: Any) -> bool:
    """Tell whether a role attaches the resource *policy*, or a permission set the policy called *name*."""
    attached, references = properties.get("ManagedPolicyArns"), properties.get("CustomerManagedPolicyReferences")
    if isinstance(attached, list) and {"Ref": policy} in attached:
        return True
    listed = references if isinstance(references, list) else []
    return name is not None and any(isinstance(one, dict) and one.get("Name") == name for one in listed)


def _in_resource(name: str, kind: Any, properties: dict[str, Any], path: DataPath) -> Iterator[Found]:
    if kind in _WITH_INLINE:
        for found in in_role(properties, path):
            yield found._replace(group=name, template=True)
    elif kind == "AWS::Organizations::Policy":
        policy_kind = _ORGANIZATIONS.get(str(properties.get("Type")))
        if policy_kind:
            yield from _property(properties, path, "Content", policy_kind, name)
    elif kind in _CLOUDFORMATION:
        place = _CLOUDFORMATION[kind]
        yield from _property(properties, path, place.property, place.kind, _attached_to(properties) or name)


def _attached_to(properties: dict[str, Any]) -> str | None:
    """Return the one role of the template that a policy is attached to: its policies act together."""
    match properties.get("Roles"):
        case [{"Ref": str() as role}]:
            return role
        case _:
            return None


def _property(properties: dict[str, Any], path: DataPath, name: str, kind: PolicyType, group: str) -> Iterator[Found]:
    value = properties.get(name)
    if isinstance(value, str):
        value = _from_text(value)
    if is_policy(value):
        yield Found(value, (*path, name), kind, group, template=True)


_TERRAFORM: Mapping[str, tuple[_Place, ...]] = {
    "aws_iam_role": (_Place("assume_role_policy", PolicyType.TRUST),),
    "aws_iam_policy": (_Place("policy", PolicyType.IDENTITY),),
    "aws_iam_role_policy": (_Place("policy", PolicyType.IDENTITY),),
    "aws_iam_user_policy": (_Place("policy", PolicyType.IDENTITY),),
    "aws_iam_group_policy": (_Place("policy", PolicyType.IDENTITY),),
    "aws_ssoadmin_permission_set_inline_policy": (_Place("inline_policy", PolicyType.IDENTITY),),
    "aws_s3_bucket_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_sqs_queue_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_sns_topic_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_kms_key": (_Place("policy", PolicyType.RESOURCE),),
    "aws_kms_key_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_ecr_repository_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_vpc_endpoint": (_Place("policy", PolicyType.RESOURCE),),
    "aws_secretsmanager_secret_policy": (_Place("policy", PolicyType.RESOURCE),),
    "aws_sagemaker_model_package_group_policy": (_Place("resource_policy", PolicyType.RESOURCE),),
}
"""https://registry.terraform.io/providers/hashicorp/aws/latest/docs"""


def in_terraform(data: dict[str, Any]) -> Iterator[Found]:
    """Yield the policies in a plan (`terraform show -json`) or in a ``.tf.json`` file."""
    if isinstance(data.get("planned_values"), dict):
        yield from _in_module(data["planned_values"].get("root_module"), ("planned_values", "root_module"))
    elif isinstance(data.get("resource"), dict):
        yield from in_locals(data)
        for kind, named in data["resource"].items():
            for name, one in named.items() if isinstance(named, dict) else ():
                yield from _in_terraform_resource(kind, name, one, ("resource", kind, name))


def _in_module(module: Any, path: DataPath) -> Iterator[Found]:
    if not isinstance(module, dict):
        return
    for index, one in enumerate(_listed(module, "resources")):
        if isinstance(one, dict):
            where: DataPath = (*path, "resources", index, "values")
            yield from _in_terraform_resource(one.get("type"), str(one.get("address")), one.get("values"), where)
    for index, child in enumerate(_listed(module, "child_modules")):
        yield from _in_module(child, (*path, "child_modules", index))


def _listed(module: dict[str, Any], key: str) -> list[Any]:
    found = module.get(key)
    return found if isinstance(found, list) else []


def _in_terraform_resource(kind: Any, name: str, values: Any, path: DataPath) -> Iterator[Found]:
    if isinstance(values, list):  # a block that stands in a list of one
        for index, one in enumerate(values):
            yield from _in_terraform_resource(kind, name, one, (*path, index))
        return
    if not isinstance(values, dict):
        return
    places = _TERRAFORM.get(str(kind), ())
    if kind == "aws_organizations_policy":
        policy_kind = _ORGANIZATIONS.get(str(values.get("type", "SERVICE_CONTROL_POLICY")))
        places = (_Place("content", policy_kind),) if policy_kind else ()
    for place in places:
        yield from _string(values.get(place.property), (*path, place.property), place.kind, name)
    inline = values.get("inline_policy")
    for index, one in enumerate(inline if kind == "aws_iam_role" and isinstance(inline, list) else ()):
        if isinstance(one, dict):
            where = (*path, "inline_policy", index, "policy")
            yield from _string(one.get("policy"), where, PolicyType.IDENTITY, name, inline=True)


def _string(value: Any, path: DataPath, kind: PolicyType, group: str, *, inline: bool = False) -> Iterator[Found]:
    policy = _from_text(value) if isinstance(value, str) else value
    if is_policy(policy):
        yield Found(policy, path, kind, group, inline)


def _from_text(text: str) -> Any:
    """Return the policy that *text* writes as JSON; None where an expression does."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
