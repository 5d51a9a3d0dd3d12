"""One kit for several roles: each is watched, and none is lost on the way."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.break_glass.break_glass_support import (
    ACCOUNT,
    ALARM,
    EVERYTHING,
    USER,
    USERS,
    by_role,
    event,
    no_file,
    request,
)
from tests.break_glass.test_alarm import ADMIN, sees
from tests.conftest import Run

from rolemgr.detective.break_glass.names import BreakGlass
from rolemgr.detective.break_glass.sinks import sinks
from rolemgr.detective.break_glass.templates import alarm_template, forward_template, users_template
from rolemgr.errors import InputError, RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.write import to_template
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.workflow.break_glass import BreakGlassRequest, MadeBreakGlass, make_break_glass
from rolemgr.workflow.outside import Outside

OTHER = "222233334444"
NIGHT, DEPLOY, DATA = (
    f"arn:aws:iam::{ACCOUNT}:role/ml/night", f"arn:aws:iam::{ACCOUNT}:role/night-deploy",
    f"arn:aws:iam::{OTHER}:role/night",
)  # fmt: skip
FILES = {
    "night.yaml": f"persona: mlops-emergency\nname: night\npath: /ml/\naccount: '{ACCOUNT}'\nregion: eu-west-1\n",
    "deploy.yaml": f"persona: cicd-deployer\nname: night-deploy\naccount: '{ACCOUNT}'\nregion: eu-west-1\n",
    "data.yaml": f"persona: mlops-emergency\nname: night\naccount: '{OTHER}'\nregion: eu-west-1\n",
}
ASKED = (
    "--user", "otto", "--user-account", USERS, "--alarm-account", ALARM, "--keeper", "arn:aws:iam::*:role/watch",
)  # fmt: skip


def several(*names: str, files: dict[str, str] | None = None, **more: Any) -> tuple[MadeBreakGlass, list[str]]:
    """Return the kit of the role *files* of these *names*, and the notes that are said."""
    notes: list[str] = []
    texts = {**FILES, **(files or {})}
    asked: BreakGlassRequest = request(**more)
    given = replace(asked, chosen=dict.fromkeys(asked.chosen), role_files=names)
    outside = Outside({}, lambda name, _: (texts[name], name), notes.append)
    return make_break_glass(given, outside, verbose=False), notes


KIT, NOTES = several("night.yaml", "deploy.yaml", "data.yaml")
MADE = KIT.alarm


def events_of(role: str) -> dict[str, dict[str, Any]]:
    """Return what happens to *role*, of which each has to be sent."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    taken: dict[str, Any] = {"requestParameters": {"roleArn": role, "roleSessionName": "otto"}, "readOnly": True}
    session = by_role(role)
    return {
        "it is taken": event("sts", "AssumeRole", account, userIdentity={"type": "AWSAccount"}, **taken),
        "it is asked for": event("sts", "AssumeRole", USERS, userIdentity=ADMIN, **taken),
        "in other letters": event(
            "sts", "AssumeRole", readOnly=True, userIdentity=ADMIN, requestParameters={"roleArn": role.upper()}
        ),
        "it calls": event("sagemaker", "ListModels", account, userIdentity=session, readOnly=True),
        "by its issuer": event(
            "s3", "GetObject", account,
            userIdentity={"type": "AssumedRole", "sessionContext": session["sessionContext"]},
        ),
        "by its session": event(
            "s3", "GetObject", account, userIdentity={"type": "AssumedRole", "arn": session["arn"]}
        ),
        "its trust": event(
            "iam", "UpdateAssumeRolePolicy", account, userIdentity=ADMIN, requestParameters={"roleName": name}
        ),
    }  # fmt: skip


def lost(forward: dict[str, Any], alarm: dict[str, Any], made: BreakGlass) -> list[tuple[str, str]]:
    """Return what of each role is not sent from its account, or not told."""
    return [
        (role, what)
        for role in made.roles
        for what, happened in events_of(role).items()
        if not (sees(forward, happened) and sees(alarm, happened, "AlarmRule"))
    ]


