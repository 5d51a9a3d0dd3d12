"""
The CloudFormation templates of the users and the alarm of break-glass roles.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rolemgr.detective.break_glass.events import STATE, alarm_change_pattern, change_pattern, use_pattern
from rolemgr.detective.break_glass.names import BreakGlass

Json = dict[str, Any]

_RETENTION: Final = 1_209_600
"""Fourteen days, as long as SQS keeps a message."""


def users_template(made: BreakGlass) -> Json:
    """
    Return the template of the account of the users: each may take the role, and nothing else ever.

    It asks for no MFA: the trust policy of the role does, where AWS documents that the keys are there. Neither
    passwords, keys nor MFA devices are in a template; the runbook has them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    roles = made.roles[0] if len(made.roles) == 1 else [*made.roles]
    allowed = {"Sid": "BreakGlass", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}
    policy = {
        "ManagedPolicyName": made.users_policy,
        "Description": f"What break-glass users may ever do: take {made.called}.",
        "PolicyDocument": _document(allowed),
    }
    users = {
        f"User{number}": {
            "Type": "AWS::IAM::User",
            "Properties": {
                "UserName": arn.rpartition("/")[2],
                "Path": _path(arn),
                "ManagedPolicyArns": [_ref("Policy")],
                "PermissionsBoundary": _ref("Policy"),
            },
        }
        for number, arn in enumerate(made.users, start=1)
    }
    resources = {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}, **users}
    return _template(f"Users of account {made.user_account} who may take {made.called} in an emergency.", resources)


def forward_template(made: BreakGlass) -> Json:
    """
    Return the template for every region of the role's and the users' accounts: events go to the alarm's bus.

    EventBridge takes another account's bus as a target only with a role; it is made once, in the home region.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
    """
    target = {
        "Id": "Alarm",
        "Arn": made.bus,
        "RoleArn": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{made.forwarder}"},
        "DeadLetterConfig": {"Arn": _arn("Undelivered")},
    }
    several = len(made.roles) > 1
    verb, whose, does = (" are", "their", "do") if several else (" is", "its", "does")
    rules = {
        "UseRule": _rule(made.use_rule, f"{made.called}{verb} taken or used", use_pattern(made), target),
        "ChangeRule": _rule(
            made.change_rule, f"{made.called}, {whose} users or {whose} alarm are changed", change_pattern(made), target
        ),
    }
    sends = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": made.bus}
    forwarder = {
        "RoleName": made.forwarder,
        "Description": "As this role EventBridge sends what a break-glass role does to its alarm.",
        "AssumeRolePolicyDocument": _document(_trusts_events(made)),
        "Policies": [{"PolicyName": "send", "PolicyDocument": _document(sends)}],
    }
    return {
        **_template(f"Sends what {made.called} {does} to the event bus {made.bus}.", {}),
        "Parameters": {
            "HomeRegion": {
                "Type": "String",
                "Default": made.alarm_region,
                "Description": "The region whose stack makes the role that all regions send as: deploy it there first.",
            }
        },
        "Conditions": {"IsHome": {"Fn::Equals": [_ref("AWS::Region"), _ref("HomeRegion")]}},
        "Resources": {
            "Forwarder": {"Type": "AWS::IAM::Role", "Condition": "IsHome", "Properties": forwarder},
            **_undelivered(made.queue, ("UseRule", "ChangeRule")),
            **rules,
        },
    }


