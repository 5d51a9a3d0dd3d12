"""What a migration keeps, loses and gives, and that the rendered role says the same."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.migrate.support import ACCOUNT, catalog, migrated, policy, role, statement, used, with_managed
from tests.nightly import WHOLE, examples

from rolemgr.audit.examples import concrete
from rolemgr.audit.migrate.judge import Outcome, Verdict
from rolemgr.audit.migrate.migration import Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.errors import InputError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.source import SourceFile
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.services import find_action
from rolemgr.workflow.role import render_spec

REGION = "us-east-1"
PLACE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
FULL = (
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerCanvasFullAccess",
    "SageMakerStudioUserIAMPermissiveExecutionPolicy",
)


@cache
def of_managed(name: str) -> Migration:
    """Return the migration of a role that has AWS's policy *name* attached, at night onto the best of all personas."""
    return migrated(with_managed(name), persona=None if WHOLE else "ml-engineer")


def rendered(found: Migration) -> Policies:
    """Return the policies of the role that `rolemgr create` makes of the role file."""
    spec = parse_model(SourceFile("role.yaml", dict(found.plan.best.data), {}), RoleSpec)
    documents = render_spec(catalog(), spec).documents
    return Policies(tuple(one.document for one in (*documents.policies, *documents.managed_policies)))


def requests(one: Outcome, found: Migration) -> Iterator[Request]:
    """Yield the request that shows *one*, on what it needs, or on one of the resources that are left."""
    spec = found.plan.best.role.spec if found.plan.best.role else None
    assert spec
    resource = one.on[0] if one.on else one.need.resource
    made = concrete(resource, "aws", ACCOUNT) or resource
    yield Request.known(
        one.need.action, made, {key: list(values) for key, values in one.context.items()}, spec.arn, None
    )


@pytest.mark.parametrize("name", FULL[: examples(1, len(FULL))])
def test_what_stays_is_allowed_by_the_role_that_create_makes(name: str) -> None:
    """Each need that is said to stay, whole or in part, by evaluation; each is told, and none twice."""
    found = of_managed(name)
    policies = rendered(found)
    assert len(found.outcomes) == len(found.plan.needs)
    kept = [*found.having(Verdict.KEPT), *found.having(Verdict.NARROWED)]
    assert kept
    for one in kept:
        for request in requests(one, found):
            assert evaluate(request, policies).decision == "Allowed", one
    assert all(one.why for one in found.having(Verdict.LOST))


