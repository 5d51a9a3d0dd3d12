"""Which types of resources an action takes, and whether those that are named are of them."""

from collections.abc import Sequence
from functools import lru_cache

from rolemgr.check.document import Statement
from rolemgr.check.limits_nothing import is_everything
from rolemgr.check.patterns import fits, fits_type
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.services import Action, resource_types


@lru_cache(maxsize=16_384)
def any_fits(resources: tuple[str, ...], action: Action) -> bool:
    """Tell whether one of *resources* can be what *action* takes; so too where a type's ARN is not known."""
    known = resource_types(action.service)
    if any(use.name not in known for use in action.resource_types):
        return True
    return any(fits(resource, action) for resource in resources)


@lru_cache(maxsize=1_024)
def has_named_types(service: str) -> bool:
    """Tell whether *service* has several types of resources, each with its name in front of the ARN's resource."""
    kinds = [] if has_wildcard(service) else list(resource_types(service).values())
    return len(kinds) > 1 and all(kind.arn_format.resource[:1] not in ("$", "*") for kind in kinds)


def missing_types(action: Action, allowing: Sequence[Statement]) -> list[str]:
    """Return the types that every request for *action* names and that nothing of *allowing* gives it on."""
    if action.service != "sagemaker" or len(action.required_types) < 2:
        return []
    giving = [one for one in allowing if one.named(action.name)]
    resources = [resource for one in giving for resource in one.resources]
    unknown = any(one.not_resources or "Resource" in one.opaque or not one.resources for one in giving)
    if unknown or any(map(is_everything, resources)):
        return []
    if not any(fits(resource, action) for resource in resources):
        return []  # RM302 says so
    there = {name for name in action.required_types if any(fits_type(one, action, name) for one in resources)}
    enough = {name for others in action.alternatives if others & there for name in others}
    return sorted(action.required_types - there - enough)
