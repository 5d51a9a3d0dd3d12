"""The quick reading of a batch: whatever a line says, its answer is that of the careful reading, word for word."""

import json
from random import Random
from typing import Any

import pytest
from tests.evaluate.random_lines import line, unique_line

from rolemgr.evaluate.plain import IDENTITY, RESOURCE, TRUST, NotPlainError, PlainPolicies, Shape, read_plain
from rolemgr.evaluate.requirements import guard_of
from rolemgr.workflow.batch import answer, asked, carefully, read_policies

SEEDS = range(100, 105)
EXAMPLES = 300


@pytest.mark.parametrize("seed", SEEDS)
def test_random_lines_are_answered_alike(seed: int) -> None:
    """Lines of which a third is odd, and lines of which no name occurs twice."""
    random = Random(seed)  # noqa: S311 - nothing secret
    lines = [line(random) for _ in range(EXAMPLES)] + [unique_line(random, number) for number in range(EXAMPLES)]
    for one in lines:
        assert answer(one) == answer(one, carefully), one


def test_what_is_well_formed_is_read_quickly() -> None:
    """Else the test above would compare the careful reading with itself."""
    random = Random(7)  # noqa: S311 - nothing secret
    lines = [unique_line(random, number) for number in range(EXAMPLES)]
    understood = [one for one in lines if answer(one).understood]
    assert len(understood) > EXAMPLES * 0.9
    for one in understood:
        made = json.loads(one)
        layers = json.dumps({name: made[name] for name in made if name not in ("id", "request")})
        assert isinstance(read_policies(f", {layers[1:]}", guard_of(asked(one)[0])), PlainPolicies)


GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ODD_ELEMENTS: list[dict[str, Any]] = [
    {"Effect": "allow"}, {"Effect": None}, {"Effect": ["Allow"]}, {"Sid": 1}, {"Sid": None}, {"Action": []},
    {"Action": [1]}, {"Action": None}, {"Action": {}}, {"NotAction": "*"}, {"NotResource": "*"}, {"Action": "s3"},
    {"Resource": [["*"]]}, {"Condition": None}, {"Condition": []}, {"Condition": {"Bool": "x"}},
    {"Condition": {"Bool": {"k": "maybe"}}}, {"Condition": {"StringEquals": {"k": None}}},
    {"Condition": {"StringEquals": {"k": ["a", []]}}}, {"Condition": {"stringEquals": {"k": "a"}}},
    {"Principal": "*"}, {"action": "*"},
]  # fmt: skip
BAD: list[Any] = [
    None, 1, "", [], {}, [GOOD, 1], {"Statement": GOOD, "Other": 1}, {"Statement": None}, {"Version": "2012-10-17"},
    {"Version": "", "Statement": GOOD}, {"Version": None, "Statement": GOOD}, {"Version": "2020", "Statement": GOOD},
    {"Id": 1, "Statement": GOOD}, {"Version": "2012-10-17", "Statement": GOOD | {"Resource": "arn:aws:s3:::${"}},
    *({"Statement": GOOD | odd} for odd in ODD_ELEMENTS),
    *({"Statement": {key: GOOD[key] for key in GOOD if key != gone}} for gone in GOOD),
]  # fmt: skip


@pytest.mark.parametrize("value", BAD)
def test_what_is_not_plain_is_left_to_the_careful_reading(value: Any) -> None:
    """Nothing that IAM would not accept, or that is written in a rare way, is read quickly."""
    with pytest.raises(NotPlainError):
        read_plain(value, IDENTITY)


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        (RESOURCE, {}),
        (RESOURCE, {"Principal": "*", "NotPrincipal": "*"}),
        (RESOURCE, {"Principal": "everyone"}),
        (RESOURCE, {"Principal": {"AWS": None}}),
        (RESOURCE, {"Principal": {"aws": "*"}}),
        (RESOURCE, {"Principal": {"AWS": "arn:aws:iam::*:role/x"}}),
        (RESOURCE, {"NotPrincipal": "*"}),
        (TRUST, {"Principal": "*"}),
    ],
)
def test_principals_that_are_not_plain(shape: Shape, more: dict[str, Any]) -> None:
    """A Principal of another kind, or where none belongs; the Resource of a trust policy."""
    with pytest.raises(NotPlainError):
        read_plain({"Statement": GOOD | more}, shape)
