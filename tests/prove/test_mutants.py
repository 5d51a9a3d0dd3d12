"""Every seeded defect is caught: by a proof, by an evaluation case, or refused before there is a role."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.nightly import some
from tests.prove.mutants import Mutant
from tests.prove.mutants_evaluator import evaluator_mutants
from tests.prove.mutants_groups import catalog_mutants, never_mutants
from tests.prove.mutants_guardrails import guardrail_mutants, is_the_same
from tests.prove.mutants_packing import pack_and_packing
from tests.prove.mutants_program import program_mutants
from tests.prove.mutants_tags import tag_mutants

KINDS: dict[str, tuple[Callable[[], Iterator[Mutant]], int]] = {
    "guardrails": (guardrail_mutants, 300),
    "never": (never_mutants, 100),
    "groups": (catalog_mutants, 30),
    "packing": (pack_and_packing, 20),
    "evaluator": (evaluator_mutants, 40),
    "program": (program_mutants, 8),
}
"""The mutants of each kind, and how many there are at least."""


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_every_mutant_is_caught(kind: str, tmp_path: Path) -> None:
    """No seeded defect goes through all proofs, and not all are caught before a proof is asked."""
    found = {}
    mutants = [one for one in KINDS[kind][0]() if not is_the_same(one.name)]
    for number, mutant in enumerate(some(mutants, 10)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found[mutant.name] = mutant.found_by(folder)
    assert [name for name, by in found.items() if not by] == []
    assert len({one.name for one in mutants}) >= KINDS[kind][1]
    assert Counter(by == ["refused"] for by in found.values())[False] > len(found) / 3


@pytest.mark.nightly
def test_every_mutant_of_a_tag_condition_is_caught(tmp_path: Path) -> None:
    """Each condition on tags of each statement is needed as it is: without it, or with another, a proof fails."""
    found = {mutant.name: mutant.found_by(tmp_path) for mutant in tag_mutants(tmp_path)}
    assert [name for name, by in found.items() if not by] == []
    assert len(found) >= 300
    assert set(Counter(name for by in found.values() for name in by)) == {"tag keys", "tag keys let through"}
