"""The classes of resources that statements tell apart, each with the mask of the statements that match it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

from rolemgr.compare.atoms import Atom
from rolemgr.compare.budget import Budget, measured
from rolemgr.compare.regions import Pattern, contains, meet
from rolemgr.compare.search_space import DimensionOption, RequestSpace, SearchSpace
from rolemgr.compare.statements import CompiledStatement
from rolemgr.compare.values import Class, text_classes


def live_statements(space: SearchSpace, reached: Mapping[int, object]) -> Iterator[CompiledStatement]:
    """Yield the statements that still match in some case."""
    alive = 0
    for mask in reached:
        alive |= mask
    return (statement for statement in space.statements if space.bit(statement) & alive)


def resource_options(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: RequestSpace, reached: Mapping[int, object]
) -> list[DimensionOption]:
    """
    Return the classes of resources in *setting*, inside *region* where *by* is asked for one of its patterns.

    Only statements that still match in one of the masks *reached* tell resources apart. Raises TooComplex.
    """
    live = dict.fromkeys(live_statements(space, reached))
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
) -> list[DimensionOption]:  # fmt: skip
    """Return an option for each set of statements that holds in one of *classes*; the mask *rest* always does."""
    places = {atom: place for place, atom in enumerate(atoms)}
    needs = [
        (space.bit(statement), sum(1 << places[atom] for atom in possible), statement.spares_listed)
        for statement, possible in asking.items()
    ]
    masks: dict[int, DimensionOption] = {}
    for match_mask, sample in classes:
        mask = rest | sum(bit for bit, own, spares in needs if bool(match_mask & own) is not spares)
        masks.setdefault(mask, DimensionOption(mask, sample))
    return list(masks.values())


def _possible_atoms(
    statement: CompiledStatement, inside: Pattern | None, among: Sequence[Pattern], budget: Budget
) -> list[Atom]:
    """Return the atoms of *statement* that matter, all that are exact as one: it is enough that any of them matches."""
    near = statement.resources if inside is None else statement.near(inside)
    possible = [atom for atom in sorted(near, key=attrgetter("order")) if _possible(atom, inside, among, budget)]
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


def _possible(atom: Atom, inside: Pattern | None, among: Sequence[Pattern], budget: Budget) -> bool:
    pattern = atom.pattern
    if pattern is None or (inside is not None and not budget.answer(meet, pattern, inside)):
        return pattern is None
    return any(budget.answer(meet, one, pattern) for one in among)


@measured
def _walked(budget: Budget, atoms: tuple[Atom, ...], among: tuple[Pattern, ...], must: int) -> tuple[Class, ...]:
    return tuple(text_classes(atoms, among=among, must=must, budget=budget))
