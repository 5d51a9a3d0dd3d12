"""Every form in which AWS says no is read: who, what, on what, by which kind of policy."""

import contextlib
import json
import textwrap
import time
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.diagnose.denial import parse_denial
from rolemgr.diagnose.denial_facts import facts
from rolemgr.diagnose.denial_message import Denial, DenialKind, DenyingPolicy
from rolemgr.errors import InputError

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"
S3_ACTIONS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"
ARNS = "https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns"
KEYS = "https://docs.aws.amazon.com/singlesignon/latest/userguide/cmk-related-errors.html"
SDK = "https://github.com/aws/sagemaker-python-sdk/issues"
EXAMPLES = "https://github.com/aws/amazon-sagemaker-examples/issues"

ANA = "arn:aws:sts::111122223333:assumed-role/sagemaker-data-scientist/ana"
JOB = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn"
OBJECT = "arn:aws:s3:::acme-churn/train/a.csv"


class Form(NamedTuple):
    """A message as AWS writes it, where that is written, and what it says."""

    name: str
    source: str
    message: str
    says: dict[str, Any]


def _by(policy_type: DenyingPolicy, *, explicit: bool | None) -> dict[str, Any]:
    return {"policy_type": policy_type, "explicit": explicit}


FORMS = [
    Form(
        "identity, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} because no"
        " identity-based policy allows the sagemaker:CreateTrainingJob action",
        {"principal": ANA, "action": "sagemaker:CreateTrainingJob", "resource": JOB,
         **_by(DenyingPolicy.IDENTITY, explicit=False)},
    ),
    Form(
        "identity, deny", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} with an explicit"
        " deny in an identity-based policy",
        {"resource": JOB, **_by(DenyingPolicy.IDENTITY, explicit=True)},
    ),
    Form(
        "no resource is named", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels with an explicit deny in a permissions boundary",
        {"action": "sagemaker:ListModels", "resource": None, **_by(DenyingPolicy.BOUNDARY, explicit=True)},
    ),
    Form(
        "boundary, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels because no permissions boundary allows the"
        " sagemaker:ListModels action",
        _by(DenyingPolicy.BOUNDARY, explicit=False),
    ),
    Form(
        "SCP, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels because no service control policy allows the"
        " sagemaker:ListModels action",
        _by(DenyingPolicy.SERVICE_CONTROL, explicit=False),
    ),
    Form(
        "SCP, deny", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels with an explicit deny in a service control policy",
        _by(DenyingPolicy.SERVICE_CONTROL, explicit=True),
    ),
    Form(
        "RCP, deny", IAM,
        f"User: {ANA} is not authorized to perform: secretsmanager:GetSecretValue on resource:"
        " arn:aws:secretsmanager:eu-west-1:111122223333:secret:* with an explicit deny in a resource control policy",
        {"resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*",
         **_by(DenyingPolicy.RESOURCE_CONTROL, explicit=True)},
    ),
    Form(
        "VPC endpoint, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels because no VPC endpoint policy allows the"
        " sagemaker:ListModels action",
        _by(DenyingPolicy.VPC_ENDPOINT, explicit=False),
    ),
    Form(
        "VPC endpoint, deny", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} with an explicit"
        " deny in a VPC endpoint policy",
        _by(DenyingPolicy.VPC_ENDPOINT, explicit=True),
    ),
    Form(
        "VPC endpoint because of an SCP; the service in capitals", IAM,
        f"User: {ANA} is not authorized to perform: SNS:Publish on resource: arn:aws:sns:us-east-1:444455556666:alarms"
        " with an explicit deny in a VPC endpoint policy transitively through a service control policy",
        {"action": "sns:Publish", "through": DenyingPolicy.SERVICE_CONTROL,
         **_by(DenyingPolicy.VPC_ENDPOINT, explicit=True)},
    ),
    Form(
        "session, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:ListModels because no session policy allows the"
        " sagemaker:ListModels action",
        _by(DenyingPolicy.SESSION, explicit=False),
    ),
    Form(
        "session, deny, as AWS spells it", IAM,
        f"User: {ANA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} with an explicit"
        " deny in a sessions policy",
        _by(DenyingPolicy.SESSION, explicit=True),
    ),
    Form(
        "resource policy, no allow", IAM,
        f"User: {ANA} is not authorized to perform: secretsmanager:GetSecretValue because no resource-based policy"
        " allows the secretsmanager:GetSecretValue action",
        _by(DenyingPolicy.RESOURCE, explicit=False),
    ),
    Form(
        "resource policy, deny", IAM,
        f"User: {ANA} is not authorized to perform: ecr:BatchGetImage on resource:"
        " arn:aws:ecr:eu-west-1:444455556666:repository/churn with an explicit deny in a resource-based policy",
        {"resource": "arn:aws:ecr:eu-west-1:444455556666:repository/churn", **_by(DenyingPolicy.RESOURCE, explicit=True)},
    ),
    Form(
        "trust, no allow", IAM,
        f"User: {ANA} is not authorized to perform: sts:AssumeRole because no role trust policy allows the"
        " sts:AssumeRole action",
        {"action": "sts:AssumeRole", **_by(DenyingPolicy.TRUST, explicit=False)},
    ),
    Form(
        "trust, deny", IAM,
        f"User: {ANA} is not authorized to perform: sts:AssumeRole with an explicit deny in the role trust policy",
        _by(DenyingPolicy.TRUST, explicit=True),
    ),
    Form(
        "trust, as an older page has it", "https://github.com/awsdocs/iam-user-guide troubleshoot_access-denied.md",
        f"User: {ANA} is not authorized to perform: sts:AssumeRole because the role trust policy allows the"
        " sts:AssumeRole action",
        _by(DenyingPolicy.TRUST, explicit=False),
    ),
    Form(
        "assume a role, without a reason", IAM,
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::111122223333:user/ana"
        " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/deploy",
        {"principal": "arn:aws:iam::111122223333:user/ana", "resource": "arn:aws:iam::444455556666:role/deploy",
         "operation": "AssumeRole", "policy_type": None, "explicit": None},
    ),
    Form(
        "SCP with its ARN", ARNS,
        "An error occurred (AccessDenied) when calling the ListRoles operation: User: arn:aws:iam::111122223333:user/ana"
        " is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111122223333:role/* with an explicit"
        " deny in a service control policy:"
        " arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/service_control_policy/p-abcd1234",
        {"action": "iam:ListRoles", "resource": "arn:aws:iam::111122223333:role/*",
         "policy_arn": "arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/service_control_policy/p-abcd1234",
         **_by(DenyingPolicy.SERVICE_CONTROL, explicit=True)},
    ),
    Form(
        "an explicit deny, without the kind of policy", "https://github.com/aws-samples/secure-data-science-reference-architecture",
        "ClientError: An error occurred (AccessDeniedException) when calling the CreateTrainingJob operation: User:"
        f" {ANA} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} with an explicit deny",
        {"explicit": True, "policy_type": None, "operation": "CreateTrainingJob"},
    ),
    Form(
        "PassRole", "https://github.com/aws/amazon-sagemaker-feedback/issues/61",
        "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the CreateTrainingJob"
        f" operation: User: {ANA} is not authorized to perform: iam:PassRole on resource:"
        " arn:aws:iam::111122223333:role/sagemaker-compute because no identity-based policy allows the iam:PassRole action",
        {"action": "iam:PassRole", "resource": "arn:aws:iam::111122223333:role/sagemaker-compute",
         "operation": "CreateTrainingJob"},
    ),
    Form(
        "a resource that is a name only", "https://github.com/aws/amazon-sagemaker-examples/issues/2242",
        f"User: {ANA} is not authorized to perform: iam:ListAttachedRolePolicies on resource: role basic-role",
        {"action": "iam:ListAttachedRolePolicies", "resource": "arn:aws:iam::111122223333:role/basic-role"},
    ),
    Form(
        "S3, the object in quotes and with a space", S3,
        f'User: {ANA} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::acme-churn/my report.csv"'
        " with an explicit deny in a resource control policy",
        {"resource": "arn:aws:s3:::acme-churn/my report.csv", **_by(DenyingPolicy.RESOURCE_CONTROL, explicit=True)},
    ),
    Form(
        "S3 Block Public Access", S3,
        f'User: {ANA} is not authorized to perform: s3:PutObjectAcl on resource: "{OBJECT}" because public ACLs are'
        " prevented by the BlockPublicAcls setting in S3 Block Public Access",
        {"setting": "BlockPublicAcls", "policy_type": None},
    ),
    Form(
        "S3 without any detail", S3_ACTIONS,
        "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
        {"action": "s3:ListBucket", "operation": "ListObjectsV2", "resource": None, "principal": None},
    ),
    Form(
        "S3's answer to HEAD, which has no body", S3_ACTIONS,
        "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
        {"action": "s3:GetObject", "operation": "HeadObject"},
    ),
    Form(
        "S3's multipart upload", S3_ACTIONS,
        "upload failed: ./a.csv to s3://acme-churn/train/a.csv An error occurred (AccessDenied) when calling the"
        " CreateMultipartUpload operation: Access Denied",
        {"action": "s3:PutObject", "resource": OBJECT},
    ),
    Form(
        "S3's XML", S3,
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>User: '
        f"{ANA} is not authorized to perform: s3:GetObject on resource: &quot;{OBJECT}&quot; because no identity-based policy"
        " allows the s3:GetObject action</Message><RequestId>1</RequestId></Error>",
        {"action": "s3:GetObject", "resource": OBJECT, **_by(DenyingPolicy.IDENTITY, explicit=False)},
    ),
    Form(
        "KMS, identity", KEYS,
        f"User: {ANA} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because"
        " no identity-based policy allows the kms:Decrypt action",
        {"action": "kms:Decrypt", "resource": None, **_by(DenyingPolicy.IDENTITY, explicit=False)},
    ),
    Form(
        "KMS, key of another account", KEYS,
        f"User: {ANA} is not authorized to perform: kms:GenerateDataKey on this resource because the resource does not"
        " exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies"
        " access",
        {"action": "kms:GenerateDataKey", "resource": None, **_by(DenyingPolicy.RESOURCE, explicit=None)},
    ),
    Form(
        "KMS, the old message", "https://github.com/aceew/aws-lambda-env-vars/issues/7",
        "AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in"
        " this region, or you are not allowed to access.",
        {"action": "kms:Decrypt", "resource": None},
    ),
    Form(
        "a job's data", f"{EXAMPLES}/4384",
        "ClientError: Data download failed:Unable to download object s3://acme-churn/train/a.csv (AccessDenied: Access"
        " Denied)",
        {"kind": DenialKind.DATA, "action": "s3:GetObject", "resource": OBJECT, "principal": None},
    ),
    Form(
        "a job's data, forbidden", "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
        "UnexpectedStatusException: Error for Training job churn: Failed. Reason: ClientError: Data download"
        " failed:Failed to download data. 403 Forbidden (403): Forbidden",
        {"kind": DenialKind.DATA, "action": "s3:GetObject", "resource": None},
    ),
    Form(
        "a job's prefix that can't be listed", "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
        "An error occurred (ValidationException) when calling the CreateTrainingJob operation: No S3 objects found under"
        ' S3 URL "s3://acme-churn/train" given in input data source. Please ensure that the bucket exists in the'
        " selected region, that objects exist under that S3 prefix, and that the role"
        ' "arn:aws:iam::111122223333:role/ml/sagemaker-compute" has "s3:ListBucket" permissions on bucket "acme-churn".',
        {"kind": DenialKind.DATA, "action": "s3:ListBucket", "resource": "arn:aws:s3:::acme-churn",
         "principal": "arn:aws:iam::111122223333:role/ml/sagemaker-compute"},
    ),
    Form(
        "a model's data", "https://github.com/philschmid/llm-sagemaker-sample/issues/2",
        "ClientError: An error occurred (ValidationException) when calling the CreateModel operation: Could not access"
        " model data at s3://acme-churn/train/a.csv. Please ensure that the role"
        ' "arn:aws-cn:iam::111122223333:role/sagemaker-compute" exists and that its trust relationship policy allows the'
        ' action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".',
        {"kind": DenialKind.DATA, "action": "s3:GetObject", "resource": "arn:aws-cn:s3:::acme-churn/train/a.csv",
         "principal": "arn:aws-cn:iam::111122223333:role/sagemaker-compute"},
    ),
    Form(
        "an image", "https://github.com/aws/sagemaker-spark/issues/158",
        "An error occurred (ValidationException) when calling the CreateTrainingJob operation: Access denied for"
        " repository: churn/train in registry ID: 444455556666. Image:"
        " 444455556666.dkr.ecr.eu-west-1.amazonaws.com/churn/train:3",
        {"kind": DenialKind.IMAGE, "action": "ecr:BatchGetImage",
         "resource": "arn:aws:ecr:eu-west-1:444455556666:repository/churn/train"},
    ),
    Form(
        "a role that SageMaker can't assume",
        "https://github.com/awslabs/predictive-maintenance-using-machine-learning/issues/3",
        "An error occurred (ValidationException) when calling the CreateTransformJob operation: Could not assume role"
        " arn:aws:iam::111122223333:role/sagemaker-compute. Please ensure that the role exists and allows principal"
        " 'sagemaker.amazonaws.com' to assume the role.",
        {"kind": DenialKind.ASSUME, "action": "sts:AssumeRole", "principal": "sagemaker.amazonaws.com",
         "resource": "arn:aws:iam::111122223333:role/sagemaker-compute"},
    ),
    Form(
        "a role that SageMaker can't assume, in a failure reason", f"{SDK}/43",
        "Failed Reason: ClientError: SageMaker was unable to assume the role"
        " 'arn:aws:iam::111122223333:role/sagemaker-compute'",
        {"kind": DenialKind.ASSUME, "resource": "arn:aws:iam::111122223333:role/sagemaker-compute"},
    ),
    Form(
        "a role that SageMaker can't assume, not named", "https://github.com/astronomer/docs/pull/1695",
        "ClientError: TrainingHostAgent Initialization failed:InvalidInputException: SageMaker is unable to perform:"
        " sts:AssumeRole on the role. Check if you have a trust relationship for 'sagemaker.amazonaws.com' to assume the"
        " role.",
        {"kind": DenialKind.ASSUME, "resource": None},
    ),
    Form(
        "a web identity", "https://github.com/aws-actions/configure-aws-credentials/issues/1358",
        "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        {"kind": DenialKind.REQUEST, "action": "sts:AssumeRoleWithWebIdentity", "principal": None},
    ),
    Form(
        "get_execution_role, the role's path", f"{SDK}/2027",
        "Couldn't call 'get_role' to get Role ARN from role name sagemaker-data-scientist to get Role path.",
        {"kind": DenialKind.EXECUTION_ROLE, "action": "iam:GetRole"},
    ),
    Form(
        "get_execution_role, as a user", f"{SDK}/300",
        "ValueError: The current AWS identity is not a role: arn:aws:iam::111122223333:user/ana, therefore it cannot be"
        " used as a SageMaker execution role",
        {"kind": DenialKind.EXECUTION_ROLE, "principal": "arn:aws:iam::111122223333:user/ana"},
    ),
    Form(
        "get_execution_role, the notebook instance",
        "https://github.com/awslabs/predictive-maintenance-using-machine-learning/issues/4",
        "Couldn't call 'describe_notebook_instance' to get the Role ARN of the instance churn.",
        {"kind": DenialKind.EXECUTION_ROLE, "action": "sagemaker:DescribeNotebookInstance"},
    ),
    Form(
        "EC2, with an encoded message", "https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html",
        "operation error EC2: CreateNetworkInterface, https response error StatusCode: 403, RequestID: 1, api error"
        f" UnauthorizedOperation: You are not authorized to perform this operation. User: {ANA} is not authorized to"
        " perform: ec2:CreateNetworkInterface on resource: arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-0a because no"
        " identity-based policy allows the ec2:CreateNetworkInterface action. Encoded authorization failure message: abc",
        {"action": "ec2:CreateNetworkInterface", "encoded": True, "operation": "CreateNetworkInterface",
         "resource": "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-0a"},
    ),
    Form(
        "Java", "https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/handling-exceptions.html",
        f"User: {ANA} is not authorized to perform: sagemaker:InvokeEndpoint on resource:"
        " arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn because no identity-based policy allows the"
        " sagemaker:InvokeEndpoint action (Service: SageMakerRuntime, Status Code: 403, Request ID: 1)",
        {"action": "sagemaker:InvokeEndpoint", "resource": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn"},
    ),
    Form(
        "an operation alone", "https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html",
        "An error occurred (AccessDeniedException) when calling the PutRecord operation: Access denied",
        {"action": "sagemaker:PutRecord", "operation": "PutRecord"},
    ),
    Form(
        "anyone", IAM,
        "User: anonymous is not authorized to perform: es:ESHttpGet because no resource-based policy allows the"
        " es:ESHttpGet action",
        {"principal": "anonymous", **_by(DenyingPolicy.RESOURCE, explicit=False)},
    ),
    Form(
        "a CloudTrail event",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
        json.dumps({
            "eventSource": "s3.amazonaws.com", "eventName": "HeadObject", "errorCode": "AccessDenied",
            "errorMessage": "Access Denied", "userIdentity": {"arn": ANA},
            "resources": [{"ARN": "arn:aws:s3:::acme-churn"}, {"ARN": OBJECT}],
        }),
        {"action": "s3:GetObject", "principal": ANA, "resource": OBJECT},
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_is_read(form: Form) -> None:
    """What the message says is understood, and what it does not say is not made up."""
    found = parse_denial(form.message)
    assert {key: getattr(found, key) for key in form.says} == form.says


def test_forms_are_many_and_have_their_pages() -> None:
    """At least 25 forms, each with the page or thread that shows it."""
    assert len(FORMS) >= 25
    assert all(form.source.startswith("https://") for form in FORMS)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_line_breaks_do_not_matter(form: Form) -> None:
    """A terminal or a log wraps a message between its words."""
    if form.message.startswith(("{", "<")) or "my report" in form.message:
        return
    wrapped = form.message.replace(" ", "\n  ")
    assert {**vars(parse_denial(wrapped)), "message": ""} == {**vars(parse_denial(form.message)), "message": ""}


@pytest.mark.parametrize("text", ["", "   ", "hello", "{}", "[]", "<a/>"])
def test_what_denies_nothing_is_refused(text: str) -> None:
    """Anything else is an error, not a diagnosis of nothing."""
    with pytest.raises(InputError, match="no AccessDenied message"):
        parse_denial(text)


def test_a_network_message_is_told_apart() -> None:
    """A job without a way to S3 fails like a denial and is none."""
    message = "ClientError: Data download failed:Please ensure that the subnet's route table has a route to an S3 VPC endpoint"
    with pytest.raises(InputError, match="network"):
        parse_denial(message)


@pytest.mark.parametrize(
    ("denial", "said"),
    [
        (Denial("", policy_type=DenyingPolicy.IDENTITY, explicit=False), "an identity-based policy does not allow it"),
        (Denial("", policy_type=DenyingPolicy.SESSION, explicit=True), "a session policy explicitly denies it"),
        (Denial("", policy_type=DenyingPolicy.RESOURCE), "does not allow it, or denies it"),
        (Denial("", explicit=True), "not in which policy"),
        (Denial("", setting="BlockPublicAcls"), "BlockPublicAcls"),
        (Denial("", encoded=True), "decode-authorization-message"),
    ],
)
def test_what_aws_said_is_said_again(denial: Denial, said: str) -> None:
    """The layer that AWS names is told beside what the evaluation finds."""
    assert said in " ".join(facts(denial))


@pytest.mark.parametrize(
    "text",
    [
        "a:" * 30_000 + " denied",
        "User: " * 10_000 + "denied",
        "not authorized to perform: s3:GetObject " + 'on resource: "' * 4_000,
        "not authorized to perform: s3:GetObject " + "on resource: arn:" * 3_000,
        "Data download failed" + "s3://a" * 10_000,
        "<Message>" * 7_000 + "denied",
        "could not assume role" + "arn:aws:iam::111122223333:role/" * 2_000,
        "x" * 70_000 + " denied",
        "denied " + "operation error " * 4_000,
        "not authorized to perform: s3:GetObject " + "because no session policy allows the " * 1_700,
        "not have permission " * 3_000,
        "make sure all images " + "111122223333.dkr.ecr." * 3_000,
        "denied KMS " + "arn:aws:kms:" * 5_000,
        "denied " + "s3:GetObject" * 5_000,
        "cannot be used for " * 3_400,
        "Insufficient Lake Formation permissions" + " Required" * 6_000,
        "not authorized to perform: iam:GetRole " + "on resource: role " * 3_500,
        "denied " + "-:" * 30_000,
        "[" * 60_000 + " denied",
        '{"Records":' * 6_000,
    ],
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    """Whatever is pasted is read or refused at once: the time grows with the length, not with its square."""
    start = time.process_time()
    with contextlib.suppress(InputError):
        parse_denial(text)
    assert time.process_time() - start < 2


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing that is pasted ends in a traceback."""
    for whole in (text, f"denied {text}", f"User: {text} is not authorized to perform: {text} on resource: {text}"):
        with contextlib.suppress(InputError):
            assert isinstance(parse_denial(whole), Denial)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ResourceLimitExceeded: ml.p5.48xlarge", "a quota"),
        ("An error occurred (ExpiredTokenException) when calling the CreateModel operation: x", "credentials"),
        ("(AccessDenied) The security token included in the request is invalid", "credentials"),
        ("Error response from daemon: no basic auth credentials", "a login that Docker lacks"),
    ],
)
def test_what_people_take_for_a_denial_is_said_with_what_to_do(text: str, what: str) -> None:
    """A quota, credentials, a login: no policy is to blame, and a denial that quotes one is a denial still."""
    with pytest.raises(InputError, match=f"speaks of {what}, not of permissions; "):
        parse_denial(text)
    denied = f"User: arn:aws:iam::111122223333:user/ana is not authorized to perform: s3:GetObject ({text})"
    assert parse_denial(denied).action == "s3:GetObject"


LONG = (
    f"An error occurred (AccessDeniedException) when calling the CreateTrainingJob operation: User: {ANA} is not"
    " authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/ml/churn-compute-v2 because no"
    " identity-based policy allows the iam:PassRole action"
)
PASSED = "arn:aws:iam::111122223333:role/ml/churn-compute-v2"


def _framed(text: str, bar: str) -> str:
    return "\n".join(
        ["\u2577", *(f"{bar} {line}" for line in textwrap.wrap(text, 76, break_on_hyphens=False)), "\u2575"]
    )


@pytest.mark.parametrize("text", [
    *("\n".join(LONG[at : at + width] for at in range(0, len(LONG), width)) for width in range(40, 110, 7)),
    _framed(LONG, "\u2502"), _framed(LONG, "|"), _framed(LONG, "\x1b[31m\u2502\x1b[0m"), "\n".join(textwrap.wrap(LONG, 90, break_on_hyphens=False)),
])  # fmt: skip
def test_a_message_that_was_wrapped(text: str) -> None:
    """By a terminal in the middle of a word, by Terraform with a bar at its left, in colors."""
    found = parse_denial(text)
    assert (found.resource, found.policy_type, found.may_be_cut) == (PASSED, DenyingPolicy.IDENTITY, False)


def test_a_resource_that_may_be_cut_is_said() -> None:
    """Where nothing tells how the lines were made."""
    found = parse_denial(LONG.replace("churn-compute-v2 because", "\nchurn-compute-v2 because"))
    assert found.may_be_cut
    assert any("may go on in the next" in text for text in facts(found))
    assert not parse_denial(LONG.replace(" because", "\nbecause")).may_be_cut


def test_a_log_with_several_denials() -> None:
    """The first is diagnosed, and the others are counted; one that is repeated is the same."""
    other = LONG.replace("-v2", "-v3")
    assert [parse_denial(text).others for text in (LONG, f"{LONG}\n{LONG}", f"{LONG}\n{other}\n{LONG}")] == [0, 0, 1]
    assert any("1 more denied call" in text for text in facts(parse_denial(f"{LONG}\n{other}")))


STATEMENT = {
    "statementId": "NoSubnets", "effect": "DENY", "principals": {"items": [{"value": "AROAEXAMPLE"}]},
    "actions": {"items": [{"value": "ec2:CreateNetworkInterface"}]},
    "resources": {"items": [{"value": "arn:aws:ec2:*:*:subnet/*"}]},
    "conditions": {"items": [{"key": "aws:RequestedRegion", "values": {"items": [{"value": "eu-west-1"}]}}]},
}  # fmt: skip


def decoded(*statements: Any) -> str:
    """Return what `aws sts decode-authorization-message` prints of an explicit deny by *statements*."""
    context = {"principal": {"arn": ANA}, "action": "ec2:CreateNetworkInterface", "resource": "arn:aws:ec2:eu-west-1:111122223333:subnet/s",
               "conditions": {"items": []}}  # fmt: skip
    text = json.dumps(
        {"allowed": False, "explicitDeny": True, "matchedStatements": {"items": list(statements)}, "context": context}
    )
    return json.dumps({"DecodedMessage": text})


def test_the_statements_of_a_decoded_message() -> None:
    """AWS names what denied: that is what it was decoded for."""
    (found,) = parse_denial(decoded(STATEMENT)).statements
    assert (found.sid, found.denies, found.keys) == ("NoSubnets", True, ("aws:RequestedRegion",))
    (text,) = [one for one in facts(parse_denial(decoded(STATEMENT))) if "AWS names" in one]
    assert "`NoSubnets` (Deny ec2:CreateNetworkInterface on arn:aws:ec2:*:*:subnet/*" in text


@pytest.mark.parametrize("broken", [None, 1, "x", {}, {"actions": {"items": "x"}}, {"effect": 1, "resources": []}])
def test_a_matched_statement_of_another_form(broken: Any) -> None:
    """What is not as AWS has it stops nothing."""
    assert parse_denial(decoded(broken)).action == "ec2:CreateNetworkInterface"


def test_an_object_that_may_not_exist() -> None:
    """Amazon S3 asks for s3:ListBucket then; where AWS says which policy denies s3:GetObject, it is about that."""
    read = f"User: {ANA} is not authorized to perform: s3:GetObject on resource: {OBJECT}"
    listing = (
        f"An error occurred (AccessDenied) when calling the GetObject operation: User: {ANA} is not authorized to perform:"
        " s3:ListBucket on resource: arn:aws:s3:::acme-churn because no identity-based policy allows it"
    )
    missing = [any("may not exist" in one for one in facts(parse_denial(text))) for text in (
        read, listing, f"{read} because no session policy allows the s3:GetObject action",
        listing.replace("calling the GetObject", "calling the ListObjectsV2"),
    )]  # fmt: skip
    assert missing == [True, True, False, False]