def test_each_role_is_watched() -> None:
    """Whoever takes or changes it, in whichever of the accounts; and one whose name begins alike is not."""
    assert MADE.roles == (NIGHT, DEPLOY, DATA)
    assert MADE.watched == (ACCOUNT, OTHER, USERS)
    forward, alarm = forward_template(MADE), alarm_template(MADE)
    assert lost(forward, alarm, MADE) == []
    unseen = (f"{NIGHT}-2", f"arn:aws:iam::{OTHER}:role/night-deploy", f"arn:aws:iam::{OTHER}:role/ml/nights")
    for role in unseen:
        calls = {what: one for what, one in events_of(role).items() if what not in ("its trust",)}
        assert not any(sees(forward, one) for one in calls.values()), role


def _without(role: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what takes *role*, or its session's prefix, out of the use rule."""
    gone = {
        role,
        next(
            one
            for one in MADE.sessions
            if one.endswith(f":{role.split(':')[4]}:assumed-role/{role.rpartition('/')[2]}/")
        ),
    }

    def mutated(forward: dict[str, Any]) -> dict[str, Any]:
        mutant = deepcopy(forward)
        text = json.dumps(mutant["Resources"]["UseRule"]["Properties"]["EventPattern"])
        for one in gone:
            text = text.replace(f'"{one}"', '"arn:aws:iam::000000000000:role/x"')
        mutant["Resources"]["UseRule"]["Properties"]["EventPattern"] = json.loads(text)
        return mutant

    return mutated


@pytest.mark.parametrize("role", MADE.roles)
def test_a_kit_that_forgets_a_role_is_noticed(role: str) -> None:
    """Whichever it is: its events, and no other's, are lost."""
    assert {one for one, _ in lost(_without(role)(forward_template(MADE)), alarm_template(MADE), MADE)} == {role}


@pytest.mark.parametrize("account", [ACCOUNT, OTHER])
def test_an_account_that_may_not_send_is_noticed(account: str) -> None:
    """The bus takes events of each watched account, and so does the rule on it."""
    alarm = alarm_template(MADE)
    senders = {
        one["Properties"]["Statement"]["Principal"]["AWS"].split(":")[4]
        for one in alarm["Resources"].values()
        if one["Type"] == "AWS::Events::EventBusPolicy"
    }
    assert senders == set(MADE.watched)
    alarm["Resources"]["AlarmRule"]["Properties"]["EventPattern"]["account"].remove(account)
    assert {role.split(":")[4] for role, _ in lost(forward_template(MADE), alarm, MADE)} >= {account}


def test_people_are_told_which_role() -> None:
    """A session's ARN names its role; of a call that takes one its parameter does."""
    [target] = alarm_template(MADE)["Resources"]["AlarmRule"]["Properties"]["Targets"]
    told = target["InputTransformer"]
    assert told["InputPathsMap"]["role"] == "$.detail.requestParameters.roleArn"
    assert "<role>" in told["InputTemplate"]


def test_templates_are_valid() -> None:
    """No error and no warning of cfn-lint."""
    for template in (users_template(MADE), alarm_template(MADE), forward_template(MADE)):
        found = lint(to_template(template), config=ManualArgs(regions=["eu-west-1"], ignore_checks=["I"]))
        assert [str(one) for one in found] == []


def test_each_role_trusts_the_users_who_may_take_each() -> None:
    """By the trust policies and by the users' own policy; a role of the same account that is not of the kit is refused."""
    [allowed] = users_template(MADE)["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"]
    own = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allowed]})
    mfa = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}
    for role, made in zip(MADE.roles, KIT.roles, strict=True):
        policies = Policies(identity=(own,), permissions_boundary=own, resource=made.documents.trust_policy)
        for context, expected in ((mfa, "Allowed"), ({}, "ImplicitlyDenied")):
            asked = {"principal": USER, "action": "sts:AssumeRole", "resource": role, "context": context,
                     "resourceAccount": role.split(":")[4]}  # fmt: skip
            assert evaluate(Request.from_json_value(asked), policies).decision == expected


def test_no_role_of_the_kit_touches_the_alarm_or_another() -> None:
    """Under the SCP, whatever each were allowed: rules and queues of each account, each role, each boundary."""
    statements = [one for policy in KIT.scp.documents.policies for one in policy.document.to_json_value()["Statement"]]
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})
    policies = Policies(identity=(EVERYTHING,), service_control=((EVERYTHING, document),))
    asked = [one for one in sinks(MADE, "eu-west-1") if one.part not in ("the key of the topic", "the trail")]
    resources = {one.resource for one in asked}
    assert resources >= {*MADE.roles, f"arn:aws:events:eu-west-1:{OTHER}:rule/break-glass-use"}
    for role in MADE.roles:
        left = [
            one
            for one in asked
            if evaluate(
                Request.from_json_value(
                    {"principal": role, "action": one.action, "resource": one.resource,
                     "resourceAccount": role.split(":")[4]}
                ), policies,
            ).decision == "Allowed"
        ]  # fmt: skip
        assert left == []


