"""
Roles at their places in a blueprint, composed when somebody asks what is in them.

An organization has the same roles in thousands of accounts, and no machine holds the documents of all of them at once.
Each role is known by its place, its ARN and its `RoleClass`; one of each class is composed to see that it can be, and
the last that were asked for are kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from rolemgr.blueprint.draft import Draft
from rolemgr.blueprint.flows import ExpandedFlow, role_additions
from rolemgr.blueprint.identity_center import caller_arn, is_permission_set
from rolemgr.blueprint.inherit import role_source
from rolemgr.catalog.folders import FOLDERS
from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.files.source import PlacedSource, read_text
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust_text import default_trust
from rolemgr.render.documents import render
from rolemgr.separation.kept import kept_promises

ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
"""The id of an account in a text."""
STAND_IN: Final = "\0"
"""What stands for an account's id while texts are compared: no value can hold this character."""
_KEPT: Final = 512
"""How many composed roles are kept, about 0.2 MB each."""


class MadeRole(NamedTuple):
    """What is composed of a role."""

    spec: Sourced[RoleSpec]
    role: ComposedRole
    documents: RoleDocuments


class _Maker(Protocol):
    """What gives the documents of roles, by place."""

    def made(self, place: str) -> MadeRole:
        """Return what is composed of the role at *place*."""

    def notes(self, place: str) -> tuple[str, ...]:
        """Return what composing it left open."""


@dataclass(frozen=True, eq=False)
class RoleClass:
    """Roles that differ by the id of their account alone in all that they are composed from."""

    first: str
    """The place of the first of them."""


class PlacedRole:
    """A role of the blueprint: its place, its ARN, the flows that it is part of, and its documents when asked for."""

    __slots__ = (
        "_maker", "account", "account_id", "arn", "caller_arn", "flows", "is_permission_set", "likeness", "persona",
        "place",
    )  # fmt: skip

    def __init__(
        self, place: str, spec: RoleSpec, flows: tuple[ExpandedFlow, ...], likeness: RoleClass,
        maker: _Maker,
    ) -> None:  # fmt: skip
        """Take what is known of the role at *place*, that of *spec*; *maker* composes it."""
        self.place, self.flows, self.likeness, self._maker = place, flows, likeness, maker
        self.persona = spec.persona
        self.account = place.partition("/")[0]
        """The account's name in the blueprint."""
        self.account_id, self.arn, self.caller_arn = spec.account, spec.arn, caller_arn(spec)
        self.is_permission_set = is_permission_set(spec)

    @property
    def spec(self) -> Sourced[RoleSpec]:
        """What was chosen for it, each value with its line."""
        return self._maker.made(self.place).spec

    @property
    def role(self) -> ComposedRole:
        """The role as composed."""
        return self._maker.made(self.place).role

    @property
    def documents(self) -> RoleDocuments:
        """Its documents."""
        return self._maker.made(self.place).documents

    @property
    def notes(self) -> tuple[str, ...]:
        """What composing it left open."""
        return self._maker.notes(self.place)

    def altered(self, **parts: Any) -> "PlacedRole":
        """Return the role with other *parts* than it is composed to, of a `MadeRole`: it is like no other then."""
        made = self._maker.made(self.place)._replace(**parts)
        return PlacedRole(self.place, made.spec.value, self.flows, RoleClass(self.place), _Altered(made, self.notes))


class _Altered:
    """A role whose documents are not those that are made of it."""

    def __init__(self, made: MadeRole, notes: tuple[str, ...]) -> None:
        self._made, self._notes = made, notes

    def made(self, _place: str) -> MadeRole:
        return self._made

    def notes(self, _place: str) -> tuple[str, ...]:
        return self._notes


@lru_cache(maxsize=1024)
def documents_of(role: ComposedRole) -> RoleDocuments:
    """Return the documents that *role* is rendered to; raises as `render` does."""
    return render(role)


