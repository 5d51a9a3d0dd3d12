"""Each slip in the proofs about blueprints is seen: a fault is not found any more, or what is right is called wrong."""

from types import ModuleType
from typing import Any

import pytest
from tests.blueprint.faulty import three_accounts
from tests.blueprint.mutants import SLIPS, Slip, slipped
from tests.blueprint.seeded import FAULTS

from rolemgr.errors import RolemgrError

BY_NAME = {one["fault"]: one for one in reversed(FAULTS)}
WHOLE = {
    "example-flows": ("flows", "flows-need-each-statement"),
    "example-beyond": ("nothing-beyond",),
    "example-stolen": ("stolen-session",),
}
"""What has to hold of the example without a fault."""
_OUTSIDE = {
    "found_by": "stolen-session", "says": "foreign-bucket", "changes": [
        {"role": "modelling/training", "in": "S3TargetData", "set": {"Resource": "*"}},
        {"role": "modelling/training", "document": "boundary", "with": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
        {"layer": "organization rcp", "with": {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}},
    ],
}  # fmt: skip
"""An RCP of the organization does not stand above a bucket outside of it."""


def seen(slip: Slip, faulty: ModuleType) -> bool:
    """Tell whether something is otherwise than it should be."""
    return any(_otherwise(name, faulty) for name in slip.shown_by)


def _otherwise(name: str, faulty: ModuleType) -> bool:
    try:
        if name in WHOLE:
            return not all(faulty.proof(one, three_accounts()).holds for one in WHOLE[name])
        if name == "example-address":
            return bool(faulty.strange_address(["198.51.100.0/24", "10.0.0.0/8"]) != "192.0.2.7")
        return not found(_OUTSIDE if name == "example-no-rcp" else BY_NAME[name], faulty)
    except (AttributeError, IndexError, RolemgrError, TypeError):
        return True


def found(fault: dict[str, Any], faulty: ModuleType) -> bool:
    """Tell whether the proof of *faulty* finds *fault*."""
    proof = faulty.proof(fault["found_by"], faulty.with_fault(fault, three_accounts()))
    return any(fault["says"] in one.problem for one in proof.counter_examples)


@pytest.mark.nightly
@pytest.mark.sampled(20)
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.module}: {slip.other[:40]}")
def test_a_slip_is_seen(slip: Slip) -> None:
    """By the faults that it names; without it they are found."""
    with slipped(slip) as faulty:
        assert seen(slip, faulty)


def test_without_a_slip_nothing_is_seen() -> None:
    """What shows the slips shows nothing of the modules as they are."""
    import tests.blueprint.faulty as whole

    names = {name for slip in SLIPS for name in slip.shown_by if name.startswith("example")}
    assert not any(_otherwise(name, whole) for name in names)
    assert len(SLIPS) >= 45