def _trusts_events(made: BreakGlass) -> Json:
    """
    Return the trust in EventBridge for rules of ours in this account.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    rules = f"arn:${{AWS::Partition}}:events:*:${{AWS::AccountId}}:rule/{made.name}-*"
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": _ref("AWS::AccountId")},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": rules}},
        },
    }


def alarm_template(made: BreakGlass) -> Json:
    """Return the template of the alarm's account: bus, rules, topic with a key of its own, and who is told."""
    return {
        **_template(_alarm_words(made), {}),
        "Parameters": _PARAMETERS,
        "Conditions": {"HasSecondEmail": {"Fn::Not": [{"Fn::Equals": [_ref("SecondEmail"), ""]}]}},
        "Resources": {
            **_key(made),
            **_topic(made),
            **_bus(made),
            **_undelivered(made.alarm_queue, ("AlarmRule", "ChangeRule")),
            "UndeliveredAlarm": _undelivered_alarm(made),
            "AlarmRule": _alarm_rule(made),
            "ChangeRule": _rule(
                made.alarm_change_rule,
                f"The alarm on {made.called} is changed",
                alarm_change_pattern(made, _ref("Key")),
                _told("The alarm itself is changed"),
            ),
        },
        "Outputs": {
            "Key": {"Description": "The key of the topic, for --alarm-key.", "Value": _arn("Key")},
            "Topic": {"Description": "Who is told subscribes to it.", "Value": _ref("Topic")},
            "Bus": {"Description": "Where all rules send to.", "Value": _arn("Bus")},
        },
    }


_EMAIL: Final = r"[^\s@]+@[^\s@]+"
_PARAMETERS: Final[Json] = {
    "Email": {
        "Type": "String",
        "AllowedPattern": f"^{_EMAIL}$",
        "Description": "Who is told, after confirming the subscription; people on call, not one person.",
    },
    "SecondEmail": {
        "Type": "String",
        "Default": "",
        "AllowedPattern": f"^({_EMAIL})?$",
        "Description": "Who is told as well, such as the security team.",
    },
}


def _key(made: BreakGlass) -> Json:
    """
    Return the key of the topic, which EventBridge and CloudWatch use; alias/aws/sns they can't.

    Neither statement of a service has a condition: EventBridge sends no source with its use of a key. Only keepers,
    and the account's root user who could not be locked out, put it out of use.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    policy = _document(
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "Services",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
        },
        {
            "Sid": "Keepers",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": [*_OUT_OF_USE],
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [*made.keepers, root]}},
        },
    )
    properties = {"Description": f"Encrypts the alarm on {made.called}.", "EnableKeyRotation": True}
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    alias = {"AliasName": f"alias/{made.name}", "TargetKeyId": _ref("Key")}
    return {
        "Key": {"Type": "AWS::KMS::Key", **kept, "Properties": {**properties, "KeyPolicy": policy}},
        "KeyAlias": {"Type": "AWS::KMS::Alias", "Properties": alias},
    }


_OUT_OF_USE: Final = (
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
)


def _topic(made: BreakGlass) -> Json:
    """
    Return the topic, who may publish, and who is told.

    EventBridge can't publish under a condition: its statement has none. CloudWatch can.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    alarm = f"arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{made.alarm_queue}"
    source = {
        "ArnEquals": {"aws:SourceArn": {"Fn::Sub": alarm}},
        "StringEquals": {"aws:SourceAccount": _ref("AWS::AccountId")},
    }
    policy = _document(
        _publishes("EventBridge", "events.amazonaws.com"),
        {**_publishes("CloudWatch", "cloudwatch.amazonaws.com"), "Condition": source},
    )
    topic = {"TopicName": made.name, "DisplayName": "BREAK-GLASS", "KmsMasterKeyId": _arn("Key")}
    policies = {"Topics": [_ref("Topic")], "PolicyDocument": policy}
    return {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": topic},
        "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": policies},
        "Subscription": _subscription("Email"),
        "SecondSubscription": {**_subscription("SecondEmail"), "Condition": "HasSecondEmail"},
    }


def _publishes(sid: str, service: str) -> Json:
    principal = {"Service": service}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sns:Publish",
        "Resource": _ref("Topic"),
    }


def _subscription(parameter: str) -> Json:
    properties = {"TopicArn": _ref("Topic"), "Protocol": "email", "Endpoint": _ref(parameter)}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


