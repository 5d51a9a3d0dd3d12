"""
The SageMaker Python SDK as code uses it: its classes, and what each method calls, from tables.

``data/sagemaker_v2.json`` and ``data/sagemaker_v3.json`` are made of the SDK's source by ``tools/sdk_calls.py``:
classes with their bases, methods with their parameters, and the operations that a method can reach.
``data/sagemaker_rows.json`` says by hand when they are called, for methods whose calls depend on their arguments.
"""

import ast
from collections.abc import Mapping
from typing import Any, Final

from rolemgr.code.expressions import CallArguments
from rolemgr.code.reading import Reading
from rolemgr.code.sdk_steps import as_given, calls_here, calls_of, is_deferred, runs_here, without_unasked
from rolemgr.code.sdk_table import TOP, SdkTable, key_of, not_of_aws, shown_of, table_for, table_of
from rolemgr.code.values import AwsKind, AwsObject, ListValue, TextValue, UnknownValue, Value, either

_ANSWER: Final = UnknownValue("the SDK gives it", foreign=True)
_BEFORE_A_PIPELINE: Final = ("s3.", "sts.", "iam.")


class Sdk:
    """What the SDK's objects give and call; each call goes into *reading*."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.imports: dict[str, None] = {}
        """The modules and names of the SDK that the code has imported so far: they tell which version it is for."""

    def named(self, path: str, given: CallArguments, node: ast.Call) -> Value | None:
        """Return what a class or function of the SDK gives; None where *path* is not one of the SDK."""
        if path.partition(".")[0] not in TOP:
            return None
        if path.startswith(not_of_aws()):
            return _ANSWER
        table = table_for(path, self.imports)
        path = table.path_here(path)
        above, _, name = path.rpartition(".")
        owners = [one for one in table.keys(above) if one in table.classes]
        if listed := [(one, row) for one in owners if (row := table.row(one, name))]:
            self._say_several(table, above, [one for one, _ in listed], node)
            return either(self._of_class(table, one, row, name, given, node) for one, row in listed)
        if not owners and (found := table.keys(path)):
            return self._one_of(table, path, found, given, node)
        what = "class" if name[:1].isupper() else "function"
        shown = f"{above.rpartition('.')[2]}.{name}" if owners else name
        self._reading.cannot_tell(node, shown, f"the table of the SDK ({table.version}) has no such {what}")
        return UnknownValue(f"what `{shown}` gives is not known", of=table.version)

    def _one_of(
        self, table: SdkTable, path: str, keys: tuple[str, ...], given: CallArguments, node: ast.Call
    ) -> Value:  # fmt: skip
        """Return what a call of the class or function at *path* gives, which may be any of *keys*."""
        several = [one for one in keys if one not in table.classes or table.calls_anything(one)] or [keys[0]]
        self._say_several(table, path, several, node)
        return either(
            self._made(table, one, given, node) if one in table.classes else self._function(table, one, given, node)
            for one in several
        )

    def _say_several(self, table: SdkTable, path: str, keys: list[str], node: ast.AST) -> None:
        if len(keys) > 1:
            listed = ", ".join(sorted(one.rpartition(".")[0] for one in keys))
            why = f"is in several modules of the SDK ({listed}): calls of each are read"
            self._reading.cannot_tell(node, path.rpartition(".")[2], why)

    def _function(self, table: SdkTable, key: str, given: CallArguments, node: ast.Call) -> Value:
        row = {**table.functions.get(key, {}), **table.rows.get("", {}).get(key, {})}
        name = key.rpartition(".")[2]
        return self._called(table, row, AwsObject(AwsKind.SDK, f"{table.version}."), name, given, node)

    def _of_class(
        self, table: SdkTable, key: str, row: Mapping[str, Any], name: str, given: CallArguments, node: ast.Call
    ) -> Value:  # fmt: skip
        """Return what a method that is called on the class itself gives."""
        made = AwsObject(AwsKind.SDK, f"{table.version}.{key}", {})
        return self._called(table, row, made, f"{shown_of(made)}.{name}", given, node)

    def has(self, path: str) -> bool:
        """Tell whether the table has the class or function that is imported as *path*."""
        table = table_for(path, self.imports)
        return table.is_at(table.path_here(path))

    def is_method(self, owner: AwsObject, name: str) -> bool:
        """Tell whether the table has the method *name* of *owner*."""
        row = table_of(owner).row(key_of(owner), name)
        return row is not None and not row.get("property")

    def may_have(self, owner: AwsObject, name: str) -> bool:
        """Tell whether *owner*, or one of a class below, has *name*, by its table or by what the code does with it."""
        table, of = table_of(owner), key_of(owner)
        parts = (part.get(one, {}) for one in table.lineage(of) for part in (table.rows, table.classes))
        is_tabled = (
            table.row(of, name) is not None
            or bool(table.below(of, name))
            or any(name in one.get("attributes", {}) for one in parts)
        )
        return is_tabled or name in owner.attributes or name in owner.arguments

    def calls_anything(self, owner: AwsObject) -> bool:
        """Tell whether a method of *owner* calls AWS: it is not only data."""
        return table_of(owner).calls_anything(key_of(owner))

    def _made(self, table: SdkTable, name: str, given: CallArguments, node: ast.Call) -> AwsObject:
        row = table.row(name, "__init__") or {}
        made = AwsObject(AwsKind.SDK, f"{table.version}.{name}", given.bound(_names(row)))
        made.is_open = given.open
        self._note(table, row, made, shown_of(made), given._replace(named=made.arguments), node)
        return made

    def attribute(self, owner: AwsObject, name: str, node: ast.AST) -> Value | None:
        """Return an attribute of *owner* that is not a method of it; None for methods, and what no table describes."""
        if name in owner.attributes:
            return owner.attributes[name]
        table, of = table_of(owner), key_of(owner)
        if (row := table.row(of, name)) and row.get("property"):
            return self._called(table, row, owner, f"{shown_of(owner)}.{name}", CallArguments(), node)
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
        table, of = table_of(owner), key_of(owner)
        row = table.row(of, name)
        if row is None and (below := table.below(of, name)):
            made = (AwsObject(owner.kind, f"{table.version}.{one}", owner.arguments, is_open=True) for one in below)
            return either([self.method(one, name, given, node) for one in made])
        if row is None:
            self._reading.cannot_tell(
                node, f"{shown_of(owner)}.{name}", f"the table of the SDK ({table.version}) has no such method"
            )
            return _ANSWER
        if name == "__init__":  # of a class above the code's own
            owner.arguments |= given.bound(_names(row))
            owner.is_open = given.open
        return self._called(table, row, owner, f"{shown_of(owner)}.{name}", given, node)

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
        more = UnknownValue("the call may have more arguments")
        untold = dict.fromkeys(_names(row), more) if given.open else {}
        arguments = {**untold, **owner.arguments, **given.named}
        is_open = owner.is_open or given.open
        defaults = row.get("defaults", {})
        asked = {**arguments, **as_given(table, given.named, row, is_open=given.open)}
        calls = list(calls_of(table, row.get("calls", ()), asked, defaults))
        calls = without_unasked(table, calls, row, arguments)
        deferred = list(calls_of(table, row.get("deferred", ()), arguments, defaults))
        is_here = runs_here(owner, arguments)
        by = "pipeline" if "deferred" in row and is_deferred(arguments) and not is_here else None
        if by:  # what the job needs is put in place, and looked up, when the pipeline is defined
            before = [one for one in calls if one.startswith(_BEFORE_A_PIPELINE)]
            self._reading.call(node, name, before, arguments, is_open=is_open)
        made = deferred if by else calls_here(table, calls) if is_here else calls
        self._reading.call(node, name, made, arguments, by=by, is_open=is_open)
        for who in ("job", "pipeline"):
            if operations := list(calls_of(table, row.get(who, ()), arguments, defaults)):
                self._reading.call(node, name, operations, arguments, by=who)


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row.get("parameters", ()))


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
