"""
Roles that differ by their account alone, under the same layers: what is proven of one is proven of all.

An organization has the same roles in hundreds of accounts. They are told to be alike by what they are composed from,
which says all that their documents say. An account that a layer names, or that has something of its own in the
blueprint, is like no other.
"""

import re
from collections.abc import Iterator
from typing import Final

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.model.layer_pattern import LayerKind

_ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_STAND_IN: Final = "\0"
"""No value can hold this character."""


def alike(blueprint: ComposedBlueprint, around: RoleLayers) -> Iterator[tuple[PlacedRole, ...]]:
    """Yield the roles of *blueprint* in groups of those that are alike, in the order of their first ones."""
    groups: dict[tuple[object, ...], list[PlacedRole]] = {}
    apart = frozenset((*_owners(blueprint), *_named(blueprint)))
    for placed in blueprint.roles:
        groups.setdefault(_likeness(around, placed, apart), []).append(placed)
    yield from map(tuple, groups.values())


def _owners(blueprint: ComposedBlueprint) -> Iterator[str]:
    """Yield the accounts that have something of their own: named in the file, or with a policy."""
    value = blueprint.source.value
    for section in (value.buckets, value.keys, value.repositories, value.registries, value.endpoints):
        yield from (place.partition("/")[0] for place in section)
    yield from (one.account for one in blueprint.policies)


def _named(blueprint: ComposedBlueprint) -> Iterator[str]:
    """Yield the accounts that a policy of the organization names, also one that stands above others' resources."""
    texts = (one.text for level in blueprint.layers for one in level.documents.policies)
    ids = frozenset(found for text in texts for found in _ACCOUNT.findall(text))
    yield from (name for name, account in blueprint.source.value.accounts.items() if account.id in ids)


def _likeness(around: RoleLayers, placed: PlacedRole, apart: frozenset[str]) -> tuple[object, ...]:
    """
    Return what is equal for roles that are alike: all that was chosen for them, their flows, and what stands above.

    By its flows a role is named in the policies of what others share; one that was given the same by hand is not.
    """
    spec = placed.role.spec
    above = [one for kind in LayerKind for level in around.named_above(placed.account, kind) for one in level]
    chosen = repr(spec).replace(spec.account, _STAND_IN)
    flows = tuple((one.name, one.target.place, one.values.get("prefixes")) for one in placed.flows)
    return chosen, flows, tuple(map(id, above)), placed.account if placed.account in apart else None
