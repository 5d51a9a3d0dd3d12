"""A blueprint while it is spelt out: its data, the place of each value, and what says those that are not written."""

from typing import Any, Final

from rolemgr.errors import SourceLocation
from rolemgr.files.source import DataPath, PlacedSource, SourceFile, paths_of
from rolemgr.model.source import Sourced

NAMED_VALUES: Final = ("guardrail", "tag", "parameter")
"""The keys of a role that hold several named values: these are put together name by name."""


class Draft:
    """
    Data that are added to, each value with the place in a file that it comes from.

    What is there already stays: it is nearer to the role than what is added.
    """

    def __init__(self, name: str, source: SourceFile | None = None) -> None:
        """Begin with the data of *source*, or with none in the file *name*."""
        self._name = name
        self.data: dict[str, Any] = _copied(source.data) if source else {}
        self._places: dict[DataPath, SourceLocation] = {}
        self._labels: dict[DataPath, str] = {}
        if isinstance(source, PlacedSource):
            self._places, self._labels = dict(source.places), dict(source.labels)
        elif source:
            self._places = {path: SourceLocation(name, line) for path, line in source.lines.items()}

    def begin(self, where: SourceLocation) -> None:
        """Say that all of it is of the thing at *where*, so that what is missing is missing there."""
        self._places[()] = where

    def label(self, at: DataPath) -> str | None:
        """Return what says the value at *at*; None where there is none."""
        return self._labels.get(at)

    def take(self, at: DataPath, value: Any, source: SourceFile, path: DataPath, label: str | None = None) -> None:
        """Add *value* at *at* with the places that it and its parts have at *path* of *source*; *label* says whose."""
        self._put(at, _copied(value))
        given = source if isinstance(source, PlacedSource) else None
        for one in paths_of(value, at):
            there = (*path, *one[len(at) :])
            self._places[one] = source.at(there)
            if given and there in given.labels:
                self._labels[one] = given.labels[there]
        own = given.label(path) if given else None
        if own or label:
            self._labels[at] = own or str(label)

    def add(self, at: DataPath, value: Any, where: SourceLocation, label: str) -> None:
        """Add *value*, which no file holds, at *at*; *where* and *label* are those of what it comes from."""
        self._put(at, _copied(value))
        self._places |= dict.fromkeys(paths_of(value, at), where)
        self._labels[at] = label

    def append(self, key: str, value: Any, where: SourceLocation, label: str) -> None:
        """Add *value* at the end of the list *key*."""
        found = self.data.setdefault(key, [])
        self._places.setdefault((key,), where)
        self.add((key, len(found)), value, where, label)

    def drop(self, at: DataPath) -> None:
        """Take away what stands at *at*."""
        self._inside(at[:-1]).pop(at[-1])

    def _put(self, at: DataPath, value: Any) -> None:
        inside = self._inside(at[:-1])
        if isinstance(inside, list):
            inside.append(value)
        else:
            inside[at[-1]] = value

    def _inside(self, at: DataPath) -> Any:
        found: Any = self.data
        for number, step in enumerate(at):
            if isinstance(found, dict) and step not in found:
                found[step] = {}
                self._places.setdefault(at[: number + 1], self._places.get(at[:number], SourceLocation(self._name, 1)))
            found = found[step]
        return found

    def source(self) -> PlacedSource:
        """Return what there is as a file that knows the place of each value."""
        lines = {path: place.line or 1 for path, place in self._places.items()}
        return PlacedSource(self._name, self.data, lines, self._places, self._labels)


def merge(
    draft: Draft, at: DataPath, data: dict[str, Any], source: SourceFile, path: DataPath, label: str | None = None
) -> None:
    """
    Add *data*, which stand at *path* of *source*, to those of *draft* at *at*: the keys that are not there.

    Keys that hold several named values are put together name by name.
    """
    there: Any = draft.data
    for step in at:
        there = there.get(step, {})
    for key, value in data.items():
        if key not in there:
            draft.take((*at, key), value, source, (*path, key), label)
        elif key in NAMED_VALUES and isinstance(value, dict) and isinstance(there[key], dict):
            for name, one in value.items():
                if name not in there[key]:
                    draft.take((*at, key, name), one, source, (*path, key, name), label)


def drafted(blueprint: Sourced[Any]) -> Draft:
    """Return a draft of *blueprint* as it was read."""
    return Draft(blueprint.source.name, blueprint.source)


def _copied(value: Any) -> Any:
    """Return *value* with lists and mappings of its own, so that adding to one changes no other."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list | tuple) else value
