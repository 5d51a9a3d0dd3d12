"""
Roles that differ by their account alone, under the same layers: what is proven of one is proven of all.

An organization has the same roles in thousands of accounts. Two are alike where the ids of their accounts can change
places in every document of the blueprint and nothing changes: they are composed from the same choices, have the same
flows, the same policies stand above them, and whatever names one of the accounts, or a role of it, names the other in
the same way. An account that has something of its own in the blueprint is like no other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.placed import ACCOUNT, STAND_IN, RoleClass
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sessions import session_tags, with_tags
from rolemgr.blueprint.targets import places_of
from rolemgr.iam.documents import PolicyDocument
from rolemgr.iam.wildcards import text_glob
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.prove.proof import Answer

_Mention: TypeAlias = tuple[object, ...]
"""A place in a document that names an account: of which document, where in it, and the text around the id."""
_ANY: Final = frozenset("*?")
_PART: Final = re.compile(r"(?<![A-Za-z0-9*?])(?=[*?]*[0-9])(?=[0-9]*[*?])[0-9*?]+(?![A-Za-z])")
"""Digits with wildcards, which stand for some accounts and not for others: ``1111*``."""


class AlikeRoles:
    """The roles of a blueprint in groups of those that are alike."""

    def __init__(self, blueprint: ComposedBlueprint) -> None:
        """Sort the roles of *blueprint*."""
        self._blueprint, self._around = blueprint, RoleLayers(blueprint)
        self._roles = frozenset(one.arn for one in blueprint.roles)
        self._own = frozenset(_owners(blueprint))
        self._mentions = _mentions(blueprint)
        self._projects = _projects(blueprint)
        self._accounts: dict[str, tuple[object, ...]] = {}
        self._named: dict[RoleClass, tuple[str, ...]] = {}
        found: dict[object, list[PlacedRole]] = {}
        for placed in blueprint.roles:
            found.setdefault(likeness(self, placed), []).append(placed)
        self.groups = tuple(map(tuple, found.values()))
        """The roles that are alike, in the order of their first ones."""
        self._group = {placed.place: group for group in self.groups for placed in group}

    def first(self, placed: PlacedRole) -> PlacedRole:
        """Return the first of the roles that are like the one at *placed*: what holds for it holds for all."""
        return self._group[placed.place][0]

    def firsts(self) -> tuple[PlacedRole, ...]:
        """Return the first role of each group."""
        return tuple(group[0] for group in self.groups)

    def told_of_all(self, first: PlacedRole, answer: Answer) -> Answer:
        """Return *answer*, which was found for *first*, with the roles in words for which it holds too."""
        also = others_in_words(self._group[first.place])
        return answer._replace(problem=f"{answer.problem}{also}") if answer and also else answer

    def key(self, placed: PlacedRole) -> tuple[object, ...]:
        """Return what is equal for roles that are alike."""
        flows = tuple(flow.text.removeprefix(flow.role) for flow in placed.flows)
        return placed.likeness, flows, self._of_account(placed.account), self._there(placed)

    def _of_account(self, name: str) -> tuple[object, ...]:
        """Return what stands above an account and what names it; the account itself where it is like no other."""
        if name not in self._accounts:
            above = (one for kind in LayerKind for level in self._around.named_above(name, kind) for one in level)
            region = places_of(self._blueprint.source, name)["region"]
            named = self._mentions.get(self._blueprint.source.value.accounts[name].id, frozenset())
            own = name if name in self._own else None
            self._accounts[name] = (tuple(map(id, above)), region, named, self._projects.get(name), own)
        return self._accounts[name]

    def _there(self, placed: PlacedRole) -> tuple[bool, ...]:
        """Tell of each role of its own account that the documents of *placed* name whether the blueprint has it."""
        kind = placed.likeness
        if kind not in self._named:
            self._named[kind] = tuple(sorted(_named_roles(self._blueprint, placed)))
        return tuple(text.replace(STAND_IN, placed.account_id) in self._roles for text in self._named[kind])


def likeness(roles: AlikeRoles, placed: PlacedRole) -> object:
    """Return what is equal for roles that are alike; tests let each role stand by itself here."""
    return roles.key(placed)


@lru_cache(maxsize=2)
def alike(blueprint: ComposedBlueprint) -> AlikeRoles:
    """Return the roles of *blueprint* in groups of those that are alike."""
    return AlikeRoles(blueprint)


def others_in_words(group: tuple[PlacedRole, ...]) -> str:
    """Return in words the roles that are like the first of *group*; nothing where there are none."""
    if len(group) == 1:
        return ""
    many = f"{len(group) - 1:,} roles that are alike: {group[1].place} ..." if len(group) > 2 else group[1].place
    return f" (and of {many})"


def _owners(blueprint: ComposedBlueprint) -> Iterator[str]:
    """Yield the accounts that have something of their own: named in the file, or with a policy."""
    value = blueprint.source.value
    named = (
        value.buckets, value.keys, value.repositories, value.registries, value.endpoints, value.feature_groups,
        value.vpc_endpoints,
    )  # fmt: skip
    yield from (place.partition("/")[0] for section in named for place in section)
    yield from (one.account for one in blueprint.guards)


def _projects(blueprint: ComposedBlueprint) -> Mapping[str, tuple[str, ...]]:
    """Return the projects of each account: sessions of its roles may carry their tags."""
    found: dict[str, tuple[str, ...]] = {}
    for name, project in blueprint.source.value.projects.items():
        found[project.account] = (*found.get(project.account, ()), name)
    return found


def _named_roles(blueprint: ComposedBlueprint, placed: PlacedRole) -> Iterator[str]:
    """Yield the ARNs of single roles of its own account that *placed* names, with `STAND_IN` for the account."""
    tags = session_tags(blueprint, placed)
    found = {text for document in documents_in(placed) for _, text in _strings(document.to_json_value())}
    for text in {*found, *placed.role.acts_as}:
        for one in with_tags(text, tags) if f":{placed.account_id}:role/" in text else ():
            if _ANY.isdisjoint(one):
                yield one.replace(f":{placed.account_id}:", f":{STAND_IN}:")


def _mentions(blueprint: ComposedBlueprint) -> Mapping[str, frozenset[_Mention]]:
    """Return for the id of each account where a document of another account, or of the organization, names it."""
    ids = {one.id for one in blueprint.source.value.accounts.values()}
    found: dict[str, set[_Mention]] = defaultdict(set)
    for of, own, document in _every_document(blueprint):
        for at, text in _strings(document.to_json_value()):
            for named in ids.intersection(ACCOUNT.findall(text)) - {own}:
                found[named].add((of, at, text.replace(named, STAND_IN)))
            for part in _PART.findall(text):
                for named in filter(text_glob(part), ids):
                    found[named].add((of, at, text, part))
    return {named: frozenset(places) for named, places in found.items()}


def _every_document(blueprint: ComposedBlueprint) -> Iterator[tuple[object, str | None, PolicyDocument]]:
    """Yield what each document is of, the id of its own account where others have its like, and the document."""
    for level in blueprint.layers:
        for one in level.documents.policies:
            yield (level.path, level.kind, one.name), None, one.document
    for policy in blueprint.guards:
        yield policy.resource, None, policy.document
    seen: set[RoleClass] = set()
    for placed in blueprint.roles:
        if placed.likeness not in seen:
            seen.add(placed.likeness)
            yield from ((placed.likeness, placed.account_id, document) for document in documents_in(placed))


def documents_in(placed: PlacedRole) -> Iterator[PolicyDocument]:
    """Yield the documents of the role at *placed*, its trust policy and its boundary among them."""
    documents = placed.documents
    yield documents.trust_policy
    yield from (one.document for one in (*documents.policies, *documents.managed_policies))
    if documents.own_boundary:
        yield documents.own_boundary.document


def _strings(value: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str]]:
    """Yield each text of *value*, a document as JSON, with the keys and the number of the statement around it."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield at, key
            yield from _strings(one, (*at, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _strings(one, (*at, number) if at == ("Statement",) else at)
    else:
        yield at, str(value)
