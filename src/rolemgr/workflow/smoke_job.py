"""
The smallest training job that shows that a role works, and its twin that must be denied.

Nothing is run here. What guardrails ask of a job is filled in as in the SageMaker Python SDK's defaults; then the
role's policies are asked about each request that the call is, so that no job is printed that they may deny.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.evaluate.missing import MissingPolicies
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.events.call import CallEnding, RecordedCall, RecordedPrincipal
from rolemgr.events.requests import requests_of
from rolemgr.events.resources import trail_name
from rolemgr.export.sagemaker_config import sagemaker_config
from rolemgr.iam.arn import PARTITIONS
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import opens_variable
from rolemgr.iam.wildcards import matches
from rolemgr.model.role import ComposedRole
from rolemgr.reference.data import image_account
from rolemgr.reference.quirks import local_nvme_types
from rolemgr.report.smoke_job import JOB, OBJECT, SmokeJob, TwinJob
from rolemgr.usage.layers_asked import AskedPolicies, GivenPolicy, asked_policies
from rolemgr.usage.verdicts import ReplayJudge, ReplayOutcome

_CREATE: Final = "CreateTrainingJob"
_ACTION: Final = f"sagemaker:{_CREATE}"
_SECONDS: Final = 300
"""How long the job may run."""
_PREFIX: Final = "rolemgr-smoke"
_NAME: Final = 63
"""How many characters the name of a job has at most."""
_UNIQUE: Final = "-00000000000000-twin"
"""What the script adds to a name, in length."""


def smallest_job(role: ComposedRole, policies: Policies, missing: MissingPolicies) -> SmokeJob | str:
    """
    Return the smallest training job that *role* is certain to be allowed, by its *policies*, or in words why none is.

    Policies without a text, which are *missing*, may deny any of it.
    """
    if not any(_ACTION in one.actions for one in role.statements if one.effect is Effect.ALLOW):
        return "it starts none; smoke of a role that passes it prints one that runs as it"
    found = _parts(role)
    if isinstance(found, str):
        return found
    judge = _JobJudge(role, found.name, policies, missing)
    denied: dict[str, None] = {}
    for one in _types(volume_key="VolumeKmsKeyId" in found.request["ResourceConfig"]):
        request = _with(found.request, "ResourceConfig", InstanceType=one)
        why = judge.why_not(request)
        if not why:
            return SmokeJob(request, found.name, found.output, one, _SECONDS, judge.twin(request))
        denied[why] = None
    return f"no training job is certain to be allowed: {'; '.join(denied)}"


class _Parts(NamedTuple):
    """A *request* that lacks its instance type, the beginning of the job's *name*, and where its *output* goes."""

    request: Mapping[str, Any]
    name: str
    output: str


def _parts(role: ComposedRole) -> _Parts | str:
    """Return what the job is made of, by what guardrails ask of it, or what there is nothing certain for."""
    defaults = sagemaker_config(role).content["SageMaker"]
    job: Mapping[str, Any] = defaults.get("TrainingJob", {})
    session = defaults.get("PythonSDK", {}).get("Modules", {}).get("Session", {})
    image, name = _image(role.spec.region, role.spec.partition_name), _name(role.parameters.get("job_names", ()))
    bucket = session.get("DefaultS3Bucket")
    for value, lacking in (
        (job.get("RoleArn"), "it passes no execution role of which the name is known"),
        (bucket, "no bucket that it writes to has a name that is known"),
        (image, f"no image of AWS is known in {role.spec.region}"),
        (name, "no name of a job is certain to be allowed"),
    ):
        if not value:
            return lacking
    output = "/".join(filter(None, (f"s3://{bucket}", session.get("DefaultS3ObjectKeyPrefix"), _PREFIX)))
    request = {
        "TrainingJobName": JOB,
        "RoleArn": job["RoleArn"],
        "AlgorithmSpecification": {
            "TrainingImage": image, "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/sh", "-c"],
            "ContainerArguments": ["ls -l /opt/ml/input/data/training && echo read > /opt/ml/model/rolemgr-smoke"],
        },
        "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": OBJECT, "S3DataDistributionType": "FullyReplicated"}}}],
        "OutputDataConfig": {"S3OutputPath": output, **job.get("OutputDataConfig", {})},
        "ResourceConfig": {"InstanceCount": 1, "VolumeSizeInGB": 1, **job.get("ResourceConfig", {})},
        "StoppingCondition": {"MaxRuntimeInSeconds": _SECONDS},
        **{key: job[key] for key in _LIMITS if key in job},
    }  # fmt: skip
    return _Parts(request, str(name), output)


_LIMITS: Final = ("VpcConfig", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "Tags")


def _with(request: Mapping[str, Any], part: str, **values: Any) -> Mapping[str, Any]:
    return {**request, part: {**request[part], **values}}


