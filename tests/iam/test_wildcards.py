"""Wildcards against the plainest matcher that follows the documentation letter by letter."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import arn_glob, contains, fixed_beginning, glob, matches, resource_glob, widened

TEXTS = st.text("ab:", max_size=14)


@st.composite
def patterns_and_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a pattern, and a text that mostly fits it or fits but for its colons."""
    pattern = draw(st.text("ab:*?", max_size=14))
    fillings = {"*": st.text("ab:\n", max_size=3), "?": st.sampled_from("ab:")}
    fitting = "".join(draw(fillings[char]) if char in fillings else char for char in pattern)
    return pattern, draw(st.one_of(st.just(fitting), st.just(fitting), TEXTS))


def _plain(pattern: str, text: str, spans: list[bool]) -> bool:
    """Match character by character; *spans* says of each wildcard whether it may take a colon."""
    reached = {0}
    for place, char in enumerate(pattern):
        taken = {at + 1 for at in reached if at < len(text)}
        if char == "*":
            reached = _run_on(reached, text, spans[place])
        elif char == "?":
            reached = {at for at in taken if spans[place] or text[at - 1] != ":"}
        else:
            reached = {at for at in taken if text[at - 1] == char}
    return len(text) in reached


def _run_on(reached: set[int], text: str, spans: bool) -> set[int]:
    found = set(reached)
    for start in reached:
        for at in range(start, len(text)):
            if text[at] == ":" and not spans:
                break
            found.add(at + 1)
    return found


def _resource_spans(pattern: str) -> list[bool]:
    """In the first five segments only stars that end their segment span colons; behind, everything does."""
    spans = []
    for place, char in enumerate(pattern):
        in_resource_part = pattern[:place].count(":") >= 5
        ends_segment = set(pattern[place:].split(":")[0]) == {"*"}
        spans.append(in_resource_part or (char == "*" and ends_segment))
    return spans


def _pieces(pattern: str) -> tuple[Piece, ...]:
    return (Piece(pattern, live=True),)


@given(patterns_and_texts())
def test_a_glob_matches_what_the_plain_matcher_matches(drawn: tuple[str, str]) -> None:
    """In strings and actions, wildcards span anything."""
    pattern, text = drawn
    assert glob(_pieces(pattern))(text) == _plain(pattern, text, [True] * len(pattern))


@given(patterns_and_texts())
@example(("a*b", "a:b"))
@example(("a:*:a*b:", "a:b:a:b:"))
@example(("a:b?b:*", "a:b:b:"))
@example(("a:*:b*a:b", "a:a:b:ba:ba:b"))
@example((":::::a*b?", ":::::a:b:"))
def test_a_resource_matches_what_the_plain_matcher_matches(drawn: tuple[str, str]) -> None:
    """In a Resource, wildcards span colons only where AWS says that they do."""
    pattern, text = drawn
    assert resource_glob(_pieces(pattern))(text) == _plain(pattern, text, _resource_spans(pattern))


@given(patterns_and_texts())
def test_an_arn_matches_component_by_component(drawn: tuple[str, str]) -> None:
    """In an ARN condition, each component of the pattern matches its component of the value."""
    pattern, text = f"arn:aws:*:{drawn[0]}", f"arn:aws:s3:{drawn[1]}"
    parts = pattern.split(":", 5)
    values = text.split(":", 5)
    wanted = len(parts) == len(values) == 6 and all(
        _plain(part, value, [True] * len(part)) for part, value in zip(parts, values, strict=True)
    )
    assert arn_glob(_pieces(pattern))(text) == wanted


@given(st.text(max_size=20))
def test_text_that_is_not_live_matches_itself_alone(text: str) -> None:
    """A variable's value is no pattern, whatever it holds."""
    exact = (Piece(text, live=False),)
    assert glob(exact)(text)
    assert resource_glob(exact)(text)
    assert not glob(exact)(text + "x")


@pytest.mark.parametrize("build", [glob, resource_glob])
def test_many_stars_take_no_time(build: object) -> None:
    """A pattern of many stars that does not match is refused at once."""
    pieces = _pieces("arn:aws:s3:::" + "*a" * 40 + "b")
    started = time.process_time()
    test = glob(pieces) if build is glob else resource_glob(pieces)
    assert not test("arn:aws:s3:::" + "a" * 3000)
    assert time.process_time() - started < 1


def test_an_arn_pattern_of_fewer_parts_matches_nothing() -> None:
    """A variable's value that makes no ARN of the whole is like no ARN."""
    assert not arn_glob(_pieces("arn:aws:*"))("arn:aws:s3:::bucket")


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("user/?????????????", "user/${aws:userid}", False),
        ("user/*", "user/${aws:userid}", True),
        ("user/${aws:userid}*", "user/${aws:userid}", True),
        ("user/*userid}", "user/${aws:userid}", False),
        ("a?", "a?", True),
        ("a?", "a*", False),
        ("*a*", "${x}a", True),
        ("*b", "${ab}", False),
    ],
)
def test_a_variable_is_no_text_of_its_letters(outer: str, inner: str, expected: bool) -> None:
    """Nothing but a star, or the variable itself, holds what a variable may bring."""
    assert contains(outer, inner) is expected


@pytest.mark.parametrize("match", [contains, matches])
def test_many_stars_end_in_time(match: Callable[[str, str], bool]) -> None:
    """A pattern that makes a backtracking matcher run for ever is answered at once."""
    start = time.process_time()
    assert not match("a*" * 400 + "b", "a" * 4000)
    assert time.process_time() - start < 5


@given(patterns_and_texts())
def test_what_a_pattern_matches_begins_with_its_fixed_part(drawn: tuple[str, str]) -> None:
    """Up to the first wildcard."""
    pattern, text = drawn
    assert not matches(pattern, text) or text.startswith(fixed_beginning(pattern))


@given(patterns_and_texts())
def test_a_widened_pattern_matches_all_that_it_did(drawn: tuple[str, str]) -> None:
    """And has no `?` beside a star."""
    pattern, text = drawn
    wide = widened(pattern)
    assert not matches(pattern, text) or matches(wide, text)
    assert not any(run in wide for run in ("*?", "?*", "**"))
