"""
Which operations a row of the tables comes to, by the arguments of a call: conditions, pipelines, and local mode.

With a `LocalSession`, or on an instance type ``local``, jobs, models and endpoints are on this machine: SageMaker is
not asked, and who runs the code reads and writes their data and pulls their images.
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-local-mode.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rolemgr.code.sdk_table import SdkTable, key_of, shown_of, table_of
from rolemgr.code.values import (
    AwsKind,
    AwsObject,
    NamedValue,
    PlainValue,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    either,
    parts_of,
    truth,
)

_LOCAL_SESSIONS: Final = ("LocalSession", "LocalPipelineSession")
_LOCAL_TYPES: Final = ("local", "local_gpu")
_SESSIONS: Final = ("sagemaker_session", "session")
_NOT_LOCAL: Final = ("sagemaker.", "sagemaker-runtime.", "logs.")
"""Clients that a local session has none of."""


def runs_here(owner: AwsObject, arguments: Mapping[str, Value]) -> bool:
    """Tell whether what is called runs on this machine for sure: by its session, or else its instance type."""
    for name in _SESSIONS:
        if name in arguments and arguments[name] != PlainValue(None):
            return all(map(_is_local_session, alternatives(arguments[name])))
    types = alternatives(arguments["instance_type"]) if "instance_type" in arguments else ()
    is_local = [isinstance(one, TextValue) and one.pattern in _LOCAL_TYPES for one in types]
    return _is_local_session(owner) or (bool(is_local) and all(is_local))


def _is_local_session(value: Value) -> bool:
    return isinstance(value, AwsObject) and value.kind is AwsKind.SDK and shown_of(value) in _LOCAL_SESSIONS


def is_deferred(arguments: Mapping[str, Value]) -> bool:
    """Tell whether *arguments*, or an object among them, have a session for pipelines: it only writes down calls."""
    objects = [one for each in arguments.values() for one in alternatives(each) if isinstance(one, AwsObject)]
    inner = [each for one in objects if one.kind is AwsKind.SDK for each in one.arguments.values()]
    held = [one for each in inner for one in alternatives(each) if isinstance(one, AwsObject)]
    return any(shown_of(one) in ("PipelineSession", "LocalPipelineSession") for one in (*objects, *held))


def calls_here(table: SdkTable, operations: list[str]) -> list[str]:
    """Return what is called in place of *operations* where these run on this machine."""
    rest = [one for one in operations if not one.startswith(_NOT_LOCAL)]
    starts = any(one.startswith("sagemaker.Create") for one in operations)
    return [*rest, *(table.rows["shared"]["local"] if starts else ())]


def without_unasked(
    table: SdkTable, operations: list[str], row: Mapping[str, Any], arguments: Mapping[str, Value]
) -> list[str]:  # fmt: skip
    """Return *operations* but those that a method of *row* calls only with an argument that is surely not there."""
    left = set[str]()
    for name, only in table.rows["shared"].get("only-with", {}).items():
        if name in row.get("parameters", ()) and _holds(name, arguments, row.get("defaults", {})) is False:
            left |= set(only)
    return [one for one in operations if one not in left]


def calls_of(
    table: SdkTable, steps: Any, arguments: Mapping[str, Value], defaults: Mapping[str, Any]
) -> Iterator[str]:  # fmt: skip
    """Yield the operations of *steps* whose conditions hold, or may."""
    for one in steps:
        if isinstance(one, str) and one.startswith("@"):
            yield from calls_of(table, table.rows["shared"][one[1:]], arguments, defaults)
        elif isinstance(one, str):
            yield one
        elif all(_holds(text, arguments, defaults) is not False for text in one["if"]):
            yield from calls_of(table, one["calls"], arguments, defaults)


def as_given(
    table: SdkTable, given: Mapping[str, Value], row: Mapping[str, Any], *, is_open: bool
) -> dict[str, Value]:  # fmt: skip
    """
    Return the arguments of a call by the names that conditions from the SDK's source have: ``given.wait``.

    A parameter that is not *given* has its default, or may have any value where the call *is_open*.
    """
    names, defaults = row.get("parameters", ()), row.get("defaults", {})
    rest = UnknownValue("the call may have more arguments")
    found = {f"given.{one}": rest if is_open else _plain(defaults.get(one)) for one in names}
    return {**found, **{f"given.{name}": _told(table, one) for name, one in given.items()}}


def _told(table: SdkTable, value: Value) -> Value:
    """Return the text of a name of the SDK, where that is known."""
    text = table.constants.get(value.path) if isinstance(value, NamedValue) else None
    return value if text is None else TextValue(text)


def _plain(value: Any) -> Value:
    return TextValue(value) if isinstance(value, str) else PlainValue(value)


def _holds(text: str, arguments: Mapping[str, Value], defaults: Mapping[str, Any]) -> bool | None:
    """
    Tell whether a condition on *arguments* holds: ``wait``, ``not source_dir``, ``local source_dir``, ``short role``.

    *local* is text that is not at S3, *short* a role by its name alone, *text* a text and *sdk* an object of the SDK,
    *remote* a mode that is not on this machine, *within* what holds a location at S3; a class of the SDK stands for its
    objects; ``local estimator.entry_point`` asks for an argument of the object that is one. Conditions from the SDK's
    source have *none* for None, *str*, ``starts s3://`` and ``is TEXT`` for what a
    text is. None where that is not known.
    """
    if text.startswith("not ") and text.count(" ") > 1:
        inner = _holds(text.removeprefix("not "), arguments, defaults)
        return None if inner is None else not inner
    word, _, name = text.rpartition(" ")
    value = _argument(arguments, name)
    if value is None:
        value = _plain(defaults.get(name))
    test, _, asked = word.partition(" ")
    if test in _OF_TEXT:
        return _any(_OF_TEXT[test](one, asked) for one in alternatives(value))
    if word in _TESTS:
        return _any(_TESTS[word](one) for one in alternatives(value))
    if word[:1].isupper():
        return _any(_is_one_of(one, word) for one in alternatives(value))
    found = truth(value)
    return (None if found is None else not found) if word == "not" else found


def _argument(arguments: Mapping[str, Value], name: str) -> Value | None:
    """Return the argument *name*, or that of the object which is one, ``estimator.entry_point``; None for none."""
    owner, _, inner = name.partition(".")
    if name in arguments or not inner or owner not in arguments:
        return arguments.get(name)
    return either(_part(one, inner) for one in alternatives(arguments[owner]))


def _part(owner: Value, name: str) -> Value:
    """Return the argument *name* that *owner* was made with; not known where it may have more than the code tells."""
    if not isinstance(owner, AwsObject):
        return owner
    found = _argument({**owner.arguments, **owner.attributes}, name)
    if found is None:
        return UnknownValue("it may have more arguments") if owner.is_open else PlainValue(None)
    return found


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


def _is_one_of(value: Value, name: str) -> bool | None:
    """Tell whether *value* is an object of the SDK's class of the *name*, whichever module that is of."""
    if isinstance(value, NamedValue) or (isinstance(value, UnknownValue) and not value.foreign):
        return None
    if not isinstance(value, AwsObject) or value.kind is not AwsKind.SDK:
        return False
    return any(one.rpartition(".")[2] == name for one in table_of(value).lineage(key_of(value)))


