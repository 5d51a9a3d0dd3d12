"""
The regions of text that a set of patterns makes: which of them can match together, and a shortest text for each.

A region is a *match_mask*: an integer whose bit i says that pattern i matches. All patterns are walked at once,
character by character, each as the set of steps that it may stand at (bits too). The steps come from
`rolemgr.iam.wildcards`, so what a wildcard spans is said in one place.

From any state only the characters that some pattern waits for matter; all others are alike, and one stands
for them. So the walk is exhaustive over all texts, and exact: a match mask is found if and only if some text has it.
The number of states is bounded; past the bound the walk raises `TooComplex` and says nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import NamedTuple

from rolemgr.compare.budget import MOST_AT_ONCE, Budget, measured
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.wildcards import PatternStep, Steps

MOST_STATES = 10_000
"""How many states of the joint walk are looked at: some ten times what the largest AWS managed policy takes."""

_OTHERS = "xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-~!^"
_ALSO_LOWER: Mapping[str, str] = {"k": "\u212a"}
"""Characters beside the capital whose lower case is the ASCII letter: the Kelvin sign."""


@dataclass(frozen=True)
class Pattern:
    """The *steps* of a pattern, None where nothing matches; *folds* says that it ignores case (ASCII only)."""

    steps: Steps | None
    folds: bool = False
    alternatives: tuple["Pattern", ...] = ()
    """Where there are any, one of them matches, and *steps* mean nothing."""

    @cached_property
    def machine(self) -> "_Machine":
        """The pattern as bit masks, made once: the same pattern is walked with many others."""
        return _either(self.alternatives) if self.alternatives else _machine(self)

    @cached_property
    def prefix(self) -> str:
        """What every text that matches begins with, empty where nothing is known."""
        if self.folds or self.alternatives or self.steps is None:
            return ""
        return "".join(step.char or "" for step in takewhile(lambda step: step.char, self.steps))

    def is_apart_from(self, other: "Pattern") -> bool:
        """Tell whether the two begin differently, so that no text matches both."""
        left, right = self.prefix, other.prefix
        return not (left.startswith(right) or right.startswith(left))

    def matches(self, text: str) -> bool:
        """Tell whether the whole *text* matches."""
        if not text.startswith(self.prefix):
            return False
        places = self.machine.start
        for char in text:
            places = self.machine.after(places, char)
        return bool(places & self.machine.end)


class _Machine(NamedTuple):
    """A pattern's steps as masks over its places; place n, behind the last step, is the end."""

    start: int
    end: int
    literal: Mapping[str, int]
    wild: int
    wild_but_colon: int
    star: int
    star_but_colon: int
    waits: Mapping[int, tuple[str, ...]]
    strict: int
    spanning_stars: int
    folds: bool
    done: int = 0
    """Places from which anything is accepted; *accepted* is what they all come to."""
    accepted: int = 0

    def closed(self, places: int) -> int:
        """Return *places* with those behind their stars, without those that a later star makes needless."""
        moved = (places & self.star) << 1 & ~places
        while moved:
            places |= moved
            moved = (moved & self.star) << 1 & ~places
        if places & self.done:
            return self.accepted
        last = places & self.spanning_stars
        if last:  # what an earlier place accepts, the star accepts too
            places &= -1 << (last.bit_length() - 1)
        return places

    def after(self, places: int, char: str) -> int:
        """Return the places that *char* leads to."""
        for one in char.lower() if self.folds else char:
            if one == ":":
                places = (places & (self.literal.get(one, 0) | self.wild_but_colon)) << 1 | places & self.star_but_colon
            else:
                places = (places & (self.literal.get(one, 0) | self.wild)) << 1 | places & self.star
            places = self.closed(places)
        return places


