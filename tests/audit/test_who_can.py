"""Who may do an action, and what one may do: by whom, which statements, on which conditions, through whom."""

import json
from random import Random
from time import process_time
from typing import Any

import pytest
from tests.audit.accounts import (
    ACCOUNT,
    BOUNDARY,
    PARTNER,
    allow,
    deny,
    details,
    document,
    group,
    innocent,
    policy,
    role,
    role_arn,
    trust_aws,
    trust_service,
    user,
)
from tests.audit.layers import answer, bucket, inventory_of, organization, placed
from tests.audit.test_layers import to

from rolemgr.audit.can import can
from rolemgr.audit.setting import AuditRun
from rolemgr.audit.who_can import WhoCan, who_can
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy
from rolemgr.model.inventory import Inventory

TRAIN = "sagemaker:CreateTrainingJob"
READ = "s3:GetObject"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
JOBS = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/churn-*"


def names(found: WhoCan) -> dict[str, set[str]]:
    """Return the names of those who can, can on conditions, through others, and of the outsiders."""
    return {
        "can": {one[0].holder.name for one in found.of(certain=True).values()},
        "if": {one[0].holder.name for one in found.of(certain=False).values()},
        "through": {one.holder.name for one in found.through},
        "outside": {one.who for one in found.outside},
        "untold": {one.place.rpartition("/")[2] for one in found.untold},
    }


def account() -> str:
    """Return an account with every way to train, twice, and innocent twins."""
    to_me = trust_aws(ROOT)
    return details(
        [
            role("trainer", allow(TRAIN, JOBS)),
            role("admin", allow("*")),
            role("managed", attached=[f"arn:aws:iam::{ACCOUNT}:policy/train"]),
            role("tagged", allow(TRAIN, "*", StringEquals={"aws:RequestTag/Project": "churn"})),
            role("networked", allow(TRAIN, "*"), deny(TRAIN, "*", Null={"sagemaker:VpcSubnets": "true"})),
            role("denied", allow(TRAIN, JOBS), deny("sagemaker:*")),
            role("bounded", allow(TRAIN, JOBS), boundary=BOUNDARY),
            role("elsewhere", allow(TRAIN, "arn:aws:s3:::acme/*")),
            role("reader", allow(READ, "arn:aws:s3:::acme/*")),
            role("assumed", allow(TRAIN, JOBS), trust=to_me),
            role("assumer", allow("sts:AssumeRole", role_arn("assumed"))),
            role("far", allow("sts:AssumeRole", role_arn("near"))),
            role("near", allow("sts:AssumeRole", role_arn("assumed")), trust=to_me),
            role("unknown", attached=[f"arn:aws:iam::{ACCOUNT}:policy/gone"]),
        ],
        users=[user("ann", groups=["trainers"]), user("bob")],
        groups=[group("trainers", allow(TRAIN, JOBS))],
        policies=[policy("train", allow(TRAIN, JOBS)), policy("ml-boundary", allow("s3:*"))],
    )


def test_who_can_train() -> None:
    """By a policy of one's own, attached, of a group; on conditions; through one and two others; who is not known."""
    found = names(who_can(inventory_of(account()), TRAIN))
    assert found["can"] == {"trainer", "admin", "managed", "ann", "assumed"}
    assert found["if"] == {"tagged", "networked"}
    assert found["through"] == {"assumer", "far", "near"}
    assert found["untold"] == {"unknown"}


def test_every_answer_is_shown_by_a_request_and_its_statements() -> None:
    """Each request is allowed once more by the evaluator, and the statements behind it stand in the input."""
    inventory = inventory_of(account())
    found = who_can(inventory, TRAIN)
    setting = AuditRun(inventory, None, 90)
    for one in found.grants:
        policies = setting.subjects[one.holder.arn].rights.policies_for(one.shown)
        assert evaluate(one.shown.request, policies).decision == "Allowed"
        assert one.by
        assert all(each.where is not None and each.where.line for each in one.by)
    assert len(next(one for one in found.through if one.holder.name == "far").steps) == 2
    by = next(one.by for one in found.grants if one.holder.name == "ann")
    assert [each.policy for each in by] == ["own by group trainers"]


@pytest.mark.parametrize(
    ("resource", "can_train"),
    [
        (JOBS.replace("*", "1"), {"trainer", "admin", "managed", "ann", "assumed"}),
        (JOBS.replace("churn-*", "fraud-1"), {"admin"}),
        (JOBS.replace("churn-*", "*"), {"trainer", "admin", "managed", "ann", "assumed"}),
    ],
)
def test_on_a_resource(resource: str, can_train: set[str]) -> None:
    """One job, a job that fewer may name, and a pattern: on something that it matches."""
    assert names(who_can(inventory_of(account()), TRAIN, resource))["can"] == can_train


