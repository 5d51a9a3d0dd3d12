"""
The policies that recorded calls are asked of, by who called: those that are given, and nothing in the place of others.

A layer that is not given is taken to allow: the question is what the given ones change, not whether the account as a
whole would let a call through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.events.call import RecordedPrincipal
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy
from rolemgr.iam.wildcards import matches

Place: TypeAlias = tuple[Layer, int | None, int]
"""A policy: its layer, level and number."""
_EVERYTHING: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_ALLOW: Final = {"Version": "2012-10-17", "Statement": [_EVERYTHING]}
_OPEN: Final = ResourcePolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{**_EVERYTHING, "Principal": "*"}]}
)
"""The policy of a resource that lets everybody in, in the place of one that is not given."""
UNTOLD: Final = "who called can't be told"
_IN_ACCOUNTS: Final = frozenset({"IAMUser", "AssumedRole", "Root", "FederatedUser", "Role"})


class GivenPolicy(NamedTuple):
    """A *document* that is given as a *layer*, and the *source* that messages name: a file, perhaps with a role."""

    layer: Layer
    document: IdentityPolicy | ResourcePolicy
    source: str


@dataclass(frozen=True, eq=False)
class AskedPolicies:
    """
    Policies ready to be asked, the *sources* of each, which *layers* are among them, and what has no text.

    *ask_services* decides where a service calls for itself: it has no policies of its own.
    """

    ask: PartlyKnownLayers
    ask_services: PartlyKnownLayers
    sources: Mapping[Place, str]
    layers: frozenset[Layer]
    missing: MissingPolicies = NONE_MISSING

    def ask_about(self, principal: RecordedPrincipal) -> PartlyKnownLayers:
        """
        Return what decides about *principal*: a service has no policies of its own, and needs the resource's.

        That is not given, and taken to allow. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
        """
        return self.ask_services if principal.kind == "AWSService" else self.ask


def asked_policies(
    given: Sequence[GivenPolicy], levels: Mapping[Layer, Sequence[Sequence[GivenPolicy]]] | None = None,
    missing: MissingPolicies = NONE_MISSING,
) -> AskedPolicies:  # fmt: skip
    """
    Return the policies *given* ready to be asked; *levels* are SCPs and RCPs by their level of the organization.

    What is *missing* decides too, and nobody has its text; a boundary that is given is not missing.

    An identity policy that is not given allows everything, for every caller.
    """
    by: dict[Layer, list[GivenPolicy]] = {}
    for one in given:
        by.setdefault(one.layer, []).append(one)
    sources: dict[Place, str] = {}
    for layer, several in by.items():
        level = 0 if layer in (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL) else None
        sources |= {(layer, level, number): one.source for number, one in enumerate(several)}
    leveled = {layer: [list(level) for level in found] for layer, found in (levels or {}).items()}
    for layer in (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL):
        if layer in by:
            leveled[layer] = [by[layer]]
    for layer, found in leveled.items():
        for level, several in enumerate(found):
            sources |= {(layer, level, number): one.source for number, one in enumerate(several)}
    identity = [one.document for one in by.get(Layer.IDENTITY, ()) if isinstance(one.document, IdentityPolicy)]
    boundary: Any = [one.document for one in by.get(Layer.PERMISSIONS_BOUNDARY, ())]
    policies = Policies(
        identity=tuple(identity) or (IdentityPolicy.model_validate(_ALLOW),),
        permissions_boundary=boundary[0] if boundary else None,
        service_control=_documents(leveled.get(Layer.SERVICE_CONTROL, ())),
        resource_control=_documents(leveled.get(Layer.RESOURCE_CONTROL, ())),
    )
    if boundary:
        missing = missing._replace(boundaries=())
    return AskedPolicies(
        PartlyKnownLayers(policies), PartlyKnownLayers(replace(policies, resource=_OPEN)), sources,
        frozenset({*by, *leveled}), missing,
    )  # fmt: skip


def _documents(levels: Sequence[Sequence[GivenPolicy]]) -> Any:
    return tuple(tuple(one.document for one in level) for level in levels if level)


class NotAsked(NamedTuple):
    """Why the given policies have no say in a request."""

    reason: str


@dataclass(frozen=True, eq=False)
class ReplayedPolicies:
    """
    What is asked about whom: *everybody*, or those alone that *of* names by their ARN.

    *only* are patterns of ARNs: nobody else's calls are looked at. *context* has condition keys that all requests have.
    """

    everybody: AskedPolicies | None
    of: Mapping[str, AskedPolicies] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accounts: Mapping[str, AskedPolicies] = field(default_factory=dict)
    """What is asked about whoever else is in an account, and about no other account."""

    def about(self, principal: RecordedPrincipal) -> AskedPolicies | NotAsked:
        """Return the policies that decide about what *principal* asks for, or why none of them does."""
        if self.only and not any(is_meant(one, principal) for one in self.only):
            return NotAsked("somebody else called, and not whom --principal names" if principal.is_told else UNTOLD)
        found = self._of(principal) or self.accounts.get(principal.account or "") or self.everybody
        if found is None:
            return NotAsked("the policies are of other principals" if principal.is_told else UNTOLD)
        if principal.kind in _IN_ACCOUNTS and (principal.arn or principal.role):
            return found
        if Layer.RESOURCE_CONTROL in found.layers and (principal.arn or principal.account):
            return found
        return NotAsked(_why_not(principal))

    def _of(self, principal: RecordedPrincipal) -> AskedPolicies | None:
        if principal.role:
            return self._by_name.get((principal.account, principal.role))
        return self.of.get(principal.arn or "")

    @cached_property
    def _by_name(self) -> Mapping[tuple[str | None, str], AskedPolicies]:
        """The policies of roles by account and name, for sessions whose events do not have the role's ARN."""
        parsed = ((Arn.parse(arn), policies) for arn, policies in self.of.items())
        return {
            (arn.account, arn.resource.rpartition("/")[2]): policies
            for arn, policies in parsed if arn and arn.resource.startswith("role/")
        }  # fmt: skip


def is_meant(pattern: str, principal: RecordedPrincipal) -> bool:
    """
    Tell whether *pattern*, of names or of ARNs, means *principal*.

    A role whose path is not told is meant where its path may be that of the pattern.
    """
    if principal.role:
        return _may_mean(pattern, principal.account or "*", principal.role)
    arn = principal.arn or ""
    if pattern.startswith("arn:"):
        return matches(pattern, arn)
    parsed = Arn.parse(arn)
    return parsed is not None and matches(pattern, parsed.resource.rpartition("/")[2])


def _may_mean(pattern: str, account: str, role: str) -> bool:
    parsed = Arn.parse(pattern)
    if not pattern.startswith("arn:"):
        return matches(pattern, role)
    if parsed is None or not matches(parsed.account, account):
        return False
    kind, slash, name = parsed.resource.rpartition("/")
    return matches(parsed.resource, f"role/{role}") or (
        slash == "/" and kind.startswith("role") and matches(name, role)
    )


def _why_not(principal: RecordedPrincipal) -> str:
    if principal.kind == "AWSService":
        return "a service of AWS called as itself, which these policies do not bind"
    if principal.kind == "AWSAccount":
        return "a principal of another account called, which these policies do not bind"
    if principal.is_told:
        return f"{principal.kind}: no user or role of an account, which these policies bind"
    return UNTOLD
