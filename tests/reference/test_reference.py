"""The Service Authorization Reference as we read it: spelling, levels, types, keys, wildcards."""

import pytest

from rolemgr.reference.resources import common, sample, types_of
from rolemgr.reference.services import Action, expand, find_action, normal_key, service_exists
from rolemgr.reference.support import supports


def action(name: str) -> Action:
    """Return the action *name*, which must exist."""
    found = find_action(name)
    assert found, name
    return found


def test_an_action_is_found_in_any_case_and_spelt_as_the_reference_spells_it() -> None:
    """IAM compares action names without regard to case."""
    assert action("SAGEMAKER:createtrainingjob").name == "sagemaker:CreateTrainingJob"
    assert find_action("sagemaker:UpdateRecord") is None
    assert find_action("nosuch:Thing") is None
    assert not service_exists("nosuch")


def test_joined_access_levels_are_taken_apart() -> None:
    """`Tagging, Write` is two levels."""
    assert action("sagemaker:AddTags").access_levels == {"Tagging", "Write"}
    assert action("s3:PutObjectAcl").access_levels == {"Permissions management", "Write"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sagemaker:CreateEndpoint*", ("sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig")),
        ("SageMaker:createendpoint?onfig", ("sagemaker:CreateEndpointConfig",)),
        ("sagemaker:NoSuch*", ()),
    ],
)
def test_wildcards_expand_to_the_actions_they_stand_for(pattern: str, expected: tuple[str, ...]) -> None:
    """A star is any number of characters and a question mark is one; case does not matter."""
    assert expand(pattern) == expected


def test_a_wildcard_service_reaches_every_service() -> None:
    """`*:GetObject` is S3's, among others."""
    assert {"s3:GetObject", "s3-object-lambda:GetObject"} <= set(expand("*:GetObject"))


