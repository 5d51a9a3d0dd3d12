"""
What the tables say of the SageMaker Python SDK: its classes by module and name, and the rows of their methods.

A class that only one module defines is known by its name; one of several by its module and name, and ``places`` says
which of them a module has, itself or by an import.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from rolemgr.code.operations import actions_of
from rolemgr.code.values import AwsObject

_DATA: Final = Path(__file__).parent / "data"
_MOST_BASES: Final = 12
_OWN: Final = ("parameters", "defaults")
"""What a method that overrides another has of itself."""


@dataclass(frozen=True)
class SdkTable:
    """One version of the SDK: *classes* and *functions* by name, with the *rows* that are made by hand."""

    version: str
    classes: Mapping[str, Any]
    functions: Mapping[str, Any]
    rows: Mapping[str, Any]
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    """The texts of names of its modules, by their paths: of those that decide what a method calls."""

    def keys(self, path: str) -> tuple[str, ...]:
        """
        Return the keys of the class or function that an import brings in as *path*; none where the SDK has no such.

        They are several where several modules define one of the name, and *path* does not tell which it is.
        """
        module, _, name = path.rpartition(".")
        if path in self.renamed:
            return (self.renamed[path],)
        if places := self.places.get(name):
            return (places[module],) if module in places else tuple(dict.fromkeys(places.values()))
        is_known = name in self.classes or name in self.functions or name in self.rows.get("", {})
        return (name,) if is_known else ()

    def is_at(self, path: str) -> bool:
        """Tell whether the SDK has a class or function at *path*, as far as the tables tell."""
        module, _, name = path.rpartition(".")
        return module in self.places[name] if name in self.places else bool(self.keys(path))

    def path_here(self, path: str) -> str:
        """Return *path* as this version has it: ``sagemaker_core`` is a name of ``sagemaker.core`` before it."""
        for old, new in self.rows.get("shared", {}).get("modules", {}).items():
            if path.startswith(f"{old}."):
                return f"{new}.{path.removeprefix(f'{old}.')}"
        return path

    def lineage(self, name: str) -> Iterator[str]:
        """Yield the class *name* and its bases, the nearest first."""
        queue, seen = [name], set[str]()
        while queue and len(seen) < _MOST_BASES:
            one = queue.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                queue += self.classes.get(one, {}).get("bases", ())

    def row(self, name: str, method: str) -> Mapping[str, Any] | None:
        """
        Return what is known of a *method* of the class *name*; None where the table has none.

        A row by hand counts for the class, and for those below it that call what they override.
        """
        own: Mapping[str, Any] | None = None
        classes = list(self.lineage(name))
        for number, one in enumerate(classes):
            made = self.rows.get(one, {}).get(method)
            if made is not None:
                source = self._source(classes[number:], method)
                whole = {**source, **made}
                return whole if own is None else self._overridden(own, whole, source)
            source = self.classes.get(one, {}).get("methods", {}).get(method)
            if source is not None and method == "__init__" and own is None and not source.get("inherited"):
                return dict(source)
            own = own or source
        return own

    def below(self, name: str, method: str) -> tuple[str, ...]:
        """Return the classes below the class *name* that have a *method* of their own: an object may be one of them."""
        return tuple(one for one in self._having.get(method, ()) if one != name and name in self.lineage(one))

    @cached_property
    def _having(self) -> Mapping[str, list[str]]:
        """The classes that have a method of each name."""
        found: dict[str, list[str]] = {}
        for name, one in self.classes.items():
            for method in one.get("methods", ()):
                found.setdefault(method, []).append(name)
        return found

    def _source(self, classes: Iterable[str], method: str) -> Mapping[str, Any]:
        found = (self.classes.get(one, {}).get("methods", {}).get(method) for one in classes)
        return next((one for one in found if one is not None), {})

    def _overridden(
        self, own: Mapping[str, Any], above: Mapping[str, Any], source: Mapping[str, Any]
    ) -> Mapping[str, Any]:  # fmt: skip
        """
        Return the row of a method that overrides one with a row by hand, *above*, made of *source*.

        Where its *own* source reaches no more than what it overrides, it calls that, and calls when that does.
        """
        known = set(_flat(source.get("calls", ())))
        if any(one not in known and actions_of(one) for one in _flat(own.get("calls", ()))):
            return own
        return {**own, **{key: one for key, one in above.items() if key not in _OWN or key not in own}}

    @cached_property
    def calling(self) -> frozenset[str]:
        """The names of the methods of which one, of some class, calls AWS."""
        listed = [one for of in self.classes.values() for one in of.get("methods", {}).items()]
        listed += [one for name, of in self.rows.items() if name not in ("", "*", "shared") for one in of.items()]
        return frozenset(name for name, row in listed if name != "attributes" and _calls_anything(row))

    def calls_anything(self, name: str) -> bool:
        """Tell whether a method of the class *name* calls AWS: it is not only data."""
        mine = (row for one in self.lineage(name)
                for of in (self.classes.get(one, {}).get("methods", {}), self.rows.get(one, {}))
                for method, row in of.items() if method != "attributes")  # fmt: skip
        return any(map(_calls_anything, mine))

    def is_a(self, name: str, base: str) -> bool:
        """Tell whether the class *name* is *base*, or one of it."""
        return base in self.lineage(name)


def _flat(steps: Iterable[Any]) -> Iterator[str]:
    """Yield the operations of *steps*, whatever their conditions."""
    for one in steps:
        yield from [one] if isinstance(one, str) else _flat(one["calls"])


def _calls_anything(row: Mapping[str, Any]) -> bool:
    return any(row.get(key) for key in ("calls", "deferred", "job", "pipeline"))


@cache
def tables() -> tuple[SdkTable, SdkTable]:
    """Return both versions of the SDK, 2 and 3."""
    rows = json.loads((_DATA / "sagemaker_rows.json").read_bytes())
    made = []
    for version in ("v2", "v3"):
        raw = json.loads((_DATA / f"sagemaker_{version}.json").read_bytes())
        named = (raw[key] for key in ("places", "renamed", "constants"))
        made.append(SdkTable(version, raw["classes"], raw["functions"], rows[version], *named))
    return made[0], made[1]


@cache
def not_of_aws() -> tuple[str, ...]:
    """Return what of the SDK's names calls nothing of AWS, by the beginnings of their paths."""
    return tuple(json.loads((_DATA / "sagemaker_rows.json").read_bytes())["not-of-aws"])


