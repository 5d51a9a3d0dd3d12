"""Controls that read calls: the pattern, the function and the template find what they say, and nothing else."""

import re
from functools import cache
from itertools import product
from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber
from tests.detective.support import (
    CATALOG,
    OMITTED,
    ROLE,
    SAGEMAKER,
    Recorder,
    event,
    made,
    of_type,
    shaped,
    values,
    watch,
)

from rolemgr.detective import calls
from rolemgr.reference import quirks
from rolemgr.reference.services import find_action

CALLS = (
    "jobs-outside-vpc", "models-without-package", "on-demand-jobs", "outside-guardrails", "passed-roles",
    "shared-with-others", "untagged-resources",
)  # fmt: skip
STOPPING = [name for name in CALLS if CATALOG.detective_control(name).value.events.stops]  # type: ignore[union-attr]


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


@pytest.mark.parametrize(("value", "found"), [(True, False), (False, True), (None, True)])
def test_a_training_job_is_found_unless_spot_is_on(value: bool | None, found: bool) -> None:
    """A setting that is absent is off, and one that is on is not even passed on to the function."""
    assert bool(watch("on-demand-jobs").says(training(value))) is found
    assert watch("on-demand-jobs").passes(training(value)) is found


@pytest.mark.parametrize(("value", "found"), [(True, False), (False, True), (None, True)])
def test_a_tuning_job_of_one_definition_is_found_unless_spot_is_on(value: bool | None, found: bool) -> None:
    """It is judged by its only definition, by the pattern alone."""
    happened = tuning(trainingJobDefinition=spot(value))
    assert bool(watch("on-demand-jobs").says(happened)) is found
    assert watch("on-demand-jobs").passes(happened) is found


@pytest.mark.parametrize("settings", [*product([True, False, None], repeat=3)])
def test_a_tuning_job_of_several_definitions_is_found_where_any_is_on_demand(settings: tuple[bool | None, ...]) -> None:
    """All mixtures: the finding names just the definitions without spot, and there is none where all have it."""
    found = watch("on-demand-jobs").says(several(*settings))
    wanted = ", ".join(f"d{number}" for number, value in enumerate(settings) if value is not True)
    assert (found or "").endswith(f"(in {wanted})" if wanted else "")
    assert bool(found) is bool(wanted)


def test_a_pattern_can_not_tell_mixed_definitions_from_spot() -> None:
    """Why there is a function: the rule passes on the job that is all spot as it does the one that is not."""
    assert watch("on-demand-jobs").passes(several(True, True))
    assert watch("on-demand-jobs").says(several(True, True)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"serverlessJobConfig": {"jobType": "FineTuning"}},
        {"resourceConfig": {"trainingPlanArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-plan/p"}},
    ],
)
def test_a_job_that_has_no_spot_mode_is_no_finding(more: dict[str, Any]) -> None:
    """What is prepaid or serverless runs on no on-demand instances."""
    assert watch("on-demand-jobs").says(training(False, **more)) is None


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
    assert not watch("on-demand-jobs").passes(happened)


def a_call_of(control: str) -> str:
    """Return a call that *control* takes whatever its parameters are."""
    return {
        "jobs-outside-vpc": "CreateTrainingJob", "models-without-package": "CreateModel",
        "shared-with-others": "PutEndpointPolicy", "untagged-resources": "CreateEndpoint",
    }.get(control, "CreateTrainingJob")  # fmt: skip


@pytest.mark.parametrize("control", CALLS)
@pytest.mark.parametrize("request_parameters", [OMITTED, None], ids=["omitted", "null"])
def test_a_request_that_is_not_shown_is_a_finding(control: str, request_parameters: dict[str, Any] | None) -> None:
    """CloudTrail omits large requests; that is said, and no job is stopped for it."""
    found = watch(control, stop=control in STOPPING).says(event(a_call_of(control), request_parameters))
    assert found == "not judged: no request shown"


@pytest.mark.parametrize("control", CALLS)
def test_a_failed_call_is_no_finding_for_the_function_either(control: str) -> None:
    """The function does not rely on the rule for it, and the rule does not pass it on."""
    recorder, one = Recorder(), watch(control)
    happened = event(a_call_of(control), {"x": "y"}, errorCode="X")
    assert one.module["handle"](happened, one.module["find"], one.environ, recorder) is None
    assert recorder.asked == []
    assert not one.passes(happened)


