"""What the names of a blueprint stand for: a bucket and its key, repositories, model package groups, endpoints."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rolemgr.blueprint.inherit import role_arn
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.iam.arn import PARTITIONS, partition_of
from rolemgr.model.blueprint import Blueprint, BlueprintBucket, BlueprintFeatures
from rolemgr.model.source import Sourced

_KINDS: Final = {
    "bucket": "buckets", "repository": "repositories", "registry": "registries", "endpoint": "endpoints",
    "feature-group": "feature_groups",
}  # fmt: skip
"""Where in a blueprint what flows are about stands, by the word that `flows/` has for it."""


class FlowTarget(NamedTuple):
    """What a flow is about: its name, its kind, and what its placeholders stand for."""

    place: str
    kind: str
    account: str
    """The account's name in the blueprint."""
    values: Mapping[str, tuple[str, ...]]


def target_of(blueprint: Sourced[Blueprint], place: str, where: SourceLocation, kind: str = "") -> FlowTarget:
    """
    Return what *place* names, of a *kind* that is ``role`` or not.

    Raises InputError *where* it is used, for a name of nothing or of several things.
    """
    value = blueprint.value
    if kind == "role":
        return _role_of(blueprint, place, where)
    found = [kind for kind, section in _KINDS.items() if place in getattr(value, section)]
    if not found:
        known = [name for section in _KINDS.values() for name in getattr(value, section)]
        raise UnknownNameError(where, "bucket, repository, registry, endpoint or feature group", place, known)
    if len(found) > 1:
        raise InputError(where, f"`{place}` is the name of a {' and of a '.join(found)}", "give each a name of its own")
    return _thing(blueprint, found[0], place)


def things_in(blueprint: Sourced[Blueprint]) -> Iterator[FlowTarget]:
    """Yield all that flows may be about but roles; raise InputError, with the line, for a key that is not there."""
    for kind, section in _KINDS.items():
        yield from (_thing(blueprint, kind, place) for place in getattr(blueprint.value, section))


def where_of(blueprint: Sourced[Blueprint], target: FlowTarget) -> SourceLocation:
    """Return the line of *target*, one of those that `things_in` yields."""
    return blueprint.at(_KINDS[target.kind], target.place)


def _thing(blueprint: Sourced[Blueprint], kind: str, place: str) -> FlowTarget:
    value, section = blueprint.value, _KINDS[kind]
    account = place.partition("/")[0]
    if account not in value.accounts:
        raise UnknownNameError(blueprint.at(section, place), "account", account, value.accounts)
    named = getattr(value, section)[place]
    if isinstance(named, BlueprintBucket):
        values = {"bucket": (named.name,), "key": _key(blueprint, section, place, named.key)}
    elif isinstance(named, BlueprintFeatures):
        values = {"names": named.names, "key": _key(blueprint, section, place, named.key)}
    else:
        values = {"names": named.names}
    return FlowTarget(place, kind, account, {**places_of(blueprint, account), **values})


def _role_of(blueprint: Sourced[Blueprint], place: str, where: SourceLocation) -> FlowTarget:
    if place not in blueprint.value.roles:
        raise UnknownNameError(where, "role", place, blueprint.value.roles)
    account = place.partition("/")[0]
    values = {**places_of(blueprint, account), "target_role": (role_arn(blueprint, place),)}
    return FlowTarget(place, "role", account, values)


def places_of(blueprint: Sourced[Blueprint], account: str) -> dict[str, tuple[str, ...]]:
    """Return partition, region, account id and domain of the *account* of that name."""
    known = blueprint.value.accounts[account]
    region = known.region if "region" in known.model_fields_set else _region(blueprint, known.ou)
    partition = partition_of(region)
    return {
        "partition": (partition,),
        "region": (region,),
        "account": (known.id,),
        "dns_suffix": (PARTITIONS[partition].dns_suffix,),
    }


def _region(blueprint: Sourced[Blueprint], unit: str | None) -> str:
    """Return the region of what names none: that of its unit, of all, or the first that is used."""
    value = blueprint.value
    for level in (value.ous.get(unit or ""), value):
        if level is not None and "region" in level.model_fields_set:
            return level.region
    return value.regions[0]


def _key(blueprint: Sourced[Blueprint], section: str, place: str, key: str | None) -> tuple[str, ...]:
    """Return the ARN of the *key* that what is at *place* is encrypted with, or nothing."""
    if key is None:
        return ()
    keys = blueprint.value.keys
    if key not in keys:
        raise UnknownNameError(blueprint.at(section, place, "key"), "key", key, keys)
    given = keys[key]
    if given.startswith("arn:"):
        return (given,)
    account = key.partition("/")[0]
    if account not in blueprint.value.accounts:
        raise UnknownNameError(blueprint.at("keys", key), "account", account, blueprint.value.accounts)
    home = places_of(blueprint, account)
    return (f"arn:{home['partition'][0]}:kms:{home['region'][0]}:{home['account'][0]}:key/{given}",)
