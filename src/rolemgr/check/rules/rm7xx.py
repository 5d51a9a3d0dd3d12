"""RM7: ways to more rights than the policy seems to give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rolemgr.check.document import Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import (
    is_administrator,
    is_any_name,
    is_anywhere,
    is_everything,
    limits_nothing,
    open_resource,
    says_not_on_what,
)
from rolemgr.check.paths import Together, acted_on, runs_as, shares, takes_a_role, together
from rolemgr.check.patterns import fits, fits_type, is_every_one, meet
from rolemgr.check.rights import OF_THE_ORGANIZATION, ON_ITSELF, RIGHTS
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, Hit, group_rule, listed, statement_rule
from rolemgr.check.rules.giving_rights import (  # noqa: F401 - RM709, RM710 and RM711
    any_service_linked_role,
    gives_rights_by_prefix,
    takes_denies_off,
)
from rolemgr.check.rules.passing import PASS_ROLE, is_any_role
from rolemgr.check.rules.tags_moved import tags_itself  # noqa: F401 - RM712, one of this hundred
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.variables import known_variables_in
from rolemgr.iam.wildcards import has_wildcard, matches
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action

_DELEGATION = IAM + "access_policies_boundaries.html"
_PLURAL = {
    "rewrites a policy": "rewrite policies",
    "attaches a policy": "attach policies",
    "takes a boundary off": "take boundaries off",
    "becomes someone else": "become someone else",
    "gives rights in other accounts": "give rights in other accounts",
    "leaves the organization's policies behind": "leave the organization's policies behind",
}


@statement_rule(
    "RM701", "grants-itself-more", Severity.SECURITY_WARNING, "the caller can give itself more rights",
    _DELEGATION, kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def grants_itself_more(statement: Statement) -> Iterator[Hit]:
    """
    Writing policies, attaching them, changing who may assume a role, or making keys for other users, on any
    resource and without a condition: each is a way to every right. So is writing one's own policies
    (`user/${aws:username}`), and for an organization giving rights by IAM Identity Center or taking SCPs off.

    Name the resources, demand a permissions boundary (iam:PermissionsBoundary), or leave it to a platform
    role. `*` on everything is reported as RM601 alone.
    """
    if not says_not_on_what(statement) or is_administrator(statement):
        return
    for how, actions in RIGHTS.items():
        yield from _gives(statement, how, [one for one in actions if statement.speaks_of(one)])
    for how, actions in OF_THE_ORGANIZATION.items():
        yield from _gives(statement, how, [one for one in actions if statement.named(one)])


def _gives(statement: Statement, how: str, actions: Iterable[str]) -> Iterator[Hit]:
    """Yield what those of *actions* give that *statement* allows on any resource, or on the caller itself."""
    found = {action: where for action in actions if (where := _any_of(statement.wide_resources, action, how))}
    if found:
        names = list(found)
        message = f"{listed(names)} on `{found[names[0]]}` {how if len(names) == 1 else _PLURAL[how]}"
        yield Hit(message, _at(statement, names[0]), names[0])


def _any_of(resources: Iterable[str], name: str, how: str) -> str | None:
    """Return the first of *resources* that is any that the action *name* takes, or the caller where that is enough."""
    listed_ones = list(resources)
    if found := _taken(name, filter(is_any_name, listed_ones)):
        return found
    action = find_action(name)
    for one in listed_ones:
        if action and (is_every_one(one, action) or (how in ON_ITSELF and _is_the_caller(one) and fits(one, action))):
            return one
    return None


def _is_the_caller(resource: str) -> bool:
    """Tell whether *resource* is the user who asks, by its name."""
    return any(one.key == "aws:username" for one in known_variables_in(resource.rpartition("/")[2]))


def _at(statement: Statement, action: str) -> DataPath:
    """Return where *statement* allows *action*: the value of Action, or its NotAction as a whole."""
    return statement.at("NotAction") if statement.not_actions else statement.at("Action", statement.named(action))


RUNS_AS: Mapping[str, str] = runs_as()
"""What runs as a role without passing one."""


@statement_rule(
    "RM702", "acts-as-any-role", Severity.SECURITY_WARNING, "the caller can act as a role that it was not given",
    SAGEMAKER + "security_iam_id-based-policy-examples.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def acts_as_any_role(statement: Statement) -> Iterator[Hit]:
    """
    A presigned URL, a session in a space, a lifecycle script or a rewritten pipeline works as the role
    behind it, and takes no iam:PassRole; here it is allowed on everything. What rewrites code or starts it is reported
    on all names of an account too (`arn:aws:sagemaker:*:111122223333:notebook-instance/*`), which reaches the same;
    what SageMaker's users open every day, there, is RM703's.

    Name the resources, or demand that the caller owns them (sagemaker:OwnerUserProfileArn, or the user
    profile's name as a policy variable). `*` on everything is reported as RM601 alone.
    """
    named = [resource for resource in statement.wide_resources if is_any_name(resource)]
    if not named or not says_not_on_what(statement) or is_administrator(statement):
        return
    anywhere = [resource for resource in named if is_anywhere(resource)]
    for name, how in RUNS_AS.items():
        reached = anywhere if name in _STARTS else named
        if statement.named(name) and (where := _taken(name, reached)):  # of a NotAction RM602 says so
            yield Hit(f"`{name}` on `{where}` {how}", _at(statement, name), name)


def _taken(name: str, resources: Iterable[str]) -> str | None:
    """Return the first of *resources* that the action *name* takes, if any."""
    action, types = find_action(name), acted_on(name)
    return next((one for one in resources if action and (is_everything(one) or _fits_one(one, action, types))), None)


def _fits_one(resource: str, action: Action, types: tuple[str, ...]) -> bool:
    return any(fits_type(resource, action, one) for one in types) if types else fits(resource, action)


_STARTS = (
    "sagemaker:CreatePresignedMlflowTrackingServerUrl",
    "sagemaker:StartPipelineExecution", "sagemaker:RetryPipelineExecution", "sagemaker:UpdatePipeline",
    "sagemaker:CreatePresignedDomainUrl", "sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:StartSession",
)  # fmt: skip


@statement_rule(
    "RM703", "acts-as-roles-of-the-account", Severity.SUGGESTION, "any pipeline or profile of the account can be used",
    SAGEMAKER + "security_iam_id-based-policy-examples.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def acts_as_roles_of_the_account(statement: Statement) -> Iterator[Hit]:
    """
    The pipeline (or user profile, space, notebook) is not named: the caller works as the role of each of
    them. For a caller that may start no jobs, a pipeline that may be started is the way to them.

    That is right in an account of one team. Otherwise name them by a prefix.
    """
    if not says_not_on_what(statement) or is_administrator(statement):
        return
    named = [one for one in statement.wide_resources if is_any_name(one)]
    of_account = [one for one in named if not is_anywhere(one)]
    for action in _STARTS if named else ():
        opened = of_account if action in RUNS_AS else named  # of all accounts, RM702 says so
        if statement.named(action) and (where := _taken(action, opened)):
            yield Hit(f"`{action}` on `{where}` works as the role of any of them", _at(statement, action), action)


TAKES_A_ROLE = tuple(takes_a_role())
"""What starts code of the caller's choice as a role that the caller passes."""


@group_rule(
    "RM704", "runs-as-any-role", Severity.SECURITY_WARNING, "code can be run as any role",
    IAM + "id_roles_use_passrole.html",
)  # fmt: skip
def runs_as_any_role(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The policies of the role (or this policy, where it stands alone) allow passing any role, and also an
    action that runs the caller's code as the role passed: a training job, a model's container, a notebook,
    a function.

    Together they give the rights of every role that trusts the service.
    """
    allowing = [(one, each) for one in documents if one.kind is PolicyType.IDENTITY for each in one.allows]
    statements = [each for _, each in allowing if not is_administrator(each)]
    passing = next(((one, each) for one, each in allowing if not is_administrator(each) and _passes_any(each)), None)
    if passing is None:
        return
    if starts := [action for action in TAKES_A_ROLE if any(one.speaks_of(action) for one in statements)]:
        document, statement = passing
        message = f"any role can be passed to {listed(starts)}"
        yield document, Hit(message, statement.path, starts[0], sid=statement.sid)


def _passes_any(statement: Statement) -> bool:
    open_name = bool(statement.not_resources) or any(map(is_any_role, statement.resources))
    return open_name and statement.speaks_of(PASS_ROLE)


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


_ASSUME = "sts:AssumeRole"


@statement_rule(
    "RM706", "assumes-any-role", Severity.SECURITY_WARNING, "any role that trusts the account can be assumed",
    IAM + "id_roles_use_permissions-to-switch.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def assumes_any_role(statement: Statement) -> Iterator[Hit]:
    """
    sts:AssumeRole on `*` or `role/*`: the caller gets into every role whose trust policy names its account, in
    this account and in others. An external ID, a session name or tags of the session limit nothing here: the caller
    writes them.

    Name the roles, or their path; for one name in many accounts `arn:aws:iam::*:role/deploy`.
    """
    pattern = statement.named(_ASSUME)
    if not pattern or is_administrator(statement) or not says_not_on_what(_without_session_tags(statement)):
        return
    if where := open_resource(statement, _ASSUME):
        yield Hit(f"`{_ASSUME}` on `{where}`: name the roles, or their path", statement.at("Resource", where), _ASSUME)


def _without_session_tags(statement: Statement) -> Statement:
    """Return *statement* without its conditions on the tags that the caller gives the session."""
    others = tuple(one for one in statement.conditions if not one.folded.startswith(_SESSION_TAGS))
    return statement if len(others) == len(statement.conditions) else replace(statement, conditions=others)


_SESSION_TAGS = tuple(quirks.keys_that("caller_tags"))


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
