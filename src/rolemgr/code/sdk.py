"""
The SageMaker Python SDK as code uses it: its classes, and what each method calls, from tables.

``data/sagemaker_v2.json`` and ``data/sagemaker_v3.json`` are made of the SDK's source by ``tools/sdk_calls.py``:
classes with their bases, methods with their parameters, and the operations that a method can reach.
``data/sagemaker_rows.json`` says by hand when they are called, for methods whose calls depend on their arguments.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from rolemgr.code.expressions import CallArguments
from rolemgr.code.operations import actions_of
from rolemgr.code.reading import Reading
from rolemgr.code.values import (
    AwsKind,
    AwsObject,
    ListValue,
    NamedValue,
    PlainValue,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    truth,
)

_DATA: Final = Path(__file__).parent / "data"
_ANSWER: Final = UnknownValue("the SDK gives it", foreign=True)
_BEFORE_A_PIPELINE: Final = ("s3.", "sts.", "iam.")
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
        if any(one not in source.get("calls", ()) and actions_of(one) for one in own.get("calls", ())):
            return own
        return {**own, **{key: one for key, one in above.items() if key not in _OWN or key not in own}}

    @cached_property
    def calling(self) -> frozenset[str]:
        """The names of the methods of which one, of some class, calls AWS."""
        listed = [one for of in self.classes.values() for one in of.get("methods", {}).items()]
        listed += [one for name, of in self.rows.items() if name not in ("", "*", "shared") for one in of.items()]
        return frozenset(name for name, row in listed if name != "attributes" and _calls_anything(row))

    def is_a(self, name: str, base: str) -> bool:
        """Tell whether the class *name* is *base*, or one of it."""
        return base in self.lineage(name)


def _calls_anything(row: Mapping[str, Any]) -> bool:
    return any(row.get(key) for key in ("calls", "deferred", "job", "pipeline"))


@cache
def tables() -> tuple[SdkTable, SdkTable]:
    """Return both versions of the SDK, 2 and 3."""
    rows = json.loads((_DATA / "sagemaker_rows.json").read_bytes())
    made = []
    for version in ("v2", "v3"):
        raw = json.loads((_DATA / f"sagemaker_{version}.json").read_bytes())
        made.append(SdkTable(version, raw["classes"], raw["functions"], rows[version]))
    return made[0], made[1]


@cache
def _not_of_aws() -> tuple[str, ...]:
    return tuple(json.loads((_DATA / "sagemaker_rows.json").read_bytes())["not-of-aws"])


_THIRD: Final = ("sagemaker.core", "sagemaker.train", "sagemaker.serve", "sagemaker.mlops", "sagemaker.ai_registry",
                 "sagemaker_core")  # fmt: skip
TOP: Final = ("sagemaker", "sagemaker_core")


def table_for(path: str) -> SdkTable:
    """Return the version of the SDK that the import *path* is of."""
    second, third = tables()
    return third if path.startswith(_THIRD) else second


class Sdk:
    """What the SDK's objects give and call; each call goes into *reading*."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def named(self, path: str, given: CallArguments, node: ast.Call) -> Value | None:
        """Return what a class or function of the SDK gives; None where *path* is not one of the SDK."""
        if path.partition(".")[0] not in TOP:
            return None
        if path.startswith(_not_of_aws()):
            return _ANSWER
        table, name = table_for(path), path.rpartition(".")[2]
        owner = path.split(".")[-2] if path.count(".") > 1 else ""
        if name in table.classes:
            return self._made(table, name, given, node)
        if owner in table.classes and (row := table.row(owner, name)):
            made = AwsObject(AwsKind.SDK, f"{table.version}.{owner}", {})
            return self._called(table, row, made, f"{owner}.{name}", given, node)
        if row := {**table.functions.get(name, {}), **table.rows.get("", {}).get(name, {})}:
            return self._called(table, row, AwsObject(AwsKind.SDK, f"{table.version}."), name, given, node)
        what = "class" if name[:1].isupper() else "function"
        shown = f"{owner}.{name}" if owner in table.classes else name
        self._reading.cannot_tell(node, shown, f"the table of the SDK ({table.version}) has no such {what}")
        return UnknownValue(f"what `{shown}` gives is not known", of=table.version)

    def has(self, path: str) -> bool:
        """Tell whether the table has the class or function that is imported as *path*."""
        table, name = table_for(path), path.rpartition(".")[2]
        return name in table.classes or name in table.functions or name in table.rows.get("", {})

    def is_method(self, owner: AwsObject, name: str) -> bool:
        """Tell whether the table has the method *name* of *owner*."""
        row = table_of(owner).row(owner.name.partition(".")[2], name)
        return row is not None and not row.get("property")

    def calls_anything(self, owner: AwsObject) -> bool:
        """Tell whether a method of *owner* calls AWS: it is not only data."""
        table = table_of(owner)
        listed = table.lineage(owner.name.partition(".")[2])
        mine = (row for one in listed for of in (table.classes.get(one, {}).get("methods", {}), table.rows.get(one, {}))
                for name, row in of.items() if name != "attributes")  # fmt: skip
        return any(map(_calls_anything, mine))

    def _made(self, table: SdkTable, name: str, given: CallArguments, node: ast.Call) -> AwsObject:
        row = table.row(name, "__init__") or {}
        made = AwsObject(AwsKind.SDK, f"{table.version}.{name}", given.bound(_names(row)))
        made.is_open = given.open
        self._note(table, row, made, name, CallArguments(), node)
        return made

    def attribute(self, owner: AwsObject, name: str, node: ast.AST) -> Value | None:
        """Return an attribute of *owner* that is not a method of it; None for methods, and what no table describes."""
        if name in owner.attributes:
            return owner.attributes[name]
        table, of = table_of(owner), owner.name.partition(".")[2]
        if (row := table.row(of, name)) and row.get("property"):
            return self._called(table, row, owner, f"{of}.{name}", CallArguments(), node)
        for one in table.lineage(of):
            for part in (table.rows, table.classes):
                if (found := part.get(one, {}).get("attributes", {}).get(name)) is not None:
                    return _given(table, found, owner)
        if row is not None:
            return None
        if name not in owner.arguments and (found := table.rows["*"]["attributes"].get(name)):
            return _given(table, found, owner)
        return owner.arguments.get(name)

    def method(self, owner: AwsObject, name: str, given: CallArguments, node: ast.Call) -> Value:
        """Return what the method *name* of *owner* gives, its calls noted."""
        table, of = table_of(owner), owner.name.partition(".")[2]
        row = table.row(of, name)
        if row is None:
            self._reading.cannot_tell(
                node, f"{of}.{name}", f"the table of the SDK ({table.version}) has no such method"
            )
            return _ANSWER
        if name == "__init__":  # of a class above the code's own
            owner.arguments |= given.bound(_names(row))
            owner.is_open = given.open
        return self._called(table, row, owner, f"{of}.{name}", given, node)

    def _called(
        self, table: SdkTable, row: Mapping[str, Any], owner: AwsObject, name: str, given: CallArguments, node: ast.AST
    ) -> Value:  # fmt: skip
        bound = given.bound(_names(row))
        self._note(table, row, owner, name, given._replace(named=bound), node)
        for key in row.get("sets", ()):
            if key in bound:
                owner.arguments[key] = bound[key]
        gives = row.get("gives")
        if gives:
            return _given(table, gives, AwsObject(owner.kind, owner.name, {**owner.arguments, **bound}))
        why = f"what `{name}` gives, which the tables do not describe"
        return _ANSWER if row.get("plain") else UnknownValue(why, of=table.version)

    def _note(
        self, table: SdkTable, row: Mapping[str, Any], owner: AwsObject, name: str, given: CallArguments,
        node: ast.AST,
    ) -> None:  # fmt: skip
        arguments = {**owner.arguments, **given.named}
        is_open = owner.is_open or given.open
        defaults = row.get("defaults", {})
        calls = list(_calls(table, row.get("calls", ()), arguments, defaults))
        deferred = list(_calls(table, row.get("deferred", ()), arguments, defaults))
        by = "pipeline" if "deferred" in row and _is_deferred(arguments) else None
        if by:  # what the job needs is put in place, and looked up, when the pipeline is defined
            before = [one for one in calls if one.startswith(_BEFORE_A_PIPELINE)]
            self._reading.call(node, name, before, arguments, is_open=is_open)
        self._reading.call(node, name, deferred if by else calls, arguments, by=by, is_open=is_open)
        for who in ("job", "pipeline"):
            if operations := list(_calls(table, row.get(who, ()), arguments, defaults)):
                self._reading.call(node, name, operations, arguments, by=who)


