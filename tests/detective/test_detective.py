"""Detective controls: the pattern, the function and the template find what they say, and nothing else."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import EventPattern
from moto.sns.models import sns_backends
from tests.support import PARTITION_REGIONS, faults

from rolemgr.detective import detective
from rolemgr.detective.functions import on_demand_jobs, untagged_resources
from rolemgr.detective.functions.publish import handle
from rolemgr.errors import UnknownNameError
from rolemgr.files.write import to_json, to_yaml
from rolemgr.files.yaml import read_yaml
from rolemgr.reference.services import find_action

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

SAGEMAKER = get_session().get_service_model("sagemaker")
FUNCTIONS = {"on-demand-jobs": on_demand_jobs.find, "untagged-resources": untagged_resources.find}
VARIANTS = {
    "on-demand-jobs": detective.template("on-demand-jobs"),
    "on-demand-jobs --stop": detective.template("on-demand-jobs", stop=True),
    "untagged-resources": detective.template("untagged-resources", tag_keys=["Project", "Cost Center"]),
}
OMITTED = {"omitted": True, "originalSize": 130_000, "reason": "field size exceeds the limit"}


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


def spot(value: bool | None, **more: Any) -> dict[str, Any]:
    """Return a part of a request with the spot setting *value*, which is absent for None."""
    instances = {"instanceType": "ml.m5.xlarge", "instanceCount": 1, "useReservedCapacity": False}
    setting = {} if value is None else {"enableManagedSpotTraining": value}
    return {"resourceConfig": instances, "enableNetworkIsolation": True} | setting | more


def training(value: bool | None, **more: Any) -> dict[str, Any]:
    """Return the event of a training job with the spot setting *value*."""
    return event("CreateTrainingJob", spot(value, trainingJobName="churn-1") | more)


def tuning(**definitions: Any) -> dict[str, Any]:
    """Return the event of a tuning job with *definitions* under their request parameters."""
    return event("CreateHyperParameterTuningJob", {"hyperParameterTuningJobName": "tune-1"} | definitions)


def several(*values: bool | None) -> dict[str, Any]:
    """Return the event of a tuning job with a definition for each spot setting of *values*: d0, d1 ..."""
    return tuning(trainingJobDefinitions=[spot(value, definitionName=f"d{n}") for n, value in enumerate(values)])


class Recorder:
    """An AWS client of any service that writes down what is asked of it, and fails where that is wanted."""

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._fails = fails

    def __call__(self, service: str) -> Any:
        """Return the client of *service*."""
        return _Service(self._ask, service)

    def _ask(self, operation: str, parameters: dict[str, Any]) -> None:
        self.asked.append((operation, parameters))
        if self._fails and not operation.startswith("sns"):
            raise RuntimeError("access denied")

    @property
    def published(self) -> list[str]:
        """The messages published so far."""
        return [parameters["Message"] for operation, parameters in self.asked if operation == "sns.publish"]


class _Service:
    def __init__(self, ask: Callable[[str, dict[str, Any]], None], service: str) -> None:
        self._ask, self._service = ask, service

    def __getattr__(self, operation: str) -> Callable[..., None]:
        return lambda **parameters: self._ask(f"{self._service}.{operation}", parameters)


ENVIRONMENT = {"TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:findings", "SUBJECT": "s", "TAG_KEYS": "Project"}


def pattern_matches(control: str, happened: Any) -> bool:
    """Tell whether the rule of *control* passes on what *happened*, as moto's EventBridge judges."""
    pattern = VARIANTS[control]["Resources"]["Rule"]["Properties"]["EventPattern"]
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(happened))


def finding(control: str, happened: dict[str, Any], **environment: str) -> str | None:
    """Return what *control* publishes of what *happened*: the rule's word first, then the function's."""
    if not pattern_matches(control, happened):
        return None
    recorder = Recorder()
    found = handle(happened, FUNCTIONS[control], ENVIRONMENT | environment, recorder)
    assert [message.splitlines()[0] for message in recorder.published] == ([found] if found else [])
    return found


@pytest.mark.parametrize(("value", "found"), [(True, False), (False, True), (None, True)])
def test_a_training_job_is_found_unless_spot_is_on(value: bool | None, found: bool) -> None:
    """A setting that is absent is off, and one that is on is not even passed on to the function."""
    assert bool(finding("on-demand-jobs", training(value))) is found
    assert pattern_matches("on-demand-jobs", training(value)) is found