def _bus(made: BreakGlass) -> Json:
    """Return the bus and the accounts that may send to it: they can add to the alarm, and take nothing away."""
    statements = {
        f"From{number}": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": _ref("Bus"),
                "StatementId": f"From{account}",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{made.partition}:iam::{account}:root"},
                    "Action": "events:PutEvents",
                    "Resource": _arn("Bus"),
                },
            },
        }
        for number, account in enumerate(made.watched, start=1)
    }
    return {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": made.name}}, **statements}


def _alarm_rule(made: BreakGlass) -> Json:
    rule = _rule(
        made.alarm_rule,
        f"What the watched accounts tell of {made.called}",
        {"account": [*made.watched]},
        _told(made.called, names_a_role=len(made.roles) > 1),
    )
    rule["Properties"]["EventBusName"] = made.name
    return {**rule, "DependsOn": "Bus"}


def _alarm_words(made: BreakGlass) -> str:
    """Return what the alarm's stack is for."""
    if len(made.roles) == 1:
        return f"The alarm on {made.roles[0]}, in an account that it can't reach."
    return f"The alarm on {made.called}, in an account that they can't reach."


def _told(what: str, *, names_a_role: bool = False) -> Json:
    """
    Return the target that tells people *what* happened, in a line that is read at midnight.

    Where several roles are watched it *names_a_role*: that of a call which takes one; a session's ARN has its own.
    """
    taken = " of <role>" if names_a_role else ""
    line = (
        f"BREAK-GLASS {what}: <call>{taken} (<service>) by <who> from <address> in <region> of account <account>"
        " at <time>."
        " <denied> CloudTrail event <event>. If nobody declared an emergency, follow the runbook's last part now."
    )
    paths = {
        "call": "$.detail.eventName",
        "service": "$.detail.eventSource",
        "who": "$.detail.userIdentity.arn",
        "address": "$.detail.sourceIPAddress",
        "region": "$.detail.awsRegion",
        "account": "$.account",
        "time": "$.detail.eventTime",
        "denied": "$.detail.errorCode",
        "event": "$.detail.eventID",
    }
    if names_a_role:
        paths["role"] = "$.detail.requestParameters.roleArn"
    return {
        "Id": "People",
        "Arn": _ref("Topic"),
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": f'"{line}"'},
        "DeadLetterConfig": {"Arn": _arn("Undelivered")},
    }


def _undelivered(name: str, rules: Sequence[str]) -> Json:
    """
    Return the queue *name* that takes what the targets of *rules* could not, which would be lost without a word.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    sends = {
        "Sid": "Rules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _arn("Undelivered"),
        "Condition": {"ArnEquals": {"aws:SourceArn": [_arn(rule) for rule in rules]}},
    }
    queue = {
        "QueueName": name,
        "MessageRetentionPeriod": _RETENTION,
        "SqsManagedSseEnabled": True,
    }
    policy = {"Queues": [_ref("Undelivered")], "PolicyDocument": _document(sends)}
    return {
        "Undelivered": {"Type": "AWS::SQS::Queue", "Properties": queue},
        "UndeliveredPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
    }


def _undelivered_alarm(made: BreakGlass) -> Json:
    """Return the alarm on messages that could not be delivered; no data means that there were none."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": made.alarm_queue,
            "AlarmDescription": f"An event about {made.called} was not told: see the queue {made.alarm_queue}.",
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Undelivered", "QueueName"]}}],
            "Statistic": "Maximum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [_ref("Topic")],
        },
    }


def _rule(name: str, description: str, pattern: Mapping[str, Any], target: Json) -> Json:
    properties = {"Name": name, "Description": description[:512], "State": STATE, "EventPattern": dict(pattern)}
    return {"Type": "AWS::Events::Rule", "Properties": {**properties, "Targets": [target]}}


def _template(description: str, resources: Json) -> Json:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{description} Made by rolemgr break-glass.",
        "Resources": resources,
    }


def _path(arn: str) -> str:
    """Return the path of the user *arn*: the slashes around it included."""
    _, _, named = arn.partition(":user")
    return named[: named.rindex("/") + 1]


def _document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _ref(name: str) -> Json:
    return {"Ref": name}


def _arn(name: str) -> Json:
    return {"Fn::GetAtt": [name, "Arn"]}
