"""An audit whose principals others judge, in shares: what is found is the same, byte for byte."""

import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.audit.accounts import ACCOUNT, crowd, synthetic
from tests.audit.support import inventory, personas

from rolemgr.audit.run import Audit, audit
from rolemgr.audit.shares import PRINCIPALS, PrincipalShare, SharedAudit, found_in, judged, shares_of
from rolemgr.cli.inventory import inventory_of
from rolemgr.model.inventory import Inventory
from rolemgr.report.audit_forms import AuditContext, audit_in

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "audit"


def far(common: SharedAudit, shares: Sequence[PrincipalShare]) -> Iterator[bytes]:
    """Judge as another machine does: with copies of everything, and as two workers do that take turns."""
    workers = [pickle.loads(pickle.dumps(common)) for _ in range(2)]  # noqa: S301 - our own
    for turn, share in enumerate(shares):
        yield judged(workers[turn % 2], pickle.loads(pickle.dumps(share)))  # noqa: S301 - our own


def as_json(found: Audit) -> str:
    """Return all that an audit says."""
    return audit_in("json", found, AuditContext(["account.json"], "0", lambda _: True, None))


def both(given: Inventory, **more: Any) -> tuple[str, str]:
    """Return what one process finds in *given*, and what several find."""
    return as_json(audit(given, personas, **more)), as_json(audit(given, personas, judging=far, **more))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", [3, 4])
def test_shares_find_what_one_process_finds(seed: int) -> None:
    """Planted faults of every kind among innocent roles, in two accounts that trust one another, in many shares."""
    one = synthetic(seed, 2 * PRINCIPALS)[0]
    given = inventory(one, synthetic(seed + 1, PRINCIPALS)[0].replace(ACCOUNT, "222233334444"))
    assert len(shares_of(given.principals, ())) > 4
    alone, shared = both(given)
    assert alone == shared
    assert all(f'"{rule}"' in alone for rule in ("AU001", "AU003", "AU101", "AU204", "AU301", "AU402"))


def test_shares_know_the_organization_and_resources() -> None:
    """The saved answers of a whole account: SCPs, policies of resources and Studio's profiles."""
    alone, shared = both(inventory_of([str(EXAMPLE)])[0])
    assert alone == shared


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("most", "is_told"), [(30, True), (300, True), (500, None), (800, None), (6_000, False)])
def test_a_budget_that_runs_out_is_told_as_in_one_process(most: int, is_told: bool | None) -> None:
    """Whether it runs out in a share, in the search after it, or only in the sum: the audit is done again here."""
    alone, shared = both(inventory(synthetic(5, 20)[0]), most_requests=most)
    assert alone == shared
    assert is_told is None or ("requests to tell" in alone) is is_told


def test_a_crowd_that_takes_too_much_is_told_as_in_one_process() -> None:
    """Roles that all pass and assume one another: what the search spends comes to what the shares spent."""
    alone, shared = both(inventory(crowd(60, 1)), most_requests=250)
    assert alone == shared
    assert "requests to tell" in alone


def test_what_is_sent_back_names_what_both_sides_have() -> None:
    """A finding is about the principal of the inventory itself, and its text does not travel."""
    given = inventory(synthetic(3, PRINCIPALS)[0])
    common = SharedAudit(given, None, 90, 1_000_000, None)
    answers = [judged(common, share) for share in shares_of(given.principals, ())]
    found = [one for answer in answers for each in found_in(answer, given) for one in each.findings]
    assert found
    assert all(given.principals[one.principal.arn] is one.principal for one in found)
    assert all(each.holder in (None, given.principals[one.principal.arn]) for one in found for each in one.requests)
