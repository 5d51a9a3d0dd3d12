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

from collections.abc import Iterator, Mapping, Sequence

from rolemgr.compare.atoms import Atom
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.key_options import key_options
from rolemgr.compare.resource_options import live_statements, resource_options
from rolemgr.compare.search_space import (
    A_SEARCH,
    MOST_CASES,
    DimensionOption,
    RequestCase,
    RequestSpace,
    SearchSpace,
    Values,
    best_masks,
)
from rolemgr.compare.statements import CompiledStatement


def search(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: RequestSpace, start: int | None = None
) -> Iterator[RequestCase]:
    """
    Yield cases in which the Allow *by* of the new side matches, the new side allows, and the old does not.

    *region* is one of the patterns of its Resource, which the resource then matches; None for all. *start*
    are the statements that match at best (by their principals, say). Every such case in *setting* is like one
    of those that are yielded, or worse: where none is yielded, there is none. Raises TooComplex.
    """
    setting.budget.spend(A_SEARCH + len(space.statements))
    must = space.bit(by)
    everything = (1 << len(space.statements)) - 1
    needless = sum(space.bit(statement) for statement in space.allows_of_new if statement is not by)  # *by* is enough
    reached: dict[int, tuple[int, DimensionOption] | None] = {
        (everything if start is None else start) & ~needless: None
    }
    steps: list[tuple[str, dict[int, tuple[int, DimensionOption] | None]]] = [("", reached)]
    for name, options in _dimensions(space, by, region, setting, steps):
        reached = _extended(space, reached, options, must, setting.budget)
        steps.append((name, reached))
        if not reached:
            return
    for mask in reached:
        if space.wins(mask):
            yield _case(mask, steps)


def _extended(
    space: SearchSpace, reached: Mapping[int, object], options: Sequence[DimensionOption], must: int,
    budget: Budget,
) -> dict[int, tuple[int, DimensionOption] | None]:  # fmt: skip
    budget.spend(len(reached) * len(options))
    found: dict[int, tuple[int, DimensionOption] | None] = {}
    for mask in reached:
        for option in options:
            both = mask & option.mask
            if both & must and both not in found and space.can_win(both):
                found[both] = (mask, option)
    best = best_masks(found, space.better_unset, budget)
    if len(best) > MOST_CASES:
        raise TooComplex(f"more than {MOST_CASES:,} combinations of conditions matter")
    return {mask: found[mask] for mask in best}


def _case(mask: int, steps: Sequence[tuple[str, Mapping[int, tuple[int, DimensionOption] | None]]]) -> RequestCase:
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
    return RequestCase(resource, values)


def _dimensions(
    space: SearchSpace, by: CompiledStatement, region: Atom | None, setting: RequestSpace,
    steps: Sequence[tuple[str, Mapping[int, object]]],
) -> Iterator[tuple[str, list[DimensionOption]]]:  # fmt: skip
    """Yield the resource (its name is empty), then each key that a statement still asks about."""
    yield "", resource_options(space, by, region, setting, steps[-1][1])
    done: set[str] = set()
    while True:
        live = list(live_statements(space, steps[-1][1]))
        key = next((key for statement in (by, *live) for key in sorted(statement.by_key) if key not in done), None)
        if key is None:
            return
        done.add(key)
        yield key, key_options(space, key, live, setting)
