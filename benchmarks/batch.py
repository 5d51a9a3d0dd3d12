"""
A batch as `rolemgr simulate --requests` reads it: each line with its own request and policies of every layer.

    python benchmarks/batch.py [COUNT] > requests.jsonl

Policies repeat between lines as they do where requests about the roles of an organization are asked: forty
teams, each with its role and bucket, under the same boundary, SCPs on three levels, RCP and endpoint policy.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

COUNT = 16_000
_TEAMS = 40
_ACCOUNT = "111122223333"
_REQUESTS = (
    ("s3:GetObject", "arn:aws:s3:::team-{team}/data/{number}.csv"),
    ("s3:ListBucket", "arn:aws:s3:::team-{team}"),
    ("s3:DeleteObject", "arn:aws:s3:::team-{team}/{number}"),
    ("s3:PutObject", "arn:aws:s3:::team-{team}/{number}"),
    ("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:us-east-1:{_ACCOUNT}:training-job/team-{{number}}"),
)


def lines(count: int = COUNT) -> Iterator[str]:
    """Yield *count* lines of a batch, the same ones each time."""
    for number in range(count):
        yield json.dumps(_line(number, number * 7 % _TEAMS)) + "\n"


def _line(number: int, team: int) -> dict[str, Any]:
    action, resource = _REQUESTS[number % len(_REQUESTS)]
    full = _policy({"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"})
    everyone = {"Principal": "*", "Resource": "*"}
    return {
        "id": str(number),
        "request": {
            "principal": f"arn:aws:iam::{_ACCOUNT}:role/team-{team}",
            "action": action,
            "resource": resource.format(team=team, number=number),
            "resourceAccount": _ACCOUNT,
            "context": {
                "aws:PrincipalTag/Project": ("churn", "fraud")[number % 3 % 2],
                "aws:RequestedRegion": "us-east-1",
                "aws:SecureTransport": True,
                "aws:PrincipalOrgID": "o-abc",
                "sagemaker:InstanceTypes": ["ml.m5.xlarge"],
            },
        },
        "identityPolicies": [_identity(team)],
        "permissionsBoundaries": [
            _policy({"Sid": "Bound", "Effect": "Allow", "Action": ["s3:*", "sagemaker:*"], "Resource": "*"})
        ],
        "serviceControlPolicies": [[full], [full, _policy(_regions())], [full]],
        "resourceControlPolicies": [[_policy({"Sid": "OrgOnly", **_organization(), **everyone})]],
        "resourcePolicy": _policy(
            {"Sid": "Tls", "Effect": "Deny", "Action": "s3:*", "Condition": _tls(), **everyone},
            {
                "Sid": "Team", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:role/team-{team}"},
                "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::team-{team}/*",
            },
        ),
        "vpcEndpointPolicies": [_policy({"Sid": "All", "Effect": "Allow", "Action": "*", **everyone})],
    }  # fmt: skip


def one_role(count: int) -> Iterator[str]:
    """Yield *count* lines about one role with a policy of 60 KB."""
    policy = _large(0)
    for number in range(count):
        yield json.dumps(_about(number, 0, policy)) + "\n"


def large_lines(count: int) -> Iterator[str]:
    """Yield *count* lines, each with another policy of 60 KB."""
    for number in range(count):
        yield json.dumps(_about(number, number, _large(number))) + "\n"


def _about(number: int, role: int, policy: dict[str, Any]) -> dict[str, Any]:
    request = {
        "principal": f"arn:aws:iam::{_ACCOUNT}:role/role-{role}",
        "action": "s3:GetObject",
        "resource": f"arn:aws:s3:::data-{role}-7/{number}",
        "context": {"aws:PrincipalTag/Project": f"project-{role}-7"},
    }
    return {"id": str(number), "request": request, "identityPolicies": [policy]}


def _large(role: int) -> dict[str, Any]:
    """Return a policy of 60 KB, all of it about the role *role*."""
    return _policy(
        *(
            {
                "Sid": f"Role{role}Data{place}", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::data-{role}-{place}", f"arn:aws:s3:::data-{role}-{place}/*"],
                "Condition": {"StringEquals": {"aws:PrincipalTag/Project": f"project-{role}-{place}"}},
            }
            for place in range(230)
        )
    )  # fmt: skip


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _identity(team: int) -> dict[str, Any]:
    bucket = f"arn:aws:s3:::team-{team}"
    instances = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}}
    present = {"Null": {"sagemaker:InstanceTypes": "false"}}
    return _policy(
        {
            "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [bucket, f"{bucket}/*"], "Condition": {"StringEquals": {"aws:PrincipalTag/Project": "churn"}},
        },
        {
            "Sid": "Train", "Effect": "Allow", "Action": ["sagemaker:CreateTrainingJob", "sagemaker:Describe*"],
            "Resource": f"arn:aws:sagemaker:*:{_ACCOUNT}:*/team-*", "Condition": instances | present,
        },
        {"Sid": "NoDelete", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    )  # fmt: skip


def _regions() -> dict[str, Any]:
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}
    return {"Sid": "Regions", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": elsewhere}


def _organization() -> dict[str, Any]:
    strangers = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}
    return {"Effect": "Deny", "Action": "s3:*", "Condition": strangers}


def _tls() -> dict[str, Any]:
    return {"Bool": {"aws:SecureTransport": "false"}}


if __name__ == "__main__":
    sys.stdout.writelines(lines(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
