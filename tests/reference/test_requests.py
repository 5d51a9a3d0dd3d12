"""A request that AWS never makes is questioned part by part, and one that it makes is not."""

import json
from importlib.resources import files

import pytest
from botocore.session import Session

from rolemgr.catalog.load import Catalog
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.requests import key_doubts, questioned

JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job/churn"


def said(action: str, resource: str, principal: str | None = None, **context: str) -> list[str]:
    """Return what is questioned about a request, each with the part it is about; keys are written with two underscores."""
    keys = {key.replace("__", ":"): [value] for key, value in context.items()}
    return [f"{one.part}: {one.doubt}" for one in questioned(action, resource, keys, principal)]


@pytest.mark.parametrize(
    ("action", "resource", "says"),
    [
        ("s3:GetObjct", "arn:aws:s3:::acme/a", "action: unknown action `s3:GetObjct`; did you mean s3:GetObject"),
        (
            "s3:GetObject",
            "arn:aws:s3:::acme",
            "resource: `arn:aws:s3:::acme` is not a resource of s3:GetObject; its form is ",
        ),
        ("sagemaker:CreateTrainingJob", "*", "resource: AWS asks for sagemaker:CreateTrainingJob on a resource"),
        ("sagemaker:CreateModel", JOB, f"resource: `{JOB}` is not a resource of sagemaker:CreateModel; its form is arn:"),
        ("sagemaker:ListModels", JOB, "resource: sagemaker:ListModels has no resource types: its resource is *, not"),
        ("s3:GetObject", "acme/a", "resource: `acme/a` is not an ARN"),
        ("s3:GetObject", "arn:aws:s3:::Acme_Data/a", "resource: S3 lets no new bucket be called `Acme_Data`"),
    ],
)  # fmt: skip
def test_what_aws_does_not_ask_is_questioned(action: str, resource: str, says: str) -> None:
    """By its action, by its resource, and by both together."""
    (found,) = said(action, resource)
    assert found.startswith(says)


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"sagemaker__VpcSubnet": "s"}, "context: unknown condition key `sagemaker:VpcSubnet`; did you mean"),
        ({"sagemaker__RootAccess": "Enabled"}, "context: AWS does not send `sagemaker:RootAccess` with sagemaker:Crea"),
        ({"sagemaker__InstanceTypes": "ml.m5.hugee"}, "context: unknown instance type `ml.m5.hugee`"),
        ({"sagemaker__MaxRuntimeInSeconds": "12h"}, "context: `12h` is not a value of sagemaker:MaxRuntimeInSeconds"),
        ({"sagemaker__NetworkIsolation": "yes"}, "context: `yes` is not a value of sagemaker:NetworkIsolation"),
        ({"aws__RequestedRegion": "us-est-1"}, "context: unknown region `us-est-1`"),
        ({"aws__SourceAccount": "1234"}, "context: `1234` is not an account id of 12 digits"),
        ({"aws__PrincipalArn": "role/r"}, "context: `role/r` is not an ARN"),
        ({"aws__CalledVia": "athna.amazonaws.com"}, "context: unknown service principal `athna.amazonaws.com`"),
    ],
)
def test_context_that_aws_does_not_send_is_questioned(context: dict[str, str], says: str) -> None:
    """A key that nobody has, one of other actions, and a value that it never has."""
    (found,) = said("sagemaker:CreateTrainingJob", JOB, **context)
    assert found.startswith(says)


def test_a_key_of_another_action_names_the_actions_that_carry_it() -> None:
    """Which is how one finds the action that was meant."""
    (found,) = said("s3:GetObject", "arn:aws:s3:::acme/a", sagemaker__RootAccess="Enabled")
    assert found.endswith("it comes with sagemaker:CreateNotebookInstance, sagemaker:UpdateNotebookInstance")


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("sagemaker:CreateTrainingJob", JOB, {"sagemaker:vpcsubnets": "subnet-1"}),
        ("sagemaker:CreateTrainingJob", JOB, {"aws:RequestTag/Project": "churn"}),
        ("sagemaker:CreateTrainingJob", JOB, {"sagemaker:VolumeKmsKey": "arn:aws:kms:us-east-1:111122223333:key/k"}),
        ("s3:GetObject", "arn:aws:s3:::b/k", {"saml:sub": "x", "lambda:SourceFunctionArn": "arn:aws:lambda:::x"}),
        ("s3:ListAllMyBuckets", "*", {}),
        ("ecr:GetAuthorizationToken", "*", {}),
        ("ec2:CreateNetworkInterface", "*", {}),
        ("ec2:CreateNetworkInterface", "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1", {}),
        ("logs:DescribeLogStreams", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker:log-stream:", {}),
        ("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111122223333:role/r", {"accounts.google.com:aud": "x"}),
        (
            "s3:GetObject",
            "arn:aws:s3:::acme/k",
            {"cognito-identity.amazonaws.com:sub": "x", "accounts.google.com:aud": "y"},
        ),
        ("s3:GetObject", "arn:aws:s3:::acme/k", {"aws:PrincipalAccount": "anonymous"}),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:score:live", {}),
        ("logs:DescribeLogGroups", "arn:aws:logs:us-east-1:111122223333:log-group::log-stream:", {}),
        ("some:ThingOfTomorrow", "arn:aws:some:us-east-1:111122223333:thing/x", {}),
    ],
)
def test_what_aws_asks_is_not_questioned(action: str, resource: str, context: dict[str, str]) -> None:
    """Whatever the case of its keys, and under the ARNs that services really ask for; but for an unknown action."""
    found = [
        one for one in questioned(action, resource, {key: [value] for key, value in context.items()}, None)
        if one.part != "action"
    ]  # fmt: skip
    assert not [one for one in found if "lambda" not in str(one.doubt)], found


