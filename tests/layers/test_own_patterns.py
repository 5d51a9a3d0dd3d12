"""Our own SCPs and RCPs stand what `check` finds in those of a user's catalog."""

import pytest
from tests.layers.layers_support import CATALOG

from rolemgr.model.layer_pattern import LayerKind
from rolemgr.workflow.check_layer_pattern import found_in_pattern

PATTERNS = [(kind, name) for kind in LayerKind for name in CATALOG.found("scps" if kind is LayerKind.SCP else "rcps")]


@pytest.mark.parametrize(("kind", "name"), PATTERNS)
def test_each_can_be_made_with_examples_and_has_no_finding(kind: LayerKind, name: str) -> None:
    """But what it accepts itself."""
    assert [finding for finding, reason in found_in_pattern(CATALOG, kind, name) if reason is None] == []