actions = st.sampled_from([
    ("sagemaker:CreateTrainingJob", f"{PLACE}:training-job/churn-1"),
    ("sagemaker:DescribeTrainingJob", f"{PLACE}:training-job/churn-1"),
    ("sagemaker:CreateProcessingJob", f"{PLACE}:processing-job/churn-1"),
    ("sagemaker:CreateEndpoint", f"{PLACE}:endpoint/churn"),
    ("sagemaker:CreatePipeline", f"{PLACE}:pipeline/churn"),
    ("sagemaker:UpdateModelPackage", f"{PLACE}:model-package/churn/1"),
    ("sagemaker:CreateModelPackage", f"{PLACE}:model-package/churn/1"),
    ("sagemaker:InvokeEndpoint", f"{PLACE}:endpoint/churn"),
    ("sagemaker:PutRecord", f"{PLACE}:feature-group/churn"),
    ("s3:GetObject", "arn:aws:s3:::acme-churn/raw/a.csv"),
    ("s3:PutObject", "arn:aws:s3:::acme-work/out/b.csv"),
    ("s3:PutObject", "arn:aws:s3:::acme-work/models/m.tar.gz"),
    ("logs:GetLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:a"),
    ("ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/churn"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/churn-train"),
    ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/x"),
])  # fmt: skip


@settings(max_examples=examples(2, 20), deadline=None)
@given(st.lists(actions, min_size=1, max_size=7, unique=True))
def test_whatever_was_used_stays_or_is_named_as_lost(pairs: list[tuple[str, str]]) -> None:
    """Every used pair on its exact resource: allowed by the rendered role, or among what is lost."""
    needed = policy(*(statement(action, resource) for action, resource in pairs))
    if {action for action, _ in pairs} <= {"dynamodb:GetItem", "iam:CreateRole"}:
        with pytest.raises(InputError, match="no persona has a role"):
            migrated(role(policy(statement("*"))), needed)
        return
    found = migrated(role(policy(statement("*"))), needed)
    policies = rendered(found)
    lost = {(one.need.action, one.need.resource) for one in found.having(Verdict.LOST)}
    unknown = {(one.need.action, one.need.resource) for one in found.having(Verdict.UNKNOWN)}
    assert {(one.action, one.resource) for one in found.plan.needs} == set(pairs)
    for one in (*found.having(Verdict.KEPT), *found.having(Verdict.NARROWED)):
        assert not has_wildcard(one.need.resource)
        assert one.verdict is Verdict.KEPT
        assert all(evaluate(request, policies).decision == "Allowed" for request in requests(one, found)), one
    assert not unknown
    assert lost <= set(pairs)


def test_every_group_of_the_cover_is_wanted() -> None:
    """Without any one of the groups that were chosen, something that is covered no longer is."""
    found = of_managed(FULL[0]).plan.best
    for name in found.cover.chosen:
        rest = set(found.cover.chosen) - {name}
        assert any(one.groups and not one.groups & rest for one in found.coverings), name


def test_the_other_tools_give_policies() -> None:
    """The list of IAM Policy Autopilot, a document as iamlive and policy_sentry write it, Access Analyzer's answer."""
    document = policy(statement("s3:GetObject", "arn:*:s3:::acme/*"))
    answers: list[dict[str, Any]] = [
        document,
        {"Policies": [{"Policy": document, "PolicyType": "Identity"}], "Explanations": {}},
        {"generatedPolicyResult": {"generatedPolicies": [{"policy": str(document).replace("'", '"')}]}},
    ]
    for one in answers:
        found = migrated(role(policy(statement("s3:*"))), one, persona="data-scientist")
        assert [(need.action, need.evidence) for need in found.plan.needs] == [("s3:GetObject", UseEvidence.USED)]
        assert found.plan.best.data["parameter"]["data_buckets"] == ["acme"]


def report(*services: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an answer of GetServiceLastAccessedDetails."""
    return {"JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL", "ServicesLastAccessed": list(services), **more}


def test_what_aws_tracks_is_used_or_not_and_the_rest_is_not_known() -> None:
    """Of a service that was used, the tracked actions tell; of the others, and of PassRole, nobody does."""
    old = role(
        policy(statement(["s3:GetBucketAcl", "s3:CreateBucket", "s3:GetObject", "glue:GetTable", "iam:PassRole"]))
    )
    tracked = [
        {"ActionName": "GetBucketAcl", "LastAccessedTime": "2026-10-01T00:00:00Z"},
        {"ActionName": "CreateBucket"},
    ]
    s3 = {"ServiceNamespace": "s3", "LastAuthenticated": "2026-10-01T00:00:00Z", "TrackedActionsLastAccessed": tracked}
    found = migrated(old, report(s3, {"ServiceNamespace": "glue"}), persona="data-scientist")
    assert {one.action: one.evidence for one in found.plan.needs} == {
        "s3:GetBucketAcl": UseEvidence.USED, "s3:GetObject": UseEvidence.PERHAPS, "iam:PassRole": UseEvidence.PERHAPS,
    }  # fmt: skip


def test_a_report_that_is_not_whole_is_said() -> None:
    """More pages, a job that runs, a service without a name: not known, or an error."""
    assert "more pages" in used(report(IsTruncated=True)).unknown[0]
    assert "no ServiceNamespace" in used(report({})).unknown[0]
    with pytest.raises(InputError, match="JobStatus is `IN_PROGRESS`"):
        used(report(JobStatus="IN_PROGRESS"))


def test_parameters_come_from_what_was_used() -> None:
    """Buckets by reading and writing, names up to their time, the passed role; a Region that the ARNs name."""
    needed = policy(
        statement("s3:GetObject", "arn:aws:s3:::acme-raw/a.csv"),
        statement("s3:PutObject", "arn:aws:s3:::acme-work/b.csv"),
        statement("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/churn-2026-11-01-10-11-12-123"),
        statement("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/churn-train", Condition={
            "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    )  # fmt: skip
    found = migrated(role(policy(statement("*"))), needed, persona="data-scientist").plan
    data = found.best.data
    assert data["region"] == "eu-west-1"
    assert data["parameter"]["work_buckets"] == ["acme-work"]
    assert data["parameter"]["job_names"] == ["churn*"]
    assert data["parameter"]["pass_roles"] == [f"arn:aws:iam::{ACCOUNT}:role/churn-train"]
    assert "acme-raw" in data["parameter"]["data_buckets"]
    assert "acme-raw" not in data["parameter"]["work_buckets"]


def test_what_a_persona_must_never_do_is_lost_with_the_name_of_the_separation() -> None:
    """A data scientist that deployed: the endpoint is lost, and the personas that may are named."""
    needed = policy(statement("sagemaker:CreateEndpoint", f"{PLACE}:endpoint/churn"),
                    statement("sagemaker:CreateTrainingJob", f"{PLACE}:training-job/churn"))  # fmt: skip
    old = role(policy(statement("sagemaker:*")))
    lost = migrated(old, needed, persona="data-scientist").having(Verdict.LOST)
    assert [one.need.action for one in lost] == ["sagemaker:CreateEndpoint"]
    assert "separation no-deployment" in lost[0].why
    best = migrated(old, needed)
    assert best.having(Verdict.LOST) == []
    assert best.plan.best.persona.id == "ml-engineer"


def test_what_one_persona_loses_others_may_have() -> None:
    """Jobs and approval in one role: one is lost, and who may do it is told."""
    needed = policy(statement("sagemaker:UpdateModelPackage", f"{PLACE}:model-package/churn/1"),
                    statement("sagemaker:CreateTrainingJob", f"{PLACE}:training-job/churn"))  # fmt: skip
    lost = migrated(role(policy(statement("sagemaker:*"))), needed).having(Verdict.LOST)
    assert all(one.instead for one in lost)


def test_a_deny_of_the_old_role_counts() -> None:
    """What it may not do, as its boundary and its Denies have it, it does not need."""
    denied = {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": "*"}
    old = role(policy(statement(["sagemaker:CreateEndpoint", "sagemaker:CreateTrainingJob"]), denied))
    assert [one.action for one in migrated(old).plan.needs] == ["sagemaker:CreateTrainingJob"]


def test_what_the_reference_does_not_know_is_lost_and_told() -> None:
    """A misspelt action, and one of a service that is gone, are needs as any other."""
    found = migrated(role(policy(statement("*"))), policy(statement(["sagemaker:CreateTraining", "s3:GetObject"])))
    lost = {one.need.action: one.why for one in found.having(Verdict.LOST)}
    assert lost["sagemaker:CreateTraining"] == "AWS's reference does not know this action"
    assert find_action("sagemaker:CreateTraining") is None


def test_the_old_role_that_passes_itself_is_not_passed_again() -> None:
    """The parameter keeps its default, and the reason is told."""
    own = f"arn:aws:iam::{ACCOUNT}:role/old"
    needed = policy(statement("iam:PassRole", own), statement("sagemaker:CreateTrainingJob", f"{PLACE}:training-job/a"))
    found = migrated(role(policy(statement("*"))), needed)
    reasons = set(found.plan.inference.not_told.values())
    assert "the old role passes itself" in reasons
    assert "pass_roles" not in found.plan.best.data.get("parameter", {})


def test_a_role_that_needs_nothing_is_an_error() -> None:
    """Nothing to cover: there is no role for it."""
    with pytest.raises(InputError, match="needs nothing"):
        migrate(catalog(), role(policy(statement("s3:GetObject"))), used(report()), NewRoleOptions())


@pytest.mark.nightly
def test_a_policy_that_aws_never_wrote_ends_soon() -> None:
    """Thousands of patterns: an error that says so, and no hour of work."""
    many = [f"arn:aws:s3:::b{at}*x{at}/*" for at in range(2_000)]
    for actions_of_it in ("*", "s3:GetObject"):
        with pytest.raises(InputError, match="can't be told"):
            migrated(role(policy(statement(actions_of_it, many))))
    stars = "arn:aws:s3:::acme/" + "*a" * 200
    assert migrated(role(policy(statement("s3:GetObject", stars))), persona="data-scientist").plan.needs
