"""Parts of collections, collections that grow, and numbers: what expressions make of values that are known."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rolemgr.code.values import ANY_TEXT, ListValue, MappingValue, PlainValue, TextValue, UnknownValue, Value, either

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}  # fmt: skip
_MOST_ITEMS: Final = 500
_LARGEST: Final = 10**15
"""Numbers beyond it are nobody's limit, and would only take time."""


def grown(items: Sequence[Value], other: Value) -> ListValue:
    """Return the list of *items* and those of *other*; one that is too long is cut, and open."""
    more = other.items if isinstance(other, ListValue) else []
    is_open = not isinstance(other, ListValue) or other.open or len(items) + len(more) > _MOST_ITEMS
    return ListValue([*items, *more][:_MOST_ITEMS], is_open)


def part_of(owner: Value, key: Value) -> Value:
    """Return ``owner[key]`` of a collection or text."""
    if isinstance(owner, MappingValue) and isinstance(key, TextValue) and key.exact:
        missing = UnknownValue("a dictionary has it")
        return owner.entries.get(key.pattern, owner.entries.get("*", missing))
    if isinstance(owner, MappingValue):
        unknown = [UnknownValue("a dictionary has it")] if owner.open or not owner.entries else []
        return either([*owner.entries.values(), *unknown])
    if isinstance(owner, ListValue):
        at = key.value if isinstance(key, PlainValue) else None
        if isinstance(at, int) and -len(owner.items) <= at < len(owner.items) and not owner.open:
            return owner.items[at]
        return either(owner.items) if owner.items else UnknownValue("a list has it")
    if isinstance(owner, UnknownValue):
        return owner
    return ANY_TEXT if isinstance(owner, TextValue) else UnknownValue("it is a part of something")


def computed(kind: type[ast.operator], left: Any, right: Any) -> Value:
    """Return what the operator *kind* makes of two numbers."""
    numbers = not isinstance(left, type(None)) and not isinstance(right, type(None))
    if kind not in _ARITHMETIC or not numbers or max(abs(left), abs(right)) > _LARGEST:
        return UnknownValue("it is computed", foreign=True)
    try:
        return PlainValue(_ARITHMETIC[kind](left, right))
    except ArithmeticError:
        return UnknownValue("it is computed", foreign=True)
