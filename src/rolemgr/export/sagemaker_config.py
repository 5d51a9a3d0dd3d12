"""
The SageMaker Python SDK's defaults file: what calls are filled up with, so that they keep to the role's guardrails.

What a guardrail asks and the file can say is there: execution role, bucket and prefix, VPC, keys, isolation,
encryption between containers, tags. What it can't say (instance types, run times ...) is returned as notes.
https://sagemaker.readthedocs.io/en/stable/overview.html#configuring-and-using-defaults-with-the-sagemaker-python-sdk
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import opens_variable
from rolemgr.model.role import ComposedRole

Json = dict[str, Any]


class _Section(NamedTuple):
    """A part of the file: the *action* whose calls it fills up, whose *roles* it names, and where things stand."""

    action: str
    roles: str = "pass_roles"
    role: str | None = "RoleArn"
    vpc: str | None = None
    volume: str | None = None
    output: str | None = None
    isolation: str | None = None
    encryption: str | None = None
    tags: str | None = "Tags"


_MONITORED = "MonitoringScheduleConfig.MonitoringJobDefinition"
_SECTIONS: Mapping[str, _Section] = {
    "TrainingJob": _Section(
        "sagemaker:CreateTrainingJob", vpc="VpcConfig", volume="ResourceConfig.VolumeKmsKeyId",
        output="OutputDataConfig.KmsKeyId", isolation="EnableNetworkIsolation",
        encryption="EnableInterContainerTrafficEncryption",
    ),
    "ProcessingJob": _Section(
        "sagemaker:CreateProcessingJob", vpc="NetworkConfig.VpcConfig",
        volume="ProcessingResources.ClusterConfig.VolumeKmsKeyId", output="ProcessingOutputConfig.KmsKeyId",
        isolation="NetworkConfig.EnableNetworkIsolation",
        encryption="NetworkConfig.EnableInterContainerTrafficEncryption",
    ),
    "TransformJob": _Section(
        "sagemaker:CreateTransformJob", role=None, volume="TransformResources.VolumeKmsKeyId",
        output="TransformOutput.KmsKeyId",
    ),
    "Model": _Section(
        "sagemaker:CreateModel", role="ExecutionRoleArn", vpc="VpcConfig", isolation="EnableNetworkIsolation"
    ),
    "EndpointConfig": _Section("sagemaker:CreateEndpointConfig", role=None, volume="KmsKeyId"),
    "Endpoint": _Section("sagemaker:CreateEndpoint", role=None),
    "MonitoringSchedule": _Section(
        "sagemaker:CreateMonitoringSchedule", role=f"{_MONITORED}.RoleArn", vpc=f"{_MONITORED}.NetworkConfig.VpcConfig",
        volume=f"{_MONITORED}.MonitoringResources.ClusterConfig.VolumeKmsKeyId",
        output=f"{_MONITORED}.MonitoringOutputConfig.KmsKeyId",
        isolation=f"{_MONITORED}.NetworkConfig.EnableNetworkIsolation",
        encryption=f"{_MONITORED}.NetworkConfig.EnableInterContainerTrafficEncryption",
    ),
    "AutoMLJob": _Section(
        "sagemaker:CreateAutoMLJob", roles="automl_roles", vpc="AutoMLJobConfig.SecurityConfig.VpcConfig",
        volume="AutoMLJobConfig.SecurityConfig.VolumeKmsKeyId", output="OutputDataConfig.KmsKeyId",
        encryption="AutoMLJobConfig.SecurityConfig.EnableInterContainerTrafficEncryption",
    ),
    "AutoMLJobV2": _Section(
        "sagemaker:CreateAutoMLJobV2", roles="automl_roles", vpc="SecurityConfig.VpcConfig",
        volume="SecurityConfig.VolumeKmsKeyId", output="OutputDataConfig.KmsKeyId",
        encryption="SecurityConfig.EnableInterContainerTrafficEncryption",
    ),
    "CompilationJob": _Section("sagemaker:CreateCompilationJob", vpc="VpcConfig", output="OutputConfig.KmsKeyId"),
    "Pipeline": _Section("sagemaker:CreatePipeline", roles="pipeline_roles"),
    "FeatureGroup": _Section("sagemaker:CreateFeatureGroup", roles="feature_store_roles"),
}  # fmt: skip
"""https://github.com/aws/sagemaker-python-sdk, sagemaker.config.config_schema: the same in versions 2 and 3."""

