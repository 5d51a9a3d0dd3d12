"""ARNs that name nothing: of a Region that AWS does not have, with blanks, or with what a template left."""

import pytest
from tests.check.support import policy, rules

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
}
SPARED = (
    "arn:aws:s3:::acme/a folder/*",
    "arn:aws:cloudwatch:us-east-1:111122223333:alarm:two words",
    "arn:aws:sagemaker:*:111122223333:model/x",
    "arn:aws:sagemaker:us-*-1:111122223333:model/x",
    "arn:aws:sagemaker:us-east-1:111122223333:model/${aws:PrincipalTag/Project}",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:{{resolve:ssm:/name}}",
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
