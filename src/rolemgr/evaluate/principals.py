"""
Principals: who makes a request, and whether a Principal or NotPrincipal element speaks of them.

Who asks is a chain: an account, in it a user or a role, of that a session. How far down the chain an Allow
of a resource policy names it decides which other layers still limit it (`Match`).

Some things a request's ARN does not say, and this is how they are taken:

- A session's ARN has the role's name without its path. Names are unique in an account, so a Principal that
  is the role's ARN matches on the name.
- A federated user session is taken to be of the IAM user of its name: "this session's ARN is based on the
  original identity that was federated".
- Canonical user ids of S3 are not known. No Allow matches by one, and a Deny that has one is refused.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum, auto
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from rolemgr.evaluate.errors import LayerError, PolicyError, RequestError
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Principals

Identity: TypeAlias = tuple[str, str]
"""The account and the name of a user or a role."""


class CallerKind(Enum):
    """What kind of principal makes a request: it decides which layers must allow."""

    UNKNOWN = auto()
    """Not given: the principal that has the identity policies that are given, in the resource's account."""
    USER = auto()
    ROLE = auto()
    """A role without a session name: any session of it."""
    SESSION = auto()
    FEDERATED_USER = auto()
    """A session by GetFederationToken."""
    ROOT = auto()
    """The root user, or a session of it by AssumeRoot."""
    SERVICE = auto()
    PROVIDER = auto()
    """Somebody whom a SAML or web identity provider vouches for, about to assume a role."""
    ANONYMOUS = auto()


class Caller(NamedTuple):
    """Who makes the request; *name* is the user's or role's, and *linked* says that the role is service-linked."""

    text: str
    kind: CallerKind
    account: str | None = None
    name: str = ""
    linked: bool = False


class Match(IntEnum):
    """How an Allow of a resource policy names the caller, from not at all to personally."""

    NONE = 0
    ACCOUNT = 1
    """By the account, which leaves it to the account's identity policies."""
    LIMITED = 2
    """By the role of the session (or the user who federated): boundary and session policies still limit."""
    DIRECT = 3
    """As the user, as the session, or as everyone: within the account no implicit deny takes it away."""


PrincipalElement: TypeAlias = Literal["Principal", "NotPrincipal"]
Blocks: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""What a Principal element lists: each kind (AWS, Service ...) with its names."""

EVERYONE: Final[Blocks] = (("AWS", ("*",)),)


class Named(NamedTuple):
    """A Principal or NotPrincipal element, ready to be asked; *listed* is what it lists."""

    element: PrincipalElement
    listed: tuple[str, ...]
    everyone: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    roles: frozenset[Identity]
    users: frozenset[Identity]
    services: frozenset[str]
    providers: frozenset[str]


_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")
_WEB_IDENTITY = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)
_KINDS: Mapping[tuple[str, str], CallerKind] = {
    ("iam", "user"): CallerKind.USER,
    ("iam", "role"): CallerKind.ROLE,
    ("iam", "root"): CallerKind.ROOT,
    ("iam", "saml-provider"): CallerKind.PROVIDER,
    ("iam", "oidc-provider"): CallerKind.PROVIDER,
    ("sts", "assumed-role"): CallerKind.SESSION,
    ("sts", "federated-user"): CallerKind.FEDERATED_USER,
    ("sts", "assumed-root"): CallerKind.ROOT,
}
_LINKED_PATH = "role/aws-service-role/"


@lru_cache(maxsize=4096)
def read_caller(text: str | None) -> Caller:
    """
    Return who the principal *text* of a request is: an ARN, a service, a web identity provider, `anonymous`.

    `*` is anonymous too, and None nobody in particular. Raises RequestError for what is not a principal.
    """
    if text is None:
        return Caller("", CallerKind.UNKNOWN)
    if text in ("*", "anonymous"):
        return Caller(text, CallerKind.ANONYMOUS)
    if text in _WEB_IDENTITY:
        return Caller(text, CallerKind.PROVIDER)
    if _HOST.fullmatch(text):
        return Caller(text, CallerKind.SERVICE)
    return _read_arn(text)


def _read_arn(text: str) -> Caller:
    arn = Arn.parse(text)
    kind = _KINDS.get((arn.service, arn.resource.partition("/")[0])) if arn else None
    if arn is None or kind is None or not ACCOUNT_ID.fullmatch(arn.account) or "*" in text:
        hint = (
            "a principal is the ARN of a user, role, session or root, a service such as sagemaker.amazonaws.com, or *"
        )
        raise RequestError(None, f"`{text}` is not a principal", hint)
    if kind is CallerKind.PROVIDER:
        return Caller(text, kind)
    name = _name(kind, arn.resource)
    if not name and kind is not CallerKind.ROOT:
        raise RequestError(None, f"`{text}` is not a principal", "its name is missing")
    return Caller(text, kind, arn.account, name, arn.resource.startswith(_LINKED_PATH))


def _name(kind: CallerKind, resource: str) -> str:
    """Return the user's or role's name in *resource*: last of its path, but first where a session's follows."""
    if kind is CallerKind.SESSION:
        parts = resource.split("/")
        return parts[1] if len(parts) == 3 and parts[2] else ""
    return _last(resource) if "/" in resource else ""


def blocks_of(listed: Principals) -> Blocks:
    """Return a Principal element as its kinds with their names; `*` alone is the AWS principal `*`."""
    if isinstance(listed, Mapping):
        return tuple((str(kind), names) for kind, names in listed.items())
    return EVERYONE


