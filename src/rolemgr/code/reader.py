"""
Reads the code of a file: statements in their order, both branches of each `if`, each loop once, functions where called.

Functions and methods that nobody calls are read at the end, with arguments that are not known. Nothing is run.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rolemgr.code.calling import Calling
from rolemgr.code.modules import CodeFolder, NoFolder
from rolemgr.code.reading import CodeCall, Reading
from rolemgr.code.sources import CodeFile, UntoldCode
from rolemgr.code.values import (
    NOTHING,
    CodeClass,
    CodeFunction,
    ListValue,
    NameScope,
    TextValue,
    UnknownValue,
    Value,
    either,
)
from rolemgr.compare.errors import TooComplex

_NOTHING: Final = NoFolder()


class CodeReading:
    """What the code of a file calls of AWS, and what of it can't be told."""

    def __init__(self, calls: Sequence[CodeCall], untold: Sequence[UntoldCode]) -> None:
        self.calls, self.untold = tuple(calls), tuple(untold)


def read_calls(
    file: CodeFile, modules: frozenset[str] = frozenset(), folder: CodeFolder = _NOTHING, roots: Sequence[str] = ()
) -> CodeReading:
    """
    Return what *file* calls of AWS; what takes too long to read is said with where the reading stopped.

    What it imports is read where *folder* has it, beside the file or in one of *roots*. *modules* are those that are
    read for themselves.
    """
    reading = Reading(file.name)
    reading.untold |= dict.fromkeys(file.untold)
    reader = _Reader(reading)
    reader.given, reader.folder = modules, folder
    reader.roots += [one for one in roots if one not in reader.roots]
    reader.own = frozenset({file.name, *(tree.name for tree in file.trees)})
    scope = reader.top
    scope.names["__name__"] = TextValue("__main__")
    at: ast.AST = ast.Module([], [])
    try:
        for tree in file.trees:
            reading.name = tree.name
            for at in tree.statements:
                reader.run([at], scope)
        reading.name = file.name
        reader.run_the_rest()
    except TooComplex as error:
        reading.cannot_tell(at, "the rest of the file", str(error))
    return CodeReading(each_once(reading.calls), tuple(reading.untold))


def each_once(calls: Iterable[CodeCall]) -> list[CodeCall]:
    """Return *calls*, those that one place makes several times, with the same arguments, once."""
    found: dict[tuple[object, ...], CodeCall] = {}
    for one in calls:
        found.setdefault((one.where, one.name, one.operations, one.by, _arguments_text(one)), one)
    return list(found.values())


def _arguments_text(call: CodeCall) -> tuple[str, ...]:
    return tuple(
        f"{name}={value.pattern if isinstance(value, TextValue) else type(value).__name__}"
        for name, value in sorted(call.arguments.items(), key=lambda one: one[0])
    )


