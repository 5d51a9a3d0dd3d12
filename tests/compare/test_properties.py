"""A proof is never wrong, and a difference is always real: random policies against the evaluator."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compare.random_policies import (
    allowed,
    changed,
    document,
    keys_in,
    pair,
    policies,
    requests,
    rng_of,
    statement,
)
from tests.nightly import examples

from rolemgr.compare.compare import compare
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies

SEEDS = st.integers(0, 2**32)
CASES = settings(max_examples=examples(20, 150), deadline=None)


def _told(found: Comparison) -> set[str]:
    """Return the actions that the comparison says something of."""
    listed = [one.actions for one in found.differences] + [one.actions for one in found.unknowns]
    return {action for actions in listed for action in actions}


def assert_judged(new: Policies, old: Policies, rng: random.Random, most: int) -> Comparison:
    """Compare, and check every answer by asking the evaluator."""
    found = compare(new, old)
    for difference in found.differences:
        assert allowed(difference.request, new)
        assert not allowed(difference.request, old)
        assert difference.request.action == difference.actions[0]
    told = _told(found)
    for request in requests(rng, keys_in(new, old), most):
        if request.action not in told:
            assert not (allowed(request, new) and not allowed(request, old)), request
    return found


@CASES
@given(SEEDS)
def test_what_is_proven_holds_for_every_request(seed: int) -> None:
    """No request at the edges of the policies is allowed by the new one alone where none was told of."""
    rng = rng_of(seed)
    assert_judged(*pair(rng), rng, 250)


@settings(max_examples=examples(9, 60), deadline=None)
@given(SEEDS)
def test_against_every_request_of_a_small_alphabet(seed: int) -> None:
    """Where the alphabet is small enough to try all of it, all of it is tried."""
    rng = rng_of(seed)
    first = document(rng, 2)
    second = changed(rng, first)
    new, old = policies(first), policies(second)
    if len(keys_in(new, old)) <= 2:
        assert_judged(new, old, rng, 5_000)


@CASES
@given(SEEDS)
def test_a_policy_allows_no_more_than_itself(seed: int) -> None:
    """Whatever it says, also in another order and in several documents, is proven equal both ways."""
    rng = rng_of(seed)
    raw = document(rng)
    shuffled = {**raw, "Statement": rng.sample(raw["Statement"], len(raw["Statement"]))}
    apart = [{**raw, "Statement": [one]} for one in raw["Statement"]]
    whole = policies(raw)
    for other in (policies(raw), policies(shuffled), policies(*apart)):
        assert compare(whole, other).proven
        assert compare(other, whole).proven


@CASES
@given(SEEDS)
def test_splitting_a_statement_changes_nothing(seed: int) -> None:
    """A statement on two actions, or on several resources, is the same as one for each."""
    rng = rng_of(seed)
    raw = document(rng, 2)
    split = [one for whole in raw["Statement"] for one in _split(whole)]
    whole, parts = policies(raw), policies({**raw, "Statement": split})
    assert compare(whole, parts).proven
    assert compare(parts, whole).proven


def _split(whole: dict[str, object]) -> list[dict[str, object]]:
    for element in ("Action", "Resource"):
        listed = whole.get(element)
        if isinstance(listed, list) and len(listed) > 1:
            return [part for one in listed for part in _split({**whole, element: [one]})]
    return [whole]


@CASES
@given(SEEDS)
def test_a_deny_takes_no_proof_away(seed: int) -> None:
    """With one Deny more the new side never allows what it did not."""
    rng = rng_of(seed)
    new, old = document(rng), document(rng)
    if compare(policies(new), policies(old)).proven:
        deny = {**statement(rng), "Effect": "Deny"}
        more = {**new, "Statement": [*new["Statement"], deny]}
        assert not compare(policies(more), policies(old)).differences
    narrowed = {**new, "Statement": [*new["Statement"], {**statement(rng), "Effect": "Deny"}]}
    assert compare(policies(narrowed), policies(new)).proven


@CASES
@given(SEEDS)
def test_a_condition_that_is_gone_is_noticed(seed: int) -> None:
    """An Allow without its condition allows what it allowed, and if more, that is found or said to be unknown."""
    rng = rng_of(seed)
    raw = {**document(rng, 1), "Version": "2012-10-17"}
    allow = {**raw["Statement"][0], "Effect": "Allow", "Action": ["s3:GetObject"]}
    allow.pop("NotAction", None)
    wide = {**raw, "Statement": [{key: value for key, value in allow.items() if key != "Condition"}]}
    narrow = {**raw, "Statement": [allow]}
    assert compare(policies(narrow), policies(wide)).proven
    assert_judged(policies(wide), policies(narrow), rng, 250)


@pytest.mark.parametrize("seed", range(40))
def test_a_boundary_and_an_scp_only_narrow(seed: int) -> None:
    """Within a boundary or an SCP nothing more is allowed than without."""
    rng = rng_of(seed)
    raw = document(rng)
    free = policies(raw)
    assert compare(policies(raw, boundary=document(rng)), free).proven
    assert compare(policies(raw, scp=document(rng)), free).proven


WIDE_ACTIONS = ("s?:GetObj*", "s3:?etObject", "s3:GetObject", "??:Get?bject")
MARKS = ("arn:aws:s3:::a/?b", "arn:aws:s3:::?/${aws:username}?", "arn:aws:s3:::a/${aws:username}", "arn:aws:s3:::?/b?")


@settings(max_examples=examples(6, 40), deadline=None)
@given(SEEDS)
def test_question_marks_against_the_letters_of_variables(seed: int) -> None:
    """A `?` may stand for one letter of a variable's value, and in the service of an action too."""
    rng = rng_of(seed)

    def side() -> Policies:
        made = [
            {"Effect": effect, "Action": rng.choice(WIDE_ACTIONS), "Resource": rng.sample(MARKS, 2)}
            for effect in rng.choice((["Allow"], ["Allow", "Deny"], ["Allow", "Allow"]))
        ]
        return policies({"Version": "2012-10-17", "Statement": made})

    assert_judged(side(), side(), rng, 150)
