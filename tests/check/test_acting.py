"""Ways to another role: each that is known publicly or in our table, however it is spread, and what closes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

import rolemgr
from rolemgr.check.document import Document
from rolemgr.check.paths import acted_on, runs_as, shares, takes_a_role, together
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import PolicyType
from rolemgr.reference.services import find_action

KNOWN: dict[str, list[str]] = read_yaml(Path(__file__).with_name("known_paths.yaml")).data
WAYS = {"RM701", "RM702", "RM704", "RM705", "RM706"}


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    """Return an Allow of *action* on *resource*."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def of_role(*policies: dict[str, Any]) -> set[str]:
    """Return the rules that find something in the *policies* of one role."""
    made = [Document("role", PolicyType.IDENTITY, raw, lambda _: None, group="role") for raw in policies]
    return {one.rule for one in check(map(read, made))}


@pytest.mark.parametrize("actions", KNOWN.values(), ids=list(KNOWN))
def test_every_way_that_is_known_publicly_is_found(actions: list[str]) -> None:
    """All in one statement, and a statement each."""
    assert rules(policy(allow(actions))) & WAYS
    assert rules(policy(*map(allow, actions))) & WAYS


@pytest.mark.parametrize("way", together(), ids=lambda way: "+".join(way.actions))
def test_actions_that_only_together_are_a_way(way: Any) -> None:
    """Over the policies of a role too; each named by a prefix, or left out, closes it."""
    assert "RM705" in of_role(*(policy(allow(action)) for action in way.actions))
    for left_out in way.actions:
        assert "RM705" not in of_role(*(policy(allow(action)) for action in way.actions if action != left_out))


