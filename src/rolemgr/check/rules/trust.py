"""RM8: who may use a role or a resource: confused deputies in both directions, identity providers."""

from collections.abc import Iterator

from rolemgr.check.document import Document, Principal, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import IAM, SAGEMAKER, Hit, listed, statement_rule
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import matches_action

_DEPUTY = IAM + "confused-deputy.html"
_TRUST = frozenset({PolicyType.TRUST})
_SOURCE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")

_SEND_SOURCE = {
    "bedrock": "https://docs.aws.amazon.com/bedrock/latest/userguide/cross-service-confused-deputy-prevention.html",
    "fis": "https://docs.aws.amazon.com/fis/latest/userguide/cross-service-confused-deputy-prevention.html",
    "personalize": "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html",
    "sagemaker": SAGEMAKER + "security-confused-deputy-prevention.html",
}
"""Services that send aws:SourceArn or aws:SourceAccount when they assume a role, each with its page."""


@statement_rule(
    "RM801", "confused-deputy", Severity.SECURITY_WARNING, "a service may act here for anyone",
    _DEPUTY, kinds=frozenset({PolicyType.TRUST, PolicyType.RESOURCE}), effect="Allow",
)  # fmt: skip
def confused_deputy(statement: Statement) -> Iterator[Hit]:
    """
    A service principal without aws:SourceArn, aws:SourceAccount or aws:SourceOrgID: someone else's account
    can make the service do it.

    In a trust policy it is reported for services that are documented to send those keys when they assume a
    role (SageMaker among them); in a resource policy for all.
    """
    if "Condition" in statement.opaque or _names_source(statement):
        return
    services = [one.value for one in statement.principals if one.kind == "Service" and _sends(statement.policy, one)]
    if services:
        message = f"{listed(services)} without aws:SourceArn or aws:SourceAccount"
        yield Hit(message, statement.at("Principal"))


def _names_source(statement: Statement) -> bool:
    keys = (
        *_SOURCE_KEYS,
        "aws:sourceowner",
        "kms:viaservice",
        "kms:calleraccount",
        "s3:x-amz-acl",
        "kms:encryptioncontext:",
    )
    found = (
        one for one in statement.conditions if one.folded in keys or one.folded.startswith("kms:encryptioncontext:")
    )
    return any(one.true_where_absent is not True for one in found)


def _sends(document: Document, principal: Principal) -> bool:
    name = principal.value.partition(".")[0]
    return document.kind is PolicyType.RESOURCE or name in _SEND_SOURCE


@statement_rule(
    "RM802", "source-condition-on-role", Severity.ERROR, "a source condition on principals that never send it",
    IAM + "reference_policies_condition-keys.html#condition-keys-sourceaccount",
    kinds=frozenset({PolicyType.TRUST, PolicyType.RESOURCE}), effect="Allow", with_condition=True,
)  # fmt: skip
def source_condition_on_role(statement: Statement) -> Iterator[Hit]:
    """
    aws:SourceArn, aws:SourceAccount and aws:SourceOrgID are in a request only where an AWS service principal
    makes it. A role, user, account or federated identity never has them, so the Allow never matches.

    A popular wrong recipe for cross-account roles and bucket policies. A training job reads its bucket as
    its execution role. Use aws:PrincipalOrgID or aws:PrincipalArn; for third parties sts:ExternalId.
    """
    kinds = {principal.kind for principal in statement.principals}
    if not kinds or not kinds <= {"AWS", "Federated"} or any(one.value == "*" for one in statement.principals):
        return
    for condition in statement.conditions_on(*_SOURCE_KEYS):
        if condition.true_where_absent is False:
            message = f"`{condition.key}` is never sent by {listed([one.value for one in statement.principals], 1)}"
            yield Hit(f"{message}: the Allow never matches", condition.path, key=condition.key)


_BY_KIND = {
    "Federated": ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
    "AWS": ("sts:AssumeRole",),
    "Service": ("sts:AssumeRole",),
}
_ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