_THIRD: Final = ("sagemaker.core", "sagemaker.train", "sagemaker.serve", "sagemaker.mlops", "sagemaker.ai_registry",
                 "sagemaker_core")  # fmt: skip
TOP: Final = ("sagemaker", "sagemaker_core")


_BOTH: Final = ("sagemaker.serve", "sagemaker_core")
"""What either version has, or may be installed beside."""


def table_for(path: str, imports: Iterable[str] = ()) -> SdkTable:
    """Return the version of the SDK that *path* is of, in code that *imports* others of it."""
    second, third = tables()
    told = [one for one in imports if not one.startswith(_BOTH)] if path.startswith("sagemaker.serve") else []
    is_second = told and not any(one.startswith(_THIRD) for one in told)
    return third if path.startswith(_THIRD) and not is_second else second


def table_of(owner: AwsObject) -> SdkTable:
    """Return the version of the SDK that *owner* is of."""
    second, third = tables()
    return third if owner.name.startswith("v3.") else second


def key_of(owner: AwsObject) -> str:
    """Return the key of the SDK's class that *owner* is of."""
    return owner.name.partition(".")[2]


def shown_of(owner: AwsObject) -> str:
    """Return the name of the SDK's class that *owner* is of, without its module."""
    return key_of(owner).rpartition(".")[2]
