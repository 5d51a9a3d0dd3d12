"""
The groups that cover what is needed, beside one persona: within what it must never do, each group at its weight.

A group weighs one, one more for each action of it that nobody needs, and one more where the persona does not have it.
What the persona's `never` forbids is found by the composed role itself (`rolemgr.separation`), never guessed: a group
by which the role could do it is taken out, and the rest is covered anew.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any, Final

from rolemgr.audit.migrate.cover import Cover, cover
from rolemgr.audit.migrate.grants import Covering, Offer, covering
from rolemgr.audit.migrate.needs import PASS_ROLE, Need, UseEvidence, meet
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compare.errors import TooComplex
from rolemgr.compose.parameters import declared_parameters
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, Problems, RolemgrError, SourceLocation
from rolemgr.events.untraced import why_untraced
from rolemgr.files.source import LayeredSource, paths_of
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob
from rolemgr.model.catalog import EntryId
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import Violation, violations

_MOST_ROUNDS: Final = 60
_FLAGS: Final = {"name": "--name", "region": "--region", "account": "--account", "parameter": "--parameter"}
_REACHING: Final = frozenset({"iam:PassRole", "sts:AssumeRole"})


@dataclass(frozen=True)
class Ban:
    """A group that can't be in the role, and *why*; *separation* names the one that forbids it, if one does."""

    group: EntryId
    why: str
    separation: str | None = None
    through: str | None = None
    """The role that could do what is forbidden, where it is not the role itself."""
    action: str = ""
    """The action that is forbidden."""
    is_direct: bool = True
    """Whether the group itself does it, or reaches the role that could, and not one that reaches that role."""


@dataclass(frozen=True)
class GroupChoice:
    """
    A role for what is needed: *persona*, its groups, and the keys of its role file.

    *coverings* are in the order of the needs; a need that no group covers is lost. *problem* says why there is no
    role beside this persona.
    """

    persona: ResolvedPersona
    cover: Cover
    coverings: tuple[Covering, ...]
    add: tuple[EntryId, ...]
    remove: tuple[EntryId, ...]
    bans: Mapping[EntryId, Ban]
    data: Mapping[str, Any]
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Parameters whose inferred values the persona's `never` forbids, with the reason."""
    role: ComposedRole | None = None
    documents: RoleDocuments | None = None
    problem: str = ""

    @property
    def groups(self) -> tuple[EntryId, ...]:
        """The groups of the role, sorted."""
        return tuple(sorted((self.persona.groups.keys() - set(self.remove)) | set(self.add)))


