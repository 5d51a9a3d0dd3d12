"""
The days in the life under ABAC: every call of a persona whose requests carry the project's tag is still allowed.

What a complying caller sends is added by rule, from the raw reference: the tag with each creation that takes
tags, the tag on each existing resource that a project can have tagged. What projects share, and what SageMaker
makes by itself, has no tag.
"""

from functools import cache
from typing import Any

import pytest
from tests.abac_support import SELDOM_TAGGED, SHARED, makes, taggable, type_of
from tests.support import rendered
from tests.test_days import CALLS, AskedFor, day_of, decision

from rolemgr.evaluate.policies import Policies

KEY, VALUE = "Project", "churn"
MODEL = ":model/"
NOT_BY_TAG = ("sagemaker:ListTags", "sagemaker:ListTrainingJobsForHyperParameterTuningJob")
"""What AWS says that policies by tag do not restrict, of what the days do."""


@cache
def policies_under_tags(name: str, *keys: str) -> Policies:
    """Return the policies of the day's role under the tag *keys*."""
    day = day_of(name)
    role = {**day.role, "abac": list(keys), "tag": dict.fromkeys(keys, VALUE), "no_default_guardrails": True}
    return rendered(persona=day.persona, **role).policies()


def complying(asked: AskedFor, *keys: str) -> AskedFor:
    """Return *asked* as somebody of the project would send it, and AWS authorise it."""
    context = dict(asked.context) | {f"aws:PrincipalTag/{key}": VALUE for key in keys}
    return AskedFor(
        action=asked.action, resource=asked.resource, context=context | _tags(asked, keys) | _model(context)
    )


def _tags(asked: AskedFor, keys: tuple[str, ...]) -> dict[str, Any]:
    kind = type_of(asked.action, asked.resource) if asked.action.startswith("sagemaker:") else None
    if kind is None or kind in SHARED or not taggable(kind):
        return {}
    sent: dict[str, Any] = {f"aws:RequestTag/{key}": VALUE for key in keys}
    sent["aws:TagKeys"] = [*asked.context.get("aws:TagKeys", ()), *keys]
    existing = {f"aws:ResourceTag/{key}": VALUE for key in keys}
    if asked.action == "sagemaker:AddTags":
        return sent if "sagemaker:TaggingAction" in asked.context else {**sent, **existing}
    if makes(asked.action, kind):
        return {} if kind in SELDOM_TAGGED - {"experiment-trial-component"} else sent
    return {} if kind in SELDOM_TAGGED else existing


def _model(context: dict[str, Any]) -> dict[str, str]:
    """Return the model's ARN with a name of the project; those that pipelines give stay."""
    arn = context.get("sagemaker:ModelArn")
    if not arn or MODEL + "pipelines-" in arn or MODEL + VALUE + "-" in arn:
        return {}
    return {"sagemaker:ModelArn": arn.replace(MODEL, f"{MODEL}{VALUE}-")}


@pytest.mark.sampled(160)
@pytest.mark.parametrize("keys", [(KEY,), (KEY, "CostCenter")], ids="-".join)
@pytest.mark.parametrize(("name", "number"), CALLS, ids=str)
def test_each_call_is_allowed_to_somebody_of_the_project(name: str, number: int, keys: tuple[str, ...]) -> None:
    """Under one tag key or two, what the persona does every day works, and its twin still does not."""
    day, policies = day_of(name), policies_under_tags(name, *keys)
    call = day.calls[number]
    refused = [one for asked in call.requests if decision(day, policies, one := complying(asked, *keys)) != "Allowed"]
    assert refused == [], call.call
    assert decision(day, policies, complying(call.twin.request, *keys)) != "Allowed", call.twin.why


PROJECT_ACTIONS = [
    (name, number)
    for name, number in CALLS
    if any(_tags(asked, (KEY,)) for asked in day_of(name).calls[number].requests)
]


@pytest.mark.sampled(90)
@pytest.mark.parametrize(("name", "number"), PROJECT_ACTIONS, ids=str)
def test_each_call_on_what_a_project_has_is_denied_to_another_project(name: str, number: int) -> None:
    """The same request by a caller with another value of the tag, or with none, is not allowed."""
    day, policies = day_of(name), policies_under_tags(name, KEY)
    for asked in day.calls[number].requests:
        if not _tags(asked, (KEY,)) or asked.action in NOT_BY_TAG:
            continue
        sent = complying(asked, KEY)
        for other in (["fraud"], []):
            context = sent.context | {f"aws:PrincipalTag/{KEY}": other}
            foreign = AskedFor(action=sent.action, resource=sent.resource, context=context)
            assert decision(day, policies, foreign) != "Allowed", foreign
