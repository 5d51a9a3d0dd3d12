"""What one place says no longer holds because another sets the same key: limits; of a role that is there, all else."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.files.source import LayeredSource


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


def other_values(source: LayeredSource) -> Iterator[str]:
    """
    Yield in words what of the role file of *source* an option or variable replaces, beside limits.

    For commands that work on a role that is there: another Region, as one types for IAM, makes all of its ARNs others.
    """
    in_file = source.file.data if source.file else {}
    for key in (one for one in in_file if one in source.places and one not in LIMITING):
        now, before = source.data.get(key), in_file[key]
        if source.file and _as_texts(now) != _as_texts(before):
            there = source.file.at((key,))
            yield f"{source.at((key,))} {_listed(now)} takes the place of {there}: {key} {_listed(before)}"


def _as_texts(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list | tuple) else [str(value)]


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)