class RoleMaker:
    """Composes the roles of a blueprint: one of each class at once, the others when they are asked for."""

    def __init__(
        self, blueprint: Sourced[Blueprint], catalog: Catalog, flows: Mapping[str, tuple[ExpandedFlow, ...]]
    ) -> None:
        """Take what the roles are composed from; *flows* are those of each role, by place."""
        self._blueprint, self._catalog, self._flows = blueprint, catalog, flows
        self._classes: dict[tuple[object, ...], RoleClass] = {}
        self._apart = frozenset(_ids_in(catalog))
        self._callers: dict[str, list[ExpandedFlow]] = {}
        for flow in (one for each in flows.values() for one in each if one.target.kind == "role"):
            self._callers.setdefault(flow.target.place, []).append(flow)
        self._cached = lru_cache(maxsize=_KEPT)(self._made)

    def made(self, place: str) -> MadeRole:
        """Return what is composed of the role at *place*; raises as `placed` does."""
        return self._cached(place)

    def notes(self, place: str) -> tuple[str, ...]:
        """Return what composing the role at *place* left open; raises as `placed` does."""
        spec, role, _ = self.made(place)
        return (*role.notes, *kept_promises(self._catalog, spec, role))

    def placed(self, place: str) -> PlacedRole:
        """Return the role at *place*; raise InputError (or Problems), with the line, for one that can't be."""
        spec = self.spec(place)
        key = self._key(spec.value)
        if key not in self._classes:
            self.notes(place)
            self._classes[key] = RoleClass(place)
        return PlacedRole(place, spec.value, self._flows.get(place, ()), self._classes[key], self)

    def spec(self, place: str) -> Sourced[RoleSpec]:
        """Return what was chosen for the role at *place*, its flows among it; raises as `placed` does."""
        source = _with_flows(role_source(self._blueprint, place), self._flows.get(place, ()))
        return parse_model(_with_callers(source, self._blueprint.value, self._callers.get(place, ())), RoleSpec)

    def _key(self, spec: RoleSpec) -> tuple[object, ...]:
        """Return what is equal for roles of one class; an account that the catalog names is like no other."""
        own = spec.account if spec.account in self._apart else None
        return without_account(repr(spec), spec.account), tuple(sorted(spec.model_fields_set)), own

    def _made(self, place: str) -> MadeRole:
        spec = self.spec(place)
        role = compose(self._catalog, spec)
        return MadeRole(spec, role, documents_of(role))


def without_account(text: str, account: str) -> str:
    """Return *text* with `STAND_IN` for the id of *account*, wherever that stands by itself."""
    return ACCOUNT.sub(lambda found: STAND_IN if found[0] == account else found[0], text)


def _ids_in(catalog: Catalog) -> Iterator[str]:
    """Yield the ids of accounts that the user's own entries of *catalog* name; ours name none but in examples."""
    for kind in FOLDERS:
        for one in catalog.found(kind).values():
            if not one.builtin:
                yield from ACCOUNT.findall(read_text(one.path, one.shown))
    for file in catalog.shared_files[1:]:
        yield from ACCOUNT.findall(repr(file.value))


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


def _with_callers(source: PlacedSource, blueprint: Blueprint, flows: Sequence[ExpandedFlow]) -> PlacedSource:
    """Return the data of a role with the callers that *flows* let take it among those whom it trusts."""
    if not flows:
        return source
    draft = Draft(source.name, source)
    given = source.data.get("trust", [default_trust()[0].kind])
    if not isinstance(given, list):
        given = [given]
        draft.data.pop("trust", None)
    if "trust" not in draft.data:
        for one in given:
            draft.append("trust", one, flows[0].where, "flows")
    within = f"?org-id={blueprint.organization.id}" if blueprint.organization else ""
    for flow in flows:
        draft.append("trust", f"role:{flow.values['role'][0]}{within}", flow.where, "flows")
    return draft.source()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
