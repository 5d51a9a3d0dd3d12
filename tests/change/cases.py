"""Pairs of roles and policies, and the lines that tell what changes between them: what the room must say."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.compare.grants import Changes, Grant, changes
from rolemgr.errors import RolemgrError
from rolemgr.files.source import LayeredSource
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy
from rolemgr.model.role import ComposedRole
from rolemgr.report.changes import change_line
from rolemgr.workflow.remade import grant_of

CATALOG = Catalog()
ACCOUNT = "111122223333"
BASE = f"account: '{ACCOUNT}'\nname: churn\nregion: us-east-1\n"


class Side(NamedTuple):
    """One side: what it grants, and of a role file the choices, the role, and what makes another role."""

    grant: Grant
    source: LayeredSource | None = None
    role: ComposedRole | None = None


class Pair(NamedTuple):
    """Two sides as they are written, role files or policies, and the lines that tell what changes."""

    old: str
    new: str
    lines: tuple[str, ...]


def allow(action: Any, resource: Any, sid: str = "A", **more: Any) -> dict[str, Any]:
    """Return an Allow."""
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, sid: str = "D", **more: Any) -> dict[str, Any]:
    """Return a Deny."""
    return {**allow(action, resource, sid, **more), "Effect": "Deny"}


def policy(*statements: dict[str, Any]) -> str:
    """Return the text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


SOME = "arn:aws:s3:::a/*"
KEYS = ("aws:SourceVpce", "aws:SourceVpc")
KEY = "arn:aws:kms:us-east-1:111122223333:key/{0}1111111-1111-1111-1111-111111111111"


def tagged(*values: str) -> dict[str, Any]:
    """Return an Allow without a Sid for callers whose tag has one of *values*."""
    condition = {"StringEquals": {"aws:PrincipalTag/a": list(values)}}
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": SOME, "Condition": condition}


COMPUTE = f"persona: sagemaker-compute\n{BASE}"
SCIENTIST = f"persona: data-scientist\n{BASE}"
TRUSTING = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}, "Action": "sts:AssumeRole"}

JOBS = "sagemaker:CreateHyperParameterTuningJob, sagemaker:CreateProcessingJob, sagemaker:CreateTrainingJob"
EXTRA = "s3:AbortMultipartUpload, s3:DeleteObject, s3:PutObject on extra/* except feature-store/, models/"
TUNING = "sagemaker:ListTrainingJobsForHyperParameterTuningJob, sagemaker:StopHyperParameterTuningJob"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ANY = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}

