"""The action, or the pattern, that a misspelt one may have meant."""

import pytest

from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.nearest import nearest_action
from rolemgr.reference.services import expand, find_action


@pytest.mark.parametrize(
    ("action", "meant"),
    [
        ("sagemaker:CreateTraningJob*", "sagemaker:CreateTrainingJob*"),
        ("sagemaker:Discribe*", "sagemaker:Describe*"),
        ("sagemaker:*TraningJob", "sagemaker:*TrainingJob"),
        ("sagemaker:*Traning*", "sagemaker:*Training*"),
        ("sagemaker:Craete*Traning*Job", "sagemaker:Create*Training*Job"),
        ("SageMaker:createtraningjob*", "sagemaker:CreateTrainingJob*"),
        ("ec2:Describe?Instances", "ec2:DescribeInstances"),
        ("sagemakr:CreateTrainingJob", "sagemaker:CreateTrainingJob"),
        ("sagemakr:CreateTraningJob*", "sagemaker:CreateTrainingJob*"),
        ("sagemakr:*", "sagemaker:*"),
        ("sagemaker:CreateTraningJob", "sagemaker:CreateTrainingJob"),
    ],
)  # fmt: skip
def test_the_nearest_is_of_the_reference(action: str, meant: str) -> None:
    """It is what somebody meant, and matches something."""
    assert nearest_action(action) == meant
    assert expand(meant) if has_wildcard(meant) else find_action(meant)


@pytest.mark.parametrize(
    "action",
    ["sagemaker:Frobnicate*", "nothing-like-it:*", "sagemaker:", "", ":*", "sage*:CreateTraningJob",
     "sagemaker:" + "*A" * 60, "sagemaker:" + "x" * 10_000, "ec2:*Zzzzzz*", "sagemaker:*Crate*Zzz*"],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_where_nothing_is_near_nothing_is_said(action: str) -> None:
    """A guess that is none would send people the wrong way."""
    assert nearest_action(action) is None
