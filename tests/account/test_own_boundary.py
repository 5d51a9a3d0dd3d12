"""A role with a boundary of its own in an account: made, left alone, changed, and told of where it drifts."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.account.small import BOUNDARY, NAME, ROLE, bring, everything, identity, plan, prepare, wanted
from tests.servers import ACCOUNT

from rolemgr.account.drift import find_drift
from rolemgr.account.existing import find_existing
from rolemgr.account.ownership import new_run
from rolemgr.account.plan import plan_role
from rolemgr.account.read import read_policy, read_role
from rolemgr.errors import AwsError, Refused
from rolemgr.model.role import OwnBoundary, RoleDocuments

ARN = f"arn:aws:iam::{ACCOUNT}:policy/ml/{NAME}-boundary"
FIRST = identity(("Ceiling", "Allow", "s3:*"), ("Train", "Allow", "sagemaker:*"))
SECOND = identity(("Ceiling", "Allow", "s3:*"), ("Less", "Allow", "sagemaker:CreateTrainingJob"))
BOUNDED = replace(ROLE, boundary=ARN, own_boundary=OwnBoundary(f"{NAME}-boundary", FIRST))
CHANGED = replace(ROLE, boundary=ARN, own_boundary=OwnBoundary(f"{NAME}-boundary", SECOND))


@pytest.fixture(autouse=True)
def neighbours(iam: Any) -> None:
    """Put into the account what the role names, and others."""
    prepare(iam)


def calls(iam: Any, documents: RoleDocuments, **how: bool) -> list[str]:
    """Return the calls of the plan for *documents*, those that make policies with the policy's name."""
    steps = plan(iam, documents, new_run(), **how).steps
    return [f"{one.call.operation} {one.call.parameters.get('PolicyName', '')}".strip() for one in steps]


def test_the_boundary_is_made_before_the_role_and_attached_to_nobody(iam: Any) -> None:
    """In this order no moment is without a limit."""
    order = calls(iam, BOUNDED)
    assert order.index(f"create_policy {NAME}-boundary") < order.index("create_role")
    bring(iam, BOUNDED)
    role = read_role(iam, NAME)
    assert role is not None
    assert role.boundary == ARN
    assert ARN not in {one.arn for one in role.attached}
    assert everything(iam)[ARN]["document"] == FIRST.to_json_value()


def test_a_second_run_changes_nothing(iam: Any) -> None:
    """The boundary that is there is the one that is wanted."""
    bring(iam, BOUNDED)
    before = everything(iam)
    assert bring(iam, BOUNDED).action == "unchanged"
    assert everything(iam) == before


def test_another_text_of_the_boundary_is_a_difference(iam: Any) -> None:
    """Without --update nothing is changed; with it the boundary gets a new version and keeps its role."""
    bring(iam, BOUNDED)
    refused = plan(iam, CHANGED, new_run())
    assert isinstance(refused.problem, Refused)
    assert any("says something else than the file" in text for text in refused.differences)
    bring(iam, CHANGED, update=True)
    assert everything(iam)[ARN]["document"] == SECOND.to_json_value()
    assert everything(iam)[ARN]["versions"] == 2
    assert bring(iam, CHANGED).action == "unchanged"


@pytest.mark.parametrize("new", [replace(ROLE, boundary=None), ROLE], ids=["none", "another"])
def test_a_boundary_that_goes_is_said_to_stay(iam: Any, new: RoleDocuments) -> None:
    """Its policy may bound others; what takes it away is said, and is what IAM takes."""
    bring(iam, BOUNDED)
    made = plan(iam, new, new_run(), update=True, prune=True)
    [note] = [one for one in made.notes if "no longer bounds" in one]
    assert note.startswith(f"{ARN} no longer bounds {NAME} and stays in the account")
    assert f"aws iam delete-policy --policy-arn {ARN} takes it away" in note
    bring(iam, new, update=True, prune=True)
    assert ARN in everything(iam)
    iam.delete_policy(PolicyArn=ARN)
    assert not [one for one in plan(iam, new, new_run(), update=True).notes if "no longer bounds" in one]


def test_a_role_gets_a_boundary_of_its_own(iam: Any) -> None:
    """Where it had another: the new one is made, and the old one stays in the account."""
    bring(iam, ROLE)
    bring(iam, BOUNDED, update=True)
    assert everything(iam)[f"arn:aws:iam::{ACCOUNT}:role/ml/{NAME}"]["boundary"] == ARN
    assert BOUNDARY in everything(iam)


def test_a_boundary_of_that_name_that_is_not_ours_stops_it(iam: Any) -> None:
    """Somebody else's policy is never changed."""
    document = json.dumps(SECOND.to_json_value())
    iam.create_policy(PolicyName=f"{NAME}-boundary", Path="/ml/", PolicyDocument=document)
    with pytest.raises(AwsError, match="not made by rolemgr"):
        bring(iam, BOUNDED)
    assert f"arn:aws:iam::{ACCOUNT}:role/ml/{NAME}" not in everything(iam)


def test_who_else_is_bound_by_it_is_said(iam: Any) -> None:
    """A change of the boundary changes them too; moto does not count whom a policy bounds, as IAM does."""
    bring(iam, BOUNDED)
    found = find_existing(iam, wanted(CHANGED))
    for users, is_said in ((1, False), (2, True)):
        counted = replace(found, policies={**found.policies, ARN: replace(found.policies[ARN], attachments=users)})
        notes = plan_role(wanted(CHANGED), counted, new_run(), update=True).notes
        assert any("bounds them" in text for text in notes) == is_said


def test_drift_tells_what_the_boundary_says(iam: Any) -> None:
    """By meaning: what it lets through more or less; unread it is said not to be compared."""
    bring(iam, BOUNDED)
    role, there = read_role(iam, NAME), read_policy(iam, ARN)
    assert role is not None
    assert there is not None
    same = find_drift(role, BOUNDED, {ARN: there.document})
    assert (same.drifts, same.notes) == ((), ())
    other = find_drift(role, CHANGED, {ARN: there.document})
    assert {one.kind for one in other.drifts} == {"boundary-changed"}
    unread = find_drift(role, CHANGED, {})
    assert any("its ARN is compared" in text for text in unread.notes)
    assert wanted(BOUNDED).own_policies[0].name == f"{NAME}-boundary"
