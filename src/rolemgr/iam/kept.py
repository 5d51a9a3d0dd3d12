"""What was read once and may be asked for again, kept within a bound of size and not of number."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """
    Values by key, of which those not asked for lately go once all together weigh more than a limit.

    The weights are the caller's, such as the characters of a text; at most twice the limit is held. There are
    two generations: what is asked for stays in the young one, and when that is full, it becomes the old one.
    """

    def __init__(self, limit: int) -> None:
        """Keep about *limit* of weight."""
        self._limit, self._weight = limit, 0
        self._young: dict[Hashable, tuple[Value, int]] = {}
        self._old: dict[Hashable, tuple[Value, int]] = {}

    def get(self, key: Hashable) -> Value | None:
        """Return the value that was put at *key*, or None where it is not there (any more)."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is None:
                return None
            self.put(key, *entry)
        return entry[0]

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep *value* at *key*, unless its *weight* alone is above the limit."""
        if weight > self._limit:
            return
        if self._weight + weight > self._limit:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = value, weight
        self._weight += weight
