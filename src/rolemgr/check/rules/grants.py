"""RM6: what a statement gives away: wildcards, everything but, everyone, passing of roles."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import ValidationError

from rolemgr.check.document import GRANTING, Condition, Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import (
    is_administrator,
    is_any_name,
    is_every_action,
    is_everything,
    is_unlimited,
)
from rolemgr.check.patterns import fits
from rolemgr.check.patterns import is_open as is_every_one
from rolemgr.check.placeholders import with_placeholders
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, WITH_PRINCIPAL, Hit, group_rule, listed, statement_rule
from rolemgr.compare.public import fixes_who, open_to_strangers
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies
from rolemgr.files.source import DataPath
from rolemgr.iam.breadth import is_open, together, widened
from rolemgr.iam.documents import PolicyType, ResourcePolicy, TrustPolicy
from rolemgr.iam.wildcards import contains, has_wildcard, matches_action
from rolemgr.reference.dependents import Dependent, dependents
from rolemgr.reference.services import find_action

_PASS_ROLE = IAM + "id_roles_use_passrole.html"
_PRACTICES = IAM + "best-practices.html"
PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action, no password


def allows(statement: Statement, action: str) -> bool:
    """Tell whether *statement* speaks of *action*, by Action or NotAction."""
    if statement.not_actions:
        return not any(matches_action(pattern, action) for pattern in statement.not_actions)
    return statement.named(action) is not None


@statement_rule(
    "RM601", "everything-allowed", Severity.SECURITY_WARNING, "every action on every resource is allowed",
    _PRACTICES + "#grant-least-privilege", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def everything_allowed(statement: Statement) -> Iterator[Hit]:
    """
    The Action is `*` on the Resource `*`, and no condition limits that: an administrator.

    So are `*:*`, `arn:aws:*`, a NotAction or NotResource that leaves the giving of rights in, and conditions
    that hold for everyone: aws:SecureTransport, a date that has passed, a tag that somebody must *not* have.
    """
    if not is_administrator(statement):
        return
    what = next(filter(is_every_action, statement.wide_actions), None)
    element = "Action" if what else "NotAction"
    text = "every action" if what else f"every action but {listed(statement.not_actions)}"
    where = f" but {listed(statement.not_resources, 2)}" if statement.not_resources else ""
    no_limit = ", and its conditions limit nothing" if statement.conditions else ""
    yield Hit(f"{text} on every resource{where}{no_limit}", statement.at(element, what), "*")


@statement_rule(
    "RM602", "not-action-in-allow", Severity.SECURITY_WARNING, "an Allow lists what it does not allow",
    IAM + "reference_policies_elements_notaction.html", kinds=GRANTING, effect="Allow",
)  # fmt: skip
def not_action_in_allow(statement: Statement) -> Iterator[Hit]:
    """
    NotAction with Allow gives every action but the listed ones, of all services, and of those yet to come.

    List the actions that are needed; take away by a Deny.
    """
    if statement.not_actions:
        yield Hit(f"everything but {listed(statement.not_actions)} is allowed", statement.at("NotAction"))


@statement_rule(
    "RM603", "not-resource-in-allow", Severity.SECURITY_WARNING, "an Allow lists the resources that it leaves out",
    IAM + "reference_policies_elements_notresource.html", kinds=GRANTING, effect="Allow",
)  # fmt: skip
def not_resource_in_allow(statement: Statement) -> Iterator[Hit]:
    """NotResource with Allow and no condition that limits gives every resource but the listed ones, of all types."""
    if statement.not_resources and is_unlimited(statement):
        yield Hit(f"everything but {listed(statement.not_resources, 2)} is allowed", statement.at("NotResource"))


@statement_rule(
    "RM604", "growing-wildcard", Severity.SUGGESTION, "an action wildcard grows with the service",
    _PRACTICES + "#grant-least-privilege", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def growing_wildcard(statement: Statement) -> Iterator[Hit]:
    """
    `sagemaker:*` or `s3:Put*` also allows what AWS adds under that name, the day it does.

    List the actions. Describe*, List* and Get* are reported too: some of them read data.
    """
    if is_administrator(statement):
        return  # RM601 says so
    growing = [action for action in statement.actions if has_wildcard(action)]
    if growing:
        yield Hit(f"{listed(growing)} grows with the service", statement.at("Action", growing[0]), growing[0])


@statement_rule(
    "RM605", "public-principal", Severity.SECURITY_WARNING, "everyone is allowed",
    IAM + "reference_policies_elements_principal.html", kinds=WITH_PRINCIPAL, effect="Allow",
)  # fmt: skip
def public_principal(statement: Statement) -> Iterator[Hit]:
    """
    The principal is `*`, and no condition says whose: any AWS account, and without sigv4 anyone at all.

    What narrows is a fixed value: not a tag, not `role/Admin` of any account, not a network as wide as a /7.
    Name principals, or narrow by aws:PrincipalOrgID, aws:PrincipalAccount, aws:PrincipalArn, the source
    account or ARN, a VPC endpoint or an address range. A Deny of the same policy that holds for all strangers
    closes it too: it is asked as `no_public_access` asks. A VPC endpoint policy may well be open; it is not
    told from others here. Of templates and Terraform, permissions to invoke a function, ACLs, function URLs
    without authorization and shared images are judged as the statements that they amount to.
    """
    if not any(one.value == "*" and one.kind in ("*", "AWS", "Federated") for one in statement.principals):
        return
    if "Condition" in statement.opaque or any(_names_no_caller(statement)):
        return
    is_public = _lets_strangers(statement.policy).get(statement.path)
    if is_public or (is_public is None and not any(_narrows(statement))):
        yield Hit("the principal is `*`, and no condition narrows it", statement.at("Principal"))


_JUDGED: Mapping[PolicyType, type[TrustPolicy | ResourcePolicy]] = {
    PolicyType.TRUST: TrustPolicy, PolicyType.RESOURCE: ResourcePolicy
}  # fmt: skip


_MOST_STATEMENTS = 60
_MOST_STEPS = 400_000
"""What a rule may cost: a larger policy than a bucket's 20 KB is judged by each statement alone."""


