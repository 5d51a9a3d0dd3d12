"""
The rights that the docs name are enough, and each that is missing is said by name and leaves nothing behind.

The server enforces IAM. It asks each right on `*`, so that the policy is taken from the page with its
resources opened; and it does not ask for the tagging rights of calls that create with tags, as AWS does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.account.small import CHANGED, NAME, OTHER_BOUNDARY, ROLE, bring, everything, prepare
from tests.servers import iam_client, served

from rolemgr.check.document import Document
from rolemgr.check.finding import Severity
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.errors import AwsError
from rolemgr.iam.documents import PolicyType

PAGE = Path(__file__).parents[2] / "docs" / "create-in-an-account.md"
POLICY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0])
RIGHTS: dict[str, list[str]] = {statement["Sid"]: statement["Action"] for statement in POLICY["Statement"]}
TAKES_BACK = {"iam:DeletePolicy", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"}
NOT_ENFORCED = {"iam:TagPolicy"}
FOR_CREATING = sorted(
    {*RIGHTS["Plan"], *RIGHTS["CreateAndTakeBack"]} - TAKES_BACK - NOT_ENFORCED - {"iam:ListPolicyVersions"}
)
FOR_CHANGING = sorted(
    {*RIGHTS["Update"], "iam:ListPolicyVersions"}
    - {"iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeleteRolePermissionsBoundary", "iam:UntagRole"}
)
"""Without those that taking back, pruning and a full quota of versions need."""


class Guarded(NamedTuple):
    """An account with enforcement: clients of its administrator, and of the one who runs rolemgr."""

    admin: Any
    deployer: Any

    def allow(self, actions: Any) -> None:
        """Give the deployer exactly these *actions*."""
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}],
        }
        self.admin.put_user_policy(UserName="deployer", PolicyName="rights", PolicyDocument=json.dumps(document))


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """Run a server that enforces IAM after the four calls that make the administrator."""
    with served(INITIAL_NO_AUTH_ACTION_COUNT="3") as address:
        first = iam_client(address)
        everything_allowed = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        first.create_user(UserName="admin")
        first.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(everything_allowed))
        admin = iam_client(address, **_key(first, "admin"))
        admin.create_user(UserName="deployer")
        deployer = iam_client(address, **_key(admin, "deployer"))
        prepare(admin)
        yield Guarded(admin, deployer)
        for client in (first, admin, deployer):
            client.close()


def _key(iam: Any, user: str) -> dict[str, str]:
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


@pytest.fixture
def account(guarded: Guarded) -> Iterator[Guarded]:
    """Return the account without our role; whatever a test makes is removed."""
    yield guarded
    _remove(guarded.admin)


def _remove(iam: Any) -> None:
    if f"arn:aws:iam::123456789012:role/ml/{NAME}" not in everything(iam):
        return
    for name in iam.list_role_policies(RoleName=NAME)["PolicyNames"]:
        iam.delete_role_policy(RoleName=NAME, PolicyName=name)
    for policy in iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=NAME, PolicyArn=policy["PolicyArn"])
        if policy["PolicyName"].startswith(f"{NAME}-"):
            for version in iam.list_policy_versions(PolicyArn=policy["PolicyArn"])["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=NAME)


OTHER = replace(CHANGED, boundary=OTHER_BOUNDARY, trust_policy=CHANGED.trust_policy.model_copy(update={"statement": (
    *CHANGED.trust_policy.statement,
    CHANGED.trust_policy.statement[0].model_copy(update={"principal": {"Service": ("ec2.amazonaws.com",)}}),
)}))  # fmt: skip
"""A change of everything that can change."""


def test_the_policy_of_the_page_is_accepted_by_check() -> None:
    """What we tell others to write passes our own rules, but for what the page says of it itself."""
    document = read(Document("page", PolicyType.IDENTITY, POLICY, lambda _: None))
    found = [finding for finding in check([document]) if finding.severity.at_least(Severity.SUGGESTION)]
    said = {("RM708", "CreateAndTakeBack"), ("RM709", "Update")}
    assert {(one.rule, one.sid) for one in found} == said


def test_the_rights_of_the_page_are_enough(account: Guarded) -> None:
    """Create, again, and a change of everything."""
    account.allow({*RIGHTS["Plan"], *RIGHTS["CreateAndTakeBack"]})
    assert bring(account.deployer).action == "create"
    assert bring(account.deployer).action == "unchanged"
    account.allow({*RIGHTS["Plan"], *RIGHTS["CreateAndTakeBack"], *RIGHTS["Update"]})
    assert bring(account.deployer, OTHER, update=True).action == "update"
    account.allow(RIGHTS["Plan"])
    assert bring(account.deployer, OTHER).action == "unchanged"


@pytest.mark.parametrize("missing", FOR_CREATING)
def test_without_one_right_nothing_is_created(account: Guarded, missing: str) -> None:
    """The action is named, and nothing is left."""
    before = everything(account.admin)
    account.allow({*RIGHTS["Plan"], *RIGHTS["CreateAndTakeBack"]} - {missing})
    with pytest.raises(AwsError, match=f"access denied to {missing}: "):
        bring(account.deployer)
    assert everything(account.admin) == before


@pytest.mark.parametrize("missing", FOR_CHANGING)
def test_without_one_right_nothing_is_changed(account: Guarded, missing: str) -> None:
    """The same for a change: the old role is back."""
    every = {action for actions in RIGHTS.values() for action in actions}
    account.allow(every)
    bring(account.deployer, ROLE)
    before = everything(account.admin)
    account.allow(every - {missing})
    with pytest.raises(AwsError, match=f"access denied to {missing}: "):
        bring(account.deployer, OTHER, update=True)
    assert everything(account.admin) == before
