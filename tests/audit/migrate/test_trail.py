"""A role that is moved by what CloudTrail recorded of it."""

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.audit.migrate.support import ACCOUNT, catalog, policy, role, statement
from tests.audit.migrate.trail_support import OLD, REGION, called, legacy, moved, read, training
from tests.nightly import examples

from rolemgr.audit.migrate.cluster import Clustered, Clusters
from rolemgr.audit.migrate.judge import Verdict
from rolemgr.audit.migrate.limits import FittedLimit
from rolemgr.audit.migrate.migration import Migration
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.audit.migrate.seen_needs import seen_needs
from rolemgr.audit.migrate.trial import TrialVerdict
from rolemgr.audit.migrate.trusting import other_trust, trust_denies
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.report.migrate_forms import fails
from rolemgr.workflow.role import render_spec

PLACE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
USED = (
    called("CreateTrainingJob", training()),
    called("DescribeTrainingJob", {"trainingJobName": "churn-2026-10-01-08-00-00-123"}),
    called("ListBuckets", None, "s3"),
    called("CreateEndpoint", {"endpointName": "x", "endpointConfigName": "y"}, errorCode="AccessDenied"),
)


@cache
def found() -> Migration:
    """Return the migration of a role with the full access of SageMaker and S3, which trained once."""
    old = legacy("AmazonSageMakerFullAccess", "AmazonS3FullAccess")
    return moved(old, USED, persona="data-scientist")


def rendered(made: Migration) -> tuple[Policies, str]:
    """Return the policies that `create` makes of the role file, with what is drafted, and the role's ARN."""
    spec = parse_model(SourceFile("role.yaml", dict(made.plan.best.data), {}), RoleSpec)
    documents = render_spec(catalog(), spec).documents
    more = (made.draft.policy,) if made.draft else ()
    every = (*(one.document for one in (*documents.policies, *documents.managed_policies)), *more)
    return Policies(every), spec.value.arn


def is_allowed(policies: Policies, arn: str, action: str, resource: str, **context: tuple[str, ...]) -> bool:
    """Tell whether the role may, with condition keys whose colons are written as two underscores."""
    keys = {name.replace("__", ":"): values for name, values in context.items()}
    request = Request(action, resource, Context({"aws:RequestedRegion": (REGION,), **keys}), arn)
    return evaluate(request, policies).decision == "Allowed"


def test_what_was_recorded_stays_allowed_and_the_rest_is_gone() -> None:
    """By evaluation of what `create` renders: the job, its role, its data; neither endpoints nor other buckets."""
    policies, arn = rendered(found())
    job = {
        "sagemaker__InstanceTypes": ("ml.g5.xlarge",), "sagemaker__MaxRuntimeInSeconds": ("172800",),
    }  # fmt: skip
    assert is_allowed(policies, arn, "sagemaker:CreateTrainingJob", f"{PLACE}:training-job/churn-2026-11-02", **job)
    assert is_allowed(policies, arn, "iam:PassRole", arn, iam__PassedToService=("sagemaker.amazonaws.com",))
    assert is_allowed(policies, arn, "s3:PutObject", "arn:aws:s3:::acme-sagemaker-work/out/model.tar.gz")
    assert is_allowed(policies, arn, "s3:GetObject", "arn:aws:s3:::acme-sagemaker-raw/churn/a.csv")
    assert is_allowed(policies, arn, "s3:ListAllMyBuckets", "*")
    for action, resource in (
        ("sagemaker:CreateEndpoint", f"{PLACE}:endpoint/x"), ("s3:GetObject", "arn:aws:s3:::other/a"),
        ("s3:PutObject", "arn:aws:s3:::acme-sagemaker-raw/churn/a.csv"),
        ("sagemaker:CreateTrainingJob", f"{PLACE}:training-job/fraud-1"),
    ):  # fmt: skip
        assert not is_allowed(policies, arn, action, resource, **job), action


