"""The cover of least weight, against every set of sets that there is; the bound of the greedy one."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples

from rolemgr.audit.migrate.cover import cover
from rolemgr.compare.budget import Budget

NAMES = "abcdefgh"
families = st.dictionaries(
    st.sampled_from(NAMES), st.frozensets(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8
)
weights = st.fixed_dictionaries({name: st.integers(1, 9) for name in NAMES})


def least(sets: dict[str, frozenset[int]], weight: dict[str, int]) -> int:
    """Return the least weight of a cover, by looking at every one."""
    wanted = frozenset().union(*sets.values())
    return min(
        sum(weight[name] for name in names)
        for count in range(len(sets) + 1)
        for names in combinations(sorted(sets), count)
        if frozenset().union(*(sets[name] for name in names)) >= wanted
    )


@settings(max_examples=examples(40, 300), deadline=None)
@given(families, weights)
def test_the_cover_weighs_least(sets: dict[str, frozenset[int]], weight: dict[str, int]) -> None:
    """Exactly, in each of these cases."""
    found = cover(sets, weight)
    assert found.exact
    assert frozenset().union(*(sets[name] for name in found.chosen)) == frozenset().union(*sets.values())
    assert found.weight == sum(weight[name] for name in found.chosen) == least(sets, weight)


@pytest.mark.nightly
@settings(max_examples=examples(25, 200), deadline=None)
@given(families, weights)
def test_the_greedy_cover_keeps_its_bound(sets: dict[str, frozenset[int]], weight: dict[str, int]) -> None:
    """Without a budget for more; the bound that is told holds, and is no better than the truth."""
    found = cover(sets, weight, Budget(0))
    assert not found.exact
    assert frozenset().union(*(sets[name] for name in found.chosen)) == frozenset().union(*sets.values())
    assert found.weight <= found.bound * least(sets, weight) + 1e-9
    assert found.bound >= 1


def test_order_does_not_matter() -> None:
    """Two covers of one weight: the same one is taken whatever stands first."""
    sets = {"b": frozenset({1, 2}), "a": frozenset({1, 2}), "c": frozenset({3})}
    backwards = dict(reversed(sets.items()))
    weight = dict.fromkeys(sets, 1)
    assert cover(sets, weight) == cover(backwards, weight)
    assert cover(sets, weight).chosen == ("a", "c")


def test_nothing_needs_nothing() -> None:
    """No element: no set, and no weight."""
    assert cover({}, {}).chosen == ()
    assert cover({}, {}).weight == 0


@pytest.mark.nightly
def test_a_hundred_sets_are_quick() -> None:
    """Within the budget, or else greedy: it ends either way."""
    sets = {f"s{at}": frozenset((at * step) % 97 for step in range(1, 8)) for at in range(1, 100)}
    found = cover(sets, dict.fromkeys(sets, 1), Budget(20_000))
    assert frozenset().union(*(sets[name] for name in found.chosen)) == frozenset().union(*sets.values())
