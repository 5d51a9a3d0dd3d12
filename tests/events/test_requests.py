"""What AWS was asked in a recorded call: actions, resources and condition keys, and what nobody can tell."""

import json
from typing import Any

import pytest
from tests.events.support import ACCOUNT, ROLE, call, event, read, session, user

from rolemgr.events.call import CallEnding, call_of
from rolemgr.events.context import ABSENT
from rolemgr.events.facts import facts
from rolemgr.events.records import Record
from rolemgr.events.requests import RecordedRequest, requests_of
from rolemgr.reference.services import find_action, resource_types

ARN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}"
COMPUTE = f"arn:aws:iam::{ACCOUNT}:role/compute"
CHURN = {"trainingJobName": "churn-1", "roleArn": COMPUTE}


def asked(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the actions and resources that AWS asked about in the event *found*."""
    return [(one.action, one.resource.spellings[0]) for one in requests_of(call(found))]


def first(found: dict[str, Any]) -> RecordedRequest:
    """Return the first request of the event *found*."""
    return requests_of(call(found))[0]


CALLS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a job with its role and tags": (
        event("CreateTrainingJob", {**CHURN, "tags": [{"key": "Project", "value": "churn"}]}),
        [
            ("sagemaker:CreateTrainingJob", f"{ARN}:training-job/churn-1"),
            ("sagemaker:AddTags", f"{ARN}:training-job/churn-1"),
            ("iam:PassRole", COMPUTE),
        ],
    ),
    "two resources": (
        event("CreateEndpoint", {"endpointName": "e", "endpointConfigName": "c"}),
        [("sagemaker:CreateEndpoint", f"{ARN}:endpoint/e"), ("sagemaker:CreateEndpoint", f"{ARN}:endpoint-config/c")],
    ),
    "an ARN where a name may stand": (
        event("DescribeModelPackage", {"modelPackageName": f"{ARN}:model-package/g/1"}),
        [("sagemaker:DescribeModelPackage", f"{ARN}:model-package/g/1")],
    ),
    "no resource": (event("ListModels", None), [("sagemaker:ListModels", "*")]),
    "the app of a space": (
        event("CreateApp", {"domainId": "d-1", "spaceName": "s", "appType": "jupyterlab", "appName": "default"}),
        [("sagemaker:CreateApp", f"{ARN}:app/d-1/s/jupyterlab/default")],
    ),
    "an endpoint that the event lists": (
        event("InvokeEndpoint", None, resources=[{"ARN": f"{ARN}:endpoint/e", "type": "AWS::SageMaker::Endpoint"}]),
        [("sagemaker:InvokeEndpoint", f"{ARN}:endpoint/e")],
    ),
    "a record under another name": (
        event("UpdateRecord", {"featureGroupName": "g"}),
        [("sagemaker:PutRecord", f"{ARN}:feature-group/g")],
    ),
    "an object": (event("HeadObject", {"bucketName": "b", "key": "k/1"}, "s3"), [("s3:GetObject", "arn:aws:s3:::b/k/1")]),
    "a version of an object": (
        event("GetObject", {"bucketName": "b", "key": "k", "versionId": "1"}, "s3"),
        [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
    ),
    "a bucket": (event("ListObjectsV2", {"bucketName": "b"}, "s3"), [("s3:ListBucket", "arn:aws:s3:::b")]),
    "a function by the version of its API": (
        event("UpdateFunctionCode20150331v2", {"functionName": "f"}, "lambda"),
        [("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f")],
    ),
    "a key by its id": (
        event("Decrypt", {"keyId": "1234"}, "kms", resources=[{"ARN": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"}]),
        [("kms:Decrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234")],
    ),
    "CloudWatch under its own source": (
        event("PutDashboard", {"dashboardName": "d"}, "monitoring"),
        [("cloudwatch:PutDashboard", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d")],
    ),
    "Application Auto Scaling": (
        event("DescribeScalingActivities", {}, "autoscaling", additionalEventData={"service": "application-autoscaling"}),
        [("application-autoscaling:DescribeScalingActivities", "*")],
    ),
    "a table with all that it is in": (
        event("GetTable", {"databaseName": "d", "name": "t"}, "glue"),
        [
            ("glue:GetTable", f"arn:aws:glue:eu-west-1:{ACCOUNT}:database/d"),
            ("glue:GetTable", f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/d/t"),
            ("glue:GetTable", f"arn:aws:glue:eu-west-1:{ACCOUNT}:catalog"),
        ],
    ),
    "a queue by its URL": (
        event("SendMessage", {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q"}, "sqs"),
        [("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q")],
    ),
    "a repository of another account": (
        event("BatchGetImage", {"registryId": "444455556666", "repositoryName": "r"}, "ecr"),
        [("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:444455556666:repository/r")],
    ),
    "a role that Lambda gets": (
        event("CreateFunction20150331", {"functionName": "f", "role": COMPUTE}, "lambda"),
        [("lambda:CreateFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"), ("iam:PassRole", COMPUTE)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "wanted"), CALLS.values(), ids=CALLS.keys())
def test_a_call_is_its_requests(found: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    """Each action on each resource, the role that is passed and the tags that are set."""
    assert asked(found) == wanted


OPEN: dict[str, tuple[dict[str, Any], str]] = {
    "hidden": (event("DeleteModel", {"modelName": "HIDDEN_DUE_TO_SECURITY_REASONS"}), f"{ARN}:model/*"),
    "left out": (event("DeleteModel", None), f"{ARN}:model/*"),
    "too large": (event("DeleteModel", {"omitted": True, "reason": "requestParameters too large"}), f"{ARN}:model/*"),
    "made by AWS": (event("CreateDomain", {"domainName": "d"}), f"{ARN}:domain/*"),
    "an object without its parameters": (event("GetObject", None, "s3"), "*"),
}


@pytest.mark.parametrize(("found", "pattern"), OPEN.values(), ids=OPEN.keys())
def test_a_resource_that_is_not_told_is_open(found: dict[str, Any], pattern: str) -> None:
    """It is a pattern, and says so: nobody takes it for a resource of that name."""
    resource = first(found).resource
    assert (resource.spellings[0], resource.is_open) == (pattern, True)


def test_a_role_that_is_not_told_is_open() -> None:
    """A job needs one, and its event does not say which."""
    (passing,) = [one for one in requests_of(call(event("CreateTrainingJob", None))) if one.action == "iam:PassRole"]
    assert passing.resource.is_open
    assert passing.told("iam:passedtoservice") == ("sagemaker.amazonaws.com",)


def test_a_name_with_capitals_has_two_spellings() -> None:
    """SageMaker's ARNs have names in lower case, and its messages have both."""
    resource = first(event("DeleteModel", {"modelName": "Churn"})).resource
    assert resource.spellings == (f"{ARN}:model/Churn", f"{ARN}:model/churn")


JOB = {
    **CHURN,
    "resourceConfig": {"instanceType": "ml.m5.large", "volumeKmsKeyId": "alias/mine"},
    "enableNetworkIsolation": True,
    "vpcConfig": {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["HIDDEN_DUE_TO_SECURITY_REASONS"]},
    "tags": [{"key": "Project", "value": "churn"}],
}
KEYS: dict[str, tuple[dict[str, Any], dict[str, tuple[str, ...] | None]]] = {
    "parameters": (
        event("CreateTrainingJob", JOB),
        {
            "sagemaker:instancetypes": ("ml.m5.large",),
            "sagemaker:networkisolation": ("true",),
            "sagemaker:vpcsubnets": ("subnet-1", "subnet-2"),
            "sagemaker:vpcsecuritygroupids": None,
            "sagemaker:volumekmskey": None,
            "sagemaker:outputkmskey": ABSENT,
            "sagemaker:maxruntimeinseconds": ABSENT,
            "sagemaker:enableremotedebug": ABSENT,
            "sagemaker:directgatedmodelaccess": None,
            "aws:requesttag/project": ("churn",),
            "aws:requesttag/owner": ABSENT,
            "aws:tagkeys": ("Project",),
            "aws:resourcetag/project": None,
        },
    ),
    "no parameters": (event("CreateTrainingJob", None), {"sagemaker:instancetypes": None, "aws:tagkeys": None}),
    "rules whose instances may count": (
        event("CreateTrainingJob", {**JOB, "debugRuleConfigurations": [{"instanceType": "ml.t3.large"}]}),
        {"sagemaker:instancetypes": None},
    ),
    "a session of a role": (
        event("ListModels"),
        {
            "aws:principalarn": (ROLE,),
            "aws:principalaccount": (ACCOUNT,),
            "aws:userid": ("AROAEXAMPLE:ana",),
            "aws:username": ABSENT,
            "aws:multifactorauthpresent": None,
            "aws:sourceip": ("198.51.100.7",),
            "aws:sourcevpce": ABSENT,
            "aws:sourcevpc": ABSENT,
            "aws:sourceaccount": ABSENT,
            "aws:viaawsservice": ("false",),
            "aws:calledvia": ABSENT,
            "aws:requestedregion": ("eu-west-1",),
            "aws:securetransport": ("true",),
            "aws:tokenissuetime": ("2026-11-02T07:00:00Z",),
            "aws:currenttime": ("2026-11-02T08:00:00Z",),
            "aws:epochtime": ("1793606400",),
            "aws:principalorgid": None,
            "aws:principaltag/team": None,
            "aws:sourceidentity": ABSENT,
        },
    ),
    "with MFA": (
        event("ListModels", userIdentity=session(mfaAuthenticated="true")),
        {"aws:multifactorauthpresent": ("true",)},
    ),
    "a user with an access key": (
        event("ListModels", userIdentity=user()),
        {"aws:username": ("ana",), "aws:multifactorauthpresent": ABSENT, "aws:tokenissuetime": ABSENT},
    ),
    "through an endpoint": (
        event("ListModels", vpcEndpointId="vpce-1", vpcEndpointAccountId=ACCOUNT, sourceIPAddress="10.0.0.1"),
        {"aws:sourcevpce": ("vpce-1",), "aws:sourceip": ABSENT, "aws:vpcsourceip": ("10.0.0.1",), "aws:sourcevpc": None,
         "aws:vpceaccount": (ACCOUNT,)},
    ),
    "an address inside of a VPC": (
        event("ListModels", sourceIPAddress="10.0.0.1"), {"aws:sourceip": None, "aws:sourcevpce": None},
    ),
    "a service with the caller's credentials": (
        event("ListModels", userIdentity=session() | {"invokedBy": "athena.amazonaws.com"}, tlsDetails=None,
              sourceIPAddress="athena.amazonaws.com"),
        {"aws:viaawsservice": ("true",), "aws:calledvia": None, "aws:sourceip": None, "aws:securetransport": None},
    ),
    "a list of objects": (
        event("ListObjectsV2", {"bucketName": "b", "prefix": "a/"}, "s3",
              resources=[{"ARN": "arn:aws:s3:::b", "accountId": "444455556666"}]),
        {"s3:prefix": ("a/",), "s3:delimiter": ABSENT, "s3:max-keys": None, "aws:resourceaccount": ("444455556666",)},
    ),
    "tags that are taken away": (
        event("DeleteTags", {"resourceArn": f"{ARN}:model/m", "tagKeys": ["Project"]}), {"aws:tagkeys": ("Project",)},
    ),
    "a policy that is attached": (
        event("AttachRolePolicy", {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/X"}, "iam"),
        {"iam:policyarn": ("arn:aws:iam::aws:policy/X",), "iam:permissionsboundary": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "wanted"), KEYS.values(), ids=KEYS.keys())
def test_condition_keys_are_told_absent_or_unknown(
    found: dict[str, Any], wanted: dict[str, tuple[str, ...] | None]
) -> None:
    """Nothing that the event has no place for is taken to be absent."""
    request = first(found)
    assert {key: request.told(key) for key in wanted} == wanted


def test_tags_that_come_along_say_with_which_call() -> None:
    """`sagemaker:TaggingAction` is known, though no parameter has it."""
    tagging = requests_of(call(event("CreateModel", {"modelName": "m", "tags": [{"key": "a", "value": "b"}]})))[1]
    assert (tagging.action, tagging.told("sagemaker:taggingaction")) == ("sagemaker:AddTags", ("CreateModel",))


PRINCIPALS: dict[str, tuple[dict[str, Any], str]] = {
    "a role": (session(), ROLE),
    "a user": (user(), f"arn:aws:iam::{ACCOUNT}:user/ana"),
    "a service": ({"type": "AWSService", "invokedBy": "sagemaker.amazonaws.com"}, "sagemaker.amazonaws.com"),
    "another account": ({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDA:x"}, "account 444455556666"),
    "nobody": ({}, "Unknown"),
    "a session without its role": ({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/x/y",
                                    "accountId": ACCOUNT}, f"role x of account {ACCOUNT}"),
    "a session that may be of a service": ({"type": "AssumedRole", "accountId": ACCOUNT, "arn":
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForSageMakerNotebooks/y"}, f"account {ACCOUNT}"),
}  # fmt: skip


@pytest.mark.parametrize(("identity", "wanted"), PRINCIPALS.values(), ids=PRINCIPALS.keys())
def test_who_called_is_the_role_behind_the_session(identity: dict[str, Any], wanted: str) -> None:
    """With its path, which the ARN of a session does not have: without the role, its name alone is known."""
    assert str(call(event("ListModels", userIdentity=identity)).principal) == wanted


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({}, CallEnding.SUCCEEDED),
        ({"errorCode": "AccessDenied"}, CallEnding.DENIED),
        ({"errorCode": "Client.UnauthorizedOperation"}, CallEnding.DENIED),
        ({"errorCode": "VpceAccessDenied"}, CallEnding.DENIED),
        ({"errorCode": "ValidationException"}, CallEnding.FAILED),
    ],
)
def test_how_a_call_ended_is_read(fields: dict[str, str], ending: CallEnding) -> None:
    """Only a denial is one."""
    assert call(event("ListModels", **fields)).ending is ending


def test_what_a_service_did_by_itself_is_no_call() -> None:
    """Nobody's policies decided about it."""
    (record,) = read(json.dumps(event("CreateTrainingJob", eventType="AwsServiceEvent")).encode())
    assert isinstance(record, Record)
    assert isinstance(call_of(record), str)


def test_an_operation_that_nobody_knows_has_no_request() -> None:
    """It is said, and not passed over."""
    assert requests_of(call(event("DoSomethingNew", {}))) == ()


def test_each_name_in_the_tables_is_one_of_aws() -> None:
    """Actions, resource types and condition keys: the reference has them all."""
    named = [
        one
        for rows in facts("actions")["names"].values()
        for row in rows.values()
        if isinstance(row, list)
        for one in row
    ]
    assert [one for one in named if find_action(one) is None and not one.startswith("s3express:")] == []
    versions = facts("actions")["versions"]["actions"]
    assert [one for pair in versions.items() for one in pair if find_action(one) is None] == []
    assert [one for one in facts("passes")["calls"] if find_action(one) is None] == []
    for service, operations in facts("resources")["services"].items():
        known = resource_types(service)
        for operation, row in operations.items():
            assert [kind for kind in row if kind != "*" and kind not in known] == [], (service, operation)
