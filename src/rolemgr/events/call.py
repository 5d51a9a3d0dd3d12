"""
A call as CloudTrail recorded it: who called which operation where, with what, and how it ended.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.events.records import Record
from rolemgr.iam.arn import ACCOUNT_ID, Arn, partition_of


class CallEnding(StrEnum):
    """How a call ended: it went through, AWS denied it, it failed for another reason, or nothing tells."""

    SUCCEEDED = "succeeded"
    DENIED = "denied"
    FAILED = "failed"
    UNTOLD = "not told"


class RecordedPrincipal(NamedTuple):
    """
    Who called: the *arn* of a user, role or root, or a service; None where only the *account*, or less, is told.

    *kind* is CloudTrail's type of the identity. *role* is the name of a session's role where its ARN is not told: no
    other role of the account has that name, whatever its path.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """

    kind: str
    arn: str | None = None
    account: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        if self.role:
            return f"role {self.role} of account {self.account}"
        return self.arn or (f"account {self.account}" if self.account else self.kind)

    @property
    def is_told(self) -> bool:
        """Whether it is told who called, or at least that somebody other than a user or role of the account did."""
        return bool(self.arn or self.role) or self.kind in _OUTSIDE

    def may_be_in(self, account: str | None) -> bool:
        """Tell whether nobody knows that the caller was not a role of *account*, None for any."""
        return not self.is_told and (account is None or self.account in (None, account))


class RecordedCall(NamedTuple):
    """A call with all that its event says of it; *parameters* is None where the event does not have them."""

    where: SourceLocation
    source: str
    """What stands before ``.amazonaws.com`` in the source of the event: ``sagemaker``, ``monitoring``."""
    name: str
    principal: RecordedPrincipal
    region: str
    ending: CallEnding
    parameters: Mapping[str, Any] | None
    event: Mapping[str, Any]
    untold: frozenset[str]

    @property
    def partition(self) -> str:
        """The partition of the caller, or of the Region where no ARN tells it."""
        arn = Arn.parse(self.principal.arn or "")
        return arn.partition if arn else partition_of(self.region)

    @property
    def account(self) -> str | None:
        """The account in which what the parameters name by its name is: the caller's."""
        if self.principal.account:
            return self.principal.account
        found = self.event.get("recipientAccountId")
        return found if isinstance(found, str) and ACCOUNT_ID.fullmatch(found) else None

    @property
    def time(self) -> str:
        """When it was made, as CloudTrail writes it; empty where that is not told."""
        found = self.event.get("eventTime")
        return found if isinstance(found, str) else ""

    @property
    def is_data_event(self) -> bool | None:
        """
        Whether it is a data event; None where nothing tells, as in a table without these columns.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
        """
        category, management = self.event.get("eventCategory"), self.event.get("managementEvent")
        if category is not None:
            return str(category) == "Data"
        return None if management is None else str(management).lower() == "false"

    @property
    def message(self) -> str:
        """What AWS said where it refused the call."""
        found = self.event.get("errorMessage")
        return found if isinstance(found, str) else ""


UNREADABLE: Final = "the event has no name or source"
"""Why there is no call: nobody knows whether AWS judged one."""
_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn")
_OMITTED: Final = "omitted"


def call_of(record: Record) -> RecordedCall | str:
    """Return the call of *record*, or in words why there is none that AWS judged by policies."""
    event = record.event
    kind = text_in(event, "eventType")
    if kind in _NO_CALLS:
        return _NO_CALLS[kind]
    source, name = event.get("eventSource"), event.get("eventName")
    if not isinstance(source, str) or not isinstance(name, str) or not name:
        return UNREADABLE
    parameters = event.get("requestParameters")
    return RecordedCall(
        where=record.where,
        source=_bare(source),
        name=name,
        principal=principal_of(object_in(event, "userIdentity")),
        region=text_in(event, "awsRegion") or "",
        ending=_ending(record),
        parameters=parameters if isinstance(parameters, dict) and not parameters.get(_OMITTED) else None,
        event=event,
        untold=record.untold,
    )