def test_a_message_says_who_did_what_where_and_when() -> None:
    """Whoever reads it need not look into CloudTrail."""
    recorder = Recorder()
    watch("on-demand-jobs").says(training(False), recorder)
    [(operation, parameters)] = recorder.asked
    assert operation == "sns.publish"
    assert parameters["TopicArn"] == "arn:topic"
    assert parameters["Message"].splitlines() == [
        "churn-1 runs on demand, without managed spot training",
        "call: CreateTrainingJob",
        "made: arn:aws:sagemaker:eu-west-1:111122223333:some/thing",
        "by: arn:aws:sts::111122223333:assumed-role/data-scientist/ana",
        "in: 111122223333, eu-west-1",
        "at: 2026-03-02T09:30:00Z, CloudTrail event 22222222-2222-2222-2222-222222222222",
    ]


STOPS = [
    (control, call, stop)
    for control in STOPPING
    for call, stop in CATALOG.detective_control(control).value.events.stops.items()  # type: ignore[union-attr]
]


@cache
def a_client() -> Any:
    """Return botocore's client of SageMaker, which is stubbed."""
    return get_session().create_client("sagemaker", region_name="eu-west-1")


@pytest.mark.parametrize(("control", "call", "stop"), STOPS, ids=[f"{one[0]} {one[1]}" for one in STOPS])
def test_stop_stops_what_the_call_has_started(control: str, call: str, stop: Any) -> None:
    """Each kind by its own call, which botocore takes as SageMaker defines it; then the finding says so."""
    sagemaker, recorder, one = a_client(), Recorder(), watch(control, stop=True)
    _, method, argument = one.module["STOPS"][call]
    with Stubber(sagemaker) as stub:
        stub.add_response(method, {}, {argument: "it"})
        clients = {"sagemaker": sagemaker, "sns": recorder("sns")}
        detail = event(call, {stop.name: "it"})["detail"]
        found = one.module["stopped"]("found", detail, one.environ, clients.__getitem__)
        stub.assert_no_pending_responses()
    assert found == "found; it is being stopped"
    assert stop.name[:1].upper() + stop.name[1:] in SAGEMAKER.operation_model(call).input_shape.members
    assert sagemaker.meta.method_to_api_mapping[method] == stop.action.removeprefix("sagemaker:")


def test_nothing_is_stopped_unasked() -> None:
    """Without the setting the function only publishes."""
    recorder = Recorder()
    watch("on-demand-jobs").says(training(False), recorder)
    assert [operation for operation, _ in recorder.asked] == ["sns.publish"]


def test_a_job_that_can_not_be_stopped_is_still_a_finding() -> None:
    """The message says that it runs on, and why."""
    recorder = Recorder(fails=True)
    watch("on-demand-jobs", stop=True).says(training(False), recorder)
    assert recorder.published[0].splitlines()[0].endswith("; it could not be stopped: access denied")


def test_a_call_that_nothing_judges_stops_nothing() -> None:
    """AutoML chooses its types itself: that is told, and the job goes on."""
    recorder = Recorder()
    happened = event("CreateAutoMLJobV2", {"autoMLJobName": "a", **shaped("CreateAutoMLJobV2", VPC_OF_AUTOML)})
    found = watch("outside-guardrails", "vpc", "instance-types", stop=True).says(happened, recorder)
    assert found == "instance-types does not judge CreateAutoMLJobV2: AutoML chooses its instance types itself"
    assert [operation for operation, _ in recorder.asked] == ["sns.publish"]


VPC_OF_AUTOML = {
    "SecurityConfig.VpcConfig.Subnets": "subnet-0a1b2c3d",
    "SecurityConfig.VpcConfig.SecurityGroupIds": "sg-0a1b2c3d",
}


def tags(**given: str) -> dict[str, Any]:
    """Return *given* as CloudTrail shows tags in a request."""
    return {"tags": [{"key": key, "value": value} for key, value in given.items()]}


@pytest.mark.parametrize(
    ("request_parameters", "found"),
    [
        (tags(**{"Project": "churn", "Cost Center": "1"}), None),
        (tags(**{"Owner": "ana", "Project": "", "Cost Center": ""}), None),
        (tags(Project="churn"), "made without the tag Cost Center"),
        (tags(project="churn"), "made without the tag Project (but with project), Cost Center"),
        ({"tags": []}, "made without the tag Project, Cost Center"),
        ({"tags": None}, "made without the tag Project, Cost Center"),
        ({}, "made without the tag Project, Cost Center"),
    ],
)
@pytest.mark.parametrize("call", ["CreateEndpoint", "CreateTrainingJob", "CreateModelPackage", "CreateSpace"])
def test_a_resource_is_found_unless_it_has_the_tags(
    call: str, request_parameters: dict[str, Any], found: str | None
) -> None:
    """Wherever a tag stands among others; another case is another key."""
    assert watch("untagged-resources").says(event(call, {"name": "x"} | request_parameters)) == found


