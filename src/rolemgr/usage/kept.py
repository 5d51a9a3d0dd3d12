"""What stays though no use of it is recorded, and why: what a trail does not show, what AWS or somebody else says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rolemgr.events.untraced import is_told_by_service, untraced_patterns, why_untraced
from rolemgr.iam.wildcards import matches_action
from rolemgr.usage.access_reports import AccessReport
from rolemgr.usage.recorded import RecordedUse

BY_THE_USER = "--keep says so"


@dataclass(frozen=True)
class KeepReasons:
    """
    Why actions stay without a call of theirs in the trail: *keep* are patterns of actions that the user names.

    *reports* are what AWS tells beside trails. Where sources disagree, what was used wins: *services* are those of
    which the trail has calls, from *first* on.
    """

    keep: Sequence[str] = ()
    reports: Sequence[AccessReport] = ()
    services: frozenset[str] = frozenset()
    first: str = ""

    def patterns(self) -> tuple[str, ...]:
        """Return patterns of all actions that may stay without a call: there is no need to ask about others."""
        told = (pattern for one in self.reports for pattern in (*one.actions, *(f"{name}:*" for name in one.services)))
        return tuple(dict.fromkeys((*self.keep, *untraced_patterns(), *told)))

    def why(self, action: str) -> str | None:
        """Return why *action* stays though the trail has no call of it; None where it does not."""
        if any(matches_action(one, action) for one in self.keep):
            return BY_THE_USER
        if accessed := self._accessed(action):
            return accessed
        untraced = why_untraced(action)
        if untraced:
            return None if self.refuted(action) else untraced
        return self._service_accessed(action)

    def refuted(self, action: str) -> str | None:
        """Return who tells that *action*, which no trail shows, was not used; None where nobody does."""
        service = action.partition(":")[0].lower()
        for one in self.reports:
            if one.actions.get(action.lower(), "") is None:
                return f"no access to it by {one.source.source}, by action: {one.source.why}"
            is_told = one.services.get(service, "") is None and is_told_by_service(action)
            if is_told and not any(other.services.get(service) for other in self.reports):
                return f"no access to {service} by {one.source.source}, by service: {one.source.why}"
        return None

    def unused_by_reports(self, actions: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield those of *actions* that no trail, but a report of AWS tells not to be used, with what it says."""
        for action in dict.fromkeys(actions):
            if why_untraced(action) and (told := self.refuted(action)):
                yield action, told

    def _accessed(self, action: str) -> str | None:
        """Return who tells that the *action* itself was accessed, though the trail does not show it."""
        for one in self.reports:
            when = one.actions.get(action.lower())
            if when and (not one.is_finding or when >= self.first):
                return f"it was accessed on {when[:10]} by {one.source.source}, which the trail does not show"
        return None

    def _service_accessed(self, action: str) -> str | None:
        """Return who tells that the service of *action* was accessed, where the trail has no call of it at all."""
        service = action.partition(":")[0].lower()
        for one in self.reports:
            when = one.services.get(service)
            told = one.actions.get(action.lower(), "") is None
            if when and service not in self.services and not told:
                return f"{service} was accessed on {when[:10]} by {one.source.source}, and the trail has no call of it"
        return None


def keep_reasons(keep: Sequence[str], reports: Sequence[AccessReport], use: RecordedUse) -> KeepReasons:
    """Return why actions stay that *use* does not have."""
    services = frozenset(one.action.partition(":")[0].lower() for one in use.used)
    return KeepReasons(tuple(keep), tuple(reports), services, use.first)


def disagreements(reports: Sequence[AccessReport], use: RecordedUse) -> Iterator[str]:
    """Yield where AWS's *reports* and the calls in *use* say otherwise: what was used wins."""
    used = {one.action.lower(): one.action for one in use.used}
    services = {action.partition(":")[0] for action in used}
    for one in reports:
        where = one.source.source
        if one.last_used > use.last[:10] > "":
            after = f"after the trail's last call ({use.last[:10]})"
            yield f"{where} is {one.last_used}, {after}: what was used then is not in it"
        if one.unused_role:
            yield f"{where} says that the role is not used, and the trail has {use.calls:,} calls: they count"
        wrong = sorted(used[action] for action, when in one.actions.items() if when is None and action in used)
        if wrong:
            yield f"{where} has no access to {', '.join(wrong)}, and the trail has calls: they count"
        unused = sorted(name for name, when in one.services.items() if when is None and name in services)
        if unused:
            yield f"{where} has no access to {', '.join(unused)}, and the trail has calls: they count"
        later = [f"{name} on {when[:10]}" for name, when in one.services.items()
                 if when and name in services and when[:10] > use.last[:10]]  # fmt: skip
        if later and use.last:
            yield f"{where} has access to {', '.join(sorted(later))}, after the trail's last call ({use.last[:10]})"
