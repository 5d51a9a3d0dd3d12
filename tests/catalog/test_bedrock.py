"""Amazon Bedrock: named models, through a guardrail, and no way around: each way is a request that AWS authorizes."""

from functools import cache
from typing import Any

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of

HERE, OWN = "arn:aws:bedrock:us-east-1", "arn:aws:bedrock:us-east-1:111122223333"
CLAUDE, EMBED = "foundation-model/anthropic.claude-v9", "foundation-model/amazon.titan-embed-text-v2:0"
PROFILE, GLOBAL = (
    f"{OWN}:inference-profile/us.anthropic.claude-v9",
    f"{OWN}:inference-profile/global.anthropic.claude-v9",
)
GUARDED: dict[str, Any] = {"bedrock:GuardrailIdentifier": f"{OWN}:guardrail/abcdef123456:3"}
BY_PROFILE: dict[str, Any] = {**GUARDED, "bedrock:InferenceProfileArn": PROFILE}
BY_GLOBAL: dict[str, Any] = {**GUARDED, "bedrock:InferenceProfileArn": GLOBAL}
ASKED = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")

GROUPS: dict[str, dict[str, list[str]]] = {
    "invoke-bedrock-models": {"bedrock_models": ["anthropic.*"], "own_bedrock_models": ["ours"]},
    "invoke-bedrock-profiles": {
        "bedrock_profiles": ["us.anthropic.*"], "profile_models": ["anthropic.*"], "profile_regions": ["us-east-1", "us-west-2"],
    },
    "invoke-bedrock-globally": {"global_profiles": ["global.anthropic.*"], "global_models": ["anthropic.*"]},
    "invoke-unguarded-models": {"unguarded_models": ["amazon.titan-embed-text-v2:0"]},
}  # fmt: skip


@cache
def policies(*groups: str, guardrails: tuple[str, ...] = ("abcdef123456",)) -> Policies:
    """Return what a role may that has *groups*, and the persona's own, which are not Bedrock's."""
    given = {name: value for group in groups for name, value in GROUPS[group].items()}
    shared = {} if groups == ("invoke-unguarded-models",) else {"bedrock_guardrails": list(guardrails)}
    return rendered(persona="sagemaker-compute", add=list(groups), parameter={**given, **shared}).policies()


def allowed(found: Policies, action: str, resource: str, context: dict[str, Any]) -> bool:
    """Tell whether *found* allow the request, sent from us-east-1 where *context* says nothing else."""
    principal = "arn:aws:sts::111122223333:assumed-role/sagemaker-compute/s"
    full = context_of({"aws:RequestedRegion": "us-east-1", "aws:PrincipalAccount": "111122223333", **context})
    return evaluate(Request(action, resource, full, principal), found).decision == "Allowed"


@pytest.mark.parametrize("action", ASKED)
@pytest.mark.parametrize(
    ("group", "resource", "context"),
    [
        ("invoke-bedrock-models", f"{HERE}::{CLAUDE}", GUARDED),
        ("invoke-bedrock-models", f"{OWN}:imported-model/ours", GUARDED),
        ("invoke-bedrock-profiles", PROFILE, {}),
        ("invoke-bedrock-profiles", f"{HERE}::{CLAUDE}", BY_PROFILE),
        ("invoke-bedrock-profiles", f"arn:aws:bedrock:us-west-2::{CLAUDE}", {**BY_PROFILE, "aws:RequestedRegion": "us-west-2"}),
        ("invoke-bedrock-globally", GLOBAL, {}),
        ("invoke-bedrock-globally", f"{HERE}::{CLAUDE}", BY_GLOBAL),
        ("invoke-bedrock-globally", f"arn:aws:bedrock:::{CLAUDE}", {**BY_GLOBAL, "aws:RequestedRegion": "unspecified"}),
    ],
)  # fmt: skip
def test_what_each_group_is_for_works(action: str, group: str, resource: str, context: dict[str, Any]) -> None:
    """All that AWS authorizes for a request: the profile, the model in the own region, and in those of the profile."""
    assert allowed(policies(group), action, resource, context)


