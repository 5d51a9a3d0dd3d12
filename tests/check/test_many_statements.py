"""Policies far over IAM's quotas: the work of a rule grows with the statements, or ends in "can't tell"."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.check.support import findings, policy

from rolemgr.check.patterns import may_meet, overlap
from rolemgr.check.run import check
from rolemgr.check.sniff import template_kind
from rolemgr.check.sources import look_into

ROLE = "arn:aws:iam::111122223333:role/"
SECONDS = 20
"""Of this process alone, however busy the machine: each took longer by far before, and takes a few seconds."""


def allow(action: Any, resource: str, **condition: Any) -> dict[str, Any]:
    """Return an Allow of *action* on *resource* under *condition*."""
    made = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    "statement",
    [
        lambda number: allow("*", f"arn:aws:s3:::amzn-s3-demo-bucket{number}*"),
        lambda number: allow(["iam:CreateRole", "iam:PutRolePolicy"], f"{ROLE}*-{number}"),
        lambda number: allow(["iam:CreateRole", "iam:PutRolePolicy"], f"{ROLE}{number}-*"),
    ],
    ids=["every-action", "roles-by-their-end", "roles-by-their-start"],
)
def test_many_statements_end_soon(statement: Callable[[int], dict[str, Any]]) -> None:
    """Pairs of patterns that have no text in common are told apart by their ends."""
    start = time.process_time()
    assert findings(policy(*map(statement, range(1_100))))
    assert time.process_time() - start < SECONDS


@pytest.mark.nightly
def test_conditions_by_the_thousand_end_soon() -> None:
    """What holds in the same of a template's ways is put into words once."""
    names = [f"C{number}" for number in range(8_000)]
    action = [{"Fn::If": [name, f"s3:Unknown{name}", {"Ref": "AWS::NoValue"}]} for name in names]
    document = {"Version": "2012-10-17", "Statement": [allow(action, "*")]}
    template = {
        "Conditions": {name: {"Fn::Equals": [{"Ref": "P"}, name]} for name in names},
        "Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}},
    }
    start = time.process_time()
    found, _ = look_into(json.dumps(template), "x.json", as_json=True)
    assert len([one for one in check(found) if one.rule == "RM202"]) == len(names)
    assert time.process_time() - start < SECONDS


def test_roles_that_take_too_long_are_said() -> None:
    """Names that differ in their middle alone: each pair is walked, until the budget is used up."""
    making = [allow("iam:CreateRole", f"{ROLE}a*{number:04}x*z") for number in range(400)]
    filling = [allow("iam:PutRolePolicy", f"{ROLE}a?{number:03}z") for number in range(400)]
    told = [one.message for one in findings(policy(*making, *filling)) if one.rule == "RM708"]
    assert len(told) == 1
    assert told[0].startswith("can't tell whether `iam:PutRolePolicy` here or behind")


@pytest.mark.nightly
def test_tags_that_take_too_long_are_said() -> None:
    """The same of resources that are reached by their tags."""
    any_of = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/"
    by_tag = {"StringEquals": {"aws:ResourceTag/Project": "x"}}
    tagged = [allow("sagemaker:InvokeEndpoint", f"{any_of}a*{number:04}x*z", **by_tag) for number in range(400)]
    moving = [allow("sagemaker:AddTags", f"{any_of}a?{number:03}z") for number in range(400)]
    told = [one.message for one in findings(policy(*tagged, *moving)) if one.rule == "RM906"]
    assert len(told) == 1
    assert told[0].startswith("can't tell whether this or an Allow behind it moves tags")


@pytest.mark.parametrize(
    ("one", "two"), [("a*", "b*"), ("*a", "*b"), ("ab", "ac"), ("a?c", "a?d"), ("abc*", "abd"), ("*", "x")]
)
def test_ends_agree_with_the_walk(one: str, two: str) -> None:
    """What the ends tell apart has nothing in common."""
    assert may_meet(one, two) or not overlap(one, two)
    assert may_meet(one, two) == (two == "x")


@pytest.mark.parametrize("text", [" " * 60_000, "{" * 60_000, "{ " * 30_000, "Type" * 20_000, "Type: " * 20_000])
def test_what_a_long_line_is_of_is_soon_told(text: str) -> None:
    """Each character of a line without an end is looked at once."""
    start = time.process_time()
    assert template_kind(f"a: 1\n{text}\nb: 2\n") is None
    assert template_kind(f"a: 1\n{text}\nAWSTemplateFormatVersion: 2010-09-09\n") == "a CloudFormation template"
    assert time.process_time() - start < SECONDS