@pytest.mark.parametrize(("value", "found"), [(True, False), (False, True), (None, True)])
def test_a_tuning_job_of_one_definition_is_found_unless_spot_is_on(value: bool | None, found: bool) -> None:
    """It is judged by its only definition, by the pattern alone."""
    happened = tuning(trainingJobDefinition=spot(value))
    assert bool(finding("on-demand-jobs", happened)) is found
    assert pattern_matches("on-demand-jobs", happened) is found


@pytest.mark.parametrize("values", [*product([True, False, None], repeat=3)])
def test_a_tuning_job_of_several_definitions_is_found_where_any_is_on_demand(values: tuple[bool | None, ...]) -> None:
    """All mixtures: the finding names just the definitions without spot, and there is none where all have it."""
    found = finding("on-demand-jobs", several(*values))
    wanted = ", ".join(f"d{number}" for number, value in enumerate(values) if value is not True)
    assert (found or "").endswith(f"(in {wanted})" if wanted else "")
    assert bool(found) is bool(wanted)


def test_a_pattern_can_not_tell_mixed_definitions_from_spot() -> None:
    """Why there is a function: the rule passes on the job that is all spot as it does the one that is not."""
    assert pattern_matches("on-demand-jobs", several(True, True))
    assert finding("on-demand-jobs", several(True, True)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"serverlessJobConfig": {"jobType": "FineTuning"}},
        {"resourceConfig": {"trainingPlanArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-plan/p"}},
    ],
)
def test_a_job_that_has_no_spot_mode_is_no_finding(more: dict[str, Any]) -> None:
    """What is prepaid or serverless runs on no on-demand instances."""
    assert finding("on-demand-jobs", training(False, **more)) is None


@pytest.mark.parametrize(
    "happened",
    [
        event("CreateProcessingJob", {"processingJobName": "p"}),
        event("DescribeTrainingJob", {"trainingJobName": "churn-1"}),
        event("CreateTrainingJob", spot(False, trainingJobName="churn-1"), errorCode="AccessDenied"),
        training(False) | {"source": "aws.glue"},
        training(False) | {"detail-type": "SageMaker Training Job State Change"},
    ],
    ids=["processing", "describe", "failed", "other service", "other event"],
)
def test_what_started_no_job_is_no_finding(happened: dict[str, Any]) -> None:
    """Other calls, calls that failed and events of other kinds do not get past the rule."""
    assert not pattern_matches("on-demand-jobs", happened)


@pytest.mark.parametrize("control", FUNCTIONS)
@pytest.mark.parametrize("request_parameters", [OMITTED, None], ids=["omitted", "null"])
def test_a_request_that_is_not_shown_is_a_finding(control: str, request_parameters: dict[str, Any] | None) -> None:
    """CloudTrail omits large requests; that is said, and no job is stopped for it."""
    happened = event("CreateTrainingJob", request_parameters)
    assert finding(control, happened, STOP="true") == "not judged: no request shown"


@pytest.mark.parametrize("control", FUNCTIONS)
def test_a_failed_call_is_no_finding_for_the_function_either(control: str) -> None:
    """The function does not rely on the rule for it."""
    recorder = Recorder()
    assert handle(event("CreateTrainingJob", {}, errorCode="X"), FUNCTIONS[control], ENVIRONMENT, recorder) is None
    assert recorder.asked == []


def test_a_message_says_who_did_what_where_and_when() -> None:
    """Whoever reads it need not look into CloudTrail."""
    recorder = Recorder()
    handle(training(False), on_demand_jobs.find, ENVIRONMENT, recorder)
    [(operation, parameters)] = recorder.asked
    assert operation == "sns.publish"
    assert parameters["TopicArn"] == ENVIRONMENT["TOPIC_ARN"]
    assert parameters["Message"].splitlines() == [
        "churn-1 runs on demand, without managed spot training",
        "call: CreateTrainingJob",
        "made: arn:aws:sagemaker:eu-west-1:111122223333:some/thing",
        "by: arn:aws:sts::111122223333:assumed-role/data-scientist/ana",
        "in: 111122223333, eu-west-1",
        "at: 2026-03-02T09:30:00Z, CloudTrail event 22222222-2222-2222-2222-222222222222",
    ]


