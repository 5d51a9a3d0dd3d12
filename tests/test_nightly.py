"""What keeps the tests fast: what is sampled is still looked at from every side, and nothing is compiled twice."""

import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from tests.nightly import WHOLE, some

TOP = Path(__file__).parents[1]
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


@pytest.mark.nightly
def test_the_night_has_a_test(request: pytest.FixtureRequest) -> None:
    """What the next one would find: it runs with the whole, or by its name."""
    assert WHOLE or any("::" in argument for argument in request.config.args)


def test_what_waits_for_the_night_is_left_out(request: pytest.FixtureRequest) -> None:
    """Unless somebody names it, or runs the whole."""
    if any("::" in argument for argument in request.config.args):
        pytest.skip("one was asked for by name")
    assert any(item.get_closest_marker("nightly") for item in request.session.items) == WHOLE


def test_no_promise_waits_for_the_night() -> None:
    """What SECURITY.md says is held by a test holds before each merge."""
    promised = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (TOP / "SECURITY.md").read_text("utf-8"))
    assert len(promised) > 30
    for file, name in promised:
        before, found, _ = (TOP / file).read_text("utf-8").partition(f"\ndef {name}(")
        assert found
        assert "mark.nightly" not in before.rpartition("\n\n")[2], name


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