@lru_cache(maxsize=1 << 14)
def _machine(pattern: Pattern) -> _Machine:
    steps = pattern.steps
    if steps is None:
        return _Machine(0, 0, {}, 0, 0, 0, 0, {}, 0, 0, False)
    literal: dict[str, int] = {}
    for place, step in enumerate(steps):
        if step.char is not None:
            char = step.char.lower() if pattern.folds else step.char
            literal[char] = literal.get(char, 0) | 1 << place
    machine = _Machine(
        start=1,
        end=1 << len(steps),
        literal=literal,
        wild=_mask(steps, lambda step: step.char is None and not step.again),
        wild_but_colon=_mask(steps, lambda step: step.char is None and not step.again and step.spans),
        star=_mask(steps, lambda step: step.again),
        star_but_colon=_mask(steps, lambda step: step.again and step.spans),
        waits={1 << place: _writings(step.char, pattern.folds) for place, step in enumerate(steps) if step.char},
        strict=_mask(steps, lambda step: step.char is None and not step.spans),
        spanning_stars=_mask(steps, lambda step: step.again and step.spans),
        folds=pattern.folds,
    )
    done = 1 << len(steps) - 1 if steps and steps[-1].again and steps[-1].spans else 0
    machine = machine._replace(done=done, accepted=done | done << 1)
    return machine._replace(start=machine.closed(1))


def _mask(steps: Steps, wanted: Callable[[PatternStep], bool]) -> int:
    return sum(1 << place for place, step in enumerate(steps) if wanted(step))


def _writings(char: str, folds: bool) -> tuple[str, ...]:
    if not folds:
        return (char,)
    lower = char.lower()
    return tuple(dict.fromkeys((lower, lower.upper(), _ALSO_LOWER.get(lower, lower))))


def regions(
    patterns: Sequence[Pattern], among: Sequence[Pattern], *, must: int = 0, limit: int = MOST_STATES,
    budget: Budget | None = None,
) -> dict[int, str]:  # fmt: skip
    """
    Return every match mask over *patterns* of the texts that one of *among* matches, each with a shortest such text.

    All patterns of the mask *must* match too. Raises TooComplex where the walk has more than *limit* states,
    or takes more steps than *budget* has.
    """
    budget = budget or Budget(MOST_AT_ONCE)
    machines = [_either(tuple(among)), *(pattern.machine for pattern in patterns)]
    must = must << 1 | 1
    if must == (1 << len(machines)) - 1:  # there is one match mask at most
        text = _first(machines, must, budget)
        return {} if text is None else {must >> 1: text}
    found: dict[int, str] = {}
    start = tuple(machine.start for machine in machines)
    seen = {start}
    level: list[tuple[tuple[int, ...], str]] = [(start, "")]
    while level:
        following: list[tuple[tuple[int, ...], str]] = []
        for state, text in level:
            match_mask = _match_mask(machines, state)
            if match_mask & must == must and match_mask >> 1 not in found:
                found[match_mask >> 1] = text
            for char in _chars(machines, state):
                reached = _after(machines, state, char, budget)
                if reached not in seen and _alive(reached, must):
                    seen.add(reached)
                    following.append((reached, text + char))
        if len(seen) > limit:
            raise TooComplex(f"{len(patterns)} patterns overlap in more than {limit:,} ways")
        level = following
    return found


