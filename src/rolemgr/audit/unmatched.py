"""
A text that none of some patterns matches: somebody whom a policy says nothing about, however its author chose them.

A sample that is always the same can be denied by name; this one is looked for among all that there can be.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from rolemgr.compare.budget import Budget
from rolemgr.iam.glob_walk import GlobWalk, Places

DIGITS: Final = "9876543210"
NAME: Final = "somebdyaqwrtfghjklzxcvnpiu5170234689-_.@+=,ABCDEFGHIJKLMNOPQRSTUVWXYZ/"
"""The characters of names of roles and users, and of their paths."""


class TextShape(NamedTuple):
    """What a text is to be: of the characters *alphabet*, from *least* to *most* of them, behind *head*."""

    alphabet: str
    least: int
    most: int
    head: str = ""


def unmatched(budget: Budget, wanted: TextShape, patterns: Iterable[str], within: str = "*") -> str | None:
    """
    Return a text that is *wanted*, that *within* matches and none of *patterns*; None where there is none.

    Raises TooComplex where the *budget* does not last.
    """
    search = _Search(budget, wanted, GlobWalk(within), [GlobWalk(one) for one in dict.fromkeys(patterns)])
    level = {search.first(): ""}
    for length in range(wanted.most + 1):
        level = {places: text for places, text in level.items() if search.may_go_on(places, wanted.least - length)}
        found = [text for places, text in level.items() if length >= wanted.least and search.ends(places)]
        if found:
            return wanted.head + found[0]
        level = search.longer(level)
    return None


class _Search:
    """The patterns of a search: the one that is to match, and those that are not."""

    def __init__(self, budget: Budget, wanted: TextShape, inside: GlobWalk, others: list[GlobWalk]) -> None:
        self._budget, self._wanted, self._inside, self._others = budget, wanted, inside, others

    def first(self) -> tuple[Places, ...]:
        """Return where each pattern is after the head."""
        return tuple(one.after(self._wanted.head) for one in (self._inside, *self._others))

    def may_go_on(self, places: tuple[Places, ...], short: int) -> bool:
        """Tell whether a text at *places*, to which *short* characters at least are to come, may become one."""
        pairs = zip(self._others, places[1:], strict=True)
        return bool(places[0]) and not any(one.holds_on(at, short) for one, at in pairs)

    def ends(self, places: tuple[Places, ...]) -> bool:
        """Tell whether a text at *places* is one that is looked for."""
        pairs = zip(self._others, places[1:], strict=True)
        return self._inside.ends(places[0]) and not any(one.ends(at) for one, at in pairs)

    def longer(self, level: Mapping[tuple[Places, ...], str]) -> dict[tuple[Places, ...], str]:
        """Return the texts of *level* with one more character: one for each places that they come to."""
        self._budget.spend(len(level) * (1 + len(self._others)) * len(self._wanted.alphabet))
        found: dict[tuple[Places, ...], str] = {}
        for places, text in level.items():
            for character in self._wanted.alphabet:
                pairs = zip((self._inside, *self._others), places, strict=True)
                found.setdefault(tuple(one.step(at, character) for one, at in pairs), text + character)
        return found
