"""Which pairs of an action and a resource AWS never asks for, by the reference; unsure is not inert."""

import time

import pytest

from rolemgr.reference.inert import is_inert, live_resources

SAGEMAKER = "arn:aws:sagemaker:us-east-1:111122223333:"
INERT = [
    ("s3:GetObject", "arn:aws:s3:::acme"), ("s3:getobject", "arn:aws:s3:::acme"), ("s3:ListBucket", "arn:aws:s3:::acme/*"),
    ("s3:ListBucket", "arn:aws:s3:::acme-${aws:PrincipalTag/team}/*"),
    ("sagemaker:CreateModel", SAGEMAKER + "training-job/*"), ("sagemaker:CreateModel", SAGEMAKER + "pipeline/*"),
    ("sagemaker:DescribeApp", SAGEMAKER + "space/${sagemaker:DomainId}/*"), ("sagemaker:ListModels", SAGEMAKER + "model/*"),
    ("sagemaker:DescribePipelineExecution", SAGEMAKER + "pipeline/churn"), ("s3:GetObject", SAGEMAKER + "model/*"),
    ("iam:GetRole", "arn:aws:iam::111122223333:policy/*"),
]  # fmt: skip
NOT_INERT = [
    ("s3:GetObject", "arn:aws:s3:::acme/*"), ("s3:GetObject", "arn:aws:s3:::acme*"), ("s3:ListBucket", "arn:aws:s3:::acme*"),
    ("s3:GetObject", "*"), ("s3:GetObject", "arn:*"), ("s3:GetObject", "arn:aws:*:::acme"), ("s3:Get*", "arn:aws:s3:::acme"),
    ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team}"), ("s3:NoSuchAction", "arn:aws:s3:::acme"),
    ("nobody:Acts", "arn:aws:s3:::acme"), ("sagemaker:CreateModel", SAGEMAKER + "*"), ("sagemaker:CreateModel", SAGEMAKER + "m?del/*"),
    ("sagemaker:CreateModel", SAGEMAKER + "mo*"), ("sagemaker:CreateModel", "arn:aws:sagemaker:*:*:model/*"),
    ("sagemaker:CreateModel", "arn:aws:sagemaker:*:*:${aws:userid}"), ("sagemaker:ListTags", SAGEMAKER + "model-package/*"),
    ("sagemaker:DescribePipelineExecution", SAGEMAKER + "pipeline/*"),
    ("sagemaker:CreateModel", SAGEMAKER + "model-package/*"),  # of another account, says AWS's page on deployment
    ("logs:CreateLogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker/*"),
    ("logs:CreateLogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:mine:*"),
    ("logs:CreateLogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:mine:log-stream:*"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "resource"), INERT)
def test_of_no_type_of_the_action(action: str, resource: str) -> None:
    """The pattern matches no ARN of a type of the action, whatever its variables stand for."""
    assert is_inert(action, resource)


@pytest.mark.parametrize(("action", "resource"), NOT_INERT)
def test_what_may_be_of_a_type_is_not_inert(action: str, resource: str) -> None:
    """A wildcard, a variable or an unknown action leaves it open."""
    assert not is_inert(action, resource)


def test_those_that_are_left_keep_their_order() -> None:
    """What an action is asked on."""
    assert live_resources("s3:GetObject", ("arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::a/*")) == (
        "arn:aws:s3:::b/*", "arn:aws:s3:::a/*",
    )  # fmt: skip


def test_a_hostile_pattern_takes_no_time() -> None:
    """One walk over the pattern, however many stars it has."""
    start = time.process_time()
    assert not is_inert("sagemaker:ListTags", SAGEMAKER + "model/" + "?*a*" * 5000)
    assert time.process_time() - start < 2