@pytest.mark.parametrize(
    ("happened", "operation", "parameters"),
    [
        (training(None), "stop_training_job", {"TrainingJobName": "churn-1"}),
        (several(True, None), "stop_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "tune-1"}),
    ],
)
def test_stop_stops_the_job(happened: dict[str, Any], operation: str, parameters: dict[str, str]) -> None:
    """Each kind by its own call, which botocore takes as SageMaker defines it; then the finding says so."""
    sagemaker = get_session().create_client("sagemaker", region_name="eu-west-1")
    recorder = Recorder()
    with Stubber(sagemaker) as stub:
        stub.add_response(operation, {}, parameters)
        clients = {"sagemaker": sagemaker, "sns": recorder("sns")}
        found = handle(happened, on_demand_jobs.find, ENVIRONMENT | {"STOP": "true"}, clients.__getitem__)
        stub.assert_no_pending_responses()
    assert found is not None
    assert found.endswith("; it is being stopped")
    assert len(recorder.published) == 1


def test_nothing_is_stopped_unasked() -> None:
    """Without the setting the function only publishes."""
    recorder = Recorder()
    handle(training(False), on_demand_jobs.find, ENVIRONMENT, recorder)
    assert [operation for operation, _ in recorder.asked] == ["sns.publish"]


def test_a_job_that_can_not_be_stopped_is_still_a_finding() -> None:
    """The message says that it runs on, and why."""
    recorder = Recorder(fails=True)
    handle(training(False), on_demand_jobs.find, ENVIRONMENT | {"STOP": "true"}, recorder)
    assert recorder.published[0].splitlines()[0].endswith("; it could not be stopped: access denied")


def tags(**values: str) -> dict[str, Any]:
    """Return *values* as CloudTrail shows tags in a request."""
    return {"tags": [{"key": key, "value": value} for key, value in values.items()]}


@pytest.mark.parametrize(
    ("request_parameters", "found"),
    [
        (tags(Project="churn"), None),
        (tags(Owner="ana", Project=""), None),
        (tags(Owner="ana"), "made without the tag Project"),
        (tags(project="churn"), "made without the tag Project (but with project)"),
        ({"tags": []}, "made without the tag Project"),
        ({"tags": None}, "made without the tag Project"),
        ({}, "made without the tag Project"),
    ],
)
@pytest.mark.parametrize("call", ["CreateEndpoint", "CreateTrainingJob", "CreateModelPackage", "CreateSpace"])
def test_a_resource_is_found_unless_it_has_the_tag(
    call: str, request_parameters: dict[str, Any], found: str | None
) -> None:
    """Wherever the tag stands among others; another case is another key."""
    assert finding("untagged-resources", event(call, {"name": "x"} | request_parameters)) == found


def test_all_the_tags_are_asked_for() -> None:
    """Of several keys the finding names those that are missing."""
    happened = event("CreateModel", {"modelName": "m"} | tags(Project="churn"))
    assert finding("untagged-resources", happened, TAG_KEYS="Project,Owner,Cost Center") == (
        "made without the tag Owner, Cost Center"
    )


@pytest.mark.parametrize("call", ["CreateApp", "CreatePresignedDomainUrl", "AddTags", "UpdateEndpoint", "DeleteModel"])
def test_calls_that_make_nothing_to_tag_are_no_findings(call: str) -> None:
    """An app takes its tags from its domain and user profile; the others make nothing."""
    assert not pattern_matches("untagged-resources", event(call, {"x": "y"}))


def test_the_calls_are_those_that_take_tags_in_the_api() -> None:
    """Each is an operation with a list of Key and Value under Tags, and of those that the reference knows none but one lacks."""
    with_tags = {name for name in SAGEMAKER.operation_names if name.startswith("Create") and _takes_tags(name)}
    calls = set(detective.taggable_calls())
    assert calls <= with_tags
    assert {name for name in with_tags - calls if find_action(f"sagemaker:{name}")} == {"CreateApp"}


def _takes_tags(operation: str) -> bool:
    shape = SAGEMAKER.operation_model(operation).input_shape
    found = shape.members.get("Tags") if shape else None
    return found is not None and found.type_name == "list" and set(found.member.members) == {"Key", "Value"}


def test_the_fields_that_are_read_are_those_of_the_api() -> None:
    """CloudTrail writes the API's names with a small first letter; each name used here is one of the API's."""
    training_job = SAGEMAKER.operation_model("CreateTrainingJob").input_shape.members
    tuning_job = SAGEMAKER.operation_model("CreateHyperParameterTuningJob").input_shape.members
    assert {"TrainingJobName", "EnableManagedSpotTraining", "ServerlessJobConfig"} <= training_job.keys()
    assert "TrainingPlanArn" in training_job["ResourceConfig"].members
    assert {"HyperParameterTuningJobName", "TrainingJobDefinition", "TrainingJobDefinitions"} <= tuning_job.keys()
    assert tuning_job["TrainingJobDefinitions"].member.name == tuning_job["TrainingJobDefinition"].name
    assert {"DefinitionName", "EnableManagedSpotTraining"} <= tuning_job["TrainingJobDefinition"].members.keys()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start moto's AWS in this process, with a topic; return the topic's ARN."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        topic = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].create_topic("findings").arn
        monkeypatch.setenv("TOPIC_ARN", topic)
        yield topic


@pytest.mark.parametrize(
    ("variant", "happened"),
    [
        ("on-demand-jobs", several(True, False)),
        ("untagged-resources", event("CreateEndpoint", {"endpointName": "e"} | tags(Project="churn"))),
    ],
)
def test_the_code_in_the_template_runs(
    variant: str, happened: dict[str, Any], aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inlined module, alone and with the template's own settings, publishes on a topic that moto keeps."""
    properties = VARIANTS[variant]["Resources"]["Function"]["Properties"]
    for name, value in properties["Environment"]["Variables"].items():
        monkeypatch.setenv(name, value if isinstance(value, str) else aws)
    module: dict[str, Any] = {}
    exec(compile(properties["Code"]["ZipFile"], "index.py", "exec"), module)  # noqa: S102 - as Lambda does
    found = module[properties["Handler"].removeprefix("index.")](happened, None)
    sent = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].topics[aws].sent_notifications
    assert [message.splitlines()[0] for _, message, *_ in sent] == [found]
    assert found


@pytest.mark.parametrize("write", [to_yaml, to_json])
@pytest.mark.parametrize("variant", VARIANTS)
def test_templates_are_valid(variant: str, write: Callable[[Any], str]) -> None:
    """CloudFormation's own linter has no error and no warning, in a region of each partition."""
    config = ManualArgs(regions=list(PARTITION_REGIONS.values()), ignore_checks=["I"])
    assert [str(match) for match in lint(write(VARIANTS[variant]), config=config)] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_templates_keep_to_the_quotas(variant: str) -> None:
    """Pattern within EventBridge's default 2,048 characters, code and description within CloudFormation's."""
    made = VARIANTS[variant]
    resources = made["Resources"]
    assert len(json.dumps(resources["Rule"]["Properties"]["EventPattern"])) <= 2048
    assert len(resources["Function"]["Properties"]["Code"]["ZipFile"].encode()) <= 4096
    assert len(made["Description"].encode()) <= 1024
    subject = resources["Function"]["Properties"]["Environment"]["Variables"]["SUBJECT"]
    assert len(subject) < 100
    assert subject.isascii()


def resolved(value: Any) -> Any:
    """Return *value* with its intrinsic functions as CloudFormation resolves them in an account."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    match value:
        case {"Fn::Sub": text}:
            parts = {"Partition": "aws", "Region": "eu-west-1", "AccountId": "111122223333"}
            for name, part in parts.items():
                text = text.replace(f"${{AWS::{name}}}", part)
            return text
        case {"Fn::If": [_, chosen, _]}:
            return resolved(chosen)
        case {"Ref": "Topic"}:
            return "arn:aws:sns:eu-west-1:111122223333:stack-Topic"
        case {"Fn::GetAtt": ["FunctionLogs", "Arn"]}:
            return "arn:aws:logs:eu-west-1:111122223333:log-group:stack-FunctionLogs:*"
    return {key: resolved(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_function_may_do_what_it_does_and_no_more(variant: str) -> None:
    """It logs in its own log group, publishes on its topic, and stops jobs only where that was asked for."""
    role = VARIANTS[variant]["Resources"]["FunctionRole"]["Properties"]
    [policy] = role["Policies"]
    granted = {
        (action, resource)
        for statement in resolved(policy["PolicyDocument"]["Statement"])
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }
    logs, topic = (resolved({"Fn::GetAtt": ["FunctionLogs", "Arn"]}), resolved({"Ref": "Topic"}))
    wanted = {("logs:CreateLogStream", logs), ("logs:PutLogEvents", logs), ("sns:Publish", topic)}
    if "--stop" in variant:
        jobs = "arn:aws:sagemaker:eu-west-1:111122223333"
        wanted.add(("sagemaker:StopTrainingJob", f"{jobs}:training-job/*"))
        wanted.add(("sagemaker:StopHyperParameterTuningJob", f"{jobs}:hyper-parameter-tuning-job/*"))
    assert granted == wanted
    assert "ManagedPolicyArns" not in role


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_function_s_statements_are_right_by_the_reference(variant: str) -> None:
    """Each action exists and takes a resource of the kind that it is granted on."""
    [policy] = VARIANTS[variant]["Resources"]["FunctionRole"]["Properties"]["Policies"]
    for statement in resolved(policy["PolicyDocument"]["Statement"]):
        assert list(faults(statement | {name: _listed(statement[name]) for name in ("Action", "Resource")})) == []


def test_only_this_rule_calls_the_function() -> None:
    """EventBridge may call it for this rule in this account, and nobody else is let in."""
    resources = VARIANTS["on-demand-jobs"]["Resources"]
    permissions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert [permission["Principal"] for permission in permissions] == ["events.amazonaws.com"]
    assert permissions[0]["SourceArn"] == {"Fn::GetAtt": ["Rule", "Arn"]}
    assert permissions[0]["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_a_template_belongs_to_its_reader() -> None:
    """Changing one changes no other."""
    detective.template("on-demand-jobs")["Parameters"].clear()
    assert detective.template("on-demand-jobs") == VARIANTS["on-demand-jobs"]


def test_an_unknown_control_is_refused() -> None:
    """By its name, with the nearest."""
    with pytest.raises(UnknownNameError, match="did you mean untagged-resources"):
        detective.template("untagged-resource")


@pytest.mark.parametrize("control", detective.CONTROLS)
def test_the_command_prints_a_template_and_nothing_else(control: str, run: "Run", tmp_path: "Path") -> None:
    """YAML by default and JSON on request are the same template, on stdout or in a file, each time."""
    asked = run("detective", control, "--format", "json")
    (tmp_path / "default.yaml").write_text(run("detective", control).stdout)
    assert (asked.code, asked.errors) == (0, [])
    assert read_yaml(tmp_path / "default.yaml").data == json.loads(asked.stdout)
    written = run("detective", control, "--format", "json", "-o", "control.json")
    assert written.stdout == ""
    assert (tmp_path / "control.json").read_text() == asked.stdout


def test_the_options_reach_the_template(run: "Run") -> None:
    """Tag keys once each in their order, Project by default and said; stopping with the rights for it."""
    named = run("detective", "untagged-resources", "--tag-key", "Owner", "--tag-key", "Project", "--tag-key", "Owner")
    assert "TAG_KEYS: Owner,Project\n" in named.stdout
    assert named.notes == []
    bare = run("detective", "untagged-resources")
    assert "TAG_KEYS: Project\n" in bare.stdout
    assert bare.notes == ["tag key Project; choose others with --tag-key"]
    assert "sagemaker:Stop" not in run("detective", "on-demand-jobs").stdout
    stopping = run("detective", "on-demand-jobs", "--stop").stdout
    assert "STOP: 'true'\n" in stopping
    assert "Action: sagemaker:StopTrainingJob\n" in stopping


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("on-demand-job",), "unknown detective control `on-demand-job`; did you mean on-demand-jobs?"),
        (("x",), "unknown detective control `x`; there are on-demand-jobs, untagged-resources"),
        (
            ("on-demand-jobs", "--tag-key", "Project"),
            "--tag-key: `on-demand-jobs` looks at no tags; it goes with untagged-resources",
        ),
        (
            ("untagged-resources", "--stop"),
            "--stop: `untagged-resources` stops nothing; it goes with on-demand-jobs",
        ),
        (
            ("untagged-resources", "--tag-key", "a,b"),
            "--tag-key: `a,b` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:",
        ),
        (
            ("untagged-resources", "--tag-key", "aws:x"),
            "--tag-key: `aws:x` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:",
        ),
        ((), "missing argument 'NAME'; see `rolemgr detective --help`"),
    ],
)
def test_bad_input_is_one_line(args: tuple[str, ...], error: str, run: "Run") -> None:
    """What is wrong and the nearest right thing; nothing on stdout."""
    ran = run("detective", *args)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [error])
