"""Lengths of time in words."""

import pytest

from rolemgr.model.times import duration, seconds


@pytest.mark.parametrize(
    ("length", "words"), [(3600, "1 h"), (86_400, "24 h"), (5400, "90 min"), (900, "15 min"), (90, "90 s"), (0, "0 s")]
)
def test_a_length_has_its_unit(length: int, words: str) -> None:
    """Hours and minutes where they are whole; read again it is the same."""
    assert duration(length) == words
    assert seconds(words.replace("min", "m").replace(" ", "")) == length
