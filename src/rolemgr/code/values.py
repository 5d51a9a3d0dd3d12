"""
What an expression in code may be, as far as reading tells: text with gaps, things of AWS, functions, or not known.

Values are never computed by running anything: a call of something that is not known gives `UnknownValue`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeAlias

MOST_ALTERNATIVES: Final = 8
"""How many values a name may have: one for each branch that sets it."""
MOST_TEXT: Final = 4_096
_MOST_NESTED: Final = 12
_MOST_PARTS: Final = 2_000


@dataclass(frozen=True)
class TextValue:
    """Text; ``*`` in *pattern* stands for what is not known of it, where it is not *exact*."""

    pattern: str
    exact: bool = True


@dataclass(frozen=True)
class PlainValue:
    """None, a truth value or a number."""

    value: bool | int | float | None


@dataclass(frozen=True)
class UnknownValue:
    """
    A value that is not known, *why*; *foreign* where it is surely nothing of AWS.

    *of* is the version of the SDK that it is of, where the SDK gives it.
    """

    why: str
    foreign: bool = False
    of: str = ""


@dataclass(frozen=True)
class NamedValue:
    """What an import brings in: ``sagemaker.estimator.Estimator``."""

    path: str


@dataclass(eq=False)
class ListValue:
    """A list, tuple or set; *open* where it may have more than its *items*."""

    items: "list[Value]" = field(default_factory=list)
    open: bool = False


@dataclass(eq=False)
class MappingValue:
    """A dictionary with keys that are text; *open* where it may have more than its *entries*."""

    entries: "dict[str, Value]" = field(default_factory=dict)
    open: bool = False


class AwsKind(Enum):
    """What of AWS an object is."""

    BOTO_SESSION = auto()
    CLIENT = auto()
    RESOURCE = auto()
    RESOURCE_OBJECT = auto()
    COLLECTION = auto()
    PAGINATOR = auto()
    WAITER = auto()
    SDK = auto()
    ANSWER = auto()


@dataclass(eq=False)
class AwsObject:
    """
    Something of boto3 or of the SDK: a client of the service *name*, an object of the SDK's class *name*.

    *arguments* are those that it was made with; *attributes* what the code sets on it.
    """

    kind: AwsKind
    name: str
    arguments: "dict[str, Value]" = field(default_factory=dict)
    attributes: "dict[str, Value]" = field(default_factory=dict)
    is_open: bool = False
    """Whether it may have been made with more arguments than the code tells."""


@dataclass(frozen=True, eq=False)
class BoundMethod:
    """The attribute *name* of something of AWS, before it is called."""

    owner: AwsObject
    name: str


@dataclass(frozen=True, eq=False)
class CodeFunction:
    """
    A function of the code itself, in the *file* (or cell) of that name.

    *owner* is the object (or class) that it is a method of, *decorators* what wraps it.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: "NameScope"
    file: str
    owner: "CodeObject | CodeClass | None" = None
    decorators: "tuple[Value, ...]" = ()


@dataclass(frozen=True, eq=False)
class CodeClass:
    """A class of the code itself."""

    node: ast.ClassDef
    scope: "NameScope"
    bases: "tuple[Value, ...]" = ()


@dataclass(eq=False)
class CodeObject:
    """An object of a class of the code itself."""

    of: CodeClass
    attributes: "dict[str, Value]" = field(default_factory=dict)
    base: AwsObject | None = None
    """What it is of the SDK, where its class is one of the SDK's too."""


@dataclass(frozen=True, eq=False)
class CodeModule:
    """A module that lies beside the code, and is read: its *scope* has what it sets."""

    name: str
    scope: "NameScope"


@dataclass(frozen=True, eq=False)
class SeveralValues:
    """One of some values: which, depends on what happens."""

    values: "tuple[Value, ...]"


Value: TypeAlias = (
    TextValue | PlainValue | UnknownValue | NamedValue | ListValue | MappingValue | AwsObject | BoundMethod
    | CodeFunction | CodeClass | CodeModule | CodeObject | SeveralValues
)  # fmt: skip

NOTHING: Final = PlainValue(None)
ANY_TEXT: Final = TextValue("*", exact=False)


