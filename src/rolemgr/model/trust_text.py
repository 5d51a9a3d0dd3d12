"""
From what a user writes about trust to the models: the short text form, keys of the wrong kind, and what
only shows beside the role or beside other trust.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, get_args
from urllib.parse import quote, unquote

from rolemgr.iam.arn import Arn, partition_of
from rolemgr.iam.marks import after, before, not_empty
from rolemgr.iam.plain import Plain
from rolemgr.iam.wildcards import contains
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.trust import (
    KINDS,
    AccountTrust,
    AnyTrust,
    GitHubTrust,
    OidcTrust,
    RoleTrust,
    SageMakerTrust,
    SamlTrust,
    TrustByKind,
    UserTrust,
)

if TYPE_CHECKING:
    from pydantic import ValidationInfo
    from pydantic_core import InitErrorDetails

_FORMS = {
    "account": "account:ID", "user": "user:ARN", "role": "role:ARN", "saml": "saml:PROVIDER_ARN",
    "oidc": "oidc:PROVIDER_ARN", "github": "github:ORG/REPO", "service": "service:NAME",
}  # fmt: skip
_WHY_NOT = {
    "value": "there is one SageMaker",
    "source": "aws:SourceArn and aws:SourceAccount come only with calls that an AWS service makes",
    "external_id": "sts:ExternalId comes only with sts:AssumeRole",
    "org_id": "aws:PrincipalOrgID tells only of callers with AWS credentials",
    "mfa": "aws:MultiFactorAuthPresent tells only of IAM users; the identity provider asks for MFA itself",
    "mfa_age": "AWS knows of IAM users alone when they signed in with MFA",
    "session_name": "AWS's services name the sessions themselves",
    "aud": "it is a claim of OIDC tokens; for GitHub it is always sts.amazonaws.com",
    "sub": "it is a claim of OIDC tokens; for GitHub it is made of environment or ref",
    "environment": "it is an environment of a GitHub repository",
    "ref": "it is a branch or tag of a GitHub repository",
    "session_tags": "AWS's services bring no tags of yours; tag the role itself (--tag)",
    "source_identity": "GitHub's tokens hold none, and of AWS's services SageMaker alone sets one",
    "set_context": "Studio alone propagates the identity of its user",
    "resource": "an AWS service alone acts for a thing of the account",
    "role": "of AWS's services alone some have roles of several kinds",
    "name": "an AWS service alone acts for a thing of the account",
    "namespace": "pods.eks alone tells of the pod",
    "service_account": "pods.eks alone tells of the pod",
    "cluster": "pods.eks alone tells of the pod",
}
"""Why a key that some kind of trust has is of no use with the others."""


class _KindKey(Plain):
    """The key that every trust has, read first so that a wrong one is said alone."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "ignore"}

    kind: str


def _mapping(value: Any) -> Any:
    """
    Read ``kind:value?key=value&key=value`` as the mapping that a role file would hold.

    %XX stands for a character that would end the text there, such as %26 for &; + is a plus.
    """
    if not isinstance(value, str):
        return value
    head, _, query = value.partition("?")
    kind, colon, rest = head.partition(":")
    pairs = [("kind", kind)] + ([("value", rest)] if colon else [])
    for part in filter(None, query.split("&")):
        key, _, word = part.partition("=")
        pairs.append((key.replace("-", "_"), unquote(word)))
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"`{value}` gives an option twice")
    return dict(pairs)


def _read(value: Any) -> AnyTrust:
    """Return *value*, as text or mapping, as the model of its kind."""
    if isinstance(value, get_args(AnyTrust)):
        known: AnyTrust = value
        return known
    from pydantic import ValidationError  # it is there: who reads a trust has loaded it
    from pydantic_core import InitErrorDetails

    data = _mapping(value)
    kind = _KindKey.model_validate(data).kind
    if kind not in KINDS:
        raise ValidationError.from_exception_data(
            "trust",
            [InitErrorDetails(type="literal_error", loc=("kind",), input=kind, ctx={"expected": ", ".join(KINDS)})],
        )
    if problems := [*_unfit_keys(kind, data)]:
        raise ValidationError.from_exception_data("trust", problems)
    return KINDS[kind].model_validate(data)


def _unfit_keys(kind: str, data: Mapping[str, Any]) -> "Iterator[InitErrorDetails]":
    """Yield what is wrong with the keys of *data* for a trust of *kind*; unknown keys are left to the model."""
    fields = KINDS[kind].model_fields
    for key in data:
        if key in _WHY_NOT and key not in fields:
            takers = ", ".join(name for name, model in KINDS.items() if key in model.model_fields)
            yield _problem(key, f"`{key}` is not for {kind}, only for {takers}: {_WHY_NOT[key]}")
    if "value" in fields and "value" not in data:
        yield _problem("value", f"{kind} needs to be told whom: {_FORMS[kind]}")
    if "sub" in fields and "sub" not in data:
        yield _problem("sub", f"{kind} needs `sub`: without it every identity of the provider gets in")


