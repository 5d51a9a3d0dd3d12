"""A role file and what its role used: fewer groups, narrower values, nothing lost, nothing gained, and no fewer would do."""

import io
from collections.abc import Sequence
from typing import Any

from tests.events.support import ACCOUNT, ROLE, event, log_file
from tests.nightly import examples
from tests.usage.generated import calls

from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.events.records import read_records
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import Effect
from rolemgr.usage.groups import lost_shares
from rolemgr.usage.guardrails import FEWEST_CALLS, NarrowedGuardrail, guardrail_keys
from rolemgr.usage.kept import KeepReasons
from rolemgr.usage.recorded import RecordedUse, ToldApart, recorded_use
from rolemgr.usage.role_file import TightenedFile, TrialRole, tighten_file, trial
from rolemgr.usage.tighten import denied, lost_uses
from rolemgr.usage.values import NarrowedParameter

CATALOG = Catalog([])
COMPUTE = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-compute"
HEAD = f'name: ds\npath: /team/\naccount: "{ACCOUNT}"\nregion: eu-west-1\n'


def source(text: str) -> SourceFile:
    """Return a role file of the tests' role with *text*."""
    return parse_yaml(f"{HEAD}{text}", "role.yaml")


def used(events: Sequence[dict[str, Any]], role: TrialRole) -> RecordedUse:
    """Return what *events* say that the role used, by name."""
    told_apart = ToldApart(PartlyKnownLayers(role.policies), guardrail_keys(CATALOG), by_name=True)
    return recorded_use(read_records(io.BytesIO(log_file(*events)), "trail.json.gz"), told_apart, (ROLE,))


def tightened(text: str, *events: dict[str, Any], keep: Sequence[str] = ()) -> TightenedFile:
    """Return the role file with what *events* say that its role used."""
    file = source(text)
    found = tighten_file(CATALOG, file, used(events, trial(CATALOG, file, {})), KeepReasons(keep))
    assert isinstance(found, TightenedFile), found
    assert compare(found.new.policies, found.old.policies).proven
    return found


def value(found: TightenedFile, name: str) -> NarrowedParameter:
    """Return what became of a parameter."""
    return next(one for one in found.parameters if one.name == name)


def train(name: str = "churn-2026-11-01-10-11-12", **fields: Any) -> dict[str, Any]:
    """Return the event of a training job."""
    return event("CreateTrainingJob", {"trainingJobName": name, "roleArn": COMPUTE, **fields})


def test_groups_that_were_not_used_go() -> None:
    """Those of the persona under `remove`, those that the file adds out of `add`."""
    found = tightened("persona: data-scientist\nadd: [create-models, run-batch-transform]\n", train())
    assert {"tune-hyperparameters", "run-processing-jobs", "open-studio"} <= set(found.changes["remove"])
    assert "run-training-jobs" in found.new.role.groups
    assert found.changes["add"] is None
    assert "add" not in found.new.data


def test_groups_stay_for_what_no_trail_shows_and_for_their_denies() -> None:
    """With the actions and the reason, or that they only deny."""
    found = tightened("persona: data-scientist\n", train())
    groups = {one.group: one for one in found.groups.groups}
    why = dict(groups["read-feature-store-online"].untraced)
    assert "data event" in why["sagemaker:GetRecord"]
    assert (groups["protect-models"].stays, groups["protect-models"].why) == (True, "it only denies")
    assert groups["run-training-jobs"].untraced == ()
    assert not groups["tune-hyperparameters"].stays
    assert "sagemaker:CreateHyperParameterTuningJob" in groups["tune-hyperparameters"].unused


def test_a_group_whose_deny_still_limits_another_stays() -> None:
    """Alarms of the break-glass role stay out of reach of a group that may put alarms on all names."""
    text = "persona: mlops-engineer\nparameter: {alarm_names: ['*']}\nadd: [scale-with-stacks]\n"
    alarm = event("PutMetricAlarm", {"alarmName": "sagemaker-x"}, "monitoring")
    found = tightened(text, alarm)
    denies = [one for one in found.new.role.statements if one.effect is Effect.DENY]
    assert any("break-glass" in text for one in denies for text in one.resources)


