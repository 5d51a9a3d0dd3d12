"""What is called: functions and classes of the code itself, boto3's and the SDK's, and what is not known."""

import ast
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rolemgr.code.expressions import CallArguments
from rolemgr.code.importing import Importing
from rolemgr.code.libraries import is_harmless, is_tabled, passes_on, runs_what
from rolemgr.code.reading import MOST_CALLS_WITHIN, MOST_TIMES, Reading
from rolemgr.code.shells import cell_code, shell_lines
from rolemgr.code.values import (
    ANY_TEXT,
    NOTHING,
    AwsKind,
    AwsObject,
    BoundMethod,
    CodeClass,
    CodeFunction,
    CodeModule,
    CodeObject,
    ListValue,
    MappingValue,
    NamedValue,
    NameScope,
    PlainValue,
    TextValue,
    UnknownValue,
    Value,
    alternatives,
    either,
    joined,
    text_of,
)

_ANSWER: Final = UnknownValue("it is of another library", foreign=True)


class Calling(Importing):
    """Reads calls."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.classes: list[CodeClass] = []
        self.own: frozenset[str] = frozenset()
        """The names of the file that is read, or of its cells: what others define is read where it is called."""
        self._running: list[ast.AST] = []
        self._owners: list[CodeObject] = []
        self._times: dict[ast.AST, int] = {}
        self._objects: dict[ast.AST, CodeObject] = {}

    def called(self, function: Value, arguments: CallArguments, node: ast.Call) -> Value:
        """Return what a call of *function* gives."""
        if isinstance(function, NamedValue):
            return self._named(function.path, arguments, node)
        if isinstance(function, BoundMethod):
            return self.bound(function, arguments, node)
        if isinstance(function, CodeFunction):
            return self._function(function, arguments, node)
        if isinstance(function, CodeClass):
            return self._object(function, arguments, node)
        if isinstance(function, AwsObject) and function.kind is AwsKind.SDK:
            return self.sdk.method(function, "__call__", arguments, node)
        if isinstance(function, UnknownValue) and not function.foreign:
            return self.guessed(function, node, arguments)
        return self.unread(arguments, node, "", harmless=True)

    def _named(self, path: str, given: CallArguments, node: ast.Call) -> Value:
        if kind := runs_what(path):
            return self._run_by(kind, path, given, node)
        if passes_on(path) and given.positional:
            return self._passed_on(path, given, node)
        if path in ("sys.path.append", "sys.path.insert"):
            self.look_in(given)
        if path.startswith("builtins."):
            return self._built_in(path.partition(".")[2], given, node)
        made = self.boto.named(path, given, node)
        if made is None:
            made = self.sdk.named(path, given, node)
        if made is not None:
            return made
        if path.startswith("IPython.") and path.endswith(".get_ipython"):
            return NamedValue("IPython.get_ipython")
        if path in ("os.path.join", "posixpath.join"):
            return joined([part for one in given.positional for part in (TextValue("/"), text_of(one))][1:])
        if is_harmless(path):
            return self.unread(given, node, path, harmless=True)
        self.unread(given, node, path, harmless=False)
        return self.guessed(UnknownValue(f"it is of `{path.partition('.')[0]}`, which is not read"), node, given)

    def _passed_on(self, path: str, given: CallArguments, node: ast.Call) -> Value:
        """Return what is given, or an element of it: of functions that hand on what they get."""
        if path in ("functools.partial", "builtins.filter"):
            self.hand_over(given, node, path, harmless=True)
        listed = [one for each in given.positional for one in alternatives(each)]
        if path.startswith(("copy.", "contextlib.")):
            return either(listed)
        if path == "functools.partial":
            return given.positional[0]
        items = [self.element(one, node) if isinstance(one, ListValue | MappingValue) else one for one in listed]
        is_one = path in ("builtins.max", "builtins.min")
        return either(items) if is_one else ListValue([either(items)], open=True)

    def _run_by(self, kind: str, path: str, given: CallArguments, node: ast.Call) -> Value:
        """Say what a function runs that is not Python of the file, where it may call AWS."""
        name = path.rpartition(".")[2]
        first = given.first("args") or given.first("cmd") or ANY_TEXT
        text = first.pattern if isinstance(first, TextValue) else ""
        if isinstance(first, ListValue):
            text = " ".join(shlex.quote(text_of(one).pattern) for one in first.items)
        if kind == "import" and isinstance(first, TextValue) and first.exact:
            return self.module_named(first.pattern, node)
        if kind == "magic":
            words = [text_of(one).pattern for one in given.positional]
            made = cell_code(f"%{' '.join(words)}" if len(words) < 3 else f"%%{words[0]} {words[1]}\n{words[2]}")
            for one in made.others:
                self.reading.cannot_tell(node, one.what, one.why)
            if made.python.strip() not in ("", "pass", "None"):
                self.reading.cannot_tell(node, f"`{made.python.strip()[:60]}`", "is code in text, and is not read")
        elif kind == "command":
            for one in shell_lines(text or "*"):
                self.reading.cannot_tell(node, one.what if text not in ("", "*") else name, one.why)
        else:
            self.reading.cannot_tell(node, f"{name}(...)", "what it runs is not read")
        return UnknownValue(f"{name} gives it", foreign=kind == "command")

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
        if name == "super":
            return self._above(node)
        if name == "getattr" and len(given.positional) > 1:
            return self._looked_up(given.positional[0], given.positional[1], node)
        if name in ("enumerate", "zip") and first is not None:
            items: list[Value] = [self.element(one, node) for one in given.positional]
            return ListValue([ListValue([ANY_TEXT, *items] if name == "enumerate" else items)], open=True)
        if name == "next" and first is not None:
            return self.element(first, node)
        if name in ("globals", "locals") and self.uses_aws():
            self.reading.cannot_tell(node, f"{name}()", "what is done with all that the code has is not known")
            return self._all_that_calls()
        if name in ("map", "apply", "setattr"):
            return self.unread(given, node, name, harmless=True)
        return UnknownValue(f"{name} gives it", foreign=name not in ("vars", "globals", "locals", "super", "object"))

    def _all_that_calls(self) -> MappingValue:
        """Return what the code has of AWS so far, an object of each class: notebooks clean up by a loop over it."""
        self.reading.budget.spend(len(self.top.names))
        held = [(name, each) for name, one in self.top.names.items() for each in alternatives(one)]
        first = {one.name: (name, one) for name, one in reversed(held) if isinstance(one, AwsObject)}
        kept = [(name, one) for name, one in reversed(first.values()) if self._may_be_deleted(one)]
        return MappingValue(dict(kept), open=True)

    def _may_be_deleted(self, one: AwsObject) -> bool:
        """Tell whether *one* is something at AWS, or calls it: no client, answer or mere data."""
        return one.kind is AwsKind.RESOURCE_OBJECT or (one.kind is AwsKind.SDK and self.sdk.calls_anything(one))

    def _looked_up(self, owner: Value, name: Value, node: ast.AST) -> Value:
        """Return ``getattr(owner, name)``."""
        if isinstance(name, TextValue) and name.exact:
            return either(self.attribute(one, name.pattern, node) for one in alternatives(owner))
        owners = alternatives(owner)
        if any(isinstance(one, AwsObject) or (isinstance(one, NamedValue) and is_tabled(one.path)) for one in owners):
            self.reading.cannot_tell(node, "getattr", "which method or class of AWS's it is, is not known")
        return UnknownValue("it is looked up by a name that is not known")

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return the attribute *name* of *owner*."""
        if isinstance(owner, NamedValue):
            return NamedValue(f"{owner.path}.{name}")
        if isinstance(owner, AwsObject):
            found = (
                self.sdk.attribute(owner, name, node) if owner.kind is AwsKind.SDK else self.boto.attribute(owner, name)
            )
            return BoundMethod(owner, name) if found is None else found
        if isinstance(owner, CodeModule):
            found = self._taken(owner, name)
            return UnknownValue(f"`{name}` is not set in {owner.name}") if found is None else found
        if isinstance(owner, CodeObject):
            return self._of_object(owner, name)
        if isinstance(owner, CodeClass):
            return self._of_class(owner, name)
        if isinstance(owner, UnknownValue):
            return owner
        if isinstance(owner, BoundMethod):
            return self.beyond(owner)
        is_plain = isinstance(owner, TextValue) or (isinstance(owner, PlainValue) and owner != NOTHING)
        return UnknownValue("it is an attribute", foreign=is_plain)

    def _of_object(self, owner: CodeObject, name: str) -> Value:
        if name in owner.attributes:
            return owner.attributes[name]
        found = self._in_class(owner.of, name)
        if isinstance(found, CodeFunction):
            method = replace(found, owner=owner.of if _is(found, "classmethod") else owner)
            is_property = _is(found, "property") or _is(found, "cached_property")
            return self._function(method, CallArguments(), found.node) if is_property else method
        if found is None and owner.base is not None:
            return self.attribute(owner.base, name, owner.of.node)
        return found if found is not None else UnknownValue(f"nothing sets its attribute `{name}`")

    def _of_class(self, owner: CodeClass, name: str) -> Value:
        found = self._in_class(owner, name)
        if isinstance(found, CodeFunction) and _is(found, "classmethod"):
            return replace(found, owner=owner)
        base = self.base_of(owner)
        if found is None and isinstance(base, NamedValue):
            return NamedValue(f"{base.path}.{name}")
        return found if found is not None else UnknownValue("its class does not set it")

    def base_of(self, of: CodeClass, depth: int = 0) -> Value | None:
        """Return the base of a class, or of its bases, that is not the code's own; None for none but `object`."""
        for one in (each for base in of.bases for each in alternatives(base)):
            if isinstance(one, CodeClass) and one is not of and depth < MOST_CALLS_WITHIN:
                if (found := self.base_of(one, depth + 1)) is not None:
                    return found
            elif isinstance(one, NamedValue) and not is_harmless(one.path):
                return one
        return None

    def _above(self, node: ast.Call) -> Value:
        """Return what ``super()`` is: the object as one of its base of the SDK, or of the code's own."""
        for one in reversed(self._owners):
            bases = [each for each in one.of.bases if isinstance(each, CodeClass)]
            if one.base is not None and not bases:
                return one.base
            if bases:
                return CodeObject(bases[0], one.attributes, one.base)
            break
        return UnknownValue("it is of a class that is not read")

    def _in_class(self, of: CodeClass, name: str, depth: int = 0) -> Value | None:
        if name in of.scope.names:
            return of.scope.names[name]
        bases = [one for one in of.bases if isinstance(one, CodeClass) and one is not of and depth < MOST_CALLS_WITHIN]
        return next((one for base in bases if (one := self._in_class(base, name, depth + 1)) is not None), None)

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        """Set the attribute *name* of what *owner* may be; it may have been set to something else before."""
        for one in alternatives(owner):
            if isinstance(one, CodeClass | CodeModule):
                one.scope.names[name] = value
            elif isinstance(one, CodeObject | AwsObject):
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

    def entered(self, value: Value, node: ast.AST) -> Value:
        """Return what ``with value as name`` binds: what its ``__enter__`` gives, or a generator's function yields."""
        if isinstance(value, ListValue):
            return self.element(value, node)
        if isinstance(value, CodeObject) and isinstance(found := self._in_class(value.of, "__enter__"), CodeFunction):
            return self._function(replace(found, owner=value), CallArguments(), node)
        return value

    def element(self, value: Value, node: ast.AST | None = None) -> Value:
        """Return what a loop over *value* gives."""
        if isinstance(value, AwsObject) and value.kind is not AwsKind.SDK:
            return self.boto.iterated(value, node)
        if isinstance(value, AwsObject | BoundMethod):
            return self.beyond(value)
        if isinstance(value, NamedValue):
            return ANY_TEXT if is_harmless(value.path) else UnknownValue("it is a part of what is not read")
        return super().element(value)

    def _object(self, of: CodeClass, given: CallArguments, node: ast.AST) -> Value:
        made = CodeObject(of)
        self._objects[of.node] = made
        found = self._in_class(of, "__init__")
        base = self.base_of(of)
        above = self._named(base.path, given if found is None else CallArguments(open=True), self.as_call(node)) \
            if isinstance(base, NamedValue) and is_tabled(base.path) else None  # fmt: skip
        made.base = above if isinstance(above, AwsObject) else None
        if isinstance(found, CodeFunction):
            self._function(replace(found, owner=made), given, node)
        return made

    def _function(self, function: CodeFunction, given: CallArguments, node: ast.AST) -> Value:
        """Return what a function of the code gives, read with the arguments that it has here."""
        body = function.node
        if body in self._running:
            return UnknownValue("a function calls itself")
        if len(self._running) >= MOST_CALLS_WITHIN:
            self.reading.cannot_tell(node, "call", f"is more than {MOST_CALLS_WITHIN} functions deep")
            return UnknownValue("functions call each other too deep")
        self._times[body] = self._times.get(body, 0) + 1
        if self._times[body] > MOST_TIMES:
            why = f"is called more than {MOST_TIMES} times; what it does with the arguments here is not read"
            self.reading.cannot_tell(node, getattr(body, "name", "lambda"), why)
            return UnknownValue(why)
        inner = self._inner(function, given)
        if isinstance(body, ast.Lambda):
            return self._lambda_of(body, inner)
        outer, self.returned = (self.returned, self.reading.name), []
        self._running.append(body)
        self._owners += [function.owner] if isinstance(function.owner, CodeObject) else []
        self.reading.name = function.file
        try:
            self.run(body.body, inner)
            return either(self.returned) if self.returned else NOTHING
        finally:
            self._running.pop()
            self._owners = self._owners[:-1] if isinstance(function.owner, CodeObject) else self._owners
            self.returned, self.reading.name = outer

    def _lambda_of(self, body: ast.Lambda, inner: NameScope) -> Value:
        self._running.append(body)
        try:
            return self.value(body.body, inner)
        finally:
            self._running.pop()

    def _inner(self, function: CodeFunction, given: CallArguments) -> NameScope:
        """Return the scope of a call: parameters with arguments, defaults, or what is not known."""
        scope, spec = NameScope(function.scope), function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        values: Sequence[Value] = given.positional
        if function.owner is not None and not _is(function, "staticmethod"):
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
            if one.node not in self._times and one.file in self.own:
                self._function(one, CallArguments(), one.node)
        for of in self.classes:
            methods = [each for each in of.scope.names.values() if isinstance(each, CodeFunction)]
            for method in methods:
                if method.node not in self._times:
                    owner = self._objects.get(of.node) or self._object(of, CallArguments(), of.node)
                    held = owner if isinstance(owner, CodeObject) else None
                    self._function(replace(method, owner=held), CallArguments(), of.node)


def _is(function: CodeFunction, name: str) -> bool:
    """Tell whether a decorator of *function* is the one of the *name*."""
    return any(isinstance(one, NamedValue) and one.path.rpartition(".")[2] == name for one in function.decorators)