CASES: dict[str, Pair] = {
    "a bucket, but for what Denies take out": Pair(COMPUTE + "bucket: [acme]\n", COMPUTE + "bucket: [acme, extra]\n", (
        f"+ gains  {EXTRA}  by bucket extra (role.yaml:5)",
        "+ gains  s3:GetBucketLocation, s3:ListBucket on extra  by bucket extra (role.yaml:5)",
        "+ gains  s3:GetObject on extra/*  by bucket extra (role.yaml:5)",
    )),
    "a bucket that is gone": Pair(COMPUTE + "bucket: [acme, extra]\n", COMPUTE + "bucket: [acme]\n", (
        f"- loses  {EXTRA}  by bucket extra, gone (role.yaml:5)",
        "- loses  s3:GetBucketLocation, s3:ListBucket on extra  by bucket extra, gone (role.yaml:5)",
        "- loses  s3:GetObject on extra/*  by bucket extra, gone (role.yaml:5)",
    )),
    "two lines that are needed together": Pair(
        COMPUTE + "bucket: [acme]\nremove: [write-work]\n", COMPUTE + "bucket: [acme, extra]\n", (
        f"+ gains  {EXTRA.replace('extra', 'acme')}  by remove write-work, gone (role.yaml:6)",
        f"+ gains  {EXTRA}  by bucket extra (role.yaml:5) and remove write-work, gone (role.yaml:6)",
        "+ gains  s3:GetBucketLocation, s3:ListBucket on extra  by bucket extra (role.yaml:5)",
        "+ gains  s3:GetObject on extra/*  by bucket extra (role.yaml:5)",
    )),
    "two lines of which each would do": Pair(
        COMPUTE, COMPUTE + "add: [run-training-jobs, tune-hyperparameters]\nmax_session: 2h\n", (
        "+ gains  iam:GetRole, iam:PassRole on role/churn"
        "  by add run-training-jobs (role.yaml:5) and add tune-hyperparameters (role.yaml:5)",
        "+ gains  sagemaker:AddTags, sagemaker:CreateHyperParameterTuningJob, sagemaker:DescribeHyperParameterTuningJob,"
        f" {TUNING} on hyper-parameter-tuning-job/*  by add tune-hyperparameters (role.yaml:5)",
        "+ gains  sagemaker:ListHyperParameterTuningJobs on *  by add tune-hyperparameters (role.yaml:5)",
        "+ gains  sagemaker:AddTags, sagemaker:CreateTrainingJob, sagemaker:StopTrainingJob on training-job/*"
        "  by add run-training-jobs (role.yaml:5)",
        "+ gains  cloudwatch:GetMetricData, cloudwatch:GetMetricStatistics, sagemaker:ListTrainingJobs on *"
        "  by add run-training-jobs (role.yaml:5)",
        "+ gains  sagemaker:ListTags on training-job/*"
        "  by add run-training-jobs (role.yaml:5) and add tune-hyperparameters (role.yaml:5)",
        "~ value  MaxSessionDuration 1 h -> 2 h  by max_session (role.yaml:6)",
    )),
    "limits": Pair(
        SCIENTIST + "guardrail: {max-runtime: 24h, instance-types: [ml.m5.*]}\n",
        SCIENTIST + "guardrail: {max-runtime: 90m, instance-types: [ml.m5.large, ml.c5.xlarge]}\n", (
        f"~ limit  instance-types ml.m5.* -> ml.c5.xlarge,ml.m5.large, wider and narrower for {JOBS}"
        "  by guardrail instance-types (role.yaml:5)",
        f"~ limit  max-runtime 24 h -> 90 min, narrower for {JOBS}  by guardrail max-runtime (role.yaml:5)",
    )),
    "a limit on all of SageMaker": Pair(
        COMPUTE + "add: [monitor-models]\nguardrail: {max-runtime: 24h}\n",
        COMPUTE + "add: [monitor-models]\nguardrail: {max-runtime: 48h}\n", (
        "~ limit  max-runtime 24 h -> 48 h, wider for sagemaker:CreateDataQualityJobDefinition,"
        " sagemaker:CreateModelBiasJobDefinition, sagemaker:CreateModelExplainabilityJobDefinition,"
        " sagemaker:CreateModelQualityJobDefinition, sagemaker:CreateMonitoringSchedule,"
        " sagemaker:UpdateMonitoringSchedule  by guardrail max-runtime (role.yaml:6)",
    )),
    "a limit that is new": Pair(SCIENTIST, SCIENTIST + "guardrail:\n  network-isolation: []\n", (
        f"~ limit  network-isolation none -> in force, narrower for {JOBS}  by guardrail network-isolation (role.yaml:6)",
    )),
    "a limit of the profile": Pair(SCIENTIST + "guardrail: {max-runtime: 61s}\n", SCIENTIST, (
        f"~ limit  max-runtime 61 s -> 24 h, wider for {JOBS}  by guardrail max-runtime (role.yaml:5)",
    )),
    "values": Pair(
        COMPUTE + "max_session: 1h\ntag: {a: x, b: y, d: w}\npath: /a/\n",
        COMPUTE + "max_session: 2h\ntag: {a: z, c: y, d: w}\npath: /b/\n", (
        "~ value  Path /a/ -> /b/  by path (role.yaml:7)",
        "~ value  MaxSessionDuration 1 h -> 2 h  by max_session (role.yaml:5)",
        "~ value  tag a x -> z  by tag a (role.yaml:6)",
        "~ value  tag b y -> none  by tag b (role.yaml:6)",
        "~ value  tag c none -> y  by tag c (role.yaml:6)",
    )),
    "claims that AWS documents are in no doubt": Pair(
        COMPUTE, COMPUTE + "trust: [sagemaker, 'github:acme/churn?environment=production']\n", (
        f"+ gains  sts:AssumeRoleWithWebIdentity by arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com,"
        " in the trust policy  by trust github:acme/churn?environment=production (role.yaml:5)",
    )),
    "an environment that gets in": Pair(
        COMPUTE + "trust: ['github:acme/churn?environment=production']\n",
        COMPUTE + "trust: ['github:acme/churn?environment=staging']\n", (
        "~ trust  environment of repo:acme/churn production -> staging: `production` no longer gets in, `staging` does  by trust (role.yaml:5)",
    )),
    "a value of a condition": Pair(
        policy(allow("s3:GetObject", SOME, Condition={"StringEquals": {"aws:PrincipalTag/a": "x", "aws:PrincipalTag/b": "y"}})),
        policy(allow("s3:GetObject", SOME, Condition={"StringEquals": {"aws:PrincipalTag/a": "z", "aws:PrincipalTag/b": "y"}})), (
        "~ condition  aws:PrincipalTag/a in A x -> z, wider and narrower for s3:GetObject",
    )),
    "one value more": Pair(
        policy(allow("s3:GetObject", SOME, Condition={"StringEquals": {"aws:PrincipalTag/a": ["x"]}})),
        policy(allow("s3:GetObject", SOME, Condition={"StringEquals": {"aws:PrincipalTag/a": ["x", "z"]}})), (
        "~ condition  aws:PrincipalTag/a in A x -> x,z, wider for s3:GetObject",
    )),
    "a value of a Deny": Pair(
        policy(allow("s3:*", "*"), deny("s3:GetObject", SOME, Condition={"NumericGreaterThan": {"s3:max-keys": "5"}})),
        policy(allow("s3:*", "*"), deny("s3:GetObject", SOME, Condition={"NumericGreaterThan": {"s3:max-keys": "7"}})), (
        "~ condition  s3:max-keys in D 5 -> 7, wider for s3:GetObject",
    )),
    "a policy of unknown text before what is known": Pair(
        COMPUTE, COMPUTE + f"tag: {{a: b}}\nadd: [run-training-jobs]\nmanaged_policy: ['arn:aws:iam::{ACCOUNT}:policy/own']\n", (
        "+ gains  iam:GetRole, iam:PassRole on role/churn  by add run-training-jobs (role.yaml:6)",
        f"+ gains  all that the policy allows: text not at hand  by managed_policy arn:aws:iam::{ACCOUNT}:policy/own (role.yaml:7)",
        "+ gains  sagemaker:AddTags, sagemaker:CreateTrainingJob, sagemaker:StopTrainingJob, sagemaker:ListTags on training-job/*"
        "  by add run-training-jobs (role.yaml:6)",
        "+ gains  cloudwatch:GetMetricData, cloudwatch:GetMetricStatistics, sagemaker:ListTrainingJobs on *"
        "  by add run-training-jobs (role.yaml:6)",
        "~ value  tag a none -> b  by tag a (role.yaml:5)",
    )),
    "two Denies of other values that deny one request": Pair(
        policy(allow("s3:*", "*"), *(deny("s3:GetObject", SOME, key, Condition={"StringNotEquals": {key: "x"}}) for key in KEYS)),
        policy(allow("s3:*", "*"), *(deny("s3:GetObject", SOME, key, Condition={"StringNotEquals": {key: "y"}}) for key in KEYS)), (
        "~ condition  aws:SourceVpce in aws:SourceVpce x -> y, wider and narrower for s3:GetObject",
        "~ condition  aws:SourceVpc in aws:SourceVpc x -> y, wider and narrower for s3:GetObject",
    )),
    "a limit that a key of the file chooses": Pair(
        SCIENTIST + f"volume_key: [{KEY.format(1)}]\n", SCIENTIST + f"volume_key: [{KEY.format(2)}]\n", (
        f"+ gains  kms:CreateGrant, kms:DescribeKey on {KEY.format(2).partition(':111122223333:')[2]}  by volume_key {KEY.format(2)} (role.yaml:5)",
        f"~ limit  volume-kms-key {KEY.format(1)} -> {KEY.format(2)}, wider and narrower for {JOBS}  by volume_key (role.yaml:5)",
        f"- loses  kms:CreateGrant, kms:DescribeKey on {KEY.format(1).partition(':111122223333:')[2]}  by volume_key {KEY.format(1)}, gone (role.yaml:5)",
    )),
    "two statements that differ in values alone": Pair(
        policy(tagged("x"), tagged("y")), policy(tagged("z"), tagged("w")), (
        "+ gains  s3:GetObject on a/*",
        "- loses  s3:GetObject on a/*",
    )),
    "a value and a Deny that is gone": Pair(
        policy(tagged("x"), deny("s3:GetObject", SOME)), policy(tagged("x", "z")), (
        "+ gains  s3:GetObject on a/*",
    )),
    "an attached policy that grants on conditions": Pair(
        COMPUTE, COMPUTE + "managed_policy: [arn:aws:iam::aws:policy/AmazonSageMakerJobRuntimeAccess]\n", (
        "+ gains  sagemaker:CompleteRollout, sagemaker:Sample, sagemaker:SampleWithResponseStream, sagemaker:UpdateReward on arn:aws:sagemaker:*:*:job/*, under conditions on aws:ResourceAccount, less what the role has already or denies, by AWS's text v2 of 2026-08-07  by managed_policy arn:aws:iam::aws:policy/AmazonSageMakerJobRuntimeAccess (role.yaml:5)",
        "+ gains  kms:Decrypt, kms:GenerateDataKey on arn:aws:kms:*:*:key/*, under conditions on aws:ResourceAccount, kms:ViaService, less what the role has already or denies, by AWS's text v2 of 2026-08-07  by managed_policy arn:aws:iam::aws:policy/AmazonSageMakerJobRuntimeAccess (role.yaml:5)",
        "+ gains  sagemaker:CallWithBearerToken on *, under conditions on aws:ResourceAccount, less what the role has already or denies, by AWS's text v2 of 2026-08-07  by managed_policy arn:aws:iam::aws:policy/AmazonSageMakerJobRuntimeAccess (role.yaml:5)",
    )),
    "a policy with exceptions": Pair(
        COMPUTE, COMPUTE + "managed_policy: [arn:aws:iam::aws:policy/PowerUserAccess]\nbreak_separation: a test\n", (
        "+ gains  * on *, every action but account:*, iam:*, organizations:*, less what the role has already or denies, by AWS's text v12 of 2026-02-12  by managed_policy arn:aws:iam::aws:policy/PowerUserAccess (role.yaml:5)",
        "+ gains  iam:DeleteServiceLinkedRole, iam:CreateServiceLinkedRole, account:GetAccountInformation, account:GetGovCloudAccountInformation, account:GetPrimaryEmail, account:ListRegions and 3 more on *, less what the role has already or denies, by AWS's text v12 of 2026-02-12  by managed_policy arn:aws:iam::aws:policy/PowerUserAccess (role.yaml:5)",
        "~ value  Description SageMaker compute: The execution role that SageMaker's jobs and endpoints assume: data in, work out,... -> Separation broken: a test. SageMaker compute: The execution role that SageMaker's jobs and endpoints...",
        "~ value  tag rolemgr:break-separation none -> a test",
    )),
    "what is attached": Pair(
        COMPUTE + "managed_policy: [arn:aws:iam::aws:policy/AmazonSageMakerReadOnly, arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]\n",
        COMPUTE + f"managed_policy: [arn:aws:iam::aws:policy/AmazonSageMakerReadOnly, arn:aws:iam::aws:policy/AWSGlueConsoleFullAccess]\nboundary: arn:aws:iam::{ACCOUNT}:policy/b\n", (
        "+ gains  all that the policy allows: text not at hand  by managed_policy arn:aws:iam::aws:policy/AWSGlueConsoleFullAccess (role.yaml:5)",
        "- loses  s3:Describe*, s3:Get*, s3:List*, s3-object-lambda:Get*, s3-object-lambda:List* on *, less what the role has without it, by AWS's text v3 of 2023-08-10  by managed_policy arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, gone (role.yaml:5)",
        f"~ value  PermissionsBoundary none -> arn:aws:iam::{ACCOUNT}:policy/b  by boundary (role.yaml:6)",
    )),
    "trust": Pair(COMPUTE, COMPUTE + "trust: [sagemaker, 'role:arn:aws:iam::999988887777:role/x']\n", (
        "+ gains  sts:AssumeRole by arn:aws:iam::999988887777:role/x, in the trust policy"
        "  by trust role:arn:aws:iam::999988887777:role/x (role.yaml:5)",
    )),
    "the worst first": Pair(policy(allow("s3:GetObject", SOME)), policy(
        allow(["s3:GetObject", "s3:AbortMultipartUpload"], [SOME, "arn:aws:s3:::a/x/*", "arn:aws:s3:::b/*"]),
        allow("s3:DeleteObject", "arn:aws:s3:::c/*", "C"), allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r", "P")), (
        "+ gains  iam:PassRole on role/r",
        "+ gains  s3:DeleteObject on c/*",
        "+ gains  s3:AbortMultipartUpload on a/*, b/*",
        "+ gains  s3:GetObject on b/*",
    )),
    "a Deny and its Allow": Pair(
        policy(allow("s3:GetObject", SOME), deny("s3:GetObject", "arn:aws:s3:::b/*")),
        policy(allow("s3:GetObject", [SOME, "arn:aws:s3:::b/*"])), (
        "+ gains  s3:GetObject on b/*",
    )),
    "a Deny of what another policy may allow": Pair(
        COMPUTE + f"managed_policy: [arn:aws:iam::{ACCOUNT}:policy/x]\nguardrail: {{max-runtime: 12h}}\n",
        COMPUTE + f"managed_policy: [arn:aws:iam::{ACCOUNT}:policy/x]\nguardrail: {{max-runtime: 24h}}\n", (
        f"+ gains  {JOBS} on resources such as hyper-parameter-tuning-job/example, no longer denied by"
        " MaxRuntimeMissingUnderADay, beside a policy that allows it  by guardrail max-runtime 12h -> 24h (role.yaml:6)",
        "~ limit  max-runtime 12 h -> 24 h, wider, doubtful: the reference does not list"
        " sagemaker:MaxRuntimeInSeconds for the action, doubtful: the resource is of no type that the reference lists"
        " for the action  by guardrail max-runtime (role.yaml:6)",
    )),
    "a pattern that is denied whole is none": Pair(
        policy(allow("s3:GetObject", SOME), deny("s3:*", "arn:aws:s3:::b/*")),
        policy(allow("s3:GetObject", [SOME, "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"]), deny("s3:*", "arn:aws:s3:::b/*")), (
        "+ gains  s3:GetObject on c/*",
    )),
    "a Deny that a line took away": Pair(
        COMPUTE + "managed_policy: [arn:aws:iam::aws:policy/AmazonS3FullAccess]\n",
        COMPUTE + "managed_policy: [arn:aws:iam::aws:policy/AmazonS3FullAccess]\nremove: [protect-models]\n", (
        "+ gains  s3:AbortMultipartUpload, s3:DeleteObject, s3:PutObject on sagemaker-us-east-1-111122223333/models/*"
        "  by remove protect-models (role.yaml:6)",
    )),
    "other names under another limit": Pair(
        SCIENTIST + "parameter: {job_names: [a-*]}\nguardrail: {max-runtime: 12h}\nremove: [tune-hyperparameters, run-processing-jobs]\n",
        SCIENTIST + "parameter: {job_names: [b-*]}\nguardrail: {max-runtime: 24h}\nremove: [tune-hyperparameters, run-processing-jobs]\n", (
        "+ gains  sagemaker:AddTags, sagemaker:DescribeTrainingJob, sagemaker:StopTrainingJob, sagemaker:ListTags"
        " on training-job/b-*  by parameter job_names a-* -> b-* (role.yaml:5)",
        "+ gains  sagemaker:CreateTrainingJob on training-job/b-*"
        "  by parameter job_names a-* -> b-* (role.yaml:5) and guardrail max-runtime 12h -> 24h (role.yaml:6)",
        "~ limit  max-runtime 12 h -> 24 h  by guardrail max-runtime (role.yaml:6)",
        "- loses  sagemaker:AddTags, sagemaker:CreateTrainingJob, sagemaker:DescribeTrainingJob, sagemaker:StopTrainingJob,"
        " sagemaker:ListTags on training-job/a-*  by parameter job_names a-* -> b-* (role.yaml:5)",
    )),
    "more names under another limit": Pair(
        SCIENTIST + "parameter: {job_names: [a-*]}\nguardrail: {max-runtime: 12h}\nremove: [tune-hyperparameters, run-processing-jobs]\n",
        SCIENTIST + "parameter: {job_names: [a-*, b-*]}\nguardrail: {max-runtime: 24h}\nremove: [tune-hyperparameters, run-processing-jobs]\n", (
        "+ gains  sagemaker:AddTags, sagemaker:DescribeTrainingJob, sagemaker:StopTrainingJob, sagemaker:ListTags"
        " on training-job/b-*  by parameter job_names a-* -> a-*,b-* (role.yaml:5)",
        "+ gains  sagemaker:CreateTrainingJob on training-job/b-*"
        "  by parameter job_names a-* -> a-*,b-* (role.yaml:5) and guardrail max-runtime 12h -> 24h (role.yaml:6)",
        "~ limit  max-runtime 12 h -> 24 h, wider for sagemaker:CreateTrainingJob  by guardrail max-runtime (role.yaml:6)",
    )),
    "a Deny that is gone": Pair(
        policy(allow(["s3:GetObject", "sqs:SendMessage"], "*"), deny("s3:PutObject", SOME, "NoPut")),
        policy(allow("s3:GetObject", "*")), (
        "+ gains  s3:PutObject on resources such as a//, no longer denied by NoPut, beside a policy that allows it",
        "- loses  sqs:SendMessage on *",
    )),
    "a condition that is gone": Pair(policy(allow("s3:GetObject", SOME, Condition=MFA)), policy(allow("s3:GetObject", SOME)), (
        "+ gains  s3:GetObject on a/*",
    )),
    "a condition on a wider statement": Pair(
        policy(allow("s3:GetObject", SOME), allow("s3:GetObject", "arn:aws:s3:::b/*", "B", Condition=MFA)),
        policy(allow("s3:GetObject", [SOME, "arn:aws:s3:::b/*"])), (
        "+ gains  s3:GetObject on b/*",
    )),
    "a Deny with a condition is no exception": Pair(
        policy(allow("s3:PutObject", SOME), deny("s3:PutObject", "arn:aws:s3:::b/x/*", Condition=MFA)),
        policy(allow("s3:PutObject", [SOME, "arn:aws:s3:::b/*"]), deny("s3:PutObject", "arn:aws:s3:::b/x/*", Condition=MFA)), (
        "+ gains  s3:PutObject on b/*",
    )),
    "an exception is of its action": Pair(policy(deny("s3:Delete*", "arn:aws:s3:::*/keep/*")), policy(
        allow(["s3:PutObject", "s3:DeleteObject"], SOME), deny("s3:Delete*", "arn:aws:s3:::*/keep/*")), (
        "+ gains  s3:DeleteObject on a/* except s3:*/keep/*",
        "+ gains  s3:PutObject on a/*",
    )),
    "NotResource": Pair(policy(allow("s3:GetObject", SOME)), policy(ANY), (
        "+ gains  s3:GetObject on resources such as example/example",
    )),
    "the policy of a resource": Pair(
        policy({**TRUSTING, "Action": "s3:GetObject", "Resource": SOME}),
        policy({**TRUSTING, "Action": ["s3:GetObject", "s3:PutObject"], "Resource": SOME}), (
        f"+ gains  s3:PutObject on a/* by arn:aws:iam::{ACCOUNT}:role/x, in the resource policy",
    )),
    "actions to come": Pair(policy(allow("sqs:Send*", "*")), policy(allow(["sqs:Send*", "sqs:Untag*"], "*")), (
        "+ gains  actions that AWS may add, such as sqs:untag on resources such as *",
        "+ gains  sqs:UntagQueue on *",
    )),
    "what can't be told": Pair(policy(allow("s3:GetObject", "*")), policy(TRUSTING), (
        "? can't tell  whether the permissions differs: one of the two does not have it",
        "? can't tell  whether the trust differs: one of the two does not have it",
    )),
}  # fmt: skip
"""What is changed, and what is said of it, read by people."""


