"""A decision that is called certain is the same whatever the unknown keys are."""

from itertools import product
from typing import Any

import pytest

from rolemgr.diagnose.unknown import certain, hanging
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy

SUBNETS, ORG = "sagemaker:VpcSubnets", "aws:PrincipalOrgID"
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"Null": {SUBNETS: "true"}},
    {"Null": {SUBNETS: "false"}},
    {"StringEquals": {ORG: "a"}},
    {"StringNotEquals": {ORG: "a"}},
    {"StringEqualsIfExists": {ORG: "a"}},
    {"ForAnyValue:StringNotLike": {SUBNETS: "a*"}},
    {"StringEquals": {ORG: "${aws:PrincipalTag/x}"}},
    {"Null": {SUBNETS: "true"}, "StringEquals": {"aws:PrincipalAccount": "444455556666"}},
]
VALUES: tuple[tuple[str, ...], ...] = ((), ("a",), ("b",))
ROLE = "arn:aws:iam::111122223333:role/r"


def _request(context: dict[str, tuple[str, ...]]) -> Request:
    return Request.known("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:111122223333:training-job/j",
                         {key: list(values) for key, values in context.items() if values}, ROLE, None)  # fmt: skip


@pytest.mark.parametrize("allow", CONDITIONS, ids=str)
@pytest.mark.parametrize("deny", CONDITIONS, ids=str)
def test_certain_means_for_all_values(allow: dict[str, Any], deny: dict[str, Any]) -> None:
    """Every value of each key, and none, gives what the request without them gives."""
    statements = [
        {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*", "Condition": allow},
        {"Effect": "Deny", "Action": "sagemaker:*", "Resource": "*", "Condition": deny},
    ]
    policies = Policies(identity=(IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements}),))
    asked = _request({})
    allowed = evaluate(asked, policies).decision == "Allowed"
    contexts = [dict(zip((SUBNETS, ORG, "aws:PrincipalTag/x"), row, strict=True)) for row in product(VALUES, repeat=3)]
    answers = {evaluate(_request(context), policies).decision == "Allowed" for context in contexts}
    if certain(asked, policies, hanging(asked, policies)):
        assert answers == {allowed}
    else:
        assert hanging(asked, policies)