@pytest.mark.nightly
def test_a_long_list_of_roles_is_said_and_then_refused() -> None:
    """EventBridge takes 2,048 characters before its quota is raised, and 4,096 at most: no rule is cut."""

    def files(count: int) -> dict[str, str]:
        text = "persona: mlops-emergency\nname: {}\naccount: '{}'\nregion: eu-west-1\n"
        return {f"{one}.yaml": text.format(f"night-of-the-team-number-{one}", ACCOUNT) for one in range(count)}

    assert not any("Event pattern size" in note for note in NOTES)
    given = files(9)
    _, notes = several(*given, files=given)
    assert any('quota "Event pattern size" raised in every region of' in note for note in notes)
    given = files(20)
    with pytest.raises(RolemgrError, match=r"rule break-glass-use would have a pattern of .* EventBridge takes 4,096"):
        several(*given, files=given)


def test_what_can_not_be_one_kit_is_refused() -> None:
    """A role twice, regions without one for the alarm, two partitions, a role that can't be."""
    twice = {"b.yaml": FILES["night.yaml"].replace("/ml/", "/other/")}
    with pytest.raises(InputError, match=r"b\.yaml: account 111122223333 has a role `night` already, by night\.yaml"):
        several("night.yaml", "b.yaml", files=twice)
    far = {"b.yaml": FILES["deploy.yaml"].replace("eu-west-1", "us-east-1")}
    with pytest.raises(InputError, match="--alarm-region: is missing: the roles are in eu-west-1 and us-east-1"):
        several("night.yaml", "b.yaml", files=far)
    assert several("night.yaml", "b.yaml", files=far, alarm_region="eu-west-1")[0].alarm.alarm_region == "eu-west-1"
    wrong = {"b.yaml": FILES["deploy.yaml"].replace("cicd-deployer", "nobody")}
    with pytest.raises(InputError, match=r"b\.yaml:1: unknown persona `nobody`"):
        several("night.yaml", "b.yaml", files=wrong)


def test_one_role_file_is_as_before() -> None:
    """No other role, no other name of a file."""
    asked = request(chosen={"persona": "mlops-emergency"})
    made = make_break_glass(asked, Outside({}, no_file, print), verbose=False)
    assert [one.part for one in made.alarm.emergency_roles] == ["role"]


@pytest.mark.parametrize("form", ["cloudformation", "terraform", "aws-cli", "json", "text"])
def test_each_form_has_each_role(form: str, run: Run) -> None:
    """A file each, a step each, a line each; the runbook switches to each and stops each."""
    Path("roles").mkdir()
    for name, text in FILES.items():
        Path("roles", name).write_text(text, "utf-8")
    done = run("break-glass", "roles/", *ASKED, "--format", form, "-o", "out/")
    assert done.code == 0, done.errors
    files = {path.relative_to("out").as_posix(): path.read_text() for path in Path("out").rglob("*") if path.is_file()}
    parts = ("role-night-1", "role-night-deploy", "role-night-3")
    text = "\n".join(files.values())
    if form == "json":
        found = json.loads(files["break-glass.json"])
        assert [one["RoleName"] for one in found["Roles"]] == ["night", "night-deploy", "night"]
        text = found["Runbook"]
    elif form != "text":
        end = "/role.tf.json" if form == "terraform" else ".template.yaml"
        assert {f"{part}{end}" for part in parts} <= files.keys()
        text = files["RUNBOOK.md"]
    for role in MADE.roles:
        assert role in text
    if form != "text":
        assert f"account `{OTHER}`, role `night`" in text
        assert text.count("aws iam attach-role-policy") == 3
        assert "[arn:" not in text
    if form == "aws-cli":
        for part, account in zip(parts, (OTHER, ACCOUNT, ACCOUNT), strict=True):  # the files by their names
            assert f"  {part}) in_account {account}; deploy {part} " in files["deploy.sh"]
