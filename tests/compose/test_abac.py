"""ABAC: a caller reaches what carries the caller's own tag, and moves no tag; all else works as before."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import Field
from tests.abac_support import SELDOM_TAGGED, SHARED, policies_of, shares_of, taggable, type_of, under_tags
from tests.support import faults, rendered, role_spec, statements_of
from tests.test_catalog_policies import GROUPS, role_of

from rolemgr.compose.abac.denies import all_denies
from rolemgr.compose.abac.models import held_to_model_names, model_names
from rolemgr.compose.abac.scope import with_tags
from rolemgr.compose.abac.tags import missing_tags
from rolemgr.compose.join import join
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.base import Model
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedRole, ComposedStatement, LeftOpen
from rolemgr.prove.witness import witnesses

CASES = Path(__file__).parent / "abac"
ARN = "arn:aws:sagemaker:us-east-1:111122223333:"
OWN: dict[str, Any] = {"aws:PrincipalTag/Project": "churn"}
WHERE = SourceLocation("--abac")


class Resource(Model):
    """Something of a project, with what makes it and what uses it."""

    what: str
    resource: str
    makes: tuple[str, ...]
    uses: tuple[str, ...]


class Tagging(Model):
    """A request of AddTags: the tags that it writes, those that are there, and the call that it comes with."""

    claim: str
    resource: str
    tags: dict[str, str]
    resource_tags: dict[str, str] = Field(default_factory=dict)
    created_by: str | None = None
    untagged_caller: bool = False
    allowed: bool = False


class _Resources(Model):
    entries: tuple[Resource, ...]


class _Taggings(Model):
    entries: tuple[Tagging, ...]


def _entries(name: str) -> dict[str, Any]:
    return {"entries": read_yaml(CASES / name, name).data}


RESOURCES = _Resources.model_validate(_entries("resources.yaml")).entries
TAGGINGS = _Taggings.model_validate(_entries("tagging.yaml")).entries


EXPERIMENTS = ("manage-experiments", "search-experiments")
"""Groups that no persona has by default, and whose resources carry tags."""


@cache
def ml_engineer(*keys: str) -> Policies:
    """Return the policies of an ML engineer's role under the tag *keys*, without guardrails."""
    tags = dict.fromkeys(keys, "churn")
    return rendered(
        persona="ml-engineer", add=list(EXPERIMENTS), abac=list(keys), tag=tags, no_default_guardrails=True
    ).policies()


def allowed(action: str, resource: str, context: Mapping[str, Any], *keys: str) -> bool:
    """Tell whether an ML engineer under the tag *keys* (Project alone unless given) may do *action*."""
    request = Request(f"sagemaker:{action}", resource, context_of(context))
    return evaluate(request, ml_engineer(*(keys or ("Project",)))).decision == "Allowed"


def request_tags(**tags: str) -> dict[str, Any]:
    """Return the context of a request that brings *tags*."""
    return {f"aws:RequestTag/{key}": value for key, value in tags.items()} | {"aws:TagKeys": list(tags)}


def resource_tags(**tags: str) -> dict[str, Any]:
    """Return the context of a request for a resource that carries *tags*."""
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


MAKES = [(one.what, action, one.resource) for one in RESOURCES for action in one.makes]
USES = [(one.what, action, one.resource) for one in RESOURCES for action in one.uses]


@pytest.mark.parametrize(("what", "action", "resource"), MAKES)
def test_what_is_made_carries_the_own_tag(what: str, action: str, resource: str) -> None:
    """A creation with the own tag is allowed; with another's, with none, or by somebody without one it is not."""
    assert allowed(action, resource, OWN | request_tags(Project="churn"))
    assert not allowed(action, resource, OWN | request_tags(Project="fraud"))
    assert not allowed(action, resource, OWN | request_tags(Team="churn"))
    assert not allowed(action, resource, OWN)
    assert not allowed(action, resource, request_tags(Project="churn"))
    assert not allowed(action, resource, {})


