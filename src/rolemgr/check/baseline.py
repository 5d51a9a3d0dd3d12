"""
A baseline: the findings of today, so that only new ones fail.

It holds no lines and no wordings, so that a policy may be edited above them; each entry says how many
findings it stands for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rolemgr.check.finding import Finding
from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile

_KEYS = ("rule", "path", "sid", "action", "key")


def baseline_data(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return *findings* as the data of a baseline file, sorted."""
    counts = Counter(finding.identity() for finding in findings)
    entries = [{**dict(zip(_KEYS, identity, strict=True)), "count": counts[identity]} for identity in sorted(counts)]
    return {"version": 1, "findings": entries}


def read_baseline(source: SourceFile) -> Counter[tuple[str, ...]]:
    """Return how often each finding is in the baseline *source*; raise InputError for what is none."""
    data = source.data
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("findings"), list):
        raise InputError(source.at(), "is not a baseline", "write one with --write-baseline")
    counts: Counter[tuple[str, ...]] = Counter()
    for index, entry in enumerate(data["findings"]):
        if not isinstance(entry, dict) or not isinstance(entry.get("count"), int):
            raise InputError(source.at(("findings", index)), "is not an entry of a baseline")
        counts[tuple(str(entry.get(key, "")) for key in _KEYS)] += entry["count"]
    return counts


def new_ones(findings: Sequence[Finding], baseline: Counter[tuple[str, ...]]) -> list[Finding]:
    """Return the findings that are not in *baseline*, or more often than there."""
    left = Counter(baseline)
    new = []
    for finding in findings:
        if left[finding.identity()] > 0:
            left[finding.identity()] -= 1
        else:
            new.append(finding)
    return new
