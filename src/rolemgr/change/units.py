"""
The units in which two role files differ, each with the role that is made without it: so a cause is shown, not guessed.

A unit is one entry of a list (a bucket, a group that is added), one key of a mapping (a guardrail, a tag), or one
value. It is a cause of a difference where the role without this unit alone does not have it; where no unit is (two
lines say the same twice), one that makes the difference alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.change.change import Cause
from rolemgr.compare.grants import Grant
from rolemgr.evaluate.policies import Policies
from rolemgr.files.source import SourceFile

Remake: TypeAlias = Callable[[Mapping[str, Any]], Grant | None]
"""Makes the role of other choices, from the catalog of its side; None for choices that make no role."""

MOST_UNITS: Final = 60
"""Of two files that differ in more, each key is one unit: each takes a role to be composed."""
_NOT_ITS_OWN: Final = frozenset({"catalog", "role"})
"""Keys that hold paths, which differ from side to side though they mean the same."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One difference between two role files: its *cause*, and what makes the roles with and without it alone."""

    cause: Cause
    undo: Callable[[], Grant | None]
    apply: Callable[[], Grant | None]

    @cached_property
    def without(self) -> Mapping[str, Policies] | None:
        """The new role's policies by part with this unit as the old file has it; None where that makes no role."""
        made = self.undo()
        return made.parts() if made else None

    @cached_property
    def alone(self) -> Mapping[str, Policies] | None:
        """The old role's policies by part with this unit alone as the new file has it; None as above."""
        made = self.apply()
        return made.parts() if made else None


class _Found(NamedTuple):
    """What differs: the *path* of keys, and the values there, or of a list one *element* of it."""

    cause: Cause
    path: tuple[str, ...]
    old: Any
    new: Any
    is_element: bool = False


def units_of(old: SourceFile, new: SourceFile, remake_old: Remake, remake_new: Remake) -> tuple[Unit, ...]:
    """Return the units in which the choices *old* and *new* differ: whole keys, where these are over `MOST_UNITS`."""
    found = list(islice(_differences(old, new), MOST_UNITS + 1))
    return tuple(
        Unit(
            one.cause,
            partial(remake_new, _exchanged(new.data, one.path, one.new, one.old, is_element=one.is_element)),
            partial(remake_old, _exchanged(old.data, one.path, one.old, one.new, is_element=one.is_element)),
        )
        for one in (found if len(found) <= MOST_UNITS else _whole_keys(old, new))
    )


_NONE: Final = object()
"""The value of what is not there."""


def _differences(old: SourceFile, new: SourceFile) -> Iterator[_Found]:
    for key in dict.fromkeys((*new.data, *old.data)):
        was, now = old.data.get(key, _NONE), new.data.get(key, _NONE)
        if was == now or key in _NOT_ITS_OWN:
            continue
        if all(one is _NONE or isinstance(one, dict) for one in (was, now)):
            yield from _in_mapping(key, old, new)
        elif isinstance(was, list) or isinstance(now, list):
            yield from _in_list(key, old, new)
        else:
            yield _value((key,), key, (was, now), old, new)


def _whole_keys(old: SourceFile, new: SourceFile) -> Iterator[_Found]:
    """Yield each key that differs as one, without its values."""
    for key in sorted({*new.data, *old.data} - _NOT_ITS_OWN):
        was, now = old.data.get(key, _NONE), new.data.get(key, _NONE)
        if was != now:
            yield _Found(Cause(key, (old if now is _NONE else new).at((key,))), (key,), was, now)


def _in_mapping(key: str, old: SourceFile, new: SourceFile) -> Iterator[_Found]:
    was, now = (one.data.get(key, {}) for one in (old, new))
    for name in dict.fromkeys((*now, *was)):
        if was.get(name, _NONE) != now.get(name, _NONE):
            values = (was.get(name, _NONE), now.get(name, _NONE))
            yield _value((key, name), f"{key} {name}", values, old, new)


def _in_list(key: str, old: SourceFile, new: SourceFile) -> Iterator[_Found]:
    was, now = (_listed(one.data.get(key, [])) for one in (old, new))
    for number, element in enumerate(now):
        if element not in was:
            cause = Cause(key, new.at((key, number)), None, _text(element))
            yield _Found(cause, (key,), _NONE, element, is_element=True)
    for number, element in enumerate(was):
        if element not in now:
            cause = Cause(key, old.at((key, number)), _text(element), None)
            yield _Found(cause, (key,), element, _NONE, is_element=True)


def _value(
    path: tuple[str, ...], field: str, values: tuple[Any, Any], old: SourceFile, new: SourceFile
) -> _Found:  # fmt: skip
    where = old.at(path) if values[1] is _NONE else new.at(path)
    return _Found(Cause(field, where, *(None if one is _NONE else _text(one) for one in values)), path, *values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """Return *value* as a role file may have it on one line."""
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _exchanged(
    data: Mapping[str, Any], path: tuple[str, ...], has: Any, wanted: Any, *, is_element: bool
) -> dict[str, Any]:  # fmt: skip
    """Return *data* with what is *wanted* at *path* in the place of what it *has*."""
    key = path[0]
    if is_element:
        kept = [one for one in _listed(data.get(key, [])) if has is _NONE or one != has]
        return _put(data, key, kept if wanted is _NONE else [*kept, wanted])
    if len(path) > 1:
        kept_keys = {name: value for name, value in data.get(key, {}).items() if name != path[1]}
        return _put(data, key, kept_keys if wanted is _NONE else {**kept_keys, path[1]: wanted})
    return _put(data, key, wanted)


def _put(data: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    rest = {name: one for name, one in data.items() if name != key}
    return rest if value is _NONE or value in ([], {}) else {**rest, key: value}
