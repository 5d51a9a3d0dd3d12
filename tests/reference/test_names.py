"""Every kind of name is questioned where AWS is not known to have it, with the nearest right thing, and only there."""

import json
from collections.abc import Callable
from importlib.resources import files

import pytest
from botocore.session import Session

from rolemgr.reference.names import (
    Doubt,
    action_doubt,
    arn_doubts,
    instance_type_doubt,
    instance_types,
    key_doubt,
    region_doubt,
    regions,
    service_principal_doubt,
    service_principals,
)

Ask = Callable[[str], Doubt | None]


@pytest.mark.parametrize(
    ("ask", "name", "near"),
    [
        (action_doubt, "sagemaker:CreateTraningJob", "sagemaker:CreateTrainingJob"),
        (action_doubt, "sagmaker:createtrainingjob", "sagemaker:CreateTrainingJob"),
        (action_doubt, "sagmaker:CreateTraningJob", "sagemaker:CreateTrainingJob"),
        (key_doubt, "sagemaker:VpcSubnet", "sagemaker:VpcSubnets"),
        (key_doubt, "sagmaker:VpcSubnets", "sagemaker:VpcSubnets"),
        (key_doubt, "aws:PrincipalTags/Project", "aws:PrincipalTag/Project"),
        (key_doubt, "aws:ReqestTag/Project", "aws:RequestTag/Project"),
        (region_doubt, "us-est-1", "us-east-1"),
        (instance_type_doubt, "ml.m5.hugee", "ml.m5.large"),
        (instance_type_doubt, "ml.m55.*", "ml.m5.*"),
        (service_principal_doubt, "sagmaker.amazonaws.com", "sagemaker.amazonaws.com"),
        (service_principal_doubt, "sagemaker.amazonaw.com", "sagemaker.amazonaws.com"),
        (service_principal_doubt, "state.eu-west-1.amazonaws.com", "states.eu-west-1.amazonaws.com"),
        (service_principal_doubt, "logs.us-est-1.amazonaws.com", "us-east-1"),
        (service_principal_doubt, "ec3.amazonaws.com.cn", "ec2.amazonaws.com.cn"),
    ],
)
def test_a_misspelt_name_is_questioned(ask: Ask, name: str, near: str) -> None:
    """With the name that was meant among the nearest."""
    doubt = ask(name)
    assert doubt is not None
    assert doubt.hint is not None
    assert near in doubt.hint.removesuffix("?").removeprefix("did you mean ").split(", ")


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (action_doubt, "s3:getobject"),
        (key_doubt, "sagemaker:vpcsubnets"),
        (key_doubt, "SAGEMAKER:VpcSubnets"),
        (key_doubt, "sagemaker:VolumeKmsKey"),
        (key_doubt, "sagemaker:DomainId"),
        (key_doubt, "aws:requesttag/Project"),
        (key_doubt, "aws:PrincipalOrgID"),
        (key_doubt, "token.actions.githubusercontent.com:sub"),
        (key_doubt, "lambda:SourceFunctionArn"),
        (region_doubt, "us-gov-west-1"),
        (region_doubt, "cn-north-1"),
        (instance_type_doubt, "system"),
        (instance_type_doubt, "ml.m5.*"),
        (instance_type_doubt, "ml.g4dn*"),
        (service_principal_doubt, "sagemaker.amazonaws.com"),
        (service_principal_doubt, "states.eu-west-1.amazonaws.com"),
        (service_principal_doubt, "ec2.amazonaws.com.cn"),
        (service_principal_doubt, "delivery.logs.amazonaws.com"),
        (service_principal_doubt, "edgelambda.amazonaws.com"),
    ],
)
def test_a_name_that_aws_has_is_not_questioned(ask: Ask, name: str) -> None:
    """In any case where AWS does not mind, with its region and the ending of its partition."""
    assert ask(name) is None


@pytest.mark.parametrize("name", ["foo:Bar", "foo:bar"])
def test_a_name_with_nothing_near_is_questioned_without_a_hint(name: str) -> None:
    """Better no hint than a far-fetched one."""
    doubts = action_doubt(name), key_doubt(name)
    assert [doubt and doubt.hint for doubt in doubts] == [None, None]
    assert all(doubt and "no service" in doubt.problem for doubt in doubts)


@pytest.mark.parametrize(
    ("arn", "says"),
    [
        ("arn:awss:s3:::acme/a.csv", "unknown partition `awss`; did you mean aws"),
        ("arn:aws:sagemaker:us-est-1:111122223333:model/m", "unknown region `us-est-1`"),
        ("arn:aws:sagemaker:cn-north-1:111122223333:model/m", "region `cn-north-1` is in partition aws-cn, not aws"),
        ("arn:aws:iam::1234:role/r", "`1234` is not an account id of 12 digits"),
        ("role/r", "`role/r` is not an ARN"),
    ],
)
def test_each_part_of_an_arn_is_questioned(arn: str, says: str) -> None:
    """Partition, region, account: an ARN that is wrong there is nobody's."""
    (doubt,) = arn_doubts(arn)
    assert str(doubt).startswith(says)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::acme/a.csv",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws-us-gov:sagemaker:us-gov-west-1:111122223333:model/m",
        "arn:aws:sagemaker:*:*:model/*",
        "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
    ],
)
def test_an_arn_as_aws_writes_them_is_not_questioned(arn: str) -> None:
    """Also one of AWS's own, and a pattern."""
    assert not list(arn_doubts(arn))


def test_regions_are_those_of_botocore() -> None:
    """Whoever upgrades botocore learns here that `tools/aws_names.py` has to run."""
    found = {name for partition in ("aws", "aws-cn", "aws-us-gov") for name in _regions_of(partition)}
    assert found <= regions().keys()
    assert {regions()[name] for name in ("us-east-1", "cn-north-1", "us-gov-west-1")} == {"aws", "aws-cn", "aws-us-gov"}


def _regions_of(partition: str) -> list[str]:
    return [str(name) for name in Session().get_available_regions("ec2", partition, allow_non_regional=False)]


@pytest.mark.parametrize("shape", ["TrainingInstanceType", "ProcessingInstanceType", "AppInstanceType", "InstanceType"])
def test_instance_types_are_those_of_botocore(shape: str) -> None:
    """Of jobs, apps and notebooks alike."""
    listed = Session().get_service_model("sagemaker").shape_for(shape).enum
    assert {name for name in listed if name != "system"} <= instance_types()


def test_service_principals_are_names_and_no_hosts() -> None:
    """No region, bucket or example got in from the texts that they were read from."""
    own = json.loads((files("rolemgr.reference.data") / "service_principals.json").read_text("utf-8"))
    assert own["source"]
    assert own["licence"]
    assert {"sagemaker", "lambda", "ecs-tasks", "delivery.logs"} <= service_principals()
    assert not [name for name in own["principals"] if any(part in regions() for part in name.split("."))]
