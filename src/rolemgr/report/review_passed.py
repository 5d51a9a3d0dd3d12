"""What the roles that a role passes may do and it may not: what work that it starts adds to it."""

from collections.abc import Iterator, Sequence
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.render.documents import render
from rolemgr.report.review_can import held_within_limits
from rolemgr.report.review_resources import WRITING, granted, short_arn
from rolemgr.report.statements import access_level
from rolemgr.separation.closure import closure_of, passed_roles

_SHOWN: Final = 3
"""How many capabilities and prefixes of a passed role are named."""
_FEW: Final = 3
"""How many passed roles are told at some length; each of more gets a line."""
_TOLD: Final = frozenset({"pass a role to SageMaker", "write the models prefix"})
"""Capabilities that are told otherwise: by the roles that are passed, and by the prefixes that are written."""
_PUT: Final = "s3:PutObject"


def adds(role: ComposedRole, documents: RoleDocuments, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield for each role that *role* passes, and that the catalog knows, what it may do besides."""
    known = {one.spec.arn: one for one in closure_of(catalog, role).known}
    passed = [known[one.arn] for one in passed_roles(catalog, role) if one.persona and one.arn in known]
    held = held_within_limits(role, documents) if passed else ()
    for other in passed:
        able = [one for one in held_within_limits(other, render(other)) if one not in held and one not in _TOLD]
        prefixes = [f"write {some}" for some in _by_bucket(_prefixes(role, other), whole=whole)]
        actions = sorted(_writes(other) - _writes(role))
        told = [_actions(actions, count_alone=bool(able or prefixes), whole=whole)] if actions else []
        texts = [*able, *prefixes, *told] if whole else [*able[:_SHOWN], *prefixes, *told]
        if len(passed) > _FEW and not whole:
            texts = told or [*able, *prefixes][:1]
        more = "; ".join(texts) or "change nothing of a kind that this role may not change"
        yield f"{short_arn(other.spec.arn)} may also: {more}"


def _some(names: Sequence[str], most: int, *, whole: bool, what: str = "") -> str:
    kept = names if whole else names[:most]
    more = f" and {len(names) - len(kept)} more{what}" if len(names) > len(kept) else ""
    return f"{', '.join(kept)}{more}"


def _actions(names: Sequence[str], *, count_alone: bool, whole: bool) -> str:
    """Return *names*, on the page the first, or where other things say more how many there are."""
    if count_alone and not whole and len(names) > 1:
        return f"{len(names)} more actions"
    return _some(names, 1, whole=whole, what=" actions")


def _by_bucket(places: Sequence[str], *, whole: bool) -> Iterator[str]:
    """Yield *places*, patterns of objects, for each bucket: its name once, before its prefixes."""
    found: dict[str, list[str]] = {}
    for one in places:
        bucket, _, prefix = one.partition("/")
        found.setdefault(bucket, []).append(prefix.removesuffix("*"))
    for bucket, prefixes in found.items():
        first = sorted(prefixes, key=lambda one: (one.count("/"), one))
        yield f"{bucket}/*" if "" in prefixes else f"{bucket}/ {_some(first, _SHOWN, whole=whole)}"


def _writes(role: ComposedRole) -> set[str]:
    return {action for action, _ in granted(role) if access_level(action) in WRITING and action != "iam:PassRole"}


def _prefixes(role: ComposedRole, other: ComposedRole) -> list[str]:
    """Return where *other* writes objects and *role* may not: beyond its patterns, or where its Denies forbid it."""
    mine, theirs = _objects_put(role), _objects_put(other)
    denied, denied_there = _denied(role), _denied(other)
    beyond = [one for one in theirs if not any(contains(wide, one) for wide in mine)]
    forbidden = [one for one in denied if any(contains(wide, one) for wide in theirs)]
    return [short_arn(one) for one in dict.fromkeys((*forbidden, *beyond)) if one not in denied_there]


def _objects_put(role: ComposedRole) -> list[str]:
    return [resource for action, resource in granted(role) if action == _PUT]


def _denied(role: ComposedRole) -> list[str]:
    return [
        resource
        for one in role.unfolded
        if one.effect is Effect.DENY and not one.conditions and _PUT in one.actions
        for resource in one.resources
    ]