@pytest.mark.parametrize("call", ["CreateApp", "CreatePresignedDomainUrl", "AddTags", "UpdateEndpoint", "DeleteModel"])
def test_calls_that_make_nothing_to_tag_are_no_findings(call: str) -> None:
    """An app takes its tags from its domain and user profile; the others make nothing."""
    assert not watch("untagged-resources").passes(event(call, {"x": "y"}))


def test_the_calls_are_those_that_take_tags_in_the_api() -> None:
    """Each is an operation with a list of Key and Value under Tags; of those that the reference knows one lacks."""
    with_tags = {name for name in SAGEMAKER.operation_names if name.startswith("Create") and _takes_tags(name)}
    taken = set(calls.taggable_calls())
    assert taken <= with_tags
    assert {name for name in with_tags - taken if find_action(f"sagemaker:{name}")} == {"CreateApp"}


def _takes_tags(operation: str) -> bool:
    shape = SAGEMAKER.operation_model(operation).input_shape
    found = shape.members.get("Tags") if shape else None
    return found is not None and found.type_name == "list" and set(found.member.members) == {"Key", "Value"}


MODELS = [
    ({"PrimaryContainer.ModelPackageName": "p"}, None),
    ({"Containers.ModelPackageName": "p"}, None),
    ({"PrimaryContainer.Image": "i"}, "m is a model without a model package (i)"),
    ({"PrimaryContainer.ModelPackageName": "p", "Containers.Image": "j"}, "m is a model without a model package (j)"),
    ({}, "m is a model without a model package (no container shown)"),
    ({"PrimaryContainer.ModelDataUrl": "s3://b/k"}, "m is a model without a model package (no image)"),
]


@pytest.mark.parametrize(("settings", "found"), MODELS)
def test_a_model_is_found_unless_all_its_containers_are_packages(settings: dict[str, Any], found: str | None) -> None:
    """One container of its own is enough, and so is a request that shows none."""
    happened = event("CreateModel", shaped("CreateModel", {"ModelName": "m", **settings}))
    assert watch("models-without-package").says(happened) == found


COMPONENTS = [
    ({"Specification.ModelName": "m"}, None),
    ({"Specification.BaseInferenceComponentName": "b"}, None),
    ({"Specification.Container.Environment": {}}, None),
    ({"Specification.Container.Image": "i"}, "c serves a container of its own instead of a model (i)"),
    (
        {"Specification.Container.ArtifactUrl": "s3://b/k"},
        "c serves a container of its own instead of a model (s3://b/k)",
    ),
    ({"Specifications.Container.Image": "j"}, "c serves a container of its own instead of a model (j)"),
]


@pytest.mark.parametrize(("settings", "found"), COMPONENTS)
@pytest.mark.parametrize("call", ["CreateInferenceComponent", "UpdateInferenceComponent"])
def test_an_inference_component_is_found_where_it_brings_a_container(
    call: str, settings: dict[str, Any], found: str | None
) -> None:
    """One that serves a model was judged when the model was made."""
    happened = event(call, shaped(call, {"InferenceComponentName": "c", **settings}))
    assert watch("models-without-package").says(happened) == found


@pytest.mark.parametrize(
    ("call", "more", "request_parameters", "found"),
    [
        ("PutEndpointPolicy", {}, {"endpointName": "e"}, "PutEndpointPolicy: endpointName e"),
        ("PutModelPackageGroupPolicy", {}, {"modelPackageGroupName": "g"}, "PutModelPackageGroupPolicy: modelPackageGroupName g"),
        ("DeleteEndpointPolicy", {}, {"endpointName": "e"}, "DeleteEndpointPolicy: endpointName e"),
        ("DeleteModelPackageGroupPolicy", {}, {"modelPackageGroupName": "g"}, "DeleteModelPackageGroupPolicy: modelPackageGroupName g"),
        ("GetModelPackageGroupPolicy", {}, {"modelPackageGroupName": "g"}, None),
        ("CreateEndpoint", {}, {"endpointName": "e"}, None),
    ],
)  # fmt: skip
def test_policies_of_sagemaker_s_resources_are_found(
    call: str, more: dict[str, Any], request_parameters: dict[str, Any], found: str | None
) -> None:
    """Put and taken away; reading one is no finding."""
    assert watch("shared-with-others").says(event(call, request_parameters, **more)) == found


