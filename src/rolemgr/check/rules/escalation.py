"""RM7: ways to more rights than the policy seems to give."""

from collections.abc import Iterator, Mapping

from rolemgr.check.document import Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.paths import acted_on, runs_as, takes_a_role
from rolemgr.check.patterns import fits, fits_type, is_any_name, is_anywhere, is_everything
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, Hit, document_rule, listed, statement_rule
from rolemgr.check.rules.grants import PASS_ROLE, is_any_role
from rolemgr.reference.services import Action, find_action

_DELEGATION = IAM + "access_policies_boundaries.html"

_NO_LIMIT = frozenset(
    {"aws:requestedregion", "aws:securetransport", "aws:multifactorauthpresent", "aws:multifactorauthage",
     "aws:currenttime", "aws:epochtime", "aws:viaawsservice", "aws:useragent", "aws:principalisawsservice"}
)  # fmt: skip
"""Keys that say how or when a request is made, and not on what."""


def unlimited(statement: Statement) -> bool:
    """Tell whether no condition of *statement* says on what, or for whom, it allows."""
    return "Condition" not in statement.opaque and all(one.folded in _NO_LIMIT for one in statement.conditions)


def _open(statement: Statement) -> str | None:
    """Return the resource of *statement* that leaves the name open, if any."""
    return next((resource for resource in statement.resources if is_any_name(resource)), None)


RIGHTS: Mapping[str, tuple[str, ...]] = {
    "rewrites a policy": ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
    "attaches a policy": (
        "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
        "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
    ),
    "takes a boundary off": ("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
                             "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "becomes someone else": ("iam:AddUserToGroup", "iam:CreateAccessKey", "iam:CreateLoginProfile",
                             "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile"),
}  # fmt: skip
"""What gives its caller more rights, by how."""


_PLURAL = {
    "rewrites a policy": "rewrite policies",
    "attaches a policy": "attach policies",
    "takes a boundary off": "take boundaries off",
    "becomes someone else": "become someone else",
}


@statement_rule(
    "RM701", "grants-itself-more", Severity.SECURITY_WARNING, "the caller can give itself more rights",
    _DELEGATION, kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def grants_itself_more(statement: Statement) -> Iterator[Hit]:
    """
    Writing policies, attaching them, changing who may assume a role, or making keys for other users, on any
    resource and without a condition: each is a way to every right.

    Name the resources, demand a permissions boundary (iam:PermissionsBoundary), or leave it to a platform
    role. `*` on everything is reported as RM601 alone.
    """
    where = _open(statement)
    if where is None or not unlimited(statement) or any(map(is_everything, statement.actions)):
        return
    for how, actions in RIGHTS.items():
        if found := [action for action in actions if statement.named(action)]:
            message = f"{listed(found)} on `{where}` {how if len(found) == 1 else _PLURAL[how]}"
            yield Hit(message, statement.at("Action", statement.named(found[0])), found[0])


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
    anywhere = [resource for resource in statement.resources if is_anywhere(resource)]
    if not anywhere or not unlimited(statement) or any(map(is_everything, statement.actions)):
        return
    for name, how in RUNS_AS.items():
        pattern = statement.named(name)
        if pattern and (where := _taken(name, anywhere)):
            yield Hit(f"`{name}` on `{where}` {how}", statement.at("Action", pattern), name)


def _taken(name: str, resources: list[str]) -> str | None:
    """Return the first of *resources* that the action *name* takes, if any."""
    action, types = find_action(name), acted_on(name)
    return next((one for one in resources if action and (is_everything(one) or _fits_one(one, action, types))), None)


def _fits_one(resource: str, action: Action, types: tuple[str, ...]) -> bool:
    return any(fits_type(resource, action, one) for one in types) if types else fits(resource, action)


_STARTS = (
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
    them. For whoever may start no jobs, a pipeline that may be started is the way to them.

    That is right in an account of one team. Otherwise name them by a prefix.
    """
    if not unlimited(statement):
        return
    named = [one for one in statement.resources if is_any_name(one)]
    of_account = [one for one in named if not is_anywhere(one)]
    for action in _STARTS if named and not any(map(is_everything, statement.actions)) else ():
        pattern = statement.named(action)
        opened = of_account if action in RUNS_AS else named  # of all accounts, RM702 says so
        if pattern and (where := _taken(action, opened)):
            message = f"`{action}` on `{where}` works as the role of any of them"
            yield Hit(message, statement.at("Action", pattern), action)


TAKES_A_ROLE = tuple(takes_a_role())
"""What starts code of the caller's choice as a role that the caller passes."""


@document_rule(
    "RM704", "runs-as-any-role", Severity.SECURITY_WARNING, "code can be run as any role",
    IAM + "id_roles_use_passrole.html", kinds=PERMISSIONS,
)  # fmt: skip
def runs_as_any_role(document: Document) -> Iterator[Hit]:
    """
    The policy allows passing any role, and also an action that runs the caller's code as the role passed:
    a training job, a model's container, a notebook, a function.

    Together they give the rights of every role that trusts the service.
    """
    passing = next((one for one in document.allows if _passes_any(one)), None)
    if passing is None:
        return
    starts = [action for action in TAKES_A_ROLE if any(_starts(one, action) for one in document.allows)]
    if starts:
        yield Hit(f"any role can be passed to {listed(starts)}", passing.path, starts[0], sid=passing.sid)


def _passes_any(statement: Statement) -> bool:
    open_name = any(is_any_role(resource) for resource in statement.resources)
    return bool(statement.named(PASS_ROLE)) and open_name and not any(map(is_everything, statement.actions))


def _starts(statement: Statement, action: str) -> bool:
    return bool(statement.named(action)) and not any(map(is_everything, statement.actions))