def test_guardrails_have_what_was_seen() -> None:
    """The instance type that ran and no other; a longer run than the profile's; shorter ones never shrink it."""
    trial = found().trial
    assert trial
    limits = {one.guardrail: one for one in trial.limits}
    assert limits["instance-types"].values == ("ml.g5.xlarge",)
    assert limits["max-runtime"].values == ("172800",)
    assert found().plan.best.data["guardrail"] == {"instance-types": ["ml.g5.xlarge"], "max-runtime": ["48h"]}
    short = training(stoppingCondition={"maxRuntimeInSeconds": 60})
    fast = moved(legacy("AmazonSageMakerFullAccess"), [called("CreateTrainingJob", short)], persona="data-scientist")
    assert "max-runtime" not in fast.plan.best.data["guardrail"]


def test_a_guardrail_that_no_value_satisfies_is_left_out_and_said() -> None:
    """A serverless job carries no type, which the guardrail wants: it would be stopped, so it is left out."""
    serverless = training(resourceConfig=None)
    calls = [called("CreateTrainingJob", serverless)]
    made = moved(legacy("AmazonSageMakerFullAccess"), calls, persona="data-scientist")
    assert made.trial
    dropped: list[FittedLimit] = [one for one in made.trial.limits if one.dropped]
    assert [one.guardrail for one in dropped] == ["instance-types"]
    assert made.plan.best.data["no_default_guardrails"] is True
    assert {one.verdict for one in made.trial.tried} == {TrialVerdict.ALLOWED}


def test_what_no_group_grants_is_drafted_and_then_allowed() -> None:
    """Listing the buckets: as a group of its own, which is all that was open; nothing that was denied is in it."""
    made = found()
    assert made.draft
    assert [(one.action, one.resource) for one in made.draft.needs] == [("s3:ListAllMyBuckets", "*")]
    assert [one.request.action for one in made.drafted] == ["s3:ListAllMyBuckets"]
    assert {one.verdict for one in made.drafted} == {TrialVerdict.ALLOWED}


def test_what_the_persona_must_never_do_is_not_drafted() -> None:
    """A data scientist that deployed: denied, said, and no way around the separation."""
    calls = [called("CreateTrainingJob", training()),
             called("CreateEndpoint", {"endpointName": "x", "endpointConfigName": "y"})]  # fmt: skip
    made = moved(legacy("AmazonSageMakerFullAccess"), calls, persona="data-scientist")
    assert made.trial
    denied = {one.request.action for one in made.trial.having(TrialVerdict.DENIED)}
    assert denied == {"sagemaker:CreateEndpoint"}
    assert made.draft is None


def test_nothing_is_gained_but_what_is_said() -> None:
    """Between the old role and what `create` renders, by meaning."""
    assert found().gained <= {"iam:GetRole"}
    assert not found().beyond.unknowns


def test_denied_calls_and_other_peoples_are_no_use() -> None:
    """They are counted, or not looked at; what runs as the role is its need, whoever started it."""
    other = OLD.replace("old", "pipeline")
    old = legacy("AmazonSageMakerFullAccess")
    use = read([*USED, called("CreateModel", {"modelName": "m"}, role=other)], old).uses[OLD]
    assert (use.calls, use.denied) == (3, 1)
    assert "sagemaker:CreateModel" not in {one.action for one in use.requests}
    theirs = read([called("CreateTrainingJob", training(), role=other)], old).uses[OLD]
    assert theirs.calls == 0
    assert {key: seen.times for key, seen in theirs.passed_by.items()} == {(other, "sagemaker:CreateTrainingJob"): 1}
    assert ("s3:GetObject", "arn:aws:s3:::acme-sagemaker-raw/churn/*") in theirs.for_jobs


def test_many_names_become_what_they_have_in_common() -> None:
    """Jobs by their names up to the time; objects by their folders; never fewer actions."""
    jobs = [
        called("DescribeTrainingJob", {"trainingJobName": f"churn-2026-10-{day:02d}-08-00"}) for day in range(1, 29)
    ]
    objects = [called("GetObject", {"bucketName": "acme-sagemaker", "key": f"raw/{at}.csv"}, "s3") for at in range(60)]
    old = legacy("AmazonSageMakerFullAccess")
    needs = seen_needs(read([*jobs, *objects], old).uses[OLD], old)
    assert {(one.action, one.resource) for one in needs} == {
        ("sagemaker:DescribeTrainingJob", f"{PLACE}:training-job/churn*"),
        ("s3:GetObject", "arn:aws:s3:::acme-sagemaker/raw/*"),
    }
    assert all(one.today and one.evidence is UseEvidence.USED for one in needs)


