"""ARNs that name nothing: of a Region that AWS does not have, with blanks, or with what a template left."""

from typing import Any

import pytest
from tests.check.support import findings, policy, rules

FOUND = {
    "arn:aws:s3:us-east1::b/*": "RM212",
    "arn:aws:sagemaker:us-east9:111122223333:model/x": "RM212",
    "arn:aws-cn:sagemaker:us-east-1:111122223333:model/x": "RM212",
    "arn:aws:sagemaker:us-east-1:11112222333:model/x": "RM105",
    "arn:aws:sagemaker:us-east-1:111122223333:model/a b": "RM105",
    "arn:aws:sagemaker:us-east-1 :111122223333:model/x": "RM105",
    "arn:aws:s3:::acme/a.csv ": "RM105",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:{ job_secrets }": "RM114",
    "arn:aws:iam::{{account}}:role/x": "RM114",
    "arn:aws:sagemaker:us-east-1:111122223333:model/<NAME>": "RM114",
    "arn:aws:sagemaker:us-east-1:111122223333:model/<%= name %>": "RM114",
    "arn:aws:s3:::${Bucket}/*": "RM114",
    "arn:aws:s3:::${var.bucket}/*": "RM114",
    "arn:aws:s3:::data-${AWS::Region}/*": "RM114",
    "arn:aws:iam::${AccountId}:role/x": "RM114",
    "arn:aws:iam::ACCOUNT_ID:role/x": "RM114",
    "arn:aws:iam::your-account:role/x": "RM114",
    "arn:aws:iam::xxxxxxxxxxxx:role/x": "RM114",
    "arn:aws:s3:::%s/*": "RM114",
    "arn:aws:s3:::%(bucket)s/*": "RM114",
    "arn:aws:s3:::$BUCKET/*": "RM114",
    "arn:aws:iam::111122223333:role/$role": "RM114",
    "arn:aws:iam::111122223333:role/[role]": "RM114",
    "arn:aws:s3:::REPLACE_ME/*": "RM114",
    "arn:aws:s3:::change-me/*": "RM114",
    "arn:aws:s3:::YOUR_BUCKET/*": "RM114",
    "arn:aws:s3:::sagemaker-__REGION__/*": "RM114",
    "${Arn}": "RM114",
    "$ARN": "RM114",
}
SPARED = (
    "arn:aws:s3:::acme/a folder/*",
    "arn:aws:cloudwatch:us-east-1:111122223333:alarm:two words",
    "arn:aws:sagemaker:*:111122223333:model/x",
    "arn:aws:sagemaker:us-*-1:111122223333:model/x",
    "arn:aws:sagemaker:us-east-1:111122223333:model/${aws:PrincipalTag/Project}",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:{{resolve:ssm:/name}}",
    "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST",
    "arn:aws:iot:us-east-1:111122223333:topic/$aws/things/x",
    "arn:aws:s3:::acme/a%20b_$folder$",
    "arn:aws:s3:::acme/${aws:username}/*",
    "arn:aws:s3:::acme/${saml:sub, 'nobody'}/${*}",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::cloudfront:user/CloudFront",
    "arn:aws:iam::111122223333:role/AccountAdmin-TodoApp",
)


def _ids(resource: str) -> set[str]:
    return rules(policy({"Effect": "Deny", "Action": "*", "Resource": resource})) & {"RM105", "RM114", "RM212"}


@pytest.mark.parametrize("resource", FOUND)
def test_an_arn_that_names_nothing_is_found(resource: str) -> None:
    """By one rule, that says what of it AWS does not have."""
    assert _ids(resource) == {FOUND[resource]}


@pytest.mark.parametrize("resource", SPARED)
def test_an_arn_that_may_name_something_is_not(resource: str) -> None:
    """Wildcards, variables, blanks where names have them, and what CloudFormation fills in."""
    assert _ids(resource) == set()


@pytest.mark.parametrize(
    "more",
    [
        {"Principal": {"AWS": "arn:aws:iam::<ACCOUNT_ID>:root"}},
        {"Principal": {"AWS": "arn:aws:iam::ACCOUNT_ID:root"}},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "${OrgId}"}}},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "{{ org }}"]}}},
    ],
)
def test_principals_and_values_are_looked_at_too(more: dict[str, Any]) -> None:
    """A trust policy names callers, and a condition compares, with what nothing has filled in."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **more}
    assert "RM114" in rules(policy(statement), "trust")


def test_what_another_tool_fills_in_is_left_to_it() -> None:
    """In a template `${Bucket}` is its own; text of a third tool is not."""
    for bucket, found in (("${Bucket}", False), ("${var.bucket}", False), ("REPLACE_ME", True)):
        made = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"})
        assert ("RM114" in {one.rule for one in findings(made, template=True)}) is found