def _image(region: str, partition: str) -> str | None:
    row = _table()["image"]
    account = image_account(region, row["repository"])
    host = f"{account}.dkr.ecr.{region}.{PARTITIONS[partition].dns_suffix}"
    return f"{host}/{row['repository']}:{row['tag']}" if account else None


def _name(patterns: Sequence[str]) -> str | None:
    """Return the beginning of a name, behind which anything may stand, that one of *patterns* takes; None for none."""
    for pattern in patterns:
        if pattern.endswith("*") and not opens_variable(pattern):
            name = pattern.replace("*", _PREFIX).replace("?", "x")
            if len(name) + len(_UNIQUE) <= _NAME:
                return name
    return None


def _types(*, volume_key: bool) -> Iterator[str]:
    """Yield the instance types for training from the smallest on; those with local storage refuse a volume key."""
    for one in _table()["instance_types"]["names"]:
        if not (volume_key and any(matches(pattern, one) for pattern in local_nvme_types())):
            yield one


class _JobJudge:
    """Asks the policies of *role* about the requests that a training job is whose name begins with *name*."""

    def __init__(self, role: ComposedRole, name: str, policies: Policies, missing: MissingPolicies) -> None:
        self._spec, self._name = role.spec, name
        self._policies = _to_ask(policies, missing)
        tags = {f"aws:PrincipalTag/{key}": (value,) for key, value in role.spec.tag.items()}
        self._judge = ReplayJudge(tags)

    def why_not(self, request: Mapping[str, Any]) -> str:
        """Return by what a request of the job is not certain to be allowed; empty where all are."""
        for action, outcome, words in self._verdicts(request):
            if outcome is not ReplayOutcome.ALLOWED:
                return f"{action} is {outcome}{words}"
        return ""

    def twin(self, request: Mapping[str, Any]) -> TwinJob:
        """
        Return a job that must be denied: without a limit that the role asks for, or else of a role that is not there.

        Nothing that is larger or dearer than the job itself: a wrong policy may let it through.
        """
        for without, twin in _twins(request):
            verdicts = list(self._verdicts(twin))
            if any(action == _ACTION and outcome is ReplayOutcome.DENIED for action, outcome, _ in verdicts):
                return TwinJob(twin, without)
        nobody = f"arn:{self._spec.partition_name}:iam::{self._spec.account}:role/rolemgr-smoke-not-there"
        return TwinJob({**request, "RoleArn": nobody}, None)

    def _verdicts(self, request: Mapping[str, Any]) -> Iterator[tuple[str, ReplayOutcome, str]]:
        for one in requests_of(_call(self._spec, {**request, "TrainingJobName": f"{self._name}{_UNIQUE}"})):
            found = self._judge.verdict(one, self._policies)
            about = [str(by) for by in found.by] or [*found.keys, *found.why]
            yield one.action, found.outcome, f" ({', '.join(about)})" if about else ""


def _twins(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a request without each of its limits, and what it lacks."""
    for key in _LIMITS:
        if key in request:
            yield key, {name: value for name, value in request.items() if name != key}
    for part, key in (("OutputDataConfig", "KmsKeyId"), ("ResourceConfig", "VolumeKmsKeyId")):
        if key in request[part]:
            less = {name: value for name, value in request[part].items() if name != key}
            yield f"{part}.{key}", {**request, part: less}


def _to_ask(policies: Policies, missing: MissingPolicies) -> AskedPolicies:
    given = [GivenPolicy(Layer.IDENTITY, one, "the role's policies") for one in policies.identity]
    if policies.permissions_boundary:
        given.append(GivenPolicy(Layer.PERMISSIONS_BOUNDARY, policies.permissions_boundary, "its boundary"))
    return asked_policies(given, missing=missing)


def _call(spec: Any, request: Mapping[str, Any]) -> RecordedCall:
    """Return the call as CloudTrail would have it, so that its requests are told as those of any recorded call."""
    return RecordedCall(
        where=SourceLocation(_PREFIX), source="sagemaker", name=_CREATE,
        principal=RecordedPrincipal("AssumedRole", spec.arn, spec.account), region=spec.region,
        ending=CallEnding.UNTOLD, parameters=_as_recorded(request), event={}, untold=frozenset(),
    )  # fmt: skip


def _as_recorded(value: Any) -> Any:
    """Return *value* with the names of parameters as CloudTrail spells them."""
    if isinstance(value, Mapping):
        return {trail_name(key): _as_recorded(one) for key, one in value.items()}
    return [_as_recorded(one) for one in value] if isinstance(value, list) else value


@cache
def _table() -> Any:
    return json.loads(Path(__file__).with_name("smoke_job.json").read_bytes())
