"""All documents of a blueprint: each account's roles, the policies of what they share, the organization's policies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from rolemgr.blueprint.flows import ExpandedFlow, FlowGrant, expanded_flows, grants_of
from rolemgr.blueprint.identity_center import wrong_in_identity_center
from rolemgr.blueprint.levels import LevelLayers, layers_of
from rolemgr.blueprint.placed import PlacedRole, RoleMaker
from rolemgr.blueprint.targets import places_of
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, gathering, raise_all
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement
from rolemgr.layers.resource_policy import ComposedResourcePolicy, compose_resource_policy, merged
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.share import compose_shares
from rolemgr.layers.values import GivenValue
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.share import ComposedShares
from rolemgr.model.share_pattern import SharePattern
from rolemgr.model.source import Sourced

__all__ = [
    "ComposedBlueprint", "PlacedEndpoint", "PlacedGuard", "PlacedPolicy", "PlacedRole", "PlacedShare",
    "compose_blueprint", "placed_endpoints", "placed_policies", "placed_shares",
]  # fmt: skip

_ENDPOINT: Final = "vpc-endpoint"
"""The kind of `resource_policies/` that VPC endpoints have."""


class PlacedPolicy(NamedTuple):
    """The policy of something that roles of other accounts use: what it is the policy of, and the flows behind it."""

    account: str
    kind: str
    resource: str
    document: ResourcePolicy
    flows: tuple[ExpandedFlow, ...]
    composed: ComposedResourcePolicy
    """What its form in templates is made from; its own document is of some of the flows alone."""


class PlacedShare(NamedTuple):
    """The shares of something by AWS RAM, where it has no policy of its owner's; *document* is what they come to."""

    account: str
    kind: str
    resource: str
    document: ResourcePolicy
    flows: tuple[ExpandedFlow, ...]
    shares: ComposedShares


class PlacedEndpoint(NamedTuple):
    """The policy of a VPC endpoint of an account: its place, its service, and the document."""

    account: str
    place: str
    service: str
    document: ResourcePolicy
    composed: ComposedResourcePolicy


PlacedGuard: TypeAlias = PlacedPolicy | PlacedShare
"""What decides at a resource about roles of other accounts."""


@dataclass(frozen=True, eq=False)
class ComposedBlueprint:
    """A blueprint and all that comes of it."""

    source: Sourced[Blueprint]
    catalog: Catalog
    roles: tuple[PlacedRole, ...]
    policies: tuple[PlacedPolicy, ...]
    layers: tuple[LevelLayers, ...]
    flows: tuple[ExpandedFlow, ...]
    shares: tuple[PlacedShare, ...] = ()
    endpoints: tuple[PlacedEndpoint, ...] = ()

    @property
    def guards(self) -> tuple[PlacedGuard, ...]:
        """All that decides at a resource about other accounts' roles: policies, and shares as policies."""
        return (*self.policies, *self.shares)


def compose_blueprint(blueprint: Sourced[Blueprint], catalog: Catalog) -> ComposedBlueprint:
    """
    Return the documents of *blueprint*, from the entries of *catalog*.

    Raises InputError (or Problems), with the line, for all that is wrong in it, and for a role that breaks the
    separation of its persona.
    """
    flows = expanded_flows(blueprint, catalog)
    by_role: dict[str, list[ExpandedFlow]] = {}
    for flow in flows:
        by_role.setdefault(flow.role, []).append(flow)
    maker = RoleMaker(blueprint, catalog, {place: tuple(found) for place, found in by_role.items()})
    problems: list[InputError] = []
    roles: list[PlacedRole] = []
    for place in sorted(blueprint.value.roles):
        with gathering(problems):
            roles.append(maker.placed(place))
    sets = [(one.place, maker.spec(one.place).value) for one in roles if one.is_permission_set]
    raise_all([*problems, *_names_taken(blueprint, roles), *wrong_in_identity_center(blueprint, sets, flows)])
    policies = tuple(placed_policies(blueprint, catalog, flows))
    shares = tuple(placed_shares(blueprint, catalog, flows))
    return ComposedBlueprint(
        blueprint,
        catalog,
        tuple(roles),
        policies,
        layers_of(blueprint, catalog),
        flows,
        shares,
        tuple(placed_endpoints(blueprint, catalog)),
    )


def _names_taken(blueprint: Sourced[Blueprint], roles: Sequence[PlacedRole]) -> Iterator[InputError]:
    """Yield an error for each role whose name another role of its account has."""
    seen: dict[tuple[str, str], str] = {}
    for one in roles:
        name = one.arn.rpartition("/")[2]
        key = (one.account, name.lower())
        if key in seen:
            problem = f"`{name}` is also the name of `{seen[key]}`, in the same account"
            yield InputError(blueprint.at("roles", one.place), problem, "give one of them a `name`")
        seen[key] = one.place


