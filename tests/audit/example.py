"""The account of `examples/audit`: a small team with an older role that grew, written by a test."""

from tests.audit.accounts import (
    ACCOUNT,
    FULL_ACCESS,
    PARTNER,
    allow,
    details,
    policy,
    role,
    role_arn,
    trust_aws,
    trust_service,
)

_SAGEMAKER = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}"


def example() -> str:
    """Return the text of the example's account."""
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    roles = [
        role("ds-legacy", allow("iam:PassRole", role_arn("*")), attached=[FULL_ACCESS], trust=trust_service(account=None)),
        role("etl-admin", allow("*"), trust=trust_service("sagemaker")),
        role("churn-ds",
             allow(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"], f"{_SAGEMAKER}:training-job/churn-*"),
             allow("iam:PassRole", role_arn("churn-compute"), **to_sagemaker),
             allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-churn/*")),
        role("churn-compute", allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-churn/*")),
        role("deployer", allow("sts:AssumeRole", role_arn("platform")), trust=trust_service("codebuild")),
        role("platform", allow("iam:PutRolePolicy", role_arn("platform")), trust=trust_aws(f"arn:aws:iam::{ACCOUNT}:root")),
        role("partner-read", attached=[f"arn:aws:iam::{ACCOUNT}:policy/read-results"],
             trust=trust_aws(f"arn:aws:iam::{PARTNER}:root")),
        role("old-notebook", allow("sagemaker:CreatePresignedNotebookInstanceUrl"), used="2026-02-01T09:00:00+00:00"),
        role("vendor", attached=["arn:aws:iam::aws:policy/job-function/SupportUser"]),
    ]  # fmt: skip
    return (
        details(roles, policies=[policy("read-results", allow("s3:GetObject", "arn:aws:s3:::acme-results/*"))]) + "\n"
    )
