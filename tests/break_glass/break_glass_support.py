"""Shared by the tests of break-glass: what `rolemgr break-glass` makes of its example, and the events of a night."""

from functools import cache
from typing import Any

from rolemgr.files.source import Limits
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.workflow.break_glass import BreakGlassRequest, MadeBreakGlass, make_break_glass
from rolemgr.workflow.outside import Outside

ACCOUNT, USERS, ALARM = "111122223333", "444455556666", "777788889999"
KEEPER = "arn:*:iam::*:role/security/watch"
EVERYTHING = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-mlops-emergency"
USER = f"arn:aws:iam::{USERS}:user/break-glass/otto"


def no_file(name: str, _limits: Limits) -> tuple[str, str]:
    """Return the text of a file: there is none."""
    raise AssertionError(name)


def request(region: str = "eu-west-1", **more: Any) -> BreakGlassRequest:
    """Return what the example asks for, in *region*, with *more*."""
    chosen = {"account": ACCOUNT, "region": region, **more.pop("chosen", {})}
    asked: dict[str, Any] = {
        "users": ("otto", "mia"), "user_account": USERS, "alarm_account": ALARM, "keepers": (KEEPER,), **more,
    }  # fmt: skip
    return BreakGlassRequest(chosen, **asked)


def made_of(asked: BreakGlassRequest) -> tuple[MadeBreakGlass, list[str]]:
    """Return what is made of *asked*, and the notes that are said."""
    notes: list[str] = []
    return make_break_glass(asked, Outside({}, no_file, notes.append), verbose=False), notes


@cache
def example(region: str = "eu-west-1") -> MadeBreakGlass:
    """Return the example, in *region*."""
    return made_of(request(region))[0]


def event(service: str, name: str, account: str = ACCOUNT, region: str = "eu-west-1", **detail: Any) -> dict[str, Any]:
    """Return an event as CloudTrail tells EventBridge of it, in the shape that AWS documents."""
    return {
        "version": "0",
        "id": "33333333-3333-3333-3333-333333333333",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": account,
        "time": "2026-12-24T02:10:00Z",
        "region": region,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "eventTime": "2026-12-24T02:10:00Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": "192.0.2.10",
            "readOnly": False,
            "managementEvent": True,
            "recipientAccountId": account,
            **detail,
        },
    }


def by_role(arn: str = ROLE, session: str = "otto") -> dict[str, Any]:
    """Return the identity of a session of the role *arn*, which tells its path in one place alone."""
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn, "accountId": account, "userName": name}},
    }


def by_user(arn: str = USER) -> dict[str, Any]:
    """Return the identity of the user *arn*."""
    return {"type": "IAMUser", "arn": arn, "accountId": arn.split(":")[4], "userName": arn.rpartition("/")[2]}
