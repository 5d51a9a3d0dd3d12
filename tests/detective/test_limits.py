"""Guardrails read calls: by IAM's own logic, on every call that they guard, and on those that by-pass them."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.detective.support import (
    CATALOG,
    KEY,
    OTHER_KEY,
    SAGEMAKER,
    Recorder,
    chosen,
    event,
    made,
    of_type,
    shaped,
    small,
    values,
    watch,
)

from rolemgr.compose.guardrails.denies import GuardrailContext, compile_guardrail
from rolemgr.detective.limits import UsedGuardrail, judges_calls, limit_tables, sight
from rolemgr.evaluate.conditions import read_conditions
from rolemgr.evaluate.request import Context
from rolemgr.reference import quirks

GUARDRAILS = sorted(one.name for one in chosen() if judges_calls(one))


def used(name: str) -> UsedGuardrail:
    """Return the guardrail *name* with values."""
    [one] = [one for one in chosen() if one.name == name]
    return UsedGuardrail(one)


@pytest.mark.parametrize("name", GUARDRAILS)
def test_no_action_that_a_guardrail_guards_or_that_by_passes_it_is_out_of_sight(name: str) -> None:
    """Recomputed from the reference: each is judged by its event, shows its setting, or is told of every time."""
    compiled = compile_guardrail(used(name).chosen, GuardrailContext(None, "arn", False))
    guarded = {one.partition(":")[2] for one in compiled.in_force.actions}
    by_pass = {one.action.partition(":")[2] for one in compiled.in_force.bypassed_by}
    seen = sight(used(name))
    assert (guarded | by_pass) == seen.judged | seen.shown | set(seen.told)
    assert by_pass <= seen.shown | set(seen.told)
    assert set(SAGEMAKER.operation_names) >= guarded | by_pass
    assert all(seen.told.values())


@pytest.mark.parametrize("name", GUARDRAILS)
def test_the_rule_passes_on_every_call_in_sight(name: str) -> None:
    """No call of the guardrail is lost between the reference and the event pattern."""
    seen = sight(used(name))
    one = watch("outside-guardrails", name)
    for call in (*seen.judged, *seen.shown, *seen.told):
        assert one.passes(event(call, {"x": "y"}))
    assert not one.passes(event("DescribeTrainingJob", {"x": "y"}))


def test_the_rule_of_all_guardrails_fits_the_quota_and_loses_no_call() -> None:
    """The pattern that names verbs alone takes what the pattern that names calls would."""
    one = watch("outside-guardrails", *GUARDRAILS)
    seen = [sight(used(name)) for name in GUARDRAILS]
    assert all(one.passes(event(call, {})) for each in seen for call in (*each.judged, *each.shown, *each.told))


def test_every_setting_of_a_by_passing_call_is_in_the_api() -> None:
    """Each path is one of botocore's model, and its operation by-passes a guardrail of that key."""
    for operation in SAGEMAKER.operation_names:
        for key, settings in quirks.bypass_parameters(operation).items():
            for one in settings:
                path = ".".join(filter(None, (one.at, one.value)))
                assert shaped(operation, {path: "x"})
                assert _by_passes(operation, key), (operation, key)


def _by_passes(operation: str, key: str) -> bool:
    return any(
        f"sagemaker:{operation}" in {one.action for one in guardrail.bypassed_by}
        and any(key in block for deny in guardrail.deny for block in deny.conditions.values())
        for guardrail in (CATALOG.guardrail(name).value for name in GUARDRAILS)
    )


@pytest.mark.parametrize("name", GUARDRAILS)
def test_a_call_is_judged_as_iam_judges_the_request(name: str) -> None:
    """Random values for each key of each Deny: the function and our evaluator of conditions agree, absence included."""
    one = watch("outside-guardrails", name)
    chance = random.Random(name)  # noqa: S311 - the same values each time
    for _, _, _, block in limit_tables([used(name)])["DENIES"]:
        frozen = {operator: {key: tuple(found) for key, found in keys.items()} for operator, keys in block.items()}
        conditions = read_conditions(frozen, variables=True)
        for _ in range(40):
            given = dict(_context(block, chance))
            context = Context({key: tuple(found) for key, found in given.items()})
            expected = all(condition.holds(context) for condition in conditions)
            assert one.module["denies"](block, given) is expected, (block, given)


