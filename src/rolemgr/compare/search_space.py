"""
Both sides of a comparison for one action, each statement with its bit, and which masks of bits are better.

A bit that can help only when it is set (an Allow of the new side, a Deny of the old one) or only when it is not
(the others) makes one mask better than another whatever comes after it.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from rolemgr.compare.atoms import Filled
from rolemgr.compare.budget import Budget
from rolemgr.compare.implied import not_implied
from rolemgr.compare.regions import Pattern
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement
from rolemgr.compare.values import ValueLimits
from rolemgr.iam.documents import Effect

A_SEARCH: Final = 50
"""The steps that a search takes at least, and each of its dimensions."""
MOST_CASES: Final = 3_000
"""How many masks are kept after a dimension."""


Values: TypeAlias = tuple[str, ...]


StatementsByLayer: TypeAlias = tuple[tuple[bool, tuple[CompiledStatement, ...]], ...]
"""The statements of each layer that speak of an action, and whether the layer must allow."""


ABSENT: Final[Values] = ()


class DimensionOption(NamedTuple):
    """One class of a dimension: the statements that it lets match, and the text or the values that stand for it."""

    mask: int
    sample: str | Values | None


class RequestCase(NamedTuple):
    """A case: the resource (None where no text is known), and values by lower-case key (None likewise)."""

    resource: str | None
    values: Mapping[str, Values | None]


@dataclass(frozen=True)
class RequestSpace:
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
    within: Mapping[str, ValueLimits] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, eq=False)
class SearchSpace:
    """
    The statements of both sides that speak of an action, each with its bit: *new* ones first, then *old*.

    Of the old side's Denies `search_space` leaves those alone that the new side is not sure to have.
    """

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

    @cached_property
    def allows_by_layer_of_new(self) -> tuple[tuple[CompiledStatement, ...], ...]:
        """The Allows of each layer of the new side that must allow."""
        return _allows_by_layer(self.new)

    @cached_property
    def allows_by_layer_of_old(self) -> tuple[tuple[CompiledStatement, ...], ...]:
        """The Allows of each layer of the old side that must allow."""
        return _allows_by_layer(self.old)

    @cached_property
    def denies_all_of_old(self) -> bool:
        """Whether the new side denies all that the old one does: the Denies that it has too are left out."""
        return not self.denies_of_old

    @cached_property
    def shapes_of_old(self) -> tuple[frozenset[object], ...]:
        """The shapes of the Allows of each layer of the old side that must allow."""
        return tuple(frozenset(statement.shape for statement in allows) for allows in self.allows_by_layer_of_old)

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


def search_space(new: CompiledPolicies, old: CompiledPolicies, folded_action: str, budget: Budget) -> SearchSpace:
    """
    Return what *new* and *old* say about the lower-case action.

    The Denies of the old side that one of the new side matches with are left out (`rolemgr.compare.implied`).
    """
    whole = SearchSpace(_statements_about(new, folded_action), _statements_about(old, folded_action))
    kept = not_implied(whole.denies_of_old, whole.denies_of_new, budget)
    if len(kept) == len(whole.denies_of_old):
        return whole
    left = tuple(
        (must, tuple(one for one in group if one.effect is Effect.ALLOW or id(one) in kept))
        for must, group in whole.old
    )
    return SearchSpace(whole.new, left)


def _statements_about(side: CompiledPolicies, action: str) -> StatementsByLayer:
    return tuple(
        (group.must_allow, tuple(filter(None, (statement.about(action) for statement in group.statements))))
        for group in side.groups
    )


def best_masks(masks: Iterable[int], unset: int, budget: Budget, same: int = 0) -> list[int]:
    """Return those of *masks* that no other is better than; bits of *same* make masks incomparable."""
    kept: list[tuple[int, int]] = []
    for mask in sorted(masks, key=lambda one: -(one ^ unset).bit_count()):
        rank = mask ^ unset
        budget.spend(1 + len(kept) // 8)  # eight are compared in a step
        if not any(rank & other == rank and (rank ^ other) & same == 0 for _, other in kept):
            kept.append((mask, rank))
    return [mask for mask, _ in kept]


def _allows_by_layer(side: StatementsByLayer) -> tuple[tuple[CompiledStatement, ...], ...]:
    return tuple(
        tuple(statement for statement in group if statement.effect is Effect.ALLOW) for must, group in side if must
    )
