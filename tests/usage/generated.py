"""
Calls of SageMaker made from botocore's shapes, of which the whole context is known, and the events that record them.

A call is made backwards: the values of condition keys, names and tags are drawn first, and then put into parameters where
botocore's model has them. What CloudTrail has no place for (tags of the resource, the organization) is drawn as well, and
is in no event.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from tests.events.support import ACCOUNT, ROLE, event

from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.dependents import dependents
from rolemgr.reference.services import find_action, resource_types

REGION = "eu-west-1"
HIDDEN = ("aws:ResourceTag/Project", "aws:PrincipalOrgID", "aws:PrincipalTag/Team", "aws:MultiFactorAuthPresent")
"""Keys that a request has, and no event."""
_NAMES = ("churn-1", "churn-2", "fraud-1", "x")
_KEYS = tuple(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{one}" for one in ("1111", "2222"))


@dataclass(frozen=True)
class MadeCall:
    """A call: its event, and the requests that AWS judged with all that it knew."""

    event: dict[str, Any]
    requests: tuple[Request, ...]
    hidden: frozenset[str]
    """The keys, in lower case, that the event does not tell."""


@cache
def model() -> Any:
    """Return botocore's model of SageMaker."""
    return botocore.session.get_session().get_service_model("sagemaker")


@cache
def operations() -> tuple[str, ...]:
    """Return the operations whose resources are named by their parameters."""
    return tuple(one for one in model().operation_names if _named(one) is not None)


@cache
def _named(operation: str) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Return the resource types of *operation* with the members that name them; None where one is not named."""
    action, shape = find_action(f"sagemaker:{operation}"), model().operation_model(operation).input_shape
    if action is None or shape is None or not action.required_types or action.alternatives:
        return None
    found = []
    for kind in sorted(action.required_types):
        arn = str(resource_types("sagemaker")[kind].arn_format)
        variables = [one for one in re.findall(r"\$\{(\w+)\}", arn) if one not in ("Partition", "Region", "Account")]
        if not all(one in shape.members for one in variables):
            return None
        found.append((arn, tuple(variables)))
    return tuple(found)


def calls(seed: int, count: int) -> Iterator[MadeCall]:
    """Yield *count* calls, drawn by *seed*."""
    draw = random.Random(seed)  # noqa: S311 - a draw, no secret
    for _ in range(count):
        yield _made(draw, draw.choice(operations()))


def _made(draw: random.Random, operation: str) -> MadeCall:
    shape = model().operation_model(operation).input_shape
    parameters: dict[str, Any] = {}
    context: dict[str, list[str]] = {}
    named = _named(operation) or ()
    names = {one: draw.choice(_NAMES) for _, variables in named for one in variables}
    parameters |= names
    for key, where in quirks.event_parameters(operation).items():
        if draw.random() < 0.5 and (path := _free_path(where.paths, parameters)):
            value = _value(draw, key)
            if _put(parameters, shape, path.split("."), value):
                context[key] = [str(value).lower() if isinstance(value, bool) else str(value)]
    context = _with_old_names(f"sagemaker:{operation}", context)
    roles = _roles(draw, operation, parameters, shape)
    tags = _tags(draw, operation, parameters, shape)
    hidden = {key: [draw.choice(("churn", "fraud", "o-1", "true"))] for key in HIDDEN if draw.random() < 0.7}
    known = {"aws:RequestedRegion": [REGION], "aws:SourceIp": ["198.51.100.7"], "aws:PrincipalArn": [ROLE], **tags}
    requests = [
        Request.known(f"sagemaker:{operation}", _arn(arn, names), {**known, **context, **hidden}, ROLE, None)
        for arn, _ in named
    ]
    if tags and any(one.when == "tags" for one in dependents(f"sagemaker:{operation}")):
        tagging = {**known, **hidden, "sagemaker:TaggingAction": [operation]}
        requests.append(Request.known("sagemaker:AddTags", requests[0].resource, tagging, ROLE, None))
    for role in roles:
        passing = {"aws:RequestedRegion": [REGION], "aws:SourceIp": ["198.51.100.7"], "aws:PrincipalArn": [ROLE]}
        to = dependents(f"sagemaker:{operation}")
        passing["iam:PassedToService"] = [next(one.passed_to for one in to if one.passed_to)]
        requests.append(Request.known("iam:PassRole", role, {**passing, **hidden}, ROLE, None))
    return MadeCall(event(operation, _as_trail(parameters)), tuple(requests), _untold(operation))


def _untold(operation: str) -> frozenset[str]:
    """Return the keys that the tables say no event of *operation* tells, and those that none ever does."""
    action = find_action(f"sagemaker:{operation}")
    assert action
    keys = action.condition_keys.union(*(use.condition_keys for use in action.resource_types))
    shown = {one.lower() for one in quirks.event_parameters(operation)}
    shown |= {old for old, new in quirks.renamed_keys().items() if new in shown}
    own = {one for one in keys if one.startswith("sagemaker:") and one not in shown}
    return frozenset(own | {one.lower() for one in HIDDEN})


def _with_old_names(action: str, context: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return *context* with the deprecated name of each key that was renamed: AWS fills both."""
    old = quirks.old_key_names()
    more = {
        old[key]: values for key, values in context.items() if key in old and action not in quirks.never_had_old_names()
    }
    return {**context, **more}


