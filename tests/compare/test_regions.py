"""The walk over patterns finds exactly the regions that the evaluator's own tests tell apart."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern, meet, regions
from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import (
    PatternStep,
    arn_glob,
    arn_steps,
    glob,
    glob_steps,
    literal_steps,
    resource_glob,
    resource_steps,
)

ANYTHING = Pattern((PatternStep(None, again=True),))
KINDS = {"like": (glob_steps, glob), "resource": (resource_steps, resource_glob), "arn": (arn_steps, arn_glob)}


def pieces(text: str) -> tuple[Piece, ...]:
    """Return a pattern that is live as a whole."""
    return (Piece(text, live=True),)


@st.composite
def patterns_and_texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """Draw a kind, a pattern and a text that mostly fits it."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    pattern = draw(st.text("ab:*?", max_size=12))
    if kind == "arn" or draw(st.booleans()):
        pattern = ":".join(draw(st.lists(st.text("ab*?", max_size=3), min_size=6, max_size=7)))
    fillings = {"*": st.text("ab:\n", max_size=3), "?": st.sampled_from("ab:")}
    return kind, pattern, "".join(draw(fillings[char]) if char in fillings else char for char in pattern)


@given(patterns_and_texts())
def test_steps_match_what_the_evaluator_matches(drawn: tuple[str, str, str]) -> None:
    """The pattern as steps and the evaluator's test of it can't differ."""
    kind, pattern, text = drawn
    steps, test = KINDS[kind]
    assert Pattern(steps(pieces(pattern))).matches(text) is test(pieces(pattern))(text)


@given(st.lists(st.text("ab*?", min_size=1, max_size=4), min_size=1, max_size=3))
def test_regions_are_those_that_exist(texts: list[str]) -> None:
    """Every text up to seven characters has a sign that was found, and every sample has its sign."""
    patterns = [Pattern(glob_steps(pieces(text))) for text in texts]
    found = regions(patterns, (ANYTHING,))
    tests = [glob(pieces(text)) for text in texts]
    for match_mask, sample in found.items():
        assert [test(sample) for test in tests] == [bool(match_mask >> i & 1) for i in range(len(tests))]
    for size in range(6):
        for chars in product("abz", repeat=size):
            text = "".join(chars)
            assert sum(1 << i for i, test in enumerate(tests) if test(text)) in found


@given(st.lists(st.text("a:*?", min_size=1, max_size=8), min_size=1, max_size=2))
def test_resource_regions_are_those_that_exist(texts: list[str]) -> None:
    """The same with the segments of Resource."""
    patterns = [Pattern(resource_steps(pieces(text))) for text in texts]
    found = regions(patterns, (ANYTHING,))
    tests = [resource_glob(pieces(text)) for text in texts]
    for chars in (chars for size in range(8) for chars in product("a:", repeat=size)):
        text = "".join(chars)
        assert sum(1 << i for i, test in enumerate(tests) if test(text)) in found


def test_case_is_ignored_where_it_is_to_be() -> None:
    """A folding pattern has a region beside both of its writings: the Kelvin sign is a k."""
    patterns = [Pattern(literal_steps("k"), folds=True), Pattern(literal_steps("k")), Pattern(literal_steps("K"))]
    assert regions(patterns, (ANYTHING,), must=1) == {0b011: "k", 0b101: "K", 0b001: "\u212a"}


def test_only_what_is_asked_for_is_walked() -> None:
    """A text must match one of the universe's patterns, and those that it must."""
    inside = Pattern(glob_steps(pieces("arn:*")))
    patterns = [Pattern(glob_steps(pieces("*b"))), Pattern(glob_steps(pieces("a*")))]
    assert set(regions(patterns, (inside,))) == {0b10, 0b11}
    assert set(regions(patterns, (inside,), must=0b01)) == {0b11}
    assert regions(patterns, (Pattern(literal_steps("x")), Pattern(literal_steps("ab")))) == {0b00: "x", 0b11: "ab"}


def test_one_sign_is_found_the_quick_way() -> None:
    """Where all must match, any text will do, and none is found where there is none."""
    one, other = Pattern(glob_steps(pieces("a*c"))), Pattern(glob_steps(pieces("*bc")))
    (sample,) = regions([one, other], (ANYTHING,), must=0b11).values()
    assert one.matches(sample)
    assert other.matches(sample)
    assert regions([one, Pattern(literal_steps("x"))], (ANYTHING,), must=0b11) == {}


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("a*", "*b", True), ("a*", "b*", False), ("a?", "??c", False), ("*", "", True), ("a*b", "a?b", True)],
)
def test_whether_two_patterns_meet(left: str, right: str, expected: bool) -> None:
    """Two patterns meet where some text matches both."""
    assert meet(Pattern(glob_steps(pieces(left))), Pattern(glob_steps(pieces(right)))).answer is expected


def test_too_many_regions_are_told() -> None:
    """Past the limit the walk says so, and gives no partial answer."""
    patterns = [Pattern(glob_steps(pieces(f"*{char}*{char}*"))) for char in "abcdefgh"]
    with pytest.raises(TooComplex, match="8 patterns overlap"):
        regions(patterns, (ANYTHING,), limit=500)


def test_a_pattern_that_matches_nothing_has_no_region() -> None:
    """A variable without a value matches no text at all."""
    assert regions([Pattern(None)], (ANYTHING,)) == {0: ""}
