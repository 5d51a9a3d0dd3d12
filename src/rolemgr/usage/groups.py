"""
Which activity groups of a role were used: the fewest that allow all that was, and all that no trail can show.

A request that several groups allow needs one of them; where its event does not tell which one allows it, all that may.
A group that only denies always stays, and one that denies something beside its Allows does as long as what is left of
the role allows what it denies: to leave a group out takes access away, and nothing else.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from rolemgr.audit.migrate.cover import Cover, cover
from rolemgr.audit.migrate.needs import meet
from rolemgr.evaluate.partly import MatchingAllow, PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import contains
from rolemgr.model.catalog import EntryId
from rolemgr.model.role import ComposedRole, ComposedStatement, FrozenConditions, Origin
from rolemgr.render.statements import permissions_policy
from rolemgr.usage.kept import KeepReasons
from rolemgr.usage.recorded import RecordedUse, Used

_DENIES: Final = "it only denies"
_STILL_DENIED: Final = "it denies what other groups allow"


class CatalogStatement(NamedTuple):
    """What one catalog statement brings into a role: where it comes from, and what it allows or denies."""

    origin: Origin
    statement: ComposedStatement

    @property
    def group(self) -> EntryId:
        """The activity group that has it."""
        return self.origin.group


class UntracedShare(NamedTuple):
    """An *action* on a *resource* that stays without evidence, *why*, and the groups of which one is enough for it."""

    action: str
    resource: str
    conditions: FrozenConditions
    why: str
    groups: frozenset[EntryId]


class GroupUse(NamedTuple):
    """
    An activity group, whether it *stays*, and why.

    *requests* is how many different requests it allows of those that were used, *actions* which of its actions those
    are of, and *unused* its other ones. *untraced* are those that it stays for, without evidence, each with the reason.
    """

    group: EntryId
    stays: bool
    requests: int
    actions: tuple[str, ...]
    unused: tuple[str, ...]
    untraced: tuple[tuple[str, str], ...] = ()
    why: str = ""


@dataclass(frozen=True, eq=False)
class GroupsInUse:
    """The groups of a role with their use, what the statements of its catalog are, and the requests by statement."""

    groups: tuple[GroupUse, ...]
    statements: tuple[CatalogStatement, ...]
    used: tuple[tuple[Used, tuple[MatchingAllow, ...]], ...]
    """Each request with the Allows that match it, or may: their places are those of *statements*."""
    untraced: tuple[UntracedShare, ...]
    beyond: tuple[Used, ...]
    """What was used, and no group allows: the policy of a resource does, or another policy."""
    cover: Cover

    @property
    def staying(self) -> frozenset[EntryId]:
        """The groups that stay."""
        return frozenset(one.group for one in self.groups if one.stays)


def group_statements(role: ComposedRole) -> tuple[CatalogStatement, ...]:
    """Return what each catalog statement of an activity group brings into *role*, the Allows first."""
    found = [CatalogStatement(origin, one) for each in role.statements for origin, one in _by_origin(each)]
    mine = [one for one in found if one.origin.kind == "activity group"]
    return tuple(sorted(mine, key=lambda one: one.statement.effect is Effect.DENY))


def _by_origin(statement: ComposedStatement) -> Iterator[tuple[Origin, ComposedStatement]]:
    """Yield *statement* by the catalog statements that it was made of."""
    if not statement.parts:
        yield from ((origin, statement) for origin in statement.origins)
        return
    found: dict[tuple[Origin, tuple[str, ...]], list[str]] = {}
    for part in statement.parts:
        found.setdefault((part.origin, part.resources), []).append(part.action)
    for (origin, resources), actions in found.items():
        yield (
            origin,
            replace(statement, actions=tuple(sorted(actions)), resources=resources, origins=(origin,), parts=()),
        )


def groups_in_use(role: ComposedRole, use: RecordedUse, reasons: KeepReasons) -> GroupsInUse:
    """
    Return which groups of *role* were used, and which of them stay.

    Of several that allow a request those stay that have the least to do that nobody used. Raises InputError for a
    policy that can't be read.
    """
    statements = group_statements(role)
    allows = [one for one in statements if one.statement.effect is Effect.ALLOW]
    layers = PartlyKnownLayers(Policies(identity=(permissions_policy([_without_sid(one) for one in allows]),)))
    used = tuple((one, one.by(layers)) for one in use.used)
    untraced = tuple(_untraced(allows, reasons))
    needs = [*_needs(used, statements), *(one.groups for one in untraced)]
    needed = {one.action for one, _ in used} | {one.action for one in untraced}
    chosen = _cover(needs, {name: _weight(name, allows, needed) for name in role.groups})
    staying = dict.fromkeys(chosen.chosen, "") | dict(_denying(role, statements, chosen.chosen))
    groups = tuple(_group_use(name, staying, statements, used, untraced) for name in sorted(role.groups))
    beyond = tuple(one for one, found in used if not found)
    return GroupsInUse(groups, statements, used, untraced, beyond, chosen)


def lost_shares(role: ComposedRole, untraced: Sequence[UntracedShare]) -> Iterator[UntracedShare]:
    """Yield those of *untraced* that *role* does not allow as they were."""
    allows = [one.statement for one in group_statements(role) if one.statement.effect is Effect.ALLOW]
    for share in untraced:
        if not any(
            share.action in one.actions
            and one.conditions in (share.conditions, ())
            and any(contains(text, share.resource) for text in one.resources)
            for one in allows
        ):
            yield share


def _without_sid(one: CatalogStatement) -> ComposedStatement:
    return replace(one.statement, sid="")


def _needs(
    used: Sequence[tuple[Used, tuple[MatchingAllow, ...]]], statements: Sequence[CatalogStatement]
) -> Iterator[frozenset[EntryId]]:
    """Yield for each request the groups of which one is enough."""
    for _, found in used:
        sure = frozenset(statements[one.at.statement].group for one in found if one.certain)
        if sure:
            yield sure
        else:
            yield from (frozenset({statements[one.at.statement].group}) for one in found)


def _untraced(allows: Sequence[CatalogStatement], reasons: KeepReasons) -> Iterator[UntracedShare]:
    """Yield what stays without evidence, each with the groups that allow it: under the same conditions, or none."""
    speaking: dict[str, list[CatalogStatement]] = {}
    for one in allows:
        for action in one.statement.actions:
            speaking.setdefault(action, []).append(one)
    for action in sorted(speaking):
        why = reasons.why(action)
        pairs = {(text, one.statement.conditions) for one in speaking[action] for text in one.statement.resources}
        for resource, conditions in sorted(pairs) if why else ():
            yield UntracedShare(action, resource, conditions, why or "", frozenset(
                one.group for one in speaking[action]
                if one.statement.conditions in (conditions, ())
                and any(contains(text, resource) for text in one.statement.resources)
            ))  # fmt: skip


def _cover(needs: Sequence[frozenset[EntryId]], weights: Mapping[EntryId, int]) -> Cover:
    sets: dict[EntryId, set[int]] = {}
    for number, groups in enumerate(needs):
        for name in groups:
            sets.setdefault(name, set()).add(number)
    return cover({name: frozenset(found) for name, found in sets.items()}, {name: weights[name] for name in sets})


def _weight(name: EntryId, allows: Sequence[CatalogStatement], needed: Collection[str]) -> int:
    """Return 1, and one more for each action that the group *name* allows and nothing is needed of."""
    return 1 + len({action for one in allows if one.group == name for action in one.statement.actions} - set(needed))


def _denying(
    role: ComposedRole, statements: Sequence[CatalogStatement], chosen: Collection[EntryId]
) -> Iterator[tuple[EntryId, str]]:
    """Yield the groups that stay for their Denies, each with the reason."""
    allowing = {one.group for one in statements if one.statement.effect is Effect.ALLOW}
    denies = [one for one in statements if one.statement.effect is Effect.DENY]
    kept = [one for one in statements if one.group in chosen or one.group not in allowing]
    for name in sorted({one.group for one in denies} - set(chosen)):
        own = [one for one in denies if one.group == name]
        if name not in allowing:
            yield name, _DENIES
        elif role.spec.managed_policy or any(_still_limits(one, kept) for one in own):
            yield name, _STILL_DENIED
            kept += [one for one in statements if one.group == name]


def _still_limits(deny: CatalogStatement, kept: Sequence[CatalogStatement]) -> bool:
    """Tell whether *kept* statements allow something that *deny* denies, and that none of them does."""
    return any(
        action in one.statement.actions and meet(text, mine) and not _is_denied(action, mine, deny, kept)
        for one in kept if one.statement.effect is Effect.ALLOW
        for action in deny.statement.actions
        for text in one.statement.resources
        for mine in deny.statement.resources
    )  # fmt: skip


def _is_denied(action: str, resource: str, deny: CatalogStatement, kept: Sequence[CatalogStatement]) -> bool:
    return any(
        one.statement.effect is Effect.DENY
        and action in one.statement.actions
        and one.statement.conditions in (deny.statement.conditions, ())
        and any(contains(text, resource) for text in one.statement.resources)
        for one in kept
    )


def _group_use(
    name: EntryId, staying: Mapping[EntryId, str], statements: Sequence[CatalogStatement],
    used: Sequence[tuple[Used, tuple[MatchingAllow, ...]]], untraced: Sequence[UntracedShare],
) -> GroupUse:  # fmt: skip
    mine = [one for one, found in used if any(statements[each.at.statement].group == name for each in found)]
    actions = {one.action for one in mine}
    own = {
        action for one in statements
        if one.group == name and one.statement.effect is Effect.ALLOW for action in one.statement.actions
    }  # fmt: skip
    kept = {one.action: one.why for one in untraced if name in one.groups and one.action not in actions}
    stays = name in staying
    return GroupUse(
        name, stays, len(mine), tuple(sorted(actions)), tuple(sorted(own - actions - kept.keys())),
        tuple(sorted(kept.items())) if stays else (), staying.get(name, ""),
    )  # fmt: skip