def _free_path(paths: Sequence[str], parameters: dict[str, Any]) -> str | None:
    return next((one for one in paths if one.partition(".")[0] not in parameters), None)


def _value(draw: random.Random, key: str) -> Any:
    kind = getattr(find_key(key), "type", "String")
    if key.endswith("KmsKeyArn"):
        return draw.choice(_KEYS)
    if kind == "Bool":
        return draw.choice((True, False))
    if kind == "Numeric":
        return draw.choice((1, 3600, 86400))
    if key == "sagemaker:InstanceTypes":
        return draw.choice(("ml.m5.large", "ml.p4d.24xlarge", "ml.t3.medium"))
    return draw.choice(("one", "two", "Approved", "arn:aws:x:y:z:a"))


def _put(parameters: dict[str, Any], shape: Any, path: list[str], value: Any) -> bool:
    """Put *value* at *path* of *parameters*, with lists where *shape* has them; tell whether it fits there."""
    name, *rest = path
    inner = shape.members.get(name)
    if inner is None:
        return False
    is_list = inner.type_name == "list"
    inner = inner.member if is_list else inner
    if not rest:
        if inner.type_name in ("structure", "map") or (inner.type_name == "boolean") is not isinstance(value, bool):
            return False
        parameters[name] = [value] if is_list else value
        return True
    if inner.type_name != "structure":
        return False
    child: dict[str, Any] = {}
    if not _put(child, inner, rest, value):
        return False
    parameters[name] = [child] if is_list else child
    return True


def _roles(draw: random.Random, operation: str, parameters: dict[str, Any], shape: Any) -> list[str]:
    found = []
    for one in dependents(f"sagemaker:{operation}"):
        path = (one.field or "").replace("[]", "").split(".")
        if (
            one.action == "iam:PassRole"
            and path[0]
            and path[0] not in parameters
            and (one.when == "always" or draw.random() < 0.5)
        ):
            role = f"arn:aws:iam::{ACCOUNT}:role/{draw.choice(('compute', 'admin'))}"
            if _put(parameters, shape, path, role) and role not in found:
                found.append(role)
    return found


def _tags(draw: random.Random, operation: str, parameters: dict[str, Any], shape: Any) -> dict[str, list[str]]:
    if "Tags" not in shape.members or draw.random() < 0.4:
        return {}
    value = draw.choice(("churn", "fraud"))
    parameters["Tags"] = [{"Key": "Project", "Value": value}]
    return {"aws:RequestTag/Project": [value], "aws:TagKeys": ["Project"]}


