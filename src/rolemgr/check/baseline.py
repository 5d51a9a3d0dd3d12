"""
A baseline: the findings of today, so that only new ones fail.

It holds no lines and no wordings, so that a policy may be edited above them; each entry says how many
findings it stands for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile

OF_CHECK: Final = ("rule", "path", "sid", "action", "key")
"""The keys of an entry of `check`, in the order of `Finding.identity`."""


class HasIdentity(Protocol):
    """A finding, as far as a baseline asks."""

    def identity(self) -> tuple[str, ...]:
        """Return what stays the same when lines move and wordings change."""


F = TypeVar("F", bound=HasIdentity)


def baseline_data(findings: Iterable[HasIdentity], keys: Sequence[str] = OF_CHECK) -> dict[str, Any]:
    """Return *findings*, whose identities have *keys*, as the data of a baseline file, sorted."""
    counts = Counter(finding.identity() for finding in findings)
    entries = [{**dict(zip(keys, identity, strict=True)), "count": counts[identity]} for identity in sorted(counts)]
    return {"version": 1, "findings": entries}


def read_baseline(source: SourceFile, keys: Sequence[str] = OF_CHECK) -> Counter[tuple[str, ...]]:
    """
    Return how often each finding is in the baseline *source*, whose entries have *keys*.

    Raises InputError for what is none, or is a baseline of another command.
    """
    data = source.data
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("findings"), list):
        raise InputError(source.at(), "is not a baseline", "write one with --write-baseline")
    counts: Counter[tuple[str, ...]] = Counter()
    for index, entry in enumerate(data["findings"]):
        if not isinstance(entry, dict) or not isinstance(entry.get("count"), int):
            raise InputError(source.at(("findings", index)), "is not an entry of a baseline")
        if entry.keys() - {"count"} != set(keys):
            problem = f"has {', '.join(map(str, entry))}, and not {', '.join(keys)}"
            raise InputError(source.at(("findings", index)), problem, "write it with --write-baseline of this command")
        counts[tuple(str(entry[key]) for key in keys)] += entry["count"]
    return counts


def new_ones(findings: Sequence[F], baseline: Counter[tuple[str, ...]]) -> list[F]:
    """Return the findings that are not in *baseline*, or more often than there."""
    left = Counter(baseline)
    new = []
    for finding in findings:
        if left[finding.identity()] > 0:
            left[finding.identity()] -= 1
        else:
            new.append(finding)
    return new
