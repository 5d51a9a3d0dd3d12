"""What the room says of pairs of roles and policies, to the letter."""

import importlib
from types import ModuleType

import pytest
from tests.change.cases import CASES, lines_of


def module(name: str) -> ModuleType:
    """Return the module *name* of the room."""
    return importlib.import_module(f"rolemgr.change.{name}")


@pytest.mark.parametrize("name", CASES)
def test_each_pair_is_told_as_expected(name: str) -> None:
    """Each line, in its order."""
    assert tuple(lines_of(module, CASES[name])) == CASES[name].lines
