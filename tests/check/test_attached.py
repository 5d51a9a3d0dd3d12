"""Attached policies whose text is known count as written in the role."""

import json
from typing import Any

import pytest

from rolemgr.check.attached import attached
from rolemgr.check.collect import from_text
from rolemgr.check.finding import NotJudged
from rolemgr.check.run import check

JOB = {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"}


def rules(arn: Any, *, template: bool) -> set[str]:
    """Return the rules that find something in a role with *arn* attached."""
    made = {"Version": "2012-10-17", "Statement": [JOB]}
    role = {
        "RoleName": "r",
        "ManagedPolicyArns": [arn],
        "Policies": [{"PolicyName": "a", "PolicyDocument": made}],
    }
    data = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": role}}} if template else role
    return {one.rule for one in check(from_text(json.dumps(data), "r.json", as_json=True))}


@pytest.mark.parametrize("template", [True, False])
def test_known_policies_count(template: bool) -> None:
    """An administrator is one by attachment too, and PassRole that AWS's policy allows is not missed."""
    assert "RM601" in rules("arn:aws:iam::aws:policy/AdministratorAccess", template=template)
    full = rules("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", template=template)
    assert {"RM603", "RM607", "RM704"} <= full
    assert "RM609" not in full
    assert "RM609" in rules("arn:aws:iam::111122223333:policy/ours", template=template)


def test_an_unknown_policy_is_not_judged() -> None:
    """Its text is elsewhere: that is said, with the place."""
    found = attached("arn:aws:iam::111122223333:policy/ours", "r.json", "r", 3)
    assert isinstance(found, NotJudged)
    assert (found.path, found.line) == ("r.json", 3)
