"""A role and what it used: all of that stays, nothing is gained, and nothing stays that was neither used nor untraced."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from tests.events.support import ACCOUNT, NOBODY, ROLE, bare_session, event, log_file, session, user
from tests.nightly import examples
from tests.usage.generated import calls, policy

from rolemgr.compare.compare import compare
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.events.records import read_records
from rolemgr.events.untraced import why_untraced
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.usage.evidence import gaps
from rolemgr.usage.kept import KeepReasons
from rolemgr.usage.recorded import RecordedUse, ToldApart, Used, recorded_use
from rolemgr.usage.tighten import Tightened, tighten

ARN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}"
COMPUTE = f"arn:aws:iam::{ACCOUNT}:role/compute"


def document(*statements: dict[str, Any]) -> IdentityPolicy:
    """Return a policy with *statements*."""
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def used(events: Sequence[dict[str, Any]], *documents: IdentityPolicy) -> RecordedUse:
    """Return what *events* say that the role used, as *documents* tell requests apart."""
    layers = PartlyKnownLayers(Policies(identity=documents))
    return recorded_use(read_records(io.BytesIO(log_file(*events)), "trail.json.gz"), ToldApart(layers), (ROLE,))


def tightened(events: Sequence[dict[str, Any]], *documents: IdentityPolicy, keep: Sequence[str] = ()) -> Tightened:
    """Return *documents* with what *events* say that the role used."""
    return tighten(documents, used(events, *documents), KeepReasons(keep))


def allows(found: Tightened) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the actions and resources of the Allows that are left."""
    left = [one for each in found.new for one in each.statement if one.effect is Effect.ALLOW]
    return {one.action or (): one.resource or () for one in left}


def test_what_may_have_been_used_is_counted() -> None:
    """A session by its role's name is the role's; who can't be told may be it, but for another account's or a service."""
    event_of = {"requestParameters": {"modelName": "m"}}
    others: list[dict[str, Any]] = [
        session(f"{ROLE}x"), user(), {"type": "Unknown", "accountId": "444455556666"}, {"type": "AWSService"},
        {"type": "SAMLUser", "userName": "ana"}, bare_session(f"{ROLE}x"),
    ]  # fmt: skip
    events = [
        DELETE,
        {**DELETE, "userIdentity": bare_session()},
        {**DELETE, "userIdentity": NOBODY},
        {**DELETE, "userIdentity": None},
    ]
    found = used([*events, *({**DELETE, **event_of, "userIdentity": one} for one in others)], document(SAGEMAKER))
    assert found.calls == 2
    assert found.unknown_callers == {"Unknown": 2}
    assert gaps(found) == ["of 2 calls it can't be told whether the role made them (Unknown)"]


SAGEMAKER = {
    "Sid": "Sm",
    "Effect": "Allow",
    "Action": "sagemaker:*",
    "Resource": [f"{ARN}:model/*", f"{ARN}:endpoint/*"],
}
DELETE = event("DeleteModel", {"modelName": "m"})


def test_what_was_used_is_left_on_the_resources_where_it_was() -> None:
    """And each Deny stays as it is."""
    deny = {"Sid": "No", "Effect": "Deny", "Action": "sagemaker:Create*", "Resource": "*"}
    found = tightened([DELETE, event("DescribeEndpoint", {"endpointName": "e"})], document(SAGEMAKER, deny))
    left = allows(found)
    assert left["sagemaker:DeleteModel",] == (f"{ARN}:model/*",)
    assert found.new[0].statement[-1].to_json_value()["Sid"] == "No"
    (gone,) = found.unused
    assert "sagemaker:CreateModel" in gone.actions
    assert "sagemaker:DeleteModel" not in gone.actions


def test_roles_that_were_passed_stand_for_a_star() -> None:
    """Each of them, and no other."""
    passes = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    create = {"Effect": "Allow", "Action": "sagemaker:CreateModel", "Resource": "*"}
    events = [event("CreateModel", {"modelName": "m", "executionRoleArn": f"{COMPUTE}-{one}"}) for one in (1, 2, 1)]
    assert allows(tightened(events, document(passes, create)))["iam:PassRole",] == (f"{COMPUTE}-1", f"{COMPUTE}-2")


