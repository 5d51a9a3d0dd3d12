"""
What methods of the SDK give, and what its attributes are, as far as their source tells; for `tools/sdk_calls.py`.

A kind is ``plain`` for what calls nothing of AWS (text, numbers, answers of boto3), the name of a class, ``self``,
``client SERVICE``, ``boto`` for a session of boto3, ``argument NAME``, or ``list KIND``; "" where it is not known.
"""

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

PRIMITIVE = re.compile(
    r"(?:Optional\[|Union\[|List\[|list\[|Dict\[|dict\[|Tuple\[|tuple\[|Set\[|Iterator\[|[\s,|\]]|Any\b(?=\])"
    r"|\b(?:str|int|float|bool|bytes|dict|Dict|None|NoneType|StrPipeVar|pd\.DataFrame|DataFrame|datetime|Path|np\.ndarray)\b)+"
)
LIBRARIES = frozenset({
    "re", "os", "json", "logging", "logger", "np", "pd", "time", "datetime", "shutil", "path", "subprocess", "copy",
    "uuid", "hashlib", "base64", "urllib", "parse", "io", "math", "random", "string", "platform", "sys", "tempfile",
})  # fmt: skip
SAME = frozenset({"list", "tuple", "sorted", "set", "min", "max", "next", "iter"})
BUILT_IN = frozenset(dir(builtins)) - SAME - {"getattr", "super", "type", "map", "filter", "zip", "vars", "object"}
MOST_DEPTH = 12


class Body(NamedTuple):
    """A function or method: its module, class (or ""), name and node."""

    module: str
    owner: str
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef


class Place(NamedTuple):
    """Where an expression stands: in *body*, as a method of the class *of*, with the *names* that are set there."""

    body: Body
    of: str
    names: Mapping[str, list[ast.expr]]


