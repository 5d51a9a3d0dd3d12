"""
The requests that a call of AWS makes: IAM actions on resources, with condition keys, as far as its arguments tell.

Who runs the code makes the calls; the role that is passed needs what the job does: it reads and writes in S3, pulls an
image, writes logs. Which parameter means what is in ``data/parameters.json``, what jobs need in ``data/jobs.json``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice, product
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.code.operations import actions_of
from rolemgr.code.reading import CodeCall
from rolemgr.code.values import PlainValue, TextValue, Value, parts_of
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import Variable, replaced, variables_in
from rolemgr.reference.dependents import dependents
from rolemgr.reference.services import Action, find_action, resource_types
from rolemgr.reference.support import known_key

_DATA: Final = Path(__file__).parent / "data"
_DEFAULT_BUCKET: Final = "sagemaker-*-*"
_MOST_ARNS: Final = 50
_S3: Final = "s3://"
_PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - an action
_TAGS: Final = ("tags", "Tags")


class CodePlace(NamedTuple):
    """Where the code is to run: the *partition*, *region* and *account*."""

    region: str
    account: str
    partition: str = "aws"

    @property
    def default_bucket(self) -> str:
        """SageMaker's default bucket there."""
        return f"sagemaker-{self.region}-{self.account}"


class CodeRequest(NamedTuple):
    """
    A request that *call* leads to: *action* on *resource*, a pattern.

    *keys* are condition keys of SageMaker that the arguments set, None where a value is not known. *by* is ``caller``,
    ``job`` or ``pipeline``, *role* the ARN that is passed where that is not the caller.
    """

    call: CodeCall
    action: str
    resource: str
    by: str
    role: str | None = None
    keys: Mapping[str, tuple[str, ...] | None] = {}
    passed_to: tuple[str, ...] = ()
    tells: str = ""
    """The parameter of activity groups of which the resource is a value."""


@cache
def parameters() -> Mapping[str, Any]:
    """Return what ``data/parameters.json`` says."""
    found: Mapping[str, Any] = json.loads((_DATA / "parameters.json").read_bytes())
    return found


@cache
def jobs() -> Mapping[str, Any]:
    """Return what ``data/jobs.json`` says."""
    found: Mapping[str, Any] = json.loads((_DATA / "jobs.json").read_bytes())
    return found


