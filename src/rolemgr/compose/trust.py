"""
Who may take the role: the statements of its trust policy, without a confused deputy, and what to say of them.

A caller that brings session tags or a source identity needs sts:TagSession or sts:SetSourceIdentity beside
the action that takes the role. These stand in statements of their own: AWS lists neither the external id
nor a token's claims among their condition keys, so under such a condition they might never be allowed. On
their own they let nobody in.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Conditions, PrincipalKind
from rolemgr.model.role import ComposedTrust
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import (
    KINDS,
    AccountTrust,
    AnyTrust,
    GitHubTrust,
    OidcTrust,
    RoleTrust,
    SageMakerTrust,
    SamlTrust,
    UserTrust,
)

_SIDS = {
    "sagemaker": "SageMaker",
    "service": "Service",
    "account": "Account",
    "user": "User",
    "role": "Role",
    "saml": "Saml",
    "oidc": "Oidc",
    "github": "GitHub",
}
_SIGN_IN = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
}
"""Where each partition takes SAML assertions: what `SAML:aud` holds."""

_GITHUB_AUDIENCE = "sts.amazonaws.com"
"""What `aws-actions/configure-aws-credentials` asks GitHub for, in every partition."""

_CHAINED = 3600

_Statement = tuple[str, dict[PrincipalKind, tuple[str, ...]], Conditions]
"""The action that takes the role, who may call it, and under which conditions."""


def compose_trust(spec: RoleSpec) -> tuple[ComposedTrust, ...]:
    """
    Return the statements of the trust policy, in an order that does not depend on that of the options.

    One for each trust that *spec* names, and one more each for its session tags and its source identity.
    """
    found: list[ComposedTrust] = []
    for sid, trust in _named(spec.trust):
        if isinstance(trust, SageMakerTrust):
            found.append(_sagemaker(spec, trust))
        elif isinstance(trust, ServiceTrust):
            from rolemgr.compose.service_trust import compose_service  # what services send is read for these alone

            found.append(compose_service(spec, sid, trust))
        else:
            found.extend(one for one in _assumed(spec, sid, trust) if one[1:] not in [other[1:] for other in found])
    return tuple(found)


def _named(trusts: Sequence[AnyTrust]) -> Iterator[tuple[str, AnyTrust]]:
    """Yield *trusts* in the order of the document, each with its Sid: numbered where a kind comes several times."""
    order = list(KINDS)
    ordered = sorted(trusts, key=lambda trust: (order.index(trust.kind), _whom(trust)))
    for kind, group in groupby(ordered, key=lambda trust: trust.kind):
        alike = list(group)
        for number, trust in enumerate(alike, start=1):
            yield _SIDS[kind] + (str(number) if len(alike) > 1 else ""), trust


def _whom(trust: AnyTrust) -> tuple[str, str]:
    value = "" if isinstance(trust, SageMakerTrust) else trust.value
    return value, trust.sub if isinstance(trust, OidcTrust | GitHubTrust) else ""


def _sagemaker(spec: RoleSpec, trust: SageMakerTrust) -> ComposedTrust:
    """
    Trust SageMaker on behalf of the role's own account and region.

    The source ARN ends in ``:*``: for inference and Studio that is the literal value SageMaker sends, and
    a role that serves both jobs and endpoints can't name anything narrower.
    """
    identity = ("sts:SetSourceIdentity",) if trust.source_identity else ()
    context = ("sts:SetContext",) if trust.set_context else ()
    return ComposedTrust(
        "SageMaker",
        {"Service": ("sagemaker.amazonaws.com",)},
        ("sts:AssumeRole", *identity, *context),
        _source_conditions(spec, trust.source),
    )


def _source_conditions(spec: RoleSpec, source: str) -> Conditions:
    arn = f"arn:{spec.partition_name}:sagemaker:{spec.region}:{spec.account}:*"
    conditions: dict[str, dict[str, tuple[str, ...]]] = {}
    if source in ("both", "account"):
        conditions["StringEquals"] = {"aws:SourceAccount": (spec.account,)}
    if source in ("both", "arn"):
        conditions["ArnLike"] = {"aws:SourceArn": (arn,)}
    return conditions


_Assumed = AccountTrust | UserTrust | RoleTrust | SamlTrust | OidcTrust | GitHubTrust


def _assumed(spec: RoleSpec, sid: str, trust: _Assumed) -> Iterator[ComposedTrust]:
    """
    Yield the statement by which *trust* takes the role, and those for what it brings into the session.

    Session tags are asked for in the first: without them nobody gets in, so that ABAC always finds them.
    sts:TagSession then allows all of those keys together and no other. GitHub's tokens hold no tags, so
    there the first does not ask: the role would be out of reach.
    """
    action, principal, conditions = _taken(spec, trust)
    tags = trust.session_tags
    passed = {"Null": {f"aws:RequestTag/{key}": ("false",) for key in tags}} if tags else {}
    asked = {} if isinstance(trust, GitHubTrust) else passed
    yield ComposedTrust(sid, principal, (action,), _together(conditions, asked, _known_again(trust)))
    if tags:
        only = {"ForAllValues:StringEquals": {"aws:TagKeys": tags}}
        yield ComposedTrust(f"{sid}Tags", principal, ("sts:TagSession",), {**only, **passed})
    if not isinstance(trust, GitHubTrust) and trust.source_identity:
        yield ComposedTrust(f"{sid}Identity", principal, ("sts:SetSourceIdentity",), {})


def _known_again(trust: _Assumed) -> Conditions:
    """
    Return the conditions by which a session of *trust* is found again in CloudTrail.

    The source identity stays through chained roles and can't be changed; GitHub's tokens hold none, and the
    console's role switching sets none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    if not isinstance(trust, GitHubTrust) and trust.source_identity == "required":
        found["Null"] = {"sts:SourceIdentity": ("false",)}
    if trust.session_name:
        wild = {"*", "?"} & set(trust.session_name)
        found["StringLike" if wild else "StringEquals"] = {"sts:RoleSessionName": (trust.session_name,)}
    return found


