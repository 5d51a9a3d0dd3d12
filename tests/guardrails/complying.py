"""
What a caller sends who keeps to a role's guardrails: written from AWS's API, not from the Denies.

An SDK call for a training job on an ordinary instance type names its type, its volume key, its subnets; one
on a type with local storage leaves the volume key out, for AWS would refuse it; a schedule that names its job
definition, an update of something else, and a serverless endpoint configuration say nothing of either. That is
written here by kind of call, and the guardrails give only the values.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tests.guardrails.judging import RENAMED
from tests.support import DATA

Limits: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""The guardrails of a role by name, each with the values of its parameters."""


def _actions(*names: str) -> frozenset[str]:
    return frozenset(f"sagemaker:{name}" for name in names)


DEFINITIONS = _actions(
    "CreateDataQualityJobDefinition", "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
)  # fmt: skip
RUNS = _actions("CreateTrainingJob", "CreateHyperParameterTuningJob", "CreateProcessingJob")
TRANSFORM = _actions("CreateTransformJob")
AUTO_ML = _actions("CreateAutoMLJob", "CreateAutoMLJobV2")
MODELS = _actions("CreateModel")
CONFIGS = _actions("CreateEndpointConfig")
SESSIONS = _actions("CreateTrainingSession")
NOTEBOOKS = _actions("CreateNotebookInstance")
CLUSTERS = _actions("CreateCluster")
CHANGED_CLUSTERS = _actions("UpdateCluster")
DOMAINS = _actions("CreateDomain")
PROFILES = _actions("CreateUserProfile", "UpdateUserProfile", "UpdateDomain")
OPENING = _actions(
    "CreatePresignedDomainUrl", "CreatePresignedNotebookInstanceUrl", "CreatePresignedMlflowTrackingServerUrl",
    "CreatePresignedMlflowAppUrl", "CreatePartnerAppPresignedUrl", "CreateHubContentPresignedUrls", "StartSession",
)  # fmt: skip
SPACES = _actions("CreateSpace", "UpdateSpace", "CreateApp")
PACKAGES = _actions("CreateModelPackage", "UpdateModelPackage")

LOCAL_STORAGE = (
    "ml.c5d.", "ml.c6id.", "ml.g4dn.", "ml.g5.", "ml.g6.", "ml.g6e.", "ml.m5d.", "ml.m6id.", "ml.p3dn.", "ml.p4d.",
    "ml.p4de.", "ml.p5.", "ml.r5d.", "ml.r6id.", "ml.trn1.",
)  # fmt: skip
"""Families whose disks are local and encrypt by themselves; AWS takes no volume key for jobs and endpoints on them."""

_USUAL_TYPES = {RUNS | TRANSFORM | DEFINITIONS | CONFIGS: "ml.m5.xlarge", NOTEBOOKS: "ml.t3.medium", SPACES: "ml.t3.medium", CLUSTERS | CHANGED_CLUSTERS: "ml.c5.xlarge"}  # fmt: skip
_TYPES_BY = {RUNS | TRANSFORM | DEFINITIONS | CONFIGS: "instance-types", NOTEBOOKS: "notebook-instance-types", SPACES: "studio-instance-types", CLUSTERS | CHANGED_CLUSTERS: "cluster-instance-types"}  # fmt: skip