@pytest.mark.parametrize(("what", "action", "resource"), USES)
def test_what_is_used_carries_the_own_tag(what: str, action: str, resource: str) -> None:
    """The own resource is allowed; another's, one without the tag, or any to somebody without one is not."""
    assert allowed(action, resource, OWN | resource_tags(Project="churn"))
    assert not allowed(action, resource, OWN | resource_tags(Project="fraud"))
    assert not allowed(action, resource, OWN | resource_tags(Team="churn"))
    assert not allowed(action, resource, OWN)
    assert not allowed(action, resource, resource_tags(Project="churn"))
    assert not allowed(action, resource, {})
    assert not allowed(action, resource, OWN | request_tags(Project="churn"))


@pytest.mark.parametrize("case", TAGGINGS, ids=lambda case: cast("Tagging", case).claim)
def test_tags_stay_where_they_are(case: Tagging) -> None:
    """The own value may be written on the own and on the new; nothing is taken over or given away."""
    context = request_tags(**case.tags) | resource_tags(**case.resource_tags) | ({} if case.untagged_caller else OWN)
    context |= {"sagemaker:TaggingAction": case.created_by} if case.created_by else {}
    context |= {"sagemaker:DomainId": "d-abc", "sagemaker:UserProfileName": "ana"}
    assert allowed("AddTags", ARN + case.resource, context) is case.allowed


def test_nobody_deletes_the_tag() -> None:
    """A group that may delete tags may not delete this one, however it is spelt; and by default none may delete any."""
    context = OWN | resource_tags(Project="churn")
    assert not allowed("DeleteTags", ARN + "pipeline/churn", context | {"aws:TagKeys": ["Project"]})
    add = role_of(["author-pipelines"]).role.statements
    (tagging,) = (one for one in shares_of(add) if one.action == "sagemaker:AddTags")
    scoped = with_tags([tagging._replace(action="sagemaker:DeleteTags")], ["Project"], role_spec(persona="x").value)
    policies = policies_of(join(scoped.shares))
    for keys, decision in ((["stage"], "Allowed"), (["stage", "project"], "ExplicitlyDenied")):
        request = Request("sagemaker:DeleteTags", ARN + "pipeline/own-1", context_of(context | {"aws:TagKeys": keys}))
        assert evaluate(request, policies).decision == decision


STUDIO: dict[str, Any] = {
    "sagemaker:DomainId": "d-abc", "sagemaker:UserProfileName": "ana", "sagemaker:SpaceSharingType": "Private",
    "sagemaker:OwnerUserProfileArn": ARN + "user-profile/d-abc/ana",
}  # fmt: skip
SHARED_CALLS = [
    ("DescribeDomain", "domain/d-abc"), ("DescribeUserProfile", "user-profile/d-abc/ana"),
    ("CreatePresignedDomainUrl", "user-profile/d-abc/ana"), ("CreateSpace", "space/d-abc/churn"),
    ("DescribeSpace", "space/d-abc/churn"), ("DeleteSpace", "space/d-abc/churn"),
    ("CreateApp", "app/d-abc/churn/JupyterLab/default"), ("DeleteApp", "app/d-abc/churn/JupyterLab/default"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "resource"), SHARED_CALLS)
def test_what_projects_share_is_not_asked_for_the_tag(action: str, resource: str) -> None:
    """Studio's domain, profiles, spaces and apps have no project's tag, ask for no caller's, and stay with their owner."""
    assert allowed(action, ARN + resource, STUDIO)
    assert allowed(action, ARN + resource, OWN | STUDIO)
    assert allowed(action, ARN + resource, OWN | STUDIO | resource_tags(Project="platform"))
    if action not in ("DescribeDomain", "DescribeUserProfile"):  # these are read, whosever they are
        foreign = OWN | STUDIO | {"sagemaker:OwnerUserProfileArn": ARN + "user-profile/d-abc/bob"}
        assert not allowed(action, ARN + resource.replace("d-abc", "d-xyz"), foreign)


SOFT = [
    ("DescribeTrialComponent", "experiment-trial-component/job-1-aws-training-job"),
    ("BatchPutMetrics", "experiment-trial-component/job-1-aws-training-job"),
    ("DescribeModelPackage", "model-package/churn/1"),
    ("CreateModelPackage", "model-package/churn/2"),
    ("DescribeArtifact", "artifact/0123456789abcdef0123456789abcdef"),
]


