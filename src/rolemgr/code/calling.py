"""What is called: functions and classes of the code itself, boto3's and the SDK's, and what is not known."""

import ast
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from rolemgr.code.boto import Boto
from rolemgr.code.expressions import CallArguments, Expressions
from rolemgr.code.operations import by_name_alone
from rolemgr.code.reading import MOST_CALLS_WITHIN, MOST_TIMES, Reading
from rolemgr.code.sdk import Sdk
from rolemgr.code.values import (
    ANY_TEXT,
    NOTHING,
    AwsKind,
    AwsObject,
    BoundMethod,
    CodeClass,
    CodeFunction,
    CodeObject,
    ListValue,
    MappingValue,
    NamedValue,
    NameScope,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    either,
    joined,
    text_of,
)

_ANSWER: Final = UnknownValue("it is of another library", foreign=True)
_HANDED_ON: Final = (AwsKind.CLIENT, AwsKind.RESOURCE, AwsKind.BOTO_SESSION)
_SDK_VERBS: Final = frozenset({"fit", "deploy", "train", "upsert", "run", "transform", "register", "build"})
_HARMLESS: Final = ("builtins.", "json.", "pprint.", "print", "logging.", "copy.", "IPython.", "functools.")


class Calling(Expressions):
    """Reads calls."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self._boto, self._sdk = Boto(reading), Sdk(reading)
        self.top = NameScope()
        self.known: list[CodeFunction] = []
        self.classes: list[CodeClass] = []
        self.returned: list[Value] = []
        self._running: list[ast.AST] = []
        self._times: dict[ast.AST, int] = {}
        self._objects: dict[ast.AST, CodeObject] = {}

    @abstractmethod
    def run(self, statements: Iterable[ast.stmt], scope: NameScope) -> None:
        """Read *statements* in *scope*."""

    def called(self, function: Value, arguments: CallArguments, node: ast.Call) -> Value:
        """Return what a call of *function* gives."""
        if isinstance(function, NamedValue):
            return self._named(function.path, arguments, node)
        if isinstance(function, BoundMethod):
            return self._bound(function, arguments, node)
        if isinstance(function, CodeFunction):
            return self._function(function, arguments, node)
        if isinstance(function, CodeClass):
            return self._object(function, arguments, node)
        if isinstance(function, AwsObject) and function.kind is AwsKind.SDK:
            return self._sdk.method(function, "__call__", arguments, node)
        if isinstance(function, UnknownValue) and not function.foreign:
            return self._guessed(node, arguments)
        self._handed_on(arguments, node, "another library")
        return _ANSWER

    def _named(self, path: str, given: CallArguments, node: ast.Call) -> Value:
        if path.startswith("builtins."):
            return self._built_in(path.partition(".")[2], given, node)
        made = self._boto.named(path, given, node)
        if made is None:
            made = self._sdk.named(path, given, node)
        if made is not None:
            return made
        if path in ("os.path.join", "posixpath.join"):
            return joined([part for one in given.positional for part in (TextValue("/"), text_of(one))][1:])
        if path in ("copy.copy", "copy.deepcopy") and given.positional:
            return given.positional[0]
        if not path.startswith(_HARMLESS):
            self._handed_on(given, node, path)
        return _ANSWER

    def _handed_on(self, given: CallArguments, node: ast.Call, path: str) -> None:
        """Say what of AWS goes into code that is not read here: it may call anything."""
        for one in given.every():
            for each in alternatives(one):
                if isinstance(each, AwsObject) and each.kind in _HANDED_ON:
                    what = f"{each.kind.name.lower().replace('_', ' ')} of {each.name}"
                    self.reading.cannot_tell(node, path, f"it is given a {what}, and is not read")

    def _built_in(self, name: str, given: CallArguments, node: ast.Call) -> Value:
        first = given.positional[0] if given.positional else None
        if name == "str" and first is not None:
            return either(text_of(one) for one in alternatives(first))
        if name == "dict":
            found = MappingValue()
            self.merge(found, given)
            return found
        if name in ("list", "tuple", "set", "sorted") and first is not None:
            return first if isinstance(first, ListValue) else ListValue([self.element(first, node)], open=True)
        if name == "getattr" and len(given.positional) > 1:
            return self._looked_up(given.positional[0], given.positional[1], node)
        if name in ("enumerate", "zip") and first is not None:
            items: list[Value] = [self.element(one, node) for one in given.positional]
            return ListValue([ListValue([ANY_TEXT, *items] if name == "enumerate" else items)], open=True)
        if name == "next" and first is not None:
            return self.element(first, node)
        return UnknownValue(f"{name} gives it", foreign=True)

    def _looked_up(self, owner: Value, name: Value, node: ast.AST) -> Value:
        """Return ``getattr(owner, name)``."""
        if isinstance(name, TextValue) and name.exact:
            return either(self.attribute(one, name.pattern, node) for one in alternatives(owner))
        if any(isinstance(one, AwsObject) for one in alternatives(owner)):
            self.reading.cannot_tell(node, "getattr", "which method of a client it is, is not known")
        return UnknownValue("it is looked up by a name that is not known", foreign=True)

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return the attribute *name* of *owner*."""
        if isinstance(owner, NamedValue):
            return NamedValue(f"{owner.path}.{name}")
        if isinstance(owner, AwsObject):
            mine = self._sdk if owner.kind is AwsKind.SDK else self._boto
            found = mine.attribute(owner, name)
            return BoundMethod(owner, name) if found is None else found
        if isinstance(owner, CodeObject):
            return self._of_object(owner, name)
        if isinstance(owner, CodeClass):
            return owner.scope.names.get(name, UnknownValue("its class does not set it"))
        if isinstance(owner, UnknownValue):
            return owner
        return UnknownValue("it is an attribute", foreign=True)

    def _of_object(self, owner: CodeObject, name: str) -> Value:
        if name in owner.attributes:
            return owner.attributes[name]
        found = self._in_class(owner.of, name)
        if isinstance(found, CodeFunction):
            method = replace(found, owner=owner)
            is_property = any(one == NamedValue("builtins.property") for one in found.decorators)
            return self._function(method, CallArguments(), found.node) if is_property else method
        return found if found is not None else UnknownValue(f"nothing sets its attribute `{name}`")

    def _in_class(self, of: CodeClass, name: str) -> Value | None:
        if name in of.scope.names:
            return of.scope.names[name]
        bases = (self._in_class(one, name) for one in of.bases if isinstance(one, CodeClass) and one is not of)
        return next((one for one in bases if one is not None), None)

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        """Set the attribute *name* of what *owner* may be; it may have been set to something else before."""
        for one in alternatives(owner):
            if isinstance(one, CodeObject | AwsObject):
                one.attributes[name] = value
                if isinstance(one, AwsObject) and one.kind is AwsKind.SDK:
                    one.arguments[name] = value

    def set_part(self, owner: Value, key: Value, value: Value) -> None:
        """Set the part *key* of what *owner* may be."""
        for one in alternatives(owner):
            if isinstance(one, MappingValue) and isinstance(key, TextValue) and key.exact:
                one.entries[key.pattern] = value
            elif isinstance(one, MappingValue):
                one.open = True
            elif isinstance(one, ListValue) and value not in one.items:
                one.items.append(value)

    def _bound(self, method: BoundMethod, given: CallArguments, node: ast.Call) -> Value:
        owner = method.owner
        mine = self._sdk if owner.kind is AwsKind.SDK else self._boto
        return mine.method(owner, method.name, given, node)

    def _guessed(self, node: ast.Call, given: CallArguments) -> Value:
        """Return what a method of something that is not known gives: its name may tell which operation it is."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        operation = by_name_alone(name)
        if operation:
            self.reading.call(node, name, [operation], given.named, guessed=True, is_open=given.open)
            return UnknownValue("AWS answers it", foreign=True)
        if name in _SDK_VERBS and self._uses_the_sdk():
            self.reading.cannot_tell(node, f"`.{name}`", "what it is called on is not known")
        return UnknownValue("what is called is not known")

    def _uses_the_sdk(self) -> bool:
        return any(isinstance(one, NamedValue) and one.path.startswith("sagemaker") for one in self.top.names.values())

    def entered(self, value: Value, node: ast.AST) -> Value:
        """Return what ``with value as name`` binds."""
        return value

    def element(self, value: Value, node: ast.AST | None = None) -> Value:
        """Return what a loop over *value* gives."""
        if isinstance(value, AwsObject) and value.kind is not AwsKind.SDK:
            return self._boto.iterated(value, node)
        return super().element(value)

    def _object(self, of: CodeClass, given: CallArguments, node: ast.AST) -> Value:
        made = CodeObject(of)
        self._objects[of.node] = made
        found = self._in_class(of, "__init__")
        if isinstance(found, CodeFunction):
            self._function(replace(found, owner=made), given, node)
        return made

    def _function(self, function: CodeFunction, given: CallArguments, node: ast.AST) -> Value:
        """Return what a function of the code gives, read with the arguments that it has here."""
        body = function.node
        if isinstance(body, ast.Lambda):
            inner = self._inner(function, given)
            return self.value(body.body, inner)
        self._times[body] = self._times.get(body, 0) + 1
        if body in self._running or len(self._running) >= MOST_CALLS_WITHIN:
            return UnknownValue("functions call each other too deep")
        if self._times[body] > MOST_TIMES:
            return UnknownValue(f"{body.name} is called more than {MOST_TIMES} times")
        inner = self._inner(function, given)
        outer, self.returned = (self.returned, self.reading.name), []
        self._running.append(body)
        self.reading.name = function.file
        try:
            self.run(body.body, inner)
            return either(self.returned) if self.returned else NOTHING
        finally:
            self._running.pop()
            self.returned, self.reading.name = outer

    def _inner(self, function: CodeFunction, given: CallArguments) -> NameScope:
        """Return the scope of a call: parameters with arguments, defaults, or what is not known."""
        scope, spec = NameScope(function.scope), function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        is_static = any(one == NamedValue("builtins.staticmethod") for one in function.decorators)
        values: Sequence[Value] = given.positional
        if function.owner is not None and not is_static:
            values = [function.owner, *values]
        for one in (*positional, *spec.kwonlyargs):
            scope.names[one.arg] = given.named.get(one.arg, UnknownValue(f"`{one.arg}` is a parameter"))
        tail = positional[len(positional) - len(spec.defaults) :]
        pairs = [*zip(tail, spec.defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
        for one, default in pairs:
            if one.arg not in given.named and default is not None and not given.open:
                scope.names[one.arg] = self.value(default, function.scope)
        scope.names |= {one.arg: value for one, value in zip(positional, values, strict=False)}
        if spec.vararg:
            scope.names[spec.vararg.arg] = ListValue(list(values[len(positional) :]), given.open)
        if spec.kwarg:
            names = {one.arg for one in (*positional, *spec.kwonlyargs)}
            rest = {name: value for name, value in given.named.items() if name not in names}
            scope.names[spec.kwarg.arg] = MappingValue(rest, given.open)
        return scope

    def run_the_rest(self) -> None:
        """Read the functions and methods that nobody called, with arguments that are not known."""
        for one in self.known:
            if one.node not in self._times:
                self._function(one, CallArguments(), one.node)
        for of in self.classes:
            methods = [each for each in of.scope.names.values() if isinstance(each, CodeFunction)]
            for method in methods:
                if method.node not in self._times:
                    owner = self._objects.get(of.node) or self._object(of, CallArguments(), of.node)
                    held = owner if isinstance(owner, CodeObject) else None
                    self._function(replace(method, owner=held), CallArguments(), of.node)
