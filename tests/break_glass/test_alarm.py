"""The alarm sees the role used and itself changed, in every region; its templates are CloudFormation's; mutants are caught."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import boto3
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from moto import mock_aws
from moto.events.models import EventPattern
from tests.break_glass.break_glass_support import (
    ACCOUNT,
    ALARM,
    ROLE,
    USER,
    USERS,
    by_role,
    by_user,
    event,
    example,
    made_of,
    request,
)
from tests.support import PARTITION_REGIONS

from rolemgr.detective.break_glass.events import STATE
from rolemgr.detective.break_glass.names import BreakGlass
from rolemgr.detective.break_glass.templates import alarm_template, forward_template, users_template
from rolemgr.files.write import to_template

MADE = example().alarm
ADMIN = by_role(f"arn:aws:iam::{ACCOUNT}:role/Admin", "ana")
TAKEN: dict[str, Any] = {"requestParameters": {"roleArn": ROLE, "roleSessionName": "otto"}, "readOnly": True}


def sees(template: dict[str, Any], happened: Any, *rules: str) -> bool:
    """Tell whether one of the *rules* of *template* passes on what *happened*, as moto's EventBridge judges."""
    found = [template["Resources"][name]["Properties"] for name in rules or ("UseRule", "ChangeRule")]
    if happened["detail"]["readOnly"]:  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
        found = [one for one in found if one["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]
    patterns = (EventPattern.load(json.dumps(one["EventPattern"])) for one in found)
    return any(pattern.matches_event(happened) for pattern in patterns)


SEEN = {
    "AssumeRole, from the role's account": event("sts", "AssumeRole", userIdentity={"type": "AWSAccount"}, **TAKEN),
    "AssumeRole, from the user's account": event("sts", "AssumeRole", USERS, userIdentity=by_user(), **TAKEN),
    "AssumeRole with the ARN in other letters": event(
        "sts", "AssumeRole", userIdentity=ADMIN, readOnly=True, requestParameters={"roleArn": ROLE.upper()}
    ),
    "AssumeRole denied, in the caller's account": event(
        "sts", "AssumeRole", USERS, userIdentity=by_user(), errorCode="AccessDenied", requestParameters=None, readOnly=True
    ),
    "AssumeRoleWithSAML": event("sts", "AssumeRoleWithSAML", userIdentity={"type": "SAMLUser"}, **TAKEN),
    "a call that only reads": event("sagemaker", "ListModels", userIdentity=by_role(), readOnly=True),
    "a call in another region": event("sagemaker", "CreateTrainingJob", region="ap-south-1", userIdentity=by_role()),
    "switching to the role in the console": event("signin", "SwitchRole", userIdentity=by_role())
    | {"detail-type": "AWS Console Sign In via CloudTrail"},
    "a session told by its issuer alone": event(
        "s3", "GetObject", userIdentity={"type": "AssumedRole", "sessionContext": by_role()["sessionContext"]}
    ),
    "a session told by its ARN alone": event(
        "s3", "GetObject", userIdentity={"type": "AssumedRole", "arn": by_role()["arn"]}
    ),
    "a user told by the ARN alone": event("s3", "ListBuckets", USERS, userIdentity={"type": "IAMUser", "arn": USER}),
    "the user signs in": event("signin", "ConsoleLogin", USERS, "us-east-2", userIdentity=by_user())
    | {"detail-type": "AWS Console Signin via CloudTrail"},
    "a sign-in that fails tells no ARN": event(
        "signin", "ConsoleLogin", USERS, userIdentity={"type": "IAMUser", "accountId": USERS, "userName": "otto"},
        errorMessage="Failed authentication",
    ),
    "an access key of the user": event(
        "iam", "CreateAccessKey", USERS, userIdentity=ADMIN, requestParameters={"userName": "otto"}
    ),
    "the trust of the role": event(
        "iam", "UpdateAssumeRolePolicy", userIdentity=ADMIN, requestParameters={"roleName": "sagemaker-mlops-emergency"}
    ),
    "the policy of the role that sends": event(
        "iam", "PutRolePolicy", userIdentity=ADMIN, requestParameters={"roleName": "break-glass-forward"}
    ),
    "a version of a policy of the role": event(
        "iam", "CreatePolicyVersion", userIdentity=ADMIN, requestParameters={"policyArn": MADE.policies[0]}
    ),
    "a rule off": event("events", "DisableRule", userIdentity=ADMIN, requestParameters={"name": "break-glass-use"}),
    "a rule on, in another state": event(
        "events", "EnableRule", userIdentity=ADMIN, requestParameters={"name": "break-glass-use"}
    ),
    "a rule without its target": event(
        "events", "RemoveTargets", userIdentity=ADMIN, requestParameters={"rule": "break-glass-change", "ids": ["Alarm"]}
    ),
    "the queue": event(
        "sqs", "PurgeQueue", userIdentity=ADMIN,
        requestParameters={"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/break-glass-undelivered"},
    ),
    "the trail": event("cloudtrail", "StopLogging", userIdentity=ADMIN, requestParameters={"name": "t"}),
}  # fmt: skip
UNSEEN = {
    "another role": event("sagemaker", "CreateTrainingJob", userIdentity=ADMIN),
    "a role whose name begins alike": event("sagemaker", "ListModels", userIdentity=by_role(f"{ROLE}-2")),
    "another role is taken": event("sts", "AssumeRole", requestParameters={"roleArn": f"{ROLE}-2"}, userIdentity=ADMIN),
    "another user": event("iam", "CreateAccessKey", USERS, userIdentity=ADMIN, requestParameters={"userName": "eve"}),
    "reading who is there": event(
        "iam", "GetRole", userIdentity=ADMIN, readOnly=True, requestParameters={"roleName": "sagemaker-mlops-emergency"}
    ),
    "another rule": event("events", "DisableRule", userIdentity=ADMIN, requestParameters={"name": "nightly"}),
    "what SageMaker tells of itself": event("sagemaker", "x", userIdentity=by_role())
    | {"detail-type": "SageMaker State"},
}
TOPIC = MADE.topic
OF_ALARM = {
    "the topic": event("sns", "SetTopicAttributes", ALARM, requestParameters={"topicArn": TOPIC}),
    "messages held back": event("sns", "PutDataProtectionPolicy", ALARM, requestParameters={"resourceArn": TOPIC}),
    "a subscriber gone": event("sns", "Unsubscribe", ALARM, requestParameters={"subscriptionArn": f"{TOPIC}:0a1b"}),
    "the key": event("kms", "ScheduleKeyDeletion", ALARM, requestParameters={"keyId": "KEY"}),
    "who may send": event("events", "RemovePermission", ALARM, requestParameters={"eventBusName": "break-glass"}),
    "the rule that tells": event("events", "DeleteRule", ALARM, requestParameters={"name": "break-glass-alarm"}),
    "the bus": event("events", "DeleteEventBus", ALARM, requestParameters={"name": "break-glass"}),
}


@pytest.mark.parametrize("what", SEEN)
def test_a_use_or_a_change_is_sent(what: str) -> None:
    """Whoever does it, wherever: taking the role, using it, trying to, and making the alarm deaf."""
    assert sees(forward_template(MADE), SEEN[what])


@pytest.mark.parametrize("what", UNSEEN)
def test_others_are_left_alone(what: str) -> None:
    """An alarm that goes off every day is none."""
    assert not sees(forward_template(MADE), UNSEEN[what])


@pytest.mark.parametrize("what", OF_ALARM)
def test_the_alarm_sees_itself_changed(what: str) -> None:
    """In its own account and region."""
    template = alarm_template(MADE)
    rule = template["Resources"]["ChangeRule"]["Properties"]
    text = json.dumps(rule).replace('{"Ref": "Key"}', '"KEY"')
    assert sees({"Resources": {"ChangeRule": {"Properties": json.loads(text)}}}, OF_ALARM[what], "ChangeRule")


def test_what_is_sent_is_told() -> None:
    """The rule on the bus takes whatever comes from the watched accounts, reading calls too, and nothing else."""
    template = alarm_template(MADE)
    assert all(sees(template, one, "AlarmRule") for one in SEEN.values())
    assert not sees(template, event("sts", "AssumeRole", "999999999999", **TAKEN), "AlarmRule")


def templates(made: BreakGlass) -> dict[str, dict[str, Any]]:
    """Return the templates by name."""
    return {"users": users_template(made), "alarm": alarm_template(made), "forward": forward_template(made)}


@pytest.mark.parametrize("partition", PARTITION_REGIONS)
def test_templates_are_valid_everywhere(partition: str) -> None:
    """No error and no warning of cfn-lint, in any partition."""
    region = PARTITION_REGIONS[partition]
    found_in = templates(example(region).alarm)
    for name in found_in if partition == "aws" else ("forward",):  # what names the partition is alike in all
        template = found_in[name]
        found = lint(to_template(template), config=ManualArgs(regions=[region], ignore_checks=["I"]))
        assert [str(one) for one in found] == [], name


@pytest.mark.filterwarnings("ignore:Tried to parse")
@mock_aws
def test_the_stacks_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape alone, as moto keeps it: the rules in their state, the topic with its key, the users."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    stacks = boto3.client("cloudformation", region_name="eu-west-1")
    for name, template in templates(MADE).items():
        given = [{"ParameterKey": "Email", "ParameterValue": "oncall@example.com"}] if name == "alarm" else []
        stacks.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
    events = boto3.client("events", region_name="eu-west-1")
    rules = {one["Name"]: one["State"] for one in events.list_rules()["Rules"]}
    assert rules == dict.fromkeys(("break-glass-use", "break-glass-change", "break-glass-alarm-change"), STATE)
    assert [one["State"] for one in events.list_rules(EventBusName="break-glass")["Rules"]] == [STATE]
    [target] = events.list_targets_by_rule(Rule="break-glass-use")["Targets"]
    assert (target["Arn"], bool(target["DeadLetterConfig"]["Arn"])) == (MADE.bus, True)
    [topic] = boto3.client("sns", region_name="eu-west-1").list_topics()["Topics"]
    assert topic["TopicArn"].endswith(":break-glass")
    users = boto3.client("iam", region_name="us-east-1").list_users(PathPrefix="/break-glass/")["Users"]
    assert {one["UserName"] for one in users} == {"otto", "mia"}


def test_one_account_may_be_watched_and_have_the_alarm() -> None:
    """No name is taken twice there."""
    made = made_of(request(alarm_account=USERS))[0].alarm
    stacks = (alarm_template(made), forward_template(made), users_template(made))
    names = [
        (one["Type"], value)
        for template in stacks
        for one in template["Resources"].values()
        for key, value in one["Properties"].items()
        if key in ("Name", "QueueName", "RoleName", "TopicName", "AlarmName", "AliasName", "UserName")
    ]
    assert len(set(names)) == len(names) >= 10


def problems(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield what would keep the alarm of the templates *found* from reaching people."""
    alarm, forward, users = (found[name]["Resources"] for name in ("alarm", "forward", "users"))
    yield from wrong_rules(alarm, forward)
    yield from wrong_topic(alarm)
    yield from wrong_users(users)


def wrong_rules(alarm: dict[str, Any], forward: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with rules, targets and the bus."""
    rules = [
        one["Properties"] for part in (alarm, forward) for one in part.values() if one["Type"] == "AWS::Events::Rule"
    ]
    targets = [target for one in rules for target in one["Targets"]]
    if len(rules) != 4 or any(one["State"] != STATE for one in rules):
        yield "AssumeRole only reads, and is seen in one state alone"
    if not all("DeadLetterConfig" in one for one in targets):
        yield "what can't be delivered is lost"
    if alarm["AlarmRule"]["Properties"].get("EventBusName") != MADE.name:
        yield "the rule is not on the bus that all send to"
    if any(one["Arn"] != MADE.bus or "RoleArn" not in one for one in targets if one["Id"] == "Alarm"):
        yield "EventBridge takes another account's bus only with a role"
    [trust] = forward["Forwarder"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    if {key for block in trust["Condition"].values() for key in block} != {"aws:SourceAccount", "aws:SourceArn"}:
        yield "rules of others send as the role"
    policies = [one["Properties"]["Statement"] for one in alarm.values() if one["Type"].endswith("BusPolicy")]
    if {one["Principal"]["AWS"] for one in policies} != {f"arn:aws:iam::{one}:root" for one in (ACCOUNT, USERS)}:
        yield "a watched account can't send"


def wrong_topic(alarm: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the topic and its key."""
    [publish, _] = alarm["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    if "Condition" in publish:
        yield "EventBridge publishes to a topic under no condition"
    _, services, keepers = alarm["Key"]["Properties"]["KeyPolicy"]["Statement"]
    if "Condition" in services or len(services["Action"]) < 2:
        yield "EventBridge can't use the key"
    if "kms:PutKeyPolicy" not in keepers["Action"]:
        yield "who may write the key's policy takes the key away"
    if alarm["Topic"]["Properties"].get("KmsMasterKeyId") != {"Fn::GetAtt": ["Key", "Arn"]}:
        yield "AWS's own key of SNS is of no use to EventBridge"


def wrong_users(users: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the users."""
    for one in users.values():
        text = json.dumps(one)
        if "MultiFactorAuth" in text or "LoginProfile" in text:
            yield "MFA is asked where AWS does not document it, or a password is in a template"
        if one["Type"] == "AWS::IAM::User" and "PermissionsBoundary" not in one["Properties"]:
            yield "a user may get more than the role"


Mutant = Callable[[dict[str, dict[str, Any]]], Any]
MUTANTS: dict[str, Mutant] = {
    "a rule that sees no reads": lambda t: t["forward"]["Resources"]["UseRule"]["Properties"].update(State="ENABLED"),
    "the second rule": lambda t: t["alarm"]["Resources"]["AlarmRule"]["Properties"].update(State="ENABLED"),
    "no queue": lambda t: t["forward"]["Resources"]["UseRule"]["Properties"]["Targets"][0].pop("DeadLetterConfig"),
    "the default bus": lambda t: t["alarm"]["Resources"]["AlarmRule"]["Properties"].pop("EventBusName"),
    "no role": lambda t: t["forward"]["Resources"]["ChangeRule"]["Properties"]["Targets"][0].pop("RoleArn"),
    "a source on the topic": lambda t: t["alarm"]["Resources"]["TopicPolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ][0].update(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}),
    "a source on the key": lambda t: t["alarm"]["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"][1].update(
        Condition={"StringEquals": {"aws:SourceAccount": ALARM}}
    ),
    "no data key": lambda t: t["alarm"]["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"][1].update(
        Action=["kms:Decrypt"]
    ),
    "anybody's key": lambda t: t["alarm"]["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"][2][
        "Action"
    ].remove("kms:PutKeyPolicy"),
    "AWS's own key": lambda t: t["alarm"]["Resources"]["Topic"]["Properties"].update(KmsMasterKeyId="alias/aws/sns"),
    "a role for anybody's rules": lambda t: t["forward"]["Resources"]["Forwarder"]["Properties"][
        "AssumeRolePolicyDocument"
    ]["Statement"][0]["Condition"].pop("StringEquals"),
    "one account less": lambda t: t["alarm"]["Resources"].pop("From2"),
    "MFA of the user's policy": lambda t: t["users"]["Resources"]["Policy"]["Properties"]["PolicyDocument"][
        "Statement"
    ][0].update(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    "a password": lambda t: t["users"]["Resources"]["User1"]["Properties"].update(LoginProfile={"Password": "x"}),
    "no boundary": lambda t: t["users"]["Resources"]["User2"]["Properties"].pop("PermissionsBoundary"),
}


def test_nothing_keeps_the_alarm_from_people() -> None:
    """As it is rendered."""
    assert list(problems(templates(MADE))) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_is_noticed(name: str) -> None:
    """One change to the templates at a time."""
    found = deepcopy(templates(MADE))
    MUTANTS[name](found)
    assert len(list(problems(found))) == 1


def _details() -> list[tuple[str, int]]:
    return [
        (rule, number)
        for rule in ("UseRule", "ChangeRule")
        for number in range(
            len(forward_template(MADE)["Resources"][rule]["Properties"]["EventPattern"]["detail"]["$or"])
        )
    ]


@pytest.mark.parametrize(("rule", "number"), _details())
def test_each_part_of_a_pattern_sees_what_no_other_does(rule: str, number: int) -> None:
    """Without it an event of the night is not sent."""
    mutant = forward_template(MADE)
    del mutant["Resources"][rule]["Properties"]["EventPattern"]["detail"]["$or"][number]
    assert not all(sees(mutant, one) for one in SEEN.values())


def test_a_pattern_fits_however_many_users_there_are() -> None:
    """EventBridge takes 4,096 characters at most; ten people of long names are more than anybody seals passwords for."""
    users = tuple(f"{USER.removesuffix('otto')}{'x' * 30}{number}" for number in range(10))
    for template in (forward_template(replace(MADE, users=users)), alarm_template(MADE)):
        for one in template["Resources"].values():
            pattern = one["Properties"].get("EventPattern", {})
            assert len(json.dumps(pattern)) <= 4096
