"""
The calls that a control takes from EventBridge: the event pattern, and the tables of its function.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rolemgr.detective.limits import limit_tables
from rolemgr.detective.values import ControlValues
from rolemgr.model.detective_control import CallsOf, EventWatch, StopCall
from rolemgr.reference import quirks
from rolemgr.reference.services import action_names, find_action

Json = dict[str, Any]

PATTERN_QUOTA = 2048
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""

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


def event_pattern(watch: EventWatch, calls: Iterable[str]) -> Json:
    """
    Return the event pattern of *watch* for *calls*; no failed call matches, for it made nothing.

    A pattern that the quota does not hold names the verbs of its calls: the function then looks at their names.
    """
    names = sorted(calls)
    found = _pattern(watch, [*names])
    if len(_text(found)) <= PATTERN_QUOTA:
        return found
    return _pattern(watch, [{"prefix": verb} for verb in sorted({_verb(name) for name in names})])


def _text(value: Any) -> str:
    import json

    return json.dumps(value)


def _verb(name: str) -> str:
    """Return the first word of the name of a call."""
    return name[:1] + "".join(_until_capital(name[1:]))


def _until_capital(text: str) -> Iterable[str]:
    for letter in text:
        if letter.isupper():
            return
        yield letter


def _pattern(watch: EventWatch, names: list[Any]) -> Json:
    called = "AWS API Call via CloudTrail" in watch.detail_types
    detail: Json = {}
    if called:
        if watch.sources == ("aws.sagemaker",):
            detail["eventSource"] = [{"prefix": "sagemaker.amazonaws.com"}]
        detail["errorCode"] = [{"exists": False}]
    if names and "$or" not in watch.detail:
        detail["eventName"] = names
    wanted = {**detail, **watch.detail}
    # EventBridge refuses an empty object: "Empty objects are not allowed".
    return {"source": list(watch.sources), "detail-type": list(watch.detail_types)} | (
        {"detail": wanted} if wanted else {}
    )


def calls_of(watch: EventWatch, tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the calls that *watch* takes, as CloudTrail spells them, by its function's *tables*."""
    if watch.calls_of is CallsOf.TAGGABLE:
        return tuple(taggable_calls())
    if watch.calls_of is CallsOf.ROLES:
        return tuple(sorted(tables["PATHS"]))
    if watch.calls_of is CallsOf.GUARDRAILS:
        denied = {call for deny in tables["DENIES"] for call in deny[2]}
        return tuple(sorted({*denied, *tables["PLACES"], *tables["UNSEEN"]}))
    return watch.calls


def function_tables(watch: EventWatch, values: ControlValues, guardrails: Any) -> dict[str, Any]:
    """Return the tables of the function of *watch*, by name: what it judges by, for *values* and *guardrails*."""
    tables: dict[str, Any] = {}
    if watch.calls_of is CallsOf.ROLES:
        tables["PATHS"] = {call: tuple(map(trail_path, paths)) for call, paths in quirks.role_parameters().items()}
        tables["ROLES"] = values.passed_roles
    if watch.calls_of is CallsOf.GUARDRAILS:
        tables |= limit_tables(guardrails)
    if watch.stops and values.stop:
        tables["STOPS"] = {call: _stop(one) for call, one in watch.stops.items()}
    return tables


def _stop(one: StopCall) -> tuple[str, str, str]:
    method = _snake(one.action.partition(":")[2])
    return (one.name, method, one.name[:1].upper() + one.name[1:])


_WORDS = {"AutoML": "AutoMl"}
"""Where the AWS SDK for Python takes several capitals for one word (botocore's `xform_name`)."""


def _snake(name: str) -> str:
    for word, ours in _WORDS.items():
        name = name.replace(word, ours)
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def trail_path(path: str) -> str:
    """Return *path*, which is spelled as in the API, as CloudTrail spells it: each name begins small."""
    return ".".join(name[:1].lower() + name[1:] for name in path.split("."))
