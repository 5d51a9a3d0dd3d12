"""Denies in fewer characters say the same: one on all of SageMaker for a list, none beside one that denies everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import KEY, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.compose import role as composing
from rolemgr.compose.guardrails import denies
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.role import ComposedStatement
from rolemgr.reference.services import action_names, find_action
from rolemgr.reference.support import supports
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import RenderedRole

CATALOG = Catalog()
NETWORK: dict[str, Any] = {
    "subnet": ["subnet-0a"], "security_group": ["sg-0b"], "volume_key": [KEY], "data_key": [KEY],
}  # fmt: skip
OTHERS: dict[str, Any] = {
    "approved-images": "arn:aws:sagemaker:*:*:image/approved*",
    "lifecycle-configs": "arn:aws:sagemaker:*:*:studio-lifecycle-config/approved*",
}
STRICT: dict[str, Any] = {
    "persona": "mlops-emergency", "guardrail_profile": ["regulated"], "strict": True, **NETWORK,
}  # fmt: skip
ROLES: dict[str, dict[str, Any]] = {
    "emergency": {"persona": "mlops-emergency"},
    "mlops-engineer": {"persona": "mlops-engineer"},
    "other guardrails": {"persona": "ml-engineer", "guardrail": OTHERS, "add": ["administer-studio"]},
    "attached": {"persona": "data-scientist", "managed_policy": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]},
}  # fmt: skip
ALL = ("sagemaker:*",)


def role_of(name: str) -> RenderedRole:
    """Return the role as it is made now."""
    return rendered(CATALOG, **ROLES[name], inline="no")


SHORT = {name: role_of(name) for name in ROLES}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every Deny list its actions."""
    monkeypatch.setattr(denies, "_joined", lambda shares, _place: shares)
    denies._compiled.cache_clear()
    yield
    denies._compiled.cache_clear()


def assert_same(new: Policies, old: Policies) -> None:
    """Let the comparison prove, over all actions, that neither allows what the other does not."""
    for one, other in ((new, old), (old, new)):
        found = compare(one, other)
        assert (found.differences, found.unknowns) == ((), ())


def joined(role: RenderedRole) -> list[ComposedStatement]:
    """Return the Denies on all of SageMaker."""
    return [one for one in role.role.statements if one.actions == ALL]


def as_aws_sends_them(policies: Policies, keys: set[str]) -> Policies:
    """Return *policies* where nobody is asked about one of *keys* with an action that does not support it."""
    statements = [
        {"Effect": "Deny", "NotAction": supporting(key), "Resource": "*", "Condition": {"Null": {key: "false"}}}
        for key in sorted(keys)
    ]
    never = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})
    return Policies(identity=(*policies.identity, never))


def supporting(key: str) -> list[str]:
    """Return the actions that AWS sends *key* with."""
    names = action_names("sagemaker").values()
    return [name for name in names if (action := find_action(name)) and supports(action, (), key)]


@pytest.mark.parametrize("name", ROLES)
def test_a_deny_on_all_of_sagemaker_is_that_on_the_list(name: str, listed: None) -> None:
    """Over all actions of the reference, each with the keys that AWS sends with it."""
    long = role_of(name)
    assert not joined(long)
    keys = {key for one in joined(SHORT[name]) for block in one.condition.values() for key in block}
    assert keys
    assert_same(*(as_aws_sends_them(role.policies(), keys) for role in (SHORT[name], long)))


@pytest.mark.parametrize("name", ROLES)
def test_no_action_is_denied_without_the_key(name: str) -> None:
    """Of all that AWS has under sagemaker: an action that AWS adds without the key is left alone."""
    deny = permissions_policy(joined(SHORT[name]))
    for action in (*action_names("sagemaker").values(), "sagemaker:CreateSomethingNew"):
        request = Request(action, "*", context_of({}))
        assert evaluate(request, Policies(identity=(deny,))).decision == "ImplicitlyDenied"


def test_what_is_denied_whole_needs_no_other_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under --strict what gets round a guardrail is denied: no limit on it says anything more."""
    short = rendered(CATALOG, **STRICT)
    monkeypatch.setattr(composing, "without_doubled_denies", list)
    long = rendered(CATALOG, **STRICT)
    assert len(long.role.statements) > len(short.role.statements)
    assert_same(short.policies(), long.policies())


def test_a_deny_that_matches_on_absence_lists_its_actions() -> None:
    """So does one whose key other actions have that the guardrail does not judge, and one on a Bool."""
    role = rendered(CATALOG, **{**STRICT, "strict": False}).role
    for sid in ("VpcSubnets", "VolumeKey", "NetworkIsolation", "VolumeKeyMissing", "RemoteDebug"):
        found = [one.actions for one in role.statements if sid in one.sid]
        assert found, sid
        assert ALL not in found
    assert [one.sid for one in role.statements if one.actions == ALL] == ["MaxRuntime"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("ap-southeast-5", "aws"), ("cn-northwest-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_emergency_role_has_room_for_all_limits(region: str, partition: str) -> None:
    """The regulated profile, keys, network, a tag key and --strict at once: every Deny is inline."""
    key = KEY.replace("arn:aws:", f"arn:{partition}:").replace("us-east-1", region)
    role = rendered(
        CATALOG, persona="mlops-emergency", guardrail_profile=["regulated"], strict=True, abac=["Project"],
        tag={"Project": "churn"}, region=region, volume_key=[key], data_key=[key],
        subnet=["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"], security_group=["sg-0a1b2c3d4e5f60718"],
    )  # fmt: skip
    (inline,) = role.documents.policies
    wanted = {one.sid for one in role.role.statements if one.effect is Effect.DENY}
    assert {one.sid for one in inline.document.statement if one.effect is Effect.DENY} == wanted
