"""
The CloudFormation stack of detective controls: what each has in it, and the topic that all of them publish on.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class StackPart:
    """What a control adds to a stack."""

    resources: Json
    outputs: Json = field(default_factory=dict)
    parameters: Json = field(default_factory=dict)
    conditions: Json = field(default_factory=dict)
    mappings: Json = field(default_factory=dict)
    publishes: bool = False
    """Whether it has something to say on the topic."""


def stack(description: str, metadata: Mapping[str, Any], parts: Sequence[StackPart]) -> Json:
    """Return the template with *parts*, which explains itself by *metadata*; the topic is there where one publishes."""
    publishes = any(part.publishes for part in parts)
    made = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Metadata": dict(metadata),
        "Parameters": _merged([_PARAMETERS] if publishes else [], (part.parameters for part in parts)),
        "Mappings": _merged([], (part.mappings for part in parts)),
        "Conditions": _merged([_CONDITIONS] if publishes else [], (part.conditions for part in parts)),
        "Resources": _merged([_TOPIC_RESOURCES] if publishes else [], (part.resources for part in parts)),
        "Outputs": _merged([_OUTPUTS] if publishes else [], (part.outputs for part in parts)),
    }
    return deepcopy({name: one for name, one in made.items() if one})  # nothing in it is ours any more


def _merged(first: Iterable[Json], rest: Iterable[Json]) -> Json:
    """Return all of *first* and *rest*; of what several have by one name, a mapping's regions are put together."""
    found: Json = {}
    for one in (*first, *rest):
        for name, value in one.items():
            old = found.get(name)
            if old is not None and old != value:
                value = {key: {**old.get(key, {}), **value.get(key, {})} for key in (*old, *value)}
            found[name] = value
    return found


def logical(control: str) -> str:
    """Return what the logical ids of *control* begin with: ``OnDemandJobs``."""
    return "".join(word[:1].upper() + word[1:] for word in control.split("-"))


def ref(name: str) -> Json:
    """Return a reference to the resource or parameter *name*."""
    return {"Ref": name}


def arn(name: str) -> Json:
    """Return the ARN of the resource *name*."""
    return {"Fn::GetAtt": [name, "Arn"]}


def document(*statements: Json) -> Json:
    """Return a policy of *statements*."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


TOPIC: Json = {"Fn::If": ["OwnTopic", ref("Topic"), ref("TopicArn")]}
"""The ARN of the topic."""
_PARAMETERS: Json = {
    "Email": {
        "Type": "String",
        "Default": "",
        "Description": "Who is told of findings, after confirming the subscription; empty for nobody.",
    },
    "TopicArn": {
        "Type": "String",
        "Default": "",
        "Description": "A standard SNS topic of yours for the findings; empty for a new one. Where a KMS key "
        "encrypts it, the key's policy must let the roles in the outputs use it.",
    },
}
_CONDITIONS: Json = {
    "OwnTopic": {"Fn::Equals": [ref("TopicArn"), ""]},
    "HasEmail": {"Fn::Not": [{"Fn::Equals": [ref("Email"), ""]}]},
}
_OUTPUTS: Json = {"Topic": {"Description": "Where findings are published.", "Value": TOPIC}}
_TOPIC_RESOURCES: Json = {
    # A service such as EventBridge can't use the account's key for SNS; a role of the account, like a function's, can
    # through SNS. So nothing needs a topic policy, and only who may by IAM publishes.
    # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    "Topic": {
        "Type": "AWS::SNS::Topic",
        "Condition": "OwnTopic",
        "Properties": {"KmsMasterKeyId": "alias/aws/sns"},
    },
    "EmailSubscription": {
        "Type": "AWS::SNS::Subscription",
        "Condition": "HasEmail",
        "Properties": {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": ref("Email")},
    },
}


@dataclass(frozen=True)
class Function:
    """A function: its source, the settings of its environment, and what it may do beside logging and publishing."""

    code: str
    settings: Mapping[str, str] = field(default_factory=dict)
    statements: tuple[Json, ...] = ()


def watching(control: str, title: str, pattern: Json, function: Function, *, reads: bool = False) -> StackPart:
    """
    Return the part of *control*: a rule on the default event bus that calls *function* for what matches *pattern*.

    What still fails after Lambda's retries goes to the topic too, so that no call passes in silence.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    ids = logical(control)
    resources = {**_function(control, function), **_rule(ids, title, pattern, reads=reads)}
    outputs = {
        f"{ids}FunctionRole": {
            "Description": f"Who publishes what {control} finds; the key of a topic of yours must let it.",
            "Value": arn(f"{ids}FunctionRole"),
        }
    }
    return StackPart(resources, outputs, publishes=True)


def _function(control: str, function: Function) -> Json:
    ids = logical(control)
    log = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": arn(f"{ids}FunctionLogs"),
    }
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC}
    return {
        f"{ids}FunctionLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 365}},
        f"{ids}FunctionRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": document(
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ),
                "Policies": [{"PolicyName": control, "PolicyDocument": document(log, publish, *function.statements)}],
            },
        },
        f"{ids}Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Description": f"rolemgr detective {control}",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Timeout": 30,
                "Role": arn(f"{ids}FunctionRole"),
                "LoggingConfig": {"LogGroup": ref(f"{ids}FunctionLogs")},
                "Code": {"ZipFile": function.code},
                "Environment": {
                    "Variables": {"TOPIC_ARN": TOPIC, "SUBJECT": f"SageMaker: {control}", **function.settings}
                },
            },
        },
        f"{ids}FunctionFailures": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": ref(f"{ids}Function"),
                "Qualifier": "$LATEST",
                "DestinationConfig": {"OnFailure": {"Destination": TOPIC}},
            },
        },
    }


def _rule(ids: str, title: str, pattern: Json, *, reads: bool) -> Json:
    """
    Return the rule on the default event bus, where AWS's own events arrive, and its leave to call the function.

    Calls that only read are handed on in one state alone.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    state = {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"} if reads else {}
    return {
        f"{ids}Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": title,
                "EventPattern": pattern,
                **state,
                "Targets": [{"Id": "Function", "Arn": arn(f"{ids}Function")}],
            },
        },
        f"{ids}RulePermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": ref(f"{ids}Function"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": arn(f"{ids}Rule"),
                "SourceAccount": ref("AWS::AccountId"),
            },
        },
    }