WAYS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("no guardrail", "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", {}),
    ("no guardrail in a stream", "bedrock:InvokeModelWithResponseStream", f"{HERE}::{CLAUDE}", {}),
    ("another guardrail", "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", {"bedrock:GuardrailIdentifier": f"{OWN}:guardrail/lax111111111:1"}),
    ("one whose id begins the same", "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", {"bedrock:GuardrailIdentifier": f"{OWN}:guardrail/abcdef1234567:1"}),
    ("that of another account", "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", {"bedrock:GuardrailIdentifier": "arn:aws:bedrock:us-east-1:999988887777:guardrail/abcdef123456:3"}),
    ("a model that is not named", "bedrock:InvokeModel", f"{HERE}::foundation-model/meta.llama9", GUARDED),
    ("the model in another region", "bedrock:InvokeModel", f"arn:aws:bedrock:eu-west-1::{CLAUDE}", {**GUARDED, "aws:RequestedRegion": "eu-west-1"}),
    ("the model in a region of the profile, without it", "bedrock:InvokeModel", f"arn:aws:bedrock:us-west-2::{CLAUDE}", {**GUARDED, "aws:RequestedRegion": "us-west-2"}),
    ("a region that the profile sends to and is not named", "bedrock:InvokeModel", f"arn:aws:bedrock:us-east-2::{CLAUDE}", {**BY_PROFILE, "aws:RequestedRegion": "us-east-2"}),
    ("through the profile without a guardrail", "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", {"bedrock:InferenceProfileArn": PROFILE}),
    ("a profile of another account", "bedrock:InvokeModel", PROFILE.replace("111122223333", "999988887777"), GUARDED),
    ("a model behind a profile of another account", "bedrock:InvokeModel", f"arn:aws:bedrock:us-west-2::{CLAUDE}", {**GUARDED, "bedrock:InferenceProfileArn": PROFILE.replace("111122223333", "999988887777")}),
    ("an application profile that is not named", "bedrock:InvokeModel", f"{OWN}:application-inference-profile/abc", GUARDED),
    ("another region by the global profile's key", "bedrock:InvokeModel", f"arn:aws:bedrock:eu-west-1::{CLAUDE}", {**BY_GLOBAL, "aws:RequestedRegion": "eu-west-1"}),
    ("the global model without the profile", "bedrock:InvokeModel", f"arn:aws:bedrock:::{CLAUDE}", {**GUARDED, "aws:RequestedRegion": "unspecified"}),
    ("an asynchronous invocation", "bedrock:InvokeModel", f"{OWN}:async-invoke/abc", {}),
    ("a stored response", "bedrock:InvokeModel", f"{OWN}:project/default", GUARDED),
    ("a prompt router", "bedrock:InvokeModel", f"{OWN}:default-prompt-router/anthropic.claude", GUARDED),
    ("a tool that searches the web", "bedrock:InvokeModel", "arn:aws:bedrock::111122223333:system-tool/nova_grounding", GUARDED),
    ("batch inference", "bedrock:CreateModelInvocationJob", f"{HERE}::{CLAUDE}", {}),
    ("an agent", "bedrock:InvokeAgent", f"{OWN}:agent-alias/A/B", {}),
    ("an agent made on the spot", "bedrock:InvokeInlineAgent", "*", {}),
    ("a flow", "bedrock:InvokeFlow", f"{OWN}:flow/F/alias/A", {}),
    ("a knowledge base", "bedrock:RetrieveAndGenerate", "*", {}),
    ("the OpenAI-compatible endpoint", "bedrock-mantle:CreateInference", "arn:aws:bedrock-mantle:us-east-1:111122223333:project/default", {}),
    ("an API key in place of a signature", "bedrock:CallWithBearerToken", "*", {"bedrock:BearerTokenType": "LONG_TERM"}),
    ("a new version of the guardrail", "bedrock:UpdateGuardrail", f"{OWN}:guardrail/abcdef123456", {}),
    ("a profile of one's own making", "bedrock:CreateInferenceProfile", f"{OWN}:application-inference-profile/abc", {}),
    ("an embedding's stream", "bedrock:InvokeModelWithResponseStream", f"{HERE}::{EMBED}", {}),
]  # fmt: skip


@pytest.mark.parametrize(("way", "action", "resource", "context"), WAYS, ids=[one[0] for one in WAYS])
def test_no_way_around(way: str, action: str, resource: str, context: dict[str, Any]) -> None:
    """With all four groups together; the models that are asked without a guardrail are the named ones alone."""
    found = policies(*GROUPS)
    assert not allowed(found, action, resource, context), way
    assert allowed(found, "bedrock:InvokeModel", f"{HERE}::{EMBED}", {})


def test_a_guardrail_that_is_judged_across_regions_works_where_its_profile_is_named() -> None:
    """AWS asks for the profile in each of its regions."""
    given = {"guardrail_profiles": ["us.guardrail.v1:0"], "guardrail_profile_regions": ["us-east-1", "us-west-2"]}
    found = rendered(
        persona="sagemaker-compute",
        add=["invoke-bedrock-models"],
        parameter={**GROUPS["invoke-bedrock-models"], **given},
    ).policies()
    profile = "arn:aws:bedrock:{}:111122223333:guardrail-profile/us.guardrail.v1:0"
    asked = {region: allowed(found, "bedrock:ApplyGuardrail", profile.format(region), {"aws:RequestedRegion": region})
             for region in ("us-east-1", "us-west-2", "us-east-2")}  # fmt: skip
    assert asked == {"us-east-1": True, "us-west-2": True, "us-east-2": False}
    assert not allowed(policies("invoke-bedrock-models"), "bedrock:ApplyGuardrail", profile.format("us-east-1"), {})


def test_a_guardrail_is_named_by_its_draft_too() -> None:
    """The ARN of a guardrail's draft ends with its id."""
    context = {"bedrock:GuardrailIdentifier": f"{OWN}:guardrail/abcdef123456"}
    assert allowed(policies("invoke-bedrock-models"), "bedrock:InvokeModel", f"{HERE}::{CLAUDE}", context)


def test_global_profiles_stop_where_regions_are_approved() -> None:
    """The guardrail bedrock-regions denies what goes anywhere, unless that is named."""
    asked = {**BY_GLOBAL, "aws:RequestedRegion": "unspecified"}
    given = {**GROUPS["invoke-bedrock-globally"], "bedrock_guardrails": ["abcdef123456"]}
    for regions, expected in ((["us-east-1"], False), (["us-east-1", "unspecified"], True)):
        role = rendered(
            persona="sagemaker-compute", add=["invoke-bedrock-globally"], parameter=given,
            guardrail={"bedrock-regions": regions},
        )  # fmt: skip
        assert allowed(role.policies(), "bedrock:InvokeModel", f"arn:aws:bedrock:::{CLAUDE}", asked) is expected
