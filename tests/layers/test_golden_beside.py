"""
Golden boundaries and resource policies, as a reviewer approved them.

``pytest tests/layers/test_golden_beside.py --update-golden`` rewrites them, with the reason in the commit.
"""

from pathlib import Path

import pytest
from tests.layers.test_boundary import PERSONAS
from tests.layers.test_resource_policies import KINDS, example
from tests.support import composed

from rolemgr.files.write import to_json
from rolemgr.layers.boundary import ceiling_of
from rolemgr.render.boundary import filled_boundary, in_words, together

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.sampled(10)
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_boundary_is_as_reviewed(persona: str, update_golden: bool) -> None:
    """The document, and what its quota leaves out."""
    filled = filled_boundary(ceiling_of([composed(persona=persona)]))
    left_out = [in_words(part) for part in together(filled.left_out)]
    text = to_json({"PolicyDocument": filled.document.to_json_value(), "LeftOut": left_out})
    path = GOLDEN / "boundaries" / f"{persona}.json"
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_policy_is_as_reviewed(kind: str, update_golden: bool) -> None:
    """With everything that its kind can have."""
    text = to_json(example(kind).document.to_json_value())
    path = GOLDEN / "resource_policies" / f"{kind}.json"
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def test_no_golden_is_left_over() -> None:
    """One file for each persona, and for each kind."""
    assert {path.stem for path in (GOLDEN / "boundaries").iterdir()} == set(PERSONAS)
    assert {path.stem for path in (GOLDEN / "resource_policies").iterdir()} == set(KINDS)
