"""What expressions are, as far as reading tells; what is called in them is noted on the way."""

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.code.parts import computed, grown, part_of
from rolemgr.code.reading import MOST_DEPTH, Reading
from rolemgr.code.texts import percent, text_method
from rolemgr.code.values import (
    ANY_TEXT,
    NOTHING,
    AwsObject,
    BoundMethod,
    CodeFunction,
    CodeObject,
    ListValue,
    MappingValue,
    NamedValue,
    NameScope,
    PlainValue,
    SeveralValues,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    either,
    joined,
    something,
    text_of,
)

_BUILT_IN: Final = frozenset(dir(builtins)) | {"display", "execfile", "exit", "quit", "unicode", "xrange"}
"""Python's names, of both versions, and those that IPython adds."""


class CallArguments(NamedTuple):
    """The arguments of a call; *open* where it may have more, such as behind ``**kwargs`` that are not known."""

    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] = {}
    open: bool = False

    def bound(self, names: Sequence[str]) -> dict[str, Value]:
        """Return the arguments by name, the positional ones by the *names* of the parameters in their order."""
        return {**dict(zip(names, self.positional, strict=False)), **self.named}

    def first(self, name: str = "") -> Value | None:
        """Return the first positional argument, or the one of the *name*; None where there is neither."""
        return self.positional[0] if self.positional else self.named.get(name)

    def every(self) -> Iterator[Value]:
        """Yield the arguments."""
        yield from self.positional
        yield from self.named.values()