def table_of(owner: AwsObject) -> SdkTable:
    """Return the version of the SDK that *owner* is of."""
    second, third = tables()
    return third if owner.name.startswith("v3.") else second


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row.get("parameters", ()))


def _is_deferred(arguments: Mapping[str, Value]) -> bool:
    """Tell whether *arguments*, or an object among them, have a session for pipelines: it only writes down calls."""
    objects = [one for each in arguments.values() for one in alternatives(each) if isinstance(one, AwsObject)]
    inner = [each for one in objects if one.kind is AwsKind.SDK for each in one.arguments.values()]
    held = [one for each in inner for one in alternatives(each) if isinstance(one, AwsObject)]
    return any(one.name.partition(".")[2] in ("PipelineSession", "LocalPipelineSession") for one in (*objects, *held))


def _calls(
    table: SdkTable, steps: Any, arguments: Mapping[str, Value], defaults: Mapping[str, Any]
) -> Iterator[str]:  # fmt: skip
    """Yield the operations of *steps* whose conditions hold, or may."""
    for one in steps:
        if isinstance(one, str) and one.startswith("@"):
            yield from _calls(table, table.rows["shared"][one[1:]], arguments, defaults)
        elif isinstance(one, str):
            yield one
        elif all(_holds(text, arguments, defaults) is not False for text in one["if"]):
            yield from _calls(table, one["calls"], arguments, defaults)


