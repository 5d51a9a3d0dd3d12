"""
Under which conditions on its parameters a function of the SDK makes each of its calls; for `tools/sdk_calls.py`.

A condition is what the rows of the tables say (``none role``, ``not wait``, ``starts s3:// source``); what can't be
said that way is no condition: the call is then taken to be made. A parameter that is set to something else says
nothing from there on.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

_ENDS: Final = (ast.Return, ast.Raise)
UNKNOWN: Final = object()
"""The default of a parameter that has none, or one that is computed."""


class Literal(NamedTuple):
    """A *test* of the parameter *name* that *holds*, or does not; ``""`` tests whether it counts as true."""

    holds: bool
    test: str
    name: str

    def __str__(self) -> str:
        return " ".join(one for one in ("" if self.holds else "not", self.test, self.name) if one)

    @property
    def opposite(self) -> "Literal":
        """The literal that holds where this one does not."""
        return Literal(not self.holds, self.test, self.name)


Literals = frozenset[Literal]


class CallPlace(NamedTuple):
    """When a call is made, and which names are *changed* there: they are no longer the parameters."""

    when: Literals = frozenset()
    changed: frozenset[str] | None = None
    """None where nothing is known of the names."""

    def is_as_given(self, name: str) -> bool:
        """Tell whether *name* still has the value that it was given."""
        return self.changed is not None and name not in self.changed


def defaults_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, object]:
    """Return the parameters of a function with their defaults; UNKNOWN for none, and for what is computed."""
    spec = node.args
    named = [*spec.posonlyargs, *spec.args]
    found: dict[str, object] = {one.arg: UNKNOWN for one in (*named, *spec.kwonlyargs)}
    pairs = [*zip(named[len(named) - len(spec.defaults) :], spec.defaults, strict=True),
             *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]  # fmt: skip
    found |= {one.arg: value.value for one, value in pairs if isinstance(value, ast.Constant)}
    return found


def required_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the parameters of a function that have no default."""
    spec = node.args
    named = [*spec.posonlyargs, *spec.args]
    optional = {one.arg for one in named[len(named) - len(spec.defaults) :]}
    optional |= {one.arg for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value is not None}
    return frozenset({one.arg for one in (*named, *spec.kwonlyargs)} - optional)


def says(test: str, value: object) -> bool | None:
    """Tell what a *test* of a constant comes to; None where it is not known."""
    word, _, text = test.partition(" ")
    if word == "":
        return bool(value)
    if word == "none":
        return value is None
    if word == "str":
        return isinstance(value, str)
    if word == "starts":
        return isinstance(value, str) and value.startswith(text)
    return value == text if word == "is" else False


def places_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    class_of: Callable[[ast.expr], str],
    text_of: Callable[[ast.expr], object],
) -> dict[ast.Call, CallPlace]:  # fmt: skip
    """
    Return when each call in the body of a function is made.

    *class_of* gives the name of the SDK's class that an expression is, *text_of* the constant; "" and None for none.
    """
    return _Walk(node, class_of, text_of).found