def test_what_no_trail_shows_keeps_groups_and_adds_none() -> None:
    """Reading of objects stays with a persona that has it; no group is added for what nobody saw."""
    made = moved(legacy("AmazonSageMakerFullAccess"), USED[:2], persona="data-scientist")
    silent = [one for one in made.outcomes if one.need.evidence is UseEvidence.UNTRACED]
    assert {one.need.action for one in silent if one.verdict is Verdict.LOST} >= {"lambda:InvokeFunction"}
    needed = {one.need.action for one in made.outcomes if one.need.evidence is not UseEvidence.UNTRACED}
    for name in made.plan.best.add:
        assert made.plan.found.granted(name) & needed, name


_WAYS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sagemaker", "CreateProcessingJob", {"processingJobName": "clean-1", "roleArn": OLD, "appSpecification": {},
        "processingResources": {"clusterConfig": {"instanceType": "ml.m5.large", "instanceCount": 1}}}),
    ("sagemaker", "DescribeProcessingJob", {"processingJobName": "clean-1"}),
    ("sagemaker", "CreateModel", {"modelName": "churn", "executionRoleArn": OLD}),
    ("sagemaker", "CreateEndpointConfig", {"endpointConfigName": "churn", "productionVariants": [
        {"variantName": "a", "modelName": "churn", "instanceType": "ml.m5.large"}]}),
    ("sagemaker", "CreateEndpoint", {"endpointName": "churn", "endpointConfigName": "churn"}),
    ("sagemaker", "DeleteEndpoint", {"endpointName": "churn"}),
    ("sagemaker", "ListEndpoints", {}),
    ("sagemaker", "StartPipelineExecution", {"pipelineName": "nightly"}),
    ("sagemaker", "StopTrainingJob", {"trainingJobName": "churn-1"}),
    ("sagemaker", "CreateTrainingJob", training("churn-1")),
    ("sagemaker", "CreateTrainingJob", training("fraud-1", "ml.p4d.24xlarge")),
    ("sagemaker", "UpdateModelPackage", {"modelPackageArn": f"{PLACE}:model-package/churn/1"}),
    ("sagemaker", "CreateFeatureGroup", {"featureGroupName": "users", "roleArn": OLD}),
    ("s3", "GetObject", {"bucketName": "acme-sagemaker-raw", "key": "a.csv"}),
    ("s3", "PutObject", {"bucketName": "acme-sagemaker-work", "key": "b.csv"}),
    ("s3", "ListBuckets", {}),
    ("logs", "GetLogEvents", {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "a"}),
    ("ecr", "DescribeRepositories", {"repositoryNames": ["churn"]}),
    ("codecommit", "GetBranch", {"repositoryName": "sagemaker-churn", "branchName": "main"}),
)  # fmt: skip
_PERSONAS = ("data-scientist", "ml-engineer", "mlops-engineer", "sagemaker-compute", "sagemaker-pipeline")


