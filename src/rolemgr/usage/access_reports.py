"""
What AWS tells of a role's use beside trails: services and actions last accessed, and findings of unused access.

IAM tells of a service when the role last tried to access it, and of some of its actions too; "not accessed" is not
"never", but not in the tracking period of 400 days. A finding of IAM Access Analyzer is about the age that its analyzer
was given (1 to 365 days), which the finding does not tell. Both count attempts that were denied.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from rolemgr.events.call import RecordedPrincipal
from rolemgr.files.source import FileError, SourceFile
from rolemgr.iam.arn import Arn
from rolemgr.usage.evidence import Confidence, UseSource
from rolemgr.usage.layers_asked import is_meant

TRACKING_DAYS: Final = 400
_HINT: Final = (
    "evidence is what `aws iam get-service-last-accessed-details`, or `aws accessanalyzer get-finding-v2` or "
    "list-findings-v2, prints"
)
_STATUS: Final = ("ACTIVE", "ARCHIVED", "RESOLVED")
_OTHER_DETAILS: Final = frozenset(
    {"unusedIamRoleDetails", "unusedIamUserAccessKeyDetails", "unusedIamUserPasswordDetails", "externalAccessDetails",
     "internalAccessDetails"}
)  # fmt: skip
"""What findings of other kinds have, which tell nothing of permissions."""
_IAM: Final = "IAM last accessed"
_ANALYZER: Final = "IAM Access Analyzer"


@dataclass(frozen=True)
class AccessReport:
    """
    What one *source* tells: when *services* and *actions* (in lower case) were last accessed, None for not at all.

    A finding is about what was not used in an age of its own; *unused_role* tells that this is the whole role.
    *last_used* is the day on which the role was used last, where that is told. *untold* is what of it nobody can tell,
    in words.
    """

    source: UseSource
    services: Mapping[str, str | None] = field(default_factory=dict)
    actions: Mapping[str, str | None] = field(default_factory=dict)
    is_finding: bool = False
    unused_role: bool = False
    last_used: str = ""
    untold: tuple[str, ...] = ()


def read_reports(sources: Iterable[SourceFile], names: Sequence[str]) -> tuple[AccessReport, ...]:
    """
    Return what the files *sources* tell about the principals that *names* mean.

    Raises FileError, with the line, for what is none of AWS's answers, for a report that is not done, and for one of
    somebody else.
    """
    return tuple(one for source in sources for one in _reports(source, names))


def role_last_used(file: str, day: str) -> AccessReport:
    """
    Return what RoleLastUsed in the *file* of an account tells: on which *day* the role was last used, by whatever.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
    """
    why = f"it tells of the trailing {TRACKING_DAYS} days, and not of what was used"
    source = UseSource(f"RoleLastUsed ({file})", "role", "", day, Confidence.MEDIUM, why)
    return AccessReport(source, last_used=day)


def _reports(source: SourceFile, names: Sequence[str]) -> Iterator[AccessReport]:
    data = source.data
    answers = data if isinstance(data, list) else [data]
    for number, one in enumerate(answers):
        at = (number,) if isinstance(data, list) else ()
        if isinstance(one, dict) and isinstance(one.get("ServicesLastAccessed"), list):
            yield _last_accessed(source.part(at), names)
        elif isinstance(one, dict) and isinstance(one.get("findings"), list):
            yield from _listed(source.part(at), names)
        elif isinstance(one, dict) and isinstance(one.get("findingDetails"), list):
            yield from _finding(source.part(at), names)
        else:
            raise FileError(source.at(at), "is not evidence of use", _HINT)


def _last_accessed(source: SourceFile, names: Sequence[str]) -> AccessReport:
    data = source.data
    status = data.get("JobStatus", "COMPLETED")
    if status != "COMPLETED":
        raise FileError(source.at(("JobStatus",)), f"the report is not done: JobStatus is `{status}`", "ask AWS again")
    services: dict[str, str | None] = {}
    actions: dict[str, str | None] = {}
    untold = []
    if data.get("IsTruncated") is True:
        untold.append(f"{source.at(('IsTruncated',))}: the report has more pages, and they are not here")
    for index, one in enumerate(data["ServicesLastAccessed"]):
        service = one.get("ServiceNamespace") if isinstance(one, dict) else None
        if not isinstance(service, str) or not _is_time(one.get("LastAuthenticated")):
            what = "its time can't be read" if isinstance(service, str) else "it has no ServiceNamespace"
            untold.append(f"{source.at(('ServicesLastAccessed', index))}: {what}")
            continue
        _require_own(source, index, one.get("LastAuthenticatedEntity"), names)
        services[service] = _time(one.get("LastAuthenticated"))
        found = _times_of(one.get("TrackedActionsLastAccessed"), "ActionName", "LastAccessedTime")
        actions |= {f"{service}:{name}".lower(): when for name, when in found.times.items()}
        if found.unread:
            untold.append(f"{source.at(('ServicesLastAccessed', index))}: {found.unread_words} of {service}")
    granularity = "service, and action where IAM tracks it" if actions else "service"
    until = _time(data.get("JobCompletionDate")) or _time(data.get("JobCreationDate")) or ""
    why = f"not accessed in the tracking period, {TRACKING_DAYS} days at most, is not never"
    told = UseSource(f"{_IAM} ({source.name})", granularity, "", until, Confidence.MEDIUM, why)
    return AccessReport(told, services, actions, untold=tuple(untold))


def _require_own(source: SourceFile, index: int, entity: Any, names: Sequence[str]) -> None:
    """Raise FileError where the report names another principal than *names* mean."""
    if isinstance(entity, str) and not is_about(entity, names):
        at = source.at(("ServicesLastAccessed", index, "LastAuthenticatedEntity"))
        raise FileError(at, f"the report is about {entity}, and not {', '.join(names)}", "ask AWS with the role's ARN")


def is_about(arn: str, names: Sequence[str]) -> bool:
    """Tell whether *arn* is of a principal that *names* mean."""
    return Arn.parse(arn) is not None and any(is_meant(one, RecordedPrincipal("", arn)) for one in names)


class _Times(NamedTuple):
    """When what a list names was last accessed, and how many of its entries can't be read."""

    times: Mapping[str, str | None]
    unread: int

    @property
    def unread_words(self) -> str:
        """Say how many entries can't be read."""
        return f"{self.unread:,} of its actions can't be read" if self.unread > 1 else "an action can't be read"


