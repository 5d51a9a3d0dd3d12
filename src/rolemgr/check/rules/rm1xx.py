"""RM1: the grammar of policies."""

import re
from collections.abc import Iterator

from rolemgr.check.document import Document, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.left_over import left_over, other_tools_variable
from rolemgr.check.patterns import only_stars
from rolemgr.check.rule import (
    IAM,
    IDENTITY_LIKE,
    ORGANIZATIONS,
    WITH_PRINCIPAL,
    Hit,
    Rule,
    document_rule,
    listed,
    statement_rule,
    texts_with_variables,
    value_at,
)  # fmt: skip
from rolemgr.check.rules.denied_again import meaning
from rolemgr.files.source import DataPath
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.values import value_problem
from rolemgr.iam.variables import as_pattern, key_variables_in, opens_variable, variables_in
from rolemgr.reference.services import action_names

GRAMMAR = IAM + "reference_policies_grammar.html"
NOT_READABLE = Rule(
    "RM100", "not-readable", Severity.ERROR, "the file is neither JSON nor YAML",
    GRAMMAR,
    "The file can't be parsed (or has a duplicate key, of which AWS keeps one and you don't know which), so\n"
    "that nothing in it was checked.",
)  # fmt: skip
MALFORMED_POLICY = Rule(
    "RM101", "malformed-policy", Severity.ERROR, "the policy breaks IAM's grammar",
    GRAMMAR,
    "An element is missing, unknown, of the wrong type, or given with the one that excludes it. AWS refuses\n"
    "such a policy; an element that is only misspelt may be lost without a word.",
)  # fmt: skip
MALFORMED_SID = Rule(
    "RM102", "malformed-sid", Severity.ERROR, "a Sid has characters that IAM refuses",
    IAM + "reference_policies_elements_sid.html",
    "In policies of IAM a Sid is made of the letters A-Z and a-z and the digits 0-9. Some services allow more\n"
    "in their resource policies; those are not looked at.",
)  # fmt: skip


@document_rule(
    "RM103", "repeated-sid", Severity.ERROR, "two statements have the same Sid",
    IAM + "reference_policies_elements_sid.html",
    kinds=frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.TRUST, PolicyType.SCP, PolicyType.RCP}),
)  # fmt: skip
def repeated_sid(document: Document) -> Iterator[Hit]:
    """
    IAM wants the Sids of one policy to be unique.

    Some services let resource policies repeat them, so those are not looked at.
    """
    seen: dict[str, int] = {}
    for number, statement in enumerate(document.statements, 1):
        if statement.sid and statement.sid in seen and "Fn::If" not in statement.path:
            message = f"the Sid `{statement.sid}` is taken by statement {seen[statement.sid]}"
            yield Hit(message, (*statement.path, "Sid"), sid=statement.sid)
        seen.setdefault(statement.sid or "", number)


_ACTION = re.compile(r"[A-Za-z0-9*?-]+:[A-Za-z0-9*?_.-]+|\*+")


@statement_rule(
    "RM104", "malformed-action", Severity.ERROR, "an action is not of the form service:name",
    IAM + "reference_policies_elements_action.html",
)  # fmt: skip
def malformed_action(statement: Statement) -> Iterator[Hit]:
    """
    An action is a service prefix, a colon and a name, in which `*` and `?` are wildcards; or `*` alone.

    A blank at an end, a missing prefix or an ARN in its place is refused.
    """
    for element, action in statement.written_actions:
        if not _ACTION.fullmatch(action):
            yield Hit(f"`{action}` is not an action: write service:name", statement.at(element, action), action)