@pytest.mark.parametrize("seed", range(examples(5, 50)))
def test_generated_histories(seed: int) -> None:
    """What was used and let through is allowed by the rendered role, or told with a remedy; each group is wanted."""
    draw = random.Random(seed)  # noqa: S311 - a draw, no secret
    drawn = [_WAYS[0], *draw.sample(_WAYS[1:], draw.randint(2, 8))]
    calls = [called(name, parameters, source) for source, name, parameters in drawn]
    managed = draw.choice([("AmazonSageMakerFullAccess",), ("AmazonSageMakerFullAccess", "AmazonS3FullAccess")])
    made = moved(legacy(*managed), calls, persona=draw.choice(_PERSONAS))
    policies, arn = rendered(made)
    assert made.trial
    assert len(made.trial.tried) == len(made.use.requests if made.use else ())
    open_ones = {one.request for one in (made.drafted or made.trial.tried) if one.verdict is not TrialVerdict.ALLOWED}
    for one in made.trial.tried:
        asked, context = one.asked, {key: values for key, values in one.asked.told if values}
        request = Request(asked.action, asked.resource, Context(context), arn)
        is_sure = not asked.is_open and all(values is not None for _, values in asked.told)
        if one.request not in open_ones and is_sure:
            assert evaluate(request, policies).decision == "Allowed", one
    chosen = set(made.plan.best.cover.chosen)
    for name in chosen:
        assert any(one.groups and not one.groups & (chosen - {name}) for one in made.plan.best.coverings), name
    before = Policies(tuple(one.document for one in made.plan.old.policies))
    for each in made.beyond.differences:
        assert evaluate(each.request, before).decision != "Allowed"
        assert evaluate(each.request, policies).decision == "Allowed"


def test_a_small_role_gains_nothing() -> None:
    """Of a role that may train and no more, what the new one may beyond it is told action by action."""
    own = role(policy(
        statement(["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"], f"{PLACE}:training-job/*"),
        statement("iam:PassRole", OLD, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    ))  # fmt: skip
    made = moved(own, USED[:1], persona="data-scientist")
    policies, _ = rendered(made)
    granted = {action for one in policies.identity for each in one.statement for action in _allowed(each)}
    assert made.gained >= granted - {"sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "iam:PassRole"}


def _allowed(one: Any) -> set[str]:
    return set(one.action or ()) if one.effect.value == "Allow" else set()


def test_a_persona_of_another_service_comes_after_the_others() -> None:
    """A role that SageMaker takes does not become one of Unified Studio, whose limits look at DataZone's tags."""
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    own = role(policy(statement("sagemaker:*Training*"), statement("iam:PassRole")))
    taken = role(own.policies[0].document.to_json_value(), trust=TrustPolicy.model_validate(trust))
    names = [[one.persona.id for one in moved(each, USED[:2]).plan.choices] for each in (own, taken)]
    assert [each.index("unified-studio-user") < each.index("data-scientist") for each in names] == [True, False]


def test_an_unknown_operation_and_too_much_are_told() -> None:
    """What nobody knows is counted by name, and not taken for nothing."""
    old = legacy("AmazonSageMakerFullAccess")
    use = read([called("MakeCoffee", {}), called("DescribeTrainingJob", {"trainingJobName": "a"})], old).uses[OLD]
    assert use.unknown_operations == {"sagemaker:MakeCoffee": 1}
    assert IdentityPolicy.model_validate(policy(statement("s3:*"))).statement


def test_a_deny_of_the_trust_is_a_limit_that_is_lost() -> None:
    """A role file has no words for it, nor for NotPrincipal: both are said, and the Deny counts."""
    away = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    account = {"AWS": "arn:aws:iam::111122223333:root"}
    trust: dict[str, Any] = {"Version": "2012-10-17", "Statement": [
        {"Sid": "In", "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Sid": "Away", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": away},
        {"Sid": "Most", "Effect": "Allow", "NotPrincipal": account, "Action": "sts:AssumeRole"}]}  # fmt: skip
    old = role(policy(statement("sagemaker:*Training*")), trust=TrustPolicy.model_validate(trust))
    assert trust_denies(old) == ("the Deny of statement Away of the trust policy",)
    made = moved(old, USED[:1])
    said = list(other_trust(old, made.plan.best))
    assert said[-2:] == [
        *trust_denies(old),
        "all but those whom statement Most of the trust policy names (NotPrincipal)",
    ]
    whole = replace(made, trial=None)
    plain = replace(whole, plan=replace(made.plan, old=replace(old, trust=None)))
    clusters = (Clusters((Clustered(one.plan, one.plan.best, one),), ("x",), True) for one in (plain, whole))
    assert [fails(one) for one in clusters] == [False, True]
