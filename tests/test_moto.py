"""
A real IAM API over HTTP takes what we render.

`moto_server` is a separate process on loopback that we did not write. It checks names, paths, grammar and
trust; it takes any size and unknown actions, which other tests look at.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.servers import iam_client, reset, served
from tests.support import ALL_LIMITS, PARTITION_REGIONS, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.model.role import RoleDocuments
from rolemgr.reference.managed_policies import managed_policy, managed_policy_names
from rolemgr.reference.quirks import quota


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run a moto server on a free loopback port and stop it after the tests of this module."""
    with served() as address:
        yield address


@pytest.fixture
def iam(endpoint: str) -> Iterator[Any]:
    """Return an IAM client of the moto server, which starts empty."""
    reset(endpoint)
    client = iam_client(endpoint)
    yield client
    client.close()


@pytest.mark.sampled
@pytest.mark.parametrize("partition", PARTITION_REGIONS)
@pytest.mark.parametrize("persona", sorted(Catalog().found("personas")))
def test_iam_accepts_each_persona_and_gives_back_what_was_sent(iam: Any, persona: str, partition: str) -> None:
    """A role is created from the rendered documents, and read back with the same content."""
    region = PARTITION_REGIONS[partition]
    role = rendered(persona=persona, region=region, tag={"Project": "churn"}, path="/ml/").documents
    create(iam, role)
    assert_read_back(iam, role)


def test_iam_accepts_a_role_with_all_limits_at_once(iam: Any) -> None:
    """Network, keys, the regulated profile and ABAC fit the quotas: one inline policy and a few managed ones."""
    role = rendered(**ALL_LIMITS).documents
    assert sum(policy.document.size() for policy in role.policies) <= quota("role_inline_policies")
    assert [policy for policy in role.managed_policies if policy.document.size() > quota("managed_policy")] == []
    assert len(role.managed_policies) <= quota("managed_policies_per_role")
    create(iam, role)
    assert_read_back(iam, role)


def create(iam: Any, role: RoleDocuments) -> None:
    """Create *role* with all its policies."""
    iam.create_role(
        RoleName=role.name,
        Path=role.path,
        Description=role.description,
        MaxSessionDuration=role.max_session,
        AssumeRolePolicyDocument=json.dumps(role.trust_policy.to_json_value()),
        Tags=[{"Key": key, "Value": value} for key, value in role.tags.items()],
    )
    for policy in role.policies:
        document = json.dumps(policy.document.to_json_value())
        iam.put_role_policy(RoleName=role.name, PolicyName=policy.name, PolicyDocument=document)
    for policy in role.managed_policies:
        document = json.dumps(policy.document.to_json_value())
        arn = iam.create_policy(PolicyName=policy.name, Path=role.path, PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)


def assert_read_back(iam: Any, role: RoleDocuments) -> None:
    """Assert that IAM has *role* as it was sent."""
    assert iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"] == role.trust_policy.to_json_value()
    for policy in role.policies:
        found = iam.get_role_policy(RoleName=role.name, PolicyName=policy.name)["PolicyDocument"]
        assert found == policy.document.to_json_value()
    assert len(iam.list_attached_role_policies(RoleName=role.name)["AttachedPolicies"]) == len(role.managed_policies)


@pytest.fixture
def iam_with_policies() -> Iterator[Any]:
    """Return an IAM client of a server that has AWS's managed policies, which moto leaves out to start sooner."""
    with served(*managed_policy_names(), "PowerUserAccess") as address:
        client = iam_client(address)
        yield client
        client.close()


def test_iam_attaches_what_was_chosen_and_bounds_the_role(iam_with_policies: Any) -> None:
    """Each policy of AWS that the data holds exists under its ARN, can be attached, and a boundary comes back."""
    iam = iam_with_policies
    arns = [found.arn for name in managed_policy_names() if (found := managed_policy(name, "aws"))]
    assert all(iam.get_policy(PolicyArn=arn)["Policy"]["IsAttachable"] for arn in arns)
    extra = iam.create_policy(PolicyName="extra", Path="/ml/", PolicyDocument=json.dumps(NOTHING))["Policy"]["Arn"]
    chosen = [*arns[:19], extra]
    role = rendered(
        persona="sagemaker-compute", account=extra.split(":")[4], managed_policy=chosen,
        boundary="arn:aws:iam::aws:policy/PowerUserAccess",
    ).documents  # fmt: skip
    trust = json.dumps(role.trust_policy.to_json_value())
    iam.create_role(RoleName=role.name, PermissionsBoundary=role.boundary, AssumeRolePolicyDocument=trust)
    for arn in role.attached:
        iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role.name)
    assert sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]) == list(role.attached)
    bounded = iam.get_role(RoleName=role.name)["Role"]["PermissionsBoundary"]
    assert bounded["PermissionsBoundaryArn"] == role.boundary


NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
