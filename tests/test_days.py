"""A day in the life of each persona: every call allowed, every forbidden twin denied (mission M5a)."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.base import Model
from rolemgr.model.source import parse_model

DAYS = Path(__file__).parent / "days"


class AskedFor(Model):
    """One request that AWS authorises for an API call."""

    action: str
    resource: str = "*"
    context: dict[str, Any] = Field(default_factory=dict)


class Twin(Model):
    """The request beside an everyday call that must not be allowed, and why."""

    why: str
    request: AskedFor


class Call(Model):
    """An API call of the day: all that AWS authorises for it, where that is written, and its twin."""

    call: str
    source: str = Field(min_length=1)
    requests: tuple[AskedFor, ...] = Field(min_length=1)
    twin: Twin


class Day(Model):
    """A persona's day: its role, who asks, and what is in every request."""

    persona: str
    role: dict[str, Any] = Field(default_factory=dict)
    principal: str
    context: dict[str, Any] = Field(default_factory=dict)
    unknown_ok: tuple[str, ...] = ()
    calls: tuple[Call, ...] = Field(min_length=10, max_length=60)


@cache
def day_of(name: str) -> Day:
    """Return the day in ``days/NAME.yaml``."""
    return parse_model(read_yaml(DAYS / f"{name}.yaml", f"days/{name}.yaml"), Day).value


@cache
def policies_of(name: str) -> Policies:
    """Return the policies of the role that the day *name* is about."""
    day = day_of(name)
    return rendered(persona=day.persona, **day.role).policies()


def decision(day: Day, policies: Policies, asked: AskedFor) -> str:
    """Return what AWS would decide on *asked* in this day's context."""
    context = context_of({**day.context, **asked.context})
    return evaluate(Request(asked.action, asked.resource, context, day.principal), policies).decision


NAMES = sorted(path.stem for path in DAYS.glob("*.yaml"))
CALLS = [(name, number) for name in NAMES for number in range(len(day_of(name).calls))]


def _id(case: object) -> str:
    return str(case)


@pytest.mark.parametrize(("name", "number"), CALLS, ids=_id)
def test_each_call_of_the_day_is_allowed_and_its_twin_denied(name: str, number: int) -> None:
    """What the persona does every day works, and what looks like it but is not theirs does not."""
    day, policies = day_of(name), policies_of(name)
    call = day.calls[number]
    refused = [asked for asked in call.requests if decision(day, policies, asked) != "Allowed"]
    assert refused == [], call.call
    assert decision(day, policies, call.twin.request) != "Allowed", f"{call.call}: {call.twin.why}"


BUSY = (
    "business-analyst", "data-scientist", "genai-developer", "junior-ml-engineer", "ml-engineer", "mlops-emergency",
    "mlops-engineer",
    "sagemaker-compute", "sagemaker-pipeline",
    "cicd-deployer",
    "data-engineer",
    "hyperpod-admin",
    "hyperpod-user",
    "platform-admin",
    "security-auditor",
    "unified-studio-admin",
    "unified-studio-user",
    "mlflow-admin",
    "governance-officer",
)  # fmt: skip
"""The personas whose work is too manifold for fewer than 25 calls; a role for one service may do with ten."""


@pytest.mark.parametrize("name", BUSY)
def test_a_persona_with_manifold_work_has_a_full_day(name: str) -> None:
    """The six personas of the mission, and the two custom ones, are witnessed by 25 calls at least."""
    assert len(day_of(name).calls) >= 25


def test_every_persona_has_a_day() -> None:
    """No persona ships without the independent witness of its everyday calls."""
    from rolemgr.catalog.load import Catalog

    assert set(NAMES) == set(Catalog().found("personas"))
