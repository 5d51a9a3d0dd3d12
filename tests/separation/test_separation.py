"""Separation: what a persona must never do, no composition gives it, nor any role that it reaches."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.nightly import examples
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.substitute import fill
from rolemgr.errors import InputError, Problems, UnknownNameError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.prove.witness import witnesses
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import RenderedRole, Violation, violations

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
GROUPS = sorted(CATALOG.found("activity_groups"))


def broken(catalog: Catalog = CATALOG, **choices: Any) -> tuple[Violation, ...]:
    """Return how the role that *choices* compose to breaks the separation of its persona."""
    role = rendered(catalog, **choices)
    return violations(role.role, closure_of(catalog, role.role).known)


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_keeps_what_it_promises(persona: str) -> None:
    """As shipped, no persona can do what its file says it never can, nor can a role that it reaches."""
    assert resolve_persona(CATALOG, persona).never
    assert broken(persona=persona) == ()


FORBIDDEN = [
    ("data-scientist", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("data-scientist", "approve-models", "sagemaker:UpdateModelPackage"),
    ("data-scientist", "author-pipelines", "sagemaker:CreatePipeline"),
    ("data-scientist", "run-pipelines", "sagemaker:StartPipelineExecution"),
    ("ml-engineer", "approve-models", "sagemaker:UpdateModelPackage"),
    ("mlops-engineer", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("mlops-engineer", "run-processing-jobs", "sagemaker:CreateProcessingJob"),
    ("mlops-engineer", "tune-hyperparameters", "sagemaker:CreateHyperParameterTuningJob"),
    ("mlops-engineer", "run-batch-transform", "sagemaker:CreateTransformJob"),
    ("mlops-engineer", "register-models", "sagemaker:CreateModelPackage"),
    ("mlops-engineer", "run-pipelines", "sagemaker:StartPipelineExecution"),
    ("junior-ml-engineer", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("data-engineer", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("data-engineer", "author-pipelines", "sagemaker:UpdatePipeline"),
    ("data-engineer", "register-models", "sagemaker:CreateModelPackage"),
    ("sagemaker-data-pipeline", "run-pipeline-steps", "sagemaker:CreateTrainingJob"),
    ("sagemaker-glue", "run-glue-jobs", "glue:StartJobRun"),
    ("sagemaker-emr-serverless", "run-glue-sessions", "glue:RunStatement"),
    ("sagemaker-image-build", "build-images", "codebuild:StartBuild"),
    ("sagemaker-image-build", "write-work", "s3:PutObject"),
    ("sagemaker-project-launch", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("sagemaker-project-launch", "read-data", "s3:GetObject"),
    ("sagemaker-project-use", "register-models", "sagemaker:CreateModelPackage"),
    ("sagemaker-project-use", "make-project-resources", "codebuild:CreateProject"),
    ("security-auditor", "read-data", "s3:GetObject"),
    ("security-auditor", "read-logs", "logs:GetLogEvents"),
    ("security-auditor", "query-athena", "athena:StartQueryExecution"),
    ("security-auditor", "sign-in-to-studio", "sagemaker:CreatePresignedDomainUrl"),
    ("platform-admin", "read-data", "s3:GetObject"),
    ("platform-admin", "sign-in-to-studio", "sagemaker:CreatePresignedDomainUrl"),
    ("platform-admin", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("platform-admin", "administer-model-registry", "sagemaker:PutModelPackageGroupPolicy"),
    ("cicd-deployer", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("cicd-deployer", "approve-models", "sagemaker:UpdateModelPackage"),
    ("cicd-deployer", "invoke-endpoints", "sagemaker:InvokeEndpoint"),
    ("pipeline-scheduler", "run-pipelines", "sagemaker:StartPipelineExecution"),
    ("pipeline-scheduler", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("pipeline-scheduler", "schedule-pipelines", "scheduler:CreateSchedule"),
    ("unified-studio-admin", "work-in-unified-projects", "datazone:GetEnvironmentCredentials"),
    ("unified-studio-admin", "run-unified-spaces", "sagemaker:StartSession"),
    ("unified-studio-admin", "read-data", "s3:GetObject"),
    ("unified-studio-user", "administer-unified-studio", "datazone:CreateProject"),
    ("unified-studio-user", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("unified-studio-user", "run-pipelines", "sagemaker:StartPipelineExecution"),
    ("unified-studio-user", "sign-in-to-studio", "sagemaker:CreatePresignedDomainUrl"),
    ("unified-studio-user", "run-studio-apps", "sagemaker:StartSession"),
    ("hyperpod-admin", "read-data", "s3:GetObject"),
    ("hyperpod-admin", "use-clusters", "eks:AccessKubernetesApi"),
    ("hyperpod-admin", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("hyperpod-user", "administer-clusters", "eks:CreateAccessEntry"),
    ("hyperpod-user", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("hyperpod-user", "scale-clusters", "sagemaker:BatchAddClusterNodes"),
    ("sagemaker-clusters", "scale-clusters", "sagemaker:BatchAddClusterNodes"),
    ("sagemaker-cluster-scaling", "administer-clusters", "sagemaker:CreateCluster"),
    ("mlflow-admin", "use-mlflow", "sagemaker:CreatePresignedMlflowTrackingServerUrl"),
    ("mlflow-admin", "read-mlflow-runs", "sagemaker-mlflow:SearchRuns"),
    ("mlflow-admin", "register-models", "sagemaker:CreateModelPackage"),
    ("sagemaker-mlflow", "approve-models", "sagemaker:UpdateModelPackage"),
    ("governance-officer", "approve-models", "sagemaker:UpdateModelPackage"),
    ("governance-officer", "export-model-cards", "s3:PutObject"),
    ("governance-officer", "read-mlflow-runs", "sagemaker-mlflow:SearchRuns"),
    ("bedrock-evaluation", "run-training-jobs", "sagemaker:CreateTrainingJob"),
    ("bedrock-import", "import-bedrock-models", "bedrock:CreateModelImportJob"),
    ("bedrock-import", "write-work", "s3:PutObject"),
    ("sagemaker-compute", "run-training-jobs", "iam:PassRole"),
    ("sagemaker-pipeline", "deploy-endpoints", "sagemaker:CreateEndpoint"),
    ("sagemaker-pipeline", "approve-models", "sagemaker:UpdateModelPackage"),
]


@pytest.mark.parametrize(("persona", "group", "action"), FORBIDDEN)
def test_a_group_that_would_break_it_is_found(persona: str, group: str, action: str) -> None:
    """Adding the group that gives what is forbidden is a violation that names action, entry and origin."""
    found = broken(persona=persona, add=[group], break_separation="groups that exclude each other, too")
    assert any(fnmatchcase(action, violation.never.forbidden.action) for violation in found)
    for violation in found:
        text = str(violation.as_error())
        assert text.startswith(f"{violation.never.where}: the persona must never be able to do")
        assert "activity_groups/" in text


def _alone(group: str) -> dict[str, list[str]]:
    """Return values for what *group* requires, none of them a way to another role."""
    parameters = CATALOG.activity_group(group).value.parameters
    return {name: ["own-*"] for name, one in parameters.items() if one.default is None and one.type == "name-pattern"}


def _random_role(persona: str, add: list[str], remove: list[str]) -> RenderedRole | None:
    """Return the composition, or None where a parameter is missing, nothing is left or groups exclude each other."""
    own = set(resolve_persona(CATALOG, persona).groups)
    parameter = {name: values for group in {*own, *add} for name, values in _alone(group).items()}
    try:
        return rendered(
            persona=persona, add=[group for group in add if group not in own],
            remove=[group for group in remove if group in own], parameter=parameter,
        )  # fmt: skip
    except (InputError, Problems) as error:
        if not re.search("has no value|no activity group is left|must not be in one role", str(error)):
            raise
        return None


OUTSIDE = "arn:aws:elsewhere:us-east-1:999999999999:somebody-else"
"""A value that no `except_with` of the catalog lets through."""


def allowed_although_never(role: RenderedRole) -> list[str]:
    """
    Return what the evaluator allows of what the persona must never do.

    Asked with example requests, by none of the code that judges with free keys: each granted action that an
    entry stands for, on a resource that both match, in the entry's context.
    """
    policies, values = role.policies(), role.role.never_values
    found = []
    for never in role.role.persona.never:
        entry = never.forbidden
        excepted = [text for pattern in entry.except_on for text in fill(pattern, values)]
        contexts = {key: [text for one in texts for text in fill(one, values)] for key, texts in entry.context.items()}
        contexts |= {key: [OUTSIDE] for key in entry.except_with}
        for statement in role.role.statements:
            for action in statement.actions if statement.effect == "Allow" else ():
                own = any(fnmatchcase(one, text) for one in statement.resources for text in excepted)
                if fnmatchcase(action.lower(), entry.action.lower()) and not own:
                    found += [
                        f"{entry}: {action} on {request.resource}"
                        for within in fill(entry.resource, values)
                        for request in witnesses(statement, action, within)
                        for choice in product(*contexts.values())
                        if _decided(request, dict(zip(contexts, choice, strict=True)), policies) == "Allowed"
                    ]
    return found


def _decided(request: Request, given: dict[str, str], policies: Policies) -> str:
    kept = {key: value for key, value in request.context.items() if key.lower() not in {one.lower() for one in given}}
    context = Context({**kept, **{key: (value,) for key, value in given.items()}})
    return evaluate(replace(request, context=context), policies).decision


JUDGED = {"kept": 0, "broken": 0}


ROLES = examples(60, 1000)


@settings(max_examples=ROLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    persona=st.sampled_from(PERSONAS),
    add=st.lists(st.sampled_from(GROUPS), max_size=3, unique=True),
    remove=st.lists(st.sampled_from(GROUPS), max_size=5, unique=True),
)
def _judge(persona: str, add: list[str], remove: list[str]) -> None:
    """What is accepted keeps every `never` entry, judged by the evaluator on example requests."""
    role = _random_role(persona, add, remove)
    if role is None:
        return
    broken = {violation.never.where for violation in _violations(role)}
    JUDGED["broken" if broken else "kept"] += 1
    kept = replace(
        role.role.persona, never=tuple(never for never in role.role.persona.never if never.where not in broken)
    )
    assert allowed_although_never(role._replace(role=replace(role.role, persona=kept))) == []


def _violations(role: RenderedRole) -> list[Violation]:
    return [violation for violation in violations(role.role, ()) if violation.through == role.documents.name]


def test_never_holds_for_random_compositions_or_the_role_is_refused() -> None:
    """Most draws are roles, and both kinds come up; a test that always returns early proves nothing."""
    _judge()
    assert JUDGED["kept"] > ROLES * 0.2
    assert JUDGED["broken"] > ROLES * 0.05


PERSONA = """
title: Guarded
description: For tests
activity_groups: [work]
never:
  - s3:DeleteObject
  - {action: "s3:PutObject", resource: "arn:{{ partition }}:s3:::{{ buckets }}/models/*"}
  - {action: "sagemaker:CreateModelPackage", context: {"sagemaker:ModelApprovalStatus": [Approved, Rejected]}}
