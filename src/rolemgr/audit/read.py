"""
Saved `aws iam get-account-authorization-details`, one principal at a time, to an inventory.

An account may come in several files (pages), a file is of one account. Documents may be objects, JSON text or
the URL-encoded text of IAM's API. What can't be read is not judged, and said.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from rolemgr.audit.account import Raw, RawPolicy, joined
from rolemgr.audit.parse import Documents
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.files.members import Item, items
from rolemgr.files.source import MAX_BYTES, FileError, Limits
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.inventory import Inventory, PrincipalKind, Unjudged, Usage

FILE_LIMITS: Final = Limits(bytes=256 * MAX_BYTES)
"""An account has at most 5,000 roles and 5,000 users: with AWS's own policies some 100 MiB."""
LISTS: Final[Mapping[str, PrincipalKind]] = {
    "RoleDetailList": "role", "UserDetailList": "user", "GroupDetailList": "group",
}  # fmt: skip
"""The lists of the answer, and of what they are."""
_INLINE: Final = {"role": "RolePolicyList", "user": "UserPolicyList", "group": "GroupPolicyList"}
_ALWAYS: Final = {"RolePolicyList": "the inline policies", "AttachedManagedPolicies": "the attached policies"}
"""What AWS tells of each role, of one without such policies too: an empty list."""
_IDS: Final = {"role": "RoleId", "user": "UserId", "group": "GroupId"}
_MORE: Final = ("NextToken", "Marker")
_OTHERS: Final = (*_MORE, "IsTruncated", "ResponseMetadata")
_DATES: Final = ("CreateDate", "UpdateDate")


