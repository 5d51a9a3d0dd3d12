"""What stands around the principals of a synthetic account: the organization, resources and Studio, as files."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from tests.audit.accounts import ACCOUNT

from rolemgr.audit.inputs import Inputs
from rolemgr.errors import InputError, SourceLocation
from rolemgr.model.inventory import Inventory

MANAGEMENT = "000011112222"
ORGANIZATION = "o-a1b2c3d4e5"
ROOT, UNIT = "r-ab12", "ou-ab12-11111111"
PATH = f"{ORGANIZATION}/{ROOT}/{UNIT}/{ACCOUNT}/"
FULL: Mapping[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DOMAIN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:domain/d-1"


def answer(service: str, operation: str, data: Mapping[str, Any]) -> str:
    """Return *data* as the AWS CLI prints it; it must be of the shape that botocore has of the answer."""
    output = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    assert output is not None
    _fits(data, output, operation)
    return json.dumps(data, indent=4)


def _fits(value: Any, shape: Shape, where: str) -> None:
    if isinstance(shape, StructureShape):
        assert set(value) <= set(shape.members), (where, set(value) - set(shape.members))
        for key, one in value.items():
            _fits(one, shape.members[key], f"{where}.{key}")
    elif isinstance(shape, ListShape):
        for one in value:
            _fits(one, shape.member, f"{where}[]")
    elif isinstance(shape, MapShape):
        for one in value.values():
            _fits(one, shape.value, f"{where}{{}}")
    else:
        assert isinstance(value, {"boolean": bool, "integer": int, "long": int}.get(shape.type_name, str)), where


def control(identifier: str, kind: str, *statements: Mapping[str, Any]) -> str:
    """Return the answer of `describe-policy`: *kind* is SERVICE or RESOURCE."""
    content = {"Version": "2012-10-17", "Statement": list(statements)}
    summary = {"Id": identifier, "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION}/{identifier}",
               "Name": identifier, "Type": f"{kind}_CONTROL_POLICY", "AwsManaged": False}  # fmt: skip
    found = {"Policy": {"PolicySummary": summary, "Content": json.dumps(content)}}
    return answer("organizations", "DescribePolicy", found)


def targets(*nodes: str) -> str:
    """Return the answer of `list-targets-for-policy`."""
    kinds = {"r": "ROOT", "o": "ORGANIZATIONAL_UNIT"}
    listed = [{"TargetId": one, "Name": one, "Type": kinds.get(one[0], "ACCOUNT")} for one in nodes]
    return answer("organizations", "ListTargetsForPolicy", {"Targets": listed})


def organization(
    scps: Mapping[str, tuple[Sequence[Mapping[str, Any]], Sequence[str]]] | None = None,
    rcps: Mapping[str, tuple[Sequence[Mapping[str, Any]], Sequence[str]]] | None = None, account: str = ACCOUNT,
) -> dict[str, str]:  # fmt: skip
    """Return the files of an organization: policies by id, each with its statements and the nodes that have it."""
    found = {
        "organization.json": answer("organizations", "DescribeOrganization", {"Organization": {
            "Id": ORGANIZATION, "MasterAccountId": MANAGEMENT, "MasterAccountEmail": "root@example.com"}}),
        "accounts.json": answer("organizations", "ListAccounts", {"Accounts": [
            {"Id": account, "Email": "a@example.com", "Paths": [PATH.replace(ACCOUNT, account)]},
            {"Id": MANAGEMENT, "Paths": [f"{ORGANIZATION}/{ROOT}/{MANAGEMENT}/"]}]}),
    }  # fmt: skip
    allow_all = ([FULL["Statement"][0]], [ROOT, UNIT, account])
    every: dict[str, Mapping[str, tuple[Sequence[Mapping[str, Any]], Sequence[str]]]] = {
        "SERVICE": {"p-FullAWSAccess": allow_all, **(scps or {})},
        "RESOURCE": rcps or {},
    }
    lines = ["controls:"]
    for kind, policies in every.items():
        for identifier, (statements, nodes) in policies.items():
            found[f"{identifier}.json"] = control(identifier, kind, *statements)
            found[f"{identifier}.targets.json"] = targets(*nodes)
            lines.append(f"- {{policy: {identifier}, targets: {identifier}.targets.json}}")
    return {**found, "controls.yaml": "\n".join(lines) + "\n"}


def bucket(
    name: str, *statements: Mapping[str, Any], block: bool | None = None, account: str = ACCOUNT
) -> dict[str, str]:
    """Return the files of a bucket, its policy and Block Public Access: one with all of it on, or off, or unknown."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    files = {f"{name}.json": answer("s3", "GetBucketPolicy", {"Policy": json.dumps(document)})}
    more = ""
    if block is not None:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        told = {"PublicAccessBlockConfiguration": dict.fromkeys(names, block)}
        files[f"{name}.block.json"] = answer("s3", "GetPublicAccessBlock", told)
        more = f", public_access_block: {name}.block.json"
    line = f"- {{arn: 'arn:aws:s3:::{name}', account: '{account}', policy: {name}.json{more}}}"
    return {**files, f"{name}.yaml": f"resources:\n{line}\n"}


def placed(arn: str, text: str, name: str = "policy.json") -> dict[str, str]:
    """Return the files of a resource whose ARN says all: its policy *text*, and the index."""
    return {name: text, f"{name}.yaml": f"resources:\n- {{arn: '{arn}', policy: {name}}}\n"}


def domain(role: str, space_role: str | None = None) -> str:
    """Return the answer of `describe-domain`."""
    spaces = {"DefaultSpaceSettings": {"ExecutionRole": space_role}} if space_role else {}
    found = {"DomainArn": DOMAIN, "DomainId": "d-1", "DomainName": "ml", "DefaultUserSettings": {"ExecutionRole": role}}
    return answer("sagemaker", "DescribeDomain", {**found, **spaces})


def profile(name: str, role: str | None = None) -> str:
    """Return the answer of `describe-user-profile`, with a role of its own or the domain's."""
    arn = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:user-profile/d-1/{name}"
    settings = {"UserSettings": {"ExecutionRole": role}} if role else {"UserSettings": {}}
    found = {
        "DomainId": "d-1",
        "UserProfileArn": arn,
        "UserProfileName": name,
        "SingleSignOnUserValue": f"{name}-secret",
    }
    return answer("sagemaker", "DescribeUserProfile", {**found, **settings})


def inventory_of(account: str, *others: Mapping[str, str]) -> Inventory:
    """Return the inventory of an account's details and other files, which indexes among them place."""
    files = {name: text for each in others for name, text in each.items()}

    def read(_index: str, path: str) -> tuple[str, str]:
        if path not in files:
            raise InputError(SourceLocation(path), "can't be read: No such file or directory")
        return files[path], path

    inputs = Inputs(read)
    inputs.take(account, "account.json")
    for name in sorted(files, key=lambda one: not one.endswith(".yaml")):
        if name not in inputs.placed:
            inputs.take(files[name], name)
    return inputs.inventory()