def _arn(form: str, names: dict[str, str]) -> str:
    given = {"Partition": "aws", "Region": REGION, "Account": ACCOUNT, **names}
    return re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], form)


def _as_trail(data: Any) -> Any:
    """Return parameters as CloudTrail spells them: each name begins small."""
    if isinstance(data, dict):
        return {key[:1].lower() + key[1:]: _as_trail(value) for key, value in data.items()}
    return [_as_trail(one) for one in data] if isinstance(data, list) else data


def policy(seed: int) -> IdentityPolicy:
    """Return a policy about such calls, drawn by *seed*: Allows and Denies on names, parameters, tags and hidden keys."""
    draw = random.Random(seed)  # noqa: S311 - a draw, no secret
    allow = {"Effect": "Allow", "Action": ["sagemaker:*", "iam:PassRole"], "Resource": "*"}
    statements = [allow] if draw.random() < 0.7 else []
    statements += [_statement(draw, number) for number in range(draw.randint(2, 7))]
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})


def _statement(draw: random.Random, number: int) -> dict[str, Any]:
    verbs = draw.sample(("Create*", "Update*", "Delete*", "Describe*", "*Job", "*"), 2)
    resources = ["*", f"arn:aws:sagemaker:*:{ACCOUNT}:*/churn-*", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:*/${{aws:PrincipalTag/Team}}-1",
                 f"arn:aws:iam::{ACCOUNT}:role/compute"]  # fmt: skip
    found: dict[str, Any] = {
        "Sid": f"S{number}",
        "Effect": draw.choice(("Allow", "Deny")),
        "Action": [f"sagemaker:{one}" for one in verbs] + ["sagemaker:AddTags", "iam:PassRole"],
        "Resource": draw.sample(resources, draw.randint(1, 2)),
    }
    if draw.random() < 0.85:
        found["Condition"] = dict(_condition(draw) for _ in range(draw.randint(1, 2)))
    return found


def _condition(draw: random.Random) -> tuple[str, dict[str, Any]]:
    return draw.choice((
        ("ForAnyValue:StringLike", {"sagemaker:InstanceTypes": ["ml.p*", "ml.t*"]}),
        ("ForAllValues:StringNotLike", {"sagemaker:InstanceTypes": "ml.p*"}),
        ("Null", {"sagemaker:VpcSubnets": "true"}),
        ("BoolIfExists", {"sagemaker:NetworkIsolation": "false"}),
        ("NumericGreaterThan", {"sagemaker:MaxRuntimeInSeconds": "3600"}),
        ("ArnNotEquals", {"sagemaker:VolumeKmsKey": _KEYS[0]}),
        ("ArnNotLikeIfExists", {"sagemaker:OutputKmsKeyArn": _KEYS[1]}),
        ("StringEquals", {"aws:RequestTag/Project": "churn"}),
        ("ForAllValues:StringEquals", {"aws:TagKeys": ["Project"]}),
        ("StringNotEquals", {"aws:ResourceTag/Project": "churn"}),
        ("StringEqualsIfExists", {"aws:PrincipalOrgID": "o-1"}),
        ("StringEquals", {"aws:RequestedRegion": REGION}),
        ("NotIpAddress", {"aws:SourceIp": "198.51.100.0/24"}),
        ("StringNotEquals", {"iam:PassedToService": "sagemaker.amazonaws.com"}),
        ("StringEquals", {"sagemaker:TaggingAction": ["CreateModel", "CreateTrainingJob"]}),
        ("BoolIfExists", {"aws:MultiFactorAuthPresent": "false"}),
        ("StringLike", {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}),
        ("StringEquals", {"aws:RequestTag/Project": "${aws:PrincipalTag/Team}"}),
    ))  # fmt: skip
