"""
Who may take a role: the kinds of trust that a role file or ``--trust`` names, each with its own limits.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create.html
"""

import re
from typing import Annotated, Any, Literal, TypeAlias

from rolemgr.iam.arn import ACCOUNT_ID
from rolemgr.iam.marks import after, before, json_schema, told_apart_by
from rolemgr.iam.plain import Noted
from rolemgr.iam.variables import opens_variable
from rolemgr.model.catalog import ONE_OR_MORE
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.times import seconds

GITHUB = "token.actions.githubusercontent.com"
"""The identity provider of GitHub Actions: its URL as IAM writes it, and the prefix of its condition keys."""

_MOST_SESSION_TAGS = 50
_LONGEST_USER_SESSION = 129_600
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
_ROLE = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:role/(?:[A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9_+=,.@-]{1,64}"
)
_USER = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:user/(?:[A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9_+=,.@-]{1,64}"
)
_SAML = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:saml-provider/[A-Za-z0-9._-]{1,128}")
_OIDC = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):iam::[0-9]{12}:oidc-provider/[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~%+=@-]*)*"
)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?P<owner>@[0-9]+)?/[A-Za-z0-9._-]{1,100}(?P<repo>@[0-9]+)?")
_TENANT = re.compile(r"[a-z_]+:[^:/]*")
"""The beginning of a `sub` that is still inside its first name, such as ``repo:acme``."""


def _digits(value: Any) -> Any:
    """YAML reads an unquoted account id as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _account(value: str) -> str:
    if not ACCOUNT_ID.fullmatch(value):
        raise ValueError(f"`{value}` is not an AWS account id of 12 digits")
    return value


def _role_arn(value: str) -> str:
    if not _ROLE.fullmatch(value):
        raise ValueError(f"`{value}` is not an ARN of one role such as arn:aws:iam::111122223333:role/NAME")
    return value


def _user_arn(value: str) -> str:
    if not _USER.fullmatch(value):
        raise ValueError(f"`{value}` is not an ARN of one user such as arn:aws:iam::111122223333:user/NAME")
    return value


def _session_name(value: str) -> str:
    """Return the pattern *value* of what STS takes as RoleSessionName (STS API Reference, AssumeRole)."""
    if not re.fullmatch(r"[\w+=,.@*?-]{2,64}", value, re.ASCII) or not re.search(r"[^*?]", value):
        raise ValueError(f"`{value}` is not a pattern of session names: 2 to 64 letters, digits and _+=,.@-, * and ?")
    return value


def _mfa_age(value: int) -> int:
    """Return the seconds *value*; a session of an IAM user lasts 36 hours at most, and so does its MFA."""
    if not 1 <= value <= _LONGEST_USER_SESSION:
        raise ValueError(f"`{value}` s is not from 1 s to 36h, the longest session that a user gets with MFA")
    return value


def _saml_arn(value: str) -> str:
    if not _SAML.fullmatch(value):
        raise ValueError(f"`{value}` is not an ARN of a provider such as arn:aws:iam::111122223333:saml-provider/NAME")
    return value


def _oidc_arn(value: str) -> str:
    if not _OIDC.fullmatch(value):
        raise ValueError(f"`{value}` is not an ARN of a provider such as arn:aws:iam::111122223333:oidc-provider/HOST")
    return value


def _repository(value: str) -> str:
    """
    Return ORG/REPO or ORG@ID/REPO@ID, the two ways in which GitHub writes a repository into `sub`.

    https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    """
    found = _REPOSITORY.fullmatch(value)
    if not found:
        raise ValueError(f"`{value}` is not a repository ORG/REPO of GitHub; name each one, without wildcards")
    if bool(found["owner"]) != bool(found["repo"]):
        raise ValueError(f"`{value}` has one id of two; GitHub writes ORG/REPO or ORG@ID/REPO@ID")
    return value


def _external_id(value: str) -> str:
    """Return *value* where sts:AssumeRole takes it as ExternalId (STS API Reference, AssumeRole)."""
    if not re.fullmatch(r"[\w+=,.@:/\\-]{2,1224}", value, re.ASCII):
        raise ValueError(f"`{value}` is not an external id: 2 to 1224 letters, digits and _+=,.@:/\\-")
    return value


def _org_id(value: str) -> str:
    if not re.fullmatch(r"o-[a-z0-9]{10,32}", value):
        raise ValueError(f"`{value}` is not an organization id such as o-a1b2c3d4e5")
    return value


def _claim(value: str) -> str:
    """Return the text of a token's claim; a policy variable in it would be filled in by IAM."""
    if not re.fullmatch(r"[\x20-\x7e]{1,255}", value) or opens_variable(value) or value != value.strip():
        raise ValueError(f"`{value}` is not a claim: 1 to 255 characters of ASCII, without ${{")
    return value