def placed_policies(
    blueprint: Sourced[Blueprint], catalog: Catalog, flows: tuple[ExpandedFlow, ...]
) -> Iterator[PlacedPolicy]:
    """Yield the policy of each resource that another account's roles use."""
    for (kind, resource), grants in groupby(
        grants_of(flows, _names(blueprint)), key=lambda one: (one.kind, one.resource)
    ):
        if kind in catalog.found("resource_policies"):
            yield _policy(blueprint, catalog, kind, resource, list(grants))


def placed_shares(
    blueprint: Sourced[Blueprint], catalog: Catalog, flows: tuple[ExpandedFlow, ...]
) -> Iterator[PlacedShare]:
    """Yield the shares of each resource that another account's roles use and that RAM alone lets them use."""
    for grant in grants_of(flows, _names(blueprint)):
        if grant.kind not in catalog.found("resource_policies"):
            yield _share(blueprint, catalog, grant)


def _names(blueprint: Sourced[Blueprint]) -> Mapping[str, str]:
    return {one.id: name for name, one in blueprint.value.accounts.items()}


def _share(blueprint: Sourced[Blueprint], catalog: Catalog, grant: FlowGrant) -> PlacedShare:
    pattern = catalog.share_pattern(grant.kind, grant.flows[0].pattern.at("policies"))
    given = _given(blueprint, pattern.value.parameters, grant)
    made = compose_shares(grant.kind, pattern, resource_values(grant.kind, pattern, grant.resource, given))
    flows = tuple(dict.fromkeys(grant.flows))
    return PlacedShare(grant.account, grant.kind, grant.resource, _as_policy(pattern, made), flows, made)


def _as_policy(pattern: Sourced[SharePattern], made: ComposedShares) -> ResourcePolicy:
    """Return what the shares let do: RAM writes such a policy at the resource."""
    gives = {one.permission: one.gives for one in pattern.value.shares}
    statements = tuple(
        ResourceStatement(
            sid="".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", one.name)), effect=Effect.ALLOW,
            principal={"AWS": one.principals}, action=gives[one.permission.rpartition("/")[2]], resource=one.resources,
        )
        for one in made.shares
    )  # fmt: skip
    return ResourcePolicy(version="2012-10-17", statement=statements)


def _policy(
    blueprint: Sourced[Blueprint], catalog: Catalog, kind: str, resource: str, grants: list[FlowGrant]
) -> PlacedPolicy:
    pattern = catalog.resource_pattern(kind)
    first, *more = (
        compose_resource_policy(
            kind, pattern, resource_values(kind, pattern, resource, _given(blueprint, pattern.value.parameters, grant))
        )
        for grant in grants
    )
    document = reduce(lambda there, one: merged(there, one.document).document, more, first.document)
    flows = tuple(dict.fromkeys(flow for grant in grants for flow in grant.flows))
    return PlacedPolicy(grants[0].account, kind, resource, document, flows, first)


def placed_endpoints(blueprint: Sourced[Blueprint], catalog: Catalog) -> Iterator[PlacedEndpoint]:
    """Yield the policy of each VPC endpoint: for the organization, or for the blueprint's accounts without one."""
    organization = blueprint.value.organization
    for place, one in blueprint.value.vpc_endpoints.items():
        account, where = place.partition("/")[0], blueprint.at("vpc_endpoints", place)
        values = {"service": (one.service,), "region": places_of(blueprint, account)["region"]}
        values |= {"endpoint": (one.id,)} if one.id else {}
        values |= (
            {"organization": (organization.id,)}
            if organization
            else {"accounts": tuple(sorted(blueprint.value.account_ids))}
        )
        pattern = catalog.resource_pattern(_ENDPOINT, where)
        given = {name: GivenValue(texts, where) for name, texts in values.items()}
        made = compose_resource_policy(_ENDPOINT, pattern, resource_values(_ENDPOINT, pattern, None, given))
        yield PlacedEndpoint(account, place, one.service, made.document, made)


def _given(
    blueprint: Sourced[Blueprint], declared: Mapping[str, object], grant: FlowGrant
) -> dict[str, GivenValue]:  # fmt: skip
    where = grant.flows[0].where
    given = {name: GivenValue(values, where) for name, values in grant.values}
    organization = blueprint.value.organization
    if organization and "organization" in declared:
        given["organization"] = GivenValue((organization.id,), blueprint.at("organization", "id"))
    return given
