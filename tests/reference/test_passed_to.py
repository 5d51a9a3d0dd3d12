"""Which service an operation passes its role to, and what IAM's own role manager is asked for."""

import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.check.paths import takes_a_role
from rolemgr.iam.wildcards import matches_action
from rolemgr.reference.dependents import passed_to
from rolemgr.reference.names import service_principal_doubt
from rolemgr.reference.quirks import operations_without_action
from rolemgr.reference.services import find_action


def test_create_job_passes_its_role_to_a_service_of_its_own() -> None:
    """Model customization is job.sagemaker's; other jobs are SageMaker's own, and a listing passes nothing."""
    assert passed_to("sagemaker:CreateJob") == "job.sagemaker.amazonaws.com"
    assert passed_to("sagemaker:CreateTrainingJob") == "sagemaker.amazonaws.com"
    assert passed_to("sagemaker:ListJobs") is None


def test_the_two_tables_of_passed_roles_agree() -> None:
    """What a way to another role says of the service is what the operation's dependent action says."""
    for action, service in takes_a_role().items():
        assert passed_to(action) in (service, None), action


@pytest.mark.parametrize("name", ["job.sagemaker", "hyperpod.sagemaker", "sagemaker"])
def test_the_service_principals_of_sagemaker_are_known(name: str) -> None:
    """CreateJob's and HyperPod's principals raise no question."""
    assert service_principal_doubt(f"{name}.amazonaws.com") is None


ACQUIRE = "iam:acquirerole"
READS = ("iam:GetRole",)


def test_no_iam_holds_the_role_manager_of_iam() -> None:
    """Switching it on, and what AcquireRole is asked for, are refused to every persona that has no-iam."""
    assert find_action(ACQUIRE) is None
    asked = [one for one in operations_without_action()[ACQUIRE] if one not in READS]
    never = [one.action for one in Catalog().separation("no-iam").value.never]
    for action in ("iam:PutAccountProperties", *asked):
        assert find_action(action) is not None
        assert any(matches_action(pattern, action) for pattern in never), action
