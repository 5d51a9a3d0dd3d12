"""Random lines of a batch: whatever they say, there is a decision that can be explained, or one clean error."""

from collections import Counter
from random import Random

import pytest
from tests.evaluate.random_lines import line, outcome

SEEDS = range(10)
EXAMPLES = 200


@pytest.mark.parametrize("seed", SEEDS)
def test_random_lines_are_decided_or_refused(seed: int) -> None:
    """No crash: each line is answered in its shape, and `evaluate` and `explain` agree on it."""
    random = Random(seed)  # noqa: S311 - nothing secret
    outcomes = Counter(outcome(line(random)) for _ in range(EXAMPLES))
    assert outcomes.keys() == {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied", "error"}
