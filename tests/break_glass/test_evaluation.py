"""By evaluation: who takes the role, what it can't touch with the SCP on, what goes on, and which Deny does it."""

from pathlib import Path
from typing import Any

import pytest
from tests.break_glass.break_glass_support import (
    ACCOUNT,
    ALARM,
    EVERYTHING,
    ROLE,
    USER,
    USERS,
    example,
    made_of,
    request,
)
from tests.layers.layers_support import composed_layer, documents_of
from tests.test_days import AskedFor, day_of

from rolemgr.detective.break_glass.sinks import AlarmSink, sinks
from rolemgr.detective.break_glass.templates import alarm_template, users_template
from rolemgr.errors import InputError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.files.write import to_json
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy
from rolemgr.model.layer_pattern import LayerKind

KEY = f"arn:aws:kms:eu-west-1:{ALARM}:key/00000000-0000-0000-0000-000000000000"
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/any"
WHOLE = made_of(request(trails=(TRAIL,), alarm_key=KEY))[0]
SINKS = list(sinks(WHOLE.alarm, "eu-west-1"))
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Admin"
MFA = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}


def own(made: Any) -> tuple[IdentityPolicy, ...]:
    """Return the permissions policies of the role of *made*."""
    documents = made.roles[0].documents
    return tuple(one.document for one in (*documents.policies, *documents.managed_policies))


def scps(made: Any) -> list[dict[str, Any]]:
    """Return the statements of the SCPs of *made*."""
    return [one for policy in made.scp.documents.policies for one in policy.document.to_json_value()["Statement"]]


def under(statements: list[dict[str, Any]], *identity: IdentityPolicy) -> Policies:
    """Return the policies of a principal with *identity*, under SCPs of the *statements*."""
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})
    return Policies(identity=identity, service_control=((EVERYTHING, document),))


def decided(sink: AlarmSink, principal: str, policies: Policies) -> str:
    """Return the decision on *sink*, asked by *principal* in the account that the part is in."""
    asked = {"principal": principal, "action": sink.action, "resource": sink.resource}
    asked["resourceAccount"] = principal.split(":")[4]
    return str(evaluate(Request.from_json_value(asked), policies).decision)


@pytest.mark.parametrize("part", dict.fromkeys(one.part for one in SINKS))
def test_neither_role_nor_administrator_touches_the_alarm(part: str) -> None:
    """Explicitly denied to an administrator of each account, and to the role, whatever else it were allowed."""
    found = [one for one in SINKS if one.part == part]
    for principal in (ROLE, ADMIN, f"arn:aws:iam::{ALARM}:role/Admin", f"arn:aws:iam::{USERS}:user/eve"):
        left = [one.action for one in found if decided(one, principal, under(scps(WHOLE), EVERYTHING)) == "Allowed"]
        assert left == []
    assert all(decided(one, ROLE, under(scps(WHOLE), *own(WHOLE))) != "Allowed" for one in found)


def test_its_keepers_look_after_it() -> None:
    """Whatever part it is, in each account."""
    for account in (ACCOUNT, USERS, ALARM):
        keeper = f"arn:aws:iam::{account}:role/security/watch"
        left = [one for one in SINKS if decided(one, keeper, under(scps(WHOLE), EVERYTHING)) != "Allowed"]
        assert left == []


def test_each_deny_of_the_scp_is_needed() -> None:
    """Without it an administrator touches a part; what guards the keepers themselves has its ways in `ways.yaml`."""
    found, idle = scps(WHOLE), []
    for place, gone in enumerate(found):
        mutant = under(found[:place] + found[place + 1 :], EVERYTHING)
        if not any(decided(one, f"arn:aws:iam::{ALARM}:role/Admin", mutant) == "Allowed" for one in SINKS):
            idle.append(gone["Sid"])
    assert idle == ["LeaveOrganization", "KeepersOfTheAlarm", "ProvidersOfKeepers", "BreakGlassBusPolicies"]


def test_the_key_is_guarded_by_its_own_policy_before_the_scp_knows_it() -> None:
    """An administrator of the alarm's account uses it, and takes it from nobody; root is the way back."""
    text = to_json(alarm_template(example().alarm)["Resources"]["Key"]["Properties"]["KeyPolicy"])
    root = f"arn:aws:iam::{ALARM}:root"
    filled = text.replace('{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}', f'"{root}"')
    policy = ResourcePolicy.model_validate_json(filled)
    policies = Policies(identity=(EVERYTHING,), resource=policy)
    admin, keeper = f"arn:aws:iam::{ALARM}:role/Admin", f"arn:aws:iam::{ALARM}:role/security/watch"
    for action in ("kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"):
        asked = AlarmSink("key", action, KEY, ALARM)
        assert [decided(asked, one, policies) for one in (admin, keeper, root)] == [
            "ExplicitlyDenied",
            "Allowed",
            "Allowed",
        ]
    assert decided(AlarmSink("key", "kms:DescribeKey", KEY, ALARM), admin, policies) == "Allowed"


@pytest.mark.parametrize("number", range(len(day_of("mlops-emergency").calls)))
def test_an_emergency_goes_on_under_the_scp(number: int) -> None:
    """Each call of the night is allowed as without it, and its twin is not."""
    day = day_of("mlops-emergency")
    policies = under(scps(made_in_us_east_1()), *own(made_in_us_east_1()))

    def decision(asked: AskedFor) -> str:
        context = context_of({**day.context, **asked.context})
        return str(evaluate(Request(asked.action, asked.resource, context, day.principal), policies).decision)

    assert [decision(one) for one in day.calls[number].requests] == ["Allowed"] * len(day.calls[number].requests)
    assert decision(day.calls[number].twin.request) != "Allowed"


