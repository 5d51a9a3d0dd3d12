"""The table of the AWS CLI's answers: each place is one of botocore's, each is read, and no policy is missing."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import botocore.session
import pytest
from tests.nightly import some

from rolemgr.files.source import SourceFile
from rolemgr.iam.answers import ITEMS, AnswerRow, rows
from rolemgr.iam.role_document import asides, document_at, places

POLICY: Final = {"Version": "2012-10-17", "Statement": []}
TEXT: Final = '{"Version": "2012-10-17", "Statement": []}'
_ASKS: Final = re.compile(r"(Get|Describe|List|BatchGet)")
_POLICY: Final = re.compile(
    r"(.*[a-z])?Polic(y|ies)(Document|Text|Content|Body|InJson|Json|DocumentTemplate)?"
    r"|polic(y|ies)(Document|Text|Content|Body|InJson|Json)?"
)
_DEEPEST: Final = 7
SETTINGS: Final = {
    "dnsPolicy": "a setting of Kubernetes", "imagePullPolicy": "a setting of Kubernetes",
    "answerPolicy": "how a knowledge base answers", "refundPolicy": "prose", "securityPolicy": "the name of a TLS policy",
    "SslPolicy": "the name of a TLS policy", "ContentSecurityPolicy": "a header of HTTP",
    "contentSecurityPolicy": "a header of HTTP", "NotificationPolicy": "a setting of Storage Gateway",
    "SnapshotPolicy": "the name of a policy of ONTAP", "UlRatePolicy": "a setting of LoRaWAN",
    "DlRatePolicy": "a setting of LoRaWAN", "DefaultRLSPolicy": "row-level security of Lake Formation",
    "RoutingPolicy": "a setting of Cloud WAN", "ReputationManagementPolicy": "the ARN of a policy of SES",
    "ClientExperiencePolicy": "a setting of WorkSpaces", "browserPolicy": "a policy of Chrome",
    "attestationPolicy": "what an enclave must attest", "lifecyclePolicy": "which images expire",
}  # fmt: skip
"""Members that are no policy of IAM in whatever output they stand."""
EXCEPTIONS: Final = {
    "acm-pca:ListPermissions": "the name of the policy",
    "bedrock-agentcore-control:GetPolicy": "a Cedar policy",
    "bedrock-agentcore-control:ListPolicies": "a Cedar policy",
    "bedrock-agentcore-control:ListPolicyGenerationAssets": "a Cedar policy",
    "cleanrooms:BatchGetSchemaAnalysisRule": "an analysis rule", "cleanrooms:GetSchemaAnalysisRule": "an analysis rule",
    "cleanrooms:GetConfiguredTableAnalysisRule": "an analysis rule",
    "cleanrooms:GetConfiguredTableAssociationAnalysisRule": "an analysis rule",
    "config:DescribeConfigRules": "a rule in Guard's language, among all other rules",
    "connect:DescribeContact": "how to redact", "datazone:GetDesignation": "a Cedar policy",
    "dlm:GetLifecyclePolicy": "a schedule of snapshots, not a document", "fms:GetPolicy": "a policy of Firewall Manager",
    "ec2:GetClientVpnEndpointAuthorizationPolicy": "a Cedar policy",
    "ec2:GetVerifiedAccessEndpointPolicy": "a Cedar policy", "ec2:GetVerifiedAccessGroupPolicy": "a Cedar policy",
    "glacier:GetDataRetrievalPolicy": "a limit of retrieval",
    "glue:BatchGetWorkflows": "runs of jobs that are over; `get-job-run` is read",
    "glue:GetWorkflow": "runs of jobs that are over; `get-job-run` is read",
    "glue:GetWorkflowRun": "runs of jobs that are over; `get-job-run` is read",
    "glue:GetWorkflowRuns": "runs of jobs that are over; `get-job-run` is read",
    "route53:GetTrafficPolicy": "how DNS answers", "route53:ListTrafficPolicyVersions": "how DNS answers",
    "logs:GetDataProtectionPolicy": "which data is masked; shares its place with policies",
    "marketplace-discovery:ListFulfillmentOptions": "what deploying a product needs, nobody's policy yet",
    "mediaconvert:GetPolicy": "which inputs are allowed", "opensearchserverless:BatchGetLifecyclePolicy": "a retention",
    "opensearchserverless:GetAccessPolicy": "a data access policy in a language of its own",
    "opensearchserverless:GetSecurityPolicy": "network and encryption, in a language of its own",
    "quicksight:DescribeApprovalPolicy": "who approves",
    "resiliencehub:DescribeAppAssessment": "a policy of recovery times",
    "resiliencehub:DescribeResiliencyPolicy": "a policy of recovery times",
    "resiliencehubv2:GetPolicy": "a policy of recovery times", "resiliencehubv2:GetTestRun": "a policy of recovery times",
    "s3control:DescribeMultiRegionAccessPointOperation": "the request of a change, in force or not",
    "securityhub:GetFindings": "copies of resources in findings of any time",
    "ssm:DescribeParameters": "expiry and notification of a parameter",
    "ssm:GetParameterHistory": "expiry and notification of a parameter",
}  # fmt: skip
TWICE: Final = {("iam:GetAccountAuthorizationDetails", "RoleDetailList.[].InstanceProfileList.[].Roles.[].AssumeRolePolicyDocument"):
                "the role's own trust policy once more"}  # fmt: skip


@lru_cache(maxsize=16)
def model_of(service: str) -> Any:
    """
    Return botocore's model of *service*: no credentials are looked for, and nothing is asked.

    Each is of a session of its own: a session keeps all models that it read, which for all services is 350 MB.
    """
    return botocore.session.Session().get_service_model(service)


def output_of(operation: str) -> Any:
    """Return the shape of what *operation* answers."""
    service, _, name = operation.partition(":")
    return model_of(service).operation_model(name).output_shape


def member(shape: Any, path: tuple[str, ...]) -> Any:
    """Return the shape at *path*, where a map has any key."""
    for step in path:
        if shape.type_name == "list":
            assert step == ITEMS
            shape = shape.member
        else:
            shape = shape.value if shape.type_name == "map" else shape.members[step]
    return shape


def answer(row: AnswerRow, value: Any) -> Any:
    """Return an answer that has *value* at the place of *row*."""
    made = value
    for step in reversed(row.path):
        made = [made] if step == ITEMS else {step: made}
    inner = made
    for step in row.path[:-1]:
        inner = inner[0] if step == ITEMS else inner[step]
    if row.beside:
        inner[row.beside] = "x"
    return made


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{'.'.join(row.path)}-{row.kind}")
def test_each_place_is_in_the_output_of_its_operations(row: AnswerRow) -> None:
    """As text, or as the document that botocore makes of it."""
    for operation in row.operations:
        shape = member(output_of(operation), row.path)
        assert shape.type_name == "string" or shape.metadata.get("document"), operation
        assert not getattr(member(output_of(operation), row.path), "enum", None), operation


@pytest.mark.parametrize("value", [POLICY, TEXT], ids=["object", "text"])
@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{'.'.join(row.path)}-{row.kind}")
def test_each_place_is_read_or_told(row: AnswerRow, value: Any) -> None:
    """The policy there is found as what it is; what is no policy is told with its reason, and not found."""
    data = answer(row, value)
    found = list(places(data))
    if row.kind == "none":
        assert found == []
        assert [one.reason == row.reason for one in asides(data)] == [True]
        return
    assert [one.kind for one in found] == [row.kind]
    assert document_at(SourceFile("f", data, {}), found[0].path).data == POLICY
    assert list(asides(data)) == []


def policies_of(shape: Any, path: tuple[str, ...], around: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield where *shape* has members that are called as policies are: text, or an object of that name."""
    if len(path) > _DEEPEST * 2 or shape.name in around:
        return
    if shape.type_name == "list":
        yield from policies_of(shape.member, (*path, ITEMS), around)
    for name, one in shape.members.items() if shape.type_name == "structure" else ():
        here = (*path, name)
        is_text = (one.type_name == "string" and not getattr(one, "enum", None)) or bool(one.metadata.get("document"))
        of_policy = name.lower() in ("document", "content") and "polic" in "".join(path[-2:]).lower()
        if is_text and (of_policy or (_POLICY.fullmatch(name) and name not in SETTINGS)):
            yield here
        yield from policies_of(one, here, (*around, shape.name))


def all_models() -> Iterator[Any]:
    """Yield botocore's model of each service, a few to a session, which are let go with it."""
    services = some(botocore.session.Session().get_available_services(), 4)
    for first in range(0, len(services), 25):
        session = botocore.session.Session()
        yield from map(session.get_service_model, services[first : first + 25])


def test_no_policy_of_any_answer_is_missing() -> None:
    """All operations that read are swept (of a part of the services, by day): each text that is called a policy is in the table, or named here."""
    listed = {(operation, row.path) for row in rows() for operation in row.operations}
    missing = set()
    for model in all_models():
        service = model.service_name
        for name in filter(_ASKS.match, model.operation_names):
            operation = f"{service}:{name}"
            output = model.operation_model(name).output_shape
            for path in policies_of(output, (), ()) if output and operation not in EXCEPTIONS else ():
                if (operation, path) not in listed and (operation, ".".join(path)) not in TWICE:
                    missing.add(f"{operation} {'.'.join(path)}")
    assert sorted(missing) == []


@pytest.mark.parametrize("operation", EXCEPTIONS)
def test_each_exception_is_an_operation(operation: str) -> None:
    """A list of exceptions that nobody keeps would hide what is new."""
    assert output_of(operation)
