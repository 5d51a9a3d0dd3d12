"""
Where a slip goes: a part of a module's syntax tree, found by what it is and not by how it is written.

Line breaks, parentheses, quotation marks and comments do not count. A part that nobody has by its names is looked
for by its shape: names may be others, as long as each stands for one (`negated` for `is_negated` everywhere). So a
rename breaks no mutant; where the shape is gone, or several parts have it, the mutant is out of date and says so.
"""

import ast
import builtins
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Names: TypeAlias = dict[str, str]
"""What each name of the pattern is called in the module."""


class OutOfDateError(ValueError):
    """The part is not in the module, or nobody can tell which part is meant."""


@dataclass(frozen=True)
class Pattern:
    """
    A part of a module: an expression, a run of arguments or elements (``a, b``), statements, the test of an ``if``, or
    the items of a dictionary.

    *nodes* are its nodes; *kind* says which of these they are.
    """

    kind: str
    nodes: list[ast.AST]


_READ_AS = (
    ("expression", "({})", lambda tree: [tree.body[0].value]),
    ("statements", "{}", lambda tree: tree.body),
    ("test", "{} pass", lambda tree: [tree.body[0].test]),
    ("items", "{{{}}}", lambda tree: [*tree.body[0].value.keys, *tree.body[0].value.values]),
)  # fmt: skip
"""How a text may be read: what comes around it, and where its nodes are then."""


def pattern(text: str) -> Pattern:
    """Return *text* as a pattern; raise ValueError where it is no whole part of a module."""
    for kind, around, nodes in _READ_AS:
        try:
            found = nodes(ast.parse(around.format(_dedented(text))))
            if kind == "expression" and isinstance(found[0], ast.Tuple) and not text.startswith("("):
                return Pattern("run", list(found[0].elts))
            return Pattern(kind, found)
        except (SyntaxError, AttributeError, IndexError):
            continue
    raise ValueError(f"`{text}` is no expression, statement, `if ...:` or item of a dictionary")


def _dedented(text: str) -> str:
    """Return *text* without the indentation of its first line."""
    margin = len(text) - len(text.lstrip(" "))
    return "\n".join(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in text.strip("\n").split("\n"))


def replaced(text: str, old: str, new: str) -> str:
    """
    Return the module *text* with the part *old* made *new*, wherever it stands.

    Raises OutOfDateError where *text* has no such part, or several that have its shape under other names.
    """
    tree, wanted = ast.parse(text), _wanted(old, new)
    found = list(_places(tree, wanted, renamed=False)) or list(_places(tree, wanted, renamed=True))
    if not found:
        raise OutOfDateError(f"the mutant is out of date: the module has no `{old}`")
    if len({tuple(sorted(place.names.items())) for place in found}) > 1:
        raise OutOfDateError(f"the mutant is out of date: {len(found)} parts may be `{old}`")
    for place in found:
        place.put(_like(new, wanted.kind))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _wanted(old: str, new: str) -> Pattern:
    """Return *old* as a pattern: an expression that a statement takes the place of is a statement."""
    found = pattern(old)
    if found.kind == "expression" and new and pattern(new).kind == "statements":
        return Pattern("statements", list(ast.parse(_dedented(old)).body))
    return found


def _like(new: str, kind: str) -> list[ast.AST]:
    """Return the nodes of *new*, which takes the place of a part of *kind*."""
    if kind == "statements":
        return list(ast.parse(_dedented(new)).body)
    return pattern(new).nodes if new else []


