"""A slip is found by what it is: other names, line breaks and quotation marks break no mutant."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.blueprint.mutants import SLIPS as OF_BLUEPRINTS
from tests.change import mutants as change
from tests.compare.mutants import SLIPS
from tests.mutation import OutOfDateError, replaced
from tests.prove.mutants_evaluator import EVALUATOR, LANGUAGE
from tests.prove.mutants_packing import PACKING
from tests.prove.mutants_program import SOURCES, TAGS

import rolemgr

TOP = Path(rolemgr.__file__).parent
ROWS = [
    *((f"{'iam' if module in LANGUAGE else 'evaluate'}/{module}.py", old, new) for module, old, new, _ in EVALUATOR),
    *((path, old, new) for path, old, new, _ in (*SOURCES, *TAGS)),
    *(("render/packing.py", old, new) for old, new in PACKING.values()),
    *((f"compare/{slip.module}.py", slip.text, slip.other) for slip in SLIPS),
    *((f"blueprint/{slip.module}.py", slip.text, slip.other) for slip in OF_BLUEPRINTS),
    *((f"change/{slip.module}.py", slip.text, slip.other) for slip in change.SLIPS),
]
"""Every slip in the text of a module: where, which part, and what becomes of it."""
MODULE = '''
def decide(found, negated):
    """Say no where something is found."""
    if (
        found.denied  # first
        and not negated
    ):
        return combine(found.first, 'x', {"a": 1, "b": 2})
    found.seen.append(negated)
    return any(one for one in found)
'''


class Renamed(ast.NodeTransformer):
    """Rename every function, class, parameter and variable that the module itself binds."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Rename *node* and what is in it."""
        for field in ("id", "arg", "name"):
            if not isinstance(node, ast.alias | ast.keyword) and getattr(node, field, None) in self.names:
                setattr(node, field, f"{getattr(node, field)}_as_is")
        return super().generic_visit(node)


def bound(tree: ast.Module) -> Iterator[str]:
    """Yield the names that *tree* binds, but for those that it imports, and those that Python has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def renamed(text: str) -> str:
    """Return the module *text* with every name of its own another one."""
    tree = ast.parse(text)
    return ast.unparse(Renamed({name for name in bound(tree) if not hasattr(builtins, name)}).visit(tree)) + "\n"


@pytest.mark.sampled(76)
@pytest.mark.parametrize(("path", "old", "new"), ROWS, ids=lambda text: re.sub(r"\s+", " ", text)[:50])
def test_each_slip_goes_where_it_is_meant_to(path: str, old: str, new: str) -> None:
    """The module has the part, and is another one, which compiles, with the slip."""
    text = (TOP / path).read_text("utf-8")
    made = replaced(text, old, new)
    compile(made, path, "exec")
    assert ast.dump(ast.parse(made)) != ast.dump(ast.parse(text))


@pytest.mark.nightly
def test_a_rename_breaks_few_slips_and_moves_none() -> None:
    """With all names of all modules changed, nearly every slip is where it was, and no other is silently elsewhere."""
    assert len(ROWS) >= 100
    lost = []
    for path, old, new in ROWS:
        text = (TOP / path).read_text("utf-8")
        try:
            made = replaced(renamed(text), old, new)
        except OutOfDateError:
            lost.append((path, old))
            continue
        assert len(made.splitlines()) == len(renamed(replaced(text, old, new)).splitlines()), (path, old)
    assert len(lost) <= len(ROWS) // 5, lost


FOUND = {
    "an expression": ("found.denied and not negated", "found.denied", "if found.denied:"),
    "the test of an if": ("if found.denied and not negated:", "if False:", "if False:"),
    "a run of arguments": ('found.first, "x"', "found.first", "combine(found.first, {"),
    "no argument": ('"x",', "", "combine(found.first, {"),
    "an item": ('"b": 2', '"b": 3', "'b': 3"),
    "a statement": ("found.seen.append(negated)", "pass", "    pass\n"),
    "other names": ("what.denied and not no", "not no and what.denied", "if not negated and found.denied:"),
    "a name in brackets": ("any(x for x in y)", "all(x for x in y)", "all((one for one in found))"),
}


@pytest.mark.parametrize(("old", "new", "said"), FOUND.values(), ids=list(FOUND))
def test_a_part_is_found(old: str, new: str, said: str) -> None:
    """However it is laid out, and whatever its names."""
    assert said in replaced(MODULE, old, new)


@pytest.mark.parametrize("old", ["found.allowed(1)", "any(a for b in c)", "all(x for x in y)", '"c": 2', "'y', {}"])
def test_what_is_not_there_is_out_of_date(old: str) -> None:
    """Another structure, one name for two, a function of Python, and another constant are other parts."""
    with pytest.raises(OutOfDateError):
        replaced(MODULE, old, "1")


def test_what_several_parts_may_be_is_out_of_date() -> None:
    """Nobody guesses which of them is meant."""
    with pytest.raises(OutOfDateError, match="2 parts"):
        replaced("a = b.c\nd = e.f\n", "x = y.z", "x = 1")
