"""Recorded calls under policies that are not attached yet: what breaks, what opens, what nobody can tell."""

import io
import json
from typing import Any

import pytest
from tests.events.support import ACCOUNT, NOBODY, ROLE, bare_session, event, log_file, user

from rolemgr.evaluate.policies import Layer
from rolemgr.events.records import read_records
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy
from rolemgr.report.replay import notes
from rolemgr.usage.layers_asked import UNTOLD, GivenPolicy, ReplayedPolicies, asked_policies
from rolemgr.usage.replay import BREAKS, FAILS_ANYWAY, OPENS, PERHAPS_OPENS, STAYS, UNKNOWN, Replay, replay

MODEL = event("DeleteModel", {"modelName": "churn"})
DENY = {"Sid": "NoDelete", "Effect": "Deny", "Action": "sagemaker:Delete*", "Resource": "*"}
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def scp(*statements: dict[str, Any]) -> GivenPolicy:
    """Return an SCP with *statements*."""
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [FULL, *statements]})
    return GivenPolicy(Layer.SERVICE_CONTROL, document, "scp.json")


def identity(*statements: dict[str, Any]) -> GivenPolicy:
    """Return an identity policy with *statements*."""
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})
    return GivenPolicy(Layer.IDENTITY, document, "policy.json")


def rcp(statement: dict[str, Any]) -> GivenPolicy:
    """Return an RCP with *statement*."""
    found = {"Principal": "*", **statement}
    document = ResourceControlPolicy.model_validate({"Version": "2012-10-17", "Statement": [found]})
    return GivenPolicy(Layer.RESOURCE_CONTROL, document, "rcp.json")


def replayed(events: list[dict[str, Any]], *given: GivenPolicy, **options: Any) -> Replay:
    """Return the replay of *events* with what is *given*."""
    policies = ReplayedPolicies(asked_policies(given), **options)
    return replay(read_records(io.BytesIO(log_file(*events)), "trail.json.gz"), policies)


def replayed_of(arn: str, found: dict[str, Any], given: GivenPolicy) -> Replay:
    """Return the replay of the event *found* with the policies of *arn* alone."""
    policies = ReplayedPolicies(None, of={arn: asked_policies([given])})
    return replay(read_records(io.BytesIO(log_file(found)), "trail.json.gz"), policies)


