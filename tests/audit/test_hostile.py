"""Accounts that are made to take for ever: the work has a bound, and what is beyond it is said."""

import time

import pytest
from tests.audit.accounts import ACCOUNT, allow, crowd, details, role, role_arn, trust_aws
from tests.audit.layers import bucket, inventory_of
from tests.audit.support import audited, found, personas
from tests.audit.test_layers import to

from rolemgr.audit.run import audit

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def test_a_crowd_that_pass_and_assume_one_another_is_linear() -> None:
    """Five hundred roles are a quarter of a million pairs; the search starts at those who are worth getting at."""
    start = time.process_time()
    result = audited(crowd(500, 20))
    assert time.process_time() - start < 20
    assert {one for one, name in found(result) if name.startswith("crowd")} == {"AU202", "AU203"}


def test_a_circle_of_roles_ends() -> None:
    """Each assumes the next, the last the first; none is an administrator."""
    names = [f"ring-{number}" for number in range(30)]
    roles = [
        role(name, allow("sts:AssumeRole", role_arn(names[(number + 1) % 30])), trust=trust_aws(ROOT))
        for number, name in enumerate(names)
    ]
    assert found(audited(details(roles))) == set()


def test_a_circle_with_a_door_is_left_by_the_nearest() -> None:
    """Three steps from the door and no more."""
    names = [f"ring-{number}" for number in range(6)]
    roles = [
        role(name, allow("sts:AssumeRole", role_arn(names[(number + 1) % 6])), trust=trust_aws(ROOT))
        for number, name in enumerate(names[:5])
    ]
    result = audited(details([*roles, role("ring-5", allow("*"), trust=trust_aws(ROOT))]))
    assert found(result) == {
        ("AU001", "ring-5"),
        ("AU108", "ring-5"),
        ("AU301", "ring-4"),
        ("AU302", "ring-3"),
        ("AU303", "ring-2"),
    }


def test_what_the_budget_does_not_reach_is_said() -> None:
    """Of each principal, so that nobody takes the silence for "no finding"."""
    roles = [role(f"r-{number}", allow("s3:*"), allow("iam:*", "arn:aws:iam::*:role/x")) for number in range(20)]
    result = audited(details(roles), most_requests=30)
    told = {one.place.rpartition("/")[2] for one in result.not_judged if "30 requests" in one.reason}
    assert len(told) >= 15


def test_conditions_beyond_telling_are_said() -> None:
    """Conditions that contradict one another for all that we try: not allowed as far as we see, and said."""
    strange = {"StringLike": {"aws:SourceVpce": "vpce-?*"}, "StringNotLike": {"aws:SourceVpce": "vpce-*e*"}}
    walker = role("walker", allow("sts:AssumeRole", "*", **strange))
    result = audited(details([role("door", allow("*"), trust=trust_aws(ROOT)), walker]))
    assert ("AU301", "walker") not in found(result)
    assert any("role/walker" in one.place and "can't be told" in one.reason for one in result.not_judged)


def test_a_huge_policy_is_judged_in_linear_time() -> None:
    """Thousands of statements with conditions, which no IAM would store."""
    many = [
        allow("sts:AssumeRole", role_arn(f"x-{n}-*"), StringEquals={"aws:SourceVpc": f"vpc-{n}"}) for n in range(3_000)
    ]
    start = time.process_time()
    audited(details([role("door", allow("*"), trust=trust_aws(ROOT)), role("huge", *many)]))
    assert time.process_time() - start < 60


@pytest.mark.nightly
def test_roles_that_fill_one_another_are_looked_at_within_bounds() -> None:
    """Each may write the policy of all others and become none of them."""
    roles = [role(f"fills-{number}", allow("iam:PutRolePolicy", role_arn("x-*"))) for number in range(700)]
    walls = [role(f"x-{number}") for number in range(700)]
    start = time.process_time()
    result = audited(details([*roles, *walls]))
    assert time.process_time() - start < 120
    assert found(result) == set()


def test_policies_of_resources_that_aws_never_wrote_are_said() -> None:
    """Thousands of statements are not judged, hundreds in part, a statement of thousands of actions soon."""
    start = time.process_time()
    text = details([role("r", allow("s3:GetObject", "arn:aws:s3:::x/*"))])

    def opens(count: int, name: str) -> dict[str, str]:
        statements = [to({"AWS": "*"}, "s3:GetObject", on=f"arn:aws:s3:::{name}/{number}/*") for number in range(count)]
        return bucket(name, *statements, block=False)

    wide = bucket("wide", to("*", *(f"s3:Get{number}*" for number in range(5_000)), on="arn:aws:s3:::wide/*"))
    result = audit(inventory_of(text, opens(3_000, "huge"), opens(400, "large"), wide), personas)
    assert time.process_time() - start < 60
    told = {one.place: one.reason for one in result.not_judged}
    assert "more than AWS takes" in told["the policy of arn:aws:s3:::huge"]
    assert "more than 200 Allows" in told["the whole policy of arn:aws:s3:::large"]
    assert ("AU601", "large") in found(result)
    assert any("wide" in place for place in told)
