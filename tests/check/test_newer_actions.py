"""Actions that AWS's SDK has and the reference does not list yet: unknown is not "no such action"."""

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.reference.quirks import newer_actions
from rolemgr.reference.services import find_action


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("action", ["sagemaker:PutEndpointPolicy", "SageMaker:putendpointpolicy"])
def test_a_newer_action_is_not_called_unknown(effect: str, action: str) -> None:
    """A warning says what is known and from where; that it grants or denies nothing nobody knows."""
    found = findings(policy({"Effect": effect, "Action": action, "Resource": "*"}))
    assert "RM202" not in {finding.rule for finding in found}
    if effect == "Deny":  # it may hold, and does no harm
        assert found == []
        return
    said = next(finding.message for finding in found if finding.rule == "RM210")
    assert "does not list yet" in said
    assert "botocore" in said


@pytest.mark.parametrize("action", ["sagemaker:UpdateRecord", "sagemaker:PutEndpointPolicies"])
def test_other_names_stay_unknown(action: str) -> None:
    """An operation that AWS asks for under another action, and a misspelt one."""
    assert "RM202" in rules(policy({"Effect": "Allow", "Action": action, "Resource": "*"}))


def test_an_operation_without_an_action_says_what_is_asked_for() -> None:
    """IAM's role manager (another product than SageMaker's) asks its caller for what it does."""
    found = findings(policy({"Effect": "Deny", "Action": "iam:AcquireRole", "Resource": "*"}))
    said = next(finding.message for finding in found if finding.rule == "RM202")
    assert "iam:CreateRole" in said
    assert "iam:AttachRolePolicy" in said


@pytest.mark.parametrize(
    ("services", "named"),
    [
        (["job.sagemaker.amazonaws.com"], ()),
        (["hyperpod.sagemaker.amazonaws.com"], ()),
        (["sagemaker.amazonaws.com", "hyperpod.sagemaker.amazonaws.com"], ("`sagemaker.amazonaws.com`",)),
    ],
)
def test_trust_in_the_principals_of_sagemaker(services: list[str], named: tuple[str, ...]) -> None:
    """AWS documents that SageMaker sends a source; of CreateJob's and HyperPod's it says nothing, so none is asked for."""
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    found = [one for one in findings(policy(trust), "trust") if one.rule == "RM801"]
    assert [one.message.partition(" ")[0] for one in found] == list(named)
    held = {**trust, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
    assert findings(policy(held), "trust") == []


def test_newer_actions_are_newer() -> None:
    """Each leaves the table once the reference has it."""
    assert [action for action in newer_actions() if find_action(action)] == []
