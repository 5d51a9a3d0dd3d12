"""A role is read with everything on it, from a server that we did not write."""

import json
from typing import Any

import pytest
from tests.account.faults import FAULTS, answer, page, sabotage
from tests.servers import ACCOUNT, iam_client

from rolemgr.account.ownership import STATE_TAG, State
from rolemgr.account.read import AccountPolicy, read_policy, read_role, read_tags, role_exists
from rolemgr.errors import AwsError

TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def make_role(iam: Any, name: str = "r", **more: Any) -> None:
    """Create a role by hand, as anybody could."""
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)


def make_policy(iam: Any, name: str, document: Any = READ, **more: Any) -> str:
    """Create a managed policy by hand; return its ARN."""
    made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document), **more)
    return str(made["Policy"]["Arn"])


def test_a_role_that_is_not_there_is_none(iam: Any) -> None:
    """Neither an error nor an empty role."""
    assert read_role(iam, "nobody") is None
    assert read_tags(iam, "nobody") is None
    assert read_policy(iam, f"arn:aws:iam::{ACCOUNT}:policy/nothing") is None


def test_everything_on_a_role_is_read(iam: Any) -> None:
    """Trust, path, description, session length, boundary, tags, and each policy with its document."""
    boundary = make_policy(iam, "boundary")
    make_role(
        iam, Path="/ml/", Description="d", MaxSessionDuration=7200, PermissionsBoundary=boundary,
        Tags=[{"Key": "Project", "Value": "churn"}, {"Key": STATE_TAG, "Value": "complete abc"}],
    )  # fmt: skip
    iam.put_role_policy(RoleName="r", PolicyName="two", PolicyDocument=json.dumps(READ))
    iam.put_role_policy(RoleName="r", PolicyName="one", PolicyDocument=json.dumps(READ))
    arn = make_policy(iam, "mine", Path="/ml/", Tags=[{"Key": "rolemgr:role", "Value": "r"}])
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    role = read_role(iam, "r")
    assert role is not None
    assert (role.arn, role.path) == (f"arn:aws:iam::{ACCOUNT}:role/ml/r", "/ml/")
    assert (role.description, role.max_session, role.boundary) == ("d", 7200, boundary)
    assert role.tags == {"Project": "churn", STATE_TAG: "complete abc"}
    assert role.state == State("complete", "abc")
    assert role.trust_policy.statement[0].principal == {"Service": ("sagemaker.amazonaws.com",)}
    assert [policy.name for policy in role.policies] == ["one", "two"]
    assert role.policies[0].document.to_json_value()["Statement"][0]["Action"] == ["s3:GetObject"]
    [attached] = role.attached
    assert (attached.arn, attached.name, attached.attachments) == (arn, "mine", 1)
    assert attached.document == role.policies[0].document
    assert attached.belongs_to("r")
    assert not attached.belongs_to("other")


def test_the_document_of_the_default_version_is_the_one_in_force(iam: Any) -> None:
    """A newer version that is not the default counts for nothing."""
    arn = make_policy(iam, "p")
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(deny))
    found = read_policy(iam, arn)
    assert found is not None
    assert found.version == "v1"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    found = read_policy(iam, arn)
    assert found is not None
    assert found.document is not None
    assert (found.version, found.document.statement[0].effect) == ("v2", "Deny")


def test_many_policies_come_in_pages(iam: Any) -> None:
    """IAM gives a hundred at a time; none is lost."""
    make_role(iam)
    for number in range(101):
        iam.put_role_policy(RoleName="r", PolicyName=f"p{number:03}", PolicyDocument=json.dumps(READ))
    role = read_role(iam, "r")
    assert role is not None
    assert len(role.policies) == 101


def test_of_aws_own_policies_no_document_is_read(iam: Any) -> None:
    """They are the same everywhere, and rolemgr has the ones that matter."""
    assert read_policy(iam, BOUNDARY) == AccountPolicy(BOUNDARY)


def test_a_role_of_nobody_has_no_state(iam: Any) -> None:
    """Without our tag it is somebody else's."""
    make_role(iam)
    role = read_role(iam, "r")
    assert role is not None
    assert role.state is None


def test_a_refused_call_is_one_clear_line(iam: Any) -> None:
    """What boto3 raises never gets out of the room."""
    iam.meta.events.register("before-send.iam.ListRolePolicies", lambda **_: answer(403, "AccessDenied", "no\nway"))
    make_role(iam)
    with pytest.raises(AwsError) as caught:
        read_role(iam, "r")
    assert str(caught.value) == "access denied to iam:ListRolePolicies: no way"
    assert (caught.value.exit_code, caught.value.code) == (3, "AccessDenied")


def test_a_network_that_is_gone_is_one_clear_line() -> None:
    """The same with nobody listening."""
    with pytest.raises(AwsError, match=r"^AWS can.t be reached: ") as caught:
        read_role(iam_client("http://127.0.0.1:9"), "r")
    assert caught.value.concerns_all


@pytest.mark.parametrize("fault", ["access denied", "throttled", "failure 500", "a page", "done, then half"])
def test_a_role_that_nobody_could_look_up_is_neither_there_nor_missing(iam: Any, fault: str) -> None:
    """Whatever comes in the place of an answer about one role."""
    make_role(iam)
    with sabotage(iam, 0, FAULTS[fault], for_ever=True):
        assert role_exists(iam, f"arn:aws:iam::{ACCOUNT}:role/r") is None


def test_a_role_without_an_arn_in_the_answer_is_neither_there_nor_missing(iam: Any) -> None:
    """AWS always sends one: what lacks it is none of AWS's answers."""
    body = "<GetRoleResponse><GetRoleResult><Role/></GetRoleResult><ResponseMetadata><RequestId>0</RequestId>"
    with sabotage(iam, 0, lambda _: page(f"{body}</ResponseMetadata></GetRoleResponse>".encode())):
        assert role_exists(iam, f"arn:aws:iam::{ACCOUNT}:role/r") is None
