"""
What was used, as files say it: policies of other tools, or what AWS tells of services and actions last accessed.

A policy says which access is needed: of Access Analyzer (`get-generated-policy`), of IAM Policy Autopilot (a list
under ``Policies``), of iamlive or policy_sentry (a document). AWS's report tells of a service that it was used, and of
some of its actions, the tracked ones, which: what it does not track may have been used as well.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
https://github.com/awslabs/iam-policy-autopilot
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rolemgr.audit.migrate.needs import PASS_ROLE, NamedStatement, Need, UseEvidence, named, needs_in, on_todays, widest
from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.audit.migrate.seen_needs import job_needs, seen_needs, untraced_needs
from rolemgr.files.source import FileError, SourceFile
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.iam.uses import documents_in
from rolemgr.model.inventory import HeldRole
from rolemgr.model.source import parse_model
from rolemgr.reference.services import action_names, service_exists

_HINT: Final = (
    "it is a policy, a list of policies, or the whole answer of `aws iam get-service-last-accessed-details`, "
    "all pages of it"
)


@dataclass(frozen=True)
class Accessed:
    """
    What AWS tells of services last accessed: *used* services, and of their tracked actions whether each was used.

    *whole* is False where pages of the answer are missing.
    """

    name: str
    used: frozenset[str] = frozenset()
    tracked: Mapping[str, bool] = field(default_factory=dict)
    """By action, for those that AWS tracks: whether an attempt was made."""
    unknown: tuple[str, ...] = ()
    """What of the answer can't be told, in words."""


@dataclass(frozen=True)
class UsedFiles:
    """What all files say: *statements* of needed access, what AWS tells of use, and the recorded calls."""

    statements: tuple[NamedStatement, ...] = ()
    accessed: tuple[Accessed, ...] = ()
    trail: RoleCalls | None = None
    """What recorded calls say of the role."""
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The resources that code names as values of a parameter, by its name."""

    @property
    def values(self) -> Mapping[str, frozenset[str]]:
        """The resources that are values of a parameter, by its name."""
        recorded = self.trail.told if self.trail else {}
        return {name: self.told.get(name, frozenset()) | frozenset(recorded.get(name, ()))
                for name in (*self.told, *recorded)}  # fmt: skip

    @property
    def unknown(self) -> tuple[str, ...]:
        """What can't be told, in words."""
        return tuple(text for one in self.accessed for text in one.unknown)


def read_used(sources: Iterable[SourceFile]) -> UsedFiles:
    """
    Return what the files *sources* say was used.

    Raises InputError (or Problems) with the line for what is neither a policy nor AWS's report, and for a report
    that is not done.
    """
    statements: list[NamedStatement] = []
    accessed: list[Accessed] = []
    for source in sources:
        if isinstance(source.data, dict) and "ServicesLastAccessed" in source.data:
            accessed.append(_accessed(source))
        else:
            statements += named((one.name, document) for one, document in _documents(source))
    return UsedFiles(tuple(statements), tuple(accessed))


def _documents(source: SourceFile) -> list[tuple[SourceFile, IdentityPolicy]]:
    parts = _of_autopilot(source) or documents_in(source, IdentityPolicy)
    found = [(part, parse_model(part, IdentityPolicy).value) for part in parts]
    if not found:
        raise FileError(source.at(()), "says of nothing that it was used", _HINT)
    return found


def _of_autopilot(source: SourceFile) -> list[SourceFile]:
    """Return the policies of a list ``Policies`` of objects with a ``Policy`` each; none where it is not one."""
    listed = source.data.get("Policies") if isinstance(source.data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) and "Policy" in one for one in listed):
        return []
    return [source.part(("Policies", index, "Policy")) for index in range(len(listed))]


def _accessed(source: SourceFile) -> Accessed:
    data = source.data
    status = data.get("JobStatus", "COMPLETED")
    if status != "COMPLETED":
        raise FileError(source.at(("JobStatus",)), f"the report is not done: JobStatus is `{status}`", "ask AWS again")
    listed = data["ServicesLastAccessed"]
    if not isinstance(listed, list):
        raise FileError(source.at(("ServicesLastAccessed",)), "`ServicesLastAccessed` must be a list")
    used: set[str] = set()
    tracked: dict[str, bool] = {}
    unknown = []
    if data.get("IsTruncated") is True:
        unknown.append(f"{source.at(('IsTruncated',))}: the report has more pages, and they are not here")
    for index, one in enumerate(listed):
        service = one.get("ServiceNamespace") if isinstance(one, dict) else None
        if not isinstance(service, str):
            unknown.append(f"{source.at(('ServicesLastAccessed', index))}: it has no ServiceNamespace")
            continue
        if not service_exists(service):
            unknown.append(f"{source.at(('ServicesLastAccessed', index))}: nobody here knows the service `{service}`")
        if one.get("LastAuthenticated"):
            used.add(service)
        tracked |= _tracked(service, one.get("TrackedActionsLastAccessed"))
    return Accessed(source.name, frozenset(used), tracked, tuple(unknown))


def _tracked(service: str, listed: Any) -> dict[str, bool]:
    names = action_names(service)
    found: dict[str, bool] = {}
    for one in listed if isinstance(listed, list) else ():
        name = one.get("ActionName") if isinstance(one, dict) else None
        if isinstance(name, str):
            action = names.get(name.lower(), f"{service}:{name}")
            found[action] = bool(one.get("LastAccessedTime"))
    return found


def needs_of(files: UsedFiles, old: HeldRole, allowed: Sequence[Need]) -> list[Need]:
    """
    Return what *files* say that *old* needs: of AWS's report those of the *allowed* that were, or may have been, used.

    Of a service that a policy or a trail among the files speaks of, these count: they tell more than AWS's report.
    Several reports are of several times or roles: what any of them has is used. That a role was passed AWS never
    tells; it may have been.
    """
    found = on_todays(needs_in(files.statements, UseEvidence.USED), allowed)
    if files.trail:
        found += [*seen_needs(files.trail, old), *on_todays(list(job_needs(files.trail, old)), allowed)]
        found += untraced_needs(files.trail, allowed)
    told = {one.action.partition(":")[0] for one in found if one.evidence is UseEvidence.USED}
    for one in allowed if files.accessed else ():
        service = one.action.partition(":")[0]
        if service not in told and (how := _evidence(one.action, service, files.accessed)):
            found.append(one._replace(evidence=how))
    return widest(found)


def _evidence(action: str, service: str, reports: Sequence[Accessed]) -> UseEvidence | None:
    """Return whether *action* was used, or may have been; None where AWS says that it was not."""
    if any(one.tracked.get(action) for one in reports):
        return UseEvidence.USED
    if action == PASS_ROLE:
        return UseEvidence.PERHAPS
    if any(service in one.used and action not in one.tracked for one in reports):
        return UseEvidence.PERHAPS
    return None