class _Walk:
    """Goes through the body of a function in its order."""

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, class_of: Callable[[ast.expr], str],
        text_of: Callable[[ast.expr], object],
    ) -> None:  # fmt: skip
        self.found: dict[ast.Call, CallPlace] = {}
        self._class_of, self._text_of = class_of, text_of
        self._parameters = defaults_of(node).keys()
        self._stores = _stored(node)
        self._block(node.body, frozenset(), frozenset())

    def _block(self, body: Sequence[ast.stmt], when: Literals, changed: frozenset[str]) -> frozenset[str]:
        """Go through statements; return the names that are changed after them."""
        for one in body:
            if isinstance(one, ast.If):
                when, changed = self._if(one, when, changed)
                continue
            changed = self._statement(one, when, changed)
        return changed

    def _if(self, node: ast.If, when: Literals, changed: frozenset[str]) -> tuple[Literals, frozenset[str]]:
        self._expression(node.test, when, changed)
        yes, no = (self._literals(node.test, changed, holds=one) for one in (True, False))
        ends = [self._block(body, when | more, changed) for body, more in ((node.body, yes), (node.orelse, no))]
        if _is_over(node.body):
            return when | no, ends[1]
        return (when | yes, ends[0]) if _is_over(node.orelse) else (when, ends[0] | ends[1])

    def _statement(self, node: ast.stmt, when: Literals, changed: frozenset[str]) -> frozenset[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._block(node.body, when, changed | self._stores | _arguments_in(node))
            return changed | {node.name}
        after = changed | _stored(node)
        within = after if isinstance(node, ast.For | ast.AsyncFor | ast.While) else changed
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._expression(child, when, within)
            elif isinstance(child, ast.withitem):
                self._expression(child.context_expr, when, within)
        is_tried = False
        for name, value in ast.iter_fields(node):
            for body in _blocks(name, value):
                self._block(body, when, after if is_tried else within)
                is_tried = isinstance(node, ast.Try)  # what is behind it may come after a part of it
        return after

    def _expression(self, node: ast.AST, when: Literals, changed: frozenset[str]) -> None:
        if isinstance(node, ast.Call):
            self.found[node] = CallPlace(when, changed)
        if isinstance(node, ast.BoolOp):
            for one in node.values:
                self._expression(one, when, changed)
                when |= self._literals(one, changed, holds=isinstance(node.op, ast.And))
            return
        if isinstance(node, ast.IfExp):
            self._expression(node.test, when, changed)
            for one, holds in ((node.body, True), (node.orelse, False)):
                self._expression(one, when | self._literals(node.test, changed, holds=holds), changed)
            return
        inner = changed | _arguments_in(node) if isinstance(node, ast.Lambda) else changed
        inner |= _stored(node) if isinstance(node, ast.expr) else set()
        for child in ast.iter_child_nodes(node):
            self._expression(child, when, inner)

    def _literals(self, test: ast.expr, changed: frozenset[str], *, holds: bool) -> Literals:
        """Return what is known where *test* holds, or does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._literals(test.operand, changed, holds=not holds)
        if isinstance(test, ast.BoolOp):
            is_each = isinstance(test.op, ast.And) == holds
            return frozenset(one for part in test.values for one in self._literals(part, changed, holds=holds)) \
                if is_each else frozenset()  # fmt: skip
        return frozenset(one for one in self._literal(test, holds) if one.name not in changed)

    def _literal(self, test: ast.expr, holds: bool) -> Iterable[Literal]:
        if isinstance(test, ast.Name):
            return self._of(holds, "", test)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._compared(test.left, test.ops[0], test.comparators[0], holds)
        return self._asked(test, holds) if isinstance(test, ast.Call) and test.args else ()

    def _of(self, holds: bool, test: str, node: ast.expr) -> Iterable[Literal]:
        is_ours = isinstance(node, ast.Name) and node.id in self._parameters
        return [Literal(holds, test, node.id)] if isinstance(node, ast.Name) and is_ours else []

    def _compared(self, left: ast.expr, how: ast.cmpop, right: ast.expr, holds: bool) -> Iterable[Literal]:
        same = isinstance(how, ast.Is | ast.Eq)
        if not same and not isinstance(how, ast.IsNot | ast.NotEq):
            return ()
        if isinstance(right, ast.Constant) and right.value is None:
            return self._of(holds == same, "none", left)
        text = self._text_of(right)
        return self._of(holds == same, f"is {text}", left) if _is_word(text) else ()

    def _asked(self, call: ast.Call, holds: bool) -> Iterable[Literal]:
        func, first = call.func, call.args[0]
        if isinstance(func, ast.Name) and func.id == "isinstance" and len(call.args) == 2:
            kinds = call.args[1].elts if isinstance(call.args[1], ast.Tuple) else [call.args[1]]
            tests = [self._kind(one) for one in kinds]
            is_told = all(tests) and (len(tests) == 1 or not holds)
            return [one for test in tests for one in self._of(holds, test, first)] if is_told else ()
        if isinstance(func, ast.Attribute) and func.attr == "startswith" and _is_word(text := self._text_of(first)):
            return self._of(holds, f"starts {text}", func.value)
        return ()

    def _kind(self, node: ast.expr) -> str:
        is_text = isinstance(node, ast.Name) and node.id == "str"
        return "str" if is_text else self._class_of(node).rpartition(".")[2]


def _is_word(text: object) -> bool:
    return isinstance(text, str) and bool(text) and not any(one.isspace() for one in text)


def _is_over(body: Sequence[ast.stmt]) -> bool:
    """Tell whether what comes after *body* is not reached from it."""
    if not body:
        return False
    end = body[-1]
    both = isinstance(end, ast.If) and _is_over(end.body) and _is_over(end.orelse)
    return both or isinstance(end, _ENDS)


def _blocks(name: str, value: Any) -> Iterable[Sequence[ast.stmt]]:
    if name in ("body", "orelse", "finalbody") and isinstance(value, list):
        return [value]
    return [one.body for one in value] if name in ("handlers", "cases") else ()


def _stored(node: ast.AST) -> frozenset[str]:
    """Return the names that are set, or deleted, within *node*."""
    names = (one for one in ast.walk(node) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load))
    return frozenset(one.id for one in names)


def _arguments_in(node: ast.AST) -> frozenset[str]:
    return frozenset(one.arg for one in ast.walk(node) if isinstance(one, ast.arg))


Binding = tuple[str, object]
"""What a parameter of what is called is: ``("parameter", NAME)`` of the caller, or ``("constant", VALUE)``."""


def bound_by(call: ast.Call, node: ast.FunctionDef | ast.AsyncFunctionDef, skip: int, place: CallPlace,
             own: Mapping[str, object]) -> dict[str, Binding]:  # fmt: skip
    """
    Return what the parameters of the function *node* are where *call* calls it; those that are not known are left out.

    *skip* is 1 where ``self`` or ``cls`` is given by what it is called on; *own* are the parameters of the caller.
    """
    spec = node.args
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)][skip:]
    is_open = any(isinstance(one, ast.Starred) for one in call.args)
    given = {} if is_open else dict(zip(names, call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg}
    found: dict[str, Binding] = {}
    if not is_open and all(one.arg for one in call.keywords):
        found = {name: ("constant", value) for name, value in defaults_of(node).items() if value is not UNKNOWN}
    for name, value in given.items():
        found.pop(name, None)
        if isinstance(value, ast.Constant):
            found[name] = "constant", value.value
        elif isinstance(value, ast.Name) and value.id in own and place.is_as_given(value.id):
            found[name] = "parameter", value.id
    return found


def translated(when: Literals, bindings: Mapping[str, Binding]) -> Literals | None:
    """Return *when*, of what is called, in terms of who calls it; None where it never holds."""
    found: set[Literal] = set()
    for one in when:
        kind, value = bindings.get(one.name, ("", None))
        if kind == "parameter":
            found.add(one._replace(name=str(value)))
        elif kind == "constant" and (said := says(one.test, value)) is not None and said != one.holds:
            return None
    return None if any(one.opposite in found for one in found) else frozenset(found)