@pytest.mark.parametrize(
    ("principal", "says"),
    [
        ("sagmaker.amazonaws.com", "principal: unknown service principal `sagmaker.amazonaws.com`"),
        ("arn:aws:iam::1234:role/r", "principal: `1234` is not an account id of 12 digits"),
        ("arn:awss:iam::111122223333:role/r", "principal: unknown partition `awss`"),
    ],
)
def test_who_asks_is_questioned(principal: str, says: str) -> None:
    """A service that AWS does not have never asks."""
    (found,) = said("s3:ListAllMyBuckets", "*", principal)
    assert found.startswith(says)


RANGES = json.loads((files("rolemgr.reference.quirks") / "ranges.json").read_text("utf-8"))["numbers"]


@pytest.mark.parametrize("key", RANGES)
def test_ranges_are_those_of_the_api(key: str) -> None:
    """Of botocore's shape where it has both ends; the rest is of the API's page."""
    kind, _, shape = RANGES[key]["source"].rpartition(" ")
    assert find_key(key) is not None
    if kind == "botocore sagemaker":
        limits = Session().get_service_model("sagemaker").shape_for(shape).metadata
        assert (limits["min"], limits["max"]) == (RANGES[key]["least"], RANGES[key]["most"])


@pytest.mark.parametrize(
    ("parameter", "shape"),
    [
        (("keep-alive", "seconds"), "KeepAlivePeriodInSeconds"),
        (("serverless-limits", "concurrency"), "ServerlessMaxConcurrency"),
    ],
)
def test_guardrails_take_what_the_api_takes(parameter: tuple[str, str], shape: str) -> None:
    """A limit that the API can't reach would be no limit."""
    limits = Session().get_service_model("sagemaker").shape_for(shape).metadata
    declared = Catalog().guardrail(parameter[0]).value.parameters[parameter[1]]
    assert (declared.at_least or 0, declared.at_most) == (limits["min"], limits["max"])


@pytest.mark.parametrize("value", ["0", "3000000"])
def test_a_number_that_the_api_refuses_is_questioned(value: str) -> None:
    """No request with it is ever judged."""
    (found,) = said("sagemaker:CreateTrainingJob", JOB, sagemaker__MaxRuntimeInSeconds=value)
    assert f"AWS takes 1 to 2,419,200 for sagemaker:MaxRuntimeInSeconds, not `{value}`" in found


def test_several_values_of_a_key_that_has_one_are_questioned() -> None:
    """A request has several of some keys only, and the others compare with the one."""
    asked = {"sagemaker:InstanceTypes": ["ml.m5.large", "ml.m5.xlarge"], "aws:PrincipalTag/Project": ["a", "b"]}
    (found,) = questioned("sagemaker:CreateTrainingJob", JOB, asked, None)
    assert found.key == "aws:PrincipalTag/Project"
    assert "a request has one value of aws:PrincipalTag/" in found.doubt.problem


def test_a_key_in_several_fields_of_the_request_has_several_values() -> None:
    """Each variant of an endpoint configuration names a model; with another action two values are doubted."""
    models = [f"arn:aws:sagemaker:eu-west-1:111122223333:model/{name}" for name in ("a", "b")]
    assert list(key_doubts("sagemaker:ModelArn", models, "sagemaker:CreateEndpointConfig")) == []
    (doubt,) = key_doubts("sagemaker:ModelArn", models, None)
    assert doubt.problem == "a request has one value of sagemaker:ModelArn, not 2"
