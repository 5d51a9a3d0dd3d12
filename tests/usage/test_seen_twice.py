"""A replay of events that came twice."""

from typing import Any

import pytest
from tests.usage.test_replay import DENY, MODEL, replayed, scp

from rolemgr.report.replay import notes
from rolemgr.usage.merge import add_to
from rolemgr.usage.replay import BREAKS


def test_an_event_that_came_before_is_counted_and_told() -> None:
    """The trail of an organization and an account's own hold the same events."""
    first, second = ({**MODEL, "eventID": one} for one in ("a", "b"))
    found = replayed([first, second, first, first], scp(DENY))
    assert (found.seen.repeated, found.calls) == (2, {BREAKS: 4})
    assert any(one.startswith("2 events came again") for one in notes(found))
    assert not any("came again" in one for one in notes(replayed([first, second], scp(DENY))))
    apart = [replayed([first, second], scp(DENY)), replayed([second, first], scp(DENY))]
    assert add_to(*apart)
    assert apart[0].seen.repeated == 2


@pytest.mark.parametrize("told", [None, "", 7, ["a"]])
def test_events_without_an_id_are_none_of_these(told: Any) -> None:
    """As in results of a query that leaves it out."""
    assert replayed([{**MODEL, "eventID": told}] * 2, scp(DENY)).seen.repeated == 0