def _holds_a_location(value: Value) -> bool | None:
    parts = [one for _, one in parts_of({"": value})]
    if any(isinstance(one, TextValue) and one.pattern.startswith("s3:") for one in parts):
        return True
    is_open = any(isinstance(one, UnknownValue) and not one.foreign for one in parts)
    return None if is_open or any(isinstance(one, TextValue) and one.pattern[:1] == "*" for one in parts) else False


def _is_none(value: Value) -> bool | None:
    return None if isinstance(value, UnknownValue | NamedValue) else value == PlainValue(None)


def _is_str(value: Value) -> bool | None:
    return None if isinstance(value, UnknownValue | NamedValue) else isinstance(value, TextValue)


def _is_this(value: Value, text: str) -> bool | None:
    """Tell whether *value* is the *text*; an attribute of something, such as an enumeration's, may be."""
    if isinstance(value, TextValue):
        return value.pattern == text if value.exact else None if _may_start(value, text) else False
    return None if isinstance(value, UnknownValue | NamedValue) else False


def _starts(value: Value, text: str) -> bool | None:
    if isinstance(value, TextValue):
        known = value.pattern if value.exact else value.pattern.partition("*")[0]
        return True if known.startswith(text) else None if _may_start(value, text) else False
    return None if isinstance(value, UnknownValue | NamedValue) else False


def _may_start(value: TextValue, text: str) -> bool:
    """Tell whether the text of *value*, where a part of it is not known, may begin as *text* does."""
    known = value.pattern.partition("*")[0]
    return not value.exact and (text.startswith(known) or known.startswith(text))


_MODES_HERE: Final = ("LOCAL_CONTAINER", "IN_PROCESS")
_TESTS: Final = {
    "local": _is_local, "s3": _is_in_s3, "short": _is_short, "text": _is_text, "sdk": _is_of_the_sdk,
    "remote": _is_remote, "within": _holds_a_location, "none": _is_none, "str": _is_str,
}  # fmt: skip
_OF_TEXT: Final = {"starts": _starts, "is": _is_this}
