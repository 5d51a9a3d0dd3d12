"""RM7: ways to more rights than the policy seems to give."""

from collections.abc import Iterable, Iterator, Mapping

from rolemgr.check.document import Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import (
    is_administrator,
    is_any_name,
    is_anywhere,
    is_everything,
    says_not_on_what,
)
from rolemgr.check.paths import acted_on, runs_as, takes_a_role
from rolemgr.check.patterns import fits, fits_type, is_open
from rolemgr.check.rights import OF_THE_ORGANIZATION, ON_ITSELF, RIGHTS
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, Hit, group_rule, listed, statement_rule
from rolemgr.check.rules.grants import PASS_ROLE, allows, is_any_role
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.variables import known_variables_in
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
        yield from _gives(statement, how, [one for one in actions if allows(statement, one)])
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
        if action and (is_open(one, action) or (how in ON_ITSELF and _is_the_caller(one) and fits(one, action))):
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
    behind it, and takes no iam:PassRole; here it is allowed on everything.

    Name the resources, or demand that the caller owns them (sagemaker:OwnerUserProfileArn, or the user
    profile's name as a policy variable). `*` on everything is reported as RM601 alone.
    """
    anywhere = [resource for resource in statement.wide_resources if is_anywhere(resource)]
    if not anywhere or not says_not_on_what(statement) or is_administrator(statement):
        return
    for name, how in RUNS_AS.items():
        if statement.named(name) and (where := _taken(name, anywhere)):  # of a NotAction RM602 says so
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
    *(name for name in RUNS_AS if not name.startswith("sagemaker:")),
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
    if starts := [action for action in TAKES_A_ROLE if any(allows(one, action) for one in statements)]:
        document, statement = passing
        message = f"any role can be passed to {listed(starts)}"
        yield document, Hit(message, statement.path, starts[0], sid=statement.sid)


def _passes_any(statement: Statement) -> bool:
    open_name = bool(statement.not_resources) or any(map(is_any_role, statement.resources))
    return open_name and allows(statement, PASS_ROLE)