_REMOTE = _Section(
    "sagemaker:CreateTrainingJob", vpc="VpcConfig", volume="VolumeKmsKeyId", output="S3KmsKeyId",
    encryption="EnableInterContainerTrafficEncryption",
)  # fmt: skip
_IN_THE_FILE = {"vpc", "studio-vpc", "volume-kms-key", "output-kms-key", "network-isolation",
         "inter-container-encryption", "feature-group-keys"}  # fmt: skip
"""The guardrails that the file can say."""


class Defaults(NamedTuple):
    """The file's content, and the notes on what it does not say."""

    content: Json
    notes: tuple[str, ...]


def sagemaker_config(role: ComposedRole) -> Defaults:
    """Return the defaults for people who work with *role*: in Studio, notebooks, jobs and pipelines."""
    values = {one.name: one.values for one in role.guardrails}
    granted = {action for one in role.statements if one.effect is Effect.ALLOW for action in one.actions}
    sections = {
        name: _filled(section, role, values)
        for name, section in _SECTIONS.items()
        if section.action in granted or _is_run_as(granted)
    }
    _add_feature_keys(sections, values)
    content = {"PythonSDK": {"Modules": _modules(role, values, granted)}, **sections}
    made = {"SchemaVersion": "1.0", "SageMaker": {name: section for name, section in content.items() if section}}
    nothing = [] if any(sections.values()) else ["the role starts no work of the SDK's: the defaults name its bucket"]
    return Defaults(made, (*nothing, *_notes(role, values)))


def _is_run_as(granted: set[str]) -> bool:
    """Tell whether jobs run as the role: it pulls their images, and starts nothing itself."""
    starts = any(section.action in granted for section in _SECTIONS.values())
    return "ecr:GetDownloadUrlForLayer" in granted and not starts


def _modules(role: ComposedRole, values: Mapping[str, Any], granted: set[str]) -> Json:
    modules: Json = {}
    bucket = next(iter(_buckets(role)), None)
    if bucket:
        modules["Session"] = {"DefaultS3Bucket": bucket}
    if prefix := _prefix(role, bucket):
        modules["Session"]["DefaultS3ObjectKeyPrefix"] = prefix
    if _REMOTE.action in granted and "network-isolation" not in values:
        modules["RemoteFunction"] = _filled(_REMOTE, role, values)
    return modules


def _buckets(role: ComposedRole) -> Sequence[str]:
    return [bucket for bucket in role.parameters.get("work_buckets", ()) if _plain(bucket)]


def _prefix(role: ComposedRole, bucket: str | None) -> str | None:
    """Return the part of the *bucket* that the role may write to, where it may not write to all of it."""
    keys = [
        resource.partition(f":::{bucket}/")[2]
        for one in role.unfolded
        if one.effect is Effect.ALLOW and "s3:PutObject" in one.actions
        for resource in one.resources
        if f":::{bucket}/" in resource
    ]
    prefixes = [key.removesuffix("/*") for key in keys if key.endswith("/*") and _plain(key.removesuffix("/*"))]
    return prefixes[0] if prefixes and "*" not in keys else None


def _plain(text: str) -> bool:
    """Tell whether *text* names one thing: no wildcard, no policy variable."""
    return bool(text) and not {"*", "?"} & set(text) and not opens_variable(text)


