"""What comes after a role: the roles that it passes and that must be there, and who takes the role itself."""

import shlex
from collections.abc import Iterator

from rolemgr.evaluate.request import account_in
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.role import ComposedRole, PassedRole
from rolemgr.model.service_trust import ServiceTrust

_STUDIO = frozenset({"sagemaker:CreateApp", "sagemaker:CreatePresignedDomainUrl"})
"""What a role allows that a user profile of Studio has as its execution role."""
_SAGEMAKER = "sagemaker.amazonaws.com"


_THERE = {True: "", False: ", which the account does not have", None: ", and AWS does not say whether it has that"}


def passed_line(passed: PassedRole, own: str, *, exists: bool | None = True) -> str:
    """
    Return as which role the work runs that the role *own* hands to a service.

    *exists* says whether the account has that role; None is for what nobody could look up. Roles are passed
    within one account.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    services = " and ".join(passed.services) or "any service"
    if passed.idle:
        return f"it may pass itself to {services}, which has no effect: its trust does not name that"
    head = f"its work in {services} runs as"
    if has_wildcard(as_pattern(passed.arn)):
        return f"{head} a role that matches {passed.arn}"
    if passed.arn == own:
        return f"{head} this role itself"
    if account_in(passed.arn) != account_in(own):
        return f"{head} {passed.arn}, which is of another account: AWS passes roles within one account alone"
    return f"{head} {passed.arn}{_THERE[exists]}{_made_by(passed)}"


def _made_by(passed: PassedRole) -> str:
    """Return the command that renders the role that is *passed*, as it can be pasted; nothing where nobody knows."""
    if passed.persona is None:
        return ""
    return f"; `{shlex.join(['rolemgr', 'create', '--persona', passed.persona, *passed.options])}` renders that role"


def next_steps(role: ComposedRole) -> Iterator[str]:
    """Yield what is left to do before somebody works with *role*: who names it, and may pass it."""
    arn = role.spec.arn
    if role.spec.is_permission_set:
        yield (
            "assign it to a group (aws sso-admin create-account-assignment --instance-arn ARN --permission-set-arn ARN"
            f" --target-type AWS_ACCOUNT --target-id {role.spec.account} --principal-type GROUP --principal-id ID)"
        )
        return
    services = sorted(trust.value for trust in role.spec.trust if isinstance(trust, ServiceTrust))
    if services:
        names = " or ".join(f"{name}.amazonaws.com" for name in services)
        yield f"name it as the role where {names} takes one; whoever does that needs iam:PassRole on {arn} to it"
    if not any(trust.kind == "sagemaker" for trust in role.spec.trust):
        return
    if _opens_studio(role):
        yield (
            "give it to a user profile of Studio as its execution role (aws sagemaker update-user-profile"
            f" --domain-id DOMAIN --user-profile-name PROFILE --user-settings ExecutionRole={arn}); this"
            f" needs iam:PassRole on it to {_SAGEMAKER}"
        )
        return
    yield f"name it as the role of jobs, models or pipelines; a role that starts them needs --pass-role {arn}"


def _opens_studio(role: ComposedRole) -> bool:
    allows = (statement for statement in role.statements if statement.effect is Effect.ALLOW)
    return any(_STUDIO.intersection(statement.actions) for statement in allows)
