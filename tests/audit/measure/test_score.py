"""The score is monotone: more allowed never scores higher, and narrower never lower."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples

from rolemgr.audit.measure.measure import AccessMeasure, measure, reference_measure, score
from rolemgr.audit.measure.permissions import PermissionCount, count
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import NamedPolicy

ACTIONS = (
    "sagemaker:*", "sagemaker:Create*", "sagemaker:CreateTrainingJob", "sagemaker:List*", "sagemaker:ListTrainingJobs",
    "sagemaker:AddTags", "sagemaker:UpdateModelPackage", "s3:*", "s3:Get*", "s3:GetObject", "s3:ListBucket",
    "s3:PutBucketPolicy", "iam:PassRole", "iam:Put*", "kms:Decrypt", "ecr:GetAuthorizationToken",
)  # fmt: skip
SAGEMAKER = "arn:aws:sagemaker:us-east-1:111122223333"
CHAINS = (
    ("*", "arn:aws:sagemaker:*:*:*", "arn:aws:sagemaker:*:*:*/*", "arn:aws:sagemaker:*:*:training-job/*",
     f"{SAGEMAKER}:training-job/*", f"{SAGEMAKER}:training-job/churn-*", f"{SAGEMAKER}:training-job/churn-1"),
    ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::acme-*/*", "arn:aws:s3:::acme-churn/*",
     "arn:aws:s3:::acme-churn/in/*", "arn:aws:s3:::acme-churn/in/a.csv"),
    ("*", "arn:aws:s3:::*", "arn:aws:s3:::acme-*", "arn:aws:s3:::acme-churn"),
    ("arn:*", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/?*",
     "arn:aws:iam::111122223333:role/ml-*", "arn:aws:iam::111122223333:role/ml-train"),
    ("*", "arn:aws:sagemaker:*:*:*model*", f"{SAGEMAKER}:*model*", f"{SAGEMAKER}:model-package/*",
     f"{SAGEMAKER}:model-package/${{aws:PrincipalTag/team}}/*", ),
)  # fmt: skip
"""Resources, each within the one before it."""
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:ResourceTag/team": "churn"}},
    {"StringLike": {"aws:PrincipalTag/team": "*"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"Null": {"sagemaker:VpcSubnets": "false"}},
    {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
)


class Narrowing(NamedTuple):
    """A statement, and the same made narrower."""

    wide: dict[str, Any]
    narrow: dict[str, Any]


@st.composite
def narrowings(draw: st.DrawFn) -> Narrowing:
    """Draw an Allow, and a narrower one: of its actions, its resource, or with a condition more."""
    chain = draw(st.sampled_from(CHAINS))
    at = draw(st.integers(0, len(chain) - 1))
    to = draw(st.integers(at, len(chain) - 1))
    actions = draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=4, unique=True))
    kept = draw(st.lists(st.sampled_from(actions), min_size=1, unique=True))
    conditions = draw(st.sampled_from([{}, *CONDITIONS]))
    more = draw(st.sampled_from([{}, *CONDITIONS]))
    wide = {"Effect": "Allow", "Action": actions, "Resource": chain[at], "Condition": conditions}
    return Narrowing(wide, {**wide, "Action": kept, "Resource": chain[to], "Condition": {**more, **conditions}})


def denies() -> st.SearchStrategy[dict[str, Any]]:
    """Return Denies, some with a condition."""
    return st.builds(
        lambda actions, chain, at, condition: {
            "Effect": "Deny", "Action": actions, "Resource": chain[at % len(chain)], "Condition": condition,
        },
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2, unique=True),
        st.sampled_from(CHAINS), st.integers(0, 9), st.sampled_from([{}, {}, *CONDITIONS]),
    )  # fmt: skip


def policy(*statements: dict[str, Any]) -> list[NamedPolicy]:
    """Return a policy of *statements*."""
    document = {"Version": "2012-10-17", "Statement": [*statements]}
    return [NamedPolicy("test", IdentityPolicy.model_validate(document))]


def permissions(*statements: dict[str, Any]) -> PermissionCount:
    """Return the permissions of a policy of *statements*."""
    return count(policy(*statements))


@settings(max_examples=examples(20, 3_000), deadline=None)
@given(st.lists(narrowings(), min_size=1, max_size=3), st.lists(denies(), max_size=2), narrowings())
def test_another_allow_never_raises_the_score(
    base: list[Narrowing], denied: list[dict[str, Any]], one: Narrowing
) -> None:
    """Nor does taking one away lower it: each permission weighs at least as much as before."""
    before = permissions(*(each.wide for each in base), *denied)
    after = permissions(*(each.wide for each in base), *denied, one.wide)
    assert after.points >= before.points
    assert score(after, reference_measure()) <= score(before, reference_measure())


@settings(max_examples=examples(20, 3_000), deadline=None)
@given(st.lists(narrowings(), max_size=2), st.lists(denies(), max_size=2), narrowings())
def test_narrowing_never_lowers_the_score(rest: list[Narrowing], denied: list[dict[str, Any]], one: Narrowing) -> None:
    """Fewer actions, a resource within the resource, a condition more: permission by permission no more points."""
    others = [each.wide for each in rest]
    wide, narrow = permissions(*others, one.wide, *denied), permissions(*others, one.narrow, *denied)
    points = {(each.action, each.type): each.points for each in wide.permissions}
    assert [each for each in narrow.permissions if each.points > points.get((each.action, each.type), 0)] == []
    assert score(narrow, reference_measure()) >= score(wide, reference_measure())


@settings(max_examples=examples(10, 1_000), deadline=None)
@given(st.lists(narrowings(), min_size=1, max_size=3), denies())
def test_a_deny_never_lowers_the_score(base: list[Narrowing], denied: dict[str, Any]) -> None:
    """It can only take permissions out, or leave a lighter Allow to them."""
    assert (
        permissions(*(each.wide for each in base), denied).points <= permissions(*(each.wide for each in base)).points
    )


def test_the_reference_scores_nothing_and_an_empty_role_everything() -> None:
    """AmazonSageMakerFullAccess is 0, what allows nothing 100."""
    reference = reference_measure()
    nothing = measure("none", policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    assert (score(reference, reference), score(nothing, reference)) == (0.0, 100.0)


def test_the_score_is_never_too_good() -> None:
    """What AWS is not known to have weighs on a role, and not on the reference."""
    reference = reference_measure()
    assert reference.counted.known_points < reference.points
    doubled = replace(
        reference, name="double", counted=permissions({"Effect": "Allow", "Action": "*", "Resource": "*"})
    )
    assert score(doubled, reference) == 0.0
    odd = measure("odd", policy({"Effect": "Allow", "Action": "sagemaker:NotYetThere", "Resource": "*"}))
    assert odd.points == 8
    assert [one.reason for one in odd.counted.wide] == [
        "AWS is not known to have `sagemaker:NotYetThere`; it is counted as Permissions management"
    ]


def test_a_tenth_is_cut_off_and_not_rounded_up() -> None:
    """99.97 is not 100: there is something that the role may do."""
    one = measure("one", policy({"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}))
    assert score(one, reference_measure()) == 99.9


@pytest.fixture(scope="module")
def everything() -> AccessMeasure:
    """Return the figures of an administrator."""
    return measure("admin", policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))


def test_an_administrator_has_every_way_and_all_data(everything: AccessMeasure) -> None:
    """Every way to a role is there, to any role, and all data is reached."""
    assert {one.breadth for one in everything.ways} == {"any"}
    assert set(everything.data.values()) == {"any"}
    assert everything.wildcards == 1
