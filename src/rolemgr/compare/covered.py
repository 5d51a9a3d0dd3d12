"""The quick answer: an old statement that grants at least what a new one does, so that nothing is searched."""

from collections.abc import Sequence

from rolemgr.compare.search_space import SearchSpace
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement, LayerStatements


def allows_ids(space: SearchSpace, statement: CompiledStatement) -> bool:
    """Tell whether the old side allows the ids of *statement* at least as much, statement for statement."""
    if not space.denies_all_of_old:
        return False
    olds = [one for allows in space.allows_by_layer_of_old for one in allows]
    return all(
        any(one.principals and (one.principals.everyone or text in one.ids) and _says(one, statement) for one in olds)
        for text in statement.ids
    )


def covered(space: SearchSpace, statement: CompiledStatement) -> bool:
    """
    Tell whether the old side says at least what the new Allow *statement* does, statement for statement.

    It does where the new side has all of its Denies, and each of its layers an Allow like *statement*, or all the
    Allows of a layer of the new side. That is the common case, and needs no search.
    """
    if not space.denies_all_of_old:
        return False
    news = space.allows_by_layer_of_new[1:]
    alike = space.shapes_of_old
    return all(
        statement.shape in shapes
        or _within(statement, old)
        or any(all(_within(one, old) for one in new) for new in news)
        for old, shapes in zip(space.allows_by_layer_of_old, alike, strict=True)
    )


def _within(statement: CompiledStatement, olds: Sequence[CompiledStatement]) -> bool:
    """Tell whether one of *olds* says at least what *statement* does: as many resources or all, no other condition."""
    return any(one.principals == statement.principals and _says(one, statement) for one in olds)


def _says(one: CompiledStatement, statement: CompiledStatement) -> bool:
    """Tell whether *one* is about as many resources as *statement* or all, under no other condition."""
    everywhere = one.everywhere or (one.spares_listed is statement.spares_listed and _as_many(one, statement))
    return one.conditions <= statement.conditions and everywhere


def _as_many(one: CompiledStatement, statement: CompiledStatement) -> bool:
    return one.resources <= statement.resources if statement.spares_listed else one.resources >= statement.resources


def same_words(new: CompiledPolicies, old: CompiledPolicies) -> bool:
    """Tell whether both sides have the same statements in each layer: then no action tells them apart."""
    return [_wording(group) for group in new.groups] == [_wording(group) for group in old.groups]


def _wording(group: LayerStatements) -> tuple[object, ...]:
    statement = frozenset(
        (one.shape, one.takes.listed, frozenset(map(str.lower, one.actions))) for one in group.statements
    )
    return group.layer, group.level, statement