def _filled(section: _Section, role: ComposedRole, values: Mapping[str, Any]) -> Json:
    """Return *section* with what the guardrails and the role ask."""
    filled: Json = {}
    wanted = {
        section.role: _role_arn(section, role),
        section.vpc: _vpc(values),
        section.volume: _first(values, "volume-kms-key", "keys"),
        section.output: _first(values, "output-kms-key", "keys"),
        section.isolation: True if "network-isolation" in values else None,
        section.encryption: True if "inter-container-encryption" in values else None,
        section.tags: _tags(role),
    }
    for path, value in wanted.items():
        if path and value is not None:
            _put(filled, path.split("."), value)
    return filled


def _put(target: Json, path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        target = target.setdefault(step, {})
    target[path[-1]] = value


def _role_arn(section: _Section, role: ComposedRole) -> str | None:
    """Return the first role that it may pass there; its own where it passes none, as jobs then run as it."""
    passed = role.parameters.get(section.roles)
    if passed is None:
        return None if role.parameters.get("pass_roles") or section.roles != "pass_roles" else role.spec.arn
    return next(filter(_plain, passed), None)


def _vpc(values: Mapping[str, Any]) -> Json | None:
    """Return the VPC's settings; the API takes no subnets without security groups."""
    subnets, groups = (values.get("vpc", {}).get(name, ()) for name in ("subnets", "security_groups"))
    return {"SecurityGroupIds": list(groups), "Subnets": list(subnets)} if subnets and groups else None


def _first(values: Mapping[str, Any], guardrail: str, parameter: str) -> str | None:
    found = values.get(guardrail, {}).get(parameter, ())
    return found[0] if found else None


def _tags(role: ComposedRole) -> list[Json] | None:
    """Return the tags that ABAC asks of what is made: the role's own, which its sessions carry."""
    tags = [{"Key": key, "Value": role.spec.tag[key]} for key in role.spec.abac if key in role.spec.tag]
    return tags or None


def _add_feature_keys(sections: dict[str, Json], values: Mapping[str, Any]) -> None:
    key = _first(values, "feature-group-keys", "keys")
    if key and "FeatureGroup" in sections:
        _put(sections["FeatureGroup"], ["OfflineStoreConfig", "S3StorageConfig", "KmsKeyId"], key)
        _put(sections["FeatureGroup"], ["OnlineStoreConfig", "SecurityConfig", "KmsKeyId"], key)


def _notes(role: ComposedRole, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the file does not say, or says for one choice of several."""
    beyond = sorted(one.name for one in role.guardrails if one.actions and one.name not in _IN_THE_FILE)
    if beyond:
        yield f"the SDK's defaults can't say what {', '.join(beyond)} ask; calls must keep to them by themselves"
    vpc = values.get("vpc", {})
    if vpc.get("subnets") and not vpc.get("security_groups"):
        yield "no VPC in the defaults: SageMaker takes subnets only together with --security-group"
    if "network-isolation" in values:
        yield "remote functions (@remote) know no network isolation, so the defaults have none for them"
    if "volume-kms-key" in values:
        yield "instances with local NVMe storage refuse the volume key: leave it out in calls that use them"
    yield from _choice_notes(role, values)


def _choice_notes(role: ComposedRole, values: Mapping[str, Any]) -> Iterator[str]:
    several = {
        "pass_roles": role.parameters.get("pass_roles", ()),
        "work_buckets": role.parameters.get("work_buckets", ()),
        **{name: values.get(name, {}).get("keys", ()) for name in ("volume-kms-key", "output-kms-key")},
    }
    for name, found in several.items():
        plain = list(filter(_plain, found))
        if len(found) > 1 and plain:
            yield f"the defaults name the first of {name}: {plain[0]}"
    if (buckets := role.parameters.get("work_buckets")) and not any(map(_plain, buckets)):
        yield f"no bucket in the defaults: {', '.join(buckets)} is another one for each value of the caller's tag"
    if (passed := role.parameters.get("pass_roles")) and not any(map(_plain, passed)):
        yield f"no execution role in the defaults: {', '.join(passed)} names no single role"
    untold = [key for key in role.spec.abac if key not in role.spec.tag]
    if untold:
        yield f"no tag {', '.join(untold)} in the defaults: its value comes with each session"
