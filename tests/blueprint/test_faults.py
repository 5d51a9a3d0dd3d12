"""Every seeded fault is found by the proof that is for it, with a request that shows it; without a fault none is."""

from typing import Any

import pytest
from tests.blueprint.faulty import PROOFS, TODAY, proof, three_accounts, with_fault
from tests.blueprint.seeded import FAULTS

from rolemgr.blueprint.proofs import prove_composed


def test_without_a_fault_all_proofs_hold() -> None:
    """The example is whole: what the faults show is theirs alone."""
    found = prove_composed(three_accounts(), TODAY)
    assert [one for proof in found.proofs for one in (*proof.counter_examples, *proof.untold)] == []
    assert {one.name for one in found.proofs} == set(PROOFS)
    assert all(one.checked for one in found.proofs if one.name != "accepted-sinks")
    assert not any(one.open or one.untold for one in found.compromise.answers)


@pytest.mark.sampled(20)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['fault']} ({fault['found_by']})")
def test_a_fault_is_found(fault: dict[str, Any]) -> None:
    """The proof fails, says what, and shows a request, or the test says why there is none."""
    found = proof(fault["found_by"], with_fault(fault))
    said = [one for one in found.counter_examples if fault["says"] in one.problem]
    assert said, [*found.counter_examples, *found.untold][:5]
    assert all(bool(one.request) is not bool(fault.get("no_request")) for one in said)


def test_there_are_enough_faults_of_every_proof() -> None:
    """Forty at least, and each proof finds some; what no blueprint can be made of is refused before."""
    found = {one["found_by"] for one in FAULTS}
    assert len(FAULTS) >= 60
    assert found >= set(PROOFS) - {"nobody-else", "known-policies"}