"""
WORK = """
title: Work
description: For tests
parameters:
  buckets: {type: bucket, many: true, default: [acme], help: buckets}
statements:
  - {sid: Read, actions: [s3:GetObject], resources: ["arn:{{ partition }}:s3:::{{ buckets }}/*"]}
"""


def _group(*statements: str) -> str:
    head = 'title: More\ndescription: For tests\nparameters: {buckets: {type: bucket, many: true, default: [acme], help: "b"}}\n'
    return head + "statements:\n" + "".join(f"  - {statement}\n" for statement in statements)


WRITE = '{sid: Write, actions: [s3:PutObject], resources: ["arn:{{ partition }}:s3:::{{ buckets }}/*"]}'
DENY = (
    '{sid: Keep, effect: Deny, actions: [s3:PutObject], resources: ["arn:{{ partition }}:s3:::{{ buckets }}/models/*"]}'
)
REGISTER = '{sid: R, actions: [sagemaker:CreateModelPackage], resources: ["arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:model-package/*"]'
CASES = {
    "a write around the forbidden prefix": ([WRITE], ["s3:PutObject"]),
    "a write that a Deny keeps off the prefix": ([WRITE, DENY], []),
    "a write elsewhere": (['{sid: W, actions: [s3:PutObject], resources: ["arn:{{ partition }}:s3:::{{ buckets }}/tmp/*"]}'], []),
    "a registration without a limit": ([REGISTER + "}"], ["sagemaker:CreateModelPackage"]),
    "a registration as pending only": (
        [REGISTER + ', conditions: {StringEqualsIfExists: {"sagemaker:ModelApprovalStatus": PendingManualApproval}}}'], [],
    ),
    "a registration as rejected too": (
        [REGISTER + ', conditions: {StringNotEquals: {"sagemaker:ModelApprovalStatus": Approved}}}'],
        ["sagemaker:CreateModelPackage"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_never_entries_with_resource_and_context(case: str, tmp_path: Path) -> None:
    """An entry about a resource or a context forbids just that, and a Deny that covers it counts."""
    statements, expected = CASES[case]
    for kind, name, text in (("personas", "guarded", PERSONA), ("activity_groups", "work", WORK),
                             ("activity_groups", "more", _group(*statements))):  # fmt: skip
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{name}.yaml").write_text(text)
    found = broken(Catalog([tmp_path]), persona="guarded", add=["more"])
    assert sorted({violation.action for violation in found}) == expected


def test_the_closure_of_an_ml_engineer_is_compute_pipeline_and_feature_store() -> None:
    """It passes the compute role to jobs, the pipeline role to pipelines, Feature Store's to feature groups."""
    closure = closure_of(CATALOG, rendered(persona="ml-engineer").role)
    names = {role.spec.role_name for role in closure.known}
    assert names == {"sagemaker-compute", "sagemaker-feature-store", "sagemaker-pipeline"}
    assert closure.unknown == ()


