"""
What is in the account after a fault: for each call of a run, and each kind of fault.

`python -m tests.account.fault_matrix` prints the tables: "none" and "all" are what creating leaves, "old"
and "new" what changing leaves. The tests hold each cell to that.
"""

import shlex
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from tests.account.faults import FAULTS
from tests.account.small import CHANGED, ROLE, bring, calls_of, everything, plan, prepare, sabotaged, wanted
from tests.servers import iam_client, reset, served

from rolemgr.account.existing import find_existing
from rolemgr.account.ownership import new_run
from rolemgr.account.plan import RolePlan, plan_role
from rolemgr.account.wanted import ExistingResources

READ_BACK = (
    "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies",
    "GetPolicy", "GetPolicyVersion", "GetPolicy", "GetPolicyVersion",
)  # fmt: skip
CREATE_CALLS = (
    "CreatePolicy", "CreateRole", "PutRolePolicy", "AttachRolePolicy", "AttachRolePolicy", *READ_BACK, "TagRole",
)  # fmt: skip
UPDATE_CALLS = (
    "TagRole", "TagRole", "PutRolePolicy", "CreatePolicyVersion", "CreatePolicy", "AttachRolePolicy", "PutRolePolicy",
    "UpdateRole", *READ_BACK, "GetPolicy", "GetPolicyVersion", "TagRole",
)  # fmt: skip

NOT_OF_READS = ("over a quota", "malformed", "done, then 500", "done, then half", "done, then Ctrl-C")
"""Faults that IAM gives to no read, or that are none to a call that changes nothing."""
FEW_OF_READS = ("access denied", "Ctrl-C")
"""A refusal and an interruption stand for all where the same reads were asked every fault before."""
UPDATE_FAULTS = (
    "access denied",
    "done, then 500",
    "done, then half",
    "answer lost",
    "lost, retried",
    "Ctrl-C",
    "done, then Ctrl-C",
)
"""What a client can tell apart: refused, perhaps done, done twice, interrupted before and after."""
DOOMS = ("access denied", "refused", "a page", "Ctrl-C")
"""Faults that stay, so that nothing can be taken back."""


class Outcome(NamedTuple):
    """What a fault leaves: *result* is none, all, old, new or HALF; what was raised, and what was named as left."""

    result: str
    failure: BaseException | None
    left: list[str]


