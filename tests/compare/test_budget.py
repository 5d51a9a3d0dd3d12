"""Every comparison ends: what takes more steps than it has is "cannot tell", with the reason, never an answer."""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests.compare.test_compare import allow, deny, identity
from tests.nightly import examples

from rolemgr.compare.action_groups import Focus
from rolemgr.compare.budget import MOST_STEPS, Budget, measured
from rolemgr.compare.compare import compare
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern, contains, meet
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import glob_steps

GET = "s3:GetObject"


def tagged(number: int, value: str, action: str = GET) -> dict[str, Any]:
    """Return an Allow on a tag of its own."""
    return allow(action, conditions={"StringEquals": {f"aws:ResourceTag/k{number}": value}})


def reasons(found: Comparison) -> set[str]:
    """Return why it can't tell."""
    return {one.reason for one in found.unknowns}


def glob(text: str) -> Pattern:
    """Return the pattern of *text*."""
    return Pattern(glob_steps((Piece(text, live=True),)))


def test_a_budget_counts_and_ends() -> None:
    """A part takes its steps from the whole; an answer is paid for once, kept or not."""
    whole = Budget(100)
    part = whole.part(10)
    with pytest.raises(TooComplex, match="more than 10 steps"):
        part.spend(11)
    assert whole.spent == 11
    other = Budget(100)
    other.answer(meet, glob("a*"), glob("*b"))
    once = other.spent
    other.answer(meet, glob("a*"), glob("*b"))
    assert other.spent == once > 0


def test_a_problem_is_kept_with_what_it_took() -> None:
    """Who asks again pays, and gets the same problem."""
    asked: list[int] = []

    @measured
    def never(budget: Budget, steps: int) -> bool:
        asked.append(steps)
        budget.spend(steps)
        raise TooComplex("no")

    for _ in range(2):
        budget = Budget()
        with pytest.raises(TooComplex, match="no"):
            budget.answer(never, 7)
        assert budget.spent == 8
    assert asked == [7]


MANY: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "30 tags, all actions": lambda value: [tagged(number, value, "s3:*") for number in range(30)],
    "400 values of a tag": lambda value: [
        allow(GET, conditions={"StringEquals": {"aws:ResourceTag/k": f"v{number}{value}"}}) for number in range(400)
    ],
    "patterns in patterns": lambda value: [
        allow(GET, conditions={"StringLike": {"aws:ResourceTag/k": "*" + "?*a".join("bcde"[number % 4] * number + value)}})
        for number in range(2, 40)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_the_budget_ends_a_comparison_the_same_way_each_time(name: str) -> None:
    """What could not be told is said, is not proven, and is the same with everything in the caches."""
    new, old = identity(*MANY[name]("x")), identity(*MANY[name]("y"))
    first = compare(new, old, steps=10_000)
    assert not first.proven
    assert "it takes more than 10,000 steps to compare" in reasons(first)
    assert compare(new, old, steps=10_000) == first


def test_many_statements_on_resources_of_their_own_are_told_apart() -> None:
    """What names nothing in common is cheap: 150 statements take a part of the budget."""
    new = identity(*(allow(GET, f"arn:aws:s3:::b{number}x/*") for number in range(150)))
    old = identity(*(allow(GET, f"arn:aws:s3:::b{number}/*") for number in range(150)))
    found = compare(new, old)
    assert len(found.differences) == 150
    assert found.unknowns == ()
    assert compare(new, new, steps=1000).proven


def test_several_comparisons_share_a_budget() -> None:
    """What is left for the last is not enough, and it says so; alone it would be told."""
    new, old = identity(*(tagged(number, "x") for number in range(10))), identity(tagged(1, "y"))
    alone = Budget()
    told = compare(new, old, within=alone)
    shared = Budget(alone.spent)
    assert compare(new, old, within=shared) == told
    assert reasons(told) == set()
    assert any(f"more than {alone.spent:,} steps" in one for one in reasons(compare(new, old, within=shared)))


@pytest.mark.parametrize(
    ("left", "right"), [("*a" + "?" * 40, "*b" + "?" * 41 + "*"), ("*" + "a*b?" * 30, "*" + "?b*a" * 30)]
)
def test_two_patterns_that_overlap_in_too_many_ways(left: str, right: str) -> None:
    """Whether patterns meet, or one contains the other, is told or has a problem: the walk is bounded."""
    for asked in (meet, contains):
        found = asked(glob(left), glob(right))
        assert (found.answer is None) is bool(found.problem)
        assert found.steps < MOST_STEPS


HOSTILE, FEW = range(examples(4, 16)), 15_000
ON_S3 = Focus(actions=("s3:Get*",))
"""Of `*:*` all actions of AWS would be asked: that is their number, and nothing hostile."""


@cache
def _compared(seed: int) -> Comparison:
    return compare(*_both_sides(seed), ON_S3, steps=FEW)


@pytest.mark.parametrize("seed", HOSTILE)
def test_hostile_policies_end_within_the_budget(seed: int) -> None:
    """Many stars, many marks, deep conditions: an answer of three, never an error, and always the same."""
    new, old = _both_sides(seed)
    found = _compared(seed)
    assert found == compare(new, old, ON_S3, steps=FEW)
    assert all(one.reason for one in found.unknowns)


def test_many_of_the_hostile_policies_need_the_budget() -> None:
    """So that the test above is one."""
    ended = [_compared(seed) for seed in HOSTILE]
    assert sum(any("more than" in reason for reason in reasons(one)) for one in ended) > len(HOSTILE) // 2


def _both_sides(seed: int) -> tuple[Policies, Policies]:
    picked = random.Random(seed)  # noqa: S311 - a fixed choice of policies
    new, old = (identity(*(_hostile(picked) for _ in range(picked.randint(1, 14)))) for _ in range(2))
    return new, old


def _hostile(picked: random.Random) -> dict[str, Any]:
    made = deny if picked.random() < 0.3 else allow
    action = picked.choice([GET, "s3:*", "s?:G*t*", "*:Get*", "*:*", "s3:" + _text(picked, "*?GetO")])
    resource = picked.choice(["*", "arn:aws:s3:::" + _text(picked, "*?ab/"), "arn:aws:s3:::${aws:PrincipalTag/x}*?"])
    return made(action, resource, {one: _block(picked) for one in picked.sample(_OPERATORS, picked.randint(1, 5))})


_OPERATORS = [
    "StringLike", "StringNotLike", "StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotLike",
    "StringEqualsIgnoreCase", "StringLikeIfExists",
]  # fmt: skip


def _block(picked: random.Random) -> dict[str, list[str]]:
    keys = picked.sample(["aws:PrincipalTag/a", "aws:PrincipalTag/b", "aws:TagKeys", "s3:prefix", "aws:UserAgent"], 3)
    return {key: [_text(picked, "*?ab") + picked.choice(["", "${aws:username}"]) for _ in range(4)] for key in keys}


def _text(picked: random.Random, letters: str) -> str:
    return "".join(picked.choice(letters) for _ in range(picked.randint(1, 30)))