def test_an_scp_takes_it_away_from_all_but_the_exempt() -> None:
    """The paths through others are gone as well, but an administrator's, who writes whom the exempt role trusts."""
    exempt: dict[str, Any] = {"ArnNotLike": {"aws:PrincipalArn": [role_arn("trainer")]}}
    bound = {"p-notrain00": ([deny("sagemaker:*", **exempt)], [ACCOUNT])}
    found = names(who_can(inventory_of(account(), organization(bound)), TRAIN))
    assert (found["can"], found["if"], found["through"]) == ({"trainer"}, set(), {"admin"})


def test_policies_of_resources_let_others_in() -> None:
    """A role that its own policies allow nothing, a service, another account, anybody on a condition."""
    objects = "arn:aws:s3:::acme/*"
    shared = bucket(
        "acme",
        to({"AWS": role_arn("bob")}, READ, on=objects),
        to({"AWS": f"arn:aws:iam::{PARTNER}:role/etl"}, READ, on=objects),
        to({"Service": "delivery.logs.amazonaws.com"}, READ, on=objects),
        to("*", READ, on=objects, StringEquals={"aws:PrincipalOrgID": "o-zzzzzzzzzz"}),
        block=False,
    )
    text = details([role("bob", allow("logs:PutLogEvents", "*")), role("eve", allow("logs:PutLogEvents", "*"))])
    found = who_can(inventory_of(text, shared), READ, objects.replace("*", "1"))
    assert names(found)["can"] == {"bob"}
    assert {(one.who, one.certain) for one in found.outside} == {
        (f"arn:aws:iam::{PARTNER}:role/etl", True), ("delivery.logs.amazonaws.com", True), ("*", False),
    }  # fmt: skip
    assert names(who_can(inventory_of(text, shared), READ))["can"] == {"bob"}
    assert names(who_can(inventory_of(text, shared), READ, "arn:aws:s3:::other/1"))["outside"] == set()


def test_a_deny_of_the_resource_takes_it_away() -> None:
    """Of all but one: the bucket's own policy counts for those whom their policies allow."""
    only = deny(READ, "arn:aws:s3:::acme/*", ArnNotEquals={"aws:PrincipalArn": role_arn("one")}) | {"Principal": "*"}
    text = details([role("one", allow(READ)), role("two", allow(READ))])
    assert names(who_can(inventory_of(text, bucket("acme", only)), READ, "arn:aws:s3:::acme/1"))["can"] == {"one"}


def test_who_can_assume_a_role() -> None:
    """The trust policy decides beside the identity's; an account outside and a service are named."""
    text = details([
        role("target", allow(READ), trust=document(
            {"Effect": "Allow", "Principal": {"AWS": [ROOT, f"arn:aws:iam::{PARTNER}:root"]}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})),
        role("closed", allow(READ), trust=trust_service(account=None)),
        role("caller", allow("sts:AssumeRole", [role_arn("target"), role_arn("closed")])), role("other", allow(READ)),
    ])  # fmt: skip
    found = names(who_can(inventory_of(text), "sts:AssumeRole", role_arn("target")))
    assert (found["can"], found["outside"]) == ({"caller"}, {PARTNER, "ec2.amazonaws.com"})
    closed = names(who_can(inventory_of(text), "sts:AssumeRole", role_arn("closed")))
    assert (closed["can"], closed["outside"]) == (set(), {"sagemaker.amazonaws.com"})


def test_a_key_of_another_account_needs_both() -> None:
    """The policy of the key names one role; the other's own policies don't suffice."""
    key = f"arn:aws:kms:eu-west-1:{PARTNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    named = document(to({"AWS": role_arn("one")}, "kms:Decrypt", on="*"))
    files = placed(key, answer("kms", "GetKeyPolicy", {"Policy": json.dumps(named)}))
    text = details([role("one", allow("kms:*")), role("two", allow("kms:*")), role("three", allow(READ))])
    assert names(who_can(inventory_of(text, files), "kms:Decrypt", key))["can"] == {"one"}


def test_an_unreadable_policy_of_a_resource_is_said() -> None:
    """What stands in it could let others in, or deny."""
    files = bucket("acme", to("*", READ, on="arn:aws:s3:::acme/*"))
    files["acme.json"] = "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied"
    inventory = inventory_of(details([role("one", allow(READ))]), files)
    assert any("GetBucketPolicy answered AccessDenied" in one.reason for one in inventory.not_judged)


@pytest.mark.nightly
def test_two_thousand_roles_take_less_than_three_seconds() -> None:
    """Of the processor, whatever else the machine does; measured once, with some room for a slow one."""
    random = Random(7)  # noqa: S311 - roles, not secrets
    inventory = inventory_of(details([innocent(number, random) for number in range(2_000)]))
    start = process_time()
    who_can(inventory, TRAIN)
    assert process_time() - start < 9


def of(text: str, name: str, **files: Any) -> Inventory:
    """Return the inventory, once *name* is in it."""
    inventory = inventory_of(text, **files)
    assert role_arn(name) in inventory.principals
    return inventory


