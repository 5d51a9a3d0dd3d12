"""
What excuses findings, of `check` and of `audit`: sorting them out, and findings about the excuses themselves.

An excuse that has expired counts no more, and one that excuses nothing is said: neither passes for "nothing found".
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Generic, NamedTuple, Protocol, TypeVar

from rolemgr.check.finding import Finding
from rolemgr.check.rules import all_rules
from rolemgr.errors import SourceLocation


class FindingExcuse(Protocol):
    """An entry that excuses findings, up to the end of the day *expires*."""

    @property
    def expires(self) -> date | None:
        """The last day on which it counts; None for one without an end."""

    @property
    def where(self) -> SourceLocation:
        """The line that it is on."""


F = TypeVar("F")
E = TypeVar("E", bound=FindingExcuse)


class SortedOut(NamedTuple, Generic[F, E]):
    """Findings that are *kept*; those *suppressed*, with what does it; excuses that *expired* or are *unused*."""

    kept: list[F]
    suppressed: list[tuple[F, E]]
    expired: list[E]
    unused: list[E]


def sorted_out(
    findings: Iterable[F], excuses: Sequence[E], speaks_of: Callable[[E, F], bool], today: date | None
) -> SortedOut[F, E]:
    """
    Return *findings* by what *excuses* say of them on the day *today*.

    *speaks_of* tells whether an excuse is meant for a finding, also where it is expired. Where nobody knows the day,
    an excuse that ends some day does not count.
    """
    found: SortedOut[F, E] = SortedOut([], [], [], [])
    used: set[int] = set()
    for finding in findings:
        meant = [(index, one) for index, one in enumerate(excuses) if speaks_of(one, finding)]
        used.update(index for index, _ in meant)
        valid = next((one for _, one in meant if not has_expired(one, today)), None)
        if valid is None:
            found.kept.append(finding)
        else:
            found.suppressed.append((finding, valid))
    for index, one in enumerate(excuses):
        if index not in used:
            found.unused.append(one)
        elif has_expired(one, today):
            found.expired.append(one)
    return found


def has_expired(excuse: FindingExcuse, today: date | None) -> bool:
    """Tell whether the last day of *excuse* is before *today*, or nobody can tell."""
    return excuse.expires is not None and (today is None or excuse.expires < today)


def about_excuse(rule: str, excuse: FindingExcuse, message: str, sid: str | None = None) -> Finding:
    """Return the finding of *rule*, RM001 or RM002, that *message* is to be said of *excuse*."""
    return Finding(rule, all_rules()[rule].severity, message, excuse.where.file, excuse.where.line, sid)