def test_an_emergency_goes_on_where_others_are_held_to_ceilings() -> None:
    """The organization's other SCPs let the role go by its ARN; its own guardrails stay."""
    names = ("vpc-required", "instance-ceilings")
    day, made = day_of("mlops-emergency"), made_in_us_east_1()
    calls = [one for call in day.calls for one in call.requests if one.action == "sagemaker:CreateTrainingJob"]
    assert calls
    for exempt, expected in (([made.alarm.roles[0]], "Allowed"), ([], "ExplicitlyDenied")):
        others = documents_of(composed_layer(LayerKind.SCP, *names, exempt=exempt, types=["ml.t3.medium"])).policies
        statements = [one for policy in others for one in policy.document.to_json_value()["Statement"]]
        policies = under([*scps(made), *statements], *own(made))
        for asked in calls:
            context = {"aws:PrincipalArn": made.alarm.roles[0], **day.context, **asked.context}
            request_ = Request(asked.action, asked.resource, context_of(context), day.principal)
            assert str(evaluate(request_, policies).decision) == expected


def made_in_us_east_1() -> Any:
    """Return the example where the day of the persona is."""
    return example("us-east-1")


@pytest.mark.parametrize(
    ("who", "context", "expected"),
    [
        (USER, MFA, "Allowed"),
        (USER, MFA | {"aws:MultiFactorAuthAge": "900"}, "Allowed"),
        (USER, MFA | {"aws:MultiFactorAuthAge": "901"}, "ImplicitlyDenied"),
        (USER, {"aws:MultiFactorAuthPresent": "false"}, "ImplicitlyDenied"),
        (USER, {"aws:MultiFactorAuthPresent": "true"}, "ImplicitlyDenied"),
        (USER, {}, "ImplicitlyDenied"),
        (USER.replace("otto", "eve"), MFA, "ImplicitlyDenied"),
        (f"arn:aws:iam::{ACCOUNT}:user/break-glass/otto", MFA, "ImplicitlyDenied"),
    ],
)
def test_a_user_with_a_fresh_mfa_takes_the_role(who: str, context: dict[str, str], expected: str) -> None:
    """By the trust policy and the user's own, which both have to allow, across the accounts."""
    [allowed] = users_template(example().alarm)["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"]
    identity = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allowed]})
    policies = Policies(
        identity=(identity,), permissions_boundary=identity, resource=example().roles[0].documents.trust_policy
    )
    asked = {
        "principal": who,
        "action": "sts:AssumeRole",
        "resource": ROLE,
        "resourceAccount": ACCOUNT,
        "context": context,
    }
    assert str(evaluate(Request.from_json_value(asked), policies).decision) == expected


def test_a_user_does_nothing_else() -> None:
    """Whatever a group or a resource's policy of the account gives."""
    [allowed] = users_template(example().alarm)["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"]
    boundary = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allowed]})
    policies = Policies(identity=(EVERYTHING,), permissions_boundary=boundary)
    for action, resource in (
        ("iam:CreateAccessKey", USER),
        ("sts:AssumeRole", ADMIN),
        ("s3:GetObject", "arn:aws:s3:::b/k"),
    ):
        asked = {"principal": USER, "action": action, "resource": resource, "resourceAccount": USERS}
        assert str(evaluate(Request.from_json_value(asked), policies).decision) == "ImplicitlyDenied"


STOP_TRAILS = """\
title: Stop trails
description: Only from one network.
statements:
  - sid: Stop
    actions: [cloudtrail:StopLogging]
    resources: ["arn:{{ partition }}:cloudtrail:{{ region }}:{{ account }}:trail/*"]
    conditions: {IpAddress: {"aws:SourceIp": [192.0.2.0/24]}}
"""


def test_a_role_that_could_end_its_alarm_is_refused(tmp_path: Path) -> None:
    """Where the SCP does not know the trail, a role that stops trails is none for emergencies; what it guards is said."""
    administrator = {"managed_policy": ("arn:aws:iam::aws:policy/AdministratorAccess",), "break_separation": "test"}
    with pytest.raises(InputError, match=r"the role may do `kms:DisableKey` on .*\(the key of the topic\)"):
        made_of(request(chosen=administrator))
    with pytest.raises(InputError, match=r"`cloudtrail:DeleteTrail`"):
        made_of(request(chosen=administrator, alarm_key=KEY))
    _, notes = made_of(request(chosen=administrator, alarm_key=KEY, trails=(TRAIL,)))
    assert any(note.startswith("the SCP alone keeps the role from the trail: its own policies allow") for note in notes)
    conditional = tmp_path / "activity_groups"
    conditional.mkdir()
    (conditional / "stop-trails.yaml").write_text(STOP_TRAILS)
    chosen = {"catalog": (str(tmp_path),), "add": ("stop-trails",), "break_separation": "test"}
    with pytest.raises(InputError, match=r"`cloudtrail:StopLogging`"):
        made_of(request(chosen=chosen))
    unknown = {"managed_policy": (f"arn:aws:iam::{ACCOUNT}:policy/extra",)}
    assert any("extra allows is not known here" in note for note in made_of(request(chosen=unknown))[1])