def test_what_one_can_do() -> None:
    """Actions by level, what takes some away, whom it becomes; an action that is denied wholly is not there."""
    inventory = of(account(), "networked")
    found = can(inventory, inventory.principals[role_arn("networked")])
    assert found.actions == {TRAIN}
    assert [one.layer for one in found.limits] == ["identity policy"]
    assert found.levels() == {"sagemaker": {"Write": frozenset({TRAIN})}}
    assert can(inventory, inventory.principals[role_arn("denied")]).actions == frozenset()
    assert can(inventory, inventory.principals[role_arn("bounded")]).actions == frozenset()
    becomes = can(inventory, inventory.principals[role_arn("near")]).becomes
    assert [one.whom for one in becomes] == [role_arn("assumed")]


def test_what_an_administrator_can_do_in_one_service() -> None:
    """`--service` keeps to it; an SCP takes another away and is a limit."""
    bound = {"p-nos3actio": ([deny("s3:Delete*")], [ACCOUNT])}
    inventory = inventory_of(account(), organization(bound))
    found = can(inventory, inventory.principals[role_arn("admin")], "s3")
    assert {one.partition(":")[0] for one in found.actions} == {"s3"}
    assert "s3:DeleteBucket" not in found.actions
    assert "s3:GetObject" in found.actions
    assert [one.policy for one in found.limits] == ["SCP p-nos3actio"]


def test_what_policies_of_resources_alone_allow() -> None:
    """A bucket names the role, whose policies say nothing about it."""
    shared = bucket("acme", to({"AWS": role_arn("reader")}, "s3:PutObject", on="arn:aws:s3:::acme/in/*"))
    inventory = inventory_of(account(), shared)
    found = can(inventory, inventory.principals[role_arn("reader")])
    assert {(one.action, one.resource) for one in found.by_resources} == {
        ("s3:PutObject", "arn:aws:s3:::acme/in/example")
    }


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
PLACES = ("arn:aws:s3:::b/in/1", "arn:aws:s3:::b/*", "arn:aws:s3:::b", "*", "arn:aws:s3:::c/*")
NAMES = ("r0", "r1", "r2")


def _statement(random: Random, *, of_resource: bool = False) -> dict[str, Any]:
    made = random.choice((allow, allow, deny))(random.choice(("s3:*", *ACTIONS)), random.choice(PLACES))
    if random.random() < 0.3:
        made["Condition"] = random.choice(
            (
                {"ArnEquals": {"aws:PrincipalArn": role_arn("r1")}},
                {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
                {"Bool": {"aws:SecureTransport": "false"}},
            )
        )
    names = (role_arn("r0"), ROOT, role_arn("r2"), PARTNER)
    return made | ({"Principal": {"AWS": random.choice(names)}} if of_resource else {})


@pytest.mark.sampled(10)
@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_the_evaluator(seed: int) -> None:
    """Random policies on every layer, decided once more from policies that are put together here, by hand."""
    random = Random(seed)  # noqa: S311 - policies, not secrets
    own = {name: [_statement(random) for _ in range(random.randint(1, 3))] for name in NAMES}
    scp, boundary = [allow("*"), _statement(random)], [allow("*"), _statement(random)]
    shared = [_statement(random, of_resource=True) for _ in range(2)]
    rcp = deny(random.choice(ACTIONS), random.choice(PLACES)) | {"Principal": "*"}
    bounds = {name: random.choice((None, BOUNDARY)) for name in NAMES}
    text = details(
        [role(name, *own[name], boundary=bounds[name]) for name in NAMES], policies=[policy("ml-boundary", *boundary)]
    )
    around = organization({"p-random000": (scp, [ACCOUNT])}, {"p-rcp000000": ([rcp], [ACCOUNT])})
    inventory = inventory_of(text, around, bucket("b", *shared))
    for action in ACTIONS:
        place = "arn:aws:s3:::b" if action == "s3:ListBucket" else "arn:aws:s3:::b/in/1"
        found = names(who_can(inventory, action, place))
        for name in NAMES:
            policies = Policies(
                (IdentityPolicy.model_validate(document(*own[name])),),
                IdentityPolicy.model_validate(document(*boundary)) if bounds[name] else None,
                service_control=((IdentityPolicy.model_validate(document(*scp)),),),
                resource_control=((ResourceControlPolicy.model_validate(document(rcp)),),),
                resource=ResourcePolicy.model_validate(document(*shared)),
            )
            bare = Request.known(action, place, {}, role_arn(name), ACCOUNT)
            secure = Request.known(action, place, {"aws:SecureTransport": "true"}, role_arn(name), ACCOUNT)
            insecure = Request.known(action, place, {"aws:SecureTransport": "false"}, role_arn(name), ACCOUNT)
            by_decision = [evaluate(one, policies).decision == "Allowed" for one in (bare, secure, insecure)]
            assert (name in found["can"]) is by_decision[0], (name, action)
            assert (name in found["can"] | found["if"]) is any(by_decision), (name, action)