def _holds(text: str, arguments: Mapping[str, Value], defaults: Mapping[str, Any]) -> bool | None:
    """
    Tell whether a condition on *arguments* holds: ``wait``, ``not source_dir``, ``local source_dir``, ``short role``.

    *local* is text that is not at S3, *short* a role by its name alone, *text* a text and *sdk* an object of the SDK,
    *remote* a mode that is not on this machine. None where that is not known.
    """
    if text.startswith("not ") and text.count(" ") > 1:
        inner = _holds(text.removeprefix("not "), arguments, defaults)
        return None if inner is None else not inner
    word, _, name = text.rpartition(" ")
    value = arguments.get(name)
    if value is None:
        value = PlainValue(defaults.get(name)) if not isinstance(defaults.get(name), str) else TextValue(defaults[name])
    if word in _TESTS:
        return _any(_TESTS[word](one) for one in alternatives(value))
    found = truth(value)
    return (None if found is None else not found) if word == "not" else found


def _any(found: Iterator[bool | None]) -> bool | None:
    listed = set(found)
    return listed.pop() if len(listed) == 1 else None


def _is_local(value: Value) -> bool | None:
    if isinstance(value, TextValue):
        return not value.pattern.startswith(("s3:", "http", "git@")) if value.pattern[:1] != "*" else None
    return False if isinstance(value, PlainValue) else None


def _is_in_s3(value: Value) -> bool | None:
    if isinstance(value, TextValue):
        return value.pattern.startswith("s3:") if value.pattern[:1] != "*" else None
    return False if isinstance(value, PlainValue) else None


def _is_short(value: Value) -> bool | None:
    if isinstance(value, TextValue):
        return "/" not in value.pattern if value.exact else False
    return False


def _is_text(value: Value) -> bool | None:
    return None if isinstance(value, UnknownValue) and not value.foreign else isinstance(value, TextValue)


def _is_of_the_sdk(value: Value) -> bool | None:
    unknown = isinstance(value, UnknownValue) and not value.foreign
    return None if unknown else isinstance(value, AwsObject) and value.kind is AwsKind.SDK


def _is_remote(value: Value) -> bool | None:
    """Tell whether a mode, ``Mode.LOCAL_CONTAINER`` say, runs at AWS, as it does where none is given."""
    if isinstance(value, NamedValue):
        return value.path.rpartition(".")[2] not in _MODES_HERE
    return True if value == PlainValue(None) else None


_MODES_HERE: Final = ("LOCAL_CONTAINER", "IN_PROCESS")
_TESTS: Final = {
    "local": _is_local, "s3": _is_in_s3, "short": _is_short, "text": _is_text, "sdk": _is_of_the_sdk,
    "remote": _is_remote,
}  # fmt: skip


def _given(table: SdkTable, what: str, owner: AwsObject) -> Value:
    """Return what a table describes: ``self``, ``text``, ``client s3``, ``list X``, or an object of a class."""
    kind, _, name = what.partition(" ")
    if kind == "self":
        return owner
    if kind == "argument":
        return owner.arguments.get(name, UnknownValue(f"the argument `{name}`", of=table.version))
    if kind == "plain":
        return _ANSWER
    if kind == "text":
        return TextValue(name or "*", exact="*" not in name and bool(name))
    if kind == "client":
        return AwsObject(AwsKind.CLIENT, name)
    if kind == "boto":
        return AwsObject(AwsKind.BOTO_SESSION, "boto3")
    if kind == "list":
        return ListValue([_given(table, name, owner)], open=True)
    if kind == "unknown":
        return UnknownValue("the SDK has it")
    return AwsObject(AwsKind.SDK, f"{table.version}.{kind}", dict(owner.arguments))
