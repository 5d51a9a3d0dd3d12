"""
Begin a rule of `rolemgr check`: `python tools/new_rule.py RM299 name-in-words`.

Written are the function, at the end of the module that has the rules of its hundred (`check/rules/rm2xx.py`), its two
examples, and a test with room for the edges. The tests then fail, and say what is missing, until the rule is there.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
TODO = "TODO"
"""What stands where something is to be written; no rule may have it (`tests/check/test_rules.py`)."""

FUNCTION = '''

@statement_rule(
    "{id}", "{name}", Severity.WARNING, "TODO: what is wrong, in a line",
    IAM + "TODO.html",
)  # fmt: skip
def {function}(statement: Statement) -> Iterator[Hit]:
    """TODO: why that is wrong, and what to write instead."""
    for action in statement.actions:
        if action == "TODO":
            yield Hit(f"TODO `{{action}}`", statement.at("Action", action), action)
'''

EXAMPLE = """{id}:
  failing:
    Version: "2012-10-17"
    Statement: [{{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/TODO"}}]
  passing:
    Version: "2012-10-17"
    Statement: [{{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/TODO"}}]
"""

TEST = '''"""{id}, {name}: the edges that its two examples do not show."""

from typing import Any

import pytest
from tests.check.support import policy, rules

FOUND: dict[str, dict[str, Any]] = {{}}
"""Statements that the rule finds, by what is special of each: a wildcard, another case, NotAction, a variable ..."""
SPARED: dict[str, dict[str, Any]] = {{}}
"""Statements that look like it and are right, or of which nobody can tell."""


def test_the_edges_are_shown() -> None:
    """A rule that nobody tried to mislead is wrong somewhere."""
    assert len(FOUND) >= 2, "write two statements or more that the rule finds, into FOUND"
    assert len(SPARED) >= 2, "write two or more that look like them and are right, into SPARED"


@pytest.mark.parametrize("statement", FOUND.values(), ids=list(FOUND))
def test_it_is_found(statement: dict[str, Any]) -> None:
    """Each has a finding of the rule."""
    assert "{id}" in rules(policy(statement))


@pytest.mark.parametrize("statement", SPARED.values(), ids=list(SPARED))
def test_it_is_spared(statement: dict[str, Any]) -> None:
    """None has a finding of the rule."""
    assert "{id}" not in rules(policy(statement))
'''

IMPORTS = {
    "collections.abc": ("Iterator",),
    "rolemgr.check.document": ("Statement",),
    "rolemgr.check.finding": ("Severity",),
    "rolemgr.check.rule": ("IAM", "Hit", "statement_rule"),
}
"""What the function needs, by module."""


class WrongNameError(Exception):
    """The id or the name can't be taken."""


def declared(rules: Path) -> dict[str, tuple[str, str]]:
    """Return the module and name of each rule in the folder *rules*, by id, in whichever way it is declared."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(rules.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            texts = _texts(node)
            if len(texts) == 2 and re.fullmatch(r"RM[0-9]{3}", texts[0]):
                found[texts[0]] = path.stem, texts[1]
    return found


def _texts(node: ast.AST) -> list[str]:
    """Return the constants among the first two arguments, where *node* is a call."""
    first = node.args[:2] if isinstance(node, ast.Call) else []
    return [str(one.value) for one in first if isinstance(one, ast.Constant)]


def module_of(identifier: str) -> str:
    """Return the name of the module that has the rules of the hundred of *identifier*."""
    return f"{identifier[:3].lower()}xx"


def require_free(identifier: str, name: str, known: dict[str, tuple[str, str]]) -> None:
    """Raise WrongNameError for an id or a name of another form, or that another rule has."""
    if not re.fullmatch(r"RM[0-9]{3}", identifier):
        raise WrongNameError(f"`{identifier}` is not an id such as RM299")
    if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", name):
        raise WrongNameError(f"`{name}` is not a name such as needs-all-resources")
    if identifier in known:
        raise WrongNameError(f"{identifier} is `{known[identifier][1]}`, in {known[identifier][0]}.py")
    if taken := [other for other, (_, one) in known.items() if one == name]:
        raise WrongNameError(f"`{name}` is the name of {taken[0]}")


def with_imports(text: str) -> str:
    """Return the module *text* with what the function needs imported, each from where it is imported already."""
    for module, names in IMPORTS.items():
        lines = text.splitlines(keepends=True)
        imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
        there = next((node for node in imports if node.module == module), None)
        listed = {*names, *((alias.name for alias in there.names) if there else ())}
        line = f"from {module} import {', '.join(sorted(listed, key=lambda one: (not one.isupper(), one)))}\n"
        if there:
            lines[there.lineno - 1 : there.end_lineno] = [line]
        else:
            lines.insert(imports[-1].end_lineno or 0, line)
        text = "".join(lines)
    return text


def begin(identifier: str, name: str, top: Path = TOP) -> list[Path]:
    """Write the beginnings of the rule into the checkout *top*; return the files. Raises WrongNameError."""
    check = top / "src/rolemgr/check"
    known = declared(check / "rules")
    require_free(identifier, name, known)
    home = check / "rules" / f"{module_of(identifier)}.py"
    test = top / f"tests/check/test_{identifier.lower()}.py"
    example = check / "examples" / f"{identifier[:3]}.yaml"
    function = FUNCTION.format(id=identifier, name=name, function=name.replace("-", "_"))
    home.write_text(with_imports(home.read_text("utf-8")) + function, "utf-8")
    before = example.read_text("utf-8") if example.is_file() else ""
    example.write_text(before + EXAMPLE.format(id=identifier), "utf-8")
    test.write_text(TEST.format(id=identifier, name=name), "utf-8")
    return [home, example, test]


def main() -> None:
    """Begin the rule that the command line names, and say what to do next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("id", help="such as RM299")
    parser.add_argument("name", help="in words, such as needs-all-resources")
    asked = parser.parse_args()
    try:
        files = begin(asked.id, asked.name)
    except WrongNameError as error:
        sys.exit(f"error: {error}")
    for path in files:
        print(f"look for TODO and {asked.id} in {path.relative_to(TOP)}")
    tests = f"tests/check/test_rules.py tests/check/test_{asked.id.lower()}.py"
    print(f"ruff format . && pytest -q {tests} -k '{asked.id} or it_is or edges'")
    print("what RM601 says of an administrator no other rule says again: `is_administrator` in check/limits_nothing.py")
    print(
        "when they pass: pytest -q tests/check, for it meets real policies (tests/check/managed_policies.yaml) there;"
    )
    print("then python tools/docs.py, and a line in CHANGELOG.md")


if __name__ == "__main__":
    main()
