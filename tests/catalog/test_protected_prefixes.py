"""Prefixes that others only read: every way to change an object there is denied, by one list of actions."""

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