def _problem(key: str, text: str) -> "InitErrorDetails":
    from pydantic_core import InitErrorDetails, PydanticCustomError

    return InitErrorDetails(type=PydanticCustomError("value_error", "{error}", {"error": text}), loc=(key,), input=None)


def _fits_the_role(trust: AnyTrust, info: "ValidationInfo") -> AnyTrust:
    """
    Return *trust*; raise ValueError where it names a role or provider that can't lead to this role.

    Roles can't be taken across partitions; a provider must be in the role's own account.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html
    """
    if not isinstance(trust, UserTrust | RoleTrust | SamlTrust | OidcTrust) or (arn := Arn.parse(trust.value)) is None:
        return trust
    partition, account = _partition(info), info.data.get("account")
    if partition and arn.partition != partition:
        raise ValueError(f"`{trust.value}` is in partition {arn.partition}, the role is in {partition}")
    if account and arn.account != account and not isinstance(trust, UserTrust | RoleTrust):
        raise ValueError(
            f"`{trust.value}` is of account {arn.account}; IAM takes providers of the role's own, {account}"
        )
    return trust


def _partition(info: "ValidationInfo") -> str | None:
    """Return the role's partition by what was read so far, None where that is wrong itself."""
    region = info.data.get("region")
    if region is None or "partition" not in info.data:
        return None
    return info.data["partition"] or partition_of(region)


def _apart(trusts: tuple[AnyTrust, ...]) -> tuple[AnyTrust, ...]:
    """
    Return *trusts*; raise ValueError where one makes the conditions of another worthless.

    Statements of a trust policy are alternatives, so of two that let the same caller in, the weaker decides.
    """
    if sum(isinstance(trust, SageMakerTrust) for trust in trusts) > 1:
        raise ValueError("trust of one kind is given twice: the weaker of the two would decide")
    services = [trust.value for trust in trusts if isinstance(trust, ServiceTrust)]
    if twice := next((name for name in services if services.count(name) > 1), None):
        raise ValueError(f"`service:{twice}` is given twice: the weaker of the two would decide; give all names in one,"
                         " with commas")  # fmt: skip
    for one, other in combinations(trusts, 2):
        for wide, narrow in ((one, other), (other, one)):
            if _lets_in(wide, narrow):
                raise ValueError(f"{_name_of(wide)} lets in {_name_of(narrow)} too: the weaker of the two would decide")
        if isinstance(one, _TOKEN) and isinstance(other, _TOKEN) and _mixed(one, other):
            raise ValueError(f"{_name_of(one)} and {_name_of(other)} are of one provider and differ in session tags or"
                             " source identity: IAM allows these by provider, not by subject")  # fmt: skip
    return trusts


_TOKEN = (OidcTrust, GitHubTrust)


def _lets_in(wide: AnyTrust, narrow: AnyTrust) -> bool:
    """Tell whether every caller that *narrow* names is one that *wide* names."""
    if isinstance(wide, AccountTrust) and isinstance(narrow, UserTrust | RoleTrust):
        return f":iam::{wide.value}:" in narrow.value
    if isinstance(wide, _TOKEN) and isinstance(narrow, _TOKEN):
        return wide.provider == narrow.provider and contains(wide.sub, narrow.sub)
    if isinstance(wide, AccountTrust | UserTrust | RoleTrust | SamlTrust) and isinstance(narrow, type(wide)):
        return wide.value == narrow.value
    return False


def _mixed(one: OidcTrust | GitHubTrust, other: OidcTrust | GitHubTrust) -> bool:
    return one.provider == other.provider and _session(one) != _session(other)


def _session(trust: OidcTrust | GitHubTrust) -> tuple[tuple[str, ...], bool]:
    return trust.session_tags, isinstance(trust, OidcTrust) and bool(trust.source_identity)


def _name_of(trust: AnyTrust) -> str:
    if isinstance(trust, SageMakerTrust):
        return trust.kind
    return f"`{trust.kind}:{trust.sub if isinstance(trust, _TOKEN) else trust.value}`"


def as_text(trust: AnyTrust) -> str:
    """Return *trust* in the short text form, which reads back as the same: ``role:ARN?external-id=X``."""
    fields = trust.model_dump(exclude_defaults=True)
    head = ":".join([fields.pop("kind"), *([fields.pop("value")] if "value" in fields else [])])
    query = "&".join(f"{key.replace('_', '-')}={_query_text(value)}" for key, value in fields.items())
    return f"{head}?{query}" if query else head


def _query_text(value: Any) -> str:
    if value is True:
        return "yes"
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return quote(text, safe="/:@*=,+~")


def default_trust() -> tuple[AnyTrust, ...]:
    """Return the trust of a role that names none: SageMaker, for its own account and region."""
    return (SageMakerTrust(kind="sagemaker"),)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Trust: TypeAlias = Annotated[AnyTrust, before(_read, json_schema_input_type=str | TrustByKind), after(_fits_the_role)]
"""One trust; its field stands behind account, region and partition, which it is compared with."""

Trusts: TypeAlias = Annotated[
    tuple[Trust, ...], not_empty(), before(_listed, json_schema_input_type=Trust | list[Trust]), after(_apart)
]
