"""Every seeded defect of the room is caught, and the room itself is not."""

from pathlib import Path

import pytest
from tests.change.mutants import SLIPS, Slip, found_by, mutant
from tests.change.test_cases import module


@pytest.mark.sampled(12)
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.module}: {slip.what}")
def test_every_slip_is_caught(slip: Slip, tmp_path: Path) -> None:
    """A pair of roles or policies is told otherwise."""
    folder = tmp_path / str(SLIPS.index(slip))
    folder.mkdir()
    assert found_by(mutant(slip, folder))


def test_without_a_slip_nothing_is_caught() -> None:
    """What catches slips is content with the room as it is."""
    assert found_by(module) == []
