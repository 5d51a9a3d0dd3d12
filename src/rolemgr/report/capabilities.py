"""What each persona can do, asked of the evaluator: the capabilities that people compare personas by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rolemgr.evaluate.decision import evaluate
from rolemgr.iam.documents import Effect
from rolemgr.prove.witness import witnesses
from rolemgr.separation.violations import RenderedRole

CAPABILITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "open their own Studio profile": ("sagemaker:CreatePresignedDomainUrl",),
    "run their own Studio apps": ("sagemaker:CreateApp",),
    "run training jobs": ("sagemaker:CreateTrainingJob",),
    "run processing jobs": ("sagemaker:CreateProcessingJob",),
    "tune hyperparameters": ("sagemaker:CreateHyperParameterTuningJob",),
    "run batch transform": ("sagemaker:CreateTransformJob",),
    "run AutoML": ("sagemaker:CreateAutoMLJob", "sagemaker:CreateAutoMLJobV2"),
    "track runs in MLflow": ("sagemaker-mlflow:CreateRun",),
    "administer MLflow": ("sagemaker:CreateMlflowTrackingServer", "sagemaker:CreateMlflowApp"),
    "read the Feature Store": ("sagemaker:GetRecord",),
    "write to the Feature Store": ("sagemaker:PutRecord",),
    "author pipelines": ("sagemaker:CreatePipeline",),
    "start pipelines": ("sagemaker:StartPipelineExecution",),
    "register models": ("sagemaker:CreateModelPackage",),
    "approve models": ("sagemaker:UpdateModelPackage",),
    "write model cards": ("sagemaker:UpdateModelCard",),
    "create models": ("sagemaker:CreateModel",),
    "deploy endpoints": ("sagemaker:CreateEndpoint",),
    "update endpoints": ("sagemaker:UpdateEndpoint",),
    "run inference experiments": ("sagemaker:CreateInferenceExperiment",),
    "invoke endpoints": ("sagemaker:InvokeEndpoint",),
    "schedule monitoring": ("sagemaker:CreateMonitoringSchedule",),
    "manage alarms": ("cloudwatch:PutMetricAlarm",),
    "read secrets": ("secretsmanager:GetSecretValue",),
    "read parameters of Systems Manager": ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"),
    "ask Bedrock models": ("bedrock:InvokeModel",),
    "query Athena": ("athena:StartQueryExecution",),
    "run Glue jobs": ("glue:StartJobRun",),
    "run Glue sessions": ("glue:RunStatement",),
    "read the data lake": ("lakeformation:GetDataAccess",),
    "deploy stacks": ("cloudformation:ExecuteChangeSet",),
    "administer Studio": ("sagemaker:CreateUserProfile",),
    "administer Unified Studio": ("datazone:CreateProjectMembership",),
    "administer HyperPod clusters": ("sagemaker:CreateCluster",),
    "use HyperPod clusters": ("eks:AccessKubernetesApi",),
    "audit permissions": ("iam:GetAccountAuthorizationDetails",),
    "pass a role to SageMaker": ("iam:PassRole",),
    "pull container images": ("ecr:GetDownloadUrlForLayer",),
    "write the models prefix": ("s3:PutObject",),
}
"""What a person would call it -> actions of which any shows it."""

BESIDE_PERSONAS: Final[Mapping[str, tuple[str, ...]]] = {
    "change permissions": (
        "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:PutUserPolicy",
        "iam:AttachUserPolicy", "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey",
    ),
    "pass roles": ("iam:PassRole",),
    "assume roles": ("sts:AssumeRole",),
    "delete buckets": ("s3:DeleteBucket",),
    "change bucket policies": ("s3:PutBucketPolicy",),
    "push container images": ("ecr:PutImage",),
    "delete container images": ("ecr:BatchDeleteImage",),
    "delete objects": ("s3:DeleteObject",),
    "write objects": ("s3:PutObject",),
    "read objects": ("s3:GetObject",),
    "run instances": ("ec2:RunInstances",),
    "run functions": ("lambda:InvokeFunction",),
    "decrypt with keys": ("kms:Decrypt",),
}  # fmt: skip
"""What no persona of the catalog is compared by, and an attached policy may add; the worst first."""


WITHIN: Final = {"write the models prefix": "arn:{partition}:s3:::{models}/*"}
"""Capabilities that are about a resource: the glob that the request must be in."""


def capabilities_of(role: RenderedRole, models: Sequence[str]) -> dict[str, bool]:
    """
    Return for each capability whether *role* is allowed a request that shows it.

    *models* are the prefixes (BUCKET/PREFIX) that registered models lie under.
    """
    partition = role.role.spec.partition_name
    return {
        name: _any_allowed(role, actions, _globs(name, partition, models)) for name, actions in CAPABILITIES.items()
    }


def _globs(name: str, partition: str, models: Sequence[str]) -> Iterable[str]:
    template = WITHIN.get(name)
    return [template.format(partition=partition, models=prefix) for prefix in models] if template else ["*"]


def _any_allowed(role: RenderedRole, actions: Sequence[str], globs: Iterable[str]) -> bool:
    policies = role.policies()
    return any(
        evaluate(request, policies).decision == "Allowed"
        for within in globs
        for statement in role.role.unfolded
        if statement.effect is Effect.ALLOW
        for action in actions
        if action in statement.actions
        for request in witnesses(statement, action, within)
    )


def is_allowed(role: RenderedRole, action: str) -> bool:
    """Return whether *role* is allowed some request for *action*."""
    return _any_allowed(role, (action,), ["*"])
