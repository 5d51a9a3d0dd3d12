"""What the tests of detective controls share: events as AWS documents them, clients that write down, and stacks."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.session import get_session
from moto.events.models import EventPattern

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.detective.controls import NamedControl, template
from rolemgr.detective.values import ControlValues, TrustedBy
from rolemgr.files.source import SourceFile
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec

CATALOG = Catalog()
NAMES = sorted(CATALOG.found("detective_controls"))
SAGEMAKER = get_session().get_service_model("sagemaker")
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = "arn:aws:kms:eu-west-1:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::111122223333:role/sagemaker-compute"
OMITTED = {"omitted": True, "originalSize": 130_000, "reason": "field size exceeds the limit"}
GIVEN = {
    "approved-images": ["images:arn:aws:sagemaker:eu-west-1:111122223333:image/ok"],
    "approved-models": ["arn:aws:sagemaker:eu-west-1:111122223333:model/ok-*"],
    "bedrock-guardrail": ["arn:aws:bedrock:eu-west-1:111122223333:guardrail/abcdef123456:3"],
    "bedrock-regions": ["eu-west-1"],
    "caller-network": ["203.0.113.0/24", "vpc-0a1b2c3d4e5f60718", "vpce-0a1b2c3d4e5f60718"],
    "cluster-instance-types": ["ml.p4d.24xlarge"],
    "file-systems": ["file_systems:fs-0123456789abcdef0"],
    "instance-types": ["ml.m5.*", "ml.g4dn.xlarge"],
    "keep-alive": ["1h"],
    "lifecycle-configs": ["arn:aws:sagemaker:eu-west-1:111122223333:studio-lifecycle-config/ok"],
    "max-runtime": ["24h"],
    "named-instance-types": ["ml.m5.*", "ml.g4dn.xlarge"],
    "notebook-instance-types": ["ml.t3.medium"],
    "notebook-lifecycle-configs": ["arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance-lifecycle-config/ok"],
    "search-visibility": ["tag:Project", "values:churn"],
    "serverless-limits": ["concurrency:5", "memory:2048"],
    "studio-instance-types": ["ml.t3.medium", "system"],
}
"""Values of guardrails that take some, and take them from no short form."""
SHORT = {
    "subnet": ["subnet-0a1b2c3d"], "security_group": ["sg-0a1b2c3d"], "volume_key": [KEY], "data_key": [KEY],
}  # fmt: skip


@cache
def chosen(*names: str) -> tuple[ChosenGuardrail, ...]:
    """Return the guardrails *names*, all where there are none, with values that a user might give."""
    wanted = names or tuple(CATALOG.found("guardrails"))
    picked = {name: GIVEN.get(name) for name in wanted}
    used = {one.from_ for name in wanted for one in CATALOG.guardrail(name).value.parameters.values() if one.from_}
    short = {key: SHORT[key] for key in sorted(filter(None, used))}
    data = {"persona": "none", "region": "eu-west-1", "guardrail": picked, **short}
    return chosen_guardrails(CATALOG, None, parse_model(SourceFile("test", data, {}), RoleSpec))


def values(*guardrails: str, **more: Any) -> ControlValues:
    """Return what somebody chose: *guardrails*, and what any control asks for, but for *more*."""
    given: dict[str, Any] = {
        "tag_keys": ("Project", "Cost Center"),
        "guardrails": chosen(*guardrails) if guardrails else (),
        "passed_roles": (ROLE, "arn:aws:iam::111122223333:role/ml/*", "arn:aws:iam::111122223333:role/*-jobs"),
        "trusts": (TrustedBy(ROLE, ("444455556666",), ("arn:aws:iam::111122223333:saml-provider/corp",)),),
        "buckets": ("acme-churn",),
        "unused": ("arn:aws:iam::111122223333:role/break-glass",),
    }
    return ControlValues(**{**given, **more})


def made(*names: str, given: ControlValues | None = None) -> dict[str, Any]:
    """Return the template of the controls *names*."""
    wanted = [NamedControl(name, CATALOG.detective_control(name)) for name in names]
    return template(CATALOG, wanted, given or values("vpc", "instance-types"))


def of_type(stack: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of the resources of a type in *stack*, by logical id."""
    return {name: one["Properties"] for name, one in stack["Resources"].items() if one["Type"] == kind}


