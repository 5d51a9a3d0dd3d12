"""All documents of a blueprint: each account's roles, the policies of what they share, the organization's policies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import groupby
from typing import Any, NamedTuple

from rolemgr.blueprint.draft import Draft
from rolemgr.blueprint.flows import ExpandedFlow, FlowGrant, expanded_flows, grants_of, role_additions
from rolemgr.blueprint.identity_center import wrong_in_identity_center
from rolemgr.blueprint.inherit import role_source
from rolemgr.blueprint.levels import LevelLayers, layers_of
from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, gathering, raise_all
from rolemgr.files.source import PlacedSource
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.layers.resource_policy import ComposedResourcePolicy, compose_resource_policy, merged
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.values import GivenValue
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.separation.kept import kept_promises


class PlacedRole(NamedTuple):
    """A role of the blueprint: its place, its documents, and the flows that it is part of."""

    place: str
    account: str
    """The account's name in the blueprint."""
    spec: Sourced[RoleSpec]
    role: ComposedRole
    documents: RoleDocuments
    flows: tuple[ExpandedFlow, ...]
    notes: tuple[str, ...]


class PlacedPolicy(NamedTuple):
    """The policy of something that roles of other accounts use: what it is the policy of, and the flows behind it."""

    account: str
    kind: str
    resource: str
    document: ResourcePolicy
    flows: tuple[ExpandedFlow, ...]
    composed: ComposedResourcePolicy
    """What its form in templates is made from; its own document is of some of the flows alone."""


@dataclass(frozen=True, eq=False)
class ComposedBlueprint:
    """A blueprint and all that comes of it."""

    source: Sourced[Blueprint]
    catalog: Catalog
    roles: tuple[PlacedRole, ...]
    policies: tuple[PlacedPolicy, ...]
    layers: tuple[LevelLayers, ...]
    flows: tuple[ExpandedFlow, ...]


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
    problems: list[InputError] = []
    roles: list[PlacedRole] = []
    for place in sorted(blueprint.value.roles):
        with gathering(problems):
            roles.append(_role(blueprint, catalog, place, tuple(by_role.get(place, ()))))
    specs = [(one.place, one.spec.value) for one in roles]
    raise_all([*problems, *_names_taken(blueprint, roles), *wrong_in_identity_center(blueprint, specs, flows)])
    policies = tuple(placed_policies(blueprint, catalog, flows))
    return ComposedBlueprint(blueprint, catalog, tuple(roles), policies, layers_of(blueprint, catalog), flows)


@lru_cache(maxsize=1024)
def documents_of(role: ComposedRole) -> RoleDocuments:
    """Return the documents that *role* is rendered to; raises as `render` does."""
    return render(role)


def _role(
    blueprint: Sourced[Blueprint], catalog: Catalog, place: str, flows: tuple[ExpandedFlow, ...]
) -> PlacedRole:  # fmt: skip
    spec = parse_model(_with_flows(role_source(blueprint, place), flows), RoleSpec)
    role = compose(catalog, spec)
    documents = documents_of(role)
    notes = (*role.notes, *kept_promises(catalog, spec, role))
    return PlacedRole(place, place.partition("/")[0], spec, role, documents, flows, notes)


def _with_flows(source: PlacedSource, flows: tuple[ExpandedFlow, ...]) -> PlacedSource:
    """Return the data of a role with what its *flows* add to it; the lines are those of the flows."""
    if not flows:
        return source
    draft = Draft(source.name, source)
    groups = source.data.get("add")
    if groups is not None and not isinstance(groups, list):
        draft.take(("add",), _listed(groups), source, ("add",))
    own = source.data.get("parameter")
    own = own if isinstance(own, dict) else {}
    for group, parameters in role_additions(flows).items():
        where = next(flow.where for flow in flows if flow.pattern.value.group == group)
        if group not in _listed(groups):
            draft.append("add", group, where, "flows")
        for name, values in parameters.items():
            draft.add(("parameter", name), sorted({*_listed(own.get(name)), *values}), where, "flows")
    return draft.source()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _names_taken(blueprint: Sourced[Blueprint], roles: Sequence[PlacedRole]) -> Iterator[InputError]:
    """Yield an error for each role whose name another role of its account has."""
    seen: dict[tuple[str, str], str] = {}
    for one in roles:
        key = (one.role.spec.account, one.role.spec.role_name.lower())
        if key in seen:
            problem = f"`{one.role.spec.role_name}` is also the name of `{seen[key]}`, in the same account"
            yield InputError(blueprint.at("roles", one.place), problem, "give one of them a `name`")
        seen[key] = one.place


def placed_policies(
    blueprint: Sourced[Blueprint], catalog: Catalog, flows: tuple[ExpandedFlow, ...]
) -> Iterator[PlacedPolicy]:
    """Yield the policy of each resource that another account's roles use."""
    for (kind, resource), grants in groupby(grants_of(flows), key=lambda one: (one.kind, one.resource)):
        yield _policy(blueprint, catalog, kind, resource, list(grants))


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


def _given(
    blueprint: Sourced[Blueprint], declared: Mapping[str, object], grant: FlowGrant
) -> dict[str, GivenValue]:  # fmt: skip
    where = grant.flows[0].where
    given = {name: GivenValue(values, where) for name, values in grant.values}
    organization = blueprint.value.organization
    if organization and "organization" in declared:
        given["organization"] = GivenValue((organization.id,), blueprint.at("organization", "id"))
    return given