@pytest.mark.parametrize(("action", "resource"), SOFT)
def test_what_may_lack_the_tag_is_denied_with_another_value_alone(action: str, resource: str) -> None:
    """What SageMaker makes itself, and a version that takes no tags, is open without one, and to no untagged caller."""
    assert allowed(action, ARN + resource, OWN)
    assert allowed(action, ARN + resource, OWN | resource_tags(Project="churn"))
    assert not allowed(action, ARN + resource, OWN | resource_tags(Project="fraud"))
    assert not allowed(action, ARN + resource, {})


EXECUTION, EXPERIMENT = ARN + "pipeline/churn/execution/cfvy1tjuxdq8", ARN + "inference-experiment/churn-7-8"
NOT_BY_ADD_TAGS = [
    *((f"{verb}PipelineExecution", EXECUTION, "ml-engineer") for verb in ("Describe", "Retry", "Stop", "Update")),
    *((f"{verb}InferenceExperiment", EXPERIMENT, "mlops-engineer") for verb in ("Describe", "Start", "Stop", "Update")),
    ("DeleteInferenceExperiment", EXPERIMENT, "mlops-engineer"),
]


@cache
def by_persona(persona: str, *attached: str) -> Policies:
    """Return the policies of *persona* under Project; with *attached* policies they allow all of SageMaker's."""
    found = rendered(
        persona=persona, managed_policy=list(attached), no_default_guardrails=True, abac=["Project"],
        tag={"Project": "churn"},
    ).policies()  # fmt: skip
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}}
    more = (type(found.identity[0]).model_validate(everything),) if attached else ()
    return Policies(identity=(*found.identity, *more))


@pytest.mark.parametrize("attached", [(), ("arn:aws:iam::111122223333:policy/more",)], ids=len)
@pytest.mark.parametrize(("action", "resource", "persona"), NOT_BY_ADD_TAGS)
def test_what_add_tags_does_not_take_is_denied_with_another_value_alone(
    action: str, resource: str, persona: str, attached: tuple[str, ...]
) -> None:
    """Executions and inference experiments carry tags, and no project could have added them: none is not wrong."""
    policies = by_persona(persona, *attached)
    for context, right in (
        (OWN, True), (OWN | resource_tags(Project="churn"), True), (OWN | resource_tags(Team="north"), True),
        (OWN | resource_tags(Project="fraud"), False), (resource_tags(Project="churn"), False), ({}, bool(attached)),
    ):  # fmt: skip
        request = Request(f"sagemaker:{action}", resource, context_of(context))
        decision = evaluate(request, policies).decision
        assert (decision == "Allowed") is right, (context, decision)


ALARM = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:sagemaker-churn-errors"
TARGET = "arn:aws:application-autoscaling:us-east-1:111122223333:scalable-target/1234"
TABLE = "arn:aws:glue:us-east-1:111122223333:table/sagemaker_featurestore/churn_1"
ENDPOINT_TARGET: dict[str, Any] = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}
ELSEWHERE = [
    ("manage-alarms", "cloudwatch:PutMetricAlarm", ALARM, {}),
    ("manage-alarms", "cloudwatch:DeleteAlarms", ALARM, {}),
    ("autoscale-endpoints", "application-autoscaling:PutScalingPolicy", TARGET, ENDPOINT_TARGET),
    ("autoscale-endpoints", "application-autoscaling:DeregisterScalableTarget", TARGET, ENDPOINT_TARGET),
    ("manage-feature-groups", "glue:CreateTable", TABLE, {}),
]


