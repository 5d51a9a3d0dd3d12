"""What patterns of actions and resources stand for, cached: the same ones come back in every policy."""

import re
from functools import lru_cache

from rolemgr.compare.budget import Budget
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import as_pattern, replaced
from rolemgr.iam.wildcards import contains, has_wildcard, widened
from rolemgr.reference.resources import common, types_of
from rolemgr.reference.services import Action, expand, find_action, resource_types

_WILD = re.compile(r"[*?]")


@lru_cache(maxsize=16_384)
def actions_of(pattern: str) -> tuple[Action, ...]:
    """Return the actions of the reference that *pattern* stands for; nothing for ``*`` alone, which is all."""
    if not has_wildcard(pattern):
        found = find_action(pattern)
        return (found,) if found else ()
    if ":" not in pattern:
        return ()
    return tuple(filter(None, map(find_action, expand(pattern))))


def only_stars(resource: str) -> bool:
    """Tell whether *resource* is ``*`` alone, or nothing but stars."""
    return not resource.strip("*")


@lru_cache(maxsize=65_536)
def fits(resource: str, action: Action) -> bool:
    """
    Tell whether some resource that *action* takes can match the pattern *resource*.

    Where a wildcard makes that hard to tell, the answer is yes.
    """
    arn = Arn.parse(as_pattern(resource))
    if arn is None:
        return has_wildcard(resource)
    if has_wildcard(arn.service) or has_wildcard(arn.resource[:1]):
        return True
    if _leaves_type_open(arn.resource) and any(_overlaps_form(arn, action, use.name) for use in action.resource_types):
        return True
    if arn.service == "logs" and _any_type_fits(arn._replace(resource=_log_group(arn.resource)), action):
        return True
    if action.service == "sagemaker-mlflow" and arn.resource.startswith("mlflow-app/"):
        return True  # MLflow apps are newer than the reference's list
    return _any_type_fits(arn, action)


@lru_cache(maxsize=16_384)
def fits_type(resource: str, action: Action, name: str) -> bool:
    """Tell whether the pattern *resource* can match a resource of the type *name* of *action*; if in doubt, yes."""
    arn = Arn.parse(as_pattern(resource))
    if arn is None:
        return has_wildcard(resource)
    if has_wildcard(arn.service) or has_wildcard(arn.resource[:1]):
        return True
    return (_leaves_type_open(arn.resource) and _overlaps_form(arn, action, name)) or _fits_type(arn, action, name)


def _leaves_type_open(resource: str) -> bool:
    """Tell whether a wildcard stands within the name of the type: `r*`, `role*`, `instance-profil?/x`."""
    return has_wildcard(resource.partition("/")[0].partition(":")[0])


def _overlaps_form(arn: Arn, action: Action, name: str) -> bool:
    """Tell whether the resource part of *arn* can match one of the type *name*; in the service of the type alone."""
    known = resource_types(action.service)
    form = known[name].arn_format if name in known else None
    return form is not None and form.service == arn.service and overlap(arn.resource, replaced(form.resource, "*"))


def _any_type_fits(arn: Arn, action: Action) -> bool:
    known = resource_types(action.service)
    return any(_fits_type(arn, action, use.name) for use in action.resource_types if use.name in known)


def _log_group(resource: str) -> str:
    """
    Return the log group of *resource* where a stream or a star is named behind it.

    CloudWatch Logs asks for its group actions on ``log-group:NAME:*``, with or without the star.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    pieces = resource.split(":")
    return resource if len(pieces) > 3 and pieces[3].strip("*") else ":".join(pieces[:2])


def _fits_type(arn: Arn, action: Action, name: str) -> bool:
    form = resource_types(action.service)[name].arn_format
    region, account = _part(arn.region, form.region), _part(arn.account, form.account)
    if region is None or account is None:
        return False
    return name in types_of(str(arn._replace(region=region, account=account)), action)


def _part(part: str, form: str) -> str | None:
    """Return a region or account as the type's *form* has it, present or empty; None where it can't be."""
    if form:
        return part or None
    return "" if not part.strip("*?") else None


@lru_cache(maxsize=16_384)
def is_every_one(resource: str, action: Action, types: tuple[str, ...] = ()) -> bool:
    """
    Tell whether *resource* is every resource of some type that *action* takes, in one account at least.

    Of *types* alone where any are given: of ssm:StartSession the instance, and not the document. A prefix of
    names is not open, nor is a part of several (`user-profile/d-1/*`).
    """
    if only_stars(resource):
        return True
    known = resource_types(action.service)
    used = [use.name for use in action.resource_types if use.name in known and (not types or use.name in types)]
    return any(_is_all_of(widened(resource), known[name].arn_format) for name in used)


def _is_all_of(pattern: str, form: Arn) -> bool:
    """Tell whether *pattern* matches whatever the resource part of *form* may be."""
    names, arn = replaced(form.resource, "*"), Arn.parse(pattern)
    if arn is None:
        return contains(
            pattern, f"arn:aws:{form.service}:{form.region and 'us-east-1'}:{form.account and '0' * 12}:{names}"
        )
    return contains(arn.service, form.service) and contains(arn.resource, names)


@lru_cache(maxsize=16_384)
def overlap(resource: str, other: str) -> bool:
    """Tell whether some resource is matched by both patterns; a policy variable may be anything."""
    one, two = as_pattern(resource), as_pattern(other)
    return may_meet(one, two) and common(one, two) is not None


def may_meet(one: str, two: str) -> bool:
    """Tell whether what stands before the first and behind the last wildcard of two patterns goes together."""
    (head, tail), (front, back) = _ends(one), _ends(two)
    ends = head.startswith(front) or front.startswith(head), tail.endswith(back) or back.endswith(tail)
    return all(ends)


@lru_cache(maxsize=16_384)
def _ends(pattern: str) -> tuple[str, str]:
    return _WILD.split(pattern, maxsplit=1)[0], _WILD.split(pattern)[-1]


def meet(one: str, two: str, budget: Budget) -> bool:
    """Tell whether two patterns of resources overlap; raise TooComplex where the walk costs more than *budget* has."""
    budget.spend(1)
    if not may_meet(as_pattern(one), as_pattern(two)):
        return False
    budget.spend(len(one) + len(two))
    return overlap(one, two)