class FaultyAccount:
    """An account on a moto server in which things go wrong, brought back to its beginning when it has changed."""

    def __init__(self, address: str) -> None:
        self.iam = iam_client(address)
        self._address = address
        self._holds: str | None = None
        """What it holds at the moment: "none" beside what was there, "old", or something else."""

    @cached_property
    def states(self) -> dict[str, Any]:
        """All that the account has, before and after creating, and after changing."""
        self._empty()
        states = {"none": everything(self.iam)}
        self._holds = None
        bring(self.iam)
        states["all"] = states["old"] = everything(self.iam)
        bring(self.iam, CHANGED, update=True)
        return states | {"new": everything(self.iam)}

    def create_calls(self) -> list[str]:
        """Return the operations that creating the role calls."""
        self._hold("none")
        run, self._holds = new_run(), None
        return calls_of(self.iam, _creation(run), run)

    def update_calls(self) -> list[str]:
        """Return the operations that changing the role calls."""
        self._hold("old")
        run, self._holds = new_run(), None
        return calls_of(self.iam, plan(self.iam, CHANGED, run, update=True), run)

    def create(self, at: int, fault: str) -> Outcome:
        """Create the role while *fault* happens at the call *at*."""
        self._hold("none")
        run = new_run()
        return self._outcome(_creation(run), run, at, fault, ("none", "all"))

    def update(self, at: int, fault: str) -> Outcome:
        """Change the role while *fault* happens at the call *at*."""
        self._hold("old")
        run = new_run()
        planned = plan_role(wanted(CHANGED), self._found, run, update=True)
        return self._outcome(planned, run, at, fault, ("old", "new"))

    def doom(self, at: int, fault: str) -> Outcome:
        """Create the role while every call from *at* on fails, those that take back too; forget nothing."""
        self._hold("none")
        run, self._holds = new_run(), None
        failure, left = sabotaged(self.iam, _creation(run), run, at, FAULTS[fault], for_ever=True)
        return Outcome("none" if everything(self.iam) == self.states["none"] else "part", failure, left)

    def remove(self, left: list[str]) -> None:
        """Run the commands that *left* names, as the person who reads it would."""
        for line in left:
            for command in line.split("`")[1].split(" && "):
                self._run(command)

    def _run(self, command: str) -> None:
        aws, service, operation, *options = shlex.split(command)
        assert (aws, service) == ("aws", "iam")
        names = ["".join(word.capitalize() for word in option[2:].split("-")) for option in options[::2]]
        try:
            getattr(self.iam, operation.replace("-", "_"))(**dict(zip(names, options[1::2], strict=True)))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchEntity"  # noqa: PT017 - what is left "perhaps"

    def _outcome(self, planned: RolePlan, run: str, at: int, fault: str, good: tuple[str, str]) -> Outcome:
        failure, left = sabotaged(self.iam, planned, run, at, FAULTS[fault])
        there = everything(self.iam)
        result = "HALF"
        if there == self.states[good[0]]:
            result = good[0]
        elif _without_versions(there) == _without_versions(self.states[good[1]]):
            result = good[1]
        self._holds = good[0] if result == good[0] else None
        return Outcome(result, failure, left)

    def _hold(self, what: str) -> None:
        assert self.states
        if self._holds == what:
            return
        self._empty()
        if what == "old":
            bring(self.iam)
            self._found = find_existing(self.iam, wanted(CHANGED))
        self._holds = what

    def _empty(self) -> None:
        reset(self._address)
        prepare(self.iam)


def _without_versions(state: dict[str, Any]) -> dict[str, Any]:
    """Return *state* without how many versions a policy has: a call that was sent twice makes one more."""
    return {arn: {key: value for key, value in found.items() if key != "versions"} for arn, found in state.items()}


def _creation(run: str) -> RolePlan:
    return plan_role(wanted(ROLE), ExistingResources(), run)


def rows(calls: tuple[str, ...], faults: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Yield the cells of a matrix: number and name of the call, and each fault that it can meet."""
    of_reads = [fault for fault in faults if fault not in NOT_OF_READS] if calls is CREATE_CALLS else FEW_OF_READS
    for number, call in enumerate(calls):
        chosen = of_reads if call.startswith(("Get", "List")) else faults
        yield from ((number, call, fault) for fault in chosen if fault in faults)


def _table(calls: tuple[str, ...], faults: tuple[str, ...], cell: Callable[[int, str], Outcome]) -> Iterator[str]:
    yield f"| call | {' | '.join(faults)} |"
    yield "|---" * (len(faults) + 1) + "|"
    cells = set(rows(calls, faults))
    for number, call in enumerate(calls):
        shown = (
            cell(number, fault) if (number, call, fault) in cells else None for fault in faults
        )  # fmt: skip
        said = ("" if one is None else one.result + (f", {len(one.left)} named" if one.left else "") for one in shown)
        yield f"| {number + 1} {call} | {' | '.join(said)} |"


def main() -> None:
    """Print the tables."""
    with served() as address:
        account = FaultyAccount(address)
        for title, calls, faults, cell in (
            ("Create", CREATE_CALLS, tuple(FAULTS), account.create),
            ("Create, and what takes back fails too", CREATE_CALLS, DOOMS, account.doom),
            ("Change", UPDATE_CALLS, UPDATE_FAULTS, account.update),
        ):
            sys.stdout.write("\n".join([f"## {title}", "", *_table(calls, faults, cell), "", ""]))


if __name__ == "__main__":
    main()
