"""Trust in SageMaker: source conditions against the confused deputy, and their variants."""

from typing import Any

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import IdentityPolicy

ACCOUNT = "111122223333"


def trust(**choices: Any) -> dict[str, Any]:
    """Return the one statement of the trust policy of a compute role."""
    document = rendered(persona="sagemaker-compute", **choices).documents.trust_policy
    (statement,) = document.to_json_value()["Statement"]
    found: dict[str, Any] = statement
    return found


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("both", {"aws:SourceAccount", "aws:SourceArn"}),
        ("arn", {"aws:SourceArn"}),
        ("account", {"aws:SourceAccount"}),
        ("none", set()),
    ],
)
def test_source_conditions(source: str, keys: set[str]) -> None:
    """`both` is the default; each variant has just the keys that it names."""
    statement = trust(trust=[{"kind": "sagemaker", "source": source}])
    assert {key for block in statement.get("Condition", {}).values() for key in block} == keys
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    if source == "both":
        assert statement == trust()


def test_source_identity_is_allowed_where_it_is_asked_for() -> None:
    """A domain with per-user attribution needs it on its execution roles."""
    assert trust(trust="sagemaker?source-identity=yes")["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
    assert trust()["Action"] == ["sts:AssumeRole"]


def test_context_is_allowed_where_it_is_asked_for() -> None:
    """A domain with trusted identity propagation needs it on its execution roles, under the same conditions."""
    made = trust(trust="sagemaker?set-context=yes")
    assert made["Action"] == ["sts:AssumeRole", "sts:SetContext"]
    assert made["Condition"] == trust()["Condition"]
    both = trust(trust="sagemaker?set-context=yes&source-identity=yes")
    assert both["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:SetContext"]
    assert trust(trust="sagemaker?set-context=no") == trust()


@pytest.mark.parametrize(
    ("region", "arn"),
    [("us-east-1", "arn:aws:sagemaker:us-east-1:{}:*"), ("cn-north-1", "arn:aws-cn:sagemaker:cn-north-1:{}:*"),
     ("us-gov-west-1", "arn:aws-us-gov:sagemaker:us-gov-west-1:{}:*")],
)  # fmt: skip
def test_only_this_account_s_resources_in_this_region_may_make_sagemaker_use_the_role(region: str, arn: str) -> None:
    """Judged by the evaluator: own source allowed, another account's or region's not, no source not."""
    statement = trust(region=region)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": statement["Condition"]}
        ],
    }
    policies = Policies(identity=(IdentityPolicy.model_validate(document),))

    def decided(account: str, source: str) -> str:
        context = context_of({"aws:SourceAccount": account, "aws:SourceArn": source} if source else {})
        return evaluate(Request("sts:AssumeRole", "*", context), policies).decision

    own = arn.format(ACCOUNT).replace("*", "training-job/x")
    assert decided(ACCOUNT, own) == "Allowed"
    assert decided("444455556666", own.replace(ACCOUNT, "444455556666")) == "ImplicitlyDenied"
    assert (
        decided(ACCOUNT, own.replace("east", "west").replace("north", "south").replace("gov-west", "gov-east"))
        == "ImplicitlyDenied"
    )
    assert decided("", "") == "ImplicitlyDenied"