class Reader:
    """Takes files one after the other, and keeps of each only what is judged."""

    def __init__(self) -> None:
        self.raw: list[Raw] = []
        self.policies: dict[str, RawPolicy] = {}
        self.not_judged: list[Unjudged] = []
        self.newest: date | None = None
        self.files: list[str] = []
        self.broken: list[FileError] = []
        self._documents = Documents()
        self._open: dict[str, SourceLocation] = {}
        self._closed: set[str] = set()

    def take(self, text: str, name: str) -> None:
        """
        Read the answer *text*, which messages call *name*.

        Raises FileError where it is not such an answer. Where it breaks off, what stands before is kept, that
        the rest is missing is said, and the error is one of *broken*.
        """
        found, accounts, more = 0, set[str](), None
        try:
            for item in items(text, name, FILE_LIMITS):
                if item.key == "Policies" or item.key in LISTS:
                    found += 1
                    accounts |= self._item(item, name)
                elif (item.key in _MORE and item.value) or (item.key == "IsTruncated" and item.value is True):
                    more = SourceLocation(name, item.line)
                elif item.key not in _OTHERS:
                    self._aside(
                        name, item.line, f"`{item.key}`", "it is not a part of get-account-authorization-details"
                    )
        except FileError as error:
            if not found:
                raise
            line = error.where.line if error.where else None
            self._aside(name, line, "the rest of the file", f"it {error.problem}")
            self.broken.append(error)
        if not found:
            hint = "save `aws iam get-account-authorization-details --output json`"
            raise FileError(
                SourceLocation(name), "has no RoleDetailList, UserDetailList, GroupDetailList or Policies", hint
            )
        self.files.append(name)
        self._pages(accounts, more)

    def inventory(self) -> Inventory:
        """Return what all files say together."""
        for account, where in sorted(self._open.items()):
            if account not in self._closed:
                whose = f"account {account}" if account else "an account that its page does not name"
                self._aside(where.file, where.line, whose, "the answer has more pages, and they are not here")
        return joined(self.raw, self.policies, self.not_judged, self.newest, self.files)

    def _pages(self, accounts: Iterable[str], more: SourceLocation | None) -> None:
        for account in accounts or [""]:  # a page of AWS's own policies alone does not tell whose it is
            if more is None:
                self._closed.add(account)
            else:
                self._open.setdefault(account, more)

    def _aside(self, path: str, line: int | None, place: str, reason: str) -> None:
        self.not_judged.append(Unjudged(path, line, place, reason))

    def _item(self, item: Item, name: str) -> set[str]:
        """Take one item of a list; return the account that it names, if any."""
        if item.place is None and item.value == []:
            return set()
        value = item.value
        arn = value.get("Arn") if isinstance(value, dict) else None
        parts = Arn.parse(arn) if isinstance(arn, str) else None
        wanted = "policy" if item.key == "Policies" else LISTS[item.key]
        if parts is None or parts.service != "iam" or not parts.resource.startswith(f"{wanted}/"):
            place = f"{item.key}[{item.place}]" if item.place is not None else item.key
            self._aside(name, item.line, place, f"it has no `Arn` of an IAM {wanted}")
            return set()
        if problem := _not_anybody(str(arn)) if wanted in ("role", "user") else "":
            self._aside(name, item.line, str(arn), problem)
            return set()
        self._note_dates(value)
        at = SourceLocation(name, item.line)
        if item.key == "Policies":
            self._managed(value, str(arn), at)
        else:
            self._principal(LISTS[item.key], value, str(arn), parts, at)
        return {parts.account} - {"aws"}

    def _managed(self, value: Mapping[str, Any], arn: str, at: SourceLocation) -> None:
        """Keep the version of a managed policy that is in force."""
        listed = value.get("PolicyVersionList")
        versions = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        default = [one for one in versions if one.get("IsDefaultVersion") is True]
        named = value.get("DefaultVersionId")
        default = default or [one for one in versions if one.get("VersionId", "") == named]
        if len(default) != 1 or named not in (None, default[0].get("VersionId", named)):
            read = RawPolicy(arn, None, "the input does not say which version is in force", at)
        else:
            found = self._documents.read(default[0].get("Document"), IdentityPolicy)
            document, problem = (found, "") if isinstance(found, IdentityPolicy) else (None, str(found))
            others = (one for one in versions if one is not default[0])
            read = RawPolicy(arn, document, problem, at, tuple(map(self._version, others)))
        before = self.policies.setdefault(arn, read)
        if before.document != read.document:
            self._aside(
                at.file, at.line, arn, f"it came before with another text, at {before.at}: the first one counts"
            )

    def _version(self, version: Mapping[str, Any]) -> tuple[str, IdentityPolicy | None]:
        """Return the id of a *version* that is not in force, and its text; None for one that can't be read."""
        found = self._documents.read(version.get("Document"), IdentityPolicy)
        return str(version.get("VersionId", "without an id")), found if isinstance(found, IdentityPolicy) else None

    def _principal(
        self, kind: PrincipalKind, value: Mapping[str, Any], arn: str, parts: Arn, at: SourceLocation
    ) -> None:
        unknown: list[Unjudged] = []

        def missing(place: str, reason: str) -> None:
            unknown.append(Unjudged(at.file, at.line, f"{place} of {arn}", reason))

        for key in _ALWAYS if kind == "role" else ():
            if key not in value:
                missing(_ALWAYS[key], f"the answer has no {key}")
        boundary = value.get("PermissionsBoundary")
        boundary_arn = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
        if boundary is not None and not isinstance(boundary_arn, str):
            missing("the permissions boundary", "it has no PermissionsBoundaryArn")
        self.raw.append(
            Raw(
                kind=kind, arn=arn, name=arn.rpartition("/")[2], account=parts.account, at=at,
                inline=tuple(self._inline(value.get(_INLINE[kind]), missing)),
                attached=tuple(_attached(value.get("AttachedManagedPolicies"), missing)),
                boundary_arn=boundary_arn if isinstance(boundary_arn, str) else None,
                trust=self._trust(value, missing) if kind == "role" else None,
                tags=dict(_tags(value.get("Tags"), missing)),
                groups=tuple(_groups(value.get("GroupList"), missing)),
                created=_created(value.get("CreateDate"), missing), usage=_usage(value, missing),
                unknown=tuple(unknown), unique_id=_unique_id(value.get(_IDS[kind])),
            )
        )  # fmt: skip

    def _inline(self, value: Any, missing: Callable[[str, str], None]) -> Iterable[tuple[str, IdentityPolicy]]:
        for index, one in enumerate(_listed(value, "the inline policies", missing)):
            name = one.get("PolicyName") if isinstance(one, dict) else None
            shown = name if isinstance(name, str) else f"number {index + 1}"
            found = self._documents.read(one.get("PolicyDocument") if isinstance(one, dict) else one, IdentityPolicy)
            if isinstance(found, IdentityPolicy):
                yield shown, found
            else:
                missing(f"inline policy `{shown}`", str(found))

    def _trust(self, value: Mapping[str, Any], missing: Callable[[str, str], None]) -> TrustPolicy | None:
        found = self._documents.read(value.get("AssumeRolePolicyDocument"), TrustPolicy)
        if isinstance(found, TrustPolicy):
            return found
        missing("the trust policy", str(found))
        return None

    def _note_dates(self, value: Mapping[str, Any]) -> None:
        used = value.get("RoleLastUsed")
        days = [_day(value.get(key)) for key in _DATES] + [
            _day(used.get("LastUsedDate")) if isinstance(used, dict) else None
        ]
        self.newest = max((day for day in (self.newest, *days) if day), default=None)


