"""Each way to more rights that a public list names (by its id there) is found, by the kind that the guide says."""

import re
from pathlib import Path

import pytest
from tests.audit.accounts import ACCOUNT, ADMINISTRATOR, allow, details, document, group, policy, role, trust_aws, user
from tests.audit.support import audited, found

from rolemgr.check.paths import takes_a_role

IAM = f"arn:aws:iam::{ACCOUNT}"
SERVICES = sorted({*takes_a_role().values(), "datapipeline.amazonaws.com"})
TOP = role("top", allow("*"), trust=document(
    *trust_aws(f"{IAM}:root")["Statement"],
    {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole",
     "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
))  # fmt: skip
PASSED = {
    "apprunner-001": "apprunner:CreateService",
    "bedrock-001": "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession",
    "cloudformation-001": "cloudformation:CreateStack",
    "cloudformation-003": "cloudformation:CreateStackSet cloudformation:CreateStackInstances",
    "cloudformation-004": "cloudformation:UpdateStackSet", "codebuild-001": "codebuild:CreateProject codebuild:StartBuild",
    "codebuild-004": "codebuild:CreateProject codebuild:StartBuildBatch", "ec2-001": "ec2:RunInstances",
    "ec2-003": "ec2:RequestSpotInstances", "ecs-002": "ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask",
    "ecs-004": "ecs:RegisterTaskDefinition ecs:RunTask", "glue-001": "glue:CreateDevEndpoint",
    "glue-003": "glue:CreateJob glue:StartJobRun", "glue-004": "glue:CreateJob glue:CreateTrigger",
    "glue-005": "glue:UpdateJob glue:StartJobRun", "glue-006": "glue:UpdateJob glue:CreateTrigger",
    "lambda-001": "lambda:CreateFunction lambda:InvokeFunction",
    "lambda-002": "lambda:CreateFunction lambda:CreateEventSourceMapping",
    "lambda-006": "lambda:CreateFunction lambda:AddPermission", "sagemaker-001": "sagemaker:CreateNotebookInstance",
    "sagemaker-002": "sagemaker:CreateTrainingJob", "sagemaker-003": "sagemaker:CreateProcessingJob",
}  # fmt: skip
"""What is done beside iam:PassRole."""
BEHIND = {
    "apprunner-002": "apprunner:UpdateService", "cloudformation-002": "cloudformation:UpdateStack",
    "codebuild-002": "codebuild:StartBuild", "codebuild-003": "codebuild:StartBuildBatch",
    "ec2instanceconnect-003": "ec2-instance-connect:SendSSHPublicKey", "glue-002": "glue:UpdateDevEndpoint",
    "lambda-003": "lambda:UpdateFunctionCode", "lambda-004": "lambda:UpdateFunctionCode lambda:InvokeFunction",
    "lambda-005": "lambda:UpdateFunctionCode lambda:AddPermission",
    "sagemaker-004": "sagemaker:CreatePresignedNotebookInstanceUrl",
    "sagemaker-005": "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance"
                     " sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance",
    "ssm-001": "ssm:StartSession", "ssm-002": "ssm:SendCommand",
}  # fmt: skip
TOGETHER = {
    "bedrock-002": "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
    "cloudformation-005": "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    "datapipeline-001": "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition"
                        " datapipeline:ActivatePipeline",
    "ec2-002": "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances",
    "ec2-004": "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
    "ecs-001": "iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService",
    "ecs-003": "iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService",
    "ecs-005": "iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask",
}  # fmt: skip
OF_IAM = {
    "iam-001": ("AU002", "iam:CreatePolicyVersion", "policy/own"), "iam-005": ("AU002", "iam:PutRolePolicy", "role/who"),
    "iam-009": ("AU002", "iam:AttachRolePolicy", "role/who"),
    "iam-002": ("AU301", "iam:CreateAccessKey", "user/boss"),
    "iam-003": ("AU301", "iam:CreateAccessKey iam:DeleteAccessKey", "user/boss"),
    "iam-004": ("AU301", "iam:CreateLoginProfile", "user/boss"), "iam-006": ("AU301", "iam:UpdateLoginProfile", "user/boss"),
    "iam-012": ("AU301", "iam:UpdateAssumeRolePolicy sts:AssumeRole", "role/top"),
    "sts-001": ("AU301", "sts:AssumeRole", "role/top"),
    "iam-014": ("AU002", "iam:AttachRolePolicy sts:AssumeRole", "role/open"),
    "iam-015": ("AU002", "iam:AttachUserPolicy iam:CreateAccessKey", "user/peer"),
    "iam-016": ("AU002", "iam:CreatePolicyVersion sts:AssumeRole", "*"),
    "iam-017": ("AU002", "iam:PutRolePolicy sts:AssumeRole", "role/open"),
    "iam-018": ("AU002", "iam:PutUserPolicy iam:CreateAccessKey", "user/peer"),
    "iam-019": ("AU002", "iam:AttachRolePolicy iam:UpdateAssumeRolePolicy sts:AssumeRole", "role/closed"),
    "iam-020": ("AU002", "iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy sts:AssumeRole", "*"),
    "iam-021": ("AU002", "iam:PutRolePolicy iam:UpdateAssumeRolePolicy sts:AssumeRole", "role/closed"),
}  # fmt: skip
OF_USERS = {
    "iam-007": ("iam:PutUserPolicy", "user/who"), "iam-008": ("iam:AttachUserPolicy", "user/who"),
    "iam-010": ("iam:AttachGroupPolicy", "group/mine"), "iam-011": ("iam:PutGroupPolicy", "group/mine"),
    "iam-013": ("iam:AddUserToGroup", "group/bosses"),
}  # fmt: skip
EVERY = sorted([*PASSED, *BEHIND, *TOGETHER, *OF_IAM, *OF_USERS])


def kinds(*statements: dict[str, object], of_user: bool = False) -> set[str]:
    """Return the kinds of findings of somebody with *statements*, beside whom there is somebody to become."""
    own = f"{IAM}:policy/own"
    roles = [TOP, role("open", trust=trust_aws(f"{IAM}:root")), role("closed", attached=[f"{IAM}:policy/closed"])]
    users = [user("boss", allow("*")), user("peer")]
    if of_user:
        users.append(user("who", *statements, groups=["mine"]))
    else:
        roles.append(role("who", *statements, attached=[own]))
    policies = [policy(name, allow("s3:GetObject", "arn:aws:s3:::acme/*")) for name in ("own", "closed")]
    groups = [group("mine"), group("bosses", attached=[ADMINISTRATOR])]
    return {one for one, name in found(audited(details(roles, users, groups, policies))) if name == "who"}


@pytest.mark.parametrize("path", PASSED)
def test_a_role_that_is_passed(path: str) -> None:
    """Any role: AU201; the administrator alone: a step of a chain."""
    acting = allow(PASSED[path].split())
    assert kinds(allow("iam:PassRole"), acting) & {"AU201", "AU301"} == {"AU201", "AU301"}
    assert "AU301" in kinds(allow("iam:PassRole", f"{IAM}:role/top"), acting)
    assert not kinds(allow("iam:PassRole", f"{IAM}:role/nobody"), acting) & {"AU201", "AU301"}


@pytest.mark.parametrize("path", BEHIND)
def test_a_role_behind_what_others_own(path: str) -> None:
    """Found where any resource is meant."""
    assert "AU204" in kinds(allow(BEHIND[path].split()))


@pytest.mark.parametrize("path", TOGETHER)
def test_several_actions_together(path: str) -> None:
    """Found with all of them, and not without the last."""
    *first, last = TOGETHER[path].split()
    assert "AU205" in kinds(allow([*first, last]))
    assert "AU205" not in kinds(allow(first)), last


@pytest.mark.parametrize("path", OF_IAM)
def test_requests_of_iam(path: str) -> None:
    """On the one resource that makes it a way; on another one it is none."""
    kind, actions, resource = OF_IAM[path]
    on = "*" if resource == "*" else f"{IAM}:{resource}"
    if path in ("iam-016", "iam-020"):  # the policy of a role that it can become, by its trust or by writing that
        become = allow(actions.split()[1:], f"{IAM}:role/closed")
        assert (kind in kinds(allow("iam:CreatePolicyVersion", f"{IAM}:policy/closed"), become)) is (path == "iam-020")
        assert kind in kinds(allow(actions.split()), allow("iam:UpdateAssumeRolePolicy"))
        return
    assert kind in kinds(allow(actions.split(), on))
    assert kind not in kinds(allow(actions.split(), f"{IAM}:{resource}-other"))


@pytest.mark.parametrize("path", OF_USERS)
def test_requests_of_a_user(path: str) -> None:
    """What a user does to itself, or to a group."""
    action, resource = OF_USERS[path]
    assert "AU002" in kinds(allow(action, f"{IAM}:{resource}"), of_user=True)
    assert "AU002" not in kinds(allow(action, f"{IAM}:{resource}-other"), of_user=True)


def test_the_guide_names_each_of_them() -> None:
    """Its table has the ids that are tested here, and no other."""
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
    table = text.partition("| ways there |")[2].partition("\n\n")[0]
    assert sorted(_ids(table)) == EVERY
    assert len(EVERY) == 65


def _ids(table: str) -> set[str]:
    """Return the ids in *table*, whose rows shorten `ecs-001, 003` and `glue-003 to 006`."""
    ids: set[str] = set()
    for row in table.splitlines():
        service, last = "", 0
        for word in re.findall(r"[a-z0-9]+-\d{3}|\b\d{3}\b|\bto\b", row.partition("|")[2].partition("|")[0]):
            if word == "to":
                continue
            service, number = word.rsplit("-", 1) if "-" in word else (service, word)
            start = last + 1 if f" to {number}" in row and "-" not in word else int(number)
            ids |= {f"{service}-{one:03}" for one in range(start, int(number) + 1)}
            last = int(number)
    return ids
