"""The actions to compare, in groups: the same statements apply to each action of a group, on the same resources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from rolemgr.compare.actions import actions_of
from rolemgr.compare.atoms import Filled
from rolemgr.compare.budget import Budget
from rolemgr.compare.covered import covered
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.place import ComparedPlace
from rolemgr.compare.search_space import SearchSpace, search_space
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement
from rolemgr.compare.universe import Universe, carries, kinds_of, partitions_in, universe_of
from rolemgr.compare.values import ValueLimits
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.requirements import FREE
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob, has_wildcard
from rolemgr.reference.quirks import several_values


@dataclass(frozen=True)
class Focus:
    """
    Which requests to compare by: all of them, or a part.

    *actions* are patterns of those to look at. With a *context* a request has those keys (in lower case) and no
    others. *strangers* asks as somebody whom the policies do not name alone, with keys *within* limits. With
    *grants_only* a resource policy is asked for what it gives by itself, and not for what it no longer denies
    to those whom identity policies of the same account allow it.
    """

    actions: tuple[str, ...] = ()
    context: Filled | None = None
    strangers: bool = False
    grants_only: bool = False
    within: Mapping[str, ValueLimits] = field(default_factory=dict)
    at: ComparedPlace | None = None
    """The resource that the policies stand at; None for any."""

    def takes(self, action: str) -> bool:
        """Tell whether *action* is one to look at."""
        if not self.actions:
            return True
        folded = action.lower()
        return folded in self._named or any(matches(folded) for matches in self._patterns)

    @cached_property
    def _named(self) -> frozenset[str]:
        """The actions that are named in full, in lower case: often they are hundreds."""
        return frozenset(one.lower() for one in self.actions if not has_wildcard(one))

    @cached_property
    def _patterns(self) -> tuple[Callable[[str], object], ...]:
        return tuple(action_glob(one) for one in self.actions if has_wildcard(one))


class Sides(NamedTuple):
    """Both sides of a comparison, what is compared of them, and the budget that it has."""

    new: CompiledPolicies
    old: CompiledPolicies
    focus: Focus
    ask_new: Policies
    ask_old: Policies
    """Whom the evaluator asks: the policies as they were given."""

    budget: Budget

    @property
    def statements(self) -> tuple[CompiledStatement, ...]:
        """The statements of both sides."""
        return (*self.new.statements, *self.old.statements)


@dataclass(frozen=True, eq=False)
class ActionGroup:
    """Actions that the same statements speak of, on the same resources, with the same keys."""

    names: list[str]
    universe: Universe
    carried: frozenset[str]
    several: frozenset[str]
    """The keys of which its requests may carry several values, as each of several fields has one."""
    future: bool
    space: SearchSpace


def groups_of(sides: Sides) -> tuple[list[ActionGroup], str, int]:
    """Return the actions of the new side by what is to be asked, a problem with future ones, and how many they are."""
    allowing = [statement for statement in sides.new.groups[0].statements if statement.effect is Effect.ALLOW]
    listed = actions_of(allowing, sides.statements)
    partitions = partitions_in(atom.text for statement in sides.statements for atom in statement.resources)
    keys = sorted({key for statement in sides.statements for key in statement.by_key})
    spaces: dict[object, SearchSpace] = {}
    groups: dict[object, ActionGroup] = {}
    actions = [action for action in listed.actions if sides.focus.takes(action.name)]
    taking = _taking(sides.statements)
    cost = 1 + (sum(1 + len(one.resources) for one in sides.statements) + len(keys)) // 8
    problem = listed.problem
    for place, action in enumerate(actions):
        try:
            sides.budget.spend(cost)
        except TooComplex as error:
            problem = f"{len(actions) - place} actions are not compared: {error}"
            break
        folded = action.name.lower()
        mask = taking(folded)
        kinds = kinds_of(action.name)
        if (mask, kinds) not in spaces:
            spaces[mask, kinds] = search_space(sides.new, sides.old, folded, sides.budget)
        space = spaces[mask, kinds]
        if folded in FREE or all(covered(space, statement, sides.budget) for statement in space.allows_of_new):
            continue
        carried = frozenset(key for key in keys if carries(action.name, key))
        several = carried & several_values(action.name)
        universe = universe_of(kinds, partitions)
        if sides.focus.at:
            universe = sides.focus.at.universe(action.name, universe)
            if not universe.wide:
                continue
        key = (mask, kinds, carried, several, action.future)
        group = groups.setdefault(key, ActionGroup([], universe, carried, several, action.future, space))
        group.names.append(action.name)
    return list(groups.values()), problem, len(actions)


def _taking(statements: Sequence[CompiledStatement]) -> Callable[[str], int]:
    """Return the function that tells which of *statements* speak of a lower-case action, those of a service at once."""
    by_service: dict[str, tuple[int, list[tuple[int, CompiledStatement]]]] = {}
    bits = [(1 << place, statement) for place, statement in enumerate(statements)]

    def taking(folded: str) -> int:
        service = folded.partition(":")[0]
        if service not in by_service:
            told = [(bit, statement, statement.takes.all_of(service)) for bit, statement in bits]
            sure = sum(bit for bit, _, answer in told if answer)
            by_service[service] = sure, [(bit, statement) for bit, statement, answer in told if answer is None]
        sure, others = by_service[service]
        return sure | sum(bit for bit, statement in others if statement.takes.take(folded))

    return taking