class Gives:
    """Tells what functions of the *source* give."""

    def __init__(
        self, source: Any, candidates: Callable[[ast.Call, Body, str], Iterable[tuple[Body, str]]],
        operations: Callable[[ast.Call, Body], tuple[str, ...]],
    ) -> None:  # fmt: skip
        self._source, self._candidates, self._operations = source, candidates, operations
        self._known: dict[tuple[str, str, str, str], str] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._running: list[tuple[str, str, str, str]] = []

    def of(self, body: Body, of: str) -> str:
        """Return what *body*, as a method of the class *of*, gives."""
        key = body.module, body.owner, body.name, of
        if key in self._known:
            return self._known[key]
        if key in self._running or len(self._running) > MOST_DEPTH:
            return ""
        self._running.append(key)
        found = self._annotated(body.node.returns, body.module) or self._returned(body, of)
        self._running.pop()
        if not self._running:  # within others it may have been cut
            self._known[key] = found
        return found

    def _annotated(self, node: ast.expr | None, module: str) -> str:
        text = ast.unparse(node).replace("'", "").replace('"', "") if node else ""
        if found := re.fullmatch(r"(?:Optional\[)?(?:ResourceIterator|List|list|Iterator)\[(\w+)\]\]?", text):
            return f"list {listed}" if (listed := self._class(module, found[1])) else self._annotated_plain(text)
        found = re.fullmatch(r"(?:Optional\[)?([A-Z]\w+)\]?(?: \| None)?", text)
        return (self._class(module, found[1]) if found else "") or self._annotated_plain(text)

    def _class(self, module: str, node: ast.expr | str) -> str:
        return str(self._source.class_of(module, node))

    def _annotated_plain(self, text: str) -> str:
        return "plain" if text and PRIMITIVE.fullmatch(text) else ""

    def _returned(self, body: Body, of: str) -> str:
        place = Place(body, of, dict(_names_in(body.node)))
        kinds: dict[str, None] = {}
        for one in _own(body.node):
            if isinstance(one, ast.Yield | ast.YieldFrom):
                return ""
            if isinstance(one, ast.Return) and one.value is not None:
                kinds[self.kind(one.value, place)] = None
        return (_joined(kinds) if kinds else "plain").replace("none", "plain")

    def kind(self, node: ast.expr, place: Place, depth: int = 0) -> str:
        """Return what *node* is."""
        if depth > MOST_DEPTH:
            return ""
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if isinstance(node, ast.Constant) and node.value is None:
            return "none"
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.Compare | ast.UnaryOp):
            return "plain"
        found: str = handler(node, place, depth + 1) if handler else ""
        return found

    def _binop(self, node: ast.BinOp, place: Place, depth: int) -> str:
        kinds = [self.kind(one, place, depth) for one in (node.left, node.right)]
        return "plain" if "plain" in kinds else _joined(dict.fromkeys(kinds))

    def _boolop(self, node: ast.BoolOp, place: Place, depth: int) -> str:
        return _joined(dict.fromkeys(self.kind(one, place, depth) for one in node.values))

    def _ifexp(self, node: ast.IfExp, place: Place, depth: int) -> str:
        return _joined(dict.fromkeys(self.kind(one, place, depth) for one in (node.body, node.orelse)))

    def _dict(self, node: ast.Dict, place: Place, depth: int) -> str:
        kinds = {self.kind(one, place, depth) for one in node.values}
        return "plain" if node.values and kinds <= {"plain", "none"} else ""  # what gets into an empty one is not known

    def _list(self, node: Any, place: Place, depth: int) -> str:
        found = _joined(dict.fromkeys(self.kind(one, place, depth) for one in node.elts)) if node.elts else ""
        return found if found in ("plain", "none", "") else f"list {found}"

    _tuple = _set = _list

    def _listcomp(self, node: ast.ListComp, place: Place, depth: int) -> str:
        names = {**place.names, **{_text(one.target): [one.iter] for one in node.generators}}
        found = self.kind(node.elt, place._replace(names=names), depth)
        return found if found in ("plain", "none", "") else f"list {found}"

    def _subscript(self, node: ast.Subscript, place: Place, depth: int) -> str:
        found = self.kind(node.value, place, depth)
        return found if found == "plain" else found.removeprefix("list ") if found.startswith("list ") else ""

    def _name(self, node: ast.Name, place: Place, depth: int) -> str:
        if node.id == "self":
            return "self" if place.of else ""
        if node.id in place.names:
            return _joined(dict.fromkeys(self.kind(one, place, depth) for one in place.names[node.id]))
        args = place.body.node.args
        for one in (*args.posonlyargs, *args.args, *args.kwonlyargs):
            if one.arg == node.id:
                if one.arg in ("sagemaker_session", "session", "sess"):
                    return "Session"
                return self._annotated(one.annotation, place.body.module) or f"argument {one.arg}"
        return ""

    def _attribute(self, node: ast.Attribute, place: Place, depth: int) -> str:
        owner = self.kind(node.value, place, depth)
        if owner == "none":
            return ""
        if owner == "self" and place.of:
            return self.attributes(place.of).get(node.attr, "") if len(self._running) <= MOST_DEPTH else ""
        if owner == "plain":
            return "plain"
        if owner in self._source.classes:
            return self.attributes(owner).get(node.attr, "")
        return ""

    def _call(self, node: ast.Call, place: Place, depth: int) -> str:
        func = node.func
        if self._operations(node, place.body):
            return "plain"
        if made := self._class(place.body.module, func):
            return made
        direct = self._of_name(node, _text(func), place, depth) if isinstance(func, ast.Name) else ""
        direct = self._of_attribute(node, func, place, depth) if isinstance(func, ast.Attribute) else direct
        if direct:
            return direct
        found = [*self._candidates(node, place.body, place.of)]
        kinds = {self._for(self.of(one, of), of, place.of): None for one, of in found}
        return _joined(kinds) if kinds else ""

    def _of_name(self, node: ast.Call, name: str, place: Place, depth: int) -> str:
        if name == "cls":
            return "self"
        if name in SAME and node.args:
            return self.kind(node.args[0], place, depth)
        return "plain" if name in BUILT_IN else ""

    def _of_attribute(self, node: ast.Call, func: ast.Attribute, place: Place, depth: int) -> str:
        if func.attr == "client" and node.args and isinstance(node.args[0], ast.Constant):
            return f"client {ast.literal_eval(node.args[0])}"
        if ast.unparse(func) in ("boto3.Session", "boto3.session.Session", "boto3.DEFAULT_SESSION"):
            return "boto"
        if func.attr == "__class__":
            return "self"
        is_library = isinstance(func.value, ast.Name) and func.value.id in LIBRARIES
        return "plain" if is_library or self.kind(func.value, place, depth) == "plain" else ""

    def _for(self, kind: str, of: str, here: str) -> str:
        """Return the *kind* that a method of the class *of* gives as one for a method of *here*."""
        if kind.startswith("argument"):
            return ""
        return of if kind == "self" and of != here and of else kind

    def attributes(self, name: str) -> dict[str, str]:
        """Return the attributes of the class *name*, which its methods and those of its bases set, with their kinds."""
        if name in self._attributes:
            return self._attributes[name]
        self._attributes[name] = {}  # of a cycle
        kinds: dict[str, dict[str, None]] = {}
        for one in self._source.lineage(name):
            for body in self._source.methods.get(one, {}).values():
                place = Place(body, name, dict(_names_in(body.node)))
                for attribute, value in _set_on_self(body.node):
                    kinds.setdefault(attribute, {})[self.kind(value, place)] = None
        found = {attribute: _joined(each) for attribute, each in kinds.items()}
        self._attributes[name] = {key: kind for key, kind in found.items() if kind not in ("", "self", "none")}
        return self._attributes[name]


def _joined(kinds: Iterable[str]) -> str:
    """Return the one kind that *kinds* are beside what is plain; "" for several, or where one is not known."""
    found = list(dict.fromkeys(kinds))
    if "" in found:
        return ""
    rest = [one for one in found if one not in ("plain", "none")]
    if len(rest) > 1:
        return ""
    return rest[0] if rest else "plain" if "plain" in found else "none"


def _text(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is within a function, but not within functions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)


def _names_in(node: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield the names that a function sets, each with all that it is set to."""
    found: dict[str, list[ast.expr]] = {}
    for one in _own(node):
        for target in one.targets if isinstance(one, ast.Assign) else ():
            is_one = isinstance(target, ast.Name)
            for part in [target] if is_one else target.elts if isinstance(target, ast.Tuple) else ():
                value = one.value if is_one and isinstance(one, ast.Assign) else ast.Name("", ast.Load())
                found.setdefault(_text(part), []).append(value)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value is not None:
            found.setdefault(one.target.id, []).append(one.value)
        elif isinstance(one, ast.For):
            found.setdefault(_text(one.target), []).append(ast.Subscript(one.iter, ast.Constant(0), ast.Load()))
        elif isinstance(one, ast.With):
            for item in one.items:
                if item.optional_vars is not None:
                    found.setdefault(_text(item.optional_vars), []).append(ast.Constant(""))
    yield from ((name, values) for name, values in found.items() if name)


def _set_on_self(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for one in _own(node):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                if isinstance(target, ast.Attribute) and _text(target.value) == "self":
                    yield target.attr, one.value
