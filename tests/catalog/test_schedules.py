"""Groups for schedules and state machines, which no persona has: what they let somebody do, and its twin."""

from functools import cache
from typing import Any

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of

P, A = "arn:aws:", "us-east-1:111122223333"
RULE = f"{P}events:{A}:rule/scheduled-churn"
SCHEDULE = f"{P}scheduler:{A}:schedule/default/scheduled-churn"
PIPELINE = f"{P}sagemaker:{A}:pipeline/scheduled-churn"
ROLE = f"{P}iam::111122223333:role/sagemaker-pipeline-scheduler"


@cache
def policies() -> Policies:
    """Return what an ML engineer may who also schedules; its names can be those of any rule."""
    return rendered(
        persona="ml-engineer",
        add=["schedule-pipelines", "run-state-machines"],
        parameter={"pipeline_schedules": ["scheduled-*", "*glass*"], "state_machines": ["churn-*"]},
    ).policies()


def decision(action: str, resource: str, **context: Any) -> str:
    """Return what AWS would decide on the request."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    made = context_of({"aws:PrincipalAccount": "111122223333", **keys})
    principal = f"{P}sts::111122223333:assumed-role/sagemaker-ml-engineer/jan"
    return evaluate(Request(action, resource, made, principal), policies()).decision


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("scheduler:CreateSchedule", SCHEDULE, {}),
        ("scheduler:UpdateSchedule", SCHEDULE, {}),
        ("scheduler:DeleteSchedule", SCHEDULE, {}),
        ("scheduler:ListSchedules", "*", {}),
        ("events:PutRule", RULE, {}),
        ("events:PutTargets", RULE, {"events__TargetArn": [PIPELINE]}),
        ("events:DisableRule", RULE, {}),
        ("iam:PassRole", ROLE, {"iam__PassedToService": "scheduler.amazonaws.com"}),
        ("iam:PassRole", ROLE, {"iam__PassedToService": "events.amazonaws.com"}),
    ],
)
def test_pipelines_can_be_scheduled(action: str, resource: str, context: dict[str, Any]) -> None:
    """As AWS's guide has it: a schedule or a rule, its target, and the role that it starts the pipeline with."""
    assert decision(action, resource, **context) == "Allowed"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("scheduler:DeleteSchedule", f"{P}scheduler:{A}:schedule/default/payroll", {}),
        ("scheduler:CreateSchedule", f"{P}scheduler:{A}:schedule/finance/scheduled-churn", {}),
        ("events:PutRule", f"{P}events:{A}:rule/payroll", {}),
        ("events:PutTargets", RULE, {}),
        ("events:PutTargets", RULE, {"events__TargetArn": [f"{P}lambda:{A}:function:admin-tool"]}),
        ("events:PutTargets", RULE, {"events__TargetArn": [PIPELINE, f"{P}sqs:us-east-1:999988887777:out"]}),
        ("events:PutTargets", RULE, {"events__TargetArn": [f"{P}sagemaker:{A}:pipeline/fraud"]}),
        ("events:DisableRule", f"{P}events:{A}:rule/break-glass-alarm", {}),
        ("events:RemoveTargets", f"{P}events:{A}:rule/break-glass-alarm-change", {}),
        ("iam:PassRole", ROLE, {"iam__PassedToService": "lambda.amazonaws.com"}),
        ("iam:PassRole", f"{P}iam::111122223333:role/admin", {"iam__PassedToService": "scheduler.amazonaws.com"}),
        ("iam:PassRole", f"{P}iam::111122223333:role/sagemaker-pipeline", {"iam__PassedToService": "events.amazonaws.com"}),
    ],
)  # fmt: skip
def test_a_schedule_does_nothing_else(action: str, resource: str, context: dict[str, Any]) -> None:
    """No other team's schedule, no other target, no other role, and no alarm is silenced."""
    assert decision(action, resource, **context) != "Allowed"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("states:StartExecution", f"{P}states:{A}:stateMachine:churn-retrain", True),
        ("states:StartExecution", f"{P}states:{A}:stateMachine:payroll", False),
        ("states:StopExecution", f"{P}states:{A}:execution:churn-retrain:1234", True),
        ("states:StopExecution", f"{P}states:{A}:execution:payroll:1234", False),
        ("states:ListStateMachines", "*", True),
        ("states:UpdateStateMachine", f"{P}states:{A}:stateMachine:churn-retrain", False),
        ("states:CreateStateMachine", f"{P}states:{A}:stateMachine:churn-mine", False),
        ("states:SendTaskSuccess", "*", False),
    ],
)
def test_named_state_machines_are_run_and_none_is_changed(action: str, resource: str, *, allowed: bool) -> None:
    """Whoever may rewrite a state machine is its role."""
    assert (decision(action, resource) == "Allowed") is allowed


def test_no_state_machine_runs_unless_it_is_named() -> None:
    """A group that is added without names gives nothing."""
    made = rendered(persona="ml-engineer", add=["run-state-machines"])
    assert "states:" not in str(made.documents)
