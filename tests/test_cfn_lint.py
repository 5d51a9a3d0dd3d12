"""CloudFormation's own linter accepts what we render: another judge of names, shapes and IAM grammar."""

import json
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.support import ALL_LIMITS, PARTITION_REGIONS, rendered

from rolemgr.catalog.load import Catalog


def template(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a template that makes the role, and the managed policies beside it."""
    managed = properties.pop("ManagedPolicies", [])
    resources = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
    resources |= {
        f"Policy{number}": {"Type": "AWS::IAM::ManagedPolicy", "DependsOn": "Role", "Properties": one}
        for number, one in enumerate(managed)
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("partition", PARTITION_REGIONS)
@pytest.mark.parametrize("persona", sorted(Catalog().found("personas")))
def test_each_persona_is_a_valid_resource(persona: str, partition: str) -> None:
    """No error and no warning, in any partition."""
    region = PARTITION_REGIONS[partition]
    text = json.dumps(template(rendered(persona=persona, region=region).documents.to_properties()))
    found = lint(text, config=ManualArgs(regions=[region], ignore_checks=IGNORED))
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("partition", PARTITION_REGIONS)
def test_attached_policies_and_a_boundary_are_valid_properties(partition: str) -> None:
    """AWS's policy and one of the account attached, and a boundary: the shapes that CloudFormation expects."""
    region, policies = PARTITION_REGIONS[partition], f"arn:{partition}:iam::"
    chosen = [f"{policies}aws:policy/AmazonSageMakerReadOnly", f"{policies}111122223333:policy/ml/extra"]
    boundary = f"{policies}111122223333:policy/limits"
    made = rendered(persona="sagemaker-compute", region=region, managed_policy=chosen, boundary=boundary)
    properties = made.documents.to_properties()
    assert {"ManagedPolicyArns", "PermissionsBoundary"} <= properties.keys()
    text = json.dumps(template(properties))
    assert [str(match) for match in lint(text, config=ManualArgs(regions=[region], ignore_checks=IGNORED))] == []


def test_a_role_with_all_limits_at_once_is_a_valid_resource() -> None:
    """Network, keys, the regulated profile and ABAC: still IAM's grammar."""
    text = json.dumps(template(rendered(**ALL_LIMITS).documents.to_properties()))
    found = lint(text, config=ManualArgs(regions=["us-east-1"], ignore_checks=IGNORED))
    assert [str(match) for match in found] == []


IGNORED = ["W3002", "I"]
"""W3002 is about packaged files; I are suggestions, such as not to name a role."""


def test_the_linter_does_look_inside_policies() -> None:
    """It finds the fault in a statement, so its silence above says something."""
    properties = rendered(persona="sagemaker-compute").documents.to_properties()
    properties["Policies"][0]["PolicyDocument"]["Statement"][0]["Effect"] = "Alow"
    found = lint(json.dumps(template(properties)), config=ManualArgs(regions=["us-east-1"], ignore_checks=IGNORED))
    assert any("Alow" in str(match) for match in found)