def test_what_no_trail_shows_is_kept_with_the_reason() -> None:
    """Reads of objects are data events; what somebody wants to keep stays too."""
    data = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetBucketAcl"], "Resource": "arn:aws:s3:::b/*"}
    found = tightened([DELETE], document(SAGEMAKER, data), keep=("sagemaker:StopNotebook*", "sagemaker:UpdateEndpoint"))
    why = {one.action: one.why for one in found.kept}
    assert "data event" in why["s3:GetObject"]
    assert why["sagemaker:UpdateEndpoint"] == "--keep says so"
    assert "s3:GetBucketAcl" not in why
    assert "sagemaker:StopNotebookInstance" not in why, "it can be asked on none of the resources"
    assert ("s3:GetObject",) in allows(found)


def test_a_statement_that_was_not_used_goes_whole() -> None:
    """And a call that AWS denied is no use."""
    other = {"Sid": "Other", "Effect": "Allow", "Action": "ecr:CreateRepository", "Resource": "*"}
    denied = event("CreateRepository", {"repositoryName": "r"}, "ecr", errorCode="AccessDenied")
    found = tightened([DELETE, denied], document(SAGEMAKER, other))
    assert [(one.sid, one.whole) for one in found.unused] == [("Sm", False), ("Other", True)]
    assert found.use.denied == 1


def test_of_two_statements_that_allow_it_the_narrower_stays() -> None:
    """One is enough."""
    wide = {"Sid": "Wide", "Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    narrow = {"Sid": "Narrow", "Effect": "Allow", "Action": "sagemaker:DeleteModel", "Resource": f"{ARN}:model/*"}
    found = tightened([DELETE], document(wide, narrow))
    deleting = [one.sid for one in found.new[0].statement if "sagemaker:DeleteModel" in (one.action or ())]
    assert deleting == ["Narrow"]


def test_what_may_be_allowed_by_either_keeps_both() -> None:
    """Where the event does not tell the tag that decides."""
    either = [
        {"Effect": "Allow", "Action": "sagemaker:DeleteModel", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/Project": value}}} for value in ("a", "b")
    ]  # fmt: skip
    assert len(tightened([DELETE], document(*either)).new[0].statement) == 2


@pytest.mark.parametrize("actions", [{"Action": "*"}, {"NotAction": "iam:*"}, {"Action": ["*", "s3:x"]}])
def test_of_all_actions_those_that_were_used_stay(actions: dict[str, Any]) -> None:
    """And those that no trail shows, which nobody names one by one; a NotAction keeps out what it kept out."""
    found = tightened([DELETE], document({"Sid": "All", "Effect": "Allow", "Resource": "*", **actions}))
    left = {action for several in allows(found) for action in several}
    assert {"sagemaker:DeleteModel", "s3:GetObject", "sagemaker:InvokeEndpoint"} <= left
    assert ("iam:CreateServiceLinkedRole" in left) is ("Action" in actions)
    assert not {"*", "sagemaker:CreateModel"} & left
    assert [(one.sid, one.whole, one.others) for one in found.unused] == [("All", False, True)]


def test_what_none_of_the_policies_allows_is_said() -> None:
    """Another policy does, or that of a resource."""
    found = tightened([DELETE, event("ListBuckets", None, "s3")], document(SAGEMAKER))
    assert [one.action for one in found.beyond] == ["s3:ListAllMyBuckets"]


def test_generated_histories_lose_nothing_and_gain_nothing() -> None:
    """
    Over histories of SageMaker's calls and policies drawn beside them.

    All that was, or may have been, allowed is so still; the comparison finds nothing that is allowed anew; and to take
    away any action that is not kept for want of evidence loses something that was used.
    """
    shrunk, checked, histories = 0, 0, examples(20, 400)
    for seed in range(histories):
        old = policy(seed)
        events = [one.event for one in calls(seed, 12)]
        use = used(events, old)
        found = tighten([old], use)
        assert _lost(use.used, old, found.new[0]) == []
        assert compare(Policies(identity=found.new), Policies(identity=(old,)), steps=20_000).differences == ()
        shrunk += bool(found.unused)
        if seed % 5 == 0:
            checked += _check_minimal(found, use.used)
    assert shrunk > histories * 0.6
    assert checked > histories * 0.4


def _lost(uses: Sequence[Used], old: IdentityPolicy, new: IdentityPolicy) -> list[Used]:
    before, after = (PartlyKnownLayers(Policies(identity=(one,))) for one in (old, new))
    lost = []
    for one in uses:
        was = before.decide(one.request(), one.unknown, is_open=one.is_open)
        now = after.decide(one.request(), one.unknown, is_open=one.is_open)
        pairs = ((was.best, now.best), (was.worst, now.worst))
        if any(each.decision == "Allowed" and other.decision != "Allowed" for each, other in pairs):
            lost.append(one)
    return lost


def _check_minimal(found: Tightened, uses: Sequence[Used]) -> int:
    """Take each action out of each Allow whose uses are all certain; return how many were tried."""
    new, count = found.new[0], 0
    unsure = {one.action.lower() for one in uses if not any(allow.certain for allow in one.allows)}
    for place, statement in enumerate(new.statement):
        for action in statement.action or () if statement.effect is Effect.ALLOW else ():
            if why_untraced(action) or action.lower() in unsure:
                continue
            rest = tuple(one for one in statement.action or () if one != action)
            smaller = [*new.statement[:place], *new.statement[place + 1 :]]
            if rest:
                smaller.insert(place, statement.model_copy(update={"action": rest}))
            changed = new.model_copy(update={"statement": tuple(smaller)})
            matching = [one for one in uses if one.action == action]
            layers = PartlyKnownLayers(Policies(identity=(changed,)))
            left = [list(layers.matching_allows(one.request(), one.unknown, is_open=one.is_open)) for one in matching]
            assert any(not any(allow.certain for allow in each) for each in left), (action, statement)
            count += 1
    return count
