"""An administrator of a member account tries to leave each SCP; each way is denied by evaluation, and work goes on."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.layers.layers_support import EVERYTHING, composed_layer, decided, documents_of

from rolemgr.files.yaml import read_yaml
from rolemgr.model.layer_pattern import LayerKind

SETS: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("ways.yaml")).data
CASES = [
    pytest.param(number, case, expected, id=f"{'-'.join(one['scps'])[:40]}: {case['way']}")
    for number, one in enumerate(SETS)
    for key, expected in (("denied", "ExplicitlyDenied"), ("allowed", "Allowed"))
    for case in one[key]
]


@cache
def policies(number: int) -> tuple[Any, ...]:
    """Return the documents of one set of SCPs."""
    one = SETS[number]
    layer = composed_layer(
        LayerKind.SCP, *one["scps"], exempt=one.get("exempt", ()), zones=one.get("zones", ()), **one.get("given", {})
    )
    return tuple(policy.document for policy in documents_of(layer).policies)


@pytest.mark.parametrize(("number", "case", "expected"), CASES)
def test_a_way_out_is_closed_and_work_goes_on(number: int, case: dict[str, Any], expected: str) -> None:
    """Each request is decided as its author expects."""
    context = {**SETS[number].get("context", {}), **case.get("context", {})}
    for key in case.get("without", ()):
        del context[key]
    request: dict[str, Any] = {key: case[key] for key in ("principal", "action", "resource") if key in case}
    session = EVERYTHING if case.get("session") else None
    assert decided({**request, "context": context}, scps=policies(number), session=session) == expected


def test_there_are_enough_ways() -> None:
    """Forty at least, and what goes on beside each set."""
    assert sum(len(one["denied"]) for one in SETS) >= 100
    assert all(one["allowed"] for one in SETS)
