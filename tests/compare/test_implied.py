"""A Deny that the other side is sure to have, and an Allow that it is sure to give: told without a search."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compare.random_policies import allowed, condition, keys_in, policies, requests, rng_of
from tests.compare.test_compare import JOB, Raw, allow, answer, deny, identity
from tests.nightly import examples

from rolemgr.compare.budget import Budget
from rolemgr.compare.compare import compare
from rolemgr.compare.implied import matches_whenever
from rolemgr.compare.statements import CompiledPolicies

KEY = "sagemaker:InstanceTypes"
FOLLOWS: tuple[tuple[dict[str, Any], dict[str, Any], bool], ...] = (
    ({"StringEquals": {KEY: "a"}}, {"StringEquals": {KEY: ["a", "b"]}}, True),
    ({"StringEquals": {KEY: ["a", "b"]}}, {"StringEquals": {KEY: "a"}}, False),
    ({"StringNotEquals": {KEY: ["a", "b"]}}, {"StringNotEquals": {KEY: "a"}}, True),
    ({"StringNotEquals": {KEY: "a"}}, {"StringNotEquals": {KEY: ["a", "b"]}}, False),
    ({"StringEquals": {KEY: "ml.m5.large"}}, {"StringLike": {KEY: "ml.m5.*"}}, True),
    ({"StringLike": {KEY: "ml.m5.*"}}, {"StringEquals": {KEY: "ml.m5.large"}}, False),
    ({"ForAnyValue:StringNotLike": {KEY: "ml.*"}}, {"ForAnyValue:StringNotLike": {KEY: "ml.m5.*"}}, True),
    ({"ForAllValues:StringEquals": {KEY: "a"}}, {"ForAnyValue:StringEquals": {KEY: "a"}}, False),
    ({"StringEqualsIfExists": {KEY: "a"}}, {"StringEquals": {KEY: "a"}}, False),
    ({"StringEquals": {KEY: "a"}}, {"StringEqualsIfExists": {KEY: ["a", "b"]}}, True),
    ({"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "86400"}},
     {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "3600"}}, True),
    ({"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "3600"}},
     {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "86400"}}, False),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"}}, True),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"}}, {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    ({"StringEquals": {KEY: "${aws:username}"}}, {"StringLike": {KEY: "${aws:username}*"}}, False),
    ({"StringEquals": {KEY: "a"}}, {"Null": {KEY: "false"}}, False),
    ({"StringEquals": {KEY: "a"}, "Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {KEY: "a"}}, True),
    ({"StringEquals": {KEY: "a"}}, {"StringEquals": {KEY: "a"}, "Bool": {"aws:SecureTransport": "true"}}, False),
)  # fmt: skip


@pytest.mark.parametrize(("given_", "wanted", "follows"), FOLLOWS)
def test_what_holds_whenever_another_does(given_: Raw, wanted: Raw, follows: bool) -> None:
    """Of lists, patterns, numbers and networks; with and without the key; one value and several."""
    one, other = (CompiledPolicies(identity(allow(JOB, conditions=each))).statements[0] for each in (given_, wanted))
    assert matches_whenever(one, other, Budget()) is follows


@settings(max_examples=examples(20, 150), deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_sure_holds_for_every_request(seed: int) -> None:
    """An Allow that is sure to match whenever another does allows all that the other allows."""
    rng = rng_of(seed)
    first = condition(rng)
    second = {
        operator: {key: _more_or_less(rng, values) for key, values in block.items()}
        for operator, block in first.items()
    }
    one, other = (
        policies({"Version": "2012-10-17", "Statement": [allow("s3:GetObject", conditions=each)]})
        for each in (first, second)
    )
    made = [CompiledPolicies(each).statements[0] for each in (one, other)]
    if matches_whenever(made[0], made[1], Budget()):
        for request in requests(rng, keys_in(one, other), 250):
            assert allowed(request, other) or not allowed(request, one), request


def _more_or_less(rng: random.Random, values: Any) -> Any:
    listed = [values] if isinstance(values, str) else list(values)
    return rng.sample(listed, rng.randint(1, len(listed))) if rng.random() < 0.5 else values


LIMITS: tuple[Raw, ...] = (
    {"ForAnyValue:StringNotEquals": {"sagemaker:VpcSubnets": [f"subnet-{number}" for number in range(4)]}},
    {"Null": {"sagemaker:VpcSubnets": "true"}},
    {"ForAnyValue:StringNotEquals": {"sagemaker:VpcSecurityGroupIds": ["sg-1", "sg-2"]}},
    {"Null": {"sagemaker:VpcSecurityGroupIds": "true"}},
    {"StringNotEquals": {"sagemaker:OutputKmsKey": ["k", "arn:k"]}},
    {"StringNotEquals": {"sagemaker:VolumeKmsKey": ["k", "arn:k"]}},
    {"BoolIfExists": {"sagemaker:NetworkIsolation": "false"}},
    {"BoolIfExists": {"sagemaker:InterContainerTrafficEncryption": "false"}},
    {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "86400"}},
    {"Null": {"sagemaker:MaxRuntimeInSeconds": "true"}},
)


@pytest.mark.parametrize("changed", ["types", "runtime", "both"])
def test_one_limit_of_many_that_is_narrower_is_told_both_ways(changed: str) -> None:
    """Whatever stands beside it: each other limit that both sides have is no combination to try."""
    types = ["ml.m5.large", "ml.m5.xlarge", "ml.g4dn.xlarge"]
    few = types[:2] if changed != "runtime" else types
    hours = 86_400 if changed == "types" else 3_600
    jobs = ["sagemaker:CreateHyperParameterTuningJob", JOB]

    def side(listed: list[str], seconds: int) -> tuple[Raw, ...]:
        last = {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": str(seconds)}}
        own = ({"ForAnyValue:StringNotEquals": {KEY: listed}}, last)
        return allow(jobs), *(deny(jobs, conditions=one) for one in (*LIMITS, *own))

    wide, narrow = identity(*side(types, 90_000)), identity(*side(few, hours))
    assert compare(narrow, wide, steps=100_000).proven
    assert answer(compare(wide, narrow, steps=1_000_000), wide, narrow) == "more"