def test_a_role_that_nobody_knows_is_named() -> None:
    """Passing a role that is no persona's by default ends the proof there, and the closure says so."""
    arn = "arn:aws:iam::111122223333:role/somebody"
    closure = closure_of(CATALOG, rendered(persona="data-scientist", pass_role=[arn]).role)
    assert closure.unknown == (arn,)


def test_the_closure_follows_a_known_role_with_more_power() -> None:
    """Passing the pipeline role instead of compute breaks the separation of a data scientist."""
    arn = "arn:aws:iam::111122223333:role/sagemaker-pipeline"
    found = broken(persona="data-scientist", pass_role=[arn])
    assert found
    assert {violation.through for violation in found} == {"sagemaker-pipeline"}


def test_an_unknown_placeholder_in_never_names_the_persona_s_line(tmp_path: Path) -> None:
    """A `never` resource that no parameter fills is the author's mistake, with file and line."""
    for kind, name, text in (("personas", "p", PERSONA.replace("buckets", "bukets")), ("activity_groups", "work", WORK),
                             ("activity_groups", "more", _group(WRITE))):  # fmt: skip
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{name}.yaml").write_text(text)
    with pytest.raises(UnknownNameError, match=r"p\.yaml:7: unknown placeholder `bukets`; did you mean buckets"):
        broken(Catalog([tmp_path]), persona="p", add=["more"])