READ, WRITE = allow(["s3:GetObject"], ["*"], "Read"), allow(["s3:PutObject"], ["*"], "Write")


def role(name: str, inline: list[Any], managed: list[Any]) -> dict[str, Any]:
    """Return the properties of a role with an inline policy and a managed one."""
    held = {"PolicyName": name, "PolicyDocument": {"Statement": inline}}
    more = {"ManagedPolicyName": f"{name}-others", "PolicyDocument": {"Statement": managed}}
    return {"RoleName": name, "Policies": [held], "ManagedPolicies": [more]}


_WAS = role("a", [READ], [WRITE])
MOVES: tuple[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str, bool]]], ...] = (
    (_WAS, role("a", [READ], [WRITE]), []),
    (_WAS, role("b", [READ], [WRITE]), []),
    (_WAS, role("a", [], [WRITE, READ]), [("Read", "inline policy a", "managed policy a-others", True)]),
    (_WAS, role("b", [WRITE, READ], []), [("Write", "managed policy a-others", "inline policy b", True)]),
    (_WAS, role("a", [], [{**READ, "Resource": ["arn:aws:s3:::a/*"]}]),
     [("Read", "inline policy a", "managed policy a-others", False)]),
    (_WAS, role("a", [{**READ, "Sid": "Other"}], []), []),
)  # fmt: skip
"""Two roles, and the statements that stand in another policy: Sid, both policies, and whether it says the same."""

