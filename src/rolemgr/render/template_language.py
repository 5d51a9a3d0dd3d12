"""
What a user's template may be made of: text, values, loops, choices and a few filters, and nothing that calls.

A template comes from whoever may change a repository, so it is read like any other input. Only nodes on the list
below are compiled: no call, no attribute of Python, no macro, no other file. What a template may cost is written into
it here: each loop, text and comparison passes through a filter that counts (`rolemgr.render.user_template`).
"""

from difflib import get_close_matches
from typing import Any, Final, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from rolemgr.errors import InputError, SourceLocation

FILTERS: Final = {
    "default": (1, 1), "first": (0, 0), "indent": (1, 1), "items": (0, 0), "join": (0, 1), "json": (0, 1),
    "last": (0, 0), "length": (0, 0), "lower": (0, 0), "replace": (2, 2), "sort": (0, 0), "upper": (0, 0),
}  # fmt: skip
"""The filters, and how many arguments each takes at least and at most."""
TESTS: Final = ("defined", "none", "undefined")
EACH, TEXT, WEIGHED = "(each)", "(text)", "(weighed)"
"""Filters that only this module puts into a template: their names can't be written in one."""

_TAKEN: Final = (
    nodes.And, nodes.Assign, nodes.Compare, nodes.Concat, nodes.CondExpr, nodes.Const, nodes.Filter, nodes.For,
    nodes.Getattr, nodes.Getitem, nodes.If, nodes.List, nodes.Name, nodes.Not, nodes.Operand, nodes.Or, nodes.Output,
    nodes.Template, nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
_PARTS: Final = "there are for, if, set, comparisons, ~ for texts, and filters"
_ONE_FILE: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_CHARACTERS_A_STEP: Final = 16


def steps_of(length: int) -> int:
    """Return the steps that a text of *length* characters costs."""
    return 1 + length // _CHARACTERS_A_STEP


def prepared(template: nodes.Template, name: str) -> nodes.Template:
    """Return *template* with what counts its work in it; raise InputError, with the line, for what it may not have."""
    for node in _all(template):
        _require_taken(node, name)
    counted: nodes.Template = _Counting().visit(template)
    return counted


def _all(template: nodes.Node) -> list[nodes.Node]:
    """Return every node, however deep, without recursion."""
    found = [template]
    for node in found:
        found.extend(node.iter_child_nodes())
    return found


def _require_taken(node: nodes.Node, name: str) -> None:
    where = SourceLocation(name, node.lineno)
    if isinstance(node, _ONE_FILE):
        raise InputError(where, "a template is one file, and reads no other")
    if isinstance(node, nodes.Call):
        raise InputError(where, "a template calls nothing", f"use a filter: {', '.join(FILTERS)}")
    if type(node) not in _TAKEN:
        raise InputError(where, f"`{_called(node)}` is not part of templates here", _PARTS)
    if isinstance(node, nodes.Filter):
        _require_filter(node, where)
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise InputError(where, f"unknown test `{node.name}`", f"use one of {', '.join(TESTS)}")
    if isinstance(node, nodes.For) and node.recursive:
        raise InputError(where, "a loop is not recursive here")
    if isinstance(node, nodes.List | nodes.Tuple) and not _is_plain(node):
        raise InputError(where, "a list in a template holds constants only")


def _called(node: nodes.Node) -> str:
    return {"Mul": "*", "Add": "+", "Sub": "-", "Pow": "**", "Mod": "%", "Div": "/", "FloorDiv": "//"}.get(
        type(node).__name__, type(node).__name__.lower()
    )


def _is_plain(node: nodes.List | nodes.Tuple) -> bool:
    """Tell whether *node* is the target of a loop or an assignment, or holds constants: others grow out of hand."""
    return getattr(node, "ctx", "load") == "store" or all(isinstance(one, nodes.Const) for one in node.items)


def _require_filter(node: nodes.Filter, where: SourceLocation) -> None:
    if node.name not in FILTERS or node.node is None:
        near = get_close_matches(node.name, FILTERS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FILTERS)}"
        raise InputError(where, f"unknown filter `{node.name}`", hint)
    least, most = FILTERS[node.name]
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not least <= len(node.args) <= most:
        count = f"{least}" if least == most else f"{least} or {most}"
        raise InputError(where, f"filter `{node.name}` takes {count} argument{'s' if most != 1 else ''}, without names")


class _Counting(NodeTransformer):
    """Put the counting filters into a template."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - jinja's name
        """Count each turn of a loop as what stands in it."""
        weight = sum(_weight(one) for one in _all(node))
        self.generic_visit(node)
        node.iter = _filtered(node.iter, EACH, nodes.Const(weight, lineno=node.lineno))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Concat:  # noqa: N802 - as above
        """Take only texts, and count them before they are put together."""
        self.generic_visit(node)
        node.nodes = [_filtered(one, TEXT) for one in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802 - as above
        """Count what is compared, which may be long."""
        self.generic_visit(node)
        node.expr = _filtered(node.expr, WEIGHED)
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, WEIGHED)
        return node


def _weight(node: nodes.Node) -> int:
    data: Any = getattr(node, "data", "")
    return steps_of(len(data)) if isinstance(node, nodes.TemplateData) else 1


def _filtered(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(cast("nodes.Expr", node), name, list(arguments), [], None, None, lineno=node.lineno)