class Chooser:
    """
    Chooses groups for *needs* from *found*, for the role file that starts with *data* and has *values*.

    *offers* makes the offer anew where values are dropped.
    """

    def __init__(
        self, catalog: Catalog, data: Mapping[str, Any], needs: Sequence[Need], added_weight: int = 1,
        today: frozenset[str] | None = None, *, drafts: bool = False,
    ) -> None:  # fmt: skip
        """
        Take what a group weighs more where the persona does not have it as *added_weight*.

        Where *today* has the actions that the old role may do, a group weighs more for new ones. With *drafts* one that
        gives more of these than are needed of it is not added: a group of one's own takes its place.
        """
        self._catalog, self._data, self._needs, self._added = catalog, data, needs, added_weight
        self._wanted = frozenset(one.action for one in needs if one.evidence is not UseEvidence.UNTRACED)
        self._today, self._drafts = today, drafts
        passed = {one.resource for one in needs if one.action == PASS_ROLE and one.evidence is UseEvidence.USED}
        self._passes_itself = any(one.endswith(f"/{data.get('name')}") for one in passed)

    def choose(self, name: EntryId, found: Offer, values: Mapping[str, tuple[str, ...]]) -> GroupChoice:
        """Return the role beside the persona *name*; what no role can do is its `problem`."""
        persona = resolve_persona(self._catalog, name)
        bans = {group: Ban(group, f"it wants a value: --parameter {key}=") for group, key in found.missing.items()}
        bans |= {one.group: one for one in self._costly(persona, found)}
        dropped: dict[str, str] = {}
        kept, guards = dict(values), set[EntryId]()
        for _ in range(_MOST_ROUNDS):
            choice = replace(self._covered(persona, found, bans, kept, guards), dropped=dropped)
            try:
                broken = [*self._clashing(choice)] or composed(self._catalog, choice)
            except (TooComplex, InputError, Problems) as error:
                return replace(choice, problem=str(error).splitlines()[0])
            if isinstance(broken, GroupChoice):
                return broken
            if protecting := self._protecting(broken, guards):
                guards |= protecting
                continue
            if told := _parameters_that_reach(broken, kept):
                dropped |= told
                kept = {key: one for key, one in kept.items() if key not in told}
                continue
            new = {one.group: one for one in broken if one.group not in bans}
            if not new:
                return replace(choice, problem=broken[0].why)
            bans = {**bans, **new}
        return replace(choice, problem=f"no role is found in {_MOST_ROUNDS} rounds")

    def _covered(
        self, persona: ResolvedPersona, found: Offer, bans: Mapping[EntryId, Ban],
        values: Mapping[str, tuple[str, ...]], guards: Iterable[EntryId],
    ) -> GroupChoice:  # fmt: skip
        without = frozenset(bans)
        others = frozenset(found.groups) - persona.groups.keys() | self._traced(found) | without
        coverings = tuple(covering(one, found, others if _adds_none(one) else without) for one in self._needs)
        sets: dict[EntryId, set[int]] = {}
        for number, one in enumerate(coverings):
            for group in one.groups:
                sets.setdefault(group, set()).add(number)
        chosen = cover(
            {group: frozenset(held) for group, held in sets.items()},
            {group: self._weight(group, persona, found) for group in sets},
        )
        groups = {*chosen.chosen, *_without_grants(persona, found, without), *guards}
        add = tuple(sorted(groups - persona.groups.keys()))
        remove = tuple(sorted(persona.groups.keys() - groups))
        data = {**self._data, "persona": persona.id, **({"add": list(add)} if add else {})}
        data |= {"remove": list(remove)} if remove else {}
        data |= self._parameters(groups, values)
        return GroupChoice(persona, chosen, coverings, add, remove, bans, data)

    def _costly(self, persona: ResolvedPersona, found: Offer) -> Iterator[Ban]:
        """Yield the groups that *persona* lacks and that give more new actions than are needed of them."""
        for name in sorted(found.groups.keys() - persona.groups.keys()) if self._drafts else ():
            granted = found.granted(name)
            new, needed = len(granted - (self._today or granted)), len(granted & self._wanted)
            if needed and new > needed:
                yield Ban(name, f"{name} would give {new} actions that the old role may not do, for {needed} of these")

    def _traced(self, found: Offer) -> frozenset[EntryId]:
        """Return the groups of which a trail would show use, or that give something new: its silence keeps them not."""
        today = self._today or frozenset()
        return frozenset(name for name in found.groups if not _is_silent(found.granted(name), today))

    def _weight(self, group: EntryId, persona: ResolvedPersona, found: Offer) -> int:
        granted = found.granted(group)
        new = len(granted - self._today) if self._today is not None else 0
        usual = group in persona.groups or (self._passes_itself and group in persona.pass_self)
        return 1 + len(granted - self._wanted) + new + self._added * (not usual)

    def _parameters(self, groups: Iterable[EntryId], values: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """Return the values of the parameters that *groups* have."""
        declared = declared_parameters(tuple(self._catalog.activity_group(one) for one in sorted(groups)))
        chosen = {name: list(values[name]) for name in sorted(values.keys() & declared.keys())}
        return {"parameter": chosen} if chosen else {}

    def _protecting(self, bans: Iterable[Ban], already: Collection[EntryId]) -> set[EntryId]:
        """Return the groups that only deny, and deny what the role could do: beside them no group need be left out."""
        asked = {one.action for one in bans if one.through is None}
        return {name for name, denied in self._denying.items() if name not in already and asked & denied}

    @cached_property
    def _denying(self) -> Mapping[EntryId, frozenset[str]]:
        """The groups of the catalog that only deny, each with what it denies."""
        groups = {name: self._catalog.activity_group(name).value for name in self._catalog.found("activity_groups")}
        return {
            name: frozenset(action for one in group.statements for action in one.actions)
            for name, group in groups.items()
            if all(one.effect is Effect.DENY for one in group.statements)
        }

    def _clashing(self, choice: GroupChoice) -> list[Ban]:
        """Return the group to leave out of two that must not be in one role: one that the persona must not have."""
        groups = set(choice.groups)
        for name in choice.groups:
            for other in self._catalog.activity_group(name).value.never_with:
                if other in groups:
                    least, most = sorted((name, other), key=lambda one: (not self._is_forbidden(one, choice), one))
                    return [Ban(least, f"activity groups `{least}` and `{most}` must not be in one role")]
        return []

    def _is_forbidden(self, group: EntryId, choice: GroupChoice) -> bool:
        """Tell whether an action of *group* is one of which the persona's `never` speaks."""
        actions = {one.lower() for each in self._catalog.activity_group(group).value.statements for one in each.actions}
        tests = [action_glob(one.forbidden.action) for one in choice.persona.never]
        return any(test(action) for action in actions for test in tests)


def _is_silent(granted: frozenset[str], today: frozenset[str]) -> bool:
    """Tell whether no trail shows most of the *granted* actions, and the old role may do them all *today*."""
    return granted <= today and 2 * sum(why_untraced(one) is not None for one in granted) >= len(granted)


def _adds_none(need: Need) -> bool:
    """Tell whether *need* keeps groups of the persona alone."""
    return need.evidence is UseEvidence.UNTRACED


def composed(catalog: Catalog, choice: GroupChoice) -> GroupChoice | list[Ban]:
    """
    Return *choice* with the role of its keys, or the groups that break the separation of its persona.

    Raises InputError (or Problems) for keys that are wrong, TooComplex where it is too much to tell.
    """
    if not choice.cover.chosen:  # groups that only deny, and that are left, make no role
        return replace(choice, problem="no activity group grants any of it")
    spec = parse_model(role_source(choice.data), RoleSpec)
    role = compose(catalog, spec)
    broken = violations(role, closure_of(catalog, role).known)
    if not broken:
        return replace(choice, role=role, documents=render(role))
    acting = [name for name in sorted(role.groups) if catalog.activity_group(name).value.acts_as]
    reaching = cache(partial(_reaching, role))
    bans = [ban for one in broken for ban in _bans(one, role, acting, reaching)]
    direct = [ban for ban in bans if ban.is_direct]  # the persona by itself keeps its promise: what is added goes first
    added = ([ban for ban in found if ban.group in choice.add] for found in (direct, bans))
    found = next(filter(None, (next(added), direct, next(added), bans)), None)
    return found or replace(choice, problem=_never(broken[0], role))


def role_source(data: Mapping[str, Any]) -> LayeredSource:
    """Return the keys of a role file that is made here; what a flag may give names the flag."""
    values = dict(data)
    places = {key: SourceLocation(flag) for key, flag in _FLAGS.items() if key in values}
    lines = {path: 0 for key in places for path in paths_of(values[key], (key,))}
    return LayeredSource("the new role", values, lines, places)


def _bans(
    violation: Violation, role: ComposedRole, acting: Sequence[EntryId], reaching: Callable[[str], Sequence[EntryId]]
) -> list[Ban]:  # fmt: skip
    """
    Return the groups of *role* by which it could do what it must never, itself or through a role that it reaches.

    By the groups *acting* it acts as roles that it need not pass: whoever starts a pipeline acts as the pipeline's,
    and through that as those which this one reaches. *reaching* answers as `_reaching` does of *role*.
    """
    separation, why = violation.never.separation, _never(violation, role)
    if violation.through == role.spec.role_name:
        return [Ban(name, why, separation, action=violation.action) for name in _granting(violation, role)]
    is_acted_as = any(arn.rpartition("/")[2] == violation.through for arn in role.acts_as)
    direct = sorted({*reaching(violation.through), *(acting if is_acted_as else ())})
    found = direct or reaching("*") or acting
    return [Ban(name, why, separation, violation.through, violation.action, bool(direct)) for name in found]


def _never(violation: Violation, role: ComposedRole) -> str:
    """Return what *role*, or one that it reaches, must never do and could."""
    separation = violation.never.separation
    by = f"separation {separation}" if separation else str(violation.never.where)
    why = f"{role.persona.id} must never be able to do `{violation.forbidden}` ({by})"
    is_own = violation.through == role.spec.role_name
    return why if is_own else f"{why}, and role {violation.through}, which it reaches, could"


def _granting(violation: Violation, role: ComposedRole) -> list[EntryId]:
    """Return the groups that allow what *violation* is about, of those whose statements were merged with theirs."""
    blamed = {one.group for one in violation.origins}
    found = {
        origin.group
        for one in role.statements
        if one.effect is Effect.ALLOW and violation.action in one.actions
        for origin in one.origins_of(violation.action, violation.resource)
    }
    return sorted(found & blamed or blamed)


def _reaching(role: ComposedRole, name: str) -> list[EntryId]:
    """Return the groups by which *role* passes, assumes or acts as a role of the *name*, a pattern."""
    found: set[EntryId] = set()
    for one in role.statements:
        for action in _REACHING.intersection(one.actions) if one.effect is Effect.ALLOW else ():
            meeting = [pattern for pattern in one.resources if meet(pattern.rpartition("/")[2], name)]
            found |= {origin.group for each in meeting for origin in one.origins_of(action, each)}
    return sorted(found)


def _parameters_that_reach(bans: Iterable[Ban], values: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the parameters among whose *values* is a role that could do what is forbidden, each with the reason."""
    through: dict[str, list[str]] = {}
    for key, found in values.items():
        for name in {text.rpartition("/")[2] for text in found if text.startswith("arn:") and "/" in text}:
            through.setdefault(name, []).append(key)
    return {key: one.why for one in bans if one.through for key in through.get(one.through, ())}


def _without_grants(persona: ResolvedPersona, found: Offer, without: frozenset[EntryId]) -> set[EntryId]:
    """Return the groups of *persona* that only deny, or grant nothing with the values that there are: they stay."""
    return {name for name in persona.groups if name not in without and not found.granted(name)}


def first_problem(choices: Sequence[GroupChoice], wanted: Collection[str]) -> RolemgrError:
    """Return the error for where no persona has a role; *wanted* are parameters that could change that."""
    if not choices:
        return InputError(None, "the catalog has no persona")
    hint = f"give {', '.join(f'--parameter {name}=' for name in sorted(wanted))}" if wanted else None
    return InputError(None, f"no persona has a role for it: {choices[0].problem}", hint)
