"""
The search for a case that one side allows and the other does not.

Each statement has a bit. A case is a choice of one class per dimension: the resource, and each condition key;
each class says by its mask which statements it lets match, and a statement matches where all dimensions do.
So the search keeps the masks that can be reached, dimension by dimension, and what led to each.

Only the best masks are kept. A bit that can help only when it is set (an Allow of the new side, a Deny of the
old one) or only when it is not (the others) makes one mask better than another whatever comes after, as a
dimension only takes bits away; the worse one is dropped. That loses no case that would be found, and keeps
what would be exponential small.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations, product
from typing import Final, NamedTuple, TypeAlias

from rolemgr.compare.atoms import Atom, Filled
from rolemgr.compare.budget import Budget, measured
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern, contains, meet
from rolemgr.compare.statements import CompiledCondition, CompiledStatement, Side
from rolemgr.compare.values import ANY, Class, Limits, classes, text_classes
from rolemgr.iam.documents import Effect
from rolemgr.reference.condition_keys import find_key

MOST_CASES: Final = 3_000
"""How many masks are kept after a dimension."""
_A_SEARCH: Final = 50
"""The steps that a search takes at least, and each of its dimensions."""
MOST_OPEN: Final = 8
"""How many values with policy variables one key may be compared with where its own value is settled."""

Values: TypeAlias = tuple[str, ...]
StatementsByLayer: TypeAlias = tuple[tuple[bool, tuple[CompiledStatement, ...]], ...]
"""The statements of each layer that speak of an action, and whether the layer must allow."""
ABSENT: Final[Values] = ()


class Option(NamedTuple):
    """One class of a dimension: the statements that it lets match, and the text or the values that stand for it."""

    mask: int
    sample: str | Values | None


class Case(NamedTuple):
    """A case: the resource (None where no text is known), and values by lower-case key (None likewise)."""

    resource: str | None
    values: Mapping[str, Values | None]


@dataclass(frozen=True)
class Setting:
    """
    What a request may be: its resource *among* patterns, and how its condition keys are.

    *filled* keys have those values and no others. Of the other keys, *may_be_present* and *may_be_absent* say
    whether they may be there and not, and *within* which values they may have; those of *several* may have more
    than one, whatever else is known of them.
    """

    among: tuple[Pattern, ...]
    filled: Filled = field(default_factory=dict)
    may_be_present: Callable[[str], bool] = lambda _key: True
    may_be_absent: Callable[[str], bool] = lambda _key: True
    several: Container[str] = ()
    within: Mapping[str, Limits] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, eq=False)
class SearchSpace:
    """The statements of both sides that speak of an action, each with its bit: *new* ones first, then *old*."""

    new: StatementsByLayer
    old: StatementsByLayer

    @cached_property
    def statements(self) -> tuple[CompiledStatement, ...]:
        """All statements, in the order of their bits."""
        return tuple(statement for side in (self.new, self.old) for _, group in side for statement in group)

    @cached_property
    def _bits(self) -> Mapping[int, int]:
        return {id(statement): 1 << place for place, statement in enumerate(self.statements)}

    def bit(self, statement: CompiledStatement) -> int:
        """Return the bit of a statement."""
        return self._bits[id(statement)]

    def _mask(self, statements: Iterable[CompiledStatement], effect: Effect) -> int:
        return sum(self.bit(statement) for statement in statements if statement.effect is effect)

    @cached_property
    def allows_of_new(self) -> tuple[CompiledStatement, ...]:
        """The Allows of the new side's first layer: what can give access."""
        return tuple(statement for statement in self.new[0][1] if statement.effect is Effect.ALLOW)

    @cached_property
    def denies_of_new(self) -> tuple[CompiledStatement, ...]:
        """The Denies of all layers of the new side."""
        return tuple(statement for _, group in self.new for statement in group if statement.effect is Effect.DENY)

    @cached_property
    def denies_of_old(self) -> tuple[CompiledStatement, ...]:
        """The Denies of all layers of the old side."""
        return tuple(statement for _, group in self.old for statement in group if statement.effect is Effect.DENY)

    def allows(self, side: StatementsByLayer) -> list[tuple[CompiledStatement, ...]]:
        """Return the Allows of each layer of *side* that must allow."""
        return [
            tuple(statement for statement in group if statement.effect is Effect.ALLOW) for must, group in side if must
        ]

    @cached_property
    def shapes_of_old(self) -> tuple[frozenset[object], ...]:
        """The shapes of the Allows of each layer of the old side that must allow."""
        return tuple(frozenset(statement.shape for statement in allows) for allows in self.allows(self.old))

    @cached_property
    def _allows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """For each side, the Allows of each layer that must allow."""
        new, old = (
            tuple(self._mask(group, Effect.ALLOW) for must, group in side if must) for side in (self.new, self.old)
        )
        return new, old

    @cached_property
    def _denies(self) -> tuple[int, int]:
        new, old = (sum(self._mask(group, Effect.DENY) for _, group in side) for side in (self.new, self.old))
        return new, old

    @cached_property
    def better_unset(self) -> int:
        """The bits that help only where they are not set: Denies of the new side, Allows of the old one."""
        old_allows = sum(self._mask(group, Effect.ALLOW) for _, group in self.old)
        return self._denies[0] | old_allows

    def can_win(self, mask: int) -> bool:
        """Tell whether the new side may still allow."""
        return all(mask & allows for allows in self._allows[0])

    def wins(self, mask: int) -> bool:
        """Tell whether, with exactly the statements of *mask* matching, the new side allows and the old does not."""
        if not self.can_win(mask) or mask & self._denies[0]:
            return False
        return bool(mask & self._denies[1]) or not all(mask & allows for allows in self._allows[1])


