"""Rules of organizations' policies at their edges, and over our own policies."""

from pathlib import Path
from typing import Any

import pytest
from tests.check.support import findings, rules

from rolemgr.files.yaml import read_yaml

GOLDEN = sorted((Path(__file__).parents[1] / "golden/layers").glob("*.json"))
OURS = {f"RM{number}" for number in range(510, 519)}


def deny(condition: dict[str, Any], actions: Any = "sagemaker:*", **more: Any) -> dict[str, Any]:
    """Return a policy of one Deny."""
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_our_own_policies_have_no_such_finding(path: Path) -> None:
    """
    What we render is judged like anything else; an operation newer than the reference is told as such.

    The reference gives `ram:ResourceArn` one value, and a request may share several resources.
    """
    kind = path.name.partition("-")[0]
    found = [one for document in read_yaml(path).data for one in findings(document, kind)]
    assert {one.rule for one in found} <= ({"RM210", "RM403"} if path.stem == "scp-no-sharing" else set())


def test_there_are_policies_of_our_own() -> None:
    """Collecting nothing must not look like passing."""
    assert len(GOLDEN) >= 20


@pytest.mark.parametrize(
    ("policy", "kind", "rule", "found"),
    [
        (deny({"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}), "scp", "RM510", True),
        (deny({"StringEquals": {"aws:PrincipalTag/team": "ml"}}), "scp", "RM510", False),
        (deny({"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}), "identity", "RM510", False),
        (deny({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/x/*"}}), "identity", "RM511", True),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), "scp", "RM511", False),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), "scp", "RM512", False),
        (deny({"StringNotLike": {"aws:PrincipalArn": "*"}}), "scp", "RM512", True),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x-*"}}, "iam:CreateRole"), "scp", "RM512", False),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x-*"}}, "iam:Get*"), "scp", "RM512", True),
        (deny({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:RequestedRegion": "us-gov-west-1"}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1", "aws:SourceVpc": "vpc-1"}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}, "ecr:BatchGetImage"), "scp", "RM514", False),
        (deny({"StringNotEquals": {"aws:PrincipalTag/a": "b"}}, "ecr:*"), "scp", "RM514", True),
        (deny({"StringEquals": {"sagemaker:DirectInternetAccess": "Enabled"}}, "sagemaker:CreateNotebookInstance"), "scp", "RM518", False),
        (deny({"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}, "sagemaker:CreateTrainingJob"), "scp", "RM518", True),
        (deny({"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}), "scp", "RM518", False),
    ],
)  # fmt: skip
def test_an_edge(policy: dict[str, Any], kind: str, rule: str, found: bool) -> None:
    """Found where it is wrong, and nowhere else."""
    assert (rule in rules(policy, kind)) is found
