"""From a comparison to answers of a proof: what differs breaks its claim, and what can't be told is told."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rolemgr.compare.verdicts import Comparison, Difference, Unknown
from rolemgr.prove.proof import Answer, CounterExample, Untold

_MOST_NAMED: Final = 5


def answers_of(
    found: Comparison, broken: Callable[[Difference], CounterExample], unknown: Callable[[Unknown], str]
) -> Iterator[Answer]:
    """
    Yield what *broken* makes of each difference, and what *unknown* says cannot be told with its reason.

    For each other action that was compared the answer is that nothing was found.
    """
    for difference in found.differences:
        yield broken(difference)
    for one in found.unknowns:
        yield Untold(f"can't tell {unknown(one)}: {one.reason}", ())
    some = [actions for each in (found.differences, found.unknowns) for actions in (one.actions for one in each)]
    yield from [None] * max(found.actions - len({action for actions in some for action in actions}), 0)


def named(one: Difference) -> str:
    """Return the actions of a difference in words; those that no reference lists are not named after a stand-in."""
    return "actions that AWS may add" if one.future else listed(one.actions)


def listed(actions: Sequence[str]) -> str:
    """Return *actions* in words, the first few by name."""
    more = f" and {len(actions) - _MOST_NAMED:,} more" if len(actions) > _MOST_NAMED else ""
    return f"{', '.join(actions[:_MOST_NAMED]) or 'all actions'}{more}"
