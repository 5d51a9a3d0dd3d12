"""What keeps the tests fast: what is sampled is still looked at from every side, and nothing is compiled twice."""

import subprocess
import sys
from collections.abc import Sequence
from itertools import product

import pytest
from tests.nightly import WHOLE, some

NUMBERS, LETTERS = range(4), "abc"


@pytest.mark.sampled
@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_combination_is_drawn(number: int, letter: str) -> None:
    """Of twelve combinations, as many as it takes."""
    assert (number, letter) in product(NUMBERS, LETTERS)


def test_each_value_is_tried(request: pytest.FixtureRequest) -> None:
    """Whatever worker runs them: the draw is of what was collected."""
    name = test_a_combination_is_drawn.__name__
    drawn = [item for item in request.session.items if item.nodeid.rpartition("::")[2].startswith(name)]
    values = [item.callspec.params for item in drawn if hasattr(item, "callspec")]
    if len(values) < len(NUMBERS):
        pytest.skip("one of them was asked for by name")
    assert {one["number"] for one in values} == set(NUMBERS)
    assert {one["letter"] for one in values} == set(LETTERS)
    assert len(values) == len(NUMBERS) * len(LETTERS) if WHOLE else len(values) < 7


@pytest.mark.parametrize("cases", [[], [1], list(range(100))], ids=len)
def test_one_in_a_few_is_drawn_in_order_and_again(cases: Sequence[int]) -> None:
    """At least one where there is one."""
    drawn = some(cases, 3)
    assert drawn == sorted(drawn) == some(cases, 3)
    assert len(drawn) == (len(cases) if WHOLE else -(-len(cases) // 3))


def test_processes_keep_what_they_compile() -> None:
    """Also where the environment forbids bytecode, which a test's process would see."""
    ask = "import sys; print(sys.dont_write_bytecode)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert (told, sys.dont_write_bytecode) == ("False\n", False)
