"""What of the limits that one place sets no longer holds because another place sets the same key."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation


class PlacedChoice(NamedTuple):
    """The value of an option, and where it stands."""

    value: Any
    where: SourceLocation


LIMITING: Final = ("guardrail", "guardrail_profile", "abac", "tag", "boundary", "strict", "with_boundary", "expires")
"""The keys of a role that limit it, or that others limit it by: one that goes unseen makes the role wider."""


def replaced_limits(places: Sequence[Mapping[str, PlacedChoice]]) -> Iterator[str]:
    """
    Yield in words what of *places*, the first of which holds, is replaced by what stands before it.

    A key has the value of one place, whole. What that value says too (the same guardrail with another value) is
    replaced because somebody meant it; a name that it lacks may be gone because nobody knew of it.
    """
    for key in LIMITING:
        found = [place[key] for place in places if key in place]
        for holds, other in pairwise(found):
            if lost := _lost(holds.value, other.value):
                yield f"`{key}` of {holds.where} replaces that of {other.where}, so this no longer holds: {lost}"


def _lost(holds: Any, other: Any) -> str:
    """Return what *other* has and *holds* has not: names of several, or the one value that it is."""
    if isinstance(other, dict | list | tuple):
        kept = _names(holds)
        return ", ".join(f"`{name}`" for name in _names(other) if name not in kept)
    return f"`{other}`" if other and holds != other else ""


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict | list | tuple):
        return tuple(map(str, value))
    return (str(value),) if value else ()
