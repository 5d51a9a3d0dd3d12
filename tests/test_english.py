"""What messages say is English as AWS's guides write it: phrases that a native reader stumbles at are kept out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rolemgr

MODULES = sorted(Path(rolemgr.__file__).parent.rglob("*.py"))
STUMBLING = re.compile(
    r"(?<!there )\b(?:is|are) no (?!longer\b|more\b|difference|drift|finding)[a-z]"
    r"|\bthe own\b|'s affair\b|\breckons?\b|\b[Bb]e it\b|\bgets? round\b"
)
"""`is no duration` -> `is not a valid duration`; `the own profile` -> `the user's own profile`; and their like."""


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts in the code at *path*, with their lines; docstrings are for those who read the code."""
    module = ast.parse(path.read_text("utf-8"))
    silent = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(path.parts[-2:]))
def test_messages_have_no_stumbling_phrase(path: Path) -> None:
    """A message has an actor and a verb, and says what to do next."""
    assert [(line, text) for line, text in said(path) if STUMBLING.search(text)] == []
