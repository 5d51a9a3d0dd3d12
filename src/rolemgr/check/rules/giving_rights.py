"""RM709 to RM711: rights given by a prefix of names, roles that services make for themselves, Denies taken off."""

from collections.abc import Iterator, Mapping
from typing import Final

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import (
    is_administrator,
    is_any_name,
    limits_nothing,
    open_resource,
    says_not_on_what,
)
from rolemgr.check.patterns import fits, is_every_one
from rolemgr.check.rights import TAKES_OFF
from rolemgr.check.rule import IAM, PERMISSIONS, Hit, listed, statement_rule
from rolemgr.iam.arn import Arn
from rolemgr.iam.breadth import widened
from rolemgr.iam.variables import known_variables_in, replaced
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.reference.services import find_action

_GIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "iam:AttachRolePolicy": ("iam:permissionsboundary", "iam:policyarn"),
    "iam:AttachUserPolicy": ("iam:permissionsboundary", "iam:policyarn"),
    "iam:AttachGroupPolicy": ("iam:policyarn",),
    "iam:PutRolePolicy": ("iam:permissionsboundary",),
    "iam:PutUserPolicy": ("iam:permissionsboundary",),
    "iam:PutGroupPolicy": (),
    "iam:CreatePolicyVersion": (),
    "iam:UpdateAssumeRolePolicy": ("iam:permissionsboundary",),
}
"""
What gives rights, and the keys that limit which.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""
_MAKES: Final = ("iam:CreateRole", "iam:UpdateAssumeRolePolicy")
_FILLS: Final = ("iam:AttachRolePolicy", "iam:PutRolePolicy")
_OF_SERVICES: Final = "role/aws-service-role/"
"""
Roles that only their service can change.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html#API_AttachRolePolicy_Errors
"""


@statement_rule(
    "RM709", "gives-rights-by-prefix", Severity.WARNING, "any rights can be given to whatever has a prefix",
    IAM + "access_policies_boundaries.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def gives_rights_by_prefix(statement: Statement) -> Iterator[Hit]:
    """
    Attaching policies to `role/ml-*`, writing them there, new versions of `policy/ml/*`, or who may assume `role/ml-*`:
    one role of that name, or that holds such a policy, is enough for AdministratorAccess.

    Demand a permissions boundary (iam:PermissionsBoundary), say which policies may be attached (iam:PolicyARN), or name
    the roles one by one. Where all names are open RM701 says so, and beside the making of roles in the same statement
    RM708; service-linked roles, which only their service changes, are left out.
    """
    if not says_not_on_what(statement) or is_administrator(statement):
        return
    told_of_708 = any(map(statement.named, _MAKES)) and any(map(statement.named, _FILLS))
    for name, keys in _GIVES.items():
        if not statement.named(name) or (told_of_708 and name in (*_MAKES, *_FILLS)):
            continue
        if any(not limits_nothing(one) for one in statement.conditions_on(*keys)):
            continue
        if where := next((one for one in statement.resources if _is_a_prefix(one, name)), None):
            path = statement.at("Action", statement.named(name))
            yield Hit(f"`{name}` on `{where}` gives any rights to what has such a name", path, name)


def _is_a_prefix(resource: str, name: str) -> bool:
    """Tell whether *resource* is several of what the action *name* takes, and not all of them."""
    action = find_action(name)
    if action is None or not has_wildcard(replaced(resource, "x")) or _OF_SERVICES in resource:
        return False
    return fits(resource, action) and not is_any_name(resource) and not is_every_one(resource, action)


_MAKES_FOR_SERVICES: Final = "iam:CreateServiceLinkedRole"


@statement_rule(
    "RM710", "any-service-linked-role", Severity.WARNING, "service-linked roles of any service can be made",
    IAM + "access-analyzer-reference-policy-checks.html"
    "#access-analyzer-reference-policy-checks-general-warning-create-slr-with-star-in-resource",
    kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def any_service_linked_role(statement: Statement) -> Iterator[Hit]:
    """
    iam:CreateServiceLinkedRole on every role: a role with rights of its own for any service that has one, also for
    services that nobody uses here.

    Name the role (`role/aws-service-role/sagemaker.amazonaws.com/*`), or the service by iam:AWSServiceName.
    """
    if is_administrator(statement) or not says_not_on_what(statement) or not statement.named(_MAKES_FOR_SERVICES):
        return
    if where := next(filter(_is_of_any_service, statement.wide_resources), None):
        message = f"`{_MAKES_FOR_SERVICES}` on `{where}`: name the service"
        yield Hit(message, statement.at("Resource", where), _MAKES_FOR_SERVICES)


def _is_of_any_service(resource: str) -> bool:
    """Tell whether *resource* has the service-linked roles of every service in it."""
    action = find_action(_MAKES_FOR_SERVICES)
    if action is not None and is_every_one(resource, action):
        return True
    arn = Arn.parse(widened(resource))
    return arn is not None and arn.service == "iam" and contains(arn.resource, f"{_OF_SERVICES}*")


@statement_rule(
    "RM711", "takes-denies-off", Severity.WARNING, "policies can be taken off, and their Denies with them",
    IAM + "access_policies_manage-attach-detach.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def takes_denies_off(statement: Statement) -> Iterator[Hit]:
    """
    Deleting or detaching the policies of any user, role or group (or one's own, `user/${aws:username}`), or leaving
    groups: whatever a Deny there forbids is allowed again.

    Name the roles that it is for; say which policies by iam:PolicyARN, and keep Denies where their holder can't reach
    them: in an SCP, or in a boundary.
    """
    if (
        is_administrator(statement)
        or not says_not_on_what(statement)
        or any(map(_names_policies, statement.conditions))
    ):
        return
    found = {name: where for name in TAKES_OFF if statement.named(name) and (where := _any_or_own(statement, name))}
    if found:
        first, where = next(iter(found.items()))
        takes = "takes" if len(found) == 1 else "take"
        message = f"{listed(tuple(found))} on `{where}` {takes} policies off, and their Denies with them"
        yield Hit(message, statement.at("Action", statement.named(first)), first)


def _names_policies(condition: ReadCondition) -> bool:
    """Tell whether *condition* says which policies may be taken off: AdministratorAccess is a name like any other."""
    if condition.folded != "iam:policyarn" or condition.true_where_absent is not False or condition.operator is None:
        return False
    return condition.operator.base != "Null" and not any(map(is_any_name, condition.values))


def _any_or_own(statement: Statement, name: str) -> str | None:
    """Return the resource of *statement* that is all that the action *name* takes, or the user who asks."""
    if where := open_resource(statement, name):
        return where
    action = find_action(name)
    own = (one for one in statement.resources if any(each.key == "aws:username" for each in known_variables_in(one)))
    return next((one for one in own if action and fits(one, action)), None)