# --- what the room says of a pair


@cache
def side(text: str) -> Side:
    """Return the side that *text* says: a role file, a trust policy, a bucket policy or an identity policy."""
    if not text.startswith("{"):
        return _of_role_file(text)
    data = json.loads(text)
    first: dict[str, Any] = next(iter(data["Statement"]), {})
    if "Principal" not in first:
        return Side(Grant(identity=(IdentityPolicy.model_validate(data),)))
    if "Resource" in first:
        return Side(Grant(resource=ResourcePolicy.model_validate(data)))
    return Side(Grant(trust=TrustPolicy.model_validate(data)))


def _of_role_file(text: str) -> Side:
    file = parse_yaml(text, "role.yaml")
    made = rendered(CATALOG, **file.data)
    return Side(grant_of(made.documents), LayeredSource("role.yaml", file.data, file.lines, {}, file), made.role)


@cache
def _remade(text: str) -> Grant | None:
    try:
        return grant_of(rendered(CATALOG, **json.loads(text)).documents)
    except RolemgrError:
        return None


def _remake(data: Mapping[str, Any]) -> Grant | None:
    return _remade(json.dumps(data, sort_keys=True))


@cache
def found(old: str, new: str) -> Changes:
    """Return what the comparison finds."""
    return changes(side(old).grant, side(new).grant)


def lines_of(module: Callable[[str], ModuleType], pair: Pair) -> Iterator[str]:
    """Yield the lines that the room, whose modules *module* gives by name, says of *pair*."""
    old, new = side(pair.old), side(pair.new)
    fold = module("fold")
    units: Any = ()
    if old.source and new.source:
        units = module("units").units_of(old.source, new.source, _remake, _remake)
    sides = fold.ChangeSides(
        fold.Counterpart(old.grant, old.role), fold.Counterpart(new.grant, new.role), units, Budget(fold.MOST_ASKED),
        by_catalog=False,
    )  # fmt: skip
    for one in fold.changes_in(found(pair.old, pair.new), sides):
        yield change_line(one, ACCOUNT)
    properties = [json.loads(text) if text.startswith("{") else _properties(text) for text in pair[:2]]
    placed = module("moves").placed
    for moved in module("moves").moves(*map(placed, properties)):
        yield f"{moved.statement}: {moved.old} -> {moved.new}, {'same' if moved.same else 'changed'}"


@cache
def _properties(text: str) -> Any:
    return rendered(CATALOG, **parse_yaml(text, "role.yaml").data).documents.to_properties()
