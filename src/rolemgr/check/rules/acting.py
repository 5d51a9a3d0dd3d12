"""RM7, continued: another role by several actions at once, or by assuming it; opening what is yours to others."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rolemgr.check.document import Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, limits_nothing, says_not_on_what
from rolemgr.check.paths import Together, shares, together
from rolemgr.check.patterns import is_open, meet
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, Hit, group_rule, listed, statement_rule
from rolemgr.check.rules.grants import PASS_ROLE, is_any_role
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard, matches
from rolemgr.reference.services import find_action


@group_rule(
    "RM705", "acts-by-several-actions", Severity.SECURITY_WARNING, "actions that together run code as another role",
    IAM + "id_roles_use_passrole.html",
)  # fmt: skip
def acts_by_several_actions(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    None of the actions is a way to a role by itself; together they are: register a task definition and start a
    service with it, write a change set and execute it, change an instance's start-up script and start it.

    They are looked for over all policies of the role, each on resources whose name is left open and without
    a condition that narrows them. Name the resources of one of them.
    """
    allowing = [one for document in documents if document.kind is PolicyType.IDENTITY for one in document.allows]
    allowing = [one for one in allowing if not is_administrator(one)]
    for way in together():
        acting = [action for action in way.actions if action != PASS_ROLE]
        first = _open_to(allowing, acting[0], way)
        if first and all(_open_to(allowing, action, way) for action in way.actions):
            path = first.at("Action", first.named(acting[0]))
            yield first.policy, Hit(f"{listed(way.actions, 4)} {way.how}", path, acting[0], sid=first.sid)


def _open_to(statements: Iterable[Statement], action: str, way: Together) -> Statement | None:
    """Return the statement that allows *action* on whatever there is, for *way*, if any."""
    for statement in statements:
        if not statement.named(action):
            continue
        open_to_it = says_not_on_what(statement) and open_resource(statement, action)
        if _passes(statement, way) if action == PASS_ROLE else open_to_it:
            return statement
    return None


def _passes(statement: Statement, way: Together) -> bool:
    """Tell whether *statement* lets any role be passed to the service of *way*."""
    for condition in statement.conditions_on("iam:passedtoservice"):
        wanted = condition.true_where_absent is False and not condition.opaque
        if wanted and not any(matches(value, way.passed_to or "") for value in condition.values):
            return False
    return any(is_any_role(resource) for resource in statement.wide_resources)


def open_resource(statement: Statement, name: str) -> str | None:
    """Return the resource of *statement* that is every one of a type that the action *name* takes, if any."""
    action = find_action(name)
    return next((one for one in statement.wide_resources if action and is_open(one, action)), None)


_ASSUME = "sts:AssumeRole"


@statement_rule(
    "RM706", "assumes-any-role", Severity.SECURITY_WARNING, "any role that trusts the account can be assumed",
    IAM + "id_roles_use_permissions-to-switch.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def assumes_any_role(statement: Statement) -> Iterator[Hit]:
    """
    sts:AssumeRole on `*` or `role/*`: the caller gets into every role whose trust policy names its account, in
    this account and in others.

    Name the roles, or their path; for one name in many accounts `arn:aws:iam::*:role/deploy`.
    """
    pattern = statement.named(_ASSUME)
    if not pattern or is_administrator(statement) or not says_not_on_what(statement):
        return
    if where := open_resource(statement, _ASSUME):
        yield Hit(f"`{_ASSUME}` on `{where}`: name the roles, or their path", statement.at("Resource", where), _ASSUME)


@statement_rule(
    "RM707", "opens-to-other-accounts", Severity.WARNING, "resources can be opened to other accounts",
    SAGEMAKER + "model-registry-access-control.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def opens_to_other_accounts(statement: Statement) -> Iterator[Hit]:
    """
    A caller that writes a resource's policy, or shares it by AWS RAM, lets other accounts in: a way out for data and
    models that no Deny on reading them closes.

    Name the resources, or leave it to a platform role.
    """
    if is_administrator(statement) or not says_not_on_what(statement):
        return
    found = {name: where for name in shares() if statement.named(name) and (where := open_resource(statement, name))}
    if found:
        first, where = next(iter(found.items()))
        message = f"{listed(tuple(found))} on `{where}` {'lets' if len(found) == 1 else 'let'} other accounts in"
        yield Hit(message, statement.at("Action", statement.named(first)), first)


_MAKES: Final = ("iam:CreateRole", "iam:UpdateAssumeRolePolicy")
"""Who may be a role: in the account whom a trust policy names by its ARN needs no other permission."""
_FILLS: Final = {
    "iam:AttachRolePolicy": ("iam:permissionsboundary", "iam:policyarn"),
    "iam:PutRolePolicy": ("iam:permissionsboundary",),
}
"""What a role may do, and the keys by which that is limited."""


@group_rule(
    "RM708", "makes-a-role-of-any-rights", Severity.SECURITY_WARNING, "the caller can make a role with any rights",
    IAM + "access_policies_boundaries.html",
)  # fmt: skip
def makes_a_role_of_any_rights(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    Over the policies of the role: it may create roles (or say who may assume them), and also give them
    policies, on the same names and without a boundary. A role that trusts its maker, with any policy, gives
    every right, whatever prefix its name must have.

    Demand a permissions boundary (iam:PermissionsBoundary), or say which policies may be attached
    (iam:PolicyARN). Where names are left open, RM701 says so.
    """
    allowing = [one for document in documents if document.kind is PolicyType.IDENTITY for one in document.allows]
    allowing = [one for one in allowing if not is_administrator(one)]
    makers = list(_makers(allowing))
    budget = Budget()
    for statement in allowing if makers else ():
        filling = [name for name, keys in _FILLS.items() if statement.named(name) and not _limited(statement, keys)]
        named = statement.resources
        if not filling or any(map(is_any_role, statement.wide_resources)):
            continue
        try:
            making = _makes(makers, named, budget)
        except TooComplex as error:
            message = f"can't tell whether {listed(filling)} here or behind is on a role that can be made: {error}"
            yield statement.policy, Hit(message, statement.path, filling[0], sid=statement.sid)
            return
        if making:
            message = f"{making[0]} and {listed(filling)} on `{making[1]}`: a role with any policy"
            path = statement.at("Action", statement.named(filling[0]))
            yield statement.policy, Hit(message, path, filling[0], sid=statement.sid)


def _makers(statements: Iterable[Statement]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each action of *statements* that makes roles without a boundary, and the names that it makes."""
    for statement in statements:
        for name in _MAKES:
            if statement.named(name) and not _limited(statement, ("iam:permissionsboundary",)):
                yield name, statement.resources


def _makes(
    makers: Sequence[tuple[str, tuple[str, ...]]], resources: Sequence[str], budget: Budget
) -> tuple[str, str] | None:
    """Return the action of *makers* that makes one of *resources*, names with a wildcard; and which of them."""
    wide = [one for one in resources if has_wildcard(one)]
    for name, made in makers:
        for resource in wide:
            if any(meet(resource, one, budget) for one in made):
                return name, resource
    return None


def _limited(statement: Statement, keys: Sequence[str]) -> bool:
    """Tell whether *statement* demands a value of one of *keys*, or something of what nobody knows."""
    wanted = (one for one in statement.conditions_on(*keys) if not limits_nothing(one))
    return "Condition" in statement.opaque or not says_not_on_what(statement) or any(wanted)
