"""Mutants of personas and activity groups: what must never be is granted, or what keeps it away is lost."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.prove.mutants import CATALOG, Data, Mutant, entry, never_and_alive, proven, write

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.substitute import fill
from rolemgr.model.catalog import Forbidden
from rolemgr.prove.catalog import subject_of
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.quirks import several_values
from rolemgr.reference.services import expand
from rolemgr.separation.managed import all_of


def never_mutants() -> Iterator[Mutant]:
    """Yield every entry of a persona's `never`, granted to it by one more group; entries of several personas once."""
    entries = {
        str(never.forbidden): (name, never.forbidden)
        for name in CATALOG.found("personas")
        for never in resolve_persona(CATALOG, name).never
    }
    slips = {f"slip-{number}": found for number, found in enumerate(entries.values())}
    catalog: list[Catalog] = []  # of all slips: what is read once serves all

    def found_by(folder: Path, group: str) -> list[str]:
        if not catalog:
            for name, (persona, forbidden) in slips.items():
                write(folder, "activity_groups", name, _slip(persona, forbidden))
            catalog.append(Catalog([folder]))
            for name in slips:
                catalog[0].activity_group(name)
        choices = {"persona": slips[group][0], "add": [group], "break_separation": "a mutant"}
        return [one.name for one in never_and_alive(subject_of(catalog[0], choices)) if not one.holds]

    for group, (persona, forbidden) in slips.items():
        yield Mutant(f"persona {persona} may {forbidden}", lambda folder, group=group: found_by(folder, group))  # type: ignore[misc]


@cache
def _never_values(persona: str) -> Mapping[str, tuple[str, ...]]:
    return subject_of(CATALOG, {"persona": persona}).rendered.role.never_values


def _slip(persona: str, forbidden: Forbidden) -> Data:
    """Return a group that grants an action that *forbidden* speaks of, where it speaks of it."""
    action = next(iter(expand(forbidden.action)))
    resources = fill(forbidden.resource, _never_values(persona))
    own = [one for one in all_of(action, "aws") if one != "*"]
    found = list(resources) if forbidden.resource != "*" else own
    slip = {"sid": "Slip", "actions": [action], "resources": found}
    # only where the entry speaks of it: what a Deny takes away there is then a dead grant
    conditions = {"conditions": _of_context(action, forbidden.context)} if forbidden.context else {}
    return {"title": "S", "description": "S.", "statements": [{**slip, **conditions}]}


def _of_context(action: str, context: Mapping[str, Sequence[str]]) -> Data:
    conditions: Data = {}
    for key, values in context.items():
        found = find_key(key)
        several = bool(found and found.multivalued) or key.lower() in several_values(action)
        conditions.setdefault("ForAnyValue:StringEquals" if several else "StringEquals", {})[key] = list(values)
    return conditions


@dataclass(frozen=True)
class _Slip:
    """A slip in a group: which statement, what becomes of it, and the role that has the group."""

    group: str
    sid: str
    what: str
    change: Callable[[Data], Data | None]
    choices: Mapping[str, Any]


def without(operator: str, key: str) -> Callable[[Data], Data]:
    """Return the change that loses one condition."""

    def change(statement: Data) -> Data:
        conditions = copy.deepcopy(statement["conditions"])
        del conditions[operator][key]
        return {**statement, "conditions": {name: block for name, block in conditions.items() if block}}

    return change


def other_operator(operator: str, other: str) -> Callable[[Data], Data]:
    """Return the change that swaps an operator."""
    return lambda statement: {**statement, "conditions": {
        other if name == operator else name: block for name, block in statement["conditions"].items()}}  # fmt: skip


def on(*resources: str) -> Callable[[Data], Data]:
    """Return the change to other resources."""
    return lambda statement: {**statement, "resources": list(resources)}


def dropped(_statement: Data) -> None:
    """Lose the statement."""


def less(action: str) -> Callable[[Data], Data]:
    """Return the change that loses an action."""
    return lambda statement: {**statement, "actions": [one for one in statement["actions"] if one != action]}


