"""Every seeded defect of the comparison is caught, and the comparison itself is not."""

from pathlib import Path

import pytest
from tests.compare.mutants import SLIPS, Slip, found_by, mutant

import rolemgr.compare.compare


@pytest.mark.sampled(10)
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.module}: {slip.what}")
def test_every_slip_is_caught(slip: Slip, tmp_path: Path) -> None:
    """A case or a random policy shows it."""
    folder = tmp_path / str(SLIPS.index(slip))
    folder.mkdir()
    assert found_by(mutant(slip, folder))


def test_without_a_slip_nothing_is_caught() -> None:
    """What catches slips is content with the room as it is."""
    assert found_by(rolemgr.compare.compare) == []
