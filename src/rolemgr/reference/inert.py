"""
Which pairs of an action and a resource are inert: AWS never asks for the action on anything that the pattern matches.

IAM authorises an action on resources of its own types alone, by the Service Authorization Reference. A statement
that names `sagemaker:CreateModel` beside ``training-job/*`` says nothing by that pair. "Inert" is the careful word:
where a pattern leaves its service or type to a wildcard or a policy variable, or the reference does not know the
action or the form of one of its types, the pair is not inert.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import around_variables, as_pattern
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.resources import may_be_of_form
from rolemgr.reference.services import Action, ResourceType, find_action, resource_types

_LITERAL = re.compile(r"[^*?]*")


@lru_cache(maxsize=65_536)
def is_inert(action: str, resource: str) -> bool:
    """Tell whether no request for *action* can be about what the pattern *resource* matches, by the reference."""
    if has_wildcard(action) or not resource.startswith("arn:"):
        return False  # `*`, and what is no ARN, may be anything
    known = find_action(action)
    arn = Arn.parse(as_pattern(resource))
    if known is None or arn is None or has_wildcard(arn.service):
        return False
    return not _may_be_of_a_type(known, arn)


def live_resources(action: str, resources: Iterable[str]) -> tuple[str, ...]:
    """Return those of *resources*, in their order, that are not inert beside *action*."""
    return tuple(resource for resource in resources if not is_inert(action, resource))


def _may_be_of_a_type(action: Action, arn: Arn) -> bool:
    known = resource_types(action.service)
    return any(use.name not in known or _may_be(known[use.name], action.service, arn) for use in action.resource_types)


def _may_be(kind: ResourceType, owner: str, arn: Arn) -> bool:
    """Tell whether some ARN of *kind*, a type of the service *owner*, may match the pattern *arn*."""
    form = kind.arn_format
    if "$" in form.service:
        return True
    if form.service != arn.service:
        return False
    if not (_part_may_be(arn.region, form.region) and _part_may_be(arn.account, form.account)):
        return False
    return _begin_alike(arn.resource, form.resource) and may_be_of_form(arn.resource, form.resource, owner)


def _part_may_be(part: str, form: str) -> bool:
    """Tell whether a region or account can be as the *form* has it: there, or empty."""
    return bool(part) if form else not part.strip("*")


def _begin_alike(pattern: str, form: str) -> bool:
    """Tell whether the literal text that both begin with is the same as far as both have it: the quick answer."""
    found = _LITERAL.match(pattern)
    ours, theirs = found.group() if found else "", around_variables(form)[0]
    shorter = min(len(ours), len(theirs))
    return ours[:shorter] == theirs[:shorter]
