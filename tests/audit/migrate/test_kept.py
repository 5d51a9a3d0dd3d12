"""What the old role denied, whom it trusted and what it asked for in vain: kept, or said to be lost."""

from typing import Any

import pytest
from tests.audit.migrate.support import ACCOUNT, catalog, migrated, policy, role, statement
from tests.audit.migrate.trail_support import OLD, called, legacy, moved, training
from tests.support import rendered

from rolemgr.audit.migrate.denies import DenyVerdict
from rolemgr.audit.migrate.migration import Migrated, NewRoleOptions, plan
from rolemgr.audit.migrate.trusting import missing
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import TrustPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.report.migrate import migration_text
from rolemgr.report.migrate_forms import fails

JOBS = statement("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/churn*")
ISOLATION = {
    "Effect": "Deny", "Action": "sagemaker:CreateTrainingJob", "Resource": "*",
    "Condition": {"BoolIfExists": {"sagemaker:NetworkIsolation": "false"}},
}  # fmt: skip
WEEKEND = {
    "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*", "Sid": "Weekend",
    "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
}  # fmt: skip
NOTHING = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}


def test_a_deny_becomes_a_guardrail_or_is_a_lost_limit() -> None:
    """One that a guardrail says, one that none says, and one of what the new role may not do anyhow."""
    found = migrated(role(policy(JOBS, ISOLATION, WEEKEND, NOTHING)), persona="data-scientist")
    verdicts = [(one.verdict, one.by) for one in found.denies]
    assert verdicts == [(DenyVerdict.KEPT, ("network-isolation",)), (DenyVerdict.LOST, ()), (DenyVerdict.KEPT, ())]
    assert "network-isolation" in found.plan.best.data["guardrail"]
    text = migration_text(Migrated(found, (), (), is_account=False), "roles/new.yaml", None)
    assert "3 Denies of the old role: 2 kept (guardrails taken from them: network-isolation), 1 LOST" in " ".join(
        text.split()
    )
    assert text.index("LOST LIMITS") < text.index("NEEDS") + 2_000
    assert "p0, Weekend on aws:CurrentTime" in " ".join(text.split())


@pytest.mark.parametrize(("deny", "expected"), [(ISOLATION, False), (WEEKEND, True)])
def test_a_lost_limit_counts(deny: dict[str, Any], expected: bool) -> None:
    """Exit code 1, though nothing else is wrong."""
    found = Migrated(migrated(role(policy(JOBS, deny)), persona="data-scientist"), (), (), is_account=False)
    assert fails(found) is expected
    assert not fails(found, "never")


def test_what_was_asked_for_in_vain_widens_no_limit() -> None:
    """A denied call and one beyond a quota are told; neither is among the types that the new role may use."""
    calls = [
        called("CreateTrainingJob", training()),
        called("CreateTrainingJob", training("a", "ml.p4d.24xlarge"), errorCode="AccessDenied"),
        called("CreateTrainingJob", training("b", "ml.p5.48xlarge"), errorCode="ResourceLimitExceeded"),
    ]
    found = moved(legacy("AmazonSageMakerFullAccess"), calls, persona="data-scientist")
    assert found.plan.best.data["guardrail"]["instance-types"] == ["ml.g5.xlarge"]
    assert found.trial is not None
    assert {one.value for one in found.trial.refused} == {"ml.p4d.24xlarge", "ml.p5.48xlarge"}
    assert [one.request.resource.rpartition("/")[2] for one in found.trial.vain] == ["b"]
    text = " ".join(migration_text(Migrated(found, (), (), is_account=False), "roles/new.yaml", None).split())
    assert "instance-types does not allow" in text


def trusting(*statements: dict[str, Any]) -> HeldRole:
    """Return a role with the *statements* of a trust policy."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    return role(policy(JOBS), trust=TrustPolicy.model_validate(document))


SAGEMAKER = {"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
OTHERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an account with an external id": (
        {"Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}}}, ["account:444455556666?external-id=acme-1"]),
    "a role": ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"}, "Action": "sts:AssumeRole"},
               [f"role:arn:aws:iam::{ACCOUNT}:role/ci"]),
    "an address, for which there are no words": (
        {"Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole",
         "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}}, []),
    "everybody": ({"Principal": "*", "Action": "sts:AssumeRole"}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_trust_is_carried_over_where_a_role_file_says_the_same(case: str) -> None:
    """What it can't say is named at the top, and is not in the new role."""
    other, texts = OTHERS[case]
    found = migrated(trusting(SAGEMAKER, other), persona="data-scientist")
    assert found.plan.best.data.get("trust", []) == (["sagemaker", *texts] if texts else [])
    left = missing(found.plan.old, found.plan.best)
    assert len(left) == (0 if texts else 1)
    text = migration_text(Migrated(found, (), (), is_account=False), "roles/new.yaml", None)
    assert ("TRUST   not carried over" in text) is not bool(texts)


def test_the_name_of_a_thing_is_not_that_of_what_belongs_to_it() -> None:
    """A schedule's alert, and an execution of a pipeline, tell the name of the schedule and of the pipeline."""
    here = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
    allowed = policy(
        statement("sagemaker:DescribePipelineExecution", f"{here}:pipeline/clean/execution/abc"),
        statement("sagemaker:ListMonitoringAlerts", f"{here}:monitoring-schedule/drift/alert/a"),
        statement("sagemaker:DescribeMonitoringSchedule", f"{here}:monitoring-schedule/drift"),
    )
    values = plan(catalog(), role(allowed), None, NewRoleOptions()).inference.found
    told = {value for one in values.values() for value in one.values}
    assert not {one for one in told if "/alert" in one or "/execution" in one}


OWN = [
    "business-analyst", "cicd-deployer", "data-engineer", "data-scientist", "genai-developer", "governance-officer",
    "hyperpod-admin", "junior-ml-engineer", "ml-engineer", "mlflow-admin", "mlops-engineer", "platform-admin",
    "sagemaker-compute", "sagemaker-emr-serverless", "sagemaker-feature-store", "sagemaker-glue",
    "sagemaker-image-build", "sagemaker-mlflow", "sagemaker-pipeline", "unified-studio-user", "bedrock-evaluation",
    "bedrock-import",
]  # fmt: skip


@pytest.mark.sampled(1)
@pytest.mark.parametrize("persona", OWN)
def test_a_role_of_ours_goes_back_to_its_own_persona(persona: str) -> None:
    """Whatever its weights: no other persona is nearer to what a persona renders."""
    made = rendered(persona=persona)
    documents, spec = made.documents, made.role.spec
    held = tuple(HeldPolicy(one.name, one.document) for one in (*documents.policies, *documents.managed_policies))
    old = HeldRole("role", spec.arn, spec.role_name, spec.account, SourceLocation("role.json", 1), held,
                   trust=documents.trust_policy)  # fmt: skip
    assert plan(catalog(), old, None, NewRoleOptions(region=spec.region)).best.persona.id == persona
    assert old.arn != OLD