@statement_rule(
    "RM803", "action-not-for-principal", Severity.ERROR, "the principal can't use the action that is allowed",
    IAM + "reference_policies_elements_principal.html", kinds=_TRUST, effect="Allow",
)  # fmt: skip
def action_not_for_principal(statement: Statement) -> Iterator[Hit]:
    """
    A SAML provider's users come by sts:AssumeRoleWithSAML, an OIDC provider's by sts:AssumeRoleWithWebIdentity,
    and everyone else by sts:AssumeRole.

    The statement allows none of the ones that its principal can use.
    """
    if "Action" in statement.opaque or not statement.actions:
        return
    assumed = [action for action in _ASSUME if any(matches_action(pattern, action) for pattern in statement.actions)]
    for kind, value in statement.principals:
        usable = _usable(kind, value)
        if assumed and usable and not set(usable) & set(assumed):
            message = f"`{value}` needs {' or '.join(usable)}, not {', '.join(assumed)}"
            yield Hit(message, statement.at("Action"), assumed[0])


def _usable(kind: str, value: str) -> tuple[str, ...]:
    if kind != "Federated":
        return _BY_KIND.get(kind, ())
    if ":saml-provider/" in value:
        return ("sts:AssumeRoleWithSAML",)
    return ("sts:AssumeRoleWithWebIdentity",) if ":oidc-provider/" in value else _BY_KIND["Federated"]


_SHARED = {
    "token.actions.githubusercontent.com": ("sub", "repository", "repository_id", "job_workflow_ref"),
    "oidc.circleci.com": ("sub",),
    "gitlab.com": ("sub",),
    "app.terraform.io": ("sub",),
    "cognito-identity.amazonaws.com": ("aud",),
}
"""Identity providers that all their customers share, and the claims of which one tells the customers apart."""


@statement_rule(
    "RM804", "open-identity-provider", Severity.SECURITY_WARNING, "anyone at a shared provider may assume the role",
    IAM + "id_roles_providers_create_oidc_secure-by-default.html", kinds=_TRUST, effect="Allow",
)  # fmt: skip
def open_identity_provider(statement: Statement) -> Iterator[Hit]:
    """
    GitHub, GitLab, CircleCI and others issue tokens to all their customers. Without a condition on the
    token's subject, any repository of anyone may assume the role.

    Compare the whole subject, or one that begins with your organization: `repo:acme/churn:environment:prod`.
    """
    if "Condition" in statement.opaque:
        return
    for kind, value in statement.principals:
        provider = value.partition(":oidc-provider/")[2] or value
        host = provider.partition("/")[0]
        if kind == "Federated" and host in _SHARED and not _tells_apart(statement, host):
            claims = " or ".join(f"{provider}:{claim}" for claim in _SHARED[host][:2])
            yield Hit(f"no condition on {claims} narrows `{host}`", statement.at("Principal"))


def _tells_apart(statement: Statement, host: str) -> bool:
    """Tell whether a positive condition on a claim begins with something fixed behind its first word."""
    for condition in statement.conditions:
        claim = condition.folded.rpartition(":")[2]
        if condition.folded.startswith(host) and claim in _SHARED[host] and condition.true_where_absent is False:
            return condition.opaque or all(_is_narrow(value) for value in condition.values)
    return False


def _is_narrow(value: str) -> bool:
    """Tell whether a subject is fixed up to an organization: not ``*``, ``repo:*`` or ``repo:*/name``."""
    owner = value.partition("repo:")[2] or value
    return bool(owner) and owner[0] not in "*?"


@statement_rule(
    "RM805", "saml-without-audience", Severity.WARNING, "a SAML trust without its audience",
    IAM + "id_roles_providers_create_saml.html", kinds=_TRUST, effect="Allow",
)  # fmt: skip
def saml_without_audience(statement: Statement) -> Iterator[Hit]:
    """
    `StringEquals: {SAML:aud: https://signin.aws.amazon.com/saml}` says that the assertion was made for AWS's
    sign-in, and not for another application of the same provider.
    """
    saml = [value for kind, value in statement.principals if kind == "Federated" and ":saml-provider/" in value]
    if saml and "Condition" not in statement.opaque and not list(statement.conditions_on("saml:aud", "saml:recipient")):
        yield Hit(f"`{saml[0]}` without a condition on SAML:aud", statement.at("Principal"))
