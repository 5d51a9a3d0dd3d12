"""
What a comparison may cost, in counted steps: the same on every machine, and the same whatever was cached.

A step is about what takes a microsecond: a character read by a pattern, two masks compared. Where the steps
are used up `TooComplex` says so, and the comparison says "cannot tell" of what it had still to do.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Concatenate, Final, Generic, NamedTuple, ParamSpec, TypeVar

from rolemgr.compare.errors import TooComplex

MOST_STEPS: Final = 4_000_000
"""The steps of one comparison: over a thousand times what AWS's own managed policies take."""
MOST_PER_QUESTION: Final = 1_000_000
"""The steps of one question, an Allow and the actions that it gives alike: a hard one leaves some for the others."""
MOST_AT_ONCE: Final = 500_000
"""The steps of one walk over patterns."""
_TOO_LONG: Final = "it takes more than {:,} steps to compare"
_OVERLAP: Final = "patterns overlap in so many ways that it takes more than {:,} steps to tell them apart"

P = ParamSpec("P")
T = TypeVar("T")


class Measured(NamedTuple, Generic[T]):
    """An answer, or the *problem* for which there is none, and the *steps* that it took."""

    answer: T | None
    problem: str
    steps: int


class Budget:
    """Steps that may still be made; a *part* of another budget takes its steps from that one too."""

    def __init__(self, most: int = MOST_STEPS, whole: "Budget | None" = None, problem: str = _TOO_LONG) -> None:
        """Allow *most* steps; *problem* says that there are no more."""
        self._problem = problem
        self.most = most
        self.spent = 0
        self.ran_out = False
        """Whether somebody was told that there are no more steps, of this budget or of a part of it."""
        self._whole = whole
        self._paid: set[Hashable] = whole._paid if whole else set()

    def spend(self, steps: int) -> None:
        """Count *steps*; raise TooComplex where there are no more."""
        self.spent += steps
        if self._whole:
            self._whole.spend(steps)
        if self.spent > self.most:
            self.end()
            raise TooComplex(self._problem.format(self.most))

    def has(self, steps: int) -> bool:
        """Tell whether there are *steps* more, here and in what this is a part of."""
        return self.spent + steps <= self.most and (self._whole is None or self._whole.has(steps))

    def end(self) -> None:
        """Note that there are no more, here and in what this is a part of."""
        self.ran_out = True
        if self._whole:
            self._whole.end()

    def part(self, most: int = MOST_PER_QUESTION) -> "Budget":
        """Return a budget of *most* steps within this one."""
        return Budget(most, self, self._problem)

    def answer(self, asked: Callable[P, Measured[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *asked* answers, paid for once; raise TooComplex where it has no answer."""
        found = asked(*args, **kwargs)
        key = (asked, args, tuple(kwargs.items()))
        if key not in self._paid:
            self._paid.add(key)
            self.spend(found.steps + 1)
        if found.problem:
            raise TooComplex(found.problem)
        return found.answer  # type: ignore[return-value]  # there is one where there is no problem


def measured_as(
    problem: str, most: int = MOST_AT_ONCE
) -> Callable[[Callable[Concatenate[Budget, P], T]], Callable[P, Measured[T]]]:
    """
    Return the decorator that keeps what a function answers, each with what it took.

    A problem is not found out twice either: *problem* says it, with `{}` for the steps, of which it may take *most*.
    """

    def decorated(asked: Callable[Concatenate[Budget, P], T]) -> Callable[P, Measured[T]]:
        @lru_cache(maxsize=1 << 14)
        def answered(*args: P.args, **kwargs: P.kwargs) -> Measured[T]:
            own = Budget(most, problem=problem)
            try:
                return Measured(asked(own, *args, **kwargs), "", own.spent)
            except TooComplex as error:
                return Measured(None, str(error), own.spent)

        return wraps(asked)(answered)  # type: ignore[return-value]  # `wraps` copies the signature that has the budget

    return decorated


measured = measured_as(_OVERLAP)
"""Keep what a function on patterns answers."""