def event(call: str, request: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Return the event that EventBridge hands on for the SageMaker *call*, as AWS documents its shape."""
    detail = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:ana",
            "arn": "arn:aws:sts::111122223333:assumed-role/data-scientist/ana",
            "accountId": "111122223333",
        },
        "eventTime": "2026-03-02T09:30:00Z",
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": call,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "requestParameters": request,
        "responseElements": {"someArn": "arn:aws:sagemaker:eu-west-1:111122223333:some/thing"},
        "requestID": "11111111-1111-1111-1111-111111111111",
        "eventID": "22222222-2222-2222-2222-222222222222",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
    }
    return {
        "version": "0",
        "id": "33333333-3333-3333-3333-333333333333",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.sagemaker",
        "account": "111122223333",
        "time": "2026-03-02T09:30:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail | more,
    }


class Recorder:
    """An AWS client of any service that writes down what is asked of it, and fails where that is wanted."""

    def __init__(self, fails: bool = False, answers: Mapping[str, Any] | None = None) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._fails, self._answers = fails, answers or {}

    def __call__(self, service: str) -> Any:
        """Return the client of *service*."""
        return _Service(self._ask, service)

    def _ask(self, operation: str, parameters: dict[str, Any]) -> Any:
        self.asked.append((operation, parameters))
        if self._fails and not operation.startswith("sns"):
            raise RuntimeError("access denied")
        return self._answers.get(operation)

    @property
    def published(self) -> list[str]:
        """The messages published so far."""
        return [parameters["Message"] for operation, parameters in self.asked if operation == "sns.publish"]


class _Service:
    def __init__(self, ask: Callable[[str, dict[str, Any]], Any], service: str) -> None:
        self._ask, self._service = ask, service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **parameters: self._ask(f"{self._service}.{operation}", parameters)


class Watch:
    """The rule and the function of a control as its template has them: the code is run as Lambda runs it."""

    def __init__(self, stack: Mapping[str, Any], ids: str, code: Callable[[str], str] = lambda text: text) -> None:
        self.pattern = stack["Resources"][f"{ids}Rule"]["Properties"]["EventPattern"]
        properties = stack["Resources"][f"{ids}Function"]["Properties"]
        settings = properties["Environment"]["Variables"]
        self.environ = {name: one if isinstance(one, str) else "arn:topic" for name, one in settings.items()}
        source = code(properties["Code"]["ZipFile"]).replace("import boto3\n", "")
        self.module: dict[str, Any] = {}
        exec(compile(source, "index.py", "exec"), self.module)  # noqa: S102 - as Lambda does

    def passes(self, happened: Any) -> bool:
        """Tell whether the rule passes on what *happened*, as moto's EventBridge judges."""
        return bool(EventPattern.load(json.dumps(self.pattern)).matches_event(happened))

    def says(self, happened: dict[str, Any], client: Recorder | None = None) -> str | None:
        """Return what is published of what *happened*: the rule's word first, then the function's."""
        if not self.passes(happened):
            return None
        recorder = client or Recorder()
        if "tell" in self.module:
            found: str | None = self.module["tell"](happened, self.environ, recorder)
        else:
            found = self.module["handle"](happened, self.module["find"], self.environ, recorder)
        assert [message.splitlines()[0] for message in recorder.published] == ([found] if found else [])
        return found


@cache
def watch(control: str, *guardrails: str, stop: bool = False) -> Watch:
    """Return the rule and the function of *control* for *guardrails*."""
    given = values(*(guardrails or ("vpc", "instance-types")), stop=stop)
    ids = "".join(word.capitalize() for word in control.split("-"))
    return Watch(made(control, given=given), ids)


def small(path: str) -> list[str]:
    """Return *path*, spelled as in the API, as CloudTrail spells it."""
    return [name[:1].lower() + name[1:] for name in path.split(".") if name]


def shaped(operation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a request of *operation* with *settings* by path, as CloudTrail shows it.

    Objects and lists are made as botocore's model has them: a path that is not the API's raises KeyError.
    """
    request: dict[str, Any] = {}
    for path, value in settings.items():
        _put(request, SAGEMAKER.operation_model(operation).input_shape, path.split("."), value)
    return request


def _put(at: dict[str, Any], shape: Any, path: list[str], value: Any) -> None:
    name, member = path[0], shape.members[path[0]]
    key, lists = name[:1].lower() + name[1:], 0
    while member.type_name == "list":
        member, lists = member.member, lists + 1
    if len(path) == 1:
        many = lists and not isinstance(value, list)
        at[key] = [value] if many else value
        return
    assert member.type_name == "structure", path
    held = at.setdefault(key, [{}] if lists else {})
    _put(held[0] if lists else held, member, path[1:], value)
