"""
From shares to statements: what can stand in one statement without saying more does.

Two merges are exact whatever the actions are: statements of equal effect, resources and conditions join
their actions, and statements of equal effect, actions and conditions join their resources. Each statement
keeps all the catalog statements that it came from, and a Sid that still says what it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count

from rolemgr.compose.distribute import ANY, Share
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement, MergedPart, Origin

_SID_LENGTH = 64
_WITHOUT_RESOURCE_LEVEL = "NoResourceLevelPermissions"
"""IAM's own term for actions that know no resource but ``*``."""


def merge(shares: Iterable[Share]) -> tuple[ComposedStatement, ...]:
    """Return the statements of *shares*: Allows before Denies, in the order of group and catalog statement."""
    by_resources = _together(([share] for share in sorted(shares, key=_order)), lambda part: part[0].resources)
    groups = _together(by_resources, lambda part: frozenset(share.action for share in part))
    sids = _sids(groups)
    return tuple(_statement(sid, group) for sid, group in zip(sids, groups, strict=True))


def _together(parts: Iterable[list[Share]], same: Callable[[list[Share]], object]) -> list[list[Share]]:
    """Join the *parts* of equal effect and conditions that are the *same*, in the order of their first."""
    joined: dict[object, list[Share]] = {}
    for part in parts:
        joined.setdefault((part[0].effect, part[0].conditions, same(part)), []).extend(part)
    return list(joined.values())


def _order(share: Share) -> tuple[object, ...]:
    origin = share.origin
    late = share.resources == ANY and not share.conditions
    return (
        share.effect is Effect.DENY,
        late,
        origin.group,
        origin.location.line or 0,
        share.action,
        share.resources,
    )


def _statement(sid: str, shares: Sequence[Share]) -> ComposedStatement:
    first = shares[0]
    actions = tuple(sorted({share.action for share in shares}))
    resources = tuple(sorted({resource for share in shares for resource in share.resources}))
    origins = _origins(shares)
    parts = tuple(MergedPart(one.origin, one.action, one.resources) for one in shares) if len(origins) > 1 else ()
    return ComposedStatement(sid, first.effect, actions, resources, first.conditions, origins, parts)


def _origins(shares: Sequence[Share]) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(share.origin for share in shares))


def _sids(groups: Sequence[Sequence[Share]]) -> list[str]:
    """
    Return a Sid for each group of shares: unique, and as near to the author's as can be.

    A catalog statement that stays whole keeps its Sid; of one that fell apart, the largest part keeps it
    and the others add their resource type, or the condition key that sets them apart.
    """
    largest = _largest_parts(groups)
    taken: set[str] = set()
    return [_unique(_wish(place, group, largest), group, taken) for place, group in enumerate(groups)]


def _largest_parts(groups: Sequence[Sequence[Share]]) -> Mapping[Origin, int]:
    """Return for each catalog statement the group of shares that holds most of its actions."""
    counts: dict[Origin, dict[int, int]] = {}
    for place, group in enumerate(groups):
        for share in group:
            parts = counts.setdefault(share.origin, {})
            parts[place] = parts.get(place, 0) + (share.resources != ANY or share.effect is Effect.DENY)
    return {origin: max(parts, key=lambda place: (parts[place], -place)) for origin, parts in counts.items()}


def _wish(place: int, group: Sequence[Share], largest: Mapping[Origin, int]) -> str:
    first = group[0]
    if first.resources == ANY and not first.conditions and first.effect is Effect.ALLOW:
        return _WITHOUT_RESOURCE_LEVEL
    whole = [origin.sid for origin in _origins(group) if largest[origin] == place]
    return _joined(list(dict.fromkeys(whole))) if whole else first.origin.sid + _types(first)


def _types(share: Share) -> str:
    """Return the resource types of *share* as the end of a Sid."""
    return "".join(map(_camel, share.types or ("any",)))


def _joined(sids: list[str]) -> str:
    """Return ``A``, ``AAndB``, or as many as fit and ``AndOthers``."""
    while len("And".join(sids)) > _SID_LENGTH:
        sids = [*sids[: -1 if sids[-1] != "Others" else -2], "Others"]
        if len(sids) == 1:
            break
    return "And".join(sids)


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _unique(wish: str, group: Sequence[Share], taken: set[str]) -> str:
    """Return *wish* in IAM's length; where it is *taken*, with the resource types behind it, or a number."""
    endings = chain(("", _types(group[0])), map(str, count(2)))
    sid = next(sid for ending in endings if (sid := wish[: _SID_LENGTH - len(ending)] + ending) not in taken)
    taken.add(sid)
    return sid
