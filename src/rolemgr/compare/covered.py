"""The quick answer: an old statement that grants at least what a new one does, so that nothing is searched."""

from collections.abc import Sequence

from rolemgr.compare.budget import Budget
from rolemgr.compare.implied import conditions_follow, covers, matches_whenever
from rolemgr.compare.search_space import SearchSpace
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement, LayerStatements


def allows_ids(space: SearchSpace, statement: CompiledStatement, budget: Budget) -> bool:
    """Tell whether the old side allows the ids of *statement* at least as much, statement for statement."""
    if not space.denies_all_of_old:
        return False
    olds = [one for allows in space.allows_by_layer_of_old for one in allows]
    return all(
        any(
            one.principals and (one.principals.everyone or text in one.ids) and _says(one, statement, budget)
            for one in olds
        )
        for text in statement.ids
    )


def covered(space: SearchSpace, statement: CompiledStatement, budget: Budget) -> bool:
    """
    Tell whether the old side says at least what the new Allow *statement* does, statement for statement.

    It does where the new side denies all that the old one does, and each layer of the old side has an Allow that
    matches whenever *statement* does, or all the Allows of a layer of the new side. That is the common case, and needs
    no search.
    """
    if not space.denies_all_of_old:
        return False
    news = space.allows_by_layer_of_new[1:]
    alike = space.shapes_of_old
    return all(
        statement.shape in shapes
        or _within(statement, old, budget)
        or any(all(_within(one, old, budget) for one in new) for new in news)
        for old, shapes in zip(space.allows_by_layer_of_old, alike, strict=True)
    )


def _within(statement: CompiledStatement, olds: Sequence[CompiledStatement], budget: Budget) -> bool:
    """Tell whether one of *olds* is sure to match whenever *statement* does."""
    return any(matches_whenever(statement, one, budget) for one in olds)


def _says(one: CompiledStatement, statement: CompiledStatement, budget: Budget) -> bool:
    """Tell whether *one* matches whenever *statement* does, but for who asks."""
    return covers(one, statement) and conditions_follow(statement, one, budget)


def same_words(new: CompiledPolicies, old: CompiledPolicies) -> bool:
    """Tell whether both sides have the same statements in each layer: then no action tells them apart."""
    return [_wording(group) for group in new.groups] == [_wording(group) for group in old.groups]


def _wording(group: LayerStatements) -> tuple[object, ...]:
    statement = frozenset(
        (one.shape, one.takes.listed, frozenset(map(str.lower, one.actions))) for one in group.statements
    )
    return group.layer, group.level, statement