def validate_principals(element: PrincipalElement, listed: Blocks, *, denies: bool) -> None:
    """
    Raise for what can't be in a Principal or NotPrincipal *element*.

    PolicyError for NotPrincipal in an Allow, which IAM does not support, and for what names no principal, such
    as an ARN with a wildcard; LayerError for a canonical user id in a Deny.
    """
    if element == "NotPrincipal" and not denies:
        raise PolicyError(None, "NotPrincipal goes with Deny only", "use Principal and a condition on aws:PrincipalArn")
    for kind, names in listed:
        if kind == "CanonicalUser" and denies:
            problem = "a canonical user id in a Deny can't be evaluated"
            raise LayerError(None, problem, "which account it stands for is known to S3 only; name the account instead")
        if kind == "AWS":
            for name in names:
                _principal_arn(name)


def read_principals(element: PrincipalElement, listed: Blocks, *, denies: bool) -> Named:
    """Return what a Principal or NotPrincipal *element* lists, ready to be asked; raise as `validate_principals`."""
    validate_principals(element, listed, denies=denies)
    blocks = dict(listed)
    aws = blocks.get("AWS", ())
    arns = [(text, arn) for text in aws if (arn := _principal_arn(text))]
    return Named(
        element,
        tuple([text for _, block in listed for text in block]),
        "*" in aws,
        frozenset([arn.account for _, arn in arns if arn.resource == "root"]),
        frozenset([text for text, _ in arns]),
        _identities("role/", arns),
        _identities("user/", arns),
        frozenset(blocks.get("Service", ())),
        frozenset(blocks.get("Federated", ())),
    )


def _identities(prefix: str, arns: Iterable[tuple[str, Arn]]) -> frozenset[Identity]:
    return frozenset([(arn.account, _last(arn.resource)) for _, arn in arns if arn.resource.startswith(prefix)])


def _last(resource: str) -> str:
    """Return the name at the end of a path."""
    return resource.rpartition("/")[2]


@lru_cache(maxsize=4096)
def _principal_arn(text: str) -> Arn | None:
    """Return the ARN that the AWS principal *text* stands for; None for everyone and the id of a deleted principal."""
    if text == "*":
        return None
    if ACCOUNT_ID.fullmatch(text):
        return Arn("aws", "iam", "", text, "root")
    arn = Arn.parse(text)
    kind = _KINDS.get((arn.service, arn.resource.partition("/")[0])) if arn else None
    if arn and kind and kind is not CallerKind.PROVIDER and not ("*" in text or "?" in text):
        return arn
    if _UNIQUE_ID.fullmatch(text):
        return None
    hint = "a Principal names an account, user, role or session in full, or everyone by `*`"
    raise PolicyError(None, f"`{text}` is not a principal", hint)


def match(named: Named, caller: Caller, *, bounded: bool) -> Match:
    """
    Return how the element *named* names *caller*; for NotPrincipal, DIRECT where it does not spare them.

    *bounded* says that they have a permissions boundary: NotPrincipal then spares nobody. Raises
    RequestError where the element names someone and the request does not say who asks.
    """
    if named.element == "Principal":
        return _named(named, caller)
    return Match.NONE if _spared(named, caller, bounded) else Match.DIRECT


def _named(named: Named, caller: Caller) -> Match:
    kind, identity = caller.kind, (caller.account or "", caller.name)
    if named.everyone:
        return Match.DIRECT
    if kind is CallerKind.SERVICE or kind is CallerKind.PROVIDER:
        return Match.DIRECT if _listed_outside(named, caller) else Match.NONE
    if kind is CallerKind.UNKNOWN:
        _require_known(named)
    if kind is not CallerKind.ROOT and caller.text in named.arns:
        return Match.LIMITED if kind is CallerKind.ROLE else Match.DIRECT
    if (kind is CallerKind.SESSION and identity in named.roles) or (
        kind is CallerKind.FEDERATED_USER and identity in named.users
    ):
        return Match.LIMITED
    return Match.ACCOUNT if caller.account in named.accounts else Match.NONE


def _spared(named: Named, caller: Caller, bounded: bool) -> bool:
    """
    Tell whether NotPrincipal lists *caller* with all that they are part of.

    AWS "might validate the account first, then the role, and then the assumed-role user", so each of them
    must be listed; and a Deny with NotPrincipal denies every principal that has a permissions boundary.
    """
    kind, identity = caller.kind, (caller.account or "", caller.name)
    if named.everyone:
        return True
    if kind is CallerKind.SERVICE or kind is CallerKind.PROVIDER:
        return _listed_outside(named, caller)
    if kind is CallerKind.UNKNOWN:
        _require_known(named)
    if bounded or caller.account not in named.accounts:
        return False
    if kind is CallerKind.SESSION and identity not in named.roles:
        return False
    return kind is CallerKind.ROOT or caller.text in named.arns


def _listed_outside(named: Named, caller: Caller) -> bool:
    listed = named.services if caller.kind is CallerKind.SERVICE else named.providers
    return caller.text in listed or "*" in listed


def _require_known(named: Named) -> None:
    if named.arns or named.element == "NotPrincipal":
        problem = f"a policy asks who the principal is ({named.listed[0]}), and the request does not say"
        raise RequestError(None, problem, "give the request a principal")
