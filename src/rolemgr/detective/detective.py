"""
Detective controls: CloudFormation templates that find what IAM can't prevent, and say so on a topic.

IAM has no condition key for managed spot training, and a tag that a role must set says nothing of the calls
of other roles. CloudTrail tells EventBridge of each call; where an event pattern can't decide, a Lambda function does.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from rolemgr.detective.stack import Json, stack
from rolemgr.errors import UnknownNameError
from rolemgr.reference.services import action_names, find_action

DOCS = "https://docs.aws.amazon.com"
_FUNCTIONS = Path(__file__).with_name("functions")
_ENTRY = """\
import os

import boto3


def handler(event, _context):
    return handle(event, find, os.environ, boto3.client)
"""
_ANY_OF_ARRAY = (
    "An event pattern matches an array where any element matches, so it can't say that no element does, or that "
    "one lacks a field: the function decides."
)


class Control(NamedTuple):
    """A control: what it finds, why a function must decide, its limits, the pages that this rests on."""

    finds: str
    why: str
    limits: tuple[str, ...]
    sources: tuple[str, ...]


CONTROLS: Mapping[str, Control] = {
    "on-demand-jobs": Control(
        "SageMaker training and tuning jobs that run on demand instead of on managed spot training",
        f"A tuning job may have several definitions, some with spot and some without. {_ANY_OF_ARRAY}",
        (
            "Processing and transform jobs, endpoints, notebooks and apps: SageMaker has no spot mode for them",
            "HyperPod clusters, whose instance groups have a spot setting of their own",
            "Jobs on a training plan and serverless jobs are no findings: they run on no on-demand instances",
            "Training jobs that AutoML starts are findings where CloudTrail tells of them, and are stopped where "
            "stopping was asked for: AutoML has no spot setting",
        ),
        (
            f"{DOCS}/sagemaker/latest/dg/model-managed-spot-training.html",
            f"{DOCS}/sagemaker/latest/APIReference/API_HyperParameterTrainingJobDefinition.html",
        ),
    ),
    "untagged-resources": Control(
        "SageMaker resources that are made without the tags that everything must have",
        f"Tags come as an array of keys and values. {_ANY_OF_ARRAY}",
        (
            "CreateApp: an app takes the tags of its domain and user profile, which its request does not show",
            "Tags that are taken away later; tags that are added later come too late",
        ),
        (f"{DOCS}/sagemaker/latest/APIReference/API_Tag.html",),
    ),
}
"""The controls by name."""

_SOURCES = (
    f"{DOCS}/eventbridge/latest/userguide/eb-service-event-cloudtrail.html",
    f"{DOCS}/eventbridge/latest/userguide/eb-event-patterns-arrays.html",
    f"{DOCS}/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
)
_LIMITS = (
    "One region and account: deploy it in each, as a stack set",
    "CloudTrail needs a trail that logs management events; it delivers within minutes, and on best effort",
)

NOT_JUDGED = frozenset(
    {
        "sagemaker:CreateApp",
        "sagemaker:CreateEdgeDeploymentStage",
        "sagemaker:CreateReservedCapacity",
    }
)
"""
Create actions with ``aws:RequestTag`` whose request does not tell how the resource is tagged.

An app is tagged as its domain and user profile are (API_CreateDomain, Tags); the API's CreateEdgeDeploymentStage
has no Tags; CreateReservedCapacity can't be called: a training plan makes it.
"""


def taggable_calls() -> list[str]:
    """Return the names of SageMaker's Create calls that take tags, sorted, as CloudTrail spells them."""
    names = [name for name in action_names("sagemaker").values() if name.startswith("sagemaker:Create")]
    return sorted(name.partition(":")[2] for name in names if _takes_tags(name) and name not in NOT_JUDGED)


def _takes_tags(name: str) -> bool:
    action = find_action(name)
    return action is not None and "aws:requesttag/" in action.condition_keys


def template(name: str, *, tag_keys: Iterable[str] = (), stop: bool = False) -> Json:
    """
    Return the CloudFormation template of the control *name*, as plain data that has no short tags.

    *tag_keys* are what `untagged-resources` asks of each resource; with *stop*, `on-demand-jobs` stops what
    it finds. Raises UnknownNameError for a name that is not one of `CONTROLS`.
    """
    if name not in CONTROLS:
        raise UnknownNameError(None, "detective control", name, CONTROLS, otherwise=f"there are {', '.join(CONTROLS)}")
    control = CONTROLS[name]
    metadata = {
        "WhyAFunction": control.why,
        "Limits": [*control.limits, *_LIMITS],
        "Sources": [*control.sources, *_SOURCES],
    }
    on_demand = name == "on-demand-jobs"
    return stack(
        name,
        control.finds,
        metadata,
        pattern=on_demand_pattern() if on_demand else untagged_pattern(),
        code=function_code(name),
        settings=({"STOP": "true"} if stop else {}) if on_demand else {"TAG_KEYS": ",".join(tag_keys)},
        statements=_stop_statements() if on_demand and stop else (),
    )


def on_demand_pattern() -> Json:
    """
    Return the event pattern of jobs that may run on demand.

    It passes each tuning job with several definitions on, for that can't be decided here; a field that was
    not in the request is absent or false in CloudTrail, depending on whether the service fills it in.
    """
    no_spot = {"enableManagedSpotTraining": [False, {"exists": False}]}
    training = {"eventName": ["CreateTrainingJob"], "requestParameters": no_spot}
    tuning = {
        "eventName": ["CreateHyperParameterTuningJob"],
        "requestParameters": {"trainingJobDefinition": no_spot},
    }
    return _pattern({"$or": [training, tuning]})


def untagged_pattern() -> Json:
    """Return the event pattern of calls that make something that can be tagged."""
    return _pattern({"eventName": taggable_calls()})


def _pattern(detail: Json) -> Json:
    """Return the event pattern of SageMaker calls like *detail* that did not fail: a failed one made nothing."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": [{"prefix": "sagemaker.amazonaws.com"}],
            "errorCode": [{"exists": False}],
            **detail,
        },
    }


def function_code(name: str) -> str:
    """Return the source of the Lambda function of the control *name*, as one module."""
    files = ("publish.py", f"{name.replace('-', '_')}.py")
    return "\n\n".join([*((_FUNCTIONS / file).read_text("utf-8") for file in files), _ENTRY])


def _stop_statements() -> list[Json]:
    """Return the statements that let the function stop jobs of either kind, and nothing else."""
    kinds = {"sagemaker:StopTrainingJob": "training-job", "sagemaker:StopHyperParameterTuningJob": _TUNING_JOB}
    return [
        {"Effect": "Allow", "Action": action, "Resource": {"Fn::Sub": f"{_SAGEMAKER}:{kind}/*"}}
        for action, kind in kinds.items()
    ]


_TUNING_JOB = "hyper-parameter-tuning-job"
_SAGEMAKER = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"