def complying_context(action: str, limits: Limits, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return what a call of *action* under *limits* carries, where its caller already said *said*.

    What must be carried is filled in, what is said against a limit is said right; keys that AWS renamed are
    filled under both names. Nothing is added that AWS does not send with the action.
    """
    context = {key: _one(value) for key, value in (said or {}).items()}
    serverless = any(key.startswith("sagemaker:Serverless") for key in context)
    for key, value in _demanded(action, limits, context, serverless):
        _put(context, key, value)
    for key, value in _corrected(limits, context):
        _put(context, key, value)
    return {key: value for key, value in context.items() if value is not None and _sent(action, key)}


def thorough_context(action: str, limits: Limits, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a caller under *limits* sends who also says what could be left out."""
    context = complying_context(action, limits, said)
    optional = {key: value for key, value in _optional(limits) if key not in context and _sent(action, key)}
    return {**context, **optional}


def _one(value: Any) -> Any:
    """Return *value* by itself where it is the only one of a list."""
    return value[0] if isinstance(value, tuple | list) and len(value) == 1 else value


def _put(context: dict[str, Any], key: str, value: Any) -> None:
    context[key] = value
    if key in RENAMED:
        context[RENAMED[key]] = value


def _sent(action: str, key: str) -> bool:
    """Tell whether AWS sends *key* with *action*; global keys and those of other services always are."""
    if not key.startswith("sagemaker:") or not action.startswith("sagemaker:"):
        return True
    if key.startswith(
        ("sagemaker:ResourceTag/", "sagemaker:DomainId", "sagemaker:UserProfileName", "sagemaker:Current")
    ):
        return True
    keys = DATA.actions.get_action_details("sagemaker", action.partition(":")[2])["conditionKeys"]
    heads = {name.split("$")[0] for name in keys}
    return key in keys or RENAMED.get(key) in keys or any(key.startswith(head) for head in heads if head.endswith("/"))


def _demanded(action: str, limits: Limits, said: Mapping[str, Any], serverless: bool) -> Iterator[tuple[str, Any]]:
    """Yield what the caller must say: where a field left out would mean what the limit is against."""
    types = None if serverless else _types(action, limits, said)
    if types:
        yield "sagemaker:InstanceTypes", types
    yield from _keys_demanded(action, limits, types or [], serverless)
    yield from _network_demanded(action, limits)
    if "inter-container-encryption" in limits and action in RUNS | AUTO_ML | DEFINITIONS:
        yield "sagemaker:InterContainerTrafficEncryption", "true"
    if "max-runtime" in limits and action in RUNS | DEFINITIONS:
        most = int(limits["max-runtime"]["seconds"][0])
        yield "sagemaker:MaxRuntimeInSeconds", str(min(most, int(said.get("sagemaker:MaxRuntimeInSeconds", 3600))))
    if "search-visibility" in limits and action == "sagemaker:Search":
        tag, values = limits["search-visibility"]["tag"][0], limits["search-visibility"]["values"]
        yield f"sagemaker:SearchVisibilityCondition/Tags.{tag}/EqualsIfExists", values[0]
    yield from _notebook_demanded(action, limits)
    if "caller-network" in limits and action in OPENING:
        yield from _from_a_named_network(limits["caller-network"])


def _from_a_named_network(values: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Any]]:
    """Yield where the caller is: at an address that is named, else behind an endpoint that is."""
    if ranges := values["ip_ranges"]:
        yield "aws:SourceIp", ranges[0].partition("/")[0]
    elif networks := values["networks"]:
        yield "aws:SourceVpc", networks[0]
    else:
        yield "aws:SourceVpce", values["endpoints"][0]


def _types(action: str, limits: Limits, said: Mapping[str, Any]) -> list[str] | None:
    """Return the instance types of the call: those said where they are allowed, else one that is."""
    for actions, name in _TYPES_BY.items():
        if action in actions:
            lists = [limits[one]["types"] for one in (name, f"named-{name}") if one in limits]
            allowed = (
                tuple(one for one in lists[0] if all(_allowed(_concrete(one), more) for more in lists))
                if lists
                else None
            )
            wanted = said.get("sagemaker:InstanceTypes")
            wanted = [wanted] if isinstance(wanted, str) else list(wanted or ())
            if wanted and (allowed is None or all(_allowed(one, allowed) for one in wanted)):
                return wanted
            if action in SPACES | CHANGED_CLUSTERS:
                return [_concrete(allowed[-1])] if allowed and wanted else None
            usual = next(usual for kinds, usual in _USUAL_TYPES.items() if action in kinds)
            return [_concrete(allowed[0])] if allowed else [usual]
    return None


def _allowed(instance_type: str, allowed: Iterable[str]) -> bool:
    return any(one == instance_type or (one.endswith("*") and instance_type.startswith(one[:-1])) for one in allowed)


def _concrete(pattern: str) -> str:
    return pattern.replace("*", "xlarge") if pattern.startswith("ml.") else pattern.replace("*", "x")


