"""
Golden policies of an organization: each pattern with example values, as a reviewer approved it.

``pytest tests/layers/test_golden_layers.py --update-golden`` rewrites them, with the reason in the commit.
"""

import json
from pathlib import Path

import pytest
from tests.layers.layers_support import BREAK_GLASS, PATTERNS, composed_layer, documents_of, examples_for

from rolemgr.model.layer_pattern import LayerKind

GOLDEN = Path(__file__).parents[1] / "golden" / "layers"
CASES = [(kind, name) for kind in LayerKind for name in PATTERNS[kind]]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=str)
def test_a_pattern_renders_as_reviewed(kind: LayerKind, name: str, update_golden: bool) -> None:
    """The documents, indented for review; a break-glass role is exempt of SCPs."""
    exempt = [BREAK_GLASS] if kind is LayerKind.SCP else []
    made = documents_of(composed_layer(kind, name, exempt=exempt, **examples_for(kind, name)))
    text = json.dumps([json.loads(one.text) for one in made.policies], indent=1) + "\n"
    path = GOLDEN / f"{kind}-{name}.json"
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def test_no_golden_is_left_over() -> None:
    """One file for each pattern."""
    assert {path.name for path in GOLDEN.iterdir()} == {f"{kind}-{name}.json" for kind, name in CASES}