@statement_rule(
    "RM105", "malformed-resource", Severity.ERROR, "a resource is neither `*` nor an ARN",
    IAM + "reference_policies_elements_resource.html",
    kinds=IDENTITY_LIKE | {PolicyType.RESOURCE, PolicyType.RCP},
)  # fmt: skip
def malformed_resource(statement: Statement) -> Iterator[Hit]:
    """
    A resource is `*` or an ARN: arn:partition:service:region:account:resource, with wildcards.

    Looked at are the six parts, the partition, an account that is a number but not of twelve digits, and blanks. In the
    policy of an API, `execute-api:/stage/GET/path` is short for its ARN, which API Gateway writes out.
    """
    is_of_resource = statement.policy.kind is PolicyType.RESOURCE
    for element, resource in statement.written_resources:
        if is_of_resource and resource.startswith(_SHORT):
            continue
        if problem := _resource_problem(resource):
            yield Hit(f"`{resource}` {problem}", statement.at(element, resource))


_SHORT = "execute-api:/"
"""Expanded when it is saved.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-policy-language-overview.html
"""


_PARTITIONS = re.compile(r"aws(?:-[a-z-]+)?|.*[*?$].*")


def _resource_problem(resource: str) -> str | None:
    """Return what is wrong with *resource*, or None; a wildcard may stand for whole parts."""
    if only_stars(resource) or as_pattern(resource).startswith(("$", "*", "?")):
        return None
    if not resource.startswith("arn:"):
        return "is neither `*` nor an ARN"
    arn = Arn.parse(as_pattern(resource))
    if arn is None:
        return None if resource.endswith("*") else "is not an ARN: it has fewer than six parts"
    if not _PARTITIONS.fullmatch(arn.partition):
        return f"names the partition `{arn.partition}`, which AWS does not have"
    if arn.account.isdigit() and len(arn.account) != 12:
        return f"names the account `{arn.account}`: an account id has 12 digits"
    head = ":".join((arn.partition, arn.service, arn.region, arn.account))
    if any(map(str.isspace, head)) or resource.strip() != resource or _blank_in_name(arn):
        return "has a blank where no ARN has one"
    return None


def _blank_in_name(arn: Arn) -> bool:
    """Tell whether the name of the resource has a blank, and names of its service never do."""
    name = arn.resource.partition("/")[0] if arn.service == "s3" else arn.resource
    return arn.service in _WITHOUT_BLANKS and left_over(str(arn)) is None and any(map(str.isspace, name))


_WITHOUT_BLANKS = frozenset({"iam", "sts", "sagemaker", "s3", "kms", "ecr", "secretsmanager", "lambda"})
"""
Services whose names have no blank: of S3 the names of buckets.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""


@statement_rule(
    "RM106", "malformed-principal", Severity.ERROR, "a principal is of no form that IAM takes",
    IAM + "reference_policies_elements_principal.html",
    kinds=WITH_PRINCIPAL,
)  # fmt: skip
def malformed_principal(statement: Statement) -> Iterator[Hit]:
    """
    A wildcard can't stand for a part of a principal's name or ARN, only for all of it.

    `arn:aws:iam::111122223333:role/team-*` is refused; compare aws:PrincipalArn in a condition instead.
    """
    for element, principals in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        for kind, value in principals:
            if problem := _principal_problem(kind, value):
                yield Hit(f"the principal `{value}` {problem}", statement.at(element))


def _principal_problem(kind: str, value: str) -> str | None:
    if value == "*" or opens_variable(value):
        return "is `*` under Service, which is not a service" if kind == "Service" else None
    if "*" in value or "?" in value:
        return "has a wildcard in it: compare aws:PrincipalArn in a condition"
    if kind == "Service" and "." not in value:
        return "is not a service principal, such as sagemaker.amazonaws.com"
    if kind == "AWS" and not (value.startswith("arn:") or re.fullmatch(r"[0-9]{12}|[A-Z0-9]{16,}", value)):
        return "is neither an ARN nor an account id"
    return None


@statement_rule(
    "RM107", "malformed-value", Severity.ERROR, "a condition's value can't be read by its operator",
    IAM + "reference_policies_elements_condition_operators.html",
    with_condition=True,
)  # fmt: skip
def malformed_value(statement: Statement) -> Iterator[Hit]:
    """
    Bool and Null take true or false, Numeric operators a number, Date operators an ISO 8601 date or seconds since
    1970, IpAddress an address or a range, Arn operators six parts, BinaryEquals base64; and only String and Arn
    operators take policy variables.

    A value that its operator can't read matches nothing: the Allow is dead, the Deny never denies.
    """
    for condition in statement.conditions:
        for value in condition.values:
            if condition.operator and (problem := _value_problem(condition.operator.base, value)):
                yield Hit(problem, value_at(statement, condition, value), key=condition.key)
        if not condition.values and not condition.opaque:
            yield Hit(f"{condition.operator_text} {condition.key} has no value", condition.path, key=condition.key)


def _value_problem(base: str, value: str) -> str | None:
    """Return why the operator *base* can't read *value*, or None; what other tools fill in is not known."""
    if not opens_variable(value):
        return value_problem(base, value)
    if base.startswith(_WITH_VARIABLES) or not any(key_variables_in(value)):
        return None
    return f"`{value}` under {base}: IAM takes policy variables with String and Arn operators alone"