def test_keep_keeps_a_group() -> None:
    """The one that has the action."""
    found = tightened("persona: data-scientist\n", train(), keep=["sagemaker:CreateHyperParameterTuningJob"])
    assert "tune-hyperparameters" in found.groups.staying
    assert dict(next(one for one in found.groups.groups if one.group == "tune-hyperparameters").untraced) == {
        "sagemaker:CreateHyperParameterTuningJob": "--keep says so"
    }


def test_names_become_those_that_were_seen() -> None:
    """Up to the time in them."""
    found = tightened("persona: data-scientist\n", train(), train("fraud-1"), train("fraud-2"))
    assert value(found, "job_names").new == ("churn*", "fraud-1", "fraud-2")
    assert found.changes["parameter"] == {"job_names": ["churn*", "fraud-1", "fraud-2"]}


def test_many_names_become_their_beginning_within_the_old_values() -> None:
    """And the old pattern stays where they have none in common that is inside of it."""
    events = [train(f"churn-{letter * 3}") for letter in "abcdefghijkl"]
    assert value(tightened("persona: data-scientist\n", *events), "job_names").new == ("churn-*",)
    text = "persona: data-scientist\nparameter: {job_names: ['churn-?*', unused-*]}\n"
    assert value(tightened(text, *events), "job_names").new == ("churn-?*",)


def test_roles_that_were_passed_stay_in_the_short_form() -> None:
    """Where the file has them there."""
    found = tightened(f"persona: data-scientist\npass_role: [{COMPUTE}, {COMPUTE}-2]\n", train())
    assert found.changes["pass_role"] == [COMPUTE]
    assert "pass_roles" not in found.changes.get("parameter", {})


def test_values_that_a_deny_has_stay() -> None:
    """A Deny that speaks of less lets more through; and what a trail can't show keeps its buckets."""
    found = tightened("persona: data-scientist\nbucket: [acme-a, acme-b]\n", train())
    assert value(found, "models").why == "a Deny is about it"
    assert value(found, "work_buckets").old == value(found, "work_buckets").new


def test_a_call_that_does_not_tell_its_resource_keeps_the_values() -> None:
    """Parameters that CloudTrail left out."""
    found = tightened("persona: data-scientist\nparameter: {job_names: [a-*, b-*]}\n", event("CreateTrainingJob", None))
    assert value(found, "job_names").new == ("a-*", "b-*")
    assert "do not tell" in value(found, "job_names").why


def test_values_of_groups_that_go_are_left_out() -> None:
    """A role file may not name a parameter that none of its groups has."""
    text = "persona: data-scientist\nadd: [create-models]\nparameter: {job_names: ['*'], model_names: [x-*]}\n"
    found = tightened(text, train())
    assert found.changes["parameter"] == {"job_names": ["churn*"]}


def test_where_nothing_was_used_there_is_no_role_file() -> None:
    """A role needs at least one group."""
    file = source(
        "persona: data-scientist\nremove: [read-logs, read-feature-store-online, use-mlflow, write-work, run-studio-apps, "
        "read-data, read-feature-store-offline, read-models, pull-images]\n"
    )
    use = used([event("DeleteModel", {"modelName": "m"})], trial(CATALOG, file, {}))
    assert tighten_file(CATALOG, file, use, KeepReasons()) == "no activity group of the role was used"


def limit(found: TightenedFile, name: str) -> NarrowedGuardrail | None:
    """Return what became of a guardrail; None where it was neither in the role nor taken."""
    return next((one for one in found.guardrails if one.name == name), None)


def on(kind: str = "ml.m5.large", **fields: Any) -> dict[str, Any]:
    """Return the event of a training job on instances of a type."""
    return train(resourceConfig={"instanceType": kind}, **fields)


def test_a_guardrail_keeps_the_values_that_were_seen() -> None:
    """And stays where a call does not tell its own, or none has any."""
    found = tightened("persona: data-scientist\n", on(), on("ml.m5.xlarge"), on("ml.p4d.24xlarge"))
    assert found.changes["guardrail"] == {"instance-types": ["ml.m5.large", "ml.m5.xlarge"]}
    assert (limit(found, "instance-types") or found).calls == 3  # type: ignore[union-attr]
    assert (limit(found, "studio-instance-types") or found).why == "no call has its values"  # type: ignore[union-attr]
    untold = tightened("persona: data-scientist\n", on(), event("CreateTrainingJob", None))
    assert "not all calls tell" in (limit(untold, "instance-types") or untold).why  # type: ignore[union-attr]