@pytest.mark.parametrize(
    ("call", "request_parameters", "found"),
    [
        (
            "CreateResourceShare",
            {"name": "s", "resourceArns": ["arn:aws:s3:::b", "arn:aws:sagemaker:eu-west-1:1:model-package-group/g"]},
            True,
        ),
        ("AssociateResourceShare", {"resourceArns": ["arn:aws:sagemaker:eu-west-1:1:feature-group/f"]}, True),
        (
            "PromoteResourceShareCreatedFromPolicy",
            {"resourceShareArn": "arn:aws:ram:eu-west-1:1:resource-share/x"},
            True,
        ),
        ("CreateResourceShare", {"name": "s", "resourceArns": ["arn:aws:ec2:eu-west-1:1:subnet/s"]}, False),
        ("CreateResourceShare", {"name": "s"}, False),
        ("DeleteResourceShare", {"resourceShareArn": "x"}, False),
    ],
)
def test_shares_of_sagemaker_s_resources_are_found(call: str, request_parameters: dict[str, Any], found: bool) -> None:
    """In RAM's own calls, where any of the resources is SageMaker's."""
    happened = event(call, request_parameters, eventSource="ram.amazonaws.com") | {"source": "aws.ram"}
    assert bool(watch("shared-with-others").says(happened)) is found
    if "resourceArns" in request_parameters:
        ram = get_session().get_service_model("ram").operation_model(call).input_shape.members
        assert request_parameters.keys() <= ram.keys()


def test_a_name_makes_no_line_of_its_own() -> None:
    """Who chooses the name of a share does not choose what a message says of the caller."""
    request = {"name": "s\nby: somebody else", "resourceArns": ["arn:aws:sagemaker:eu-west-1:1:feature-group/f"]}
    happened = event("CreateResourceShare", request, eventSource="ram.amazonaws.com") | {"source": "aws.ram"}
    recorder = Recorder()
    watch("shared-with-others").says(happened, recorder)
    lines = recorder.published[0].splitlines()
    assert len(lines) == 6
    assert [line for line in lines if line.startswith("by: ")] == [
        "by: arn:aws:sts::111122223333:assumed-role/data-scientist/ana"
    ]


PASSING = [(call, path) for call, paths in quirks.role_parameters().items() for path in paths]


@pytest.mark.parametrize(("call", "path"), PASSING, ids=[f"{call} {path}" for call, path in PASSING])
def test_a_role_is_found_wherever_a_call_names_it(call: str, path: str) -> None:
    """One that is meant to be passed is none, by its ARN or a pattern; its name with more behind it is another."""
    for arn, found in (
        (ROLE, False),
        ("arn:aws:iam::111122223333:role/ml/x", False),
        (f"{ROLE}-2", True),
        ("arn:aws:iam::444455556666:role/sagemaker-compute", True),
    ):
        said = watch("passed-roles").says(event(call, shaped(call, {path: arn})))
        assert said == (f"passes {arn} to SageMaker, which no role file means to be passed" if found else None)


def test_every_role_in_a_request_of_the_api_is_known() -> None:
    """The model is read anew: a text whose name ends in Role, RoleArn or RoleArns."""
    found = {
        (name, path)
        for name in SAGEMAKER.operation_names
        if (shape := SAGEMAKER.operation_model(name).input_shape)
        for path in _roles(shape, (), ())
    }
    assert found == set(PASSING)


def _roles(shape: Any, path: tuple[str, ...], seen: tuple[str, ...]) -> Any:
    if shape.type_name == "list":
        yield from _roles(shape.member, path, seen)
    elif shape.type_name == "structure" and shape.name not in seen:
        for name, member in shape.members.items():
            yield from _roles(member, (*path, name), (*seen, shape.name))
    elif shape.type_name == "string" and re.search(r"Role(Arns?)?$", path[-1]) and not shape.enum:
        yield ".".join(path)


@pytest.mark.parametrize("control", CALLS)
def test_a_rule_that_takes_calls_that_read_says_so(control: str) -> None:
    """EventBridge hands such a call on in one state alone; by the reference the others take none."""
    stack = made(control, given=values("vpc", "instance-types", "search-visibility"))
    [rule] = of_type(stack, "AWS::Events::Rule").values()
    names = [one for one in rule["EventPattern"]["detail"].get("eventName", []) if isinstance(one, str)]
    actions = [find_action(f"sagemaker:{name}") for name in names]
    reads = any(action and action.access_levels & {"Read", "List"} for action in actions)
    assert rule.get("State") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" or not reads
