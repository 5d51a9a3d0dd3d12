"""Managed policies of a template, judged with the one role or permission set that refers to them."""

import json
from typing import Any

import pytest

from rolemgr.check.collect import from_text
from rolemgr.check.run import check

JOBS = {
    "Effect": "Allow",
    "Action": "sagemaker:CreateTrainingJob",
    "Resource": "arn:aws:sagemaker:*:111122223333:training-job/*",
}
PASS = {
    "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/compute",
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}  # fmt: skip


def document(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def managed(name: Any) -> dict[str, Any]:
    """Return a managed policy called *name* that allows training jobs."""
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"ManagedPolicyName": name, "PolicyDocument": document(JOBS)},
    }


def permission_set(*names: Any) -> dict[str, Any]:
    """Return a permission set that passes a role inline, and refers to policies by *names*."""
    references = [{"Name": name, "Path": "/"} for name in names]
    return {
        "Type": "AWS::SSO::PermissionSet",
        "Properties": {"InlinePolicy": document(PASS), "CustomerManagedPolicyReferences": references},
    }


def role(*attached: Any) -> dict[str, Any]:
    """Return a role that passes a role inline, and attaches *attached*."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "ManagedPolicyArns": list(attached),
            "Policies": [{"PolicyName": "pass", "PolicyDocument": document(PASS)}],
        },
    }


def rules(**resources: dict[str, Any]) -> set[str]:
    """Return the rules that find something in a template of *resources*."""
    return {one.rule for one in check(from_text(json.dumps({"Resources": resources}), "t.json", as_json=True))}


@pytest.mark.parametrize("name", ["jobs", {"Fn::Sub": "${AWS::StackName}-jobs"}], ids=["a name", "a function"])
def test_a_permission_set_has_the_policies_that_it_refers_to(name: Any) -> None:
    """The role to pass is in one of them, the jobs in another; a set that refers to none has none."""
    assert "RM609" not in rules(Set=permission_set(name), Jobs=managed(name))
    assert "RM609" in rules(Set=permission_set("other"), Jobs=managed(name))


def test_a_role_has_the_policies_that_it_attaches() -> None:
    """By a reference in the role, as by one in the policy."""
    assert "RM609" not in rules(Role=role({"Ref": "Jobs"}), Jobs=managed("jobs"))
    assert "RM609" in rules(Role=role("arn:aws:iam::aws:policy/ReadOnlyAccess"), Jobs=managed("jobs"))


def test_of_two_holders_neither_answers_for_the_policy() -> None:
    """What one of them allows beside it the other need not."""
    bare = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "Jobs"}]}}
    assert "RM609" in rules(Role=role({"Ref": "Jobs"}), Bare=bare, Jobs=managed("jobs"))
