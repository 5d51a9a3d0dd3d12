"""Prefixes that others only read: every way to change an object there is denied, by one list of actions."""

from itertools import product

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.render.documents import render

CATALOG = Catalog()
PROTECTING = ("protect-models", "protect-features", "protect-monitoring", "protect-pipeline-code")
BUCKET = "arn:aws:s3:::sagemaker-us-east-1-111122223333"
PREFIXES = {
    "data-scientist": ("models", "feature-store", "model-monitor/monitoring", "model-monitor/baselining", "pipelines"),
    "ml-engineer": ("models", "feature-store", "model-monitor/monitoring", "model-monitor/baselining"),
    "sagemaker-compute": ("models", "feature-store"),
    "sagemaker-pipeline": ("feature-store",),
}


def test_all_prefixes_are_protected_from_the_same_actions() -> None:
    """A way to change an object that one of them forgets would be a way in."""
    lists = {CATALOG.activity_group(name).value.statements[0].actions for name in PROTECTING}
    assert len(lists) == 1


@pytest.mark.parametrize("persona", PREFIXES)
def test_who_only_reads_there_writes_and_deletes_nothing(persona: str) -> None:
    """Objects beside the prefixes may be written; those under them may not, though the bucket may."""
    documents = render(composed(persona=persona))
    identity = tuple(one.document for one in (*documents.policies, *documents.managed_policies))

    def decision(action: str, key: str) -> str:
        context = Context({"aws:ResourceAccount": ("111122223333",)})
        return evaluate(Request(action, f"{BUCKET}/{key}", context), Policies(identity=identity)).decision

    for prefix in PREFIXES[persona]:
        for action in ("s3:PutObject", "s3:DeleteObject"):
            assert decision(action, f"{prefix}/churn/x") == "ExplicitlyDenied", prefix
        assert decision("s3:GetObject", f"{prefix}/churn/x") == "Allowed", prefix
    assert decision("s3:PutObject", "churn/x") == "Allowed"


CODE_AND_RESULTS = {  # where SageMaker's SDK 2.257 puts them, with a prefix of the session and without
    "churn/code/0a1b/sourcedir.tar.gz": "ExplicitlyDenied",
    "pipelines/churn/code/0a1b/prepare.py": "ExplicitlyDenied",
    "churn/exec-1/Prepare/output/train/part-0.csv": "Allowed",
    "pipelines-exec-1-Train-a1b2/output/model.tar.gz": "Allowed",
}


@pytest.mark.parametrize("persona", ["sagemaker-compute", "sagemaker-pipeline"])
def test_a_role_of_jobs_is_kept_from_code_alone(persona: str) -> None:
    """As protect-pipeline-code describes it: every pipeline's code folder, and none of the results beside it."""
    code = {"pipeline_code": [f"{BUCKET.removeprefix('arn:aws:s3:::')}/*/code"]}
    documents = render(composed(persona=persona, add=["protect-pipeline-code"], parameter=code))
    policies = Policies(identity=tuple(one.document for one in (*documents.policies, *documents.managed_policies)))
    context = Context({"aws:ResourceAccount": ("111122223333",)})
    for key, decision in CODE_AND_RESULTS.items():
        assert evaluate(Request("s3:PutObject", f"{BUCKET}/{key}", context), policies).decision == decision, key


READ_BY_MOST = (
    "models",
    "feature-store",
    "model-monitor/monitoring",
    "monitoring",
    "model-monitor/baselining",
    "pipelines",
)
MONITORING = frozenset({"model-monitor/monitoring", "monitoring", "model-monitor/baselining"})
WRITERS = {
    "sagemaker-feature-store": frozenset({"feature-store"}),
    "mlops-engineer": frozenset({"model-monitor/monitoring", "monitoring"}),
    "ml-engineer": frozenset({"pipelines"}),
    "junior-ml-engineer": frozenset({"pipelines"}),
    "sagemaker-project-use": frozenset({"pipelines"}),
    "sagemaker-compute": MONITORING | {"pipelines"},
    "sagemaker-pipeline": MONITORING | {"pipelines", "models"},
    "mlops-emergency": MONITORING,
}
"""
Who writes where others read. The monitors' jobs run as the compute role, pipelines write baselines, and what
steps make lies beside the code of their pipeline; a project's build makes that code; the emergency role schedules
monitors, as the one it extends.
"""


@pytest.mark.parametrize("persona", sorted(CATALOG.found("personas")))
def test_nobody_else_writes_where_others_read(persona: str) -> None:
    """Every persona and every prefix: no write but by those whose work it is."""
    documents = render(composed(persona=persona))
    policies = Policies(identity=tuple(one.document for one in (*documents.policies, *documents.managed_policies)))
    asked = product(READ_BY_MOST, ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:PutObjectTagging"))
    context = Context({"aws:ResourceAccount": ("111122223333",)})
    written = {
        prefix
        for prefix, action in asked
        if evaluate(Request(action, f"{BUCKET}/{prefix}/churn/x", context), policies).decision == "Allowed"
    }
    assert written == WRITERS.get(persona, frozenset())


VERSION = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/1"
STAGES = (
    {"sagemaker:ModelLifeCycle:Stage": ("Production",), "sagemaker:ModelLifeCycle:StageStatus": ("Approved",)},
    {"sagemaker:ModelLifeCycle/stage": ("Production",), "sagemaker:ModelLifeCycle/stageStatus": ("Approved",)},
)
APPROVERS = frozenset({"mlops-engineer", "mlops-emergency"})
AUTHORS = frozenset(
    {
        "genai-developer", "junior-ml-engineer", "ml-engineer", "sagemaker-mlflow", "sagemaker-model-customization",
        "sagemaker-pipeline",
    }
)  # fmt: skip


@pytest.mark.parametrize("stage", STAGES, ids=("registry guide", "MLflow guide"))
@pytest.mark.parametrize("persona", sorted(CATALOG.found("personas")))
def test_who_approves_sets_a_stage_and_nobody_else(persona: str, stage: dict[str, tuple[str, ...]]) -> None:
    """Under both spellings of AWS's guides: approvers update a version's stage, authors neither register nor update one."""
    documents = render(composed(persona=persona))
    policies = Policies(identity=tuple(one.document for one in (*documents.policies, *documents.managed_policies)))

    def allowed(action: str, context: dict[str, tuple[str, ...]]) -> bool:
        return evaluate(Request(f"sagemaker:{action}", VERSION, Context(context)), policies).decision == "Allowed"

    assert allowed("UpdateModelPackage", stage) is (persona in APPROVERS)
    assert allowed("CreateModelPackage", {}) is (persona in AUTHORS)
    assert not allowed("CreateModelPackage", stage)
