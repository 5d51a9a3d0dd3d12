"""
From recorded requests to needs: pairs of an action and a pattern of resources, few enough to choose groups by.

Names that end in the time at which something began are one name, and many objects are their folder. Each recorded
request is asked of the new role by itself later on (`rolemgr.audit.migrate.trial`), so nothing is lost by that.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from rolemgr.audit.migrate.infer import common_beginning
from rolemgr.audit.migrate.needs import Need, UseEvidence
from rolemgr.audit.migrate.seen import RoleCalls, SeenAt, TrailRequest
from rolemgr.audit.migrate.trial import RequestAsker
from rolemgr.events.untraced import why_untraced
from rolemgr.iam.timed_names import name_without_time
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.inventory import HeldRole

_MOST_EACH: Final = 40
"""On more resources than these an action is needed on what they have in common."""
_MOST_PLACES: Final = 3


def seen_needs(use: RoleCalls, old: HeldRole) -> list[Need]:
    """Return what *use* says that *old* needs; `today` tells what its own policies may allow."""
    asker = RequestAsker(old)
    by: dict[tuple[str, tuple[str, ...]], dict[str, list[TrailRequest]]] = {}
    for one in use.requests:
        resource = _up_to_time(one.resource)
        by.setdefault((one.action, one.passed_to), {}).setdefault(resource, []).append(one)
    found = []
    for (action, passed_to), named in sorted(by.items()):
        for resource, requests in _fewer(named).items():
            today = any(asker.ask(one).best for one in requests)
            found.append(Need(action, resource, _places(requests, use.requests), UseEvidence.USED, passed_to, today))
    return found


def job_needs(use: RoleCalls, old: HeldRole) -> Iterator[Need]:
    """Yield what *old*, which may do it, needs for its jobs and queries: no event tells that it used it."""
    asker = RequestAsker(old)
    by: dict[str, dict[str, SeenAt]] = {}
    for (action, resource), seen in sorted(use.for_jobs.items()):
        if asker.ask(TrailRequest(action, (resource,), has_wildcard(resource), (), "")).best:
            by.setdefault(action, {})[resource] = seen
    for action, named in by.items():
        for resource, seen in _fewest_jobs(named).items():
            yield Need(action, resource, (f"jobs and queries that run as it ({seen.where})",), UseEvidence.PERHAPS)


def _fewest_jobs(named: Mapping[str, SeenAt]) -> Mapping[str, SeenAt]:
    """Return *named* by their folders, where they are many."""
    return named if len(named) <= _MOST_EACH else {_folder(one): seen for one, seen in named.items()}


def untraced_needs(use: RoleCalls, allowed: Sequence[Need]) -> Iterator[Need]:
    """Yield what of *allowed* no trail shows, and this one does not: it may have been used as well."""
    seen = {one.action for one in use.requests} | {action for action, _ in use.for_jobs}
    for one in allowed:
        if one.action not in seen and why_untraced(one.action):
            yield one._replace(evidence=UseEvidence.UNTRACED)


def _up_to_time(resource: str) -> str:
    """Return *resource* with its last name up to the time in it, as `infer` takes names of jobs."""
    if resource.startswith("arn:") and ":s3:::" not in resource:
        head, slash, name = resource.rpartition("/")
        return f"{head}{slash}{name_without_time(name)}" if slash else resource
    return resource


def _fewer(named: Mapping[str, list[TrailRequest]]) -> Mapping[str, list[TrailRequest]]:
    """Return *named* by fewer patterns where they are many: by folders first, then by how all of one type begin."""
    if len(named) <= _MOST_EACH:
        return named
    folders: dict[str, list[TrailRequest]] = {}
    for resource, requests in named.items():
        folders.setdefault(_folder(resource), []).extend(requests)
    if len(folders) <= _MOST_EACH:
        return folders
    types: dict[str, dict[str, list[TrailRequest]]] = {}
    for resource, requests in folders.items():
        types.setdefault(resource.partition("/")[0], {})[resource] = requests
    return {
        f"{common_beginning(sorted(each))}*" if len(each) > 1 else next(iter(each)): list(chain(*each.values()))
        for each in types.values()
    }


def _folder(resource: str) -> str:
    """Return the pattern of the folder of an object: of ``arn:aws:s3:::b/raw/x.csv`` ``arn:aws:s3:::b/raw/*``."""
    parts = resource.split("/")
    return "/".join([*parts[: max(1, min(2, len(parts) - 1))], "*"]) if len(parts) > 1 else resource


def _places(requests: Sequence[TrailRequest], seen: Mapping[TrailRequest, SeenAt]) -> tuple[str, ...]:
    """Return the first calls by which something was needed, each with its line."""
    found = dict.fromkeys(f"{one.call} ({seen[one].where})" for one in requests[:_MOST_PLACES])
    return tuple(found)