def test_a_way_is_closed_by_a_name_or_a_condition() -> None:
    """On one stack, by a tag, or with a role that is passed to another service only."""
    change, execute = "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"
    stacks = "arn:aws:cloudformation:*:111122223333:stack"
    assert "RM705" in rules(policy(allow("cloudformation:*ChangeSet", f"{stacks}/*")))
    assert "RM705" in rules(
        policy(allow([change, execute], Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    )
    assert "RM705" not in rules(policy(allow(change), allow(execute, f"{stacks}/churn-*/*")))
    by_tag = {"StringEquals": {"aws:ResourceTag/Project": "churn"}}
    assert "RM705" not in rules(policy(allow(change), allow(execute, Condition=by_tag)))
    task = ["ecs:RegisterTaskDefinition", "ecs:CreateService"]
    for service, found in (("ecs-tasks.amazonaws.com", True), ("*", True), ("sagemaker.amazonaws.com", False)):
        passing = allow("iam:PassRole", Condition={"StringLike": {"iam:PassedToService": service}})
        assert ("RM705" in rules(policy(allow(task), passing))) is found


@pytest.mark.parametrize("resource", ["*", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/?*",
                                      "arn:aws:iam::*", "arn:*"])  # fmt: skip
def test_assuming_any_role_is_found(resource: str) -> None:
    """By whatever leaves the name open."""
    assert "RM706" in rules(policy(allow("sts:Assume*", resource)))


@pytest.mark.parametrize(
    "statement",
    [
        allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy"),
        allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/team/*"),
        allow("sts:AssumeRole", Condition={"StringEquals": {"iam:ResourceTag/Team": "churn"}}),
        allow("sts:GetCallerIdentity"),
        allow("*"),
    ],
)
def test_assuming_named_roles_is_not(statement: dict[str, Any]) -> None:
    """A name in many accounts, a path, a tag; an administrator is RM601's."""
    assert "RM706" not in rules(policy(statement))


def test_a_session_manager_document_is_no_instance() -> None:
    """ssm:StartSession on any document and one instance opens a shell on that one."""
    documents = allow("ssm:StartSession", "arn:aws:ssm:*:*:document/*")
    assert "RM702" not in rules(policy(documents))
    assert "RM702" in rules(policy(documents, allow("ssm:StartSession", "arn:aws:ec2:*:*:instance/*")))
    of_account = allow("ssm:StartSession", "arn:aws:ec2:eu-west-1:111122223333:instance/*")
    assert rules(policy(of_account)) & {"RM702", "RM703"} == {"RM702"}


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("secretsmanager:GetSecretValue", "*", True),
        ("secretsmanager:Get*", "arn:aws:secretsmanager:*:*:secret:*", True),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:churn/*", False),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/*", True),
        ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/churn/*", False),
        ("kms:*", "*", True),
        ("kms:ReEncrypt*", "arn:aws:kms:*:111122223333:key/*", True),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("kms:DescribeKey", "*", False),
    ],
)
def test_secrets_and_keys_without_a_name(action: str, resource: str, found: bool) -> None:
    """Every secret, parameter or key; a prefix is a name."""
    assert ("RM610" in rules(policy(allow(action, resource)))) is found


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("s3:*", "*", True), ("S3:**", "arn:aws:s3:::*", True), ("iam:?*", "*", True), ("s3:*", "arn:aws:s3:::acme/*", False),
        ("s3:Get*", "*", False), ("sagemaker:*", "*", False), ("*", "*", False),
    ],
)  # fmt: skip
def test_all_of_a_sensitive_service_is_a_suggestion(action: str, resource: str, found: bool) -> None:
    """On everything only, and never more than a suggestion."""
    severities = {str(one.severity) for one in findings(policy(allow(action, resource))) if one.rule == "RM611"}
    assert severities == ({"SUGGESTION"} if found else set())


def test_the_tables_name_actions_and_types_that_aws_has() -> None:
    """Every action of the ways, spelt as in the reference, and every type that one acts on."""
    named = {*runs_as(), *takes_a_role(), *shares(), *(action for way in together() for action in way.actions)}
    for name in named:
        action = find_action(name)
        assert action is not None
        assert action.name == name
        assert set(acted_on(name)) <= {use.name for use in action.resource_types}


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        ("arn:aws:iam::*:role/*", "RM706"),
        ("arn:aws:secretsmanager:*:*:secret:*", "RM610"),
        ("arn:aws:cloudformation:*:*:stack/*", "RM705"),
        ("arn:aws:kms:*:*:key/*", "RM707"),
    ],
)
def test_every_action_on_some_type_is_no_administrator(resource: str, rule: str) -> None:
    """These rules step aside for RM601 only where RM601 has said so."""
    assert rule in rules(policy(allow("*", resource)))
    assert rules(policy(allow("*"))) == {"RM601"}
    assert rule in rules(policy(allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})))


@pytest.mark.parametrize(
    "table",
    [
        "check/escalation_paths.json",
        "check/sensitive.json",
        "reference/quirks/reach.json",
        "reference/quirks/identity_providers.json",
        "reference/quirks/actions.json",
    ],
)
def test_every_entry_of_the_tables_names_its_page(table: str) -> None:
    """A page of AWS, its model of an API, or the id of a public catalog."""
    data = json.loads((Path(rolemgr.__file__).parent / table).read_bytes())
    for entries in data.values():
        for entry in entries.values() if isinstance(entries, dict) else entries:
            pages = entry.get("sources") or [entry["source"]]
            assert pages
            assert all(
                page.startswith(("https://docs.aws.amazon.com/", "https://pathfinding.cloud/paths/", "botocore "))
                for page in pages
            )


_OF_ACCOUNT = "arn:aws:sagemaker:eu-west-1:111122223333:"


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("sagemaker:UpdateNotebookInstanceLifecycleConfig", f"{_OF_ACCOUNT}notebook-instance-lifecycle-config/*", {"RM702"}),
        ("sagemaker:UpdateNotebookInstance", f"{_OF_ACCOUNT}notebook-instance/*", {"RM702"}),
        ("sagemaker:CreateApp", f"{_OF_ACCOUNT}app/*", {"RM702"}),
        ("sagemaker:CreateApp", f"{_OF_ACCOUNT}app/d-1/churn-*/*", set()),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:*", {"RM702"}),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:churn-*", set()),
        ("sagemaker:StartPipelineExecution", f"{_OF_ACCOUNT}pipeline/*", {"RM703"}),
    ],
)  # fmt: skip
def test_all_names_of_the_account_reach_what_a_star_reaches(action: str, resource: str, found: set[str]) -> None:
    """What rewrites or starts code is as bad there; what people open every day is a suggestion."""
    assert rules(policy(allow(action, resource))) & {"RM702", "RM703"} == found


_ROLES = "arn:aws:iam::111122223333:role/ml-*"
_OWN = "arn:aws:iam::111122223333:policy/ml/read"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (allow("iam:AttachRolePolicy", _ROLES), True),
        (allow("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/ml*"), True),
        (allow("iam:Att*", "arn:aws:iam::111122223333:role/ml/*"), True),
        (allow("iam:PutUserPolicy", "arn:aws:iam::111122223333:user/ml-*"), True),
        (allow("iam:UpdateAssumeRolePolicy", _ROLES), True),
        (allow("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/ml/*"), True),
        (allow("iam:AttachRolePolicy", _ROLES, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), True),
        (allow("iam:AttachRolePolicy", _ROLES, Condition={"ArnLike": {"iam:PolicyARN": "*"}}), True),
        (allow("iam:AttachRolePolicy", _ROLES, Condition={"ArnEquals": {"iam:PolicyARN": _OWN}}), False),
        (allow("iam:PutRolePolicy", _ROLES, Condition={"StringEquals": {"iam:PermissionsBoundary": _OWN}}), False),
        (allow("iam:AttachRolePolicy", _ROLES, Condition={"StringEquals": {"aws:ResourceTag/t": "ml"}}), False),
        (allow("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/ml-reader"), False),
        (allow("iam:AttachRolePolicy", "arn:aws:iam::*:role/aws-service-role/x.amazonaws.com/*"), False),
        (allow("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/*"), False),
        (allow(["iam:CreateRole", "iam:AttachRolePolicy"], _ROLES), False),
        (allow("iam:DetachRolePolicy", _ROLES), False),
    ],
    ids=lambda value: json.dumps(value)[:90],
)
def test_rights_that_are_given_by_a_prefix(statement: dict[str, Any], found: bool) -> None:
    """Whatever a boundary, a policy's ARN, a tag or one name does not close; RM701 and RM708 have theirs."""
    assert ("RM709" in rules(policy(statement))) is found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (allow("iam:CreateServiceLinkedRole"), True),
        (allow("iam:Create*", "arn:aws:iam::111122223333:role/*"), True),
        (allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/*"), True),
        (allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/sagemaker.amazonaws.com/*"), False),
        (allow("iam:CreateServiceLinkedRole", Condition={"StringEquals": {"iam:AWSServiceName": "x.amazonaws.com"}}), False),
        (allow("iam:CreateServiceLinkedRole", Condition={"StringLike": {"iam:AWSServiceName": "*"}}), True),
        (allow("*"), False),
    ],
    ids=lambda value: json.dumps(value)[:90],
)  # fmt: skip
def test_service_linked_roles_of_any_service(statement: dict[str, Any], found: bool) -> None:
    """As AWS's own check warns of; a service by name closes it."""
    assert ("RM710" in rules(policy(statement))) is found
