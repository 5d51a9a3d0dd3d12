"""
Joined statements say what the catalog's do: proven both ways, and witnessed by an evaluator that is not ours.

A sample by seed; `python tools/joined.py` does all of it.
"""

from random import Random

import pytest
from tests.compose.joined import NPM, answers, are_same, batch, both_forms, differing, evaluator, every_choice

CHOICES = every_choice()
PREFIX = evaluator()  # tests have no environment of their own
SAMPLED = Random(14).sample(range(len(CHOICES)), 16)  # noqa: S311 - no secret
ASKED = Random(41).sample(range(len(CHOICES)), 4)  # noqa: S311 - no secret


@pytest.mark.parametrize("number", SAMPLED)
def test_the_two_forms_allow_the_same(number: int) -> None:
    """By comparison, which asks by type; each way is proven."""
    assert are_same(both_forms(CHOICES[number]))


def test_a_pair_that_is_lost_or_live_would_be_seen() -> None:
    """The comparison is not content with everything: one action less, or one resource more."""
    forms = both_forms({"persona": "sagemaker-feature-store"})
    first, *rest = forms.joined.statement
    actions, places = first.action or (), first.resource or ()
    for other in ({"action": actions[1:]}, {"resource": (*places, places[-1].replace("store", "x"))}):
        changed = forms.joined.model_copy(update={"statement": (first.model_copy(update=other), *rest)})
        assert not are_same(forms._replace(joined=changed)), other


@pytest.mark.skipif(PREFIX is None, reason=f"needs node, and {NPM} with @cloud-copilot/iam-simulate")
@pytest.mark.parametrize("number", ASKED)
def test_another_evaluator_answers_the_same(number: int) -> None:
    """Requests at what the role says, half of them at pairs that joining adds: it has a reference of its own."""
    lines = list(batch(Random(number), both_forms(CHOICES[number]), 100))  # noqa: S311 - no secret
    assert PREFIX is not None
    said = answers(PREFIX, lines)
    assert differing(lines, said) == []
    assert {one for one in said if one.startswith("error")} <= {"error: no.resource.types", "error: must.use.wildcard"}
    assert {"Allowed"} <= set(said)