@lru_cache(maxsize=256)
def _lets_strangers(document: Document) -> Mapping[DataPath, bool]:
    """Return for each Allow of *document* whether strangers may what it says; what can't be told is left out."""
    model = _JUDGED.get(document.kind)
    if model is None or len(document.statements) > _MOST_STATEMENTS:
        return {}
    try:
        raw = with_placeholders(document.raw) if document.template else document.raw
        asked = Policies(resource=model.model_validate(raw))
        found = open_to_strangers(asked, steps=_MOST_STEPS)
    except (ValidationError, PolicyError, LayerError):
        return {}  # IAM refuses it, or a template fills it in
    shown = {one.statement.statement for one in found.differences if not one.doubts}
    unsure = {one.statement.statement for one in found.differences if one.doubts}
    unsure |= {one.statement.statement if one.statement else -1 for one in found.unknowns}
    told = ((index, one) for index, one in enumerate(document.statements) if one.effect == "Allow")
    return {one.path: index in shown for index, one in told if index in shown or not unsure & {index, -1}}


_NAMES_NO_CALLER = ("kms:viaservice", "ec2:sourceinstancearn")
"""Keys that S3's page does not know, of services whose own pages narrow by them."""


def _names_no_caller(statement: Statement) -> Iterator[bool]:
    """Yield True for each condition by which a service's own page narrows, or whose values a template fills in."""
    for condition in statement.conditions:
        wanted = condition.operator is not None and condition.true_where_absent is False
        if wanted and (condition.opaque or condition.folded in _NAMES_NO_CALLER):
            yield not any(map(is_open, condition.values))


def _narrows(statement: Statement) -> Iterator[bool]:
    """Yield True for each condition that says by a fixed value whose requests are meant."""
    for condition in statement.conditions:
        if condition.operator is None or condition.true_where_absent is not False:
            continue
        if fixes_who(condition.operator, condition.key, condition.values):
            yield True


@statement_rule(
    "RM606", "not-principal", Severity.SECURITY_WARNING, "principals are given by exception",
    IAM + "reference_policies_elements_notprincipal.html", kinds=WITH_PRINCIPAL,
)  # fmt: skip
def not_principal(statement: Statement) -> Iterator[Hit]:
    """
    NotPrincipal with Allow gives to everyone else, anonymous callers included.

    With Deny it must list account, role and session alike, and locks out roles that have a permissions
    boundary: AWS advises aws:PrincipalArn with ArnNotLike instead.
    """
    if "NotPrincipal" in statement.raw:
        advice = "allows everyone else" if statement.effect == "Allow" else "use ArnNotLike aws:PrincipalArn"
        yield Hit(f"NotPrincipal with {statement.effect}: {advice}", statement.at("NotPrincipal"))


def is_any_role(resource: str) -> bool:
    """Tell whether *resource* stands for roles, and leaves their names open."""
    passing = find_action(PASS_ROLE)
    if passing is not None and is_every_one(resource, passing):
        return True  # `role*` and `r*` too
    return is_any_name(resource) and (is_everything(resource) or (passing is not None and fits(resource, passing)))


