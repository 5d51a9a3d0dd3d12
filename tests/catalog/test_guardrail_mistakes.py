"""What an author of guardrails can get wrong: refused in one line, with file and line, before anything is rendered."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.errors import RolemgrError

if TYPE_CHECKING:
    from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
OWN = """\
title: Ours
description: A guardrail of our own.
scope: [jobs]
parameters:
  types: {type: instance-type, many: true, default: [ml.m5.large], help: types}
  seconds: {type: duration, default: [12h], help: a time}
deny:
  - sid: Types
    actions: supported
    conditions: {"ForAnyValue:StringNotLike": {sagemaker:InstanceTypes: "{{ types }}"}}
  - sid: Missing
    actions: [sagemaker:CreateTrainingJob]
    conditions: {"Null": {sagemaker:InstanceTypes: "true"}}
  - sid: Time
    actions: [sagemaker:CreateTrainingJob]
    only_below: {seconds: 86400}
    conditions: {NumericGreaterThan: {sagemaker:MaxRuntimeInSeconds: "{{ seconds }}"}}
bypassed_by:
  - {action: sagemaker:CreateAutoMLJob, why: none is sent}
"""

MISTAKES = {
    "matches on absence and is on all that support the key": (
        ("ForAnyValue:StringNotLike", "ForAllValues:StringNotLike"),
        "10: it also matches where `sagemaker:InstanceTypes` is absent; list the actions that must carry it",
    ),
    "IfExists on all that support the key": (
        ('{NumericGreaterThan: {sagemaker:MaxRuntimeInSeconds: "{{ seconds }}"}}',
         '{BoolIfExists: {sagemaker:NetworkIsolation: "false"}, NumericGreaterThan: {sagemaker:MaxRuntimeInSeconds: "{{ seconds }}"}}',
         "actions: [sagemaker:CreateTrainingJob]\n    only_below", "actions: supported\n    only_below"),
        "17: it also matches where `sagemaker:NetworkIsolation` is absent; list the actions that must carry it",
    ),
    "false, which AWS may fill in": (
        ('{NumericGreaterThan: {sagemaker:MaxRuntimeInSeconds: "{{ seconds }}"}}',
         '{Bool: {sagemaker:NetworkIsolation: "false"}, NumericGreaterThan: {sagemaker:MaxRuntimeInSeconds: "{{ seconds }}"}}',
         "actions: [sagemaker:CreateTrainingJob]\n    only_below", "actions: sagemaker:CreateMonitoringSchedule\n    only_below"),
        "15: `sagemaker:CreateMonitoringSchedule` need not carry `sagemaker:NetworkIsolation`, and the Deny matches "
        "where it is absent; a schedule that names a job definition",
    ),
    "an action that does not support the key": (
        ("actions: supported", "actions: [sagemaker:CreateTrainingJob, sagemaker:CreateAutoMLJob]"),
        "9: `sagemaker:CreateAutoMLJob` does not support the condition key `sagemaker:InstanceTypes`: "
        "the Deny could block it for ever",
    ),
    "an action that need not carry the key": (
        ("actions: [sagemaker:CreateTrainingJob]\n    conditions", "actions: [sagemaker:UpdateTrainingJob]\n    conditions"),
        "12: `sagemaker:UpdateTrainingJob` need not carry `sagemaker:InstanceTypes`, and the Deny matches where it "
        "is absent; a partial update names only what it changes",
    ),
    "an action outside of the scope": (
        ("actions: supported", "actions: [sagemaker:CreateApp]"),
        "9: unknown action of the guardrail's scope `sagemaker:CreateApp`; did you mean",
    ),
    "an unknown action": (
        ("actions: supported", "actions: [sagemaker:CreateTrainJob]"),
        "9: unknown action `sagemaker:CreateTrainJob`; did you mean sagemaker:CreateTrainingJob",
    ),
    "a wildcard": (
        ("actions: supported", 'actions: ["sagemaker:Create*"]'),
        "9: in `deny[0].actions[0]`: `sagemaker:Create*` is not an action of the form service:Name without wildcards",
    ),
    "an unknown condition key": (
        ("sagemaker:InstanceTypes: \"{{", "sagemaker:InstanceTypez: \"{{"),
        "10: unknown condition key `sagemaker:InstanceTypez`; did you mean sagemaker:InstanceTypes",
    ),
    "a condition key of no action of the scope": (
        ("sagemaker:InstanceTypes: \"{{", "sagemaker:RootAccess: \"{{"),
        "9: no action of the scope supports sagemaker:RootAccess",
    ),
    "no action": (("actions: supported", "actions: []"), "9: `deny[0].actions` is empty"),
    "a word that is no action": (
        ("actions: supported", "actions: every"),
        "9: `deny[0].actions` is `every`; use one of supported or all",
    ),
    "one value's operator on a key with several": (
        ("ForAnyValue:StringNotLike", "StringNotLike"),
        "10: `sagemaker:InstanceTypes` has several values, and AWS does not say how it compares them",
    ),
    "an unknown condition operator": (
        ("ForAnyValue:StringNotLike", "ForAnyValue:StringNotLikes"),
        "10: unknown condition operator `ForAnyValue:StringNotLikes`; did you mean ForAnyValue:StringNotLike",
    ),
    "an unknown placeholder": (
        ('"{{ types }}"', '"{{ type }}", sagemaker:MaxRuntimeInSeconds: "{{ types }}"'),
        "10: unknown parameter `type`; did you mean types?",
    ),
    "no value": (
        ("default: [ml.m5.large]", "default: []"),
        "10: condition key `sagemaker:InstanceTypes` has no value; name its parameter under `needs`",
    ),
    "a value that is no number": (
        ('"{{ seconds }}"', 'a day, a: "{{ seconds }}"'),
        "17: `a day` under NumericGreaterThan is not a number",
    ),
    "a value that is no truth": (
        ('"true"', '"yes"'),
        "13: `yes` under Null is neither `true` nor `false`",
    ),
    "only_below of no parameter": (
        ("only_below: {seconds", "only_below: {second"),
        "16: unknown parameter `second`; did you mean seconds?",
    ),
    "only_below of a list": (
        ("only_below: {seconds", "only_below: {types"),
        "16: the parameter `types` is not one duration or integer",
    ),
    "only_below of what may be missing": (
        ("default: [12h]", "default: []"),
        "16: the parameter `seconds` may have no value; name it under `needs` too",
    ),
    "only_below that is no number": (
        ("{seconds: 86400}", "{seconds: a day}"),
        "16: `deny[2].only_below.seconds` must be a whole number",
    ),
    "a need that nothing declares": (
        ("actions: supported", "actions: supported\n    needs: [tipes]"),
        "10: unknown parameter `tipes`; did you mean types?",
    ),
    "a parameter without a use": (
        ("parameters:\n", "parameters:\n  more: {type: string, default: [], help: more}\n"),
        "5: no Deny uses the parameter `more`",
    ),
    "a by-pass that does not exist": (
        ("sagemaker:CreateAutoMLJob,", "sagemaker:CreateAutoMlJobs,"),
        "19: unknown action `sagemaker:CreateAutoMlJobs`; did you mean sagemaker:CreateAutoMLJob",
    ),
    "an unknown scope": (("scope: [jobs]", "scope: [job]"), "3: `scope[0]` is `job`; use one of jobs, models"),
    "two Denies of one sid": (("sid: Missing", "sid: Types"), "1: two statements have the sid `Types`"),
    "a default of the wrong form": (
        ("default: [ml.m5.large]", "default: [m5]"),
        "`m5` is not an instance type",
    ),
    "a default that is none of the values": (
        ("default: [12h]", "default: [12h], one_of: [6h]"),
        "`12h` is none of 6h",
    ),
}  # fmt: skip


def own(folder: Path, text: str) -> Catalog:
    """Return a catalog with the guardrail *text* of the user's."""
    (folder / "guardrails").mkdir()
    (folder / "guardrails" / "ours.yaml").write_text(text)
    return Catalog([folder])


