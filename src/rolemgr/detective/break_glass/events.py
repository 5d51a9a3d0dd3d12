"""
The event patterns of the alarm: the role is used, or something that the alarm needs is changed.

CloudTrail tells EventBridge of each call. STS logs AssumeRole as a call that only reads, which a rule sees in one
state alone; the events of the regional endpoints of STS come in their own regions.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from rolemgr.detective.break_glass.names import BreakGlass

Json = dict[str, Any]

STATE: Final = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The only state in which a rule sees calls that only read; both rules need it where one forwards to the other."""

_FROM_CLOUDTRAIL: Final = [{"suffix": " via CloudTrail"}]
"""Calls, sign-ins, actions in the console: whatever CloudTrail tells of, by each of its detail types."""


@cache
def _data() -> Any:
    return json.loads(Path(__file__).with_name("changes.json").read_bytes())


def use_pattern(made: BreakGlass) -> Json:
    """
    Return the pattern of events that a role, or a user who may take it, makes, and of calls that take a role.

    Cross-account calls of AssumeRole are logged in both accounts, denied ones in the caller's alone. The ARN
    that a caller gives is compared without regard to case, as IAM's names differ by more than case. A sign-in that
    fails has a name, and no ARN.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
    """
    taken = {
        "eventSource": ["sts.amazonaws.com"],
        "eventName": _data()["assume"],
        "requestParameters": {"roleArn": [{"equals-ignore-case": one} for one in made.roles]},
    }
    by_role = {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [*made.roles]}}}}
    by_session = {"userIdentity": {"arn": [{"prefix": one} for one in made.sessions]}}
    by_user = {"userIdentity": {"arn": [*made.users]}}
    by_name = {"userIdentity": {"type": ["IAMUser"], "userName": [*made.user_names]}}
    return _pattern([taken, by_role, by_session, by_user, by_name])


def change_pattern(made: BreakGlass) -> Json:
    """Return the pattern of calls that change the roles, their users, the alarm's rules and queues, or trails."""
    iam = {"eventSource": ["iam.amazonaws.com"], "readOnly": [False]}
    roles = [{"equals-ignore-case": name} for name in (*made.role_names, made.forwarder)]
    users = [{"equals-ignore-case": name} for name in made.user_names]
    policies = [{"suffix": f":policy/{made.users_policy}"}, *made.policies]
    return _pattern(
        [
            {**iam, "requestParameters": {"roleName": roles}},
            {**iam, "requestParameters": {"userName": users}},
            {**iam, "requestParameters": {"policyArn": policies}},
            *_rules([made.use_rule, made.change_rule]),
            *_queues(made.queue),
            {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": _data()["trail"]},
        ]
    )


def alarm_change_pattern(made: BreakGlass, key_id: Any) -> Json:
    """
    Return the pattern of calls in the alarm's account that change bus, rules, topic, queue or key.

    *key_id* is the id of the key, which only CloudFormation knows.
    """
    topic = {"eventSource": ["sns.amazonaws.com"], "readOnly": [False]}
    key = {"eventSource": ["kms.amazonaws.com"], "readOnly": [False]}
    bus = {"eventSource": ["events.amazonaws.com"], "readOnly": [False]}
    return _pattern(
        [
            {**topic, "requestParameters": {"topicArn": [made.topic]}},
            {**topic, "requestParameters": {"resourceArn": [made.topic]}},
            {**topic, "requestParameters": {"subscriptionArn": [{"prefix": f"{made.topic}:"}]}},
            {**key, "requestParameters": {"keyId": [key_id]}},
            {**bus, "requestParameters": {"eventBusName": [made.name, made.bus]}},
            *_rules([made.alarm_rule, made.alarm_change_rule]),
            {"eventSource": ["events.amazonaws.com"], "eventName": ["DeleteEventBus", "UpdateEventBus"]},
            *_queues(made.alarm_queue),
        ]
    )


def _rules(names: Sequence[str]) -> list[Json]:
    """Return the details of calls that change rules of these *names*; targets are changed by the rule's name."""
    change = {"eventSource": ["events.amazonaws.com"], "readOnly": [False]}
    return [{**change, "requestParameters": {key: [*names]}} for key in ("name", "rule")]


def _queues(name: str) -> list[Json]:
    change = {"eventSource": ["sqs.amazonaws.com"], "readOnly": [False]}
    return [{**change, "requestParameters": {"queueUrl": [{"suffix": f"/{name}"}]}}]


def _pattern(details: Sequence[Json]) -> Json:
    return {"detail-type": _FROM_CLOUDTRAIL, "detail": {"$or": [*details]}}
