"""Every seeded defect of the program for layers is caught: by a refusal, a golden or a proof."""

import pytest
from tests.layers.mutants import CHECKS, SLIPS, Slip, fails, found_by


@pytest.mark.nightly
@pytest.mark.sampled(3)
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.module}: {slip.what}")
def test_a_slip_is_caught(slip: Slip) -> None:
    """And nothing of it is left behind; all of them take half a minute."""
    assert found_by(slip)


def test_without_a_slip_all_is_well() -> None:
    """What catches them finds nothing in the program as it is."""
    some_checks = ("words", "twice", "bounded")  # the others are tests by themselves
    assert [name for name in some_checks if fails(CHECKS[name])] == []
