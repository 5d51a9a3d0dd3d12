"""Events that come again, within bounded memory."""

import pytest

from rolemgr.events.seen_events import SeenEvents


def taken(ids: list[str], most: int = 100) -> SeenEvents:
    """Return what of *ids* is remembered."""
    found = SeenEvents(most=most)
    for one in ids:
        found.take(one)
    found.trim()
    return found


def test_few_events_are_counted_exactly() -> None:
    """Each that had come before counts, however often; the note has the number."""
    found = taken(["a", "b", "a", "c", "a", "b"])
    assert (found.repeated, found.is_exact) == (3, True)
    assert found.note().startswith("3 events came again (by their eventID)")
    assert taken(["a", "b"]).note() == ""
    assert taken(["a", "a"]).note().startswith("1 event came again")


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_parts_that_are_read_apart_add_up_to_the_same(parts: int) -> None:
    """Whatever the order and the number of parts: as if one had been read."""
    ids = [f"event-{number * number % 3_001}" for number in range(6_000)]
    whole = SeenEvents(most=100)
    for part in range(parts):
        whole.add(taken(ids[part::parts]))
    assert (whole.times, whole.below) == (taken(ids).times, taken(ids).below)


def test_many_events_are_estimated_and_memory_is_bounded() -> None:
    """Twice twenty thousand events: about twenty thousand came again, told as "about"."""
    found = SeenEvents(most=1_000)
    for _ in range(2):
        for number in range(20_000):
            found.take(f"event-{number}")
            assert len(found.times) <= 2_000
    found.trim()
    assert len(found.times) == 1_000
    assert abs(found.repeated - 20_000) < 2_500
    assert found.note().startswith("about ")