class NameScope:
    """Names and their values, within an outer scope."""

    def __init__(self, outer: "NameScope | None" = None) -> None:
        self.outer, self.names = outer, dict[str, Value]()
        self.elsewhere: dict[str, NameScope] = {}
        """The names that `global` and `nonlocal` say are set in another scope."""
        self.stars: list[str] = []
        """The modules all of whose names a module takes, of those that are not read."""

    @property
    def top(self) -> "NameScope":
        """The scope of the module that it is in."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def find(self, name: str) -> Value | None:
        """Return the value of *name* here or further out; None where nobody sets it."""
        scope: NameScope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


def alternatives(value: Value) -> tuple[Value, ...]:
    """Return what *value* may be."""
    return value.values if isinstance(value, SeveralValues) else (value,)


def something(value: Value) -> tuple[Value, ...]:
    """Return what *value* may be where something is done with it: None has nothing that could be called."""
    found = alternatives(value)
    return tuple(one for one in found if one != NOTHING) or found


def either(values: Iterable[Value]) -> Value:
    """Return the value that is one of *values*; not known where they are too many."""
    found: dict[Value, None] = {}
    for one in values:
        found |= dict.fromkeys(alternatives(one))
    if len(found) > MOST_ALTERNATIVES:
        return UnknownValue(f"it has more than {MOST_ALTERNATIVES} values")
    listed = tuple(found)
    return listed[0] if len(listed) == 1 else SeveralValues(listed) if listed else UnknownValue("it has no value")


def text_of(value: Value) -> TextValue:
    """Return *value* as text: what ``str`` gives, with a gap where it is not known."""
    if isinstance(value, TextValue):
        return value
    if isinstance(value, PlainValue):
        return TextValue(str(value.value))
    return ANY_TEXT


def joined(parts: Iterable[TextValue]) -> TextValue:
    """Return the text of *parts* one after another; text that is too long ends in a gap."""
    listed = list(parts)
    text = "".join(one.pattern for one in listed)
    exact = all(one.exact for one in listed)
    while "**" in text:
        text = text.replace("**", "*")
    return TextValue(text, exact) if len(text) <= MOST_TEXT else TextValue(f"{text[:MOST_TEXT]}*", exact=False)


def truth(value: Value) -> bool | None:
    """Tell whether *value* counts as true; None where it is not known."""
    found = {_truth(one) for one in alternatives(value)}
    return found.pop() if len(found) == 1 else None


def _truth(value: Value) -> bool | None:
    if isinstance(value, PlainValue):
        return bool(value.value)
    if isinstance(value, TextValue):
        return bool(value.pattern) if value.exact else True if value.pattern.strip("*") else None
    if isinstance(value, ListValue):
        return bool(value.items) or (None if value.open else False)
    if isinstance(value, MappingValue):
        return bool(value.entries) or (None if value.open else False)
    return None if isinstance(value, UnknownValue | NamedValue) else True


def parts_of(arguments: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """
    Yield *arguments* and all that is within them, each with the nearest name that it stands under.

    What is too deep, or comes after too many, is left out: it says no more of a request.
    """
    left = _MOST_PARTS
    queue = [(name, one, 0) for name, one in reversed(list(arguments.items()))]
    seen: set[int] = set()
    while queue and left:
        name, value, depth = queue.pop()
        left -= 1
        inner = () if depth > _MOST_NESTED or id(value) in seen else _inner(name, value)
        if inner:
            seen.add(id(value))
            queue += [(key, one, depth + 1) for key, one in reversed(inner)]
        else:
            yield name, value


def _inner(name: str, value: Value) -> list[tuple[str, Value]]:
    if isinstance(value, ListValue):
        return [(name, one) for one in value.items]
    if isinstance(value, SeveralValues):
        return [(name, one) for one in value.values]
    if isinstance(value, MappingValue):
        return list(value.entries.items())
    if isinstance(value, AwsObject) and value.kind in (AwsKind.SDK, AwsKind.RESOURCE_OBJECT):
        return [*value.arguments.items(), *value.attributes.items()]
    return []