def _keys_demanded(action: str, limits: Limits, types: list[str], serverless: bool) -> Iterator[tuple[str, Any]]:
    volume = limits.get("volume-kms-key", {}).get("keys")
    local = any(one.startswith(LOCAL_STORAGE) for one in types)
    if volume and action in NOTEBOOKS | AUTO_ML:
        yield "sagemaker:VolumeKmsKey", volume[0]
    elif volume and action in RUNS | TRANSFORM | DEFINITIONS | CONFIGS and not serverless:
        yield "sagemaker:VolumeKmsKey", None if local else volume[0]
    if "domain-kms-key" in limits and action in DOMAINS:
        yield "sagemaker:VolumeKmsKey", limits["domain-kms-key"]["keys"][0]
    if "output-kms-key" in limits and action in RUNS | TRANSFORM | AUTO_ML | DEFINITIONS | SESSIONS:
        yield "sagemaker:OutputKmsKey", limits["output-kms-key"]["keys"][0]
    if "feature-group-keys" in limits and action == "sagemaker:CreateFeatureGroup":
        key = limits["feature-group-keys"]["keys"][0]
        yield from {
            "sagemaker:FeatureGroupEnableOnlineStore": "true",
            "sagemaker:FeatureGroupOnlineStoreKmsKey": key,
            "sagemaker:FeatureGroupOfflineStoreConfig": "true",
            "sagemaker:FeatureGroupOfflineStoreKmsKey": key,
        }.items()


def _network_demanded(action: str, limits: Limits) -> Iterator[tuple[str, Any]]:
    if "network-isolation" in limits and action in RUNS | DEFINITIONS | MODELS:
        yield "sagemaker:NetworkIsolation", "true"
    for name, actions in {
        "vpc": RUNS | AUTO_ML | MODELS | DEFINITIONS | SESSIONS,
        "notebook-vpc": NOTEBOOKS,
        "cluster-vpc": CLUSTERS,
        "studio-vpc": DOMAINS,
    }.items():
        if name in limits and action in actions:
            yield "sagemaker:VpcSubnets", list(limits[name]["subnets"])
            yield "sagemaker:VpcSecurityGroupIds", list(limits[name]["security_groups"]) or ["sg-0cafe"]
    if "studio-vpc-only" in limits and action in DOMAINS:
        yield "sagemaker:AppNetworkAccessType", "VpcOnly"


def _notebook_demanded(action: str, limits: Limits) -> Iterator[tuple[str, Any]]:
    if action in NOTEBOOKS:
        for name, key, value in (
            ("root-access", "RootAccess", "Disabled"),
            ("direct-internet-access", "DirectInternetAccess", "Disabled"),
            ("imds-v2", "MinimumInstanceMetadataServiceVersion", "2"),
        ):
            if name in limits:
                yield f"sagemaker:{key}", value


def _optional(limits: Limits) -> Iterator[tuple[str, Any]]:
    """Yield what may be left out, with values that keep to *limits*."""
    for name, parameter, key in (
        ("approved-images", "images", "ImageArns"),
        ("lifecycle-configs", "configs", "StudioLifecycleConfigArns"),
        ("notebook-lifecycle-configs", "configs", "NotebookInstanceLifecycleConfigArns"),
        ("approved-models", "models", "ModelArn"),
        ("domain-sharing-key", "keys", "DomainSharingOutputKmsKey"),
        ("file-systems", "file_systems", "FileSystemId"),
        ("keep-alive", "seconds", "KeepAlivePeriod"),
    ):
        if name in limits:
            yield f"sagemaker:{key}", _concrete(limits[name][parameter][0])
    if "remote-debug" in limits:
        yield "sagemaker:EnableRemoteDebug", "false"
    if "remote-access" in limits:
        yield "sagemaker:RemoteAccess", "DISABLED"


def _corrected(limits: Limits, said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what the caller said beyond a limit on optional fields, as it may be said; None where not at all."""
    kept = dict(_optional(limits))
    yield from ((key, value) for key, value in kept.items() if key in said)
    if "approved-images" in limits and "sagemaker:ImageVersionArns" in said:
        yield "sagemaker:ImageVersionArns", None
    if "serverless-limits" in limits:
        for parameter, key in (
            ("concurrency", "sagemaker:ServerlessMaxConcurrency"),
            ("memory", "sagemaker:ServerlessMemorySize"),
        ):
            if key in said:
                yield key, str(min(int(said[key]), int(limits["serverless-limits"][parameter][0])))
    if "model-approval" in limits:
        yield from _approval_corrected(limits["model-approval"], said)


def _approval_corrected(values: Mapping[str, tuple[str, ...]], said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a decision that may be set, first of all one that approves nothing; without any the caller says none."""
    if said.get("sagemaker:ModelApprovalStatus", values["statuses"][0]) not in values["statuses"]:
        yield "sagemaker:ModelApprovalStatus", "Rejected" if "Rejected" in values["statuses"] else None
    if values["stages"] and said.get("sagemaker:ModelLifeCycle:Stage", values["stages"][0]) not in values["stages"]:
        yield "sagemaker:ModelLifeCycle:Stage", values["stages"][0]