@pytest.mark.parametrize("attached", [[], ["arn:aws:iam::111122223333:policy/more"]], ids=len)
@pytest.mark.parametrize(("group", "action", "resource", "base"), ELSEWHERE)
def test_what_a_project_has_in_other_services_is_denied_with_another_value_alone(
    group: str, action: str, resource: str, base: dict[str, Any], attached: list[str]
) -> None:
    """Alarms, scalable targets and tables with another project's tag are out of reach; without one they are not."""
    role = role_of([group], tag={"Project": "churn"}, abac=["Project"], managed_policy=attached).policies()
    service = action.partition(":")[0]
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": f"{service}:*", "Resource": "*"}}
    more = (type(role.identity[0]).model_validate(everything),) if attached else ()
    policies = Policies(identity=(*role.identity, *more))
    for context, right in (
        (OWN, True), (OWN | resource_tags(Project="churn"), True), (OWN | resource_tags(Team="north"), True),
        (OWN | resource_tags(Project="fraud"), False), (resource_tags(Project="churn"), False),
        ({}, bool(attached)),
    ):  # fmt: skip
        request = Request(action, resource, context_of(base | context))
        assert (evaluate(request, policies).decision == "Allowed") is right, context


def test_the_other_services_that_are_asked_for_no_tag_are_named() -> None:
    """What of alarms, targets and tables stays open is listed, and the note names the services that are left alone."""
    role = rendered(persona="mlops-engineer", abac=["Project"], tag={"Project": "churn"}).role
    why = {one.action: one.why for one in role.not_by_tag}
    assert "only one that carries another value is out of reach" in why["cloudwatch:PutMetricAlarm"]
    assert "lists alarms" in why["cloudwatch:DescribeAlarms"]
    assert "no resource-level permissions" in why["application-autoscaling:DescribeScalingPolicies"]
    (said,) = (note for note in role.notes if "not data" in note)
    granted = {action.partition(":")[0] for one in role.statements for action in one.actions}
    left = granted - {"sagemaker", "application-autoscaling", "cloudwatch", "glue"}
    assert f"nothing of {', '.join(sorted(left))} is asked for a tag" in said
    assert {"s3", "logs"} <= left


def test_two_keys_are_both_asked_for() -> None:
    """Under two keys a resource of the project and of another team is out of reach, and so is one with one tag."""
    caller = OWN | {"aws:PrincipalTag/Team": "north"}
    job, keys = ARN + "training-job/churn-1", ("Project", "Team")
    assert allowed("DescribeTrainingJob", job, caller | resource_tags(Project="churn", Team="north"), *keys)
    assert allowed("CreateTrainingJob", job, caller | request_tags(Project="churn", Team="north"), *keys)
    for tags in ({"Project": "churn", "Team": "south"}, {"Project": "churn"}, {"Team": "north"}, {}):
        assert not allowed("DescribeTrainingJob", job, caller | resource_tags(**tags), *keys)
        assert not allowed("CreateTrainingJob", job, caller | request_tags(**tags), *keys)
    assert not allowed("DescribeTrainingJob", job, OWN | resource_tags(Project="churn", Team="north"), *keys)


def test_no_keys_change_nothing() -> None:
    """Without --abac the shares are the ones that came in."""
    shares = shares_of(role_of(["run-training-jobs"]).role.statements)
    assert with_tags(shares, (), role_spec(persona="x").value) == (shares, (), ())


# --- models by name


def test_models_of_other_names_are_not_deployed() -> None:
    """A configuration names models that begin with the tag's value, all of them; one without a model is fine."""
    config = ARN + "endpoint-config/churn-1"
    for models, right in (
        (["churn-7"], True), (["fraud-7"], False), (["churn"], False), (["churnable-7"], False),
        (["churn-7", "fraud-7"], False), ([], True),
    ):  # fmt: skip
        context = (
            OWN | request_tags(Project="churn") | {"sagemaker:ModelArn": [f"{ARN}model/{name}" for name in models]}
        )
        assert allowed("CreateEndpointConfig", config, context) is right, models


def test_models_that_pipelines_name_are_theirs_to_use() -> None:
    """The pipeline role makes models of no other name, so a name of the project is not asked of them."""
    role = rendered(persona="sagemaker-pipeline", abac=["Project"], tag={"Project": "churn"})
    for name, right in (("pipelines-abc-1", True), ("churn-7", True), ("fraud-7", False)):
        context = OWN | request_tags(Project="churn") | {"sagemaker:ModelArn": f"{ARN}model/{name}"}
        context |= {"sagemaker:InstanceTypes": "ml.m5.large"}
        request = Request("sagemaker:CreateTransformJob", ARN + "transform-job/pipelines-abc-2", context_of(context))
        assert (evaluate(request, role.policies()).decision == "Allowed") is right, name


