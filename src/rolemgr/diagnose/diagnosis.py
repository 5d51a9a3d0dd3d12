"""What a diagnosis is made from, what it answers, and the name of a statement with its file or catalog lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.diagnose.alternatives import (
    RoleInCatalog,
)
from rolemgr.diagnose.unknown import Hanging, hanging
from rolemgr.evaluate.explain import Explanation
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies, Outcome
from rolemgr.evaluate.policies import Layer, Policies, StatementRef, groups_of
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import ResourcePolicy, TrustPolicy
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.reference.quirks import may_be_star
from rolemgr.reference.services import find_action

SourceOf = Mapping[tuple[Layer, int | None, int], str]
"""The file of each policy that has one: by layer, level and place."""


Answer: TypeAlias = Outcome | Literal["RefusedByAWS"]
"""A decision, that it hangs on what nobody told, or that AWS refuses it whatever policies say."""


@dataclass(frozen=True, eq=False)
class KnownLayers:
    """
    What a diagnosis is made from: the layers, and where there is one the role with its catalog.

    *trust* is the role's own trust policy, *keys* the KMS keys that its data is encrypted with, *key_policy*
    their policy. *missing* are policies of the role whose text nobody has.
    """

    policies: Policies
    subject: RoleInCatalog | None = None
    statements: Mapping[str, ComposedStatement] = field(default_factory=dict)
    """The role's statements by Sid."""
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    """By Sid the catalog lines that cover the request; `judge` sets them, request by request."""
    sources: SourceOf = field(default_factory=dict)
    trust: TrustPolicy | None = None
    keys: tuple[str, ...] = ()
    key_policy: ResourcePolicy | None = None
    missing: MissingPolicies = NONE_MISSING
    named: Layer | None = None
    """The layer that AWS names: it comes first."""
    absent: frozenset[str] = frozenset()
    """Condition keys, in lower case, that the request is known not to have had."""
    silent: str = "the message does not"
    """Who does not tell a condition key."""
    any_resource: bool = False
    """Whether nobody told the resource: a request on `*` then stands for one on a resource that is not known."""

    @property
    def sids(self) -> frozenset[str]:
        """The Sids of all statements in the policies."""
        return frozenset(at.sid for group in groups_of(self.policies) for at, _ in group.statements() if at.sid)

    def hanging(self, request: Request, policies: Policies | None = None) -> tuple[Hanging, ...]:
        """Return the statements of *policies*, or of the layers, that hang on what nobody told of *request*."""
        unknown = self.any_resource and request.resource == "*" and needs_resource(request.action)
        return hanging(request, policies or self.policies, self.absent, any_resource=unknown)


def needs_resource(action: str) -> bool:
    """Tell whether *action* is always on a resource of its own, so that `*` says that it is not known."""
    known = find_action(action)
    return bool(known and known.resource_types and known.name not in may_be_star())


class Denier(NamedTuple):
    """
    What denies: the Deny *at* its place, or where None a layer (and level) without an Allow that matches.

    A layer that AWS names and nobody gave has no place either: whether it denies, or only does not allow, AWS says.
    """

    layer: Layer
    level: int | None
    at: StatementRef | None
    origins: tuple[Origin, ...]
    source: str | None


class DiagnosedRequest(NamedTuple):
    """
    One place to look at: a request with its decision, what denies it, why, and what would allow it.

    Without a *decision* nobody gave what decides there, and *because* says what must hold.
    """

    title: str
    request: Request | None
    decision: Answer | None
    denied_by: tuple[Denier, ...] = ()
    because: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    """What would tell more, where the decision is not known."""


class Diagnosis(NamedTuple):
    """The places of a denial; what AWS has *stated*, what was *assumed*, and what else can deny."""

    places: tuple[DiagnosedRequest, ...]
    stated: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    """What AWS's message says and the given policies do not."""
    look_at: tuple[str, ...] = ()
    """Where to look then."""

    @property
    def decision(self) -> Answer:
        """The worst decision of its places: AWS denies a call where one of its requests is denied."""
        found = {place.decision for place in self.places}
        if "RefusedByAWS" in found:
            return "RefusedByAWS"
        if "ExplicitlyDenied" in found:
            return "ExplicitlyDenied"
        if "ImplicitlyDenied" in found:
            return "ImplicitlyDenied"
        return "NotKnown" if "NotKnown" in found else "Allowed"


def deniers_of(found: Explanation, given: KnownLayers) -> Iterator[Denier]:
    """Yield each Deny that decides, then each layer without an Allow that matches."""
    for at in found.evaluation.by:
        origins = given.origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ()
        yield Denier(at.layer, at.level, at, origins, _source(at, given))
    for layer, level in found.evaluation.not_allowed_by:
        yield Denier(layer, level, None, (), None)


def _source(at: StatementRef, given: KnownLayers) -> str | None:
    return given.sources.get((at.layer, at.level, at.policy))


def statement_name(at: StatementRef, given: KnownLayers) -> str:
    """Return the statement *at* with its file, or the catalog lines that it comes from."""
    places = [str(origin.location) for origin in given.origins.get(at.sid or "", ())]
    where = _source(at, given) or (", ".join(places) if at.layer is Layer.IDENTITY else None)
    name = f"`{at.sid}`" if at.sid else f"statement {at.statement}"
    return f"{at.layer} {name}" + (f" ({where})" if where else "")


MOST_VALUES = 6