def search_space(new: Side, old: Side, folded_action: str) -> SearchSpace:
    """Return what *new* and *old* say about the lower-case action."""
    return SearchSpace(_speaking(new, folded_action), _speaking(old, folded_action))


def _speaking(side: Side, action: str) -> StatementsByLayer:
    return tuple(
        (group.must_allow, tuple(statement for statement in group.statements if statement.takes.take(action)))
        for group in side.groups
    )


def search(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: Setting, start: int | None = None
) -> Iterator[Case]:
    """
    Yield cases in which the Allow *by* of the new side matches, the new side allows, and the old does not.

    *region* is one of the patterns of its Resource, which the resource then matches; None for all. *start*
    are the statements that match at best (by their principals, say). Every such case in *setting* is like one
    of those that are yielded, or worse: where none is yielded, there is none. Raises TooComplex.
    """
    setting.budget.spend(_A_SEARCH + len(space.statements))
    must = space.bit(by)
    everything = (1 << len(space.statements)) - 1
    needless = sum(space.bit(statement) for statement in space.allows_of_new if statement is not by)  # *by* is enough
    reached: dict[int, tuple[int, Option] | None] = {(everything if start is None else start) & ~needless: None}
    steps: list[tuple[str, dict[int, tuple[int, Option] | None]]] = [("", reached)]
    for name, options in _dimensions(space, by, region, setting, steps):
        reached = _extended(space, reached, options, must, setting.budget)
        steps.append((name, reached))
        if not reached:
            return
    for mask in reached:
        if space.wins(mask):
            yield _case(mask, steps)


def _extended(
    space: SearchSpace, reached: Mapping[int, object], options: Sequence[Option], must: int,
    budget: Budget,
) -> dict[int, tuple[int, Option] | None]:  # fmt: skip
    budget.spend(len(reached) * len(options))
    found: dict[int, tuple[int, Option] | None] = {}
    for mask in reached:
        for option in options:
            both = mask & option.mask
            if both & must and both not in found and space.can_win(both):
                found[both] = (mask, option)
    best = _best(found, space.better_unset, budget)
    if len(best) > MOST_CASES:
        raise TooComplex(f"more than {MOST_CASES:,} combinations of conditions matter")
    return {mask: found[mask] for mask in best}


