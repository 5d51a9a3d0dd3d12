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
    said = next(finding.message for finding in found if finding.rule == "RM210")
    assert "does not list yet" in said
    assert "botocore" in said


@pytest.mark.parametrize("action", ["sagemaker:UpdateRecord", "sagemaker:PutEndpointPolicies"])
def test_other_names_stay_unknown(action: str) -> None:
    """An operation that AWS asks for under another action, and a misspelt one."""
    assert "RM202" in rules(policy({"Effect": "Allow", "Action": action, "Resource": "*"}))


def test_newer_actions_are_newer() -> None:
    """Each leaves the table once the reference has it."""
    assert [action for action in newer_actions() if find_action(action)] == []