_NO_CALLS: Final = {
    "AwsServiceEvent": "the service did it, and no principal called",
    "AwsConsoleSignIn": "it is a sign-in, which no policy decides about",
    "AwsConsoleAction": "it is an action in the console, not a call of an API",
    "AwsCloudTrailInsight": "it is an Insights event",
}
"""Types of events that are not calls, and why."""


def _bare(source: str) -> str:
    folded = source.lower()
    return next((folded.removesuffix(end) for end in _SUFFIXES if folded.endswith(end)), folded)


def object_in(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object *name* of *data*, an empty one where there is none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def text_in(data: Mapping[str, Any], name: str) -> str | None:
    """Return the text *name* of *data*, None where there is none or it is empty."""
    found = data.get(name)
    return found if isinstance(found, str) and found else None


def principal_of(identity: Mapping[str, Any]) -> RecordedPrincipal:
    """Return who a user identity is: of a session the role or user behind it."""
    kind = text_in(identity, "type") or _kind_by_arn(text_in(identity, "arn") or "")
    account = text_in(identity, "accountId")
    account = account if account and ACCOUNT_ID.fullmatch(account) else None
    if kind == "AWSService":
        return RecordedPrincipal(kind, text_in(identity, "invokedBy"))
    arn = text_in(identity, "arn")
    if kind in _SESSIONS:
        issuer = object_in(object_in(identity, "sessionContext"), "sessionIssuer")
        arn = text_in(issuer, "arn") if kind != "Role" else text_in(issuer, "arn") or arn
    parsed = Arn.parse(arn or "")
    if kind not in _PRINCIPALS or parsed is None or parsed.service != "iam":
        return _of_session(kind, Arn.parse(text_in(identity, "arn") or ""), account)
    return RecordedPrincipal(kind, arn, parsed.account)


def _of_session(kind: str, arn: Arn | None, account: str | None) -> RecordedPrincipal:
    """Return what the *arn* of a session tells of its role where the event does not have the role itself."""
    found = _ASSUMED.fullmatch(arn.resource) if arn and arn.service == "sts" and kind == "AssumedRole" else None
    if not arn or not found or found[1].startswith(_LINKED):  # whether an SCP binds it can't be told by its name
        return RecordedPrincipal(kind, None, account)
    return RecordedPrincipal(kind, None, arn.account, found[1])


def _kind_by_arn(arn: str) -> str:
    """Return the type of an identity that does not say it, as where somebody has cut an event down."""
    parsed = Arn.parse(arn)
    kinds = {"assumed-role": "AssumedRole", "user": "IAMUser", "root": "Root", "federated-user": "FederatedUser"}
    return kinds.get(parsed.resource.partition("/")[0], "Unknown") if parsed else "Unknown"


_ASSUMED: Final = re.compile(r"assumed-role/([^/]+)/.+")
_LINKED: Final = "AWSServiceRoleFor"
"""How the names of service-linked roles begin."""
_OUTSIDE: Final = frozenset({"AWSService", "AWSAccount", "IdentityCenterUser", "SAMLUser", "WebIdentityUser"})
"""Types of identities besides the users and roles of an account."""
_SESSIONS: Final = ("AssumedRole", "FederatedUser", "Role")
_PRINCIPALS: Final = frozenset({"IAMUser", "Root", *_SESSIONS})


def is_denial(code: str) -> bool:
    """Tell whether the error *code* says that AWS denied a call for want of permission."""
    folded = code.lower()
    return "denied" in folded or "unauthorized" in folded or "forbidden" in folded


def _ending(record: Record) -> CallEnding:
    code = record.event.get("errorCode")
    if isinstance(code, str) and code:
        return CallEnding.DENIED if is_denial(code) else CallEnding.FAILED
    if "errorCode" in record.untold or code:
        return CallEnding.UNTOLD
    return CallEnding.FAILED if record.event.get("errorMessage") else CallEnding.SUCCEEDED
