"""Names in a policy that no request can have, and AWS's own policies, which have hardly any."""

import json
from typing import Any

import pytest
from moto.iam import aws_managed_policies

from rolemgr.iam.documents import IdentityPolicy, PolicyDocument, ResourcePolicy
from rolemgr.reference.documents import document_doubts


def doubts(kind: type[PolicyDocument] = IdentityPolicy, **statement: Any) -> list[str]:
    """Return what is doubtful about a statement that is right but for what is given."""
    right = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = kind.model_validate({"Version": "2012-10-17", "Statement": [right | statement]})
    return [str(doubt) for _, doubt in document_doubts(document)]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ({"Action": ["s3:GetObjct", "s3:GetObject"]}, "unknown action `s3:GetObjct`; did you mean s3:GetObject"),
        ({"Action": "sagmaker:*"}, "no action that AWS is known to have matches `sagmaker:*`"),
        ({"Resource": "arn:aws:sagemaker:us-est-1:111122223333:model/*"}, "unknown region `us-est-1`"),
        ({"Resource": "arn:aws:iam::1234:role/*"}, "`1234` is not an account id of 12 digits"),
        ({"Condition": {"StringEquals": {"aws:PrincipalTags/x": "y"}}}, "unknown condition key `aws:PrincipalTags/x`"),
        ({"Condition": {"Null": {"aws:PrincipalTags/x": "true"}}}, "unknown condition key `aws:PrincipalTags/x`"),
        ({"Condition": {"StringLike": {"sagemaker:InstanceTypes": ["ml.*", "ml.m5.hugee"]}}}, "unknown instance type"),
        (
            {"Condition": {"StringEquals": {"iam:PassedToService": "sagmaker.amazonaws.com"}}},
            "unknown service principal",
        ),
    ],
)
def test_a_name_that_no_request_has_is_questioned(statement: dict[str, Any], says: str) -> None:
    """Each once, with what was meant."""
    (found,) = doubts(**statement)
    assert found.startswith(says)


@pytest.mark.parametrize(
    ("principal", "says"),
    [
        ({"Service": ["sagmaker.amazonaws.com", "sagemaker.amazonaws.com"]}, "unknown service principal `sagmaker.ama"),
        ({"AWS": "arn:awss:iam::111122223333:role/r"}, "unknown partition `awss`; did you mean aws"),
    ],
)
def test_a_principal_that_nobody_is_is_questioned(principal: dict[str, Any], says: str) -> None:
    """A resource policy with a misspelt service lets nobody in."""
    (found,) = doubts(ResourcePolicy, Principal=principal)
    assert found.startswith(says)


@pytest.mark.nightly
def test_what_aws_writes_is_not_questioned() -> None:
    """Over all of AWS's managed policies the only doubts are names of services and actions that are no more."""
    table = json.loads(aws_managed_policies.aws_managed_policies_data)
    found = {
        doubt.problem
        for entry in table.values()
        for _, doubt in document_doubts(IdentityPolicy.model_validate(_document(entry)))
    }
    assert len(table) > 1000
    others = {one for one in found if "action" not in one.partition("`")[0]}
    assert {one.split("`")[1] for one in others} <= {
        "deepracer:UserToken",
        "deepracer:MultiUser",
        "lakeformation:GlueARN",
    }


def _document(entry: dict[str, Any]) -> Any:
    return entry["Document"]