def _together(*conditions: Conditions) -> Conditions:
    """Return all *conditions*, which have to hold together; no two ask for one key by one operator."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in conditions:
        for operator, block in one.items():
            found.setdefault(operator, {}).update(block)
    return found


def _taken(spec: RoleSpec, trust: _Assumed) -> _Statement:
    match trust:
        case AccountTrust():
            principal = f"arn:{spec.partition_name}:iam::{trust.value}:root"
            return "sts:AssumeRole", {"AWS": (principal,)}, _caller_conditions(trust)
        case UserTrust() | RoleTrust():
            return "sts:AssumeRole", {"AWS": (trust.value,)}, _caller_conditions(trust)
        case SamlTrust():
            audience: Conditions = {"StringEquals": {"SAML:aud": (_SIGN_IN[spec.partition_name],)}}
            return "sts:AssumeRoleWithSAML", {"Federated": (trust.value,)}, audience
        case OidcTrust():
            claims = _token_conditions(trust.provider, trust.aud, trust.sub)
            return "sts:AssumeRoleWithWebIdentity", {"Federated": (trust.value,)}, claims
        case GitHubTrust():
            provider = f"arn:{spec.partition_name}:iam::{spec.account}:oidc-provider/{trust.provider}"
            claims = _token_conditions(trust.provider, _GITHUB_AUDIENCE, trust.sub)
            return "sts:AssumeRoleWithWebIdentity", {"Federated": (provider,)}, claims


def _caller_conditions(trust: AccountTrust | UserTrust | RoleTrust) -> Conditions:
    """
    Return the conditions on a caller with AWS credentials.

    aws:SourceAccount and aws:SourceArn are not among them: they come with calls by AWS services alone.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    equal: dict[str, tuple[str, ...]] = {}
    if trust.external_id:
        equal["sts:ExternalId"] = (trust.external_id,)
    if trust.org_id:
        equal["aws:PrincipalOrgID"] = (trust.org_id,)
    conditions: dict[str, dict[str, tuple[str, ...]]] = {"StringEquals": equal} if equal else {}
    age = None if isinstance(trust, RoleTrust) else trust.mfa_age
    if trust.mfa or age:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": ("true",)}
    if age:
        conditions["NumericLessThanEquals"] = {"aws:MultiFactorAuthAge": (str(age),)}
    return conditions