def with_deny(group: str, actions: Sequence[str], conditions: Data | None = None) -> Callable[[Path], list[str]]:
    """Return what finds a Deny, added to *group*, that kills what it or another group grants."""

    def found_by(folder: Path) -> list[str]:
        data = entry("activity_groups", group)
        first = data["statements"][0]
        deny = {**first, "sid": "Slip", "effect": "Deny", "actions": list(actions)}
        deny.pop("conditions", None)
        data["statements"].append({**deny, **({"conditions": conditions} if conditions else {})})
        write(folder, "activity_groups", group, data)
        return proven(folder, {"persona": "data-scientist"})

    return found_by


def _of_slip(slip: _Slip) -> Mutant:
    def found_by(folder: Path) -> list[str]:
        data = entry("activity_groups", slip.group)
        statements = []
        for statement in data["statements"]:
            kept = slip.change(statement) if statement["sid"] == slip.sid else statement
            statements += [kept] if kept else []
        if statements == data["statements"]:
            raise ValueError(f"{slip.group} has no such statement {slip.sid}")
        write(folder, "activity_groups", slip.group, {**data, "statements": statements})
        return proven(folder, slip.choices, never_and_alive)

    return Mutant(f"group {slip.group}, {slip.sid}: {slip.what}", found_by)