class Expressions(ABC):
    """Reads expressions; what is beyond them, calls and statements, is the subclasses'."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._depth = 0
        self.known: list[CodeFunction] = []
        self.returned: list[Value] = []

    @abstractmethod
    def called(self, function: Value, arguments: CallArguments, node: ast.Call) -> Value:
        """Return what a call of *function* gives."""

    @abstractmethod
    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return the attribute *name* of *owner*."""

    @abstractmethod
    def may_have(self, owner: Value, name: str) -> bool:
        """Tell whether *owner* may have the attribute *name*."""

    @abstractmethod
    def is_described(self, path: str) -> bool:
        """Tell whether a table has what an import brings in as *path*."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value, scope: NameScope) -> None:
        """Bind *target* to *value*."""

    def value(self, node: ast.expr | None, scope: NameScope) -> Value:
        """Return what *node* is."""
        if node is None:
            return NOTHING
        self.reading.budget.spend(1)
        if self._depth >= MOST_DEPTH:
            self.reading.cannot_tell(node, "expression", f"is nested more than {MOST_DEPTH} deep")
            return UnknownValue("it is nested too deep")
        self._depth += 1
        try:
            handler = _HANDLERS.get(type(node))
            return handler(self, node, scope) if handler else self._others(node, scope)
        finally:
            self._depth -= 1

    def _others(self, node: ast.expr, scope: NameScope) -> Value:
        """Read what is within *node*, of a kind whose value says nothing here."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope)
        return UnknownValue("it is computed", foreign=isinstance(node, ast.Compare))

    def _constant(self, node: ast.Constant, _: NameScope) -> Value:
        if isinstance(node.value, str):
            return joined([TextValue(node.value)])
        if node.value is None or isinstance(node.value, bool | int | float):
            return PlainValue(node.value)
        return UnknownValue("it is a constant", foreign=True)

    def _name(self, node: ast.Name, scope: NameScope) -> Value:
        found = scope.find(node.id)
        if found is not None:
            return found
        if node.id in _BUILT_IN:
            return NamedValue(f"builtins.{node.id}")
        if node.id == "get_ipython":
            return NamedValue("IPython.get_ipython")
        paths = [f"{module}.{node.id}" for module in reversed(scope.top.stars)]
        described = [one for one in paths if self.is_described(one)]
        if described or paths:  # the last import sets it; which of the others have it is not known
            return NamedValue((described or paths)[0])
        return UnknownValue(f"`{node.id}` is set nowhere in the file")

    def _attribute(self, node: ast.Attribute, scope: NameScope) -> Value:
        return either(self.attribute(one, node.attr, node) for one in something(self.value(node.value, scope)))

    def _call(self, node: ast.Call, scope: NameScope) -> Value:
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value, scope)
            given = self.arguments(node, scope)
            return either(self._method(one, node, given) for one in something(owner))
        function = self.value(node.func, scope)
        given = self.arguments(node, scope)
        return either(self.called(one, given, node) for one in alternatives(function))

    def _method(self, owner: Value, node: ast.Call, given: CallArguments) -> Value:
        """Return what a method of *owner* gives: of text and collections here, of others what calls them."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(owner, TextValue):
            return text_method(owner, name, given.positional, given.named)
        if isinstance(owner, MappingValue):
            return self._of_mapping(owner, name, given)
        if isinstance(owner, ListValue):
            return self._of_list(owner, name, given)
        function = self.attribute(owner, name, node)
        return either(self.called(one, given, node) for one in alternatives(function))

    def _of_mapping(self, owner: MappingValue, name: str, given: CallArguments) -> Value:
        key = given.positional[0] if given.positional else None
        if name in ("get", "pop", "setdefault") and isinstance(key, TextValue) and key.exact:
            if key.pattern in owner.entries:
                return owner.entries[key.pattern]
            default = given.positional[1] if len(given.positional) > 1 else NOTHING
            return UnknownValue("it may be in a dictionary") if owner.open else default
        if name == "update":
            self.merge(owner, given)
        if name == "copy":
            return MappingValue(dict(owner.entries), owner.open)
        if name == "items":
            pairs: list[Value] = [ListValue([TextValue(one), value]) for one, value in owner.entries.items()]
            return ListValue(pairs, owner.open)
        listed: list[Value] = [*map(TextValue, owner.entries)] if name == "keys" else [*owner.entries.values()]
        return ListValue(listed, owner.open) if name in ("keys", "values") else UnknownValue("a dictionary gives it")

    def merge(self, owner: MappingValue, given: CallArguments) -> None:
        """Put what is *given* into *owner*, as ``dict.update`` does."""
        owner.open = owner.open or given.open
        for one in given.positional:
            if isinstance(one, MappingValue):
                owner.entries.update(one.entries)
                owner.open = owner.open or one.open
            else:
                owner.open = True
        owner.entries.update(given.named)

    def _of_list(self, owner: ListValue, name: str, given: CallArguments) -> Value:
        if name in ("append", "add", "insert"):
            owner.items += given.positional[-1:]
        elif name in ("extend", "update") and given.positional:
            both = grown(owner.items, given.positional[0])
            owner.items, owner.open = both.items, owner.open or both.open
        elif name in ("pop", "popleft"):
            return either(owner.items) if owner.items else UnknownValue("a list gives it")
        return ListValue(list(owner.items), owner.open) if name == "copy" else NOTHING

    def arguments(self, node: ast.Call, scope: NameScope) -> CallArguments:
        """Return the arguments of a call, ``*`` and ``**`` opened where they are known."""
        positional: list[Value] = []
        named: dict[str, Value] = {}
        is_open = False
        for one in node.args:
            value = self.value(one.value if isinstance(one, ast.Starred) else one, scope)
            is_list = isinstance(one, ast.Starred)
            positional += value.items if is_list and isinstance(value, ListValue) else [] if is_list else [value]
            is_open = is_open or (is_list and not (isinstance(value, ListValue) and not value.open))
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
                continue
            for each in alternatives(value):
                named |= each.entries if isinstance(each, MappingValue) else {}
                is_open = is_open or not isinstance(each, MappingValue) or each.open
        return CallArguments(tuple(positional), named, is_open)

    def _joined(self, node: ast.JoinedStr, scope: NameScope) -> Value:
        return joined(text_of(_one(self.value(one, scope))) for one in node.values)

    def _formatted(self, node: ast.FormattedValue, scope: NameScope) -> Value:
        found = text_of(_one(self.value(node.value, scope)))
        return found if node.format_spec is None and node.conversion in (-1, 115) else ANY_TEXT

    def _binary(self, node: ast.BinOp, scope: NameScope) -> Value:
        left, right = _one(self.value(node.left, scope)), _one(self.value(node.right, scope))
        if isinstance(node.op, ast.Mod) and isinstance(left, TextValue):
            return percent(left, right.items if isinstance(right, ListValue) else [right])
        if isinstance(left, PlainValue) and isinstance(right, PlainValue):
            return computed(type(node.op), left.value, right.value)
        if isinstance(node.op, ast.Add) and (isinstance(left, TextValue) or isinstance(right, TextValue)):
            return joined([text_of(left), text_of(right)])
        if isinstance(left, ListValue) and isinstance(right, ListValue):
            return grown(left.items, right)
        if isinstance(left, MappingValue) and isinstance(right, MappingValue):
            return MappingValue({**left.entries, **right.entries}, left.open or right.open)
        return UnknownValue("it is computed")

    def _unary(self, node: ast.UnaryOp, scope: NameScope) -> Value:
        found = self.value(node.operand, scope)
        if isinstance(found, PlainValue) and isinstance(node.op, ast.Not):
            return PlainValue(not found.value)
        if isinstance(found, PlainValue) and isinstance(node.op, ast.USub) and isinstance(found.value, int | float):
            return PlainValue(-found.value)
        return UnknownValue("it is computed")

    def _boolean(self, node: ast.BoolOp, scope: NameScope) -> Value:
        found = [self.value(one, scope) for one in node.values]
        some = [one for one in found if one != NOTHING]
        return either(some or found)

    def _choice(self, node: ast.IfExp, scope: NameScope) -> Value:
        self.value(node.test, scope)
        return either([self.value(node.body, scope), self.value(node.orelse, scope)])

    def _mapping(self, node: ast.Dict, scope: NameScope) -> Value:
        found = MappingValue()
        for key, one in zip(node.keys, node.values, strict=True):
            value = _one(self.value(one, scope)) if key is None else self.value(one, scope)
            name = _one(self.value(key, scope)) if key is not None else None
            if key is None:
                self.merge(found, CallArguments((value,)))
            elif isinstance(name, TextValue) and name.exact:
                found.entries[name.pattern] = value
            else:
                found.open = True
        return found

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: NameScope) -> Value:
        found = ListValue()
        for one in node.elts:
            value = self.value(one.value if isinstance(one, ast.Starred) else one, scope)
            if isinstance(one, ast.Starred):
                found.items += value.items if isinstance(value, ListValue) else []
                found.open = found.open or not isinstance(value, ListValue)
            else:
                found.items.append(value)
        return found

    def _subscript(self, node: ast.Subscript, scope: NameScope) -> Value:
        owner, key = self.value(node.value, scope), _one(self.value(node.slice, scope))
        return either(self.part(one, key, node) for one in something(owner))

    def part(self, owner: Value, key: Value, node: ast.AST) -> Value:
        """Return ``owner[key]``."""
        if isinstance(owner, AwsObject | BoundMethod | CodeObject | NamedValue):
            return self.element(owner, node)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(owner, ListValue):
            return ListValue(list(owner.items), open=True)
        return part_of(owner, key)

    def _lambda(self, node: ast.Lambda, scope: NameScope) -> Value:
        made = CodeFunction(node, scope, self.reading.name)
        self.known.append(made)
        return made

    def _yield(self, node: ast.Yield, scope: NameScope) -> Value:
        self.returned.append(ListValue([self.value(node.value, scope)], open=True))
        return UnknownValue("it is sent to a generator")

    def _yield_from(self, node: ast.YieldFrom, scope: NameScope) -> Value:
        self.returned.append(self.value(node.value, scope))
        return UnknownValue("a generator gives it")

    def _comprehension(self, node: Any, scope: NameScope) -> Value:
        inner = NameScope(scope)
        for one in node.generators:
            self.assign(
                one.target, self.element(self.value(one.iter, scope if one is node.generators[0] else inner)), inner
            )
            for test in one.ifs:
                self.value(test, inner)
                self._narrow(test, inner)
        if isinstance(node, ast.DictComp):
            self.value(node.key, inner)
            return MappingValue({"*": self.value(node.value, inner)}, open=True)
        return ListValue([self.value(node.elt, inner)], open=True)

    def _narrow(self, test: ast.expr, scope: NameScope) -> None:
        """Keep, of what a name may be in *scope*, what has the attribute that *test* asks for by ``hasattr``."""
        for one in test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]:
            match one:
                case ast.Call(func=ast.Name("hasattr"), args=[ast.Name(name), ast.Constant(str() as attribute)]):
                    found = alternatives(scope.names.get(name, NOTHING))
                    if kept := [each for each in found if self.may_have(each, attribute)]:
                        scope.names[name] = either(kept)

    def element(self, value: Value, node: ast.AST | None = None) -> Value:
        """Return what a loop over *value* gives."""
        listed = [one for each in alternatives(value) if isinstance(each, ListValue) for one in each.items]
        if listed:
            return either(listed)
        if isinstance(value, MappingValue):
            return either(map(TextValue, value.entries)) if value.entries else ANY_TEXT
        if isinstance(value, UnknownValue):
            return value
        unsure = [one for one in alternatives(value) if isinstance(one, UnknownValue) and not one.foreign]
        return either(unsure) if unsure else UnknownValue("a loop gives it", foreign=isinstance(value, TextValue))

    def _bind(self, node: ast.NamedExpr, scope: NameScope) -> Value:
        found = self.value(node.value, scope)
        self.assign(node.target, found, scope)
        return found

    def _within(self, node: Any, scope: NameScope) -> Value:
        return self.value(node.value, scope)


def _one(value: Value) -> Value:
    """Return *value* where it is one; of several texts what they have in common is a gap."""
    return UnknownValue("it has several values") if isinstance(value, SeveralValues) else value


_HANDLERS: Final[Mapping[type[ast.expr], Callable[[Expressions, Any, NameScope], Value]]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.JoinedStr: Expressions._joined,
    ast.FormattedValue: Expressions._formatted,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.IfExp: Expressions._choice,
    ast.Dict: Expressions._mapping,
    ast.List: Expressions._list,
    ast.Tuple: Expressions._list,
    ast.Set: Expressions._list,
    ast.Subscript: Expressions._subscript,
    ast.Lambda: Expressions._lambda,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.NamedExpr: Expressions._bind,
    ast.Await: Expressions._within,
    ast.Starred: Expressions._within,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
}
"""How each kind of expression is read."""