class _Arguments:
    """The arguments of a call, each part of them by its name."""

    def __init__(self, call: CodeCall, place: CodePlace) -> None:
        self.parts: dict[str, list[Value]] = {}
        self._place, self._is_open = place, call.open
        self.is_of_the_sdk = not call.guessed and not any(
            call.name.startswith(f"{one.rpartition('.')[0]}.") for one in call.operations
        )
        for name, value in parts_of(call.arguments):
            self.parts.setdefault(name, []).append(value)

    def texts(self, names: Iterable[str]) -> list[str]:
        """Return what the first of *names* that is there may be; a gap for what is not known."""
        for name in names:
            if found := [one for one in self.parts.get(name, ()) if one != PlainValue(None)]:
                return [self._text(one) for one in found]
        return []

    def _text(self, value: Value) -> str:
        text = value.pattern if isinstance(value, TextValue) else "*"
        return text.replace(_DEFAULT_BUCKET, self._place.default_bucket)

    def has(self, names: Iterable[str]) -> bool:
        """Tell whether one of *names* is given, and not as None."""
        return any(one != PlainValue(None) for name in names for one in self.parts.get(name, ()))

    def key(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the values of a condition key that *names* set; None where one of them is not known."""
        found = [one for name in names for one in self.parts.get(name, ()) if one != PlainValue(None)]
        if not found and self._is_open:
            return None
        texts = [_exact(one) for one in found]
        return None if None in texts else tuple(dict.fromkeys(one for one in texts if one is not None))

    def locations(self) -> Iterator[tuple[str, str, str]]:
        """Yield the S3 locations, each with the name of its parameter, as a bucket and the beginning of keys."""
        for name, values in self.parts.items():
            for one in values:
                if isinstance(one, TextValue) and one.pattern.startswith(_S3):
                    bucket, _, key = self._text(one).removeprefix(_S3).partition("/")
                    yield name, bucket or "*", key


def _exact(value: Value) -> str | None:
    if isinstance(value, TextValue):
        return value.pattern if value.exact else None
    if isinstance(value, PlainValue):
        return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
    return None


def requests_of(call: CodeCall, place: CodePlace) -> Iterator[CodeRequest]:
    """Yield the requests of *call*: those of who makes it, and those of the role that it passes."""
    given = _Arguments(call, place)
    for operation in call.operations:
        for name in actions_of(operation):
            action = find_action(name)
            for resource in _resources(action, given, place) if action else ("*",):
                yield CodeRequest(call, name, resource, call.by, _role_of(call, given, place), _keys(action, given))
            yield from _dependents(call, name, given, place)
        yield from _as_caller(call, operation, given, place)
        if operation in jobs()["starts"]:
            yield from _of_job(call, given, place)


def _role_of(call: CodeCall, given: _Arguments, place: CodePlace) -> str | None:
    return None if call.by == "caller" else next(iter(_roles(given, place)), None)


def _roles(given: _Arguments, place: CodePlace) -> list[str]:
    """Return the ARNs of the roles that are passed; ``*`` for one that is not known."""
    return [_role_arn(one, place) for one in given.texts(parameters()["roles"])]


def _role_arn(text: str, place: CodePlace) -> str:
    if text.startswith("arn:") or text == "*":
        return text
    return f"arn:{place.partition}:iam::{place.account}:role/{text}"


def _dependents(call: CodeCall, action: str, given: _Arguments, place: CodePlace) -> Iterator[CodeRequest]:
    """Yield what the caller needs beside *action*: to pass the role, to tag what it makes."""
    passed: dict[str, dict[str, None]] = {}
    for one in dependents(action):
        if one.action == _PASS_ROLE and one.passed_to:
            field = one.when.removesuffix(" is given").rpartition(".")[2]
            is_passed = one.when == "always" or given.has([field])
            roles = (_roles(given, place) or ["*"]) if is_passed else []
            for role in roles:
                passed.setdefault(role, {})[one.passed_to] = None
        elif one.when == "tags" and given.has(_TAGS):
            mine = find_action(action)
            for resource in _resources(mine, given, place) if mine else ():
                yield CodeRequest(call, one.action, resource, call.by, _role_of(call, given, place))
    for role, services in passed.items():
        yield CodeRequest(call, _PASS_ROLE, role, call.by, _role_of(call, given, place), {}, tuple(services))


def _resources(action: Action, given: _Arguments, place: CodePlace) -> tuple[str, ...]:
    """Return the resources of a request for *action*: of each type that it must name, else that the arguments name."""
    types = resource_types(action.service)
    wanted = [one.name for one in action.resource_types if one.required] or [one.name for one in action.resource_types]
    found: dict[str, None] = {}
    usual = parameters()["types"].get(action.service, ())
    wanted = [name for name in wanted if name in usual] or wanted
    for name in wanted:
        arn = types[name].arn_format if name in types else None
        found |= dict.fromkeys(_filled(arn, given, place)) if arn else {}
    named = [one for one in found if not one.endswith("/*") or action.required_types]
    return tuple(named or list(found)[:1]) or ("*",)


def _filled(arn: Arn, given: _Arguments, place: CodePlace) -> Iterator[str]:
    """Yield the ARNs of the format *arn* that the arguments name."""
    head = f"arn:{place.partition}:{arn.service}:{'' if not arn.region else place.region}:"
    head += "" if not arn.account else place.account
    names = list(dict.fromkeys(one.spelling for one in variables_in(arn.resource)))
    for values in islice(product(*(dict.fromkeys(_named(one, given, place)) for one in names)), _MOST_ARNS):
        yield f"{head}:{replaced(arn.resource, partial(_value_in, dict(zip(names, values, strict=True))))}"


def _value_in(values: Mapping[str, str], variable: Variable) -> str:
    return values[variable.spelling]


def _named(variable: str, given: _Arguments, place: CodePlace) -> list[str]:
    """Return what the variable of an ARN format is: what the arguments say, or anything."""
    table = parameters()
    if found := given.texts(table["names"].get(variable, [variable])):
        return [one.rpartition("/")[2] if one.startswith("arn:") else one for one in found]
    if found := given.texts(table["beginnings"].get(variable, ())):
        return [f"{one.rstrip('*')}*" for one in found]
    if given.is_of_the_sdk and (found := table["of_the_sdk"].get(variable, [])):
        return list(found)
    if variable in ("BucketName", "ObjectName"):
        listed = [bucket if variable == "BucketName" else f"{key.rstrip('*')}*" for _, bucket, key in given.locations()]
        return listed[:1] or [place.default_bucket if variable == "BucketName" else "*"]
    return ["*"]


def _keys(action: Action | None, given: _Arguments) -> dict[str, tuple[str, ...] | None]:
    """Return the condition keys of SageMaker that a request for *action* has; one that is not set has no value."""
    if action is None or action.service != "sagemaker":
        return {}
    known = parameters()["keys"]
    return {key: given.key(names) for key, names in known.items() if known_key(action, key)}


def _of_job(call: CodeCall, given: _Arguments, place: CodePlace) -> Iterator[CodeRequest]:
    """Yield what the role that is passed needs for the job."""
    role, need, table = next(iter(_roles(given, place)), None), jobs(), parameters()
    pairs: dict[tuple[str, str], None] = dict.fromkeys(_always(place))
    for name, bucket, key in given.locations():
        if name in table["never_by_job"]:
            continue
        is_written = name in table["writes"]
        ways = [
            one for one, is_it in (("writes", is_written), ("reads", not is_written or name in table["both"])) if is_it
        ]
        for way in ways:
            pairs |= dict.fromkeys(_in_s3(need[way], f"{bucket}/{key.rstrip('*')}*", place))
    for image in (
        given.parts.get("image_uri", []) + given.parts.get("ImageUri", []) + given.parts.get("TrainingImage", [])
    ):
        pairs |= dict.fromkeys(_of_image(image, need["image"], place))
    if given.has(table["keys"]["sagemaker:VpcSubnets"]):
        pairs |= dict.fromkeys((action, "*") for action in need["vpc"])
    for key, actions in need["keys"].items():
        keys = given.texts(table["keys"][key])
        pairs |= dict.fromkeys((action, one if one.startswith("arn:") else "*") for action in actions for one in keys)
    yield from (CodeRequest(call, action, resource, "job", role) for action, resource in pairs)


def _always(place: CodePlace) -> Iterator[tuple[str, str]]:
    for action, resource in jobs()["always"].items():
        service = action.partition(":")[0]
        arn = f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"
        yield action, resource if resource == "*" else arn


def _as_caller(call: CodeCall, operation: str, given: _Arguments, place: CodePlace) -> Iterator[CodeRequest]:
    """Yield what who calls *operation* needs at the locations to which AWS writes with the caller's rights."""
    need = jobs()["as_caller"].get(operation)
    for name, bucket, key in given.locations() if need else ():
        if name in need["locations"]:
            folder = f"{bucket}/{key.rstrip('*').rstrip('/')}".rstrip("/")
            for action, resource in _in_s3(need, f"{folder}/*", place):
                tells = need["parameter"] if action in need["object"] else ""
                role = _role_of(call, given, place)
                yield CodeRequest(call, action, resource, call.by, role, tells=tells)


def _in_s3(actions: Mapping[str, Sequence[str]], objects: str, place: CodePlace) -> Iterator[tuple[str, str]]:
    """Yield what *actions* need for *objects*, a pattern ``BUCKET/KEY``, and for their bucket."""
    beginning = f"arn:{place.partition}:s3:::"
    yield from ((action, f"{beginning}{objects.partition('/')[0]}") for action in actions["bucket"])
    yield from ((action, f"{beginning}{objects}") for action in actions["object"])


def _of_image(value: Value, actions: Mapping[str, Sequence[str]], place: CodePlace) -> Iterator[tuple[str, str]]:
    """Yield what pulls the image *value*; one that is not in Amazon ECR is pulled without IAM."""
    text = value.pattern if isinstance(value, TextValue) else ""
    host, _, name = text.partition("/")
    parts = host.split(".")
    if len(parts) < 5 or parts[1:3] != ["dkr", "ecr"]:
        return
    repository = name.partition("@")[0].partition(":")[0]
    arn = f"arn:{place.partition}:ecr:{parts[3]}:{parts[0]}:repository/{repository or '*'}"
    yield from ((action, arn) for action in actions["repository"])
    yield from ((action, "*") for action in actions["any"])
