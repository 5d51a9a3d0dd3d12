"""
The CloudFormation stack of a detective control: rule, function, topic, and what they may do.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def stack(
    name: str,
    finds: str,
    metadata: Mapping[str, Any],
    *,
    pattern: Json,
    code: str,
    settings: Mapping[str, str],
    statements: Sequence[Json],
) -> Json:
    """
    Return the template of the control *name*, which *finds* something and explains itself by *metadata*.

    Calls that the event *pattern* matches go to a Lambda function of the source *code*, whose environment has
    the *settings* and whose role may do what the *statements* allow, beside logging and publishing.
    """
    function = {"Code": {"ZipFile": code}} | _environment(name, settings)
    made = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Finds {finds}. Made by rolemgr detective {name}.",
        "Metadata": dict(metadata),
        "Parameters": _PARAMETERS,
        "Conditions": {
            "OwnTopic": {"Fn::Equals": [_ref("TopicArn"), ""]},
            "HasEmail": {"Fn::Not": [{"Fn::Equals": [_ref("Email"), ""]}]},
        },
        "Resources": _topic() | _function(name, function, statements) | _rule(finds, pattern),
        "Outputs": {
            "Topic": {"Description": "Where findings are published.", "Value": _TOPIC},
            "FunctionRole": {
                "Description": "Who publishes them; the key of a topic of yours must let it.",
                "Value": _arn("FunctionRole"),
            },
        },
    }
    return deepcopy(made)  # nothing in it is ours any more


def _ref(name: str) -> Json:
    return {"Ref": name}


def _arn(name: str) -> Json:
    return {"Fn::GetAtt": [name, "Arn"]}


_TOPIC: Json = {"Fn::If": ["OwnTopic", _ref("Topic"), _ref("TopicArn")]}
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
        "encrypts it, the key's policy must let the role in the output FunctionRole use it.",
    },
}


def _topic() -> Json:
    """
    Return the topic, encrypted with the account's key for SNS, and who is subscribed to it.

    A service such as EventBridge can't use that key; a role of the account, like the function's, can through SNS.
    So nothing needs a topic policy, and only who may by IAM publishes.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Condition": "OwnTopic",
            "Properties": {"KmsMasterKeyId": "alias/aws/sns"},
        },
        "EmailSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasEmail",
            "Properties": {"TopicArn": _TOPIC, "Protocol": "email", "Endpoint": _ref("Email")},
        },
    }


def _environment(name: str, settings: Mapping[str, str]) -> Json:
    return {"Environment": {"Variables": {"TOPIC_ARN": _TOPIC, "SUBJECT": f"SageMaker: {name}", **settings}}}


def _function(name: str, properties: Json, statements: Sequence[Json]) -> Json:
    """
    Return the function with its *properties*, its log group, and its role, which may do *statements* as well.

    What still fails after Lambda's retries goes to the topic too, so that no call passes in silence.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    return {
        "FunctionLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 365}},
        "FunctionRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _document(
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ),
                "Policies": [{"PolicyName": name, "PolicyDocument": _document(_LOG, _PUBLISH, *statements)}],
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Description": f"rolemgr detective {name}",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Timeout": 30,
                "Role": _arn("FunctionRole"),
                "LoggingConfig": {"LogGroup": _ref("FunctionLogs")},
                **properties,
            },
        },
        "FunctionFailures": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": _ref("Function"),
                "Qualifier": "$LATEST",
                "DestinationConfig": {"OnFailure": {"Destination": _TOPIC}},
            },
        },
    }


def _document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


_LOG: Json = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": _arn("FunctionLogs"),
}
_PUBLISH: Json = {"Effect": "Allow", "Action": "sns:Publish", "Resource": _TOPIC}


def _rule(finds: str, pattern: Json) -> Json:
    """Return the rule on the default event bus, where AWS's own events arrive, and its leave to call the function."""
    return {
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": f"Calls that may make {finds}",
                "EventPattern": pattern,
                "Targets": [{"Id": "Function", "Arn": _arn("Function")}],
            },
        },
        "RulePermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": _ref("Function"),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": _arn("Rule"),
                "SourceAccount": _ref("AWS::AccountId"),
            },
        },
    }