def _token_conditions(provider: str, audience: str | None, subject: str) -> Conditions:
    """Return the conditions on an OIDC token; only a subject with a wildcard is compared as a pattern."""
    equal = {f"{provider}:aud": (audience,)} if audience else {}
    if not {"*", "?"} & set(subject):
        return {"StringEquals": {**equal, f"{provider}:sub": (subject,)}}
    like = {"StringLike": {f"{provider}:sub": (subject,)}}
    return {"StringEquals": equal, **like} if equal else like


def trust_notes(spec: RoleSpec) -> Iterator[str]:
    """Yield what to know of the trust that *spec* names: who gets in that one may not expect, and who does not."""
    for _, trust in _named(spec.trust):
        match trust:
            case ServiceTrust():
                from rolemgr.compose.service_trust import service_notes

                yield from service_notes(spec, trust)
            case UserTrust():
                yield from _user_notes(trust)
            case AccountTrust() | RoleTrust():
                yield from _caller_notes(spec, trust)
            case OidcTrust() if not trust.aud:
                yield f"trust in `{trust.provider}` takes every audience that the provider is set up for; give aud="
            case GitHubTrust():
                yield from _github_notes(trust)


def _caller_notes(spec: RoleSpec, trust: AccountTrust | RoleTrust) -> Iterator[str]:
    """
    Yield the notes on a caller with AWS credentials.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    account = _account(trust)
    if account != spec.account and not (trust.external_id or trust.org_id):
        yield (f"account {account} may let others in (confused deputy): give external-id= (a third party's) or org-id="
               " (your organization's)")  # fmt: skip
    if trust.session_tags:
        yield (f"callers from account {account} choose the values of {', '.join(trust.session_tags)} themselves:"
               " hold them there to their own (aws:RequestTag equal to aws:PrincipalTag)")  # fmt: skip
    yield from _identity_notes(trust)
    if isinstance(trust, RoleTrust):
        yield from _role_notes(spec, trust)


def _user_notes(trust: UserTrust) -> Iterator[str]:
    """
    Yield the notes on a caller that is an IAM user.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    if not (trust.mfa or trust.mfa_age):
        yield f"`{trust.value}` gets in without MFA, by an access key alone: give mfa=yes, or mfa-age=15m"
    yield f"`{trust.value}` has to be there before the role, and one of that name made later does not get in"
    yield from _identity_notes(trust)


def _identity_notes(trust: _Assumed) -> Iterator[str]:
    if not isinstance(trust, GitHubTrust | SamlTrust | OidcTrust) and trust.source_identity == "required":
        yield f"`{trust.value}` can't switch to the role in the console, which sets no source identity"


def _role_notes(spec: RoleSpec, trust: RoleTrust) -> Iterator[str]:
    """
    Yield the notes on a caller that is itself a role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if trust.mfa:
        yield (f"mfa=yes with `role:{trust.value}` may let nobody in: by AWS's documentation a role's session"
               " tells nothing of MFA; account:ID?mfa=yes is for users")  # fmt: skip
    if spec.max_session > _CHAINED:
        yield (f"`{trust.value}` gets sessions of 1h at most, whatever --max-session says: a role that takes"
               " another role (role chaining) gets no more")  # fmt: skip
    if _account(trust) == spec.account and trust.value.rpartition("/")[2].lower() == spec.role_name.lower():
        yield f"`{trust.value}` trusts itself: IAM takes that only once the role is there"


def _account(trust: AccountTrust | RoleTrust) -> str:
    arn = Arn.parse(trust.value)
    return arn.account if arn else trust.value


def _github_notes(trust: GitHubTrust) -> Iterator[str]:
    """
    Yield the notes on a repository of GitHub.

    https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    """
    if not (trust.environment or trust.ref):
        yield (f"every branch, tag, environment and pull request of `{trust.value}` may take the role; give"
               " environment= (with its deployment rules) or ref=")  # fmt: skip
    if "@" not in trust.value:
        yield (f"`{trust.value}` names no ids: repositories that were made, renamed or moved since 2026-07-15 have"
               " them in `sub`, and then only ORG@ID/REPO@ID gets in")  # fmt: skip
    if trust.session_tags:
        yield "GitHub's tokens hold no session tags, so none is asked for; tag the role itself (--tag)"