def _plain_claim(value: str) -> str:
    if "*" in value or "?" in value:
        raise ValueError(f"`{value}` has a wildcard; IAM compares it letter by letter")
    return _claim(value)


def _sub(value: str) -> str:
    """
    Return the subject of a token; raise ValueError where its wildcard lets in whom nobody named.

    ``repo:*`` is all of GitHub, and ``repo:acme*`` is also acme-of-someone-else.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    fixed = re.split(r"[*?]", value, maxsplit=1)[0]
    if fixed != value and (not fixed or _TENANT.fullmatch(fixed)):
        raise ValueError(f"`{value}` lets in whom you did not name; a wildcard stands behind a whole name: repo:ORG/*")
    return _claim(value)


def _ref(value: str) -> str:
    """Return the git ref that GitHub writes; a name alone is a branch's."""
    ref = value if value.startswith("refs/") else f"refs/heads/{value}"
    if not re.fullmatch(r"refs/(?:heads|tags)/[^\s:?]+", ref) or value.startswith("*"):
        raise ValueError(f"`{value}` is neither a branch (main, refs/heads/main) nor a tag (refs/tags/v*)")
    return _claim(ref)


def _keys(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


def _session_tags(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tag keys in order, each once; STS takes no two that differ by case alone."""
    if len(keys) > _MOST_SESSION_TAGS:
        raise ValueError(f"a session has at most {_MOST_SESSION_TAGS} tags, not {len(keys)}")
    for key in keys:
        if not re.fullmatch(r"[\w .:/=+@-]{1,128}", key) or key.lower().startswith("aws:"):
            raise ValueError(f"`{key}` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:")
    if len({key.lower() for key in keys}) < len(keys):
        raise ValueError("session tags differ by more than upper and lower case")
    return tuple(sorted(keys))


AccountId: TypeAlias = Annotated[str, before(_digits, json_schema_input_type=str | int), after(_account)]
SessionName: TypeAlias = Annotated[str, after(_session_name)]
SessionTags: TypeAlias = Annotated[tuple[str, ...], before(_keys), after(_session_tags), json_schema(ONE_OR_MORE)]


class SageMakerTrust(Noted):
    """
    Trust in the SageMaker service, kept to one account's resources against the confused deputy.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    """

    kind: Literal["sagemaker"]
    source: Literal["both", "arn", "account", "none"] = "both"
    """Which of aws:SourceArn and aws:SourceAccount the service must come with."""
    source_identity: bool = False
    """Whether Studio may set the user profile's name as source identity (per-user attribution)."""
    set_context: bool = False
    """
    Whether Studio may bring the identity of IAM Identity Center's user along (trusted identity propagation).

    https://docs.aws.amazon.com/sagemaker/latest/dg/trustedidentitypropagation-setup.html
    """


class _Session(Noted):
    """What a caller that takes the role brings into the session."""

    source_identity: bool | Literal["required"] = False
    """
    Whether a source identity may be set, or brought along by a session that has one; or that there must be one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    session_name: SessionName | None = None
    """The pattern that the session's name must match, by which CloudTrail is searched."""
    session_tags: SessionTags = ()
    """The keys of the tags that the session must come with; no others are taken."""


class _AwsPrincipal(_Session):
    """What can be asked of a caller with AWS credentials."""

    external_id: Annotated[str, before(_digits), after(_external_id)] | None = None
    """What a third party sends with each call for this customer, and with no other's."""
    org_id: Annotated[str, after(_org_id)] | None = None
    """The organization that the caller's account must be in."""
    mfa: bool = False
    """Whether the caller must have signed in with MFA; AWS knows that of IAM users."""


class _People(_AwsPrincipal):
    """What can be asked of IAM users: AWS knows when a user signed in with MFA, and of nobody else."""

    mfa_age: Annotated[int | None, before(seconds, json_schema_input_type=int | str | None), after(_mfa_age)] = None
    """How long ago, in seconds, the caller may have signed in with MFA; without MFA the age is absent."""


class AccountTrust(_People):
    """Trust in an account: its administrator says who of its users and roles may take the role."""

    kind: Literal["account"]
    value: AccountId


class UserTrust(_People):
    """
    Trust in one IAM user: for the day on which no identity provider is there.

    IAM keeps the user's id, so that another user of that name does not get in.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """

    kind: Literal["user"]
    value: Annotated[str, after(_user_arn)]


class RoleTrust(_AwsPrincipal):
    """Trust in one role, of this or another account."""

    kind: Literal["role"]
    value: Annotated[str, after(_role_arn)]


class SamlTrust(_Session):
    """Trust in the people whom a SAML identity provider vouches for, and whom it gives this role."""

    kind: Literal["saml"]
    value: Annotated[str, after(_saml_arn)]


class OidcTrust(_Session):
    """
    Trust in one subject of an OpenID Connect provider.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
    """

    kind: Literal["oidc"]
    value: Annotated[str, after(_oidc_arn)]
    sub: Annotated[str, after(_sub)]
    aud: Annotated[str, after(_plain_claim)] | None = None

    @property
    def provider(self) -> str:
        """The provider's URL without https://, which is also the prefix of its condition keys."""
        return self.value.partition(":oidc-provider/")[2]


class GitHubTrust(Noted):
    """
    Trust in the workflows of one GitHub repository, of one environment or ref of it where that is given.

    https://docs.github.com/en/actions/reference/security/oidc
    """

    kind: Literal["github"]
    value: Annotated[str, after(_repository)]
    environment: Annotated[str, after(_plain_claim)] | None = None
    ref: Annotated[str, after(_ref)] | None = None
    """A branch or tag; a name alone is a branch."""
    session_name: SessionName | None = None
    """The pattern that the session's name must match; the workflow chooses the name."""
    session_tags: SessionTags = ()
    """The keys of the tags that the session may come with, should GitHub ever send tags."""

    def __post_init__(self) -> None:
        if self.environment and self.ref:
            raise ValueError("`sub` of a job holds its environment or its ref, never both; keep to the environment"
                             " and let its deployment branches say which refs")  # fmt: skip

    @property
    def sub(self) -> str:
        """The subject as GitHub writes it: a colon within a name is %3A there."""
        what = "*"
        if self.environment:
            what = "environment:" + self.environment.replace(":", "%3A")
        elif self.ref:
            what = f"ref:{self.ref}"
        return f"repo:{self.value}:{what}"

    @property
    def provider(self) -> str:
        """The provider's URL without https://, which is also the prefix of its condition keys."""
        return GITHUB


AnyTrust: TypeAlias = (
    SageMakerTrust | ServiceTrust | AccountTrust | UserTrust | RoleTrust | SamlTrust | OidcTrust | GitHubTrust
)
TrustByKind: TypeAlias = Annotated[AnyTrust, told_apart_by("kind")]

KINDS: dict[str, type[AnyTrust]] = {
    "sagemaker": SageMakerTrust,
    "service": ServiceTrust,
    "account": AccountTrust,
    "user": UserTrust,
    "role": RoleTrust,
    "saml": SamlTrust,
    "oidc": OidcTrust,
    "github": GitHubTrust,
}
"""The kinds of trust, in the order in which they stand in a trust policy."""


def carries_session_tags(trust: AnyTrust) -> frozenset[str]:
    """
    Return the tag keys that every session taken by way of *trust* surely has, whatever the role's own tags.

    None for AWS's services, which take no session tags of the user's, and for GitHub, whose tokens hold none: there the
    role's own tags (``--tag``) are all that `aws:PrincipalTag` finds.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if isinstance(trust, SageMakerTrust | ServiceTrust | GitHubTrust):
        return frozenset()
    return frozenset(trust.session_tags)