def _best(masks: Iterable[int], unset: int, budget: Budget, same: int = 0) -> list[int]:
    """Return those of *masks* that no other is better than; bits of *same* make masks incomparable."""
    kept: list[tuple[int, int]] = []
    for mask in sorted(masks, key=lambda one: -(one ^ unset).bit_count()):
        rank = mask ^ unset
        budget.spend(1 + len(kept) // 8)  # eight are compared in a step
        if not any(rank & other == rank and (rank ^ other) & same == 0 for _, other in kept):
            kept.append((mask, rank))
    return [mask for mask, _ in kept]


def _case(mask: int, steps: Sequence[tuple[str, Mapping[int, tuple[int, Option] | None]]]) -> Case:
    """Return what led to *mask*, step by step backwards."""
    values: dict[str, Values | None] = {}
    resource: str | None = None
    for name, reached in reversed(steps[1:]):
        entry = reached[mask]
        if entry is None:
            continue
        mask, option = entry
        if name:
            values[name] = option.sample if not isinstance(option.sample, str) else (option.sample,)
        else:
            resource = option.sample if isinstance(option.sample, str) else None
    return Case(resource, values)


def _dimensions(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: Setting,
    steps: Sequence[tuple[str, Mapping[int, object]]],
) -> Iterator[tuple[str, list[Option]]]:  # fmt: skip
    """Yield the resource (its name is empty), then each key that a statement still asks about."""
    yield "", _resource_options(space, by, region, setting, steps[-1][1])
    done: set[str] = set()
    while True:
        live = list(_live(space, steps[-1][1]))
        key = next((key for statement in (by, *live) for key in sorted(statement.by_key) if key not in done), None)
        if key is None:
            return
        done.add(key)
        yield key, _key_options(space, key, live, setting)


def _live(space: SearchSpace, reached: Mapping[int, object]) -> Iterator[CompiledStatement]:
    """Yield the statements that still match in some case."""
    alive = 0
    for mask in reached:
        alive |= mask
    return (statement for statement in space.statements if space.bit(statement) & alive)


def _resource_options(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: Setting, reached: Mapping[int, object]
) -> list[Option]:
    live = dict.fromkeys(_live(space, reached))
    inside = region.pattern if region else None
    among = tuple(one for one in setting.among if inside is None or setting.budget.answer(meet, one, inside))
    if not among:
        return []
    setting.budget.spend(len(live))
    always = {
        statement
        for statement in live
        if _contains(statement, inside, setting.budget) or (statement is by and region is not None)
    }
    asking = {
        statement: _possible_atoms(statement, inside, among, setting.budget)
        for statement in live
        if statement not in always
    }
    patterns = dict.fromkeys(atom for possible in asking.values() for atom in possible)
    if region is not None and _possible(region, inside, among, setting.budget):
        patterns[region] = None
    atoms = tuple(patterns)
    if region is not None and region not in atoms:
        return []  # a variable in it has no value: nothing matches
    must = 1 << atoms.index(region) if region is not None else 0
    rest = sum(space.bit(statement) for statement in space.statements if statement not in live)
    rest |= sum(space.bit(statement) for statement in always if not statement.spares_listed)
    found = setting.budget.answer(_walked, atoms, among, must)
    return _distinct_options(space, asking, atoms, rest, found)


def _distinct_options(
    space: SearchSpace, asking: Mapping[CompiledStatement, Sequence[Atom]], atoms: Sequence[Atom], rest: int,
    classes: Iterable[Class],
) -> list[Option]:  # fmt: skip
    """Return an option for each set of statements that holds in one of *classes*; the mask *rest* always does."""
    places = {atom: place for place, atom in enumerate(atoms)}
    needs = [
        (space.bit(statement), sum(1 << places[atom] for atom in possible), statement.spares_listed)
        for statement, possible in asking.items()
    ]
    masks: dict[int, Option] = {}
    for match_mask, sample in classes:
        mask = rest | sum(bit for bit, own, spares in needs if bool(match_mask & own) is not spares)
        masks.setdefault(mask, Option(mask, sample))
    return list(masks.values())


def _possible_atoms(
    statement: CompiledStatement, inside: Pattern | None, among: Sequence[Pattern], budget: Budget
) -> list[Atom]:
    """Return the atoms of *statement* that matter, all that are exact as one: it is enough that any of them matches."""
    near = statement.resources if inside is None else statement.near(inside)
    possible = [atom for atom in sorted(near, key=_order) if _possible(atom, inside, among, budget)]
    exact = [atom for atom in possible if not atom.opaque]
    if len(exact) < 2:
        return possible
    return [_any_of(tuple(exact)), *(atom for atom in possible if atom.opaque)]


@lru_cache(maxsize=1 << 12)
def _any_of(atoms: tuple[Atom, ...]) -> Atom:
    patterns = tuple(atom.pattern for atom in atoms if atom.pattern)
    whole = Pattern(None, alternatives=patterns)
    return Atom("text", ("any of", frozenset(atom.what for atom in atoms)), whole.matches, whole)


def _contains(statement: CompiledStatement, inside: Pattern | None, budget: Budget) -> bool:
    """Tell whether a pattern of *statement* matches all that *inside* does, so that there is nothing to walk."""
    if inside is None:
        return False
    patterns = (atom.pattern for atom in statement.near(inside) if not atom.opaque and atom.pattern)
    return any(budget.answer(contains, pattern, inside) for pattern in patterns)


def _order(atom: Atom) -> str:
    return atom.order


def _possible(atom: Atom, inside: Pattern | None, among: Sequence[Pattern], budget: Budget) -> bool:
    pattern = atom.pattern
    if pattern is None or (inside is not None and not budget.answer(meet, pattern, inside)):
        return pattern is None
    return any(budget.answer(meet, one, pattern) for one in among)


@measured
def _walked(budget: Budget, atoms: tuple[Atom, ...], among: tuple[Pattern, ...], must: int) -> tuple[Class, ...]:
    return tuple(text_classes(atoms, among=among, must=must, budget=budget))


class _Wish(NamedTuple):
    """Which conditions help only where they fail, and which help this way and that."""

    unset: int
    same: int


def _key_options(space: SearchSpace, key: str, live: Sequence[CompiledStatement], setting: Setting) -> list[Option]:
    asking = [statement for statement in live if key in statement.by_key]
    conditions = list(dict.fromkeys(one for statement in asking for one in statement.by_key[key]))
    setting.budget.spend(_A_SEARCH + len(asking) + len(conditions))
    wish = _wish(space, asking, conditions, key)
    results = (
        _filled(conditions, setting.filled[key])
        if key in setting.filled
        else _results(key, conditions, wish, setting, several=key in setting.several or _takes_several(space, key))
    )
    everything = (1 << len(space.statements)) - 1
    places = {one: 1 << place for place, one in enumerate(conditions)}
    needs = [(space.bit(statement), sum(places[one] for one in statement.by_key[key])) for statement in asking]
    setting.budget.spend(len(results) * len(needs) // 8)
    masks: dict[int, Option] = {}
    for result, values in results.items():
        mask = everything & ~sum(bit for bit, wanted in needs if result & wanted != wanted)
        if mask not in masks or masks[mask].sample is None:
            masks[mask] = Option(mask, values)
    return [masks[mask] for mask in _best(masks, space.better_unset, setting.budget)]


def _wish(
    space: SearchSpace, asking: Sequence[CompiledStatement], conditions: Sequence[CompiledCondition], key: str
) -> _Wish:
    set_, unset = 0, 0
    for statement in asking:
        own = sum(1 << place for place, one in enumerate(conditions) if one in statement.by_key[key])
        if space.bit(statement) & space.better_unset:
            unset |= own
        else:
            set_ |= own
    return _Wish(unset, set_ & unset)


def _filled(conditions: Sequence[CompiledCondition], values: Values) -> dict[int, Values | None]:
    """Return the results that the key's settled *values* may have: one, unless an atom is opaque."""
    atoms = tuple(sorted({atom for one in conditions for atom in one.atoms}, key=_order))
    found: dict[int, Values | None] = {}
    for match_masks in product(*(_match_masks(value, atoms) for value in values)):
        passed = {one: [one.passes(match_mask, atoms) for match_mask in match_masks] for one in conditions}
        result = sum(1 << place for place, one in enumerate(conditions) if _answer(one, passed[one]))
        found.setdefault(result, values)
    return found


def _match_masks(value: str, atoms: Sequence[Atom]) -> list[int]:
    """Return the match masks that *value* may have: an opaque atom is answered both ways where its pattern matches."""
    base = sum(1 << place for place, atom in enumerate(atoms) if atom.test and atom.test(value))
    open_bits = [1 << place for place, atom in enumerate(atoms) if atom.opaque and _may_match(atom, value)]
    if len(open_bits) > MOST_OPEN:
        raise TooComplex(f"{len(open_bits)} values with policy variables are compared with one key")
    return [base | sum(chosen) for size in range(len(open_bits) + 1) for chosen in combinations(open_bits, size)]


def _may_match(atom: Atom, value: str) -> bool:
    return atom.pattern is None or atom.pattern.matches(value)


def _answer(condition: CompiledCondition, passed: Sequence[bool]) -> bool:
    if not passed:
        return condition.if_absent
    return all(passed) if condition.every else any(passed)


def _results(
    key: str, conditions: Sequence[CompiledCondition], wish: _Wish, setting: Setting, *, several: bool
) -> dict[int, Values | None]:
    """Return, for each value or set of values of *key* that matters, which conditions hold, and values."""
    found: dict[int, Values | None] = {}
    if setting.may_be_absent(key):
        found[sum(1 << place for place, one in enumerate(conditions) if one.if_absent)] = ABSENT
    if not setting.may_be_present(key):
        return found
    single: dict[int, Values | None] = {}
    atoms = tuple(sorted({atom for one in conditions for atom in one.atoms}, key=_order))
    passing = _passing(conditions, atoms)
    for each in setting.budget.answer(classes, key, atoms, setting.within.get(key, ANY)):
        result = passing(each.match_mask)
        if single.get(result) is None:
            single[result] = None if each.sample is None else (each.sample,)
    every = sum(1 << place for place, one in enumerate(conditions) if one.every)
    present = _sets(single, every, wish, setting.budget) if several else single
    for result, values in present.items():
        if found.get(result) is None:
            found[result] = values
    return found


def _passing(conditions: Sequence[CompiledCondition], atoms: Sequence[Atom]) -> Callable[[int], int]:
    """Return the function that tells which of *conditions* one value passes, by its match mask over *atoms*."""
    by_atom = dict.fromkeys(atoms, 0)
    always, negated = 0, 0
    for place, one in enumerate(conditions):
        bit = 1 << place
        always |= bit if one.if_present else 0
        if one.if_present is None:
            negated |= bit if one.negated else 0
            for atom in one.atoms:
                by_atom[atom] |= bit
    masks = tuple(by_atom.values())

    def passing(match_mask: int) -> int:
        matched = 0
        while match_mask:
            last = match_mask & -match_mask
            matched |= masks[last.bit_length() - 1]
            match_mask ^= last
        return (matched ^ negated) | always

    return passing


def _takes_several(space: SearchSpace, key: str) -> bool:
    """Tell whether a request may have several values of *key*: where AWS says so, or a policy reckons with it."""
    known = find_key(key)
    return (
        known is None
        or known.multivalued
        or any(one.counts_several for statement in space.statements for one in statement.by_key.get(key, ()))
    )


def _sets(single: Mapping[int, Values | None], every: int, wish: _Wish, budget: Budget) -> dict[int, Values | None]:
    """
    Return what sets of values give: a condition on *every* value holds where it does for all, others for any.

    Sets that others are better than in each respect are dropped as they come up.
    """
    found = {mask: single[mask] for mask in _best(single, wish.unset, budget, wish.same)}
    fresh = list(found)
    while fresh:
        made: dict[int, Values | None] = {}
        budget.spend(len(fresh) * len(single))
        for one in fresh:
            for other in single:
                both = (one & other & every) | ((one | other) & ~every)
                if both not in found and both not in made:
                    made[both] = _together(found[one], single[other])
        kept = set(_best({**found, **made}, wish.unset, budget, wish.same))
        fresh = [mask for mask in made if mask in kept]
        found = {mask: values for mask, values in {**found, **made}.items() if mask in kept}
        if len(found) > MOST_CASES:
            raise TooComplex(f"more than {MOST_CASES:,} sets of values of a condition key matter")
    return found


def _together(left: Values | None, right: Values | None) -> Values | None:
    return None if left is None or right is None else tuple(dict.fromkeys((*left, *right)))