DENIED = {"errorCode": "AccessDeniedException"}
BY_SCP = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/ds/ana is not authorized to perform: sagemaker:DeleteModel on resource: arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/churn with an explicit deny in a service control policy"  # fmt: skip
BY_ROLE = BY_SCP.replace("with an explicit deny in a service control policy", "because no identity-based policy allows the sagemaker:DeleteModel action")  # fmt: skip
TAGGED = {**DENY, "Condition": {"StringEquals": {"aws:ResourceTag/Keep": "yes"}}}
CASES: dict[str, tuple[dict[str, Any], GivenPolicy, str]] = {
    "went through and is denied": (MODEL, scp(DENY), BREAKS),
    "went through and is allowed": (MODEL, scp(), STAYS),
    "failed and is denied": ({**MODEL, "errorCode": "ValidationException"}, scp(DENY), FAILS_ANYWAY),
    "failed and is allowed": ({**MODEL, "errorCode": "ValidationException"}, scp(), STAYS),
    "turns on a tag that no event tells": (MODEL, scp(TAGGED), UNKNOWN),
    "was denied by an SCP and no SCP denies it": ({**MODEL, **DENIED, "errorMessage": BY_SCP}, scp(), OPENS),
    "was denied by an SCP and still is": ({**MODEL, **DENIED, "errorMessage": BY_SCP}, scp(DENY), STAYS),
    "was denied by its role, which an SCP does not change": ({**MODEL, **DENIED, "errorMessage": BY_ROLE}, scp(), STAYS),
    "was denied by its role, and a policy allows it": ({**MODEL, **DENIED, "errorMessage": BY_ROLE}, identity(FULL), OPENS),
    "was denied and nobody says by what": ({**MODEL, **DENIED}, identity(FULL), PERHAPS_OPENS),
    "was denied and turns on a tag": ({**MODEL, **DENIED, "errorMessage": BY_SCP}, scp(TAGGED), PERHAPS_OPENS),
    "no policy allows it": (MODEL, identity({**FULL, "Action": "s3:*"}), BREAKS),
    "an RCP denies it": (
        event("GetObject", {"bucketName": "b", "key": "k"}, "s3"),
        rcp({"Effect": "Deny", "Action": "s3:*", "Resource": "*",
             "Condition": {"BoolIfExists": {"aws:SecureTransport": "true"}}}), BREAKS,
    ),
    "an RCP does not reach SageMaker": (MODEL, rcp({"Effect": "Deny", "Action": "*", "Resource": "*"}), STAYS),
    "the role that it passes is denied": (
        event("CreateModel", {"modelName": "m", "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/admin"}),
        scp({**DENY, "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/admin"}), BREAKS,
    ),
    "a resource that is not told": (
        event("DeleteModel", None), scp({**DENY, "Resource": "arn:aws:sagemaker:*:*:model/churn"}), UNKNOWN,
    ),
    "a resource that is not told, and does not matter": (
        event("DeleteModel", None), scp({**DENY, "Resource": "arn:aws:sagemaker:*:*:model/*"}), BREAKS,
    ),
    "a resource that is not told, and never fits": (
        event("DeleteModel", None), scp({**DENY, "Resource": "arn:aws:sagemaker:*:*:endpoint/*"}), STAYS,
    ),
    "a name with capitals that a policy tells apart": (
        event("DeleteModel", {"modelName": "Churn"}), scp({**DENY, "Resource": "arn:aws:sagemaker:*:*:model/Churn"}), UNKNOWN,
    ),
    "a bucket of another account by its owner": (
        event("ListObjectsV2", {"bucketName": "b"}, "s3", resources=[{"ARN": "arn:aws:s3:::b", "accountId": "444455556666"}]),
        scp({**DENY, "Action": "s3:*", "Condition": {"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}}), BREAKS,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "given", "change"), CASES.values(), ids=CASES.keys())
def test_what_becomes_of_a_call(found: dict[str, Any], given: GivenPolicy, change: str) -> None:
    """By how it ended when it was recorded, and by what the policies say now."""
    assert replayed([found], given).calls == {change: 1}


def test_a_row_says_who_what_and_by_which_statement() -> None:
    """Calls that are alike are one row, with a few of their resources."""
    events = [event("DeleteModel", {"modelName": f"m{one}"}) for one in range(9)]
    found = replayed([*events, event("DeleteModel", {"modelName": "m"}, userIdentity=user())], scp(DENY))
    (key, row), (other, _) = found.of(BREAKS)
    assert (key.principal, key.action, row.count, len(row.examples)) == (ROLE, "sagemaker:DeleteModel", 9, 3)
    assert str(key.by[0]) == "service control policy `NoDelete` (scp.json)"
    assert other.principal == f"arn:aws:iam::{ACCOUNT}:user/ana"


def test_what_is_not_known_names_the_key() -> None:
    """And the statement that turns on it."""
    ((key, _),) = replayed([MODEL], scp(TAGGED)).of(UNKNOWN)
    assert key.keys == ("aws:ResourceTag/Keep",)
    assert key.by[0].sid == "NoDelete"


def test_keys_of_all_calls_may_be_given() -> None:
    """As the organization that no event names."""
    outside = {**DENY, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}
    assert replayed([MODEL], scp(outside)).calls == {UNKNOWN: 1}
    assert replayed([MODEL], scp(outside), context={"aws:PrincipalOrgID": ("o-1",)}).calls == {STAYS: 1}
    context = {"aws:PrincipalOrgMasterAccountId": (ACCOUNT,)}
    assert replayed([MODEL], scp(DENY), context=context).calls == {STAYS: 1}


LINKED = {
    "type": "AssumedRole", "accountId": ACCOUNT, "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y",
    "sessionContext": {"sessionIssuer": {"type": "Role",
                       "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.amazonaws.com/x"}},
}  # fmt: skip


def test_who_is_not_bound_is_not_judged() -> None:
    """AWS's services and strangers by name of the reason; a service-linked role is not denied by an SCP."""
    service = event(
        "DeleteModel", {"modelName": "m"}, userIdentity={"type": "AWSService", "invokedBy": "x.amazonaws.com"}
    )
    stranger = event("DeleteModel", {"modelName": "m"}, userIdentity={"type": "Unknown"})
    found = replayed([service, stranger, event("DeleteModel", {"modelName": "m"}, userIdentity=LINKED)], scp(DENY))
    assert found.calls == {STAYS: 1}
    assert sorted(found.not_judged.values()) == [1, 1]
    assert replayed([MODEL], scp(DENY), only=("ds",)).calls == {BREAKS: 1}
    assert replayed([MODEL], scp(DENY), only=("arn:aws:iam::*:role/team/*",)).calls == {BREAKS: 1}
    assert replayed([MODEL], scp(DENY), only=("other",)).calls == {}


BARE = {**MODEL, "userIdentity": bare_session()}


@pytest.mark.parametrize(
    "only", ["ds", "d?", ROLE, "arn:aws:iam::*:role/team/*", f"arn:aws:iam::{ACCOUNT}:role/*", "arn:aws:iam::*:*"]
)
def test_a_session_whose_role_has_no_arn_is_that_of_its_name(only: str) -> None:
    """No other role of the account has that name, so its calls are not somebody else's."""
    assert replayed([BARE], scp(DENY), only=(only,)).calls == {BREAKS: 1}
    assert replayed_of(ROLE, BARE, identity({**FULL, "Action": "s3:*"})).calls == {BREAKS: 1}


@pytest.mark.parametrize("only", ["dsx", f"{ROLE}x", ROLE.replace("1111", "4444"), f"arn:aws:iam::{ACCOUNT}:user/ds"])
def test_a_session_is_not_that_of_another_name_or_account(only: str) -> None:
    """Which is known without its path."""
    found = replayed([BARE], scp(DENY), only=(only,))
    assert found.not_judged == {"somebody else called, and not whom --principal names": 1}
    assert replayed_of(only, BARE, identity(FULL)).not_judged == {"the policies are of other principals": 1}


def test_who_can_not_be_told_is_nobody_else() -> None:
    """Neither by a name, nor where the policies are those of one role: it may have been it."""
    stranger = {**MODEL, "userIdentity": NOBODY}
    assert replayed([stranger], scp(DENY)).not_judged == {UNTOLD: 1}
    assert replayed([stranger], scp(DENY), only=("ds",)).not_judged == {UNTOLD: 1}
    assert replayed_of(ROLE, stranger, identity(FULL)).not_judged == {UNTOLD: 1}


def test_an_operation_that_nobody_knows_is_counted() -> None:
    """By its name."""
    assert replayed([event("DoNew"), event("DoNew")], scp(DENY)).unknown_operations == {"sagemaker:DoNew": 2}


def test_requests_that_are_alike_are_asked_once() -> None:
    """Time, session and agent are nothing that the policies ask for."""
    events = [event("DeleteModel", {"modelName": "m"}, eventTime=f"2026-11-02T08:00:{one:02}Z") for one in range(40)]
    found = replayed(events, scp(DENY))
    assert (found.requests_asked, found.calls, found.first, found.last) == (
        1, {BREAKS: 40}, "2026-11-02T08:00:00Z", "2026-11-02T08:00:39Z",
    )  # fmt: skip


def test_a_policy_of_the_time_is_asked_each_time() -> None:
    """What matters tells requests apart."""
    old = {**DENY, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-11-02T08:00:20Z"}}}
    events = [event("DeleteModel", {"modelName": "m"}, eventTime=f"2026-11-02T08:00:{one:02}Z") for one in range(40)]
    assert replayed(events, scp(old)).calls == {BREAKS: 20, STAYS: 20}


def test_what_is_not_read_is_counted() -> None:
    """A broken line is no green run."""
    content = json.dumps(MODEL).encode() + b"\nbroken\n"
    found = replay(read_records(io.BytesIO(content), "x"), ReplayedPolicies(asked_policies([scp(DENY)])))
    assert (found.events, found.unread_count, found.unread[0].where.line) == (1, 1, 2)


ML = f"arn:aws:iam::{ACCOUNT}:role/ml"
PATHS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a Deny on a path": (event("DeleteRole", {"roleName": "job"}, "iam"), {"Resource": "arn:aws:iam::*:role/ml/*"}, UNKNOWN),
    "a Deny on the path of users": (
        event("DeleteUser", {"userName": "bo"}, "iam"), {"Resource": "arn:aws:iam::*:user/ops/*"}, UNKNOWN,
    ),
    "a Deny on the path of profiles": (
        event("DeleteInstanceProfile", {"instanceProfileName": "p"}, "iam"),
        {"Resource": "arn:aws:iam::*:instance-profile/ml/*"}, UNKNOWN,
    ),
    "a Deny on the path of groups": (
        event("AddUserToGroup", {"groupName": "g", "userName": "bo"}, "iam"), {"Resource": "arn:aws:iam::*:group/ml/*"},
        UNKNOWN,
    ),
    "a Deny on all": (event("DeleteRole", {"roleName": "job"}, "iam"), {"Resource": "arn:aws:iam::*:role/*"}, BREAKS),
    "a Deny on another name": (
        event("DeleteRole", {"roleName": "job"}, "iam"), {"Resource": "arn:aws:iam::*:role/ml/exec"}, STAYS,
    ),
    "what is made has its path": (
        event("CreateRole", {"roleName": "job", "path": "/ml/"}, "iam"), {"Resource": f"{ML}/*"}, BREAKS,
    ),
    "what is made without a path": (event("CreateRole", {"roleName": "job"}, "iam"), {"Resource": f"{ML}/*"}, STAYS),
    "the caller itself": (event("GetRole", {"roleName": "ds"}, "iam"), {"Resource": ROLE}, BREAKS),
    "the caller itself, denied elsewhere": (event("GetRole", {"roleName": "ds"}, "iam"), {"Resource": f"{ML}/*"}, STAYS),
}  # fmt: skip


@pytest.mark.parametrize(("found", "denied", "change"), PATHS.values(), ids=PATHS.keys())
def test_a_name_without_its_path(found: dict[str, Any], denied: dict[str, Any], change: str) -> None:
    """IAM's calls name what they are about without its path: what turns on the path is not known."""
    assert replayed([found], scp({"Effect": "Deny", "Action": "iam:*", **denied})).calls == {change: 1}


SERVICE = {"type": "AWSService", "invokedBy": "sagemaker.amazonaws.com"}
ASSUMED = event("AssumeRole", {"roleArn": f"{ML}/job", "roleSessionName": "SageMaker"}, "sts", userIdentity=SERVICE)
BY_SERVICE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "an RCP on something else": (ASSUMED, {"Action": "s3:*"}, STAYS),
    "an RCP that denies it": (ASSUMED, {"Action": "sts:AssumeRole"}, BREAKS),
    "an RCP on a key that no event tells": (
        ASSUMED, {"Action": "*", "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-1"}}}, UNKNOWN,
    ),
    "a bucket that a service writes to": (
        event("PutObject", {"bucketName": "b", "key": "k"}, "s3", userIdentity=SERVICE), {"Action": "kms:*"}, STAYS,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "denied", "change"), BY_SERVICE.values(), ids=BY_SERVICE.keys())
def test_a_service_whose_trust_nobody_gave(found: dict[str, Any], denied: dict[str, Any], change: str) -> None:
    """The policy of the role or bucket is not given, and so is taken to let the service in."""
    assert replayed([found], rcp({"Effect": "Deny", "Resource": "*", **denied})).calls == {change: 1}


@pytest.mark.parametrize(
    ("fields", "count", "untold"),
    [({"managementEvent": False}, 1, 0), ({"eventCategory": "Data"}, 1, 0), ({}, 0, 0),
     ({"managementEvent": None}, 0, 1), ({"managementEvent": "false"}, 1, 0)],
)  # fmt: skip
def test_data_events_are_counted_where_they_are_told(fields: dict[str, Any], count: int, untold: int) -> None:
    """A table may leave out both columns: then nobody knows, and nothing is claimed."""
    found = replayed([event("GetObject", {"bucketName": "b", "key": "k"}, "s3", **fields)], scp())
    assert (found.data_events, found.untold_categories) == (count, untold)
    assert any("has no data events" in one for one in notes(found)) is (not count and not untold)
    assert any("does not tell which events are data events" in one for one in notes(found)) is bool(untold)
