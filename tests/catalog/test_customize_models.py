"""Serverless customization of models: who may start it, and which guardrail stands in its way."""

from typing import Any

import pytest
from tests.support import composed

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.render.documents import render

JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job/churn-sft"
HUB = "arn:aws:sagemaker:us-east-1:111122223333:hub-content"


def decision(action: str, resource: str, **choices: Any) -> str:
    """Return what the ML engineer with the group gets; a serverless job names neither a type nor a run time."""
    chosen: dict[str, Any] = {"persona": "ml-engineer", "add": ["customize-models"], **choices}
    documents = render(composed(**chosen))
    policies = Policies(identity=tuple(one.document for one in (*documents.policies, *documents.managed_policies)))
    return evaluate(Request(action, resource, Context({})), policies).decision


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        ({}, "ExplicitlyDenied"),
        ({"no_default_guardrails": True, "guardrail": {"max-runtime": ["24h"]}}, "Allowed"),
        ({"no_default_guardrails": True, "guardrail": {"max-runtime": ["12h"]}}, "ExplicitlyDenied"),
    ],
    ids=("cost", "a day", "less than a day"),
)
def test_a_list_of_instance_types_denies_serverless_jobs(choices: dict[str, Any], wanted: str) -> None:
    """Nothing judges what they run on; without a run time they stop after a day."""
    assert decision("sagemaker:CreateTrainingJob", JOB, **choices) == wanted


def test_no_hub_is_open_that_is_not_named() -> None:
    """By default there is none; of a named one only data sets and documents."""
    named: dict[str, Any] = {"parameter": {"customization_hubs": ["team"]}}
    assert decision("sagemaker:ImportHubContent", f"{HUB}/team/DataSet/x/1.0.0") == "ImplicitlyDenied"
    assert decision("sagemaker:ImportHubContent", f"{HUB}/team/DataSet/x/1.0.0", **named) == "Allowed"
    assert decision("sagemaker:ImportHubContent", f"{HUB}/other/DataSet/x/1.0.0", **named) == "ImplicitlyDenied"
    assert decision("sagemaker:ImportHubContent", f"{HUB}/team/Model/x/1.0.0", **named) == "ImplicitlyDenied"
