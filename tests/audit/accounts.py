"""Synthetic accounts in the form of `get-account-authorization-details`: innocent roles, and planted faults."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

ACCOUNT = "111122223333"
PARTNER = "444455556666"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/ml-boundary"
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **condition: Any) -> dict[str, Any]:
    """Return an Allow; *condition* has operators as keys."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def deny(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **condition: Any) -> dict[str, Any]:
    """Return a Deny."""
    return allow(actions, resources, **condition) | {"Effect": "Deny"}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy of *statements*."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust_service(service: str = "sagemaker", account: str | None = ACCOUNT) -> dict[str, Any]:
    """Return a trust policy for a service, for its *account* unless that is None."""
    statement: dict[str, Any] = {
        "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole",
    }  # fmt: skip
    if account:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(statement)


def trust_aws(*principals: str, action: str = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    """Return a trust policy for AWS principals."""
    named: Any = "*" if principals == ("*",) else {"AWS": list(principals)}
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": named, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def trust_federated(provider: str, action: str, **condition: Any) -> dict[str, Any]:
    """Return a trust policy for an identity provider."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def role_arn(name: str, account: str = ACCOUNT) -> str:
    """Return the ARN of the role *name*."""
    return f"arn:aws:iam::{account}:role/{name}"


def role(
    name: str, *statements: Mapping[str, Any], trust: Mapping[str, Any] | None = None, attached: Sequence[str] = (),
    boundary: str | None = None, used: str | None = "2026-11-20T10:00:00+00:00", created: str = "2026-01-10T00:00:00+00:00",
    account: str = ACCOUNT, tags: Mapping[str, str] | None = None, encoded: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return an item of RoleDetailList; *encoded* writes its documents as IAM's API does."""

    def written(value: Mapping[str, Any]) -> Any:
        return quote(json.dumps(value)) if encoded else value

    found = {
        "Path": "/", "RoleName": name, "RoleId": f"AROA{name.upper()[:16]}", "Arn": role_arn(name, account),
        "CreateDate": created, "AssumeRolePolicyDocument": written(trust or trust_service(account=account)),
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": written(document(*statements))}] if statements else [],
        "AttachedManagedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached],
        "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        "RoleLastUsed": {"LastUsedDate": used, "Region": "us-east-1"} if used else {},
    }  # fmt: skip
    if boundary:
        found["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    return found


def user(
    name: str, *statements: Mapping[str, Any], groups: Sequence[str] = (), account: str = ACCOUNT
) -> dict[str, Any]:
    """Return an item of UserDetailList."""
    return {
        "Path": "/", "UserName": name, "UserId": f"AIDA{name.upper()}", "Arn": f"arn:aws:iam::{account}:user/{name}",
        "CreateDate": "2026-01-10T00:00:00+00:00", "GroupList": list(groups), "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else [],
    }  # fmt: skip


def group(name: str, *statements: Mapping[str, Any], attached: Sequence[str] = ()) -> dict[str, Any]:
    """Return an item of GroupDetailList."""
    return {
        "Path": "/", "GroupName": name, "GroupId": f"AGPA{name.upper()}", "Arn": f"arn:aws:iam::{ACCOUNT}:group/{name}",
        "CreateDate": "2026-01-10T00:00:00+00:00",
        "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else [],
        "AttachedManagedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached],
    }  # fmt: skip


def policy(name: str, *statements: Mapping[str, Any], account: str = ACCOUNT) -> dict[str, Any]:
    """Return an item of Policies: an older version that allows everything, and the one in force."""
    return {
        "PolicyName": name, "PolicyId": f"ANPA{name.upper()}", "Arn": f"arn:aws:iam::{account}:policy/{name}", "Path": "/",
        "DefaultVersionId": "v2", "AttachmentCount": 1, "IsAttachable": True, "CreateDate": "2026-01-10T00:00:00+00:00",
        "PolicyVersionList": [
            {"Document": document(allow("*")), "VersionId": "v1", "IsDefaultVersion": False},
            {"Document": document(*statements), "VersionId": "v2", "IsDefaultVersion": True},
        ],
    }  # fmt: skip


def details(
    roles: Sequence[Any] = (), users: Sequence[Any] = (), groups: Sequence[Any] = (), policies: Sequence[Any] = ()
) -> str:
    """Return the text of a whole answer, as the AWS CLI prints it."""
    lists = {"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies}
    return json.dumps({key: list(value) for key, value in lists.items()}, indent=4)


def innocent(number: int, random: Random, account: str = ACCOUNT) -> dict[str, Any]:
    """Return a role that does one job: named buckets, named roles to pass, its own project's jobs."""
    project = f"{random.choice(('churn', 'fraud', 'demand', 'pricing', 'search'))}-{number}"
    sagemaker = f"arn:aws:sagemaker:eu-west-1:{account}"
    objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::acme-{project}/*")
    logs = allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:eu-west-1:{account}:log-group:/aws/sagemaker/*:*"
    )
    pass_one = allow(
        "iam:PassRole", role_arn(f"compute-{project}", account),
        StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"},
    )  # fmt: skip
    shapes: list[list[dict[str, Any]]] = [
        [objects, logs],
        [objects, logs, pass_one, allow(["sagemaker:CreateTrainingJob", "sagemaker:Describe*"], f"{sagemaker}:training-job/{project}-*")],
        [objects, allow("sagemaker:InvokeEndpoint", f"{sagemaker}:endpoint/{project}")],
        [allow("*"), deny("*", "*", StringNotEquals={"aws:PrincipalTag/Break": "glass"})],
        [allow(["iam:PutRolePolicy", "iam:AttachRolePolicy"], role_arn(f"app/{project}-*", account),
               StringEquals={"iam:PermissionsBoundary": BOUNDARY})],
        [allow("sts:AssumeRole", role_arn(f"read-{project}", account))],
        [allow("sagemaker:CreatePresignedDomainUrl", f"{sagemaker}:user-profile/d-0a/${{aws:PrincipalTag/Profile}}")],
        [allow("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{account}:function:{project}")],
        [allow("iam:*", "arn:aws:s3:::acme"), objects],
        [allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"), objects],
        [allow("sagemaker:UpdatePipeline", f"{sagemaker}:pipeline/{project}-*"), pass_one],
        [allow("sagemaker:CreatePresignedMlflowTrackingServerUrl", f"{sagemaker}:mlflow-tracking-server/{project}")],
        [allow(["sagemaker:*", "s3:*"]), deny("*", "*", Null={"aws:PrincipalTag/Never": "true"})],
        [allow("s3:*", "*", StringEquals={"s3:ExistingObjectTag/Project": project}, ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/x"})],
    ]  # fmt: skip
    trusts = [
        trust_service(account=account), trust_service("lambda"), trust_service("ec2", None),
        trust_aws(role_arn(f"caller-{number}", account)),
        trust_federated(
            f"arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com", "sts:AssumeRoleWithWebIdentity",
            StringEquals={"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            StringLike={"token.actions.githubusercontent.com:sub": f"repo:acme/{project}:*"},
        ),
    ]  # fmt: skip
    return role(
        f"innocent-{number:04}", *random.choice(shapes), trust=random.choice(trusts), account=account,
        encoded=random.random() < 0.2, tags={"Project": project} if random.random() < 0.5 else {},
    )  # fmt: skip


class Planted(NamedTuple):
    """A role or user with a fault, and the *id* of the kind of finding that says so."""

    id: str
    item: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.item.get("RoleName") or self.item["UserName"])


_JOBS = allow(
    ["sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"], f"arn:aws:sagemaker:*:{ACCOUNT}:*/work-*"
)
_GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
_CLUSTER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"


def _pass(name: str, *services: str) -> dict[str, Any]:
    return allow(
        "iam:PassRole",
        role_arn(name),
        StringEquals={"iam:PassedToService": [f"{one}.amazonaws.com" for one in services]},
    )


def planted() -> list[Planted]:
    """Return roles with a fault each, of every kind that the audit knows."""
    me, iam = role_arn, f"arn:aws:iam::{ACCOUNT}"
    faults = [
        ("AU001", role("admin-attached", attached=[ADMINISTRATOR])),
        ("AU001", role("admin-written", allow("*"))),
        ("AU001", role("admin-not-action", {"Effect": "Allow", "NotAction": ["aws-portal:*"], "Resource": "*"})),
        ("AU001", role("admin-in-pieces", allow([f"{letter}*:*" for letter in "abcdefghijklmnopqrstuvwxyz"], "arn:*"))),
        ("AU002", role("self-attach", allow("iam:AttachRolePolicy", me("self-attach")))),
        ("AU002", role("self-put", allow("iam:Put*", me("self-*")))),
        ("AU002", role("self-version", allow("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/rewritten"),
                       attached=[f"arn:aws:iam::{ACCOUNT}:policy/rewritten"])),
        ("AU002", role("self-unbound", allow(["iam:DeleteRolePermissionsBoundary", "iam:PutRolePolicy"], "*"), boundary=BOUNDARY)),
        ("AU002", role("self-made", allow(["iam:CreateRole", "iam:AttachRolePolicy"], me("made-*")))),
        ("AU002", role("fills-another", allow(["iam:PutRolePolicy", "sts:AssumeRole"], me("filled")))),
        ("AU002", user("group-writer", allow("iam:PutGroupPolicy", f"{iam}:group/writers"), groups=["writers"])),
        ("AU002", user("group-filler", allow("iam:AttachGroupPolicy", f"{iam}:group/*"), groups=["writers"])),
        ("AU002", user("group-joiner", allow("iam:AddUserToGroup", f"{iam}:group/root-likes"))),
        ("AU002", user("user-self", allow("iam:AttachUserPolicy", f"{iam}:user/${{aws:username}}"))),
        ("AU002", role("fills-a-user", allow(["iam:PutUserPolicy", "iam:CreateAccessKey"], f"{iam}:user/grouped"))),
        ("AU002", role("rewrites-anothers", allow("iam:CreatePolicyVersion", f"{iam}:policy/of-another"),
                       allow("sts:AssumeRole", me("rewritten-role")))),
        ("AU003", role("full-access", attached=[FULL_ACCESS])),
        ("AU003", role("role-manager", allow("iam:PassRole", me("${aws:PrincipalTag/Role}")), attached=[FULL_ACCESS],
                       trust=trust_service(account=None))),
        ("AU004", role("full-by-meaning", allow("sagemaker:*"))),
        ("AU004", role("full-in-two", allow("sagemaker:[A-Z]*".replace("[A-Z]", "C")), allow(["sagemaker:D*", "sagemaker:Up*"]))),
        ("AU004", role("full-inline", allow(["sagemaker:*", "sagemaker-geospatial:*"], [
            f"arn:aws:sagemaker:*:*:{kind}" for kind in ("*", "domain/*", "user-profile/*")]))),
        ("AU004", role("full-without-apps", {"Effect": "Allow", "NotResource": ["arn:aws:sagemaker:*:*:app/*"], "Action": "sagemaker:*"})),
        ("AU005", role("reads-all-buckets", allow("s3:Get*", "arn:aws:s3:::*"))),
        ("AU006", role("reads-all-secrets", allow("secretsmanager:GetSecretValue"))),
        ("AU005", role("reads-but-one", allow("s3:GetObject"), deny("s3:*", "arn:aws:s3:::acme-secret/*"))),
        ("AU007", role("writes-all-buckets", allow("s3:Put*", "arn:aws:s3:::*/*"))),
        ("AU008", role("opens-all-keys", allow(["kms:Decrypt", "kms:DescribeKey"], f"arn:aws:kms:*:{ACCOUNT}:key/*"))),
        ("AU009", role("stops-trails", allow("cloudtrail:*Logging"))),
        ("AU101", role("open-to-all", trust=trust_aws("*"))),
        ("AU102", role("open-to-partner", trust=trust_aws(f"arn:aws:iam::{PARTNER}:root"))),
        ("AU103", role("partner-by-id", trust=trust_aws(PARTNER, StringEquals={"sts:ExternalId": "s3cr3t-of-a-partner"}))),
        ("AU104", role("github-of-anybody", trust=trust_federated(
            _GITHUB, "sts:AssumeRoleWithWebIdentity",
            StringEquals={"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}))),
        ("AU104", role("github-prefix", trust=trust_federated(
            _GITHUB, "sts:AssumeRoleWithWebIdentity", StringLike={"token.actions.githubusercontent.com:sub": "repo:acme*"}))),
        ("AU105", role("deputy", trust=trust_service(account=None))),
        ("AU106", role("any-pod", trust=trust_federated(
            f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_CLUSTER}", "sts:AssumeRoleWithWebIdentity",
            StringEquals={f"{_CLUSTER}:aud": "sts.amazonaws.com"}))),
        ("AU107", role("saml-any-app", trust=trust_federated(f"arn:aws:iam::{ACCOUNT}:saml-provider/idp", "sts:AssumeRoleWithSAML"))),
        ("AU108", role("admin-for-all", allow("*"), trust=trust_aws(f"{iam}:root"))),
        ("AU201", role("passes-all", _JOBS, _pass("*", "sagemaker"))),
        ("AU202", role("passes-all-only", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*"))),
        ("AU203", role("assumes-all", allow("sts:AssumeRole", "arn:aws:iam::*:role/*"))),
        ("AU204", role("opens-notebooks", allow("sagemaker:CreatePresignedNotebookInstanceUrl"))),
        ("AU204", role("edits-scripts", allow("sagemaker:UpdateNotebookInstanceLifecycleConfig"))),
        ("AU204", role("writes-functions", allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:*:{ACCOUNT}:function:*"))),
        ("AU204", role("rewrites-pipelines", allow("sagemaker:UpdatePipeline", f"arn:aws:sagemaker:*:{ACCOUNT}:pipeline/*"))),
        ("AU204", role("enters-spaces", allow("sagemaker:StartSession"))),
        ("AU204", role("opens-studio", allow("sagemaker:CreatePresignedDomainUrl"))),
        ("AU204", role("starts-apps", allow("sagemaker:CreateApp"))),
        ("AU204", role("poisons-images", allow("sagemaker:CreateImageVersion"))),
        ("AU207", role("opens-mlflow", allow("sagemaker:CreatePresignedMlflow*"))),
        ("AU207", role("opens-partners", allow("sagemaker:CreatePartnerAppPresignedUrl"))),
        ("AU208", role("hands-over", _pass("etl-admin", "sagemaker"))),
        ("AU205", role("scripts-spaces", allow("sagemaker:CreateStudioLifecycleConfig"), allow("sagemaker:UpdateSpace"))),
        ("AU205", role("scripts-profiles", allow(["sagemaker:CreateStudioLifecycleConfig", "sagemaker:UpdateUserProfile"]))),
        ("AU205", role("writes-stacks", allow(["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]))),
        ("AU206", role("shares-models", allow("sagemaker:PutModelPackageGroupPolicy"))),
        ("AU206", role("shares-by-ram", allow("ram:*ResourceShare"))),
        ("AU206", role("shares-keys", allow("kms:PutKeyPolicy", f"arn:aws:kms:*:{ACCOUNT}:key/*"))),
        *((("AU301", role(f"one-by-{action.partition(':')[2].lower()}", allow(action), _pass("etl-admin", "sagemaker", "job.sagemaker"))))
          for action in ("sagemaker:CreateAutoMLJobV2", "sagemaker:CreateJob", "sagemaker:CreateModel", "sagemaker:CreatePipeline",
                         "sagemaker:CreateMonitoringSchedule", "sagemaker:CreateCluster", "sagemaker:CreateOptimizationJob",
                         "sagemaker:CreateInferenceRecommendationsJob")),
        ("AU301", role("one-by-pass", _JOBS, _pass("etl-admin", "sagemaker", "glue"))),
        ("AU301", role("one-by-assume", allow("sts:AssumeRole", me("door-admin")))),
        ("AU301", role("one-by-name")),
        ("AU301", role("one-by-trust", allow("iam:UpdateAssumeRolePolicy", me("admin-written")),
                       allow("sts:AssumeRole", me("admin-written")))),
        ("AU301", role("one-by-key", allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/root-like"))),
        ("AU302", role("two-by-assume", allow("sts:AssumeRole", me("one-by-assume-2")))),
        ("AU302", role("two-by-pass", _JOBS, _pass("self-put", "sagemaker"))),
        ("AU303", role("three", allow("sts:AssumeRole", me("three-b")))),
        ("AU304", role("becomes-full", _JOBS, _pass("full-by-meaning", "sagemaker"))),
        ("AU401", role("idle", used="2026-03-01T00:00:00+00:00")),
        ("AU402", role("never", used=None, created="2025-03-01T00:00:00+00:00")),
    ]  # fmt: skip
    return [Planted(*one) for one in faults]


def trust_jobs() -> dict[str, Any]:
    """Return a trust policy for both services that run jobs of SageMaker."""
    return document(*(one for name in ("sagemaker", "job.sagemaker") for one in trust_service(name)["Statement"]))


def helpers() -> list[dict[str, Any]]:
    """Return the roles that chains go through, each with its own finding."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    return [
        role("etl-admin", allow("*"), trust=trust_jobs()),
        role("rewritten-role", attached=[f"arn:aws:iam::{ACCOUNT}:policy/of-another"], trust=trust_aws(root)),
        role("filled", trust=trust_aws(root)),
        role("door-admin", allow("*"), trust=trust_aws(root)),
        role("named-admin", allow("*"), trust=trust_aws(role_arn("one-by-name"))),
        role(
            "one-by-assume-2",
            allow("sts:AssumeRole", role_arn("door-admin")),
            trust=trust_aws(role_arn("two-by-assume")),
        ),
        role("three-b", allow("sts:AssumeRole", role_arn("three-c")), trust=trust_aws(root)),
        role("three-c", allow("sts:AssumeRole", role_arn("door-admin")), trust=trust_aws(root)),
    ]


def synthetic(seed: int, innocents: int = 200) -> tuple[str, list[Planted]]:
    """Return an account of planted faults among innocent roles, in the order that *seed* shuffles them to."""
    random = Random(seed)  # noqa: S311 - nothing secret
    faults = planted()
    of_roles = [one.item for one in faults if "RoleName" in one.item]
    roles = [*of_roles, *helpers(), *(innocent(number, random) for number in range(innocents))]
    random.shuffle(roles)
    users = [user("root-like", allow("*")), user("grouped", groups=["ml"])]
    users += [one.item for one in faults if "UserName" in one.item]
    policies = [
        policy("ml-boundary", allow(["s3:*", "sagemaker:*", "iam:*"])),
        policy("rewritten", allow("s3:GetObject", "arn:aws:s3:::acme-one/*")),
        policy("of-another", allow("s3:GetObject", "arn:aws:s3:::acme-two/*")),
    ]
    groups = [group("ml", allow("s3:ListBucket", "arn:aws:s3:::acme")), group("writers"),
              group("root-likes", attached=[ADMINISTRATOR])]  # fmt: skip
    return details(roles, users, groups, policies), faults


def crowd(count: int, administrators: int) -> str:
    """Return an account of *count* roles that all pass and assume one another, and the administrators behind a wall."""
    everybody = f"arn:aws:iam::{ACCOUNT}:role/*"
    trust = document(*trust_service()["Statement"], *trust_aws(f"arn:aws:iam::{ACCOUNT}:root")["Statement"])
    jobs = allow(
        "sagemaker:CreateTrainingJob", "*", StringEquals={"aws:ResourceTag/Never": "${aws:PrincipalTag/Missing}"}
    )
    roles = [
        role(f"crowd-{number:05}", allow(["iam:PassRole", "sts:AssumeRole"], everybody), jobs, trust=trust)
        for number in range(count)
    ]
    walled = trust_service("lambda")
    return details([*roles, *(role(f"wall-{number:05}", allow("*"), trust=walled) for number in range(administrators))])
