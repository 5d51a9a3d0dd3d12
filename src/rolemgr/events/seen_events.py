"""
Events that stand in a trail more than once: in the trail of an organization and in an account's own, or exported twice.

CloudTrail gives each event an id, "a GUID" to "uniquely identify each event". Of the ids the smallest are kept, by a
hash of them: whatever is kept was counted from the first event on, in whatever order, and parts that were read apart
add up to the same. So memory is bounded, and with more events than that their number is an estimate.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

MOST_IDS: Final = 100_000
"""So many events are remembered: 20 MB. Where there are more, those that came again are told by their share."""
_RANGE: Final = 2**64


@dataclass
class SeenEvents:
    """How often each event came, by a hash of its id: of the *most* that have the smallest."""

    times: dict[int, int] = field(default_factory=dict)
    below: int = _RANGE
    """Every event whose hash is smaller is among `times`."""
    most: int = MOST_IDS

    def take(self, event_id: Any) -> bool:
        """Count the event of *event_id*, where it has one; return whether it is known to have come before."""
        if not isinstance(event_id, str) or not event_id:
            return False
        one = int.from_bytes(blake2b(event_id.encode("utf-8", "replace"), digest_size=8).digest(), "big")
        if one < self.below:
            self.times[one] = self.times.get(one, 0) + 1
            if len(self.times) > 2 * self.most:
                self.trim()
        return self.times.get(one, 0) > 1

    def add(self, other: "SeenEvents") -> None:
        """Count the events of *other*, which were read apart."""
        for one, count in other.times.items():
            self.times[one] = self.times.get(one, 0) + count
        self.below = min(self.below, other.below)
        self.times = {one: count for one, count in self.times.items() if one < self.below}
        self.trim()

    def trim(self) -> None:
        """Keep those with the smallest hashes alone, as many as there is room for."""
        if len(self.times) > self.most:
            kept = sorted(self.times)[: self.most]
            self.below = kept[-1] + 1
            self.times = {one: self.times[one] for one in kept}

    @property
    def is_exact(self) -> bool:
        """Whether every event is remembered."""
        return self.below == _RANGE

    @property
    def repeated(self) -> int:
        """How many events had come before; about so many where not every one is remembered."""
        again = sum(self.times.values()) - len(self.times)
        return again if self.is_exact else round(again * _RANGE / self.below)

    def note(self) -> str:
        """Return in words what of these is to be known; nothing where each event came once."""
        if not self.repeated:
            return ""
        many = (
            f"{self.repeated:,}" if self.is_exact else f"about {round(self.repeated, -(len(str(self.repeated)) - 2)):,}"
        )
        events = "event" if self.repeated == 1 else "events"
        return (
            f"{many} {events} came again (by their eventID), and count again: trails that overlap, of the organization "
            "and of an account or exported twice, double the numbers of calls"
        )