@dataclass
class Place:
    """Where a part stands: in the *field* of *parent*, from *start* to *end* where that is a list."""

    parent: ast.AST
    field: str
    names: Names
    start: int | None = None
    end: int = 0
    items: bool = False

    def put(self, nodes: list[ast.AST]) -> None:
        """Put *nodes* there, under the names that the module has."""
        made = [_Renaming(self.names).visit(copy.deepcopy(one)) for one in nodes]
        if self.items:
            dictionary: Any = self.parent
            half, count = len(made) // 2, self.end - (self.start or 0)
            assert half == count, "as many items as before"
            dictionary.keys[self.start : self.end], dictionary.values[self.start : self.end] = made[:half], made[half:]
        elif self.start is None:
            setattr(self.parent, self.field, made[0])
        else:
            getattr(self.parent, self.field)[self.start : self.end] = made or self._nothing()

    def _nothing(self) -> list[ast.AST]:
        """Return what stands for no statement; of arguments and elements there may be none."""
        whole = self.end - (self.start or 0) == len(getattr(self.parent, self.field))
        return [ast.Pass()] if self.field in _BODIES and whole else []


_BODIES = ("body", "orelse", "finalbody")


def _places(tree: ast.AST, wanted: Pattern, *, renamed: bool) -> Iterator[Place]:
    """Yield where *wanted* stands in *tree*, under its own names or under any."""
    for parent in ast.walk(tree):
        if wanted.kind == "items":
            yield from _in_dictionary(parent, wanted, renamed)
            continue
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                if wanted.kind in ("expression", "run") or name in _BODIES:
                    yield from _in_list(parent, name, value, wanted, renamed)
            elif wanted.kind == "expression" or (wanted.kind == "test" and name == "test"):
                names = _Match(renamed).of(wanted.nodes[0], value)
                if names is not None:
                    yield Place(parent, name, names)


def _in_list(parent: ast.AST, name: str, values: list[Any], wanted: Pattern, renamed: bool) -> Iterator[Place]:
    size = len(wanted.nodes)
    for start in range(len(values) - size + 1) if wanted.kind != "test" else ():
        names = _Match(renamed).of(wanted.nodes, values[start : start + size])
        if names is not None:
            yield Place(parent, name, names, start, start + size)


def _in_dictionary(parent: ast.AST, wanted: Pattern, renamed: bool) -> Iterator[Place]:
    if not isinstance(parent, ast.Dict):
        return
    size = len(wanted.nodes) // 2
    for start in range(len(parent.keys) - size + 1):
        part = [*parent.keys[start : start + size], *parent.values[start : start + size]]
        names = _Match(renamed).of(wanted.nodes, part)
        if names is not None:
            yield Place(parent, "keys", names, start, start + size, items=True)


@dataclass
class _Match:
    """One comparison of a pattern with a part; *renamed* says that names may be others."""

    renamed: bool
    names: Names = field(default_factory=dict)

    def of(self, wanted: Any, found: Any) -> Names | None:
        """Return what the names of *wanted* are in *found*, None where that is something else."""
        return self.names if self._same(wanted, found) else None

    def _same(self, wanted: Any, found: Any) -> bool:
        if isinstance(wanted, list) and isinstance(found, list):
            return len(wanted) == len(found) and all(map(self._same, wanted, found))
        if isinstance(wanted, ast.expr_context):
            return True  # the same name, read or set
        if not isinstance(wanted, ast.AST):
            return type(wanted) is type(found) and bool(wanted == found)
        return type(wanted) is type(found) and all(
            self._named(one, getattr(found, name)) if name in _NAMED else self._same(one, getattr(found, name))
            for name, one in ast.iter_fields(wanted)
            if name not in ("type_comment", "kind")
        )

    def _named(self, wanted: Any, found: Any) -> bool:
        """Tell whether the name *found* may be what *wanted* is called in the module."""
        if not (isinstance(wanted, str) and isinstance(found, str)):
            return bool(wanted == found)
        if wanted != found and (not self.renamed or hasattr(builtins, wanted) or hasattr(builtins, found)):
            return False
        taken = {one for name, one in self.names.items() if name != wanted}
        return self.names.setdefault(wanted, found) == found and found not in taken


_NAMED = ("id", "attr", "arg", "name")
"""The fields of nodes that hold a name."""


class _Renaming(ast.NodeTransformer):
    """Give what is put in the names of the module."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Rename *node* and what is in it."""
        for name in _NAMED:
            if isinstance(text := getattr(node, name, None), str):
                setattr(node, name, self._names.get(text, text))
        return super().generic_visit(node)