def test_the_guardrail_without_a_mistake_is_accepted(tmp_path: Path) -> None:
    """Else the mistakes below would prove nothing."""
    role = composed(own(tmp_path, OWN), persona="ml-engineer", no_default_guardrails=True, guardrail={"ours": None})
    sids = {statement.sid for statement in role.statements}
    assert {"Types", "Missing", "Time"} <= sids


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_in_one_line(mistake: str, tmp_path: Path) -> None:
    """File, line, what is wrong, and where there is one the nearest right thing."""
    edits, says = MISTAKES[mistake]
    text = OWN
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(RolemgrError) as raised:
        composed(own(tmp_path, text), persona="ml-engineer", no_default_guardrails=True, guardrail={"ours": None})
    (line,) = str(raised.value).splitlines()
    if says[0].isdigit():
        says = f"ours.yaml:{says}"
    assert says in line


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name.startswith("only_below")])
def test_a_mistake_is_said_of_a_layer_too(mistake: str, tmp_path: Path, run: "Run") -> None:
    """Before anybody asks for whom the guardrail is."""
    edits, says = MISTAKES[mistake]
    text = OWN
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        text = text.replace(old, new, 1)
    own(tmp_path, text)
    ran = run("scp", "--guardrail", "ours", "--catalog", str(tmp_path), "--exempt", "arn:aws:iam::*:role/admin")
    assert (ran.code, len(ran.errors)) == (2, 1), ran.stderr
    assert says in ran.errors[0]


def test_the_write_a_guardrail_page_is_true(run: "Run") -> None:
    """The guardrail and the profile of the how-to page are accepted, and its two simulations decide as it says."""
    page = (TOP / "docs/write-a-guardrail.md").read_text()
    guardrail, profile = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for name, text in (("feature-group-buckets", guardrail), ("profiles/ours", profile)):
        path = Path("our-catalog/guardrails") / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    commands = re.findall(r"^(rolemgr .*?[^\\])$", page, re.MULTILINE | re.DOTALL)
    assert len(commands) == 3
    create = "rolemgr create --persona ml-engineer --catalog our-catalog --guardrail-profile ours"
    for command in (*commands, f"{create} --subnet subnet-0a"):
        ran = run(*shlex.split(command.replace("\\\n", " "))[1:])
        assert ran.code == 0, ran.stderr
    ran = run(*shlex.split(create)[1:])
    assert ran.code == 2
    assert "give --subnet" in ran.stderr
