"""A role with a boundary of its own: the boundary is made before the role, bounds it, and is attached to nobody."""

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.export.conftest import Server
from tests.export.support import ACCOUNT, CATALOG, direct, exported, listed, parsed, role_of
from tests.export.test_aws_cli import needs_aws, run

from rolemgr.export.formats import Options

PERSONAS = sorted(CATALOG.found("personas"))
NAME = "sagemaker-compute"
BOUNDARY = f"{NAME}-boundary"
ARN = f"arn:aws:iam::{ACCOUNT}:policy/ml/{BOUNDARY}"


def chosen(persona: str = NAME, **more: Any) -> dict[str, Any]:
    """Return the choices of a role with a boundary of its own."""
    return {"persona": persona, "with_boundary": True, **more}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("persona", PERSONAS)
def test_json_has_the_boundary_beside_the_role(persona: str) -> None:
    """By its ARN, and as a managed policy that names no role: attached it would give what it is to limit."""
    made = direct(**chosen(persona, account=ACCOUNT, path="/ml/"))
    policy = made["PermissionsBoundaryPolicy"]
    assert made["PermissionsBoundary"] == f"arn:aws:iam::{ACCOUNT}:policy/ml/{policy['ManagedPolicyName']}"
    assert policy.keys() == {"ManagedPolicyName", "Path", "PolicyDocument"}
    assert policy["ManagedPolicyName"] not in {one["ManagedPolicyName"] for one in made.get("ManagedPolicies", [])}
    without = direct(**{**chosen(persona, account=ACCOUNT, path="/ml/"), "with_boundary": False})
    assert {**without, "PermissionsBoundary": made["PermissionsBoundary"], "PermissionsBoundaryPolicy": policy} == made


@pytest.mark.sampled(2)
@pytest.mark.parametrize("persona", PERSONAS)
def test_cloudformation_refers_to_the_boundary(persona: str) -> None:
    """So that it is there first; no error and no warning of cfn-lint, in any account and region."""
    text = exported("cloudformation", **chosen(persona)).text
    template = parsed(text)
    role, boundary = (template["Resources"][name]["Properties"] for name in ("Role", "Boundary"))
    assert role["PermissionsBoundary"] == {"Ref": "Boundary"}
    assert "Roles" not in boundary
    assert "PermissionsBoundaryPolicy" not in role
    assert [str(one) for one in lint(text, config=ManualArgs(regions=["us-east-1"], ignore_checks=["I3042"]))] == []


def test_cloudformation_with_parameters_and_a_stack_set_have_it_too() -> None:
    """Measured for the longest names."""
    more = chosen("data-scientist", bucket=["acme-a"])
    assert "Boundary" in parsed(exported("cloudformation", Options(parameterize=True), **more).text)["Resources"]
    assert "Boundary:" in exported("stackset", **more).text


def test_terraform_refers_to_the_boundary() -> None:
    """By the policy that the module makes, of which there is no attachment."""
    made = json.loads(exported("terraform", **chosen()).text)["resource"]
    assert made["aws_iam_role"]["this"]["permissions_boundary"] == "${aws_iam_policy.boundary.arn}"
    assert made["aws_iam_policy"]["boundary"]["name"] == BOUNDARY
    attached = made.get("aws_iam_role_policy_attachment", {}).values()
    assert not any("boundary" in one["policy_arn"] for one in attached)


def test_a_permission_set_wants_the_boundary_in_the_account_first() -> None:
    """As the policies that it attaches by name."""
    template = parsed(exported("permission-set", **chosen(account=ACCOUNT)).text)
    properties = template["Resources"]["PermissionSet"]["Properties"]
    reference = {"Name": BOUNDARY, "Path": "/"}
    assert properties["PermissionsBoundary"] == {"CustomerManagedPolicyReference": reference}
    assert reference not in listed(properties.get("CustomerManagedPolicyReferences", []))
    [policy] = [one for name, one in template["Resources"].items() if name != "PermissionSet"]
    assert (policy["Condition"], policy["Properties"]["ManagedPolicyName"]) == ("IsPolicies", BOUNDARY)


@needs_aws
def test_the_script_makes_the_boundary_first(aws: Server, tmp_path: Any) -> None:
    """The role is bound by it, and nobody has it attached."""
    ran = run(exported("aws-cli", **chosen(path="/ml/")).text, aws.address, tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"arn:aws:iam::{ACCOUNT}:role/ml/{NAME}\n"), ran.stderr
    iam = aws.client("iam")
    role = role_of(iam, NAME)
    assert role["PermissionsBoundary"] == ARN
    assert ARN not in role["ManagedPolicyArns"]
    version = iam.get_policy_version(PolicyArn=ARN, VersionId="v1")["PolicyVersion"]["Document"]
    wanted = direct(**chosen(path="/ml/", account=ACCOUNT))["PermissionsBoundaryPolicy"]["PolicyDocument"]
    assert version == wanted


@pytest.mark.nightly
@needs_aws
def test_the_script_takes_the_boundary_back(aws: Server, tmp_path: Any) -> None:
    """Where the role can't be made, nothing of it stays."""
    iam = aws.client("iam")
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))
    ran = run(exported("aws-cli", **chosen()).text, aws.address, tmp_path)
    assert ran.returncode != 0
    assert iam.list_policies(Scope="Local")["Policies"] == []
