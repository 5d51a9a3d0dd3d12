"""What two patterns have in common: a text that both begin with is walked at once, and changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from rolemgr.iam.wildcards import matches
from rolemgr.reference.resources import common

patterns = st.text("ab:/*?", max_size=8)
plain = st.text("ab:/", max_size=6)


@given(plain, patterns, patterns)
def test_a_common_start_is_kept_and_the_rest_is_found_as_without_it(start: str, left: str, right: str) -> None:
    """Most ARNs begin alike."""
    found = common(left, right)
    assert common(start + left, start + right) == (None if found is None else start + found)


@given(patterns, patterns)
def test_both_patterns_match_what_is_found(left: str, right: str) -> None:
    """An example that one of them does not match would show nothing."""
    found = common(left, right)
    assert found is None or (matches(left, found) and matches(right, found))


@given(plain, patterns)
def test_what_a_pattern_matches_it_has_in_common_with_it(text: str, pattern: str) -> None:
    """Nothing is missed: None says that there is no such text."""
    assert common(text, pattern) == (text if matches(pattern, text) else None)
