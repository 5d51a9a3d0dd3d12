"""Slips in the functions, and in the tables that they judge by, are found by what the controls say of a few calls."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests.detective.support import KEY, OMITTED, OTHER_KEY, ROLE, Recorder, Watch, event, made, shaped, values

LIMITS = (
    "vpc",
    "instance-types",
    "max-runtime",
    "network-isolation",
    "volume-kms-key",
    "root-access",
    "serverless-limits",
)
CLEAN = {
    "ResourceConfig.InstanceType": "ml.m5.xlarge",
    "ResourceConfig.VolumeKmsKeyId": KEY,
    "VpcConfig.Subnets": "subnet-0a1b2c3d",
    "VpcConfig.SecurityGroupIds": "sg-0a1b2c3d",
    "StoppingCondition.MaxRuntimeInSeconds": 3600,
    "EnableNetworkIsolation": True,
}
INSTANCES = {"ProductionVariants.InstanceType": "ml.m5.xlarge", "KmsKeyId": KEY}


def job(**more: Any) -> dict[str, Any]:
    """Return the event of a training job within every limit, but for *more* (dots as double underscores)."""
    changed = {name.replace("__", "."): one for name, one in more.items()}
    return event("CreateTrainingJob", shaped("CreateTrainingJob", {"TrainingJobName": "t", **CLEAN, **changed}))


def models(*variants: dict[str, Any]) -> dict[str, Any]:
    """Return the event of an endpoint configuration with *variants*."""
    return event("CreateEndpointConfig", {"kmsKeyId": KEY, "productionVariants": list(variants)})


CASES: dict[str, list[dict[str, Any]]] = {
    "outside-guardrails": [
        job(),
        job(ResourceConfig__InstanceType="ml.p5.48xlarge"),
        job(ResourceConfig__InstanceType="ml.g4dn.xlarge"),
        job(ResourceConfig__InstanceType="ml.g4dn.xlarge.x"),
        job(ResourceConfig__InstanceType="ml.g4dn"),
        job(StoppingCondition__MaxRuntimeInSeconds=9_000),
        event("CreateNotebookInstance", {"kmsKeyId": KEY}),
        job(ResourceConfig__VolumeKmsKeyId=OTHER_KEY),
        job(ResourceConfig__VolumeKmsKeyId="alias/mine"),
        job(VpcConfig__Subnets=["subnet-0a1b2c3d", "subnet-9"]),
        job(StoppingCondition__MaxRuntimeInSeconds=86_400),
        job(StoppingCondition__MaxRuntimeInSeconds=86_401),
        job(EnableNetworkIsolation=False),
        event("CreateTrainingJob", {"trainingJobName": "t"}),
        event("CreateNotebookInstance", {"rootAccess": "Enabled", "kmsKeyId": KEY}),
        event("CreateNotebookInstance", {"rootAccess": "Disabled", "kmsKeyId": KEY}),
        event("CreateNotebookInstance", {"rootAccess": "HIDDEN_DUE_TO_SECURITY_REASONS", "kmsKeyId": KEY}),
        models({"instanceType": "ml.m5.large"}, {"serverlessConfig": {"maxConcurrency": 9, "memorySizeInMB": 2048}}),
        models({"serverlessConfig": {"maxConcurrency": 5, "memorySizeInMB": 2048}}),
        event("CreateCompilationJob", {"stoppingCondition": {"maxRuntimeInSeconds": 90_000}}),
        event("CreateCompilationJob", {"stoppingCondition": {"maxRuntimeInSeconds": "HIDDEN_DUE_TO_SECURITY_REASONS"}}),
        event("CreateCompilationJob", {"vpcConfig": {"subnets": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}}),
        event("CreateMonitoringSchedule", {"monitoringScheduleConfig": {"monitoringJobDefinition": {"roleArn": ROLE}}}),
        event("CreateAutoMLJobV2", {"autoMLJobName": "a"}),
        event("CreateTrainingPlan", {"trainingPlanName": "p"}),
        event("CreateTrainingJob", OMITTED),
        event("CreateTrainingJob", None),
        event("CreateTrainingJob", {}, errorCode="AccessDenied"),
    ],
    "passed-roles": [
        event("CreateTrainingJob", {"roleArn": ROLE}),
        event("CreateTrainingJob", {"roleArn": "arn:aws:iam::111122223333:role/ml/x"}),
        event("CreateTrainingJob", {"roleArn": "arn:aws:iam::111122223333:role/admin"}),
        event("CreateTrainingJob", {"roleArn": "arn:aws:iam::111122223333:role/a-jobs"}),
        event("CreateTrainingJob", {"roleArn": "arn:aws:iam::111122223333:role/a-jobs-not"}),
        event("CreateDomain", {"defaultUserSettings": {"jupyterLabAppSettings": {"emrSettings": {"assumableRoleArns": [ROLE, "r"]}}}}),
        event("CreateTrainingJob", {"trainingJobName": "t"}),
    ],
    "models-without-package": [
        event("CreateModel", {"modelName": "m", "primaryContainer": {"modelPackageName": "p"}}),
        event("CreateModel", {"modelName": "m", "containers": [{"modelPackageName": "p"}, {"image": "i"}]}),
        event("CreateModel", {"modelName": "m"}),
        event("CreateInferenceComponent", {"inferenceComponentName": "c", "specification": {"container": {"artifactUrl": "u"}}}),
        event("CreateInferenceComponent", {"inferenceComponentName": "c", "specification": {"modelName": "m"}}),
        event("UpdateInferenceComponent", {"inferenceComponentName": "c", "specifications": [{"container": {"image": "i"}}]}),
    ],
    "on-demand-jobs": [
        event("CreateTrainingJob", {"trainingJobName": "t"}),
        event("CreateTrainingJob", {"trainingJobName": "t", "enableManagedSpotTraining": False, "serverlessJobConfig": {"a": 1}}),
        event("CreateHyperParameterTuningJob", {
            "hyperParameterTuningJobName": "h",
            "trainingJobDefinitions": [{"enableManagedSpotTraining": True}, {"definitionName": "d"}],
        }),
        event("CreateHyperParameterTuningJob", {
            "hyperParameterTuningJobName": "h", "trainingJobDefinitions": [{"enableManagedSpotTraining": True}],
        }),
    ],
    "untagged-resources": [
        event("CreateModel", {"tags": [{"key": "Project"}, {"key": "Cost Center"}]}),
        event("CreateModel", {"tags": [{"key": "project"}]}),
        event("CreateModel", {}),
        event("CreateModel", {"x": 1}),
    ],
}  # fmt: skip
"""Calls by control, each of which says something that another slip would change."""

SLIPS: dict[str, list[tuple[str, str]]] = {
    "outside-guardrails": [
        ("if call in calls and not _names(block, hidden)", "if not _names(block, hidden)"),
        ("and not _names(block, hidden) and denies(block, values)", "and denies(block, values)"),
        ("and not _names(block, hidden) and denies(block, values)", "and not _names(block, hidden)"),
        ("for place in PLACES.get(call, ())", "for place in ()"),
        ('any("HIDDEN_DUE_TO" in one for one in given)', "False"),
        ("(found if known else unseen)", "(found)"),
        ("elif _is_hidden(given):", "elif False:"),
        ("return all(\n        _holds", "return any(\n        _holds"),
        ("(not given) is (wanted", "(not given) is not (wanted"),
        ('return operator.endswith("IfExists") or', "return"),
        ('("Not" in base and not operator.startswith("ForAnyValue:"))', '("Not" in base)'),
        ('("Not" in base and not operator.startswith("ForAnyValue:"))', "False"),
        ("return any(_matches(base, wanted, one) for one in given)", "return all(_matches(base, wanted, one) for one in given)"),
        ("float(one) > float(each)", "float(one) >= float(each)"),
        ("float(one) > float(each)", "one > each"),
        ('return hit is not ("Not" in base)', "return hit"),
        ("one.lower() in [each.lower() for each in wanted]", "one in wanted and False"),
        ('yield f"{limit} ({where} is not set)", True', "pass"),
        ("elif _holds(operator, wanted, given):", "elif not _holds(operator, wanted, given):"),
        ("for one in data:\n            yield from _objects(one, path)", "for one in data[:1]:\n            yield from _objects(one, path)"),
        ("in UNSEEN.get(call, {}).items()", "in {}.items()"),
        ('if detail.get("errorCode"):', "if False:"),
        ('if request and not request.get("omitted")', "if request"),
        ("at, place = at + 1, place + 1", "at, place = at + 1, place + 2"),
        ('return set(pattern[at:]) <= {"*"}', "return True"),
    ],
    "passed-roles": [
        ("not any(fits(one, arn) for one in ROLES)", "not any(fits(arn, one) for one in ROLES)"),
        ("not any(fits(one, arn) for one in ROLES)", "not any(one == arn for one in ROLES)"),
        ("if strange else None", "if passed else None"),
        ("star, resume, at = at, place, at + 1", "return True"),
        ("for one in data:\n            yield from _at(one, path)", "for one in data[:1]:\n            yield from _at(one, path)"),
        ("elif at < len(pattern) and pattern[at] in", "elif pattern[at] in"),
    ],
    "models-without-package": [
        ("if several and not loose:", "if not loose:"),
        ('if not one.get("modelPackageName")', 'if not one.get("image")'),
        ('*(request.get("containers") or [])', "*()"),
        ('*(request.get("specifications") or [])', "*()"),
        ('one.get("image") or one.get("artifactUrl") for one in containers', 'one.get("image") for one in containers'),
        ('if one and one.get("container")', "if one"),
    ],
    "on-demand-jobs": [
        ("is not True", "is False"),
        ('definition.get("serverlessJobConfig") or', ""),
        ("if not on_demand:", "if not _definitions(request):"),
        ('several = request.get("trainingJobDefinitions") or []', "several = []"),
    ],
    "untagged-resources": [
        ("if key not in given", "if key in given"),
        ("other.lower() == key.lower()", "other == key"),
        ('.get("tags") or []', '["tags"]'),
    ],
}  # fmt: skip


@cache
def stack(control: str) -> dict[str, Any]:
    """Return the template of *control* for the limits of the cases."""
    return made(control, given=values(*LIMITS))


def answers(control: str, change: Callable[[str], str] = lambda text: text) -> list[str | None]:
    """Return what *control* says of its cases, with a *change* of its code; an error is an answer too."""
    one = Watch(stack(control), "".join(word.capitalize() for word in control.split("-")), change)
    found: list[str | None] = []
    for happened in CASES[control]:
        try:
            found.append(one.module["handle"](happened, one.module["find"], one.environ, Recorder()))
        except Exception as error:  # a slip may break anything
            found.append(f"error {type(error).__name__}")
    return found


@pytest.mark.parametrize("control", CASES)
def test_the_functions_as_they_are_answer_every_case(control: str) -> None:
    """No case ends in an error, some are findings and some are none."""
    found = answers(control)
    assert not [one for one in found if one and one.startswith("error")]
    assert None in found
    assert any(found)


@pytest.mark.parametrize(
    ("control", "old", "new"), [(control, *slip) for control, slips in SLIPS.items() for slip in slips]
)
def test_a_slip_is_found(control: str, old: str, new: str) -> None:
    """Another answer for at least one case."""
    code = "".join(
        one["Properties"]["Code"]["ZipFile"]
        for one in stack(control)["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    )
    assert code.count(old) >= 1, "the slip is out of date"
    assert answers(control, lambda text: text.replace(old, new)) != answers(control)