def _not_anybody(arn: str) -> str:
    """Return why nobody can make a request as *arn*, which is of a role or user; nothing where somebody can."""
    try:
        read_caller(arn)
    except RequestError as error:
        return str(error)
    return ""


def _listed(value: Any, what: str, missing: Callable[[str, str], None]) -> list[Any]:
    """Return the items of the list *value*, none where it is absent; *missing* is told of anything but a list."""
    if value is not None and not isinstance(value, list):
        missing(what, "they are not a list")
    return value if isinstance(value, list) else []


def _groups(value: Any, missing: Callable[[str, str], None]) -> Iterable[str]:
    for one in _listed(value, "the groups", missing):
        if isinstance(one, str):
            yield one
        else:
            missing("a group", "it is not a name")


def _created(value: Any, missing: Callable[[str, str], None]) -> date | None:
    day = _day(value)
    if value is not None and day is None:
        missing("the day on which it was made", "CreateDate is not a date")
    return day


def _attached(value: Any, missing: Callable[[str, str], None]) -> Iterable[str]:
    for one in _listed(value, "the attached policies", missing):
        arn = one.get("PolicyArn") if isinstance(one, dict) else None
        if isinstance(arn, str):
            yield arn
        else:
            missing("an attached policy", "it has no PolicyArn")


def _tags(value: Any, missing: Callable[[str, str], None]) -> Iterable[tuple[str, str]]:
    for one in _listed(value, "the tags", missing):
        if isinstance(one, dict) and isinstance(one.get("Key"), str) and isinstance(one.get("Value"), str):
            yield one["Key"], one["Value"]
        else:
            missing("a tag", "it has no Key and Value")


def _unique_id(value: Any) -> str | None:
    """Return the unique id; without one it is not known, and a condition on it may be met."""
    return value if isinstance(value, str) and value else None


def _usage(value: Mapping[str, Any], missing: Callable[[str, str], None]) -> Usage | None:
    """Return when the role was used; an empty RoleLastUsed is "not in the 400 days that AWS tracks"."""
    used = value.get("RoleLastUsed")
    if not isinstance(used, dict):
        if used is not None:
            missing("the last use", "RoleLastUsed is not an object")
        return None
    last_used = used.get("LastUsedDate")
    day = _day(last_used)
    if last_used is not None and day is None:
        missing("the last use", "LastUsedDate is not a date")
        return None
    region = used.get("Region")
    return Usage(day, region if isinstance(region, str) else None)


def _day(value: Any) -> date | None:
    """Return the day of a time as AWS writes it: ISO 8601, or in older forms seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).date()
        return datetime.fromisoformat(value).astimezone(UTC).date() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