_WITH_VARIABLES = ("String", "Arn")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-conditionelement"""


@statement_rule(
    "RM108", "malformed-variable", Severity.ERROR, "a `${` starts no policy variable",
    IAM + "reference_policies_variables.html",
)  # fmt: skip
def malformed_variable(statement: Statement) -> Iterator[Hit]:
    """
    A policy variable is `${key}` or `${key, 'default'}`; `${*}`, `${?}` and `${$}` are the characters themselves.

    What remains unclosed, or holds braces, is refused.
    """
    if statement.policy.version != "2012-10-17":
        return
    for path, text in texts_with_variables(statement):
        if opens_variable(text) and (problem := _variable_problem(text)):
            yield Hit(problem, path)


def _variable_problem(text: str) -> str | None:
    try:
        list(variables_in(text))
    except ValueError as error:
        return str(error)
    return None


@document_rule(
    "RM109", "variables-without-version", Severity.WARNING, "policy variables need Version 2012-10-17",
    IAM + "reference_policies_variables.html",
)  # fmt: skip
def variables_without_version(document: Document) -> Iterator[Hit]:
    """
    Without `"Version": "2012-10-17"` a policy is of 2008-10-17, which knows no variables.

    `${aws:PrincipalTag/Project}` is then those characters and matches nothing that you meant.
    """
    if document.version == "2012-10-17" or (isinstance(document.raw, dict) and _unknown_version(document)):
        return
    for statement in document.statements:
        if found := [text for _, text in texts_with_variables(statement) if any(key_variables_in(text))]:
            yield Hit(f"{listed(found, 1)} is taken literally", statement.path, sid=statement.sid)


def _unknown_version(document: Document) -> bool:
    return document.version is None and "Version" in document.raw


@document_rule(
    "RM110", "version-missing", Severity.SUGGESTION, "the policy has no Version, or the old one",
    IAM + "reference_policies_elements_version.html",
)  # fmt: skip
def version_missing(document: Document) -> Iterator[Hit]:
    """
    A policy without a Version is of 2008-10-17, which lacks policy variables and whatever else came later.

    Write `"Version": "2012-10-17"`.
    """
    if document.statements and document.version != "2012-10-17" and not _unknown_version(document):
        yield Hit("the Version is not 2012-10-17", ("Version",))


@document_rule(
    "RM111", "resource-control-policy", Severity.ERROR, "the statement is not one that an RCP can have",
    ORGANIZATIONS + "orgs_manage_policies_rcps_syntax.html",
    kinds=frozenset({PolicyType.RCP}),
)  # fmt: skip
def resource_control_policy(document: Document) -> Iterator[Hit]:
    """
    A resource control policy only denies, its Principal is `*`, and it has neither NotAction nor NotPrincipal.

    Allow is for AWS's own RCPFullAWSAccess alone. Principals are told apart in conditions.
    """
    for statement in document.statements:
        if statement.effect == "Allow":
            yield Hit("an RCP of yours can't Allow", (*statement.path, "Effect"), sid=statement.sid)
        if any(principal.value != "*" for principal in statement.principals):
            yield Hit("the Principal of an RCP is `*`", (*statement.path, "Principal"), sid=statement.sid)
        for element in ("NotAction", "NotPrincipal"):
            if element in statement.raw:
                yield Hit(f"an RCP has no {element}", (*statement.path, element), sid=statement.sid)


@statement_rule(
    "RM112", "resource-control-reach", Severity.WARNING, "RCPs do not reach this service",
    ORGANIZATIONS + "orgs_manage_policies_rcps.html",
    kinds=frozenset({PolicyType.RCP}),
)  # fmt: skip
def resource_control_reach(statement: Statement) -> Iterator[Hit]:
    """
    RCPs reach the resources of some services only; for the others, SageMaker among them, they deny nothing.

    Use an SCP for your own principals, and the resource's own policy for others.
    """
    from rolemgr.reference.organizations import rcp_services

    for action in statement.actions:
        service = action.partition(":")[0].lower()
        if action_names(service) and service not in rcp_services():
            yield Hit(f"RCPs do not reach `{service}`", statement.at("Action", action), action)


_CHECKS = IAM + "access-analyzer-reference-policy-checks.html"


@document_rule(
    "RM113", "statement-twice", Severity.SUGGESTION, "a statement says what another one says",
    _CHECKS + "#access-analyzer-reference-policy-checks-suggestion-redundant-statement",
)  # fmt: skip
def statement_twice(document: Document) -> Iterator[Hit]:
    """
    Two statements have the same effect, principals, actions, resources and conditions, in whatever order: one
    is enough.

    A copy that was to be changed and was not looks like this too. The Sid does not count.
    """
    seen: dict[object, tuple[int, Statement]] = {}
    for number, statement in enumerate(document.statements, 1):
        if statement.opaque or not statement.effect or "Fn::If" in statement.path:
            continue
        at, first = seen.setdefault(meaning(statement), (number, statement))
        if first is not statement:
            called = f"`{first.sid}`" if first.sid else f"number {at}"
            yield Hit(f"says what statement {called} says", statement.path, sid=statement.sid)


@statement_rule(
    "RM114", "braces-left-in-arn", Severity.WARNING, "the policy has text that something was to fill in",
    IAM + "reference_policies_elements_resource.html",
)  # fmt: skip
def braces_left_in_arn(statement: Statement) -> Iterator[Hit]:
    """
    `model-package/{group}/*` is a name with braces in it: a program that was to fill them has not, and the
    statement is about nothing. So are `{{ group }}`, `{% ... %}`, `<group>`, `%s`, `$GROUP`, `REPLACE_ME`, an account
    called `ACCOUNT_ID`, and `${Group}` or `${var.group}`, which name no condition key, in a policy by itself: what
    templates of CloudFormation and Terraform fill in is left to them. Principals and values of conditions count too.

    Render the policy with the value, and look at what comes out. A file that is itself a template says so by its
    name: `policy.json.j2`, `policy.json.tftpl`.
    """
    for path, text in _fillable(statement) if not statement.opaque else ():
        left = left_over(text) or (other_tools_variable(text) if not statement.policy.template else None)
        if left:
            yield Hit(f"`{left}` was to be filled in" + (f" `{text}`" if text != left else ""), path)


def _fillable(statement: Statement) -> Iterator[tuple[DataPath, str]]:
    """Yield each text of *statement* in which a template may leave something, after the path where it stands."""
    yield from texts_with_variables(statement)
    for element, principals in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):
        yield from ((statement.at(element), one.value) for one in principals)