def test_a_value_that_begins_no_model_name_narrows_no_models_and_says_so() -> None:
    """ARNs have the names of models in lower case, so `Churn_1` could never match: no dead grant, but a word."""
    shares = shares_of(role_of(["deploy-endpoints"]).role.statements)
    scoped = with_tags(shares, ["Project"], role_spec(persona="x", tag={"Project": "Churn_1"}).value)
    assert not any(share.origin.sid == "AbacModelNameProject" for share in scoped.shares)
    (said,) = (one.why for one in scoped.left_open if one.action == "sagemaker:CreateEndpointConfig")
    assert said.startswith("nothing checks which model it names")


# --- what no tag reaches is said


def test_what_tags_leave_open_is_said_with_the_reason() -> None:
    """Each action of the role that a tag does not hold is named; those that one holds are not."""
    shares = shares_of(rendered(persona="ml-engineer").role.statements)
    found = with_tags(shares, ["Project"], role_spec(persona="ml-engineer").value).left_open
    why: dict[str, str] = {}
    for one in found:
        why[one.action] = f"{why.get(one.action, '')} {one.why}"
    assert "no resource-level permissions" in why["sagemaker:Search"]
    assert "no resource-level permissions" in why["sagemaker:ListModels"]
    assert "owner" in why["sagemaker:CreateSpace"]
    assert "AddTags does not take" in why["sagemaker:StopPipelineExecution"]
    assert "held to its name" in why["sagemaker:CreateEndpointConfig"]
    assert "model package group" in why["sagemaker:CreateModelPackage"]
    assert "--pass-role" in why["iam:PassRole"]
    held = {"sagemaker:CreateTrainingJob", "sagemaker:DescribeModel", "sagemaker:CreateEndpoint", "sagemaker:PutRecord"}
    assert not held & why.keys()
    assert LeftOpen("sagemaker:ListTags", "policies by tag don't restrict this call") in found


def test_notes_say_that_data_is_not_isolated_and_what_must_be_sent() -> None:
    """Data, model names and who chooses the tag are said; a role without anything of SageMaker's is told so."""
    spec = role_spec(persona="ml-engineer", tag={"Project": "churn"}).value
    said = " ".join(with_tags(shares_of(rendered(persona="ml-engineer").role.statements), ["Project"], spec).notes)
    for words in ("not data", "role/ml/exec/${aws:PrincipalTag/Project}/*", "Project=churn", "begin with churn", "SCP"):
        assert words in said
    (only,) = with_tags(shares_of(role_of(["read-data"]).role.statements), ["Project"], spec).notes
    assert only == "--abac Project finds nothing in the role that a tag could narrow"


def test_roles_are_passed_by_path() -> None:
    """`--pass-role .../${aws:PrincipalTag/Project}/*` gives each project its own execution roles."""
    path = "arn:aws:iam::111122223333:role/ml/exec/${aws:PrincipalTag/Project}/*"
    role = rendered(persona="data-scientist", pass_role=[path], abac=["Project"], tag={"Project": "churn"})
    service = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    for project, right in (("churn", True), ("fraud", False)):
        arn = f"arn:aws:iam::111122223333:role/ml/exec/{project}/train"
        decision = evaluate(Request("iam:PassRole", arn, context_of(OWN | service)), role.policies()).decision
        assert (decision == "Allowed") is right
    shares = shares_of(role.role.statements)
    assert not any(one.action == "iam:PassRole" for one in with_tags(shares, ["Project"], role.role.spec).left_open)


# --- whatever the catalog holds


def _plain(group: str) -> ComposedRole:
    return role_of([group], no_default_guardrails=True, tag={"Project": "churn"}).role


CREATED_BY = {"hub-content": "ImportHubContent"}
"""The operations that create resources of a type, where their names do not say so."""


