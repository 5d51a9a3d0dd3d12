"""A guardrail as an SCP is dodged by no principal but the exempt, whatever it calls itself and whatever it carries."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.layers.layers_support import composed_layer, decided, documents_of
from tests.nightly import examples

from rolemgr.model.layer_pattern import LayerKind

EXEMPT = re.compile(r"arn:aws:iam::[0-9]{12}:role/(?:platform/break-glass|stacksets-exec-.*)")
NAMES = st.sampled_from(
    ["break-glass", "platform/break-glass", "Platform/break-glass", "platform/break-glass2", "platform/x/break-glass",
     "stacksets-exec-", "stacksets-exec-0a", "x/stacksets-exec-0a", "AWSControlTowerExecution", "Admin", "admin/break-glass"]
)  # fmt: skip
ACCOUNTS = st.sampled_from(["111122223333", "444455556666"])
KINDS = st.sampled_from(["role", "user"])
TAGS = st.dictionaries(
    st.sampled_from(["aws:PrincipalTag/exempt", "aws:PrincipalTag/team", "aws:userid", "aws:PrincipalType"]),
    st.sampled_from(["true", "platform", "AssumedRole", "Service"]),
)
POLICIES = [
    one.document
    for one in documents_of(
        composed_layer(
            LayerKind.SCP, "vpc-required", exempt=["arn:aws:iam::*:role/platform/break-glass"], zones=["stacksets"],
            guardrail={"instance-types": ["ml.m5.*"]},
        )
    ).policies
]  # fmt: skip
ACTIONS = st.sampled_from(["sagemaker:CreateTrainingJob", "sagemaker:CreateModel", "sagemaker:CreateProcessingJob"])


@settings(deadline=None, max_examples=examples(25, 200))
@given(KINDS, ACCOUNTS, NAMES, ACTIONS, TAGS)
def test_only_the_exempt_are_let_go(kind: str, account: str, name: str, action: str, tags: dict[str, str]) -> None:
    """Everybody else is denied what the guardrail forbids."""
    principal = f"arn:aws:iam::{account}:{kind}/{name}"
    request = {"principal": principal, "action": action, "context": tags}
    assert (decided(request, scps=POLICIES) == "Allowed") is bool(EXEMPT.fullmatch(principal))  # type: ignore[arg-type]


@settings(deadline=None, max_examples=examples(25, 200))
@given(
    st.sampled_from(["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole"]),
    ACCOUNTS, NAMES, TAGS,
)  # fmt: skip
def test_nobody_else_makes_or_takes_an_exempt_role(action: str, account: str, name: str, tags: dict[str, str]) -> None:
    """Every name that is exempt is guarded, and no other."""
    role = f"arn:aws:iam::{account}:role/{name}"
    request = {"principal": f"arn:aws:iam::{account}:role/Admin", "action": action, "resource": role, "context": tags}
    assert (decided(request, scps=POLICIES) == "ExplicitlyDenied") is bool(EXEMPT.fullmatch(role))  # type: ignore[arg-type]
