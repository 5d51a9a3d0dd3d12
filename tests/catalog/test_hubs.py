"""Private hubs: with only-private-hubs nothing of the public hub is used, whatever else the role has."""

from functools import cache

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of

PUBLIC, OURS = "arn:aws:sagemaker:us-east-1:aws", "arn:aws:sagemaker:us-east-1:111122223333"
MODEL = f"{PUBLIC}:hub-content/SageMakerPublicHub/Model/a-model/1.0.0"
FILES = "arn:aws:s3:::jumpstart-cache-prod-us-east-1/a-model/model.tar.gz"


@cache
def policies(*groups: str, **parameters: tuple[str, ...]) -> Policies:
    """Return what a data scientist may who has *groups* besides, and the private hub `ours`."""
    given = {"hubs": ["ours"], **{name: list(values) for name, values in parameters.items()}}
    return rendered(persona="data-scientist", add=["use-hubs", "use-jumpstart", *groups], parameter=given).policies()


def decided(found: Policies, action: str, resource: str) -> str:
    """Return the decision of *found* on the request."""
    principal = "arn:aws:sts::111122223333:assumed-role/data-scientist/s"
    context = context_of({"aws:RequestedRegion": "us-east-1", "aws:PrincipalAccount": "111122223333"})
    return evaluate(Request(action, resource, context, principal), found).decision


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:DescribeHub", f"{PUBLIC}:hub/SageMakerPublicHub"),
        ("sagemaker:ListHubContents", f"{PUBLIC}:hub/SageMakerPublicHub"),
        ("sagemaker:DescribeHubContent", MODEL),
        ("sagemaker:ListHubContentVersions", MODEL),
    ],
)
def test_what_use_jumpstart_allows_of_the_public_hub_is_taken_back(action: str, resource: str) -> None:
    """A user who has both groups looks at no public model: without the second he does."""
    assert decided(policies(), action, resource) == "Allowed"
    assert decided(policies("only-private-hubs"), action, resource) == "ExplicitlyDenied"


@pytest.mark.parametrize("action", ["DeployHubModel", "TrainHubModel", "CreateHubContentPresignedUrls"])
def test_no_attached_policy_opens_the_public_hub(action: str) -> None:
    """What no group here allows is denied too, in every region, as an attached policy could allow it."""
    elsewhere = MODEL.replace("us-east-1", "eu-west-1")
    assert decided(policies("only-private-hubs"), f"sagemaker:{action}", MODEL) == "ExplicitlyDenied"
    assert decided(policies("only-private-hubs"), f"sagemaker:{action}", elsewhere) == "ExplicitlyDenied"


def test_the_private_hub_stays_open() -> None:
    """The Denies are about the public hub alone: a hub of the same name in an account is another."""
    found = policies("only-private-hubs")
    assert (
        decided(found, "sagemaker:DescribeHubContent", f"{OURS}:hub-content/ours/ModelReference/a/1.0.0") == "Allowed"
    )
    assert decided(found, "sagemaker:DescribeHub", f"{OURS}:hub/SageMakerPublicHub") == "ImplicitlyDenied"


def test_the_files_are_closed_where_their_buckets_are_named() -> None:
    """Whether a reference's model is read as the caller, AWS's guides disagree: the user chooses."""
    closed = policies("only-private-hubs", closed_model_buckets=("jumpstart-cache-prod-us-east-1",))
    assert decided(policies("only-private-hubs"), "s3:GetObject", FILES) == "Allowed"
    assert decided(closed, "s3:GetObject", FILES) == "ExplicitlyDenied"