def test_instance_types_that_were_seen_become_a_limit() -> None:
    """One that denies jobs without a type where all have one, else the one that lets these through."""
    text = "persona: data-scientist\nno_default_guardrails: true\n"
    assert tightened(text, on()).changes["guardrail"] == {"instance-types": ["ml.m5.large"]}
    assert tightened(text, on(), train()).changes["guardrail"] == {"named-instance-types": ["ml.m5.large"]}


def test_what_all_calls_had_becomes_a_limit_where_they_are_enough() -> None:
    """A setting, or always the same subnets; one call less, or another value, makes none."""
    text = "persona: data-scientist\nno_default_guardrails: true\n"
    vpc = {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    alike = [on(enableNetworkIsolation=True, vpcConfig=vpc) for _ in range(FEWEST_CALLS)]
    found = tightened(text, *alike).changes["guardrail"]
    assert found["network-isolation"] is True
    assert found["vpc"] == {"subnets": ["subnet-1"], "security_groups": ["sg-1"]}
    assert "network-isolation" not in tightened(text, *alike[1:]).changes["guardrail"]
    other = on(enableNetworkIsolation=False, vpcConfig={**vpc, "subnets": ["subnet-2"]})
    assert tightened(text, *alike, other).changes["guardrail"].keys() == {"instance-types"}


PERSONAS = ("data-scientist", "ml-engineer", "mlops-engineer", "sagemaker-pipeline")


def test_generated_histories_lose_nothing_gain_nothing_and_are_minimal() -> None:
    """
    Over histories of what personas may call, drawn from botocore's shapes.

    What each call is really asked, with all that its event does not tell, is decided by the plain evaluator before and
    after. To take away any group that stays, or any value that was narrowed to, loses a call or what is kept.
    """
    smaller = narrowed = 0
    for seed in range(examples(6, 60)):
        file = source(f"persona: {PERSONAS[seed % len(PERSONAS)]}\nno_default_guardrails: true\n")
        old = trial(CATALOG, file, {})
        allowed = {action for one in old.role.statements for action in one.actions}
        drawn = [one for one in calls(seed, 250) if all(each.action in allowed for each in one.requests)][:12]
        use = used([one.event for one in drawn], old)
        found = tighten_file(CATALOG, file, use, KeepReasons())
        assert isinstance(found, TightenedFile), found
        assert compare(found.new.policies, old.policies).proven
        for request in (each for one in drawn for each in one.requests):
            if evaluate(request, old.policies).decision == "Allowed":
                assert evaluate(request, found.new.policies).decision == "Allowed", (seed, request)
        smaller += len(found.new.role.groups) < len(old.role.groups)
        narrowed += _check_minimal(file, found)
    assert smaller > 4
    assert narrowed > 3


def _check_minimal(file: SourceFile, found: TightenedFile) -> int:
    """Take away each group and each narrowed value; return how many values were tried."""
    layers = PartlyKnownLayers(found.old.policies)
    unsure = {
        found.groups.statements[one.at.statement].group
        for request, allows in found.groups.used for one in allows
        if not any(each.certain for each in allows) or denied([request], layers)
    }  # fmt: skip
    for group in found.groups.groups:
        if group.stays and not group.why and group.group not in unsure:
            changes = {**found.changes, "remove": sorted({*found.changes.get("remove", ()), group.group})}
            assert _loses(file, found, changes), group.group
    count = 0
    for one in found.parameters:
        for each in one.new if one.new != one.old else ():
            left = [text for text in one.new if text != each]
            given = {**found.changes.get("parameter", {}), one.name: left}
            assert _loses(file, found, {**found.changes, "parameter": given}), (one, each)
            count += 1
    return count


def _loses(file: SourceFile, found: TightenedFile, changes: dict[str, Any]) -> bool:
    """Tell whether the role file with *changes* loses something that is needed, or is none."""
    try:
        made = trial(CATALOG, file, changes)
    except RolemgrError:
        return True
    old, new = PartlyKnownLayers(found.old.policies), PartlyKnownLayers(made.policies)
    return any(lost_uses(found.use.used, old, new)) or any(lost_shares(made.role, found.groups.untraced))
