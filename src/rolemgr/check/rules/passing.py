"""Passing roles: the action, and whether a resource leaves open which role."""

from rolemgr.check.limits_nothing import is_any_name, is_everything
from rolemgr.check.patterns import fits, is_every_one
from rolemgr.reference.services import find_action

PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action, no password


def is_any_role(resource: str) -> bool:
    """Tell whether *resource* stands for roles, and leaves their names open."""
    passing = find_action(PASS_ROLE)
    if passing is not None and is_every_one(resource, passing):
        return True  # `role*` and `r*` too
    return is_any_name(resource) and (is_everything(resource) or (passing is not None and fits(resource, passing)))
