"""The check of the SDK's version 3, which simulates the role of a job before it starts one, on `*` and without context."""

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Context, Request

ASKED = (
    "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
)  # fmt: skip
"""The actions of the role type `training` whose resource is `*`: sagemaker-core 2.27.0, helper/iam_policies.py."""


def refused(persona: str, **parameters: list[str]) -> list[str]:
    """Return which of the actions the role of *persona* is simulated not to have."""
    policies = rendered(persona=persona, parameter=parameters).policies()
    decisions = {one: evaluate(Request(one, "*", Context({})), policies).decision for one in ASKED}
    return [action for action, decision in decisions.items() if decision != "Allowed"]


@pytest.mark.parametrize("persona", ["sagemaker-compute", "sagemaker-pipeline"])
def test_a_role_of_jobs_passes_the_check_where_that_is_wanted(persona: str) -> None:
    """By one parameter, with subnets and without; not by default, nor by subnets alone."""
    assert refused(persona, pass_sdk_role_check=["yes"]) == []
    assert refused(persona, pass_sdk_role_check=["yes"], subnets=["subnet-0a1b2c3d"]) == []
    assert refused(persona, subnets=["subnet-0a1b2c3d"]) == ["cloudwatch:PutMetricData"]
    assert set(refused(persona)) == {*ASKED} - {"ecr:GetAuthorizationToken"}


@pytest.mark.parametrize("persona", ["data-scientist", "ml-engineer", "mlops-engineer", "business-analyst"])
def test_no_person_makes_the_sdk_check_at_all(persona: str) -> None:
    """The SDK passes over the check where the caller may not simulate policies."""
    asked = Request("iam:SimulatePrincipalPolicy", "arn:aws:iam::111122223333:role/sagemaker-compute", Context({}))
    assert evaluate(asked, rendered(persona=persona).policies()).decision == "ImplicitlyDenied"