def _contexts(action: str, resource: str, base: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield *base* with every mixture of the caller's, the request's and the resource's tag."""
    kind = type_of(action, resource) or ""
    creating = CREATED_BY.get(kind, "Create" + "".join(word.capitalize() for word in kind.split("-")))
    tagging = (None, creating) if action == "sagemaker:AddTags" else (None,)
    carried = (None, "churn", "x") if kind in SHARED or (kind and taggable(kind)) else (None,)
    for caller, sent, there, created in product((None, "churn"), (None, "churn", "x"), carried, tagging):
        found: dict[str, Any] = {key: values for key, values in base.items() if key != "sagemaker:TaggingAction"}
        found |= {"aws:PrincipalTag/Project": caller} if caller else {}
        found |= request_tags(Project=sent) if sent else {}
        found |= resource_tags(Project=there) if there else {}
        found |= {"sagemaker:TaggingAction": created} if created else {}
        yield found | {"sagemaker:ModelArn": f"{ARN}model/churn-1"}


def _grants(statements: tuple[ComposedStatement, ...]) -> Iterator[Request]:
    """Yield a request that the Allows of *statements* let through, for each action and resource of SageMaker's."""
    for statement in statements:
        for action in statement.actions if statement.effect is Effect.ALLOW else ():
            if action.startswith("sagemaker:"):
                yield from witnesses(statement, action)


@pytest.mark.parametrize("group", GROUPS)
def test_tags_narrow_every_group_and_kill_nothing(group: str) -> None:
    """No mixture of tags allows more than before, and each grant is still allowed to somebody of the project."""
    plain = _plain(group)
    before, after = policies_of(plain.statements), policies_of(under_tags(plain, "Project").statements)
    for witness in _grants(plain.statements):
        alive = False
        for context in _contexts(witness.action, witness.resource, witness.context):
            request = Request(witness.action, witness.resource, context_of(context))
            now = evaluate(request, after).decision == "Allowed"
            assert not now or evaluate(request, before).decision == "Allowed", request
            alive = alive or (now and "aws:PrincipalTag/Project" in context)
        assert alive or evaluate(witness, before).decision != "Allowed", witness


@pytest.mark.parametrize("group", GROUPS)
def test_denies_alone_say_the_same(group: str) -> None:
    """To tagged callers the Allows' conditions are worth the Denies on plain Allows; to others they give no more."""
    plain = _plain(group)
    shares = shares_of(plain.statements)
    names = model_names(shares, "Project", plain.spec)
    denies = [
        *all_denies(shares, ["Project"], plain.spec, WHERE),
        *held_to_model_names(shares, "Project", names, WHERE),
    ]
    by_allows, by_denies = policies_of(under_tags(plain, "Project").statements), policies_of(join([*shares, *denies]))
    for witness in _grants(plain.statements):
        for context in _contexts(witness.action, witness.resource, witness.context):
            request = Request(witness.action, witness.resource, context_of(context))
            one, other = (evaluate(request, found).decision == "Allowed" for found in (by_allows, by_denies))
            assert one == other or (other and "aws:PrincipalTag/Project" not in context), request


@pytest.mark.parametrize("group", GROUPS)
def test_the_statements_are_right_by_the_raw_reference(group: str) -> None:
    """No statement asks an action for a key that never comes with it, or puts it on a resource that it does not take."""
    for attached in ([], ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]):
        tags = {"Project": "churn", "Team": "a"}
        role = role_of([group], tag=tags, abac=["Project", "Team"], managed_policy=attached)
        assert [f"{one['Sid']}: {fault}" for one in statements_of(role) for fault in faults(one)] == []


@pytest.mark.parametrize("group", GROUPS)
def test_what_a_project_can_tag_is_asked_for_the_tag(group: str) -> None:
    """By the raw reference: what can be tagged and is nobody's own or shared is out of reach with a wrong tag."""
    plain = _plain(group)
    after = policies_of(under_tags(plain, "Project").statements)
    for witness in _grants(plain.statements):
        kind = type_of(witness.action, witness.resource)
        if kind is None or kind in SHARED or not taggable(kind) or witness.action.partition(":")[2] in NOT_BY_TAG:
            continue
        wrong = {key: list(values) for key, values in witness.context.items()} | dict(OWN)
        wrong |= resource_tags(Project="x") | request_tags(Project="x") | {"sagemaker:ModelArn": f"{ARN}model/churn-1"}
        if kind in SELDOM_TAGGED and "Create" in witness.action and kind != "experiment-trial-component":
            continue  # nothing with the tag: the SDK does not tag these, and a version takes none
        assert evaluate(Request(witness.action, witness.resource, context_of(wrong)), after).decision != "Allowed"