OWN = {"persona": "data-scientist"}
OPS = {"persona": "mlops-engineer"}
MAKER = {"persona": "ml-engineer"}
UNIFIED = {"persona": "unified-studio-user"}
DATA = {"persona": "data-engineer"}
SECRET = {**DATA, "parameter": {"secrets": ["ml/db"]}}
BUILD = {"persona": "sagemaker-image-build"}
LAUNCH = {"persona": "sagemaker-project-launch"}
DELIVER = {"persona": "sagemaker-project-use"}
SPARK = {**DATA, "parameter": {
    "emr_applications": ["00abc"], "studio_clusters": ["j-1"],
    "emr_runtime_roles": ["arn:aws:iam::111122223333:role/sagemaker-emr-serverless"],
}}  # fmt: skip
SLIPS = [
    _Slip("protect-models", "ModelsAreReadOnly", "the Deny is lost", dropped, OWN),
    _Slip("protect-models", "ModelsAreReadOnly", "without PutObject", less("s3:PutObject"), OWN),
    _Slip("protect-models", "ModelsAreReadOnly", "without DeleteObject", less("s3:DeleteObject"), OWN),
    _Slip("protect-models", "ModelsAreReadOnly", "on another prefix", on("arn:{{ partition }}:s3:::{{ models }}/old/*"), OWN),
    _Slip("protect-models", "ModelsAreReadOnly", "without PutObject, for MLOps", less("s3:PutObject"), OPS),
    _Slip("register-models", "RegisterUnapproved", "any status", without("StringEqualsIfExists", "sagemaker:ModelApprovalStatus"), MAKER),
    _Slip("register-models", "RegisterUnapproved", "all but the status", other_operator("StringEqualsIfExists", "StringNotEquals"), MAKER),
    _Slip("register-models", "RegisterUnapproved", "any stage", lambda one: without("Null", "sagemaker:ModelLifeCycle:Stage")(without("Null", "sagemaker:ModelLifeCycle:StageStatus")(one)), MAKER),
    _Slip("run-studio-apps", "OwnPrivateSpaces", "anybody's spaces", without("ArnLike", "sagemaker:OwnerUserProfileArn"), OWN),
    _Slip("run-studio-apps", "OwnPrivateSpaces", "others' spaces", other_operator("ArnLike", "ArnNotLike"), OWN),
    _Slip("run-studio-apps", "OwnPrivateSpaces", "the owner, if there is one", other_operator("ArnLike", "ArnLikeIfExists"), OWN),
    _Slip("run-studio-apps", "OwnPrivateSpaces", "shared spaces", without("StringEquals", "sagemaker:SpaceSharingType"), OWN),
    _Slip("run-studio-apps", "OwnPrivateSpaces", "all but private spaces", other_operator("StringEquals", "StringNotEquals"), OWN),
    _Slip("run-studio-apps", "ConnectToOwnSpace", "anybody's session", without("ArnLike", "aws:ResourceTag/sagemaker:user-profile-arn"), OWN),
    _Slip("open-studio", "OpenOwnProfile", "any profile", on("arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:user-profile/*"), OWN),
    _Slip("open-studio", "OpenOwnProfile", "any profile of the domain", on("arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:user-profile/${sagemaker:DomainId}/*"), OWN),
    _Slip("run-unified-spaces", "OwnUnifiedProfile", "any profile", without("StringEquals", "aws:ResourceTag/AmazonDataZoneUser"), UNIFIED),
    _Slip("run-unified-spaces", "OwnUnifiedSpaces", "anybody's spaces", without("StringEquals", "aws:ResourceTag/AmazonDataZoneUser"), UNIFIED),
    _Slip("run-unified-spaces", "OwnUnifiedSpaces", "others' spaces", other_operator("StringEquals", "StringNotEquals"), UNIFIED),
    _Slip("run-unified-spaces", "OwnUnifiedSpaces", "shared spaces", without("StringEquals", "sagemaker:SpaceSharingType"), UNIFIED),
    _Slip("run-unified-spaces", "ConnectToOwnUnifiedSpace", "the mark, if there is one", other_operator("StringEquals", "StringEqualsIfExists"), UNIFIED),
    _Slip("run-unified-spaces", "KeepUnifiedMarks", "the Deny is lost", dropped, UNIFIED),
    _Slip("run-glue-sessions", "StartOwnSessions", "marked as anybody's", without("StringEquals", "aws:RequestTag/owner"), DATA),
    _Slip("run-glue-sessions", "StartOwnSessions", "the mark, if there is one", other_operator("StringEquals", "StringEqualsIfExists"), DATA),
    _Slip("run-glue-sessions", "TagOwnSessions", "anybody's session", without("StringEquals", "aws:ResourceTag/owner"), DATA),
    _Slip("run-glue-sessions", "TagOwnSessions", "given away", without("StringEquals", "aws:RequestTag/owner"), DATA),
    _Slip("run-glue-sessions", "RunInOwnSessions", "in anybody's session", without("StringEquals", "aws:ResourceTag/owner"), DATA),
    _Slip("run-glue-sessions", "RunInOwnSessions", "in others' sessions", other_operator("StringEquals", "StringNotEquals"), DATA),
    _Slip("run-glue-sessions", "PassGlueRole", "passes the data scientist's role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-data-scientist"), DATA),
    _Slip("run-emr-serverless", "PassEmrRole", "passes the data scientist's role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-data-scientist"), SPARK),
    _Slip("connect-emr-clusters", "ConnectAsRuntimeRole", "as any role", without("ArnLike", "elasticmapreduce:ExecutionRoleArn"), SPARK),
    _Slip("connect-emr-clusters", "ConnectAsRuntimeRole", "as other roles", other_operator("ArnLike", "ArnNotLike"), SPARK),
    _Slip("connect-emr-clusters", "ConnectAsRuntimeRole", "the role, if there is one", other_operator("ArnLike", "ArnLikeIfExists"), SPARK),
    _Slip("read-named-secrets", "NamedSecrets", "any secret", on("arn:{{ partition }}:secretsmanager:{{ region }}:{{ account }}:secret:*"), SECRET),
    _Slip("read-named-secrets", "NamedSecrets", "whose name begins like it", on("arn:{{ partition }}:secretsmanager:{{ region }}:{{ account }}:secret:{{ secrets }}*"), SECRET),
    _Slip("push-images", "PushImages", "to any repository", on("arn:{{ partition }}:ecr:{{ region }}:{{ account }}:repository/*"), BUILD),
    _Slip("run-in-codebuild", "ReadBuildContexts", "any object", on("arn:{{ partition }}:s3:::{{ work_buckets }}/*"), BUILD),
    _Slip("build-images", "PassBuildRole", "passes MLOps' role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-mlops-engineer"), {**MAKER, "add": ["build-images"]}),
    _Slip("launch-projects", "ProductTemplates", "any object", without("StringEquals", "s3:ExistingObjectTag/servicecatalog:provisioning"), LAUNCH),
    _Slip("make-project-resources", "PassProjectUseRole", "passes MLOps' role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-mlops-engineer"), LAUNCH),
    _Slip("make-project-resources", "PassProjectUseRole", "to CloudFormation, too", without("StringEquals", "iam:PassedToService"), LAUNCH),
    _Slip("deliver-project-code", "ProjectArtifacts", "anywhere in the bucket", on("arn:{{ partition }}:s3:::{{ work_buckets }}/*"), DELIVER),
    _Slip("start-scheduled-pipelines", "StartScheduledPipelines", "any pipeline", on("arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:pipeline/*"), {"persona": "pipeline-scheduler"}),
    _Slip("run-training-jobs", "PassExecutionRole", "passes the pipeline role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-pipeline"), OWN),
    _Slip("run-training-jobs", "PassExecutionRole", "passes any role", on("arn:{{ partition }}:iam::{{ account }}:role/*"), OWN),
    _Slip("run-training-jobs", "PassExecutionRole", "passes MLOps' role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-mlops-engineer"), OWN),
    _Slip("run-training-jobs", "PassExecutionRole", "passes the pipeline role, for the emergency", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-pipeline"), {"persona": "mlops-emergency"}),
    _Slip("create-models", "PassExecutionRole", "passes the data scientist's role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-data-scientist"), OPS),
    _Slip("author-pipelines", "PassPipelineRole", "passes MLOps' role", on("arn:{{ partition }}:iam::{{ account }}:role/sagemaker-mlops-engineer"), MAKER),
    _Slip("manage-alarms", "NotifyingAlarms", "alarms do anything", without("ForAllValues:StringLike", "cloudwatch:AlarmActions"), OPS),
    _Slip("manage-alarms", "NotifyingAlarms", "a Null is lost", without("Null", "cloudwatch:AlarmActions"), OPS),
    _Slip("manage-alarms", "NotifyingAlarms", "any, not all values", other_operator("ForAllValues:StringLike", "ForAnyValue:StringLike"), OPS),
    _Slip("manage-alarms", "NotifyingAlarms", "turned round", other_operator("ForAllValues:StringLike", "ForAllValues:StringNotLike"), OPS),
    _Slip("manage-alarms", "SilentAlarms", "the Null is lost", without("Null", "cloudwatch:AlarmActions"), OPS),
    _Slip("manage-alarms", "BreakGlassAlarms", "the Deny is lost", dropped, {**OPS, "parameter": {"alarm_names": ["*"]}}),
    _Slip("manage-alarms", "BreakGlassAlarms", "without SetAlarmState", less("cloudwatch:SetAlarmState"), {**OPS, "parameter": {"alarm_names": ["*"]}}),
    _Slip("autoscale-endpoints", "ScalingServiceRole", "any service's role", without("StringEquals", "iam:AWSServiceName"), OPS),
    _Slip("autoscale-endpoints", "ScalingAlarms", "alarms do anything", without("ForAllValues:StringLike", "cloudwatch:AlarmActions"), OPS),
    _Slip("autoscale-endpoints", "ScalingAlarms", "a Null is lost", without("Null", "cloudwatch:AlarmActions"), OPS),
    _Slip("autoscale-endpoints", "ScalingAlarms", "any, not all values", other_operator("ForAllValues:StringLike", "ForAnyValue:StringLike"), OPS),
]  # fmt: skip


def catalog_mutants() -> Iterator[Mutant]:
    """Yield slips in activity groups that break what a persona must never do, or leave a grant without effect."""
    yield from map(_of_slip, SLIPS)
    yield Mutant("group run-training-jobs: denies what it grants",
                 with_deny("run-training-jobs", ["sagemaker:CreateTrainingJob"]))  # fmt: skip
    yield Mutant("group run-training-jobs: a Deny with a condition that always holds",
                 with_deny("run-training-jobs", ["sagemaker:CreateTrainingJob"],
                           {"StringLikeIfExists": {"sagemaker:VpcSubnets": "*"}}))  # fmt: skip
