"""RM6: what a statement gives away: wildcards, everything but, everyone, passing of roles, secrets."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from rolemgr.check.document import GRANTING, Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import (
    is_administrator,
    is_every_action,
    is_unlimited,
    open_resource,
    says_not_on_what,
)
from rolemgr.check.patterns import actions_of, is_every_one
from rolemgr.check.rule import IAM, PERMISSIONS, SAGEMAKER, WITH_PRINCIPAL, Hit, group_rule, listed, statement_rule
from rolemgr.check.rules.all_data import reaches_all_data, stops_the_record  # noqa: F401 - RM612, RM613
from rolemgr.check.rules.passing import PASS_ROLE, is_any_role
from rolemgr.check.rules.strangers import lets_strangers, names_no_caller, narrows
from rolemgr.iam.breadth import together, widened
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import contains, has_wildcard
from rolemgr.reference.dependents import Dependent, dependents
from rolemgr.reference.services import action_names, find_action

_PASS_ROLE = IAM + "id_roles_use_passrole.html"
_PRACTICES = IAM + "best-practices.html"


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
    if "Condition" in statement.opaque or any(names_no_caller(statement)):
        return
    is_public = lets_strangers(statement.policy).get(statement.path)
    if is_public or (is_public is None and not any(narrows(statement))):
        yield Hit("the principal is `*`, and no condition narrows it", statement.at("Principal"))


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
    if not statement.speaks_of(PASS_ROLE) or "Resource" in statement.opaque:
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


def _names_service(condition: ReadCondition) -> bool:
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
            self._known[action] = any(one.speaks_of(action) or "Action" in one.opaque for one in self._statements)
        return self._known[action]


def _missing(statement: Statement, there: _Allowed) -> dict[str, list[str]]:
    """Return what *statement* lacks: the further action, and the actions that take it."""
    tagged = any(one.true_where_absent is False for one in statement.conditions_on("aws:requesttag/"))
    found: dict[str, list[str]] = {}
    for pattern in statement.actions:
        for needed in _dependents(pattern):
            wanted = needed.when == "always" or (needed.when == "tags" and tagged)
            if wanted and needed.action not in there:
                named = found.setdefault(needed.action, [])
                named += [pattern] if pattern not in named else []
    return found


def _dependents(pattern: str) -> tuple[Dependent, ...]:
    """Return the further actions that an action takes, named by *pattern*; only SageMaker's are known."""
    if has_wildcard(pattern) or not pattern.lower().startswith("sagemaker:"):
        return ()
    action = find_action(pattern)
    return dependents(action.name) if action else ()


@cache
def _table() -> Any:
    return json.loads((Path(__file__).parent.parent / "sensitive.json").read_bytes())


@cache
def _secrets() -> Mapping[str, str]:
    return {entry["action"]: entry["what"] for entry in _table()["secrets"]}


@cache
def _services() -> Mapping[str, str]:
    return {entry["service"]: entry["holds"] for entry in _table()["services"]}


@statement_rule(
    "RM610", "reads-every-secret", Severity.SECURITY_WARNING, "secrets, parameters or keys are not named",
    "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def reads_every_secret(statement: Statement) -> Iterator[Hit]:
    """
    Reading secrets or parameters, or decrypting, on `*` or on every name of an account: passwords of others,
    and with KMS whatever the data's own policies leave to the key.

    Name them by their ARN or a prefix. For keys of a service `kms:ViaService`, for a project's a tag
    (aws:ResourceTag) will do: a condition that says on what is enough.
    """
    if is_administrator(statement) or not says_not_on_what(statement):
        return
    found: dict[tuple[str, str], list[str]] = {}
    for name, what in _secrets().items():
        if statement.named(name) and (where := open_resource(statement, name)):
            found.setdefault((what, where), []).append(name)
    for (what, where), names in found.items():
        reads = "reads" if len(names) == 1 else "read"
        yield Hit(f"{listed(names)} on `{where}` {reads} {what}", statement.at("Resource", where), names[0])


@statement_rule(
    "RM611", "all-of-a-sensitive-service", Severity.SUGGESTION, "every action of a service that keeps secrets or data",
    IAM + "best-practices.html#grant-least-privilege", kinds=PERMISSIONS, effect="Allow",
)  # fmt: skip
def all_of_a_sensitive_service(statement: Statement) -> Iterator[Hit]:
    """
    `s3:*`, `kms:*`, `secretsmanager:*` and the like on everything also allow deleting, and writing the
    policies that say who else gets in.

    List the actions, or name the resources: `s3:*` on one's own bucket is not reported.
    """
    if not says_not_on_what(statement):
        return
    for action in statement.actions:
        service = action.partition(":")[0].lower()
        if (holds := _services().get(service)) and _is_all(action, service) and _any_open(statement, action):
            yield Hit(f"`{action}` is every action of what holds {holds}", statement.at("Action", action), action)


def _any_open(statement: Statement, pattern: str) -> bool:
    """Tell whether some resource of *statement* is every one of some type of the service."""
    return any(
        is_every_one(resource, action) for resource in statement.wide_resources for action in actions_of(pattern)
    )


@lru_cache(maxsize=4_096)
def _is_all(pattern: str, service: str) -> bool:
    return has_wildcard(pattern) and len(actions_of(pattern)) == len(action_names(service))
