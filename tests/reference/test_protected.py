"""What AWS itself refuses is known with its source, and nothing beside it."""

import json
from importlib.resources import files

import pytest
from botocore.session import Session

from rolemgr.reference.protected import protected
from rolemgr.reference.services import find_action

RULES = json.loads((files("rolemgr.reference.quirks") / "protected.json").read_text("utf-8"))["rules"]
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
RESERVED = (
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
)
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
MODEL = "arn:aws:sagemaker:us-east-1:111122223333:model/m"
OWN_ALIAS = {"kms:resourcealiases": ["alias/aws/s3"]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "what"),
    [
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/AdministratorAccess", {}, "an AWS managed policy"),
        ("iam:DeletePolicy", "arn:aws-cn:iam::aws:policy/job-function/Billing", {}, "an AWS managed policy"),
        ("organizations:DeletePolicy", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", {}, "FullAWSAccess"),
        ("iam:attachrolepolicy", LINKED, {}, "a service-linked role"),
        ("iam:PutRolePolicy", RESERVED, {}, "IAM Identity Center"),
        ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/aws/mine", {}, "alias/aws/"),
        ("kms:PutKeyPolicy", KEY, OWN_ALIAS, "an AWS managed key"),
        ("sagemaker:AddTags", MODEL, {"aws:TagKeys": ["Project", "AWS:x"]}, "a tag whose key begins with `aws:`"),
        ("sagemaker:AddTags", MODEL, {"aws:RequestTag/aws:x": ["y"]}, "a tag whose key begins with `aws:`"),
    ],
)  # fmt: skip
def test_aws_lets_nobody(action: str, resource: str, context: dict[str, list[str]], what: str) -> None:
    """Each with what there is instead and the page that says so."""
    found = protected(action, resource, context, "arn:aws:iam::111122223333:role/admin")
    assert found is not None
    assert str(found).startswith("AWS lets nobody ")
    assert what in str(found)
    assert found.source in str(found)


@pytest.mark.parametrize(
    ("action", "resource", "context", "principal"),
    [
        ("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/mine", {}, None),
        ("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/mine", {}, None),
        ("iam:GetRole", LINKED, {}, None),
        ("iam:UpdateRoleDescription", LINKED, {}, None),
        ("iam:DeleteServiceLinkedRole", LINKED, {}, None),
        ("iam:PassRole", RESERVED, {}, None),
        ("kms:PutKeyPolicy", KEY, {}, None),
        ("kms:Decrypt", KEY, OWN_ALIAS, None),
        ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/mine", {}, None),
        ("sagemaker:AddTags", MODEL, {"aws:TagKeys": ["Project"]}, None),
        ("sagemaker:AddTags", MODEL, {"aws:TagKeys": ["aws:x"], "aws:CalledVia": ["cloudformation.amazonaws.com"]}, None),
        ("iam:AttachRolePolicy", LINKED, {}, "ecs.amazonaws.com"),
        ("kms:PutKeyPolicy", KEY, OWN_ALIAS, LINKED),
    ],
)  # fmt: skip
def test_what_policies_decide_is_left_to_them(
    action: str, resource: str, context: dict[str, list[str]], principal: str | None
) -> None:
    """One's own policies, roles, keys and tags; reading; and what AWS's services do to their own."""
    assert protected(action, resource, context, principal) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["what"][:40])
def test_each_rule_has_a_source_and_actions_that_exist(rule: dict[str, list[str]]) -> None:
    """A misspelt action would protect nothing."""
    assert str(rule["source"]).startswith("https://")
    assert not [name for name in rule["actions"] if name != "*" and find_action(name) is None]


def test_service_linked_roles_are_protected_where_the_api_says_so() -> None:
    """The operations that can answer UnmodifiableEntity, but for the description, which may be edited."""
    model = Session().get_service_model("iam")
    listed = {
        f"iam:{name}" for name in model.operation_names
        if any(shape.name == "UnmodifiableEntityException" for shape in model.operation_model(name).error_shapes)
    }  # fmt: skip
    (rule,) = (one for one in RULES if "service-linked" in one["what"])
    assert set(rule["actions"]) == listed - {"iam:UpdateRole", "iam:UpdateRoleDescription"}
