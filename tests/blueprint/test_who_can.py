"""`who-can` and `can` of a blueprint: the roles that it makes, under all its layers, by the same answers."""

import json
from pathlib import Path

import pytest
from tests.blueprint.faulty import THREE_ACCOUNTS, of_text, three_accounts, with_fault
from tests.conftest import Run

from rolemgr.audit.who_can import WhoCan, who_can
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.workflow.blueprint_inventory import inventory_of_blueprint

CURATED = "arn:aws:s3:::acme-curated/curated/x"


def asked(found: ComposedBlueprint, action: str, resource: str) -> WhoCan:
    """Return who can, of the roles of *found*."""
    return who_can(inventory_of_blueprint(found), action, resource)


def names(found: WhoCan) -> set[str]:
    """Return the roles that can by themselves, on conditions or without."""
    return {one.holder.name for one in found.grants}


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        ("s3:GetObject", CURATED, {"ml-training"}),
        ("s3:GetObject", "arn:aws:s3:::acme-artifacts/x", {"ml-serving"}),
        ("s3:PutObject", "arn:aws:s3:::acme-curated/results/x", {"ml-training"}),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:444444444444:repository/serve", {"ml-serving", "ml-training"}),
        ("sagemaker:InvokeEndpoint", "arn:aws:sagemaker:eu-west-1:333333333333:endpoint/churn", {"ml-app"}),
        ("sagemaker:PutModelPackageGroupPolicy", "arn:aws:sagemaker:eu-west-1:222222222222:model-package-group/churn", set()),
    ],
)  # fmt: skip
def test_who_a_flow_lets_in_can_and_nobody_else(action: str, resource: str, roles: set[str]) -> None:
    """As the proofs of the blueprint have it."""
    assert names(asked(three_accounts(), action, resource)) & {
        "ml-training", "ml-serving", "ml-app", "ml-scientist",
    } == roles  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"policy": ":::acme-curated", "without": "ReadObjects"},
        {"layer": "organization scp", "with": {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}},
        {"layer": "organization rcp", "with": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}},
        {"role": "modelling/training", "document": "boundary", "in": "Ceiling", "set": {"Action": ["ecr:*"]}},
    ],
    ids=["the bucket's policy", "an SCP", "an RCP", "the boundary"],
)  # fmt: skip
def test_each_layer_has_a_say(change: dict[str, object]) -> None:
    """Without its policy, or against a Deny, nobody reads any more."""
    assert names(asked(with_fault({"changes": [change]}), "s3:GetObject", CURATED)) == set()


def test_through_another_role() -> None:
    """Who passes the role that can, can through it."""
    found = asked(three_accounts(), "s3:GetObject", CURATED)
    assert {one.holder.name for one in found.through} >= {"ml-scientist"}


KEY = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SMALL = """\
regions: [eu-west-1]
accounts: {ml: {id: "111111111111"}}
keys: {ml/key: 1234abcd-12ab-34cd-56ef-1234567890ab}
buckets: {ml/work: {name: acme-work, key: ml/key}}
roles:
  ml/jobs: {persona: sagemaker-compute, managed_policy: ["arn:aws:iam::111111111111:policy/ours"]}
flows: [ml/jobs works in ml/work]
"""


def test_what_the_blueprint_does_not_make_is_said() -> None:
    """A policy of the account's own, the policy of a bucket and of its key; and SCPs without an organization."""
    inventory = inventory_of_blueprint(of_text(SMALL))
    (role,) = inventory.principals
    assert [one.place for one in inventory.not_judged] == [
        f"policy arn:aws:iam::111111111111:policy/ours of {role}", "policy of arn:aws:s3:::acme-work", f"policy of {KEY}",
    ]  # fmt: skip
    assert {"arn:aws:s3:::acme-work", KEY} == set(inventory.resources)
    assert all(one.unknown for one in inventory.resources.values())
    assert inventory.organization.service_control == {}


def test_what_is_not_known_fails_on_request(run: Run, tmp_path: Path) -> None:
    """And the page says it."""
    (tmp_path / "blueprint.yaml").write_text(SMALL, "utf-8")
    found = run("who-can", "s3:GetObject", "arn:aws:s3:::acme-work/x", "blueprint.yaml", "--fail-on", "cannot-tell")
    assert found.code == 1
    assert "policy of arn:aws:s3:::acme-work" in " ".join(found.stdout.split())


def test_the_commands_take_a_blueprint(run: Run) -> None:
    """In place of the files of an inventory."""
    data = json.loads(run("who-can", "s3:GetObject", CURATED, str(THREE_ACCOUNTS), "--format", "json").stdout)
    assert "ml-training" in json.dumps(data)
    assert "61 actions" not in run("can", "ml-serving", str(THREE_ACCOUNTS)).stdout
    assert "ml-serving  role of 333333333333" in run("can", "ml-serving", str(THREE_ACCOUNTS)).stdout
    assert "ml-serving  role of 333333333333" in run("can", "production/serving", str(THREE_ACCOUNTS)).stdout


def test_a_blueprint_stands_alone(run: Run, tmp_path: Path) -> None:
    """Another file beside it would say something else of the same accounts."""
    other = tmp_path / "account.json"
    other.write_text("{}", "utf-8")
    found = run("who-can", "s3:GetObject", str(THREE_ACCOUNTS), str(other))
    assert found.code == 2
    assert "is a blueprint, and says all by itself" in found.stderr