def _times_of(listed: Any, name: str, time: str) -> _Times:
    """Return what the entries of *listed* say under *name* and *time*; a list that is not there says nothing."""
    entries = listed if isinstance(listed, list) else [] if listed is None else [listed]
    read = [
        one for one in entries if isinstance(one, dict) and isinstance(one.get(name), str) and _is_time(one.get(time))
    ]
    return _Times({one[name]: _time(one.get(time)) for one in read}, len(entries) - len(read))


def _is_time(value: Any) -> bool:
    """Tell whether *value* is a time, or that there is none: anything else is not "never"."""
    return value is None or isinstance(value, str)


def _time(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _listed(source: SourceFile, names: Sequence[str]) -> Iterator[AccessReport]:
    """Yield what a list of findings tells of the role: which there are, and not of which permissions."""
    untold = []
    if source.data.get("nextToken"):
        untold.append(f"{source.at(('nextToken',))}: the answer has more pages, and they are not here")
    for index, one in enumerate(source.data["findings"]):
        at = source.at(("findings", index))
        if not _is_finding(one):
            untold.append(f"{at}: it has no resource, status or findingType that AWS's findings have")
        elif one["status"] != "ACTIVE" or not _concerns(one, names):
            continue
        elif one["findingType"] == "UnusedIAMRole":
            yield AccessReport(_of_analyzer(source, one), is_finding=True, unused_role=True)
        elif one["findingType"] == "UnusedPermission":
            untold.append(f"{at}: a list does not tell which permissions: give what get-finding-v2 prints")
    if untold:
        yield AccessReport(_of_analyzer(source, {}), is_finding=True, untold=tuple(untold))


def _is_finding(one: Any) -> bool:
    """Tell whether *one* is a finding of a list: with its resource, status and type."""
    return (
        isinstance(one, dict) and isinstance(one.get("resource"), str) and one.get("status") in _STATUS
        and isinstance(one.get("findingType"), str)
    )  # fmt: skip


def _concerns(finding: Mapping[str, Any], names: Sequence[str]) -> bool:
    resource = finding.get("resource")
    return isinstance(resource, str) and is_about(resource, names)


def _of_analyzer(source: SourceFile, finding: Mapping[str, Any], granularity: str = "role") -> UseSource:
    until = _time(finding.get("analyzedAt")) or ""
    age = finding.get("unusedAccessAge")
    why = "the finding does not tell the age that it is about, 1 to 365 days"
    if isinstance(age, int):
        why = f"the analyzer looks at {age:,} days, and counts attempts that were denied"
    return UseSource(f"{_ANALYZER} ({source.name})", granularity, "", until, Confidence.MEDIUM, why)


def _finding(source: SourceFile, names: Sequence[str]) -> Iterator[AccessReport]:
    data = source.data
    if not _concerns(data, names):
        raise FileError(
            source.at(("resource",)), f"the finding is about {data.get('resource')}, and not {', '.join(names)}"
        )
    if data.get("status") not in _STATUS:
        raise FileError(source.at(("status",)), f"the finding has no status of AWS's: {', '.join(_STATUS)}")
    if data["status"] != "ACTIVE":
        return  # it was resolved, or somebody said that it does not matter
    services, actions, untold = _unused(source)
    if data.get("nextToken"):
        untold.append(f"{source.at(('nextToken',))}: the finding has more pages, and they are not here")
    is_role = any(isinstance(one, dict) and "unusedIamRoleDetails" in one for one in data["findingDetails"])
    granularity = "action" if actions else "service" if services else "role"
    yield AccessReport(_of_analyzer(source, data, granularity), services, actions, True, is_role, untold=tuple(untold))


def _unused(source: SourceFile) -> tuple[dict[str, str | None], dict[str, str | None], list[str]]:
    """Return when the services and actions of a finding were last accessed, and what of it can't be read."""
    services: dict[str, str | None] = {}
    actions: dict[str, str | None] = {}
    untold = []
    for index, one in enumerate(source.data["findingDetails"]):
        details = one.get("unusedPermissionDetails") if isinstance(one, dict) else None
        if isinstance(details, dict):
            found = _times_of(details.get("actions"), "action", "lastAccessed")
            actions |= {name.lower(): when for name, when in found.times.items()}
            if problem := _unread_details(details, found):
                untold.append(f"{source.at(('findingDetails', index))}: {problem}")
            elif not found.times:
                services[details["serviceNamespace"]] = _time(details.get("lastAccessed"))
        elif not isinstance(one, dict) or not one.keys() & _OTHER_DETAILS:
            untold.append(f"{source.at(('findingDetails', index))}: it has no details that AWS's findings have")
    return services, actions, untold


def _unread_details(details: Mapping[str, Any], found: _Times) -> str:
    """Return what of the *details* of unused permissions can't be read, beside the actions *found*; else nothing."""
    if found.unread:
        return found.unread_words
    told = isinstance(details.get("serviceNamespace"), str) and _is_time(details.get("lastAccessed"))
    return "" if told else "it has no serviceNamespace, or its time can't be read"