@statement_rule(
    "RM607", "pass-any-role", Severity.SECURITY_WARNING, "any role can be passed",
    _PASS_ROLE, kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def pass_any_role(statement: Statement) -> Iterator[Hit]:
    """
    iam:PassRole on `*` or `role/*`: a caller that may also start something that runs as a role, runs as any role
    that trusts that service.

    Name the roles, or their path. iam:PassedToService narrows the service, not the role.
    """
    if not allows(statement, PASS_ROLE) or "Resource" in statement.opaque:
        return
    if is_administrator(statement):
        return  # RM601 says so
    if open_ones := [resource for resource in statement.wide_resources if is_any_role(resource)]:
        message = f"{PASS_ROLE} on `{open_ones[0]}`: name the roles, or their path"
        yield Hit(message, statement.at("Resource", open_ones[0]), PASS_ROLE)
    elif statement.not_resources:
        message = f"{PASS_ROLE} on all but some resources: name the roles, or their path"
        yield Hit(message, statement.at("NotResource"), PASS_ROLE)


@statement_rule(
    "RM608", "pass-to-any-service", Severity.WARNING, "a role can be passed to any service",
    _PASS_ROLE, kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def pass_to_any_service(statement: Statement) -> Iterator[Hit]:
    """
    iam:PassRole without iam:PassedToService (or iam:AssociatedResourceArn): the role's trust policy alone
    decides which services may get it.

    Add `StringEquals: {iam:PassedToService: sagemaker.amazonaws.com}`.
    """
    pattern = statement.named(PASS_ROLE)
    if not pattern or "Condition" in statement.opaque or is_administrator(statement):
        return
    if not any(map(_names_service, statement.conditions_on("iam:passedtoservice", "iam:associatedresourcearn"))):
        yield Hit(f"{PASS_ROLE} without iam:PassedToService", statement.at("Action", pattern), PASS_ROLE)


def _names_service(condition: Condition) -> bool:
    """Tell whether a condition on iam:PassedToService names services, and not those that are left out, or any."""
    operator = condition.operator
    if operator is None or condition.opaque:
        return True  # IAM refuses the one, and a template fills in the other
    if operator.base == "Null" or operator.negated:
        return False
    return not any(
        contains(widened(value), "*.amazonaws.com") for value in (*condition.values, *together(condition.values))
    )


@group_rule(
    "RM609", "missing-dependent-action", Severity.WARNING, "an action is allowed without one that it takes too",
    SAGEMAKER + "security_iam_id-based-policy-examples.html",
)  # fmt: skip
def missing_dependent_action(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    CreateTrainingJob passes a role, and so takes iam:PassRole; a create call with tags takes AddTags.

    Reported where no policy of the role (or this policy, where it stands alone) allows the other one. For
    tags: only where the Allow demands aws:RequestTag, so that the call can't do without.
    Where a policy is attached whose text is not known, nobody can tell: it is said that it is not judged.
    """
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    if any(one.missing for one in granting):
        return
    there = _Allowed([statement for one in granting for statement in one.allows])
    for document in granting:
        for statement in document.allows:
            for needed, actions in _missing(statement, there).items():
                takes = "takes" if len(actions) == 1 else "take"
                message = f"{listed(actions)} {takes} {needed} too, which is not allowed here"
                yield document, Hit(message, statement.at("Action", actions[0]), actions[0], sid=statement.sid)


class _Allowed:
    """What some statements allow, or may allow where their actions are not all known; asked once for each action."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = statements
        self._known: dict[str, bool] = {}

    def __contains__(self, action: str) -> bool:
        if action not in self._known:
            self._known[action] = any(allows(one, action) or "Action" in one.opaque for one in self._statements)
        return self._known[action]


def _missing(statement: Statement, there: _Allowed) -> dict[str, list[str]]:
    """Return what *statement* lacks: the further action, and the actions that take it."""
    tagged = any(one.true_where_absent is False for one in statement.conditions_on("aws:requesttag/"))
    found: dict[str, list[str]] = {}
    for written in statement.actions:
        for needed in _dependents(written):
            wanted = needed.when == "always" or (needed.when == "tags" and tagged)
            if wanted and needed.action not in there:
                named = found.setdefault(needed.action, [])
                named += [written] if written not in named else []
    return found


def _dependents(written: str) -> tuple[Dependent, ...]:
    """Return the further actions that an action takes, as it is *written*; only SageMaker's are known."""
    if has_wildcard(written) or not written.lower().startswith("sagemaker:"):
        return ()
    action = find_action(written)
    return dependents(action.name) if action else ()
