"""
Patterns read a character at a time, several at once: which texts they can tell apart, and one of each.

A sample that is always the same tells what holds for it alone. What holds for all texts is told by one of each that
patterns can tell apart.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

Places: TypeAlias = frozenset[int]
"""The places in a pattern that a text can have come to."""
_OTHERS: Final = "zyxwvutsrqponmlkjihgfedcba0123456789-_.@+=,ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class GlobWalk:
    """A pattern with ``*`` and ``?``, read a character at a time."""

    def __init__(self, pattern: str) -> None:
        """Take a *pattern* without policy variables."""
        self._text = pattern
        self._rest: dict[int, int | None] = {}

    def after(self, head: str) -> Places:
        """Return the places that the text *head* can have come to."""
        places = self._with_stars({0})
        for character in head:
            places = self.step(places, character)
        return places

    def step(self, places: Places, character: str) -> Places:
        """Return the places after *places* and one more *character*."""
        after: set[int] = set()
        for at in places:
            here = self._text[at : at + 1]
            if here == "*":
                after.add(at)
            elif here and here in (character, "?"):
                after.add(at + 1)
        return self._with_stars(after)

    def ends(self, places: Places) -> bool:
        """Tell whether a text that has come to *places* is matched."""
        return len(self._text) in places

    def holds_on(self, places: Places, short: int) -> bool:
        """Tell whether a text at *places* is matched however it goes on, by *short* characters at least."""
        return any((needed := self._needs(at)) is not None and needed <= short for at in places)

    def _needs(self, at: int) -> int | None:
        """Return how many characters, any, the rest of the pattern wants; None where it wants others or no more."""
        if at not in self._rest:
            rest = self._text[at:]
            is_open = "*" in rest and not rest.strip("*?")
            self._rest[at] = rest.count("?") if is_open else None
        return self._rest[at]

    def _with_stars(self, places: set[int]) -> Places:
        for at in sorted(places):
            while self._text[at : at + 1] == "*":
                at += 1
                places.add(at)
        return frozenset(places)


class TextsToldApart:
    """The texts of a *form*, behind its *head*, that *patterns* can tell apart: one of each, the shortest first."""

    def __init__(self, head: str, form: str, patterns: Sequence[str], most_steps: int) -> None:
        """Look for no longer than *most_steps* steps, each about a microsecond."""
        self._head, self._walks = head, tuple(map(GlobWalk, (head + form, *dict.fromkeys(patterns))))
        named = dict.fromkeys("".join((form, *patterns)))
        known = [one for one in named if one not in "*?"]
        self._alphabet = (*[one for one in _OTHERS if one not in named][:1], *known)
        self._steps, self.is_whole = most_steps, True

    def texts(self) -> Iterator[str]:
        """Yield them; *is_whole* then tells whether these are all."""
        level = {tuple(one.after(self._head) for one in self._walks): self._head}
        seen, told = set(level), set[tuple[bool, ...]]()
        while level:
            for places, text in level.items():
                own, *others = (one.ends(at) for one, at in zip(self._walks, places, strict=True))
                if own and tuple(others) not in told:
                    told.add(tuple(others))
                    yield text
            level = self._longer(level, seen)
            seen.update(level)

    def _longer(
        self, level: dict[tuple[Places, ...], str], seen: Collection[tuple[Places, ...]]
    ) -> dict[tuple[Places, ...], str]:  # fmt: skip
        """Return the texts of *level* with one more character, one for each places that were not *seen*."""
        self._steps -= len(level) * len(self._walks) * len(self._alphabet)
        if self._steps < 0:
            self.is_whole = False
            return {}
        found: dict[tuple[Places, ...], str] = {}
        for places, text in level.items():
            for character in self._alphabet:
                after = tuple(one.step(at, character) for one, at in zip(self._walks, places, strict=True))
                if after[0] and after not in seen:
                    found.setdefault(after, text + character)
        return found
