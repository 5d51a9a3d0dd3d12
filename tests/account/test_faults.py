"""
The fault matrix: whatever goes wrong at whichever call, afterwards everything exists or nothing does.

What stands beside the role (another of a similar name, policies, their attachments) is compared too.
"""

import pytest
from tests.account.fault_matrix import CREATE_CALLS, DOOMS, UPDATE_CALLS, UPDATE_FAULTS, FaultyAccount, rows
from tests.account.faults import FAULTS
from tests.account.small import everything

from rolemgr.errors import AwsError

CREATION = tuple(rows(CREATE_CALLS, tuple(FAULTS)))
CHANGE = tuple(cell for cell in rows(UPDATE_CALLS, UPDATE_FAULTS) if cell[2] != "done, then 500")
"""Without what "answer lost" tests as well, to save time; the printed table has it."""
DOOMED = tuple(cell for cell in rows(CREATE_CALLS, DOOMS) if not cell[1].startswith(("Get", "List")))
GOES_ON = {"lost, retried"}
"""Faults that a run gets over."""


@pytest.fixture(scope="module")
def account(server: str) -> FaultyAccount:
    """Return an account in which things go wrong."""
    return FaultyAccount(server)


def test_the_matrix_has_a_row_for_each_call(account: FaultyAccount) -> None:
    """A call that is added to a run gets its row."""
    assert account.create_calls() == list(CREATE_CALLS)
    assert account.update_calls() == list(UPDATE_CALLS)


@pytest.mark.sampled(40)
@pytest.mark.parametrize(("number", "call", "fault"), CREATION)
def test_creating_leaves_all_or_nothing(account: FaultyAccount, number: int, call: str, fault: str) -> None:
    """One fault at one call: the role is there whole, or no trace of it is."""
    outcome = account.create(number, fault)
    assert (outcome.result, outcome.left) == ("all" if outcome.failure is None else "none", [])
    assert (outcome.failure is None) == (fault in GOES_ON)
    assert isinstance(outcome.failure, KeyboardInterrupt | AwsError | None)


@pytest.mark.sampled(20)
@pytest.mark.parametrize(("number", "call", "fault"), CHANGE)
def test_changing_leaves_the_old_or_the_new(account: FaultyAccount, number: int, call: str, fault: str) -> None:
    """The same for a change: the old role as it was, or the new one."""
    outcome = account.update(number, fault)
    assert (outcome.result, outcome.left) == ("new" if outcome.failure is None else "old", [])
    assert (outcome.failure is None) == (fault in GOES_ON)


@pytest.mark.parametrize(("number", "call", "fault"), DOOMED)
def test_what_cannot_be_taken_back_is_named(account: FaultyAccount, number: int, call: str, fault: str) -> None:
    """Where taking back fails too, what is left is named, nothing else is, and the commands named remove it."""
    outcome = account.doom(number, fault)
    there = everything_new(account)
    named = {line.split(";")[0] for line in outcome.left}
    assert {f"{kind} {arn}" for kind, arn in there} <= {name.removeprefix("perhaps ") for name in named}
    certain = {name for name in named if name.startswith(("role ", "policy "))}
    assert certain <= {f"{kind} {arn}" for kind, arn in there}
    account.remove(outcome.left)
    assert everything_new(account) == set()


def everything_new(account: FaultyAccount) -> set[tuple[str, str]]:
    """Return kind and ARN of what is in the account and was not before."""
    new = everything(account.iam).keys() - account.states["none"].keys()
    return {("role" if ":role/" in arn else "policy", arn) for arn in new}