def _is_of_a_script(test: ast.expr, scope: NameScope) -> bool:
    """Tell whether *test* is ``__name__ == "__main__"`` in a module that is imported: that does not hold."""
    if not (isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"):
        return False
    name, other = scope.top.names.get("__name__"), test.comparators[0]
    is_main = not isinstance(name, TextValue) or name.pattern == "__main__"
    return not is_main and isinstance(other, ast.Constant) and other.value == "__main__" and _is_equal(test.ops)


def _is_equal(operators: Sequence[ast.cmpop]) -> bool:
    return len(operators) == 1 and isinstance(operators[0], ast.Eq)


class _Reader(Calling):
    """Reads statements."""

    def run(self, statements: Iterable[ast.stmt], scope: NameScope) -> None:
        """Read *statements* in *scope*."""
        for one in statements:
            self.reading.budget.spend(1)
            handler = _STATEMENTS.get(type(one).__name__)
            if handler:
                handler(self, one, scope)
            else:
                self._read_within(one, scope)

    def _read_within(self, node: ast.AST, scope: NameScope) -> None:
        """Read the expressions of a statement that sets nothing."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope)

    def _assign(self, node: ast.Assign, scope: NameScope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: NameScope) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, scope), scope)

    def _augmented(self, node: ast.AugAssign, scope: NameScope) -> None:
        if isinstance(node.target, ast.Name):
            made = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
            self.assign(node.target, self.value(ast.copy_location(made, node), scope), scope)
        else:
            self._read_within(node, scope)

    def _if(self, node: ast.If, scope: NameScope) -> None:
        self.value(node.test, scope)
        self._branches([[] if _is_of_a_script(node.test, scope) else node.body, node.orelse], scope)

    def _branches(self, branches: Sequence[Sequence[ast.stmt]], scope: NameScope) -> None:
        """Read each of *branches* from the same start; a name that several set may have any of their values."""
        before, ends = dict(scope.names), []
        for one in branches:
            scope.names = dict(before)
            self.run(one, scope)
            ends.append(scope.names)
        names = dict.fromkeys(name for end in ends for name in end)
        scope.names = {name: either(end[name] for end in ends if name in end) for name in names}

    def _for(self, node: ast.For | ast.AsyncFor, scope: NameScope) -> None:
        self.assign(node.target, self.element(self.value(node.iter, scope), node), scope)
        self._branches([[], [*node.body, *node.orelse]], scope)

    def _while(self, node: ast.While, scope: NameScope) -> None:
        self.value(node.test, scope)
        self._branches([[], [*node.body, *node.orelse]], scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: NameScope) -> None:
        for one in node.items:
            value = self.entered(self.value(one.context_expr, scope), node)
            if one.optional_vars is not None:
                self.assign(one.optional_vars, value, scope)
        self.run(node.body, scope)

    def _try(self, node: ast.Try, scope: NameScope) -> None:
        self.run(node.body, scope)
        handlers = [one.body for one in node.handlers]
        self._branches([node.orelse, *handlers], scope)
        self.run(node.finalbody, scope)

    def _match(self, node: ast.Match, scope: NameScope) -> None:
        self.value(node.subject, scope)
        self._branches([[], *(one.body for one in node.cases)], scope)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: NameScope) -> None:
        for one in (*node.args.defaults, *node.args.kw_defaults):
            self.value(one, scope)
        decorators = tuple(self.value(one, scope) for one in node.decorator_list)
        made = CodeFunction(node, scope, self.reading.name, None, decorators)
        self.known.append(made)
        scope.names[node.name] = made

    def _define_class(self, node: ast.ClassDef, scope: NameScope) -> None:
        made = CodeClass(node, NameScope(scope), tuple(self.value(one, scope) for one in node.bases))
        self.run([one for one in node.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)], made.scope)
        for one in node.body:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                decorators = tuple(self.value(each, scope) for each in one.decorator_list)
                made.scope.names[one.name] = CodeFunction(one, scope, self.reading.name, None, decorators)
        if self.reading.name in self.own:
            self.classes.append(made)
        scope.names[node.name] = made

    def _return(self, node: ast.Return, scope: NameScope) -> None:
        self.returned.append(self.value(node.value, scope))

    def _delete(self, node: ast.Delete, scope: NameScope) -> None:
        return None

    def _global(self, node: ast.Global, scope: NameScope) -> None:
        scope.elsewhere |= dict.fromkeys(node.names, scope.top)

    def _nonlocal(self, node: ast.Nonlocal, scope: NameScope) -> None:
        for name in node.names:
            outer = scope.outer
            while outer is not None and name not in outer.names:
                outer = outer.outer
            scope.elsewhere[name] = outer or scope.top

    def assign(self, target: ast.expr, value: Value, scope: NameScope) -> None:
        """Bind *target*, a name, an attribute, a part, or several of them, to *value*."""
        if isinstance(target, ast.Name):
            if (outer := scope.elsewhere.get(target.id)) is not None:  # when the function is called, is not known
                before = outer.names.get(target.id)
                outer.names[target.id] = value if before in (None, NOTHING) else either([before, value])
            else:
                scope.names[target.id] = value
        elif isinstance(target, ast.Starred):
            self.assign(target.value, ListValue([value], open=True), scope)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.value(target.value, scope), target.attr, value)
        elif isinstance(target, ast.Subscript):
            self.set_part(self.value(target.value, scope), self.value(target.slice, scope), value)

    def _unpack(self, targets: Sequence[ast.expr], value: Value, scope: NameScope) -> None:
        whole = isinstance(value, ListValue) and not value.open and len(value.items) == len(targets)
        for number, one in enumerate(targets):
            if isinstance(value, ListValue) and whole:
                self.assign(one, value.items[number], scope)
            else:
                is_unknown = isinstance(value, UnknownValue)
                self.assign(one, value if is_unknown else self.element(value, one), scope)


_STATEMENTS: Final[Mapping[str, Callable[[_Reader, Any, NameScope], None]]] = {
    "Assign": _Reader._assign,
    "AnnAssign": _Reader._annotated,
    "AugAssign": _Reader._augmented,
    "If": _Reader._if,
    "For": _Reader._for,
    "AsyncFor": _Reader._for,
    "While": _Reader._while,
    "With": _Reader._with,
    "AsyncWith": _Reader._with,
    "Try": _Reader._try,
    "TryStar": _Reader._try,
    "Match": _Reader._match,
    "FunctionDef": _Reader._define,
    "AsyncFunctionDef": _Reader._define,
    "ClassDef": _Reader._define_class,
    "Import": _Reader.bring_in,
    "ImportFrom": _Reader.bring_in_from,
    "Return": _Reader._return,
    "Global": _Reader._global,
    "Nonlocal": _Reader._nonlocal,
    "Delete": _Reader._delete,
}
