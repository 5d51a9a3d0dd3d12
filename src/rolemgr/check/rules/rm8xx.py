"""RM8: who may use a role or a resource: confused deputies in both directions, identity providers."""

from collections.abc import Iterator

from rolemgr.check.document import Document, Principal, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import IAM, SAGEMAKER, Hit, document_rule, listed, statement_rule
from rolemgr.check.tenants import open_providers, tells_apart, wide_value
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import matches_action
from rolemgr.reference.providers import cluster_provider
from rolemgr.reference.service_trust import service_of_principal

_DEPUTY = IAM + "confused-deputy.html"
_TRUST = frozenset({PolicyType.TRUST})
_SOURCE_KEYS = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
_SEND_SOURCE = {
    "fis": "https://docs.aws.amazon.com/fis/latest/userguide/cross-service-confused-deputy-prevention.html",
    "personalize": "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html",
    "sagemaker": SAGEMAKER + "security-confused-deputy-prevention.html",
}
"""
Services that send aws:SourceArn or aws:SourceAccount when they assume a role, each with its page, beside those that
`rolemgr.reference.service_trust` has.
"""


@statement_rule(
    "RM801", "confused-deputy", Severity.SECURITY_WARNING, "a service may act here for anyone",
    _DEPUTY, kinds=frozenset({PolicyType.TRUST, PolicyType.RESOURCE}), effect="Allow",
)  # fmt: skip
def confused_deputy(statement: Statement) -> Iterator[Hit]:
    """
    A service principal without aws:SourceArn, aws:SourceAccount or aws:SourceOrgID: someone else's account
    can make the service do it.

    In a trust policy it is reported for services that are documented to send those keys when they assume a
    role (SageMaker, EventBridge and its Scheduler, Step Functions, CodeBuild, Bedrock, EMR Serverless, DataZone
    among them), and not for Lambda, Glue and others whose pages show none; in a resource policy for all.
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
        "lambda:eventsourcetoken",  # what an Alexa skill sends: its own id
    )
    found = (
        one for one in statement.conditions if one.folded in keys or one.folded.startswith("kms:encryptioncontext:")
    )
    return any(one.true_where_absent is not True for one in found)


def _sends(document: Document, principal: Principal) -> bool:
    if document.kind is PolicyType.RESOURCE or principal.value.partition(".")[0] in _SEND_SOURCE:
        return True
    service = service_of_principal(principal.value)
    return service is not None and bool(service.asks)


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


@statement_rule(
    "RM804", "open-identity-provider", Severity.SECURITY_WARNING, "anyone at a shared provider may assume the role",
    IAM + "id_roles_providers_oidc_secure-by-default.html", kinds=_TRUST, effect="Allow",
)  # fmt: skip
def open_identity_provider(statement: Statement) -> Iterator[Hit]:
    """
    GitHub, GitLab, Terraform Cloud, Cognito, Google and others issue tokens to all their customers under one
    name. Without a condition on what tells the customers apart, anybody's repository, workspace, identity
    pool or application may assume the role.

    Compare the whole subject, or one that names your organization up to its end: `repo:acme/*`, not
    `repo:acme*`, which another organization can be called too. Of an audience or an id nothing may be left
    open.
    """
    for one in open_providers(statement):
        yield Hit(one.reason, one.path)


@statement_rule(
    "RM806", "any-workload-of-the-cluster", Severity.WARNING, "any service account of the cluster may assume the role",
    "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    kinds=_TRUST, effect="Allow",
)  # fmt: skip
def any_workload_of_the_cluster(statement: Statement) -> Iterator[Hit]:
    """
    An EKS cluster's provider issues tokens to every service account there. Without a condition on the subject,
    any workload of the cluster may assume the role.

    Compare `system:serviceaccount:NAMESPACE:NAME`, or at least the namespace up to its colon.
    """
    if "Condition" in statement.opaque:
        return
    for kind, value in statement.principals:
        cluster = cluster_provider(value.partition(":oidc-provider/")[2]) if kind == "Federated" else None
        if cluster and not any(tells_apart(one, cluster) for one in statement.conditions):
            _, where = wide_value(statement, cluster)
            yield Hit(f"no condition on {cluster.condition_keys()[0]} names a namespace", where)


@statement_rule(
    "RM805", "saml-without-audience", Severity.WARNING, "a SAML trust without its audience",
    IAM + "id_roles_providers_create_saml.html", kinds=_TRUST, effect="Allow",
)  # fmt: skip
def saml_without_audience(statement: Statement) -> Iterator[Hit]:
    """
    `StringEquals: {SAML:aud: https://signin.aws.amazon.com/saml}` says that the assertion was made for AWS's
    sign-in, and not for another application of the same provider.
    """
    if not statement.speaks_of("sts:AssumeRoleWithSAML"):
        return  # to set tags or a source identity lets nobody in
    saml = [value for kind, value in statement.principals if kind == "Federated" and ":saml-provider/" in value]
    if saml and "Condition" not in statement.opaque and not list(statement.conditions_on("saml:aud", "saml:recipient")):
        yield Hit(f"`{saml[0]}` without a condition on SAML:aud", statement.at("Principal"))


_RESOURCE = frozenset({PolicyType.RESOURCE})


@statement_rule(
    "RM807", "all-actions-for-account", Severity.WARNING, "a resource gives a whole account every action on it",
    IAM + "access_policies_identity-vs-resource.html", kinds=_RESOURCE, effect="Allow",
)  # fmt: skip
def all_actions_for_account(statement: Statement) -> Iterator[Hit]:
    """
    The policy of a bucket or repository gives a whole account all actions of the service: to read is what was
    meant, and the account may now delete, and change this very policy.

    Name the actions, and the role that uses them. A key policy has `kms:*` for its own account, which is how
    IAM policies come to count there, and is not meant.
    """
    accounts = [one for one in statement.principals if one.kind == "AWS" and _is_account(one.value)]
    for action in statement.actions:
        service, _, name = action.partition(":")
        if accounts and name == "*" and service.lower() != "kms":
            message = f"all of {service} for everybody whom account {_account(accounts[0].value)} lets use it"
            yield Hit(message, statement.at("Action", action), action)


def _is_account(value: str) -> bool:
    return value.endswith(":root") or (value.isdigit() and len(value) == _ACCOUNT_DIGITS)


def _account(value: str) -> str:
    return value if value.isdigit() else value.split(":")[4]


_ACCOUNT_DIGITS = 12


@document_rule(
    "RM808", "image-pull-incomplete", Severity.WARNING, "a repository gives images without their layers",
    SAGEMAKER + "sagemaker-roles.html", kinds=_RESOURCE,
)  # fmt: skip
def image_pull_incomplete(document: Document) -> Iterator[Hit]:
    """
    To pull an image takes ecr:BatchGetImage for its manifest and ecr:GetDownloadUrlForLayer for its layers. A
    repository policy with one of them lets nobody pull.

    Allow both, and ecr:BatchCheckLayerAvailability.
    """
    halves = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    allowed = [any(one.speaks_of(half) for one in document.allows) for half in halves]
    if allowed[0] != allowed[1] and not any("Action" in one.opaque for one in document.allows):
        there, lacking = halves if allowed[0] else halves[::-1]
        statement = next(one for one in document.allows if one.speaks_of(there))
        yield Hit(f"{there} without {lacking} pulls no image", statement.at("Action"), there, sid=statement.sid)


@document_rule(
    "RM809", "endpoint-without-allow", Severity.WARNING, "an endpoint policy allows nothing",
    "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
    kinds=frozenset({PolicyType.ENDPOINT}),
)  # fmt: skip
def endpoint_without_allow(document: Document) -> Iterator[Hit]:
    """
    The policy of a VPC endpoint replaces the one that allows everything. With Denies alone nothing is allowed,
    and nobody gets through the endpoint.

    Allow what is meant, or everything, beside the Denies.
    """
    if document.statements and not document.allows and not document.problems:
        yield Hit("nothing gets through: there is no Allow", document.statements[0].at("Effect"))