NOT_BY_TAG = ("ListTags", "ListTrainingJobsForHyperParameterTuningJob", "ListLabelingJobsForWorkteam")


# --- policies that are attached


def test_attached_policies_do_not_widen_what_the_role_grants() -> None:
    """Beside AmazonSageMakerFullAccess the Denies hold: another project's and untagged resources stay out of reach."""
    spec = role_spec(persona="ml-engineer", managed_policy=["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]).value
    made = rendered(persona="ml-engineer", add=list(EXPERIMENTS), no_default_guardrails=True)
    shares = shares_of(made.role.statements)
    statements = join(with_tags(shares, ["Project"], spec).shares)
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}}
    own = policies_of(statements).identity
    policies = Policies(identity=(*own, type(own[0]).model_validate(everything)))
    for _, action, resource in (*MAKES, *USES):
        for wrong in ({}, request_tags(Project="x") | resource_tags(Project="x")):
            request = Request(f"sagemaker:{action}", resource, context_of(OWN | wrong))
            assert evaluate(request, policies).decision == "ExplicitlyDenied"
        untagged = request_tags(Project="churn") | resource_tags(Project="churn")
        decision = evaluate(Request(f"sagemaker:{action}", resource, context_of(untagged)), policies).decision
        assert decision == "ExplicitlyDenied"
    steal = Request("sagemaker:AddTags", ARN + "model/fraud-1", context_of(OWN | request_tags(project="churn")))
    assert evaluate(steal, policies).decision == "ExplicitlyDenied"


# --- who brings the tag

FEDERATED = "saml:arn:aws:iam::111122223333:saml-provider/idp"
MISSING: list[tuple[dict[str, Any], list[str]]] = [
    ({"tag": {"Project": "churn"}}, []),
    ({}, ["SageMaker's sessions carry the role's own tags, and the role has no tag `Project`; add --tag Project=VALUE"]),
    ({"tag": {"project": "churn"}}, ["tag key `Project` is spelt `project` under --tag; SageMaker's tags know case: spell it alike"]),
    ({"tag": {"Project": ""}}, ["the role's tag `Project` is empty; give its value: --tag Project=VALUE"]),
    ({"trust": [f"{FEDERATED}?session-tags=Project"]}, []),
    ({"trust": [FEDERATED]}, [f"nothing gives sessions of trust `{FEDERATED}` the tag `Project`; add session-tags=Project to the trust where the caller brings it, or --tag Project=VALUE"]),
    ({"trust": [FEDERATED], "tag": {"Project": "churn"}}, []),
    ({"trust": [f"{FEDERATED}?session-tags=project"]}, [f"trust `{FEDERATED}` spells the session tag `project`; SageMaker's tags know case: spell it alike"]),
    ({"trust": ["sagemaker", f"{FEDERATED}?session-tags=Project"]}, ["SageMaker's sessions carry the role's own tags, and the role has no tag `Project`; add --tag Project=VALUE"]),
    ({"trust": ["github:acme/ml?ref=main&session-tags=Project"]}, ["GitHub's tokens bring no session tags, and the role has no tag `Project`; add --tag Project=VALUE"]),
    ({"abac": ["Project", "project"], "tag": {"Project": "churn"}}, ["tag key `project` is there twice; IAM reads `Project` as the same key"]),
    ({"abac": ["aws:Project"]}, ["`aws:Project` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"]),
]  # fmt: skip


@pytest.mark.parametrize(("choices", "messages"), MISSING, ids=lambda value: str(value)[:60])
def test_a_trust_that_can_not_bring_the_tag_is_an_error(choices: dict[str, Any], messages: list[str]) -> None:
    """Whose sessions would come without the tag is said, with what to add; under ABAC they could do nothing."""
    found = missing_tags(role_spec(**{"persona": "ml-engineer", "abac": ["Project"], **choices}))
    assert [str(one).split(": ", 1)[1] for one in found] == messages
