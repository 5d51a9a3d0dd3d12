"""
On how many resources of a type a pattern is: any, all of an account, those of a prefix, or a named one.

Narrower patterns never come out broader: the property tests of the score rest on that.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.check.patterns import fits_type
from rolemgr.iam.arn import Arn
from rolemgr.iam.breadth import is_open, widened
from rolemgr.iam.variables import around_variables, as_pattern, opens_variable, replaced
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.reference.inert import is_inert
from rolemgr.reference.services import ResourceType, find_action, resource_types


class ResourceBreadth(StrEnum):
    """How many resources of a type are meant."""

    ANY = "any"
    ACCOUNT = "account"
    PREFIX = "prefix"
    NAMED = "named"


NO_TYPE: Final = "*"
"""The type of an action for which IAM has no resource-level permissions."""
UNKNOWN_TYPE: Final = "unknown"
"""The type of an action that the reference does not have."""


class TypeReach(NamedTuple):
    """A resource type that an action has through a pattern, and how many resources of it."""

    type: str
    breadth: ResourceBreadth


@lru_cache(maxsize=131_072)
def reach(action: str, resource: str) -> tuple[TypeReach, ...]:
    """Return the types of *action* that the pattern *resource* may stand for; none where the pair grants nothing."""
    known = find_action(action)
    if known is None:
        return (TypeReach(UNKNOWN_TYPE, _breadth(resource, None)),)
    if not known.resource_types:
        return () if is_inert(known.name, resource) else (TypeReach(NO_TYPE, ResourceBreadth.ANY),)
    kinds = resource_types(known.service)
    return tuple(
        TypeReach(use.name, _breadth(resource, kinds.get(use.name)))
        for use in known.resource_types
        if use.name not in kinds or fits_type(resource, known, use.name)
    )


def _breadth(resource: str, kind: ResourceType | None) -> ResourceBreadth:
    """Return on how many resources of *kind* the pattern *resource* is; of one that is not known, of any."""
    arn = Arn.parse(widened(resource))
    if arn is None or is_open(arn.service):
        return ResourceBreadth.ANY
    if _is_whole(arn.resource, kind):
        has_account = kind is None or bool(kind.arn_format.account)
        is_fixed = bool(arn.account) and not has_wildcard(arn.account)
        return ResourceBreadth.ACCOUNT if has_account and is_fixed else ResourceBreadth.ANY
    is_one = not has_wildcard(arn.resource) and not opens_variable(resource)
    return ResourceBreadth.NAMED if is_one else ResourceBreadth.PREFIX


def _is_whole(part: str, kind: ResourceType | None) -> bool:
    """Tell whether *part*, the last of an ARN, leaves the name open: nothing in it is of a resource's own name."""
    if kind is None:
        rest = part.partition("/")[2] if "/" in part else part.rpartition(":")[2]
        return is_open(rest) or is_open(part)
    form = kind.arn_format.resource
    head = around_variables(form)[0]
    if part.startswith(head) and opens_variable(form):
        return is_open(part[len(head) :]) or part == head
    return contains(part, replaced(form, "*"))


@lru_cache(maxsize=65_536)
def all_within(action: str, type_name: str, resource: str) -> str | None:
    """
    Return a pattern for all resources of a type of *action* in the partition, Region and account of *resource*.

    None for what is of no type.
    """
    known = find_action(action)
    kind = resource_types(known.service).get(type_name) if known else None
    if kind is None:
        return None
    form = kind.arn_format._replace(resource=replaced(kind.arn_format.resource, "*"))
    given = Arn.parse(as_pattern(resource))
    partition, region, account = (given.partition, given.region, given.account) if given else ("aws", "*", "*")
    return str(
        form._replace(
            partition=partition,
            region=region if form.region else "",
            account=account if form.account else "",
        )
    )