ARN = "arn:aws:sagemaker:us-east-1:111122223333:"
TYPES = [
    ("sagemaker:DescribePipeline", ARN + "pipeline/*", ("pipeline",)),
    ("sagemaker:StopPipelineExecution", ARN + "pipeline/*", ("pipeline-execution",)),
    ("sagemaker:StopPipelineExecution", ARN + "pipeline/churn", ()),
    ("sagemaker:StopPipelineExecution", ARN + "pipeline/churn/execution/*", ("pipeline-execution",)),
    ("sagemaker:DescribePipeline", ARN + "pipeline/churn/execution/*", ()),
    ("sagemaker:CreateTrainingJob", ARN + "*", ()),
    ("sagemaker:CreateTrainingJob", ARN + "training-*/x", ()),
    ("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1::training-job/x", ()),
    ("sagemaker:CreateTrainingJob", ARN + "processing-job/x", ()),
    ("sagemaker:CreateApp", ARN + "app/${sagemaker:DomainId}/*", ("app",)),
    (
        "sagemaker:CreatePresignedDomainUrl",
        ARN + "user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}",
        ("user-profile",),
    ),
    ("s3:ListBucket", "arn:aws:s3:::bucket", ("bucket",)),
    ("s3:ListBucket", "arn:aws:s3:::bucket/*", ()),
    ("s3:GetObject", "arn:aws:s3:::bucket/*", ("object",)),
    ("s3:GetObject", "arn:aws:s3:::bucket", ()),
    ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker/*", ("log-stream",)),
    ("logs:FilterLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker/*", ("log-group",)),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/ml/exec/*", ("role",)),
    ("iam:PassRole", "not an arn", ()),
    ("ecr:BatchGetImage", "arn:aws-cn:ecr:cn-north-1:111122223333:repository/team/image", ("repository",)),
]


@pytest.mark.parametrize(("name", "resource", "expected"), TYPES)
def test_an_arn_pattern_is_of_the_types_it_can_stand_for(name: str, resource: str, expected: tuple[str, ...]) -> None:
    """Wildcards and variables overlap with a type's format, but never replace the type itself."""
    assert types_of(resource, action(name)) == expected


@pytest.mark.parametrize(("name", "resource", "expected"), TYPES)
def test_a_sample_is_of_one_of_these_types(name: str, resource: str, expected: tuple[str, ...]) -> None:
    """Where a pattern fits there is a concrete ARN that fits as well, and none where it does not."""
    concrete = sample(
        resource.replace("${sagemaker:DomainId}", "d-1").replace("${sagemaker:UserProfileName}", "ana"), action(name)
    )
    assert (concrete is not None) is bool(expected)
    assert concrete is None or ("*" not in concrete and types_of(concrete, action(name)))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a*", "*b", "ab"),
        ("a*c", "ab?", "abc"),
        ("a", "b", None),
        ("*", "*", ""),
        ("a?", "?b", "ab"),
        ("a*", "b*", None),
    ],
)
def test_two_globs_have_a_text_in_common_or_not(left: str, right: str, expected: str | None) -> None:
    """The shortest text that both match is found."""
    assert common(left, right) == expected


KEYS = [
    ("sagemaker:CreateTrainingJob", ("training-job",), "sagemaker:InstanceTypes", True),
    ("sagemaker:DescribeTrainingJob", ("training-job",), "sagemaker:InstanceTypes", False),
    ("sagemaker:DescribeTrainingJob", ("training-job",), "aws:ResourceTag/Project", True),
    ("sagemaker:ListTrainingJobs", (), "aws:ResourceTag/Project", False),
    ("sagemaker:CreateTrainingJob", ("training-job",), "aws:RequestTag/Project", True),
    ("sagemaker:DescribeTrainingJob", ("training-job",), "aws:RequestTag/Project", False),
    ("sagemaker:DescribeTrainingJob", ("training-job",), "aws:PrincipalTag/Project", True),
    ("sagemaker:CreateTrainingJob", ("training-job",), "sagemaker:VolumeKmsKey", True),
    ("sagemaker:CreateTrainingJob", ("training-job",), "sagemaker:VolumeKmsKeyArn", True),
    ("sagemaker:CreateTransformJob", ("transform-job",), "sagemaker:NetworkIsolation", False),
    ("sagemaker:CreateTrainingJob", ("training-job",), "sagemaker:UseSpot", False),
    ("sagemaker:CreateApp", ("app",), "SAGEMAKER:owneruserprofilearn", True),
    ("s3:GetObject", ("object",), "s3:ExistingObjectTag/class", True),
    ("s3:GetObject", ("object",), "s3:prefix", False),
    ("s3:ListBucket", ("bucket",), "s3:prefix", True),
    ("iam:PassRole", ("role",), "iam:PassedToService", True),
    ("iam:GetRole", ("role",), "iam:PassedToService", False),
    (
        "sagemaker:UpdateMonitoringAlert",
        ("monitoring-schedule", "monitoring-schedule-alert"),
        "aws:ResourceTag/x",
        False,
    ),
]


@pytest.mark.parametrize(("name", "types", "key", "expected"), KEYS)
def test_condition_keys_come_with_the_actions_that_support_them(
    name: str, types: tuple[str, ...], key: str, expected: bool
) -> None:
    """By the action, by the type, by both, or as a global key; old names beside their successors."""
    assert supports(action(name), types, key) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [("aws:ResourceTag/${TagKey}", "aws:resourcetag/"), ("aws:ResourceTag/Project", "aws:resourcetag/"),
     ("s3:ExistingObjectTag/<key>", "s3:existingobjecttag/"), ("sagemaker:ModelLifeCycle:Stage", "sagemaker:modellifecycle:stage")],
)  # fmt: skip
def test_keys_are_compared_without_case_and_variable_part(key: str, expected: str) -> None:
    """`aws:ResourceTag/Project` is the key that the reference writes with `${TagKey}`."""
    assert normal_key(key) == expected


@pytest.mark.parametrize(
    "name", ["cloudwatch:PutMetricData", "sagemaker:ListModelPackages", "ec2:CreateNetworkInterface"]
)
def test_what_must_be_star_has_no_types(name: str) -> None:
    """Where the quirks say that only `*` works, the reference's types are not used."""
    assert action(name).resource_types == ()