def _after(machines: Sequence[_Machine], state: tuple[int, ...], char: str, budget: Budget) -> tuple[int, ...]:
    """Return the state that *char* leads to; machines that stand nowhere cost nothing."""
    budget.spend(len(state) - state.count(0) + len(state) // 8 + 1)
    return tuple(machine.after(places, char) if places else 0 for machine, places in zip(machines, state, strict=True))


def _first(machines: Sequence[_Machine], must: int, budget: Budget) -> str | None:
    """Return some text that all machines accept, depth first: quicker than a shortest one."""
    start = tuple(machine.start for machine in machines)
    seen, todo = {start}, [(start, "")]
    while todo:
        state, text = todo.pop()
        if _match_mask(machines, state) & must == must:
            return text
        for char in reversed([*_chars(machines, state)]):
            reached = _after(machines, state, char, budget)
            if reached not in seen and _alive(reached, must):
                seen.add(reached)
                todo.append((reached, text + char))
    return None


@lru_cache(maxsize=1 << 12)
def _either(patterns: tuple[Pattern, ...]) -> _Machine:
    """Return the machine of a text that one of *patterns* matches: each has places of its own."""
    if len(patterns) == 1:
        return patterns[0].machine
    whole = _Machine(0, 0, {}, 0, 0, 0, 0, {}, 0, 0, folds=False)
    shift = 0
    for one in (pattern.machine for pattern in patterns):
        whole = _Machine(
            start=whole.start | one.start << shift,
            end=whole.end | one.end << shift,
            literal=_merged(whole.literal, one.literal, shift),
            wild=whole.wild | one.wild << shift,
            wild_but_colon=whole.wild_but_colon | one.wild_but_colon << shift,
            star=whole.star | one.star << shift,
            star_but_colon=whole.star_but_colon | one.star_but_colon << shift,
            waits={**whole.waits, **{place << shift: chars for place, chars in one.waits.items()}},
            strict=whole.strict | one.strict << shift,
            spanning_stars=0,  # a star makes needless what stands before it in its own pattern alone
            folds=False,
            done=whole.done | one.done << shift,
            accepted=whole.accepted or one.accepted << shift,
        )
        shift += one.end.bit_length()
    return whole._replace(start=whole.closed(whole.start))


def _merged(left: Mapping[str, int], right: Mapping[str, int], shift: int) -> dict[str, int]:
    return {char: left.get(char, 0) | right.get(char, 0) << shift for char in {**left, **right}}


def _match_mask(machines: Sequence[_Machine], state: tuple[int, ...]) -> int:
    return sum(1 << i for i, places in enumerate(state) if places and places & machines[i].end)


def _alive(state: tuple[int, ...], must: int) -> bool:
    """Tell whether a text from here can still be in question."""
    return all(places for i, places in enumerate(state) if must >> i & 1)


def _chars(machines: Sequence[_Machine], state: tuple[int, ...]) -> Iterable[str]:
    """Return the characters that lead to different states: those that some pattern waits for, and one other."""
    waited: dict[str, None] = {}
    for machine, places in zip(machines, state, strict=True):
        if places & machine.strict:
            waited[":"] = None
        for chars in _waiting(machine, places):
            waited |= dict.fromkeys(chars)
    yield from waited
    yield _other(waited)


def _waiting(machine: _Machine, places: int) -> Iterable[tuple[str, ...]]:
    while places:
        place = places & -places
        places ^= place
        if place in machine.waits:
            yield machine.waits[place]


def _other(waited: Mapping[str, None]) -> str:
    for char in _OTHERS:
        if char not in waited:
            return char
    return next(char for char in map(chr, range(0x4E00, 0x9FFF)) if char not in waited)


@measured
def contains(budget: Budget, outer: Pattern, inner: Pattern) -> bool:
    """Tell whether *outer* matches every text that *inner* does."""
    if inner.steps is not None and outer.is_apart_from(inner):
        return False
    one, two = outer.machine, inner.machine
    seen, todo = {(one.start, two.start)}, [(one.start, two.start)]
    while todo:
        here, there = todo.pop()
        if there & two.end and not here & one.end:
            return False
        for char in _chars((one, two), (here, there)):
            budget.spend(2)
            reached = (one.after(here, char), two.after(there, char))
            if reached[1] and reached not in seen:
                seen.add(reached)
                todo.append(reached)
    return True


@measured
def meet(budget: Budget, left: Pattern, right: Pattern) -> bool:
    """Tell whether some text matches both patterns: the quick question before all classes are walked."""
    if left.is_apart_from(right):
        return False
    one, two = left.machine, right.machine
    seen = {(one.start, two.start)}
    todo = [(one.start, two.start)]
    while todo:
        here, there = todo.pop()
        if here & one.end and there & two.end:
            return True
        for char in _chars((one, two), (here, there)):
            budget.spend(2)
            reached = (one.after(here, char), two.after(there, char))
            if all(reached) and reached not in seen:
                seen.add(reached)
                todo.append(reached)
    return False
