"""What the roles that a role passes may do and it may not: what work that it starts adds to it."""

from collections.abc import Iterator, Sequence
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.change.weight import weight_of
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import around_variables
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.render.documents import render
from rolemgr.report.review_can import held_within_limits
from rolemgr.report.review_resources import WRITING, granted, short_arn, short_name
from rolemgr.report.statements import access_level
from rolemgr.separation.closure import closure_of, passed_roles

_SHOWN: Final = 2
_RISKIEST: Final = 1
"""How many of the actions that a passed role adds are named: the riskiest."""
"""How many capabilities and prefixes of a passed role are named."""
_TOLD: Final = frozenset({"pass a role to SageMaker", "write the models prefix"})
"""Capabilities that are told otherwise: by the roles that are passed, and by the prefixes that are written."""
_PUT: Final = "s3:PutObject"


def adds(role: ComposedRole, documents: RoleDocuments, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield for each role that *role* passes, and that the catalog knows, what it may do besides."""
    passed = _passed(role, catalog)
    held = held_within_limits(role, documents) if passed else ()
    for other in sorted(passed, key=lambda one: -len(_objects_beyond(role, one))):
        able = [one for one in held_within_limits(other, render(other)) if one not in held and one not in _TOLD]
        actions = sorted(
            _writes(other) - _writes(role), key=lambda name: (weight_of((name,)), ":Create" not in name, name)
        )
        short = [name.removeprefix("sagemaker:") for name in actions]
        told = [_some(short, _RISKIEST, whole=whole, what=" actions")] if actions else []
        texts = [*(able if whole else able[:_SHOWN]), *_objects(role, other, whole=whole), *told]
        more = "; ".join(texts) or "change nothing of a kind that this role may not change"
        yield f"{short_arn(other.spec.arn)} may also: {more}"


def _risk(name: str) -> tuple[int, bool, str]:
    return weight_of((name,)), ":Create" not in name, name


def written_by_passed(role: ComposedRole, catalog: Catalog, *, whole: bool) -> str:
    """Return in words that roles which *role* passes may write what its Denies take out; nothing where none may."""
    denied = set(_denied(role))
    beyond = denied.intersection(one for other in _passed(role, catalog) for one in _objects_beyond(role, other))
    some = "" if beyond == denied else " in some"
    return f" (roles it passes may{some}{'' if whole else ': RUNS'})" if beyond else ""


def _passed(role: ComposedRole, catalog: Catalog) -> list[ComposedRole]:
    known = {one.spec.arn: one for one in closure_of(catalog, role).known}
    return [known[one.arn] for one in passed_roles(catalog, role) if one.persona and one.arn in known]


def _some(names: Sequence[str], most: int, *, whole: bool, what: str = "") -> str:
    kept = names if whole or len(names) <= most + 1 else names[:most]
    more = f" and {len(names) - len(kept)} more{what}" if len(names) > len(kept) else ""
    return f"{', '.join(kept)}{more}"


def _objects(role: ComposedRole, other: ComposedRole, *, whole: bool) -> Iterator[str]:
    """Yield where *other* writes objects and *role* may not: buckets of the same prefixes together, with the verbs."""
    found: dict[str, list[str]] = {}
    for one in _objects_beyond(role, other):
        bucket, prefix = _bucket_and_key(one)
        found.setdefault(bucket, []).append(prefix.removesuffix("*"))
    together: dict[tuple[str, ...], list[str]] = {}
    for bucket, prefixes in found.items():
        together.setdefault(tuple(sorted(prefixes, key=lambda one: (one.count("/"), one))), []).append(bucket)
    for places, buckets in together.items():
        named = [*map(short_name, places if whole else _by_parent(places))]
        where = f"{_some(named, _SHOWN, whole=whole)} of {_these(buckets, role)}" if "" not in places else (
            f"all of {_these(buckets, role)}{_but(other, buckets)}"
        )  # fmt: skip
        yield f"write {where} ({_verbs(other, buckets, places)})"


def _by_parent(prefixes: Sequence[str]) -> list[str]:
    """Return *prefixes*, those below one folder as one: `model-monitor/.../`."""
    parents = [one.partition("/")[0] for one in prefixes]
    return list(
        dict.fromkeys(
            f"{parent}/.../" if parents.count(parent) > 1 and "/" in one.rstrip("/") else one
            for parent, one in zip(parents, prefixes, strict=True)
        )
    )


def _these(buckets: Sequence[str], role: ComposedRole) -> str:
    if len(buckets) > 1 and set(buckets) == set(role.spec.bucket):
        return "both buckets" if len(buckets) == len(_PAIR) else f"all {len(buckets)} buckets"
    return " and ".join(map(short_name, buckets))


def _bucket_and_key(arn: str) -> tuple[str, str]:
    """Return the bucket and the key that *arn* names; a slash within a variable (a tag's) parts nothing."""
    pieces = around_variables(arn.rpartition(":::")[2])
    for place, piece in enumerate(pieces):
        if place % 2 == 0 and "/" in piece:
            bucket, _, key = piece.partition("/")
            return "".join((*pieces[:place], bucket)), "".join((key, *pieces[place + 1 :]))
    return "".join(pieces), ""


_PAIR: Final = ("one", "other")


def _but(other: ComposedRole, buckets: Sequence[str]) -> str:
    """Return the prefixes of *buckets* that *other* is denied."""
    places = map(_bucket_and_key, _denied(other))
    spared = {short_name(prefix.removesuffix("*")) for bucket, prefix in places if bucket in buckets}
    return f" except {' '.join(sorted(spared))}" if spared else ""


def _verbs(other: ComposedRole, buckets: Sequence[str], prefixes: Sequence[str]) -> str:
    """Return what *other* does to objects of *prefixes* in all of *buckets*: deletion where nothing denies it there."""
    places = [f"arn:{other.spec.partition_name}:s3:::{bucket}/{one}*" for bucket in buckets for one in prefixes]
    verbs = {"put": _PUT, "delete": "s3:DeleteObject"}
    return ", ".join(
        verb for verb, action in verbs.items()
        if any(_reaches(other, action, place) for place in places)
    )  # fmt: skip


def _reaches(other: ComposedRole, action: str, place: str) -> bool:
    denied = any(contains(one, place) for one in _denied(other, action))
    return not denied and any(contains(one, place) for name, one in granted(other) if name == action)


def _writes(role: ComposedRole) -> set[str]:
    return {action for action, _ in granted(role) if access_level(action) in WRITING and action != "iam:PassRole"}


def _objects_beyond(role: ComposedRole, other: ComposedRole) -> list[str]:
    """Return where *other* writes objects and *role* may not: beyond its patterns, or where its Denies forbid it."""
    mine, theirs = _objects_put(role), _objects_put(other)
    denied, denied_there = _denied(role), _denied(other)
    beyond = [one for one in theirs if not any(contains(wide, one) for wide in mine)]
    forbidden = [one for one in denied if any(contains(wide, one) for wide in theirs)]
    found = dict.fromkeys((*forbidden, *beyond))
    return [one for one in found if not any(contains(deny, one) for deny in denied_there)]


def _objects_put(role: ComposedRole) -> list[str]:
    return [resource for action, resource in granted(role) if action == _PUT]


def _denied(role: ComposedRole, action: str = _PUT) -> list[str]:
    return [
        resource
        for one in role.unfolded
        if one.effect is Effect.DENY and not one.conditions and action in one.actions
        for resource in one.resources
    ]
