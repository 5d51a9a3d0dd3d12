"""Events as CloudTrail writes them, made for tests."""

import gzip
import io
import json
from itertools import count
from typing import Any

from rolemgr.events.call import RecordedCall, call_of
from rolemgr.events.records import Record, Unread, read_records

_IDS = count(1)
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/ds"


def event(name: str, parameters: Any = None, source: str = "sagemaker", **fields: Any) -> dict[str, Any]:
    """Return the event of a call of *name* by a session of a role; *fields* replace others, None takes one away."""
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": session(),
        "eventTime": "2026-11-02T08:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "Boto3/1.40",
        "requestParameters": parameters,
        "responseElements": None,
        "eventID": f"00000000-0000-0000-0000-{next(_IDS):012}",
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3"},
    }
    return {key: value for key, value in {**found, **fields}.items() if value is not None or key == "requestParameters"}


def session(role: str = ROLE, **attributes: str) -> dict[str, Any]:
    """Return the identity of a session of *role*."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:ana",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/ana",
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": role, "accountId": account, "userName": name},
            "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-11-02T07:00:00Z", **attributes},
        },
    }


def bare_session(role: str = ROLE) -> dict[str, Any]:
    """Return the identity of a session of *role* in an event that was cut down: without the role's own ARN."""
    return {key: value for key, value in session(role).items() if key != "sessionContext"}


NOBODY = {"type": "Unknown", "accountId": ACCOUNT}
"""An identity that CloudTrail could not determine, which may be anybody of the account."""


def user(name: str = "ana") -> dict[str, Any]:
    """Return the identity of a user with an access key."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": arn, "accountId": ACCOUNT, "userName": name}


def log_file(*events: dict[str, Any]) -> bytes:
    """Return a file of a trail with *events*, as CloudTrail delivers it."""
    return gzip.compress(json.dumps({"Records": events}).encode())


def read(content: bytes, name: str = "trail.json.gz") -> list[Record | Unread]:
    """Return what is read of *content*."""
    return list(read_records(io.BytesIO(content), name))


def call(found: dict[str, Any]) -> RecordedCall:
    """Return the call of the event *found*."""
    (record,) = read(json.dumps(found).encode())
    assert isinstance(record, Record)
    made = call_of(record)
    assert isinstance(made, RecordedCall)
    return made