def _context(block: dict[str, Any], chance: random.Random) -> Iterator[tuple[str, list[str]]]:
    for operator, keys in block.items():
        for key, wanted in keys.items():
            pool = [*wanted[:3], "other", KEY, OTHER_KEY, "ml.m5.large", "ml.p5.48xlarge", "subnet-0a1b2c3d"]
            if "Numeric" in operator:
                pool = ["1", *wanted, "999999"]
            if "Bool" in operator:
                pool = ["true", "false"]
            many = 2 if operator.startswith("ForAnyValue:") else 1
            if count := chance.randint(0, many):
                yield key, chance.sample([one.replace("*", "x") for one in pool], count)


INSIDE: dict[str, tuple[str, dict[str, Any]]] = {
    "instance-types": ("CreateProcessingJob", {"ProcessingResources.ClusterConfig.InstanceType": "ml.m5.xlarge"}),
    "vpc": (
        "CreateProcessingJob",
        {
            "NetworkConfig.VpcConfig.Subnets": "subnet-0a1b2c3d",
            "NetworkConfig.VpcConfig.SecurityGroupIds": "sg-0a1b2c3d",
        },
    ),
    "max-runtime": ("CreateProcessingJob", {"StoppingCondition.MaxRuntimeInSeconds": 3600}),
    "network-isolation": ("CreateProcessingJob", {"NetworkConfig.EnableNetworkIsolation": True}),
    "volume-kms-key": (
        "CreateNotebookInstance",
        {"KmsKeyId": KEY, "InstanceType": "ml.t3.medium"},
    ),
    "root-access": ("CreateNotebookInstance", {"RootAccess": "Disabled"}),
    "direct-internet-access": ("CreateNotebookInstance", {"DirectInternetAccess": "Disabled"}),
    "studio-vpc-only": ("CreateDomain", {"AppNetworkAccessType": "VpcOnly"}),
    "remote-debug": ("CreateTrainingJob", {"RemoteDebugConfig.EnableRemoteDebug": False}),
    "serverless-limits": ("CreateEndpointConfig", {"ProductionVariants.ServerlessConfig.MaxConcurrency": 3}),
    "feature-group-keys": (
        "CreateFeatureGroup",
        {"OfflineStoreConfig.S3StorageConfig.KmsKeyId": KEY, "OfflineStoreConfig.S3StorageConfig.S3Uri": "s3://b/k"},
    ),
}
OUTSIDE: dict[str, tuple[dict[str, Any], str]] = {
    "instance-types": ({"ProcessingResources.ClusterConfig.InstanceType": "ml.p5.48xlarge"}, "InstanceTypes"),
    "vpc": ({"NetworkConfig.VpcConfig.Subnets": "subnet-99999999"}, "VpcSubnets"),
    "max-runtime": ({"StoppingCondition.MaxRuntimeInSeconds": 90_000}, "MaxRuntime"),
    "network-isolation": ({"NetworkConfig.EnableNetworkIsolation": False}, "NetworkIsolation"),
    "volume-kms-key": ({"KmsKeyId": OTHER_KEY, "InstanceType": "ml.t3.medium"}, "VolumeKey"),
    "root-access": ({"RootAccess": "Enabled"}, "RootAccess"),
    "direct-internet-access": ({"DirectInternetAccess": "Enabled"}, "DirectInternetAccess"),
    "studio-vpc-only": ({"AppNetworkAccessType": "PublicInternetOnly"}, "StudioVpcOnly"),
    "remote-debug": ({"RemoteDebugConfig.EnableRemoteDebug": True}, "RemoteDebug"),
    "serverless-limits": ({"ProductionVariants.ServerlessConfig.MaxConcurrency": 50}, "ServerlessConcurrency"),
    "feature-group-keys": ({"OfflineStoreConfig.S3StorageConfig.S3Uri": "s3://b/k"}, "OfflineStoreKey"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_call_inside_is_no_finding_and_one_outside_is(name: str) -> None:
    """End to end, from a request that botocore's model takes: pattern, table, paths and conditions together."""
    call, settings = INSIDE[name]
    one = watch("outside-guardrails", name)
    assert one.says(event(call, shaped(call, settings))) is None
    wrong, sid = OUTSIDE[name]
    assert f"{name} ({sid}" in (one.says(event(call, shaped(call, wrong))) or "")


@pytest.mark.parametrize("name", ["instance-types", "vpc", "max-runtime", "network-isolation", "root-access"])
def test_absence_is_outside_where_the_guardrail_says_so(name: str) -> None:
    """An empty request: what the guardrail's own Deny of absence finds."""
    call, _ = INSIDE[name]
    found = watch("outside-guardrails", name).says(event(call, {"x": "y"}))
    absent = any("Null" in text or "IfExists" in text or "Not" in text for text in _operators(name))
    assert bool(found) is (absent and name != "max-runtime")


def _operators(name: str) -> set[str]:
    return {operator for *_, block in limit_tables([used(name)])["DENIES"] for operator in block}


PLACES = [
    (name, call, row)
    for name in GUARDRAILS
    for call, rows in limit_tables([used(name)])["PLACES"].items()
    for row in rows
]


@pytest.mark.parametrize(("name", "call", "row"), PLACES, ids=[f"{one[0]} {one[1]} {one[2][1]}" for one in PLACES])
def test_a_by_passing_call_is_judged_by_what_it_shows(name: str, call: str, row: tuple[Any, ...]) -> None:
    """Within the limit it is in order there, outside it or without the setting it is found, and where is said."""
    _, at, value, operator, wanted = row
    one = watch("outside-guardrails", name)
    place = ".".join(filter(None, (at, value)))
    good, bad = _good_and_bad(operator, wanted)
    inside = one.says(event(call, _request(call, place, good))) or ""
    outside = one.says(event(call, _request(call, place, bad))) or ""
    assert f"{name} ({place})" not in inside
    assert f"{name} ({place} is not set)" not in inside
    assert f"{name} ({place})" in outside
    if value and at:
        assert f"{name} ({place} is not set)" in (one.says(event(call, _request(call, at, None))) or "")
    if not at:
        assert f"{name} ({place} is not set)" in (one.says(event(call, {"x": "y"})) or "")


def _good_and_bad(operator: str, wanted: list[str]) -> tuple[Any, Any]:
    if operator.startswith("Numeric"):
        return int(wanted[0]), int(wanted[0]) + 1
    if operator.startswith("Bool"):
        return wanted[0] != "true", wanted[0] == "true"
    if "Not" in operator:
        return wanted[0].replace("*", "x"), "other"
    return "other", wanted[0]


def _request(call: str, place: str, value: Any) -> dict[str, Any]:
    """Return a request with *value* at *place*, which is spelled as CloudTrail does; an empty object for None."""
    request: dict[str, Any] = {}
    at = request
    steps = small(place)
    for step in steps[:-1]:
        at = at.setdefault(step, {})
    at[steps[-1]] = {} if value is None else value
    return request


def test_a_key_by_its_alias_is_another_key() -> None:
    """The guardrails want ARNs, so an alias is outside, whatever it stands for."""
    request = shaped("CreateNotebookInstance", {"KmsKeyId": "alias/mine", "InstanceType": "ml.t3.medium"})
    found = watch("outside-guardrails", "volume-kms-key").says(event("CreateNotebookInstance", request))
    assert found == "outside of volume-kms-key (VolumeKey)"


HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


@pytest.mark.parametrize(
    ("name", "call", "path", "key"),
    [
        ("root-access", "CreateNotebookInstance", "RootAccess", "sagemaker:RootAccess"),
        (
            "max-runtime",
            "CreateProcessingJob",
            "StoppingCondition.MaxRuntimeInSeconds",
            "sagemaker:MaxRuntimeInSeconds",
        ),
    ],
)
def test_what_cloudtrail_hides_is_not_judged_and_said(name: str, call: str, path: str, key: str) -> None:
    """Nobody takes it for a value, and no job is stopped for what nobody knows."""
    recorder = Recorder()
    happened = event(
        call,
        shaped(call, {path: HIDDEN, "ProcessingJobName": "p"} if call == "CreateProcessingJob" else {path: HIDDEN}),
    )
    found = watch("outside-guardrails", name, stop=True).says(happened, recorder)
    assert found == f"not judged: CloudTrail hides {key}"
    assert [operation for operation, _ in recorder.asked] == ["sns.publish"]


def test_several_guardrails_are_said_together() -> None:
    """One message a call: each guardrail with the Deny that it is outside of."""
    one = watch("outside-guardrails", "vpc", "instance-types")
    request = shaped("CreateTrainingJob", {"ResourceConfig.InstanceType": "ml.p5.48xlarge"})
    assert one.says(event("CreateTrainingJob", request)) == (
        "outside of instance-types (InstanceTypes); vpc (VpcSecurityGroupsMissing); vpc (VpcSubnetsMissing)"
    )


def test_what_one_guardrail_finds_does_not_hide_what_another_can_not_see() -> None:
    """AutoML without subnets: outside of one, and not judged by the other."""
    found = watch("outside-guardrails", "vpc", "instance-types").says(
        event("CreateAutoMLJobV2", {"autoMLJobName": "a"})
    )
    assert found == (
        "outside of vpc (VpcSecurityGroupsMissing); vpc (VpcSubnetsMissing); "
        "instance-types does not judge CreateAutoMLJobV2: AutoML chooses its instance types itself"
    )


@pytest.mark.parametrize(
    ("call", "settings", "found"),
    [
        ("CreateTrainingJob", {"VpcConfig.Subnets": "subnet-1"}, False),
        ("CreateTrainingJob", {}, True),
        ("CreateModel", {"VpcConfig.Subnets": "subnet-1"}, False),
        ("CreateModel", {}, True),
        ("CreateCompilationJob", {"VpcConfig.Subnets": "subnet-1"}, False),
        ("CreateCompilationJob", {}, True),
        ("CreateOptimizationJob", {}, True),
        ("CreateInferenceRecommendationsJob", {"InputConfig.VpcConfig.Subnets": "subnet-1"}, False),
        ("CreateInferenceRecommendationsJob", {"InputConfig.ModelName": "m"}, True),
        ("CreateLabelingJob", {"LabelingJobName": "l"}, False),
        ("CreateLabelingJob", {"LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn": "a"}, True),
    ],
)
def test_jobs_outside_of_a_vpc_are_found_without_any_choice(call: str, settings: dict[str, Any], found: bool) -> None:
    """Any subnet is in order: which ones may be used is a matter of the guardrail."""
    request = shaped(call, settings) or {"x": "y"}
    said = watch("jobs-outside-vpc").says(event(call, request))
    assert bool(said and "outside of vpc" in said) is found


def test_a_stop_goes_with_the_calls_that_are_watched() -> None:
    """What a control does not see it may not stop either."""
    stack = made("outside-guardrails", given=values("root-access", stop=True))
    [policy] = [one["Policies"][0]["PolicyDocument"] for one in of_type(stack, "AWS::IAM::Role").values()]
    assert not [one for one in policy["Statement"] if "sagemaker:" in str(one["Action"])]
    assert "STOP" not in next(iter(of_type(stack, "AWS::Lambda::Function").values()))["Environment"]["Variables"]
