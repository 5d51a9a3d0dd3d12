"""
Each kind of trust before judges that we did not write: CloudFormation's linter, an IAM API, AWS's reference.

The last is read raw: which condition keys AWS sends with which action, and what its pages ask of a
statement.
"""

import json
import re
from functools import cache
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.support import DATA, PARTITION_REGIONS, rendered
from tests.test_cfn_lint import IGNORED, template
from tests.test_moto import endpoint, iam  # noqa: F401 - fixtures

from rolemgr.model.role import RoleDocuments

TRUST = {
    "sagemaker": ["sagemaker?source-identity=yes"],
    "sagemaker with context": ["sagemaker?source-identity=yes&set-context=yes"],
    "account": ["account:444455556666"],
    "third party": ["account:444455556666?external-id=acme/1:a.b@c&mfa=yes"],
    "user": ["user:arn:{partition}:iam::444455556666:user/break-glass/otto?mfa-age=15m&session-name=otto"],
    "role with source identity": [
        "role:arn:{partition}:iam::444455556666:role/broker?source-identity=required&session-name=elevated-*"
    ],
    "role": ["role:arn:{partition}:iam::444455556666:role/ci/deployer?org-id=o-a1b2c3d4e5"],
    "role with all": [
        "role:arn:{partition}:iam::444455556666:role/ci/deployer"
        "?external-id=abc&org-id=o-a1b2c3d4e5&session-tags=Project,Cost Center&source-identity=yes"
    ],
    "saml": ["saml:arn:{partition}:iam::111122223333:saml-provider/Okta?session-tags=Project&source-identity=yes"],
    "oidc": [
        "oidc:arn:{partition}:iam::111122223333:oidc-provider/id.example.com/auth"
        "?aud=app&sub=group:ml:*&session-tags=Project&source-identity=yes"
    ],
    "github environment": ["github:acme/ml?environment=prod blue&session-tags=Project"],
    "github ref": ["github:acme@1/ml@2?ref=refs/tags/v*"],
    "github": ["github:acme/ml"],
    "several": [
        "sagemaker", "account:444455556666?external-id=abc", "saml:arn:{partition}:iam::111122223333:saml-provider/Okta",
        "github:acme/ml?environment=prod", "github:acme/app?ref=main",
    ],
}  # fmt: skip

CASES = pytest.mark.parametrize(
    ("kind", "partition"), [(kind, partition) for kind in TRUST for partition in PARTITION_REGIONS]
)


@cache
def role(kind: str, partition: str) -> RoleDocuments:
    """Return the documents of a compute role with the trust *kind*."""
    trust = [text.format(partition=partition) for text in TRUST[kind]]
    return rendered(persona="sagemaker-compute", region=PARTITION_REGIONS[partition], trust=trust).documents


@pytest.mark.parametrize("partition", PARTITION_REGIONS)
def test_cloudformation_takes_it(partition: str) -> None:
    """No error and no warning from its linter, which takes as long for one role as for all kinds of trust."""
    resources: dict[str, Any] = {}
    for kind in TRUST:
        named = re.sub(r"\W", "", kind)
        made = template(role(kind, partition).to_properties())["Resources"]["Role"]
        resources[named] = {**made, "Properties": {**made["Properties"], "RoleName": named}}
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    found = lint(text, config=ManualArgs(regions=[PARTITION_REGIONS[partition]], ignore_checks=IGNORED))
    assert [str(match) for match in found] == []


@CASES
def test_iam_takes_it(iam: Any, kind: str, partition: str) -> None:  # noqa: F811 - the fixture
    """A role is created with it, and gives it back."""
    made = role(kind, partition)
    assert made.trust_policy.size() <= 2048
    document = made.trust_policy.to_json_value()
    iam.create_role(RoleName=made.name, AssumeRolePolicyDocument=json.dumps(document))
    assert iam.get_role(RoleName=made.name)["Role"]["AssumeRolePolicyDocument"] == document


CREDENTIALS = {"AWS": "sts:AssumeRole", "Service": "sts:AssumeRole"}
BESIDE = {"sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"}
ABOUT_THE_CALLER = {"aws:principalorgid", "aws:multifactorauthage", "aws:multifactorauthpresent"}
FROM_SERVICES = {"aws:sourceaccount", "aws:sourcearn"}


def expected_action(principal: dict[str, str]) -> str:
    """Return the action by which IAM's pages let *principal* take a role."""
    [(kind, name)] = principal.items()
    if kind == "Federated":
        return "sts:AssumeRoleWithSAML" if ":saml-provider/" in name else "sts:AssumeRoleWithWebIdentity"
    return CREDENTIALS[kind]


def known_keys(action: str, principal: dict[str, str]) -> set[str]:
    """Return the condition keys that AWS sends with *action* by *principal*, in lower case, tag keys left off."""
    listed = DATA.actions.get_action_details("sts", action.removeprefix("sts:"))["conditionKeys"]
    keys = {key.lower().split("${")[0] for key in listed} | ABOUT_THE_CALLER
    [(kind, name)] = principal.items()
    if kind == "Service":
        keys |= FROM_SERVICES
    if action == "sts:AssumeRoleWithWebIdentity":
        provider = name.partition(":oidc-provider/")[2]
        keys |= {f"{provider}:aud", f"{provider}:sub"}
    return keys


def keys_of(statement: dict[str, Any]) -> set[str]:
    """Return the condition keys of *statement* in lower case, those of tags up to the slash."""
    used = {key.lower() for block in statement.get("Condition", {}).values() for key in block}
    return {key.partition("/")[0] + "/" if key.startswith("aws:requesttag/") else key for key in used}


@CASES
def test_every_statement_can_be_met(kind: str, partition: str) -> None:
    """Actions fit the principal, and each condition key comes with each of the actions."""
    for statement in role(kind, partition).trust_policy.to_json_value()["Statement"]:
        principal, actions = statement["Principal"], set(statement["Action"])
        assert actions - BESIDE in ({expected_action(principal)}, set())
        if "Service" not in principal:
            assert len(actions) == 1
            assert not keys_of(statement) & FROM_SERVICES
            assert all(keys_of(statement) <= known_keys(action, principal) for action in actions)


@CASES
def test_no_statement_lets_in_more_than_is_said(kind: str, partition: str) -> None:
    """No wildcard for a principal; providers with their audience or subject; no ForAllValues that nothing can pass."""
    for statement in role(kind, partition).trust_policy.to_json_value()["Statement"]:
        [principal] = statement["Principal"].values()
        assert "*" not in principal
        condition = statement.get("Condition", {})
        assert "ForAllValues:StringEquals" not in condition or condition["Null"]
        if set(statement["Action"]) & {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}:
            assert any(key.endswith((":aud", ":sub")) for key in keys_of(statement))
        for values in condition.get("StringEquals", {}).values():
            assert not {"*", "?"} & set(values)
