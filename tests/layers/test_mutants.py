"""Every seeded defect of the program for layers is caught: by a refusal, a golden or a proof."""

import os
import random

import pytest
from tests.layers.mutants import CHECKS, SLIPS, Slip, fails, found_by

SAMPLED = 5
"""How many are tried unless ``ROLEMGR_ALL_MUTANTS`` is set: all of them take half a minute."""


def some() -> list[Slip]:
    """Return the slips to try."""
    return SLIPS if os.environ.get("ROLEMGR_ALL_MUTANTS") else random.Random("layers").sample(SLIPS, SAMPLED)  # noqa: S311


@pytest.mark.parametrize("slip", some(), ids=lambda slip: f"{slip.module}: {slip.what}")
def test_a_slip_is_caught(slip: Slip) -> None:
    """And nothing of it is left behind."""
    assert found_by(slip)


def test_without_a_slip_all_is_well() -> None:
    """What catches them finds nothing in the program as it is."""
    some_checks = ("words", "twice", "bounded")  # the others are tests by themselves
    assert [name for name in some_checks if fails(CHECKS[name])] == []
