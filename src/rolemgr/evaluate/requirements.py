"""
Which layers must allow a request, and which have no say in it.

Within an account, an Allow of an identity policy or of the resource policy is enough, and how the resource
policy names the caller decides which implicit denies still count (`rolemgr.evaluate.principals.Match`).
A KMS key and a role that is assumed are exceptions: their policy must name the caller, or the account and
so leave it to identity policies. Between accounts both sides must allow. Callers outside of any account
have no identity policies, and need the resource's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from rolemgr.evaluate.policies import Layer
from rolemgr.evaluate.principals import Caller, CallerKind, Match
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.reference.organizations import rcp_services


class Guard(Enum):
    """A kind of resource that identity policies open only if its own policy lets them."""

    KEY = auto()
    ROLE = auto()


RESOURCE_LAYERS: Final = frozenset({Layer.RESOURCE, Layer.TRUST})

_OUTSIDE: Final = frozenset({CallerKind.SERVICE, CallerKind.PROVIDER, CallerKind.ANONYMOUS})
_LIMITS: Final = frozenset({Layer.PERMISSIONS_BOUNDARY, Layer.SESSION})
_NOTHING: Final[frozenset[Layer]] = frozenset()

FREE: Final = frozenset({"sts:getcalleridentity"})
"""
"No permissions are required", and a Deny does not take it away.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""
_ASSUMING: Final = frozenset(
    {
        "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
        "sts:tagsession", "sts:setsourceidentity", "sts:setcontext",
    }
)  # fmt: skip
"""What a role trust policy decides about; the resource is the role."""
_BY_THE_CALLER_ALONE: Final = frozenset({"sts:assumeroot"})
"""
Requests into another account without a policy there: the organization's central root access lets them in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""
_BUCKET_POLICY: Final = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
_BEYOND_RCPS: Final = frozenset({"kms:retiregrant"})
"""https://docs.aws.amazon.com/kms/latest/developerguide/resource-control-policies.html"""
_ALIAS_KEYS: Final = ("kms:requestalias", "kms:resourcealiases")
_AWS_ALIAS: Final = "alias/aws/"
"""
"The `alias/aws/` prefix is reserved for AWS managed keys."

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
"""
_LINKED_ROLE: Final = ":role/aws-service-role/"


def required(request: Request, caller: Caller, granted: Match, *, asked: bool) -> frozenset[Layer]:
    """
    Return which of identity, resource, boundary and session policies must allow *request*.

    *granted* is how the resource policy allows it, and *asked* whether one is given at all. `Layer.RESOURCE`
    stands for trust policies too. SCPs and VPC endpoint policies must always allow, where they are given.
    """
    if caller.kind in _OUTSIDE:
        return _LIMITS | {Layer.RESOURCE}
    identity = _LIMITS if caller.kind is CallerKind.ROOT else _LIMITS | {Layer.IDENTITY}
    if crosses(request, caller) or (asked and granted is Match.NONE and guard_of(request)):
        return identity | {Layer.RESOURCE}
    if caller.kind is CallerKind.ROOT or granted <= Match.ACCOUNT:
        return identity
    return _LIMITS if granted is Match.LIMITED else _NOTHING


def crosses(request: Request, caller: Caller) -> bool:
    """Tell whether *request* is known to go from one account into another, which must agree."""
    there = request.resource_account
    between = there is not None and caller.account is not None and there != caller.account
    return between and request.folded_action not in _BY_THE_CALLER_ALONE


def guard_of(request: Request) -> Guard | None:
    """
    Return whose policy must open the resource even where identity policies allow, or None.

    These are KMS keys, and roles that are assumed. Both have a policy always.
    """
    if request.folded_action in _ASSUMING:
        return Guard.ROLE
    return Guard.KEY if request.folded_action.startswith("kms:") and ":key/" in request.resource else None


def cannot_assume(request: Request, caller: Caller) -> bool:
    """
    Tell whether *caller* is a root user about to assume a role: whatever its trust policy says, AWS refuses.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html
    """
    return caller.kind is CallerKind.ROOT and request.folded_action in _ASSUMING


def spares_from_deny(layer: Layer, request: Request, caller: Caller) -> bool:
    """
    Tell whether a Deny of *layer* does not hold for *caller*: the root user can always mend a bucket policy.

    "Bucket owner root principals can only be blocked from performing these API actions by VPC endpoint
    policies and AWS Organizations policies."
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    mends = caller.kind is CallerKind.ROOT and request.folded_action in _BUCKET_POLICY
    return mends and layer is Layer.RESOURCE and not crosses(request, caller)


def exemptions(request: Request, caller: Caller) -> Mapping[Layer, str]:
    """
    Return the layers that do not apply to *request*, each with the reason.

    SCPs are for users and roles of member accounts, and their root; RCPs for resources of member accounts, of
    the services that support them.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    context, found = request.context.folded, {}
    management = context.get("aws:principalorgmasteraccountid", ())
    if reason := _beyond_controls(request):
        found[Layer.RESOURCE_CONTROL] = reason
    if request.resource_account in management:
        found[Layer.RESOURCE_CONTROL] = "the resource is in the management account"
    if caller.account in management:
        found[Layer.SERVICE_CONTROL] = "the principal is in the management account"
    if caller.kind in _OUTSIDE:
        found[Layer.SERVICE_CONTROL] = "the principal is in no account"
    if caller.linked or _LINKED_ROLE in " ".join(context.get("aws:principalarn", ())):
        found = dict.fromkeys((Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL), "the principal is a service-linked role")
    return found


def _beyond_controls(request: Request) -> str | None:
    """
    Return why no RCP reaches what is asked for, or None.

    Which key of KMS AWS manages shows in its alias alone; a request that has none is taken to be for a key of
    the customer's.
    """
    service = request.folded_action.partition(":")[0]
    if reason := _without_rcps(service):
        return reason
    if request.folded_action in _BEYOND_RCPS:
        return f"{request.action} is not subject to it"
    if service == "kms" and any(alias.startswith(_AWS_ALIAS) for alias in _aliases(request)):
        return "the key is managed by AWS"
    if request.folded_action in _ASSUMING and _LINKED_ROLE in request.resource:
        return "the role is service-linked"
    return None


@lru_cache(maxsize=1024)
def _without_rcps(service: str) -> str | None:
    return None if service in rcp_services() else f"{service} is not among the services that support it"


def _aliases(request: Request) -> Iterator[str]:
    """Yield what the request says about the aliases of its key."""
    arn = Arn.parse(request.resource)
    yield arn.resource if arn else request.resource
    for key in _ALIAS_KEYS:
        yield from request.context.folded.get(key, ())
