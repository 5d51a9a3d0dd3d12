"""What is about to be done in the accounts of a blueprint, and what was done, for people and programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.resource_plan import ResourcePlan
from rolemgr.blueprint.access import AccountAccess
from rolemgr.errors import RolemgrError, printable
from rolemgr.report.blueprint_accounts import (
    PolicyNotJudged,
    account_head,
    errors_of,
    not_judged_data,
    not_judged_lines,
)
from rolemgr.report.blueprint_drift import LevelDrift, level_data, level_errors, level_lines
from rolemgr.report.plan import COUNTED, Done, Planned, RoleNotJudged, plan_data, plan_text

_MARKS = {"create": "+", "update": "~", "unchanged": "=", "refuse": "!"}
POLICY_TEXTS = {
    "create": "give it a policy:",
    "update": "change the policy:",
    "unchanged": "already there, with the same statements: policy of",
    "refuse": "not done: policy of",
}
"""What a plan does with the policy of a resource, by its action, before the resource's ARN."""
ORGANIZATION_NOTE = "policies of the organization are not applied here: `rolemgr build` writes them"


class AccountPlan(NamedTuple):
    """The plan of one account; *error* says why none of it could be looked at."""

    access: AccountAccess
    way: Access | None
    roles: tuple[Planned, ...] = ()
    refused: tuple[RoleNotJudged, ...] = ()
    policies: tuple[ResourcePlan, ...] = ()
    unread: tuple[PolicyNotJudged, ...] = ()
    error: RolemgrError | None = None
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[RolemgrError, ...]:
        """Why something of it, or all, could not be looked at."""
        return errors_of(self.access, self.error, self.refused, self.unread)


class BlueprintPlan(NamedTuple):
    """The plan of the blueprint in *file*: its accounts, and how the organization differs where that was looked at."""

    file: str
    accounts: tuple[AccountPlan, ...]
    levels: tuple[LevelDrift, ...] | None = None
    exported: bool = False
    """Whether the blueprint has policies of the organization that nobody looked at."""

    @property
    def errors(self) -> tuple[RolemgrError, ...]:
        """Why something of it could not be looked at."""
        told = (error for one in self.accounts for error in one.errors)
        return (*told, *level_errors(self.levels or ()))


def blueprint_plan_data(plan: BlueprintPlan) -> dict[str, Any]:
    """Return the plan for ``--format json``: each account as `plan` of role files has it, with its policies."""
    organization = None if plan.levels is None else [level_data(one) for one in plan.levels]
    return {
        "file": plan.file,
        "accounts": [_account_data(one) for one in plan.accounts],
        "organization": organization,
    }


def _account_data(one: AccountPlan) -> dict[str, Any]:
    return {
        **account_head(one.access, one.error),
        **plan_data(one.way, one.roles, one.refused),
        "account": one.access.id,
        "policies": [_policy_data(policy) for policy in one.policies],
        "policies_not_judged": not_judged_data(one.unread),
        "notes": list(one.notes),
    }


def _policy_data(one: ResourcePlan) -> dict[str, Any]:
    return {
        "resource": one.target.arn,
        "kind": one.target.kind,
        "action": one.action,
        "steps": list(one.steps),
        "taken": list(one.taken),
        "notes": list(one.notes),
        "problem": str(one.problem) if one.problem else None,
    }


def blueprint_plan_text(plan: BlueprintPlan, *, steps: bool = True) -> str:
    """Return the plan as text, account by account; without *steps* a line for each role and policy."""
    parts = [_account_text(one, steps=steps) for one in plan.accounts]
    if plan.levels:
        parts.append(
            "\n".join(["organization", "", *(line for one in plan.levels for line in level_lines(one))]) + "\n"
        )
    return "\n".join([*parts, f"blueprint: {counted_plan(plan)}"]) + "\n"


def counted_plan(plan: BlueprintPlan) -> str:
    """Return in a line how much there is to do, and how much is not known."""
    return ", ".join(_counts(plan)) or "nothing to look at"


def _counts(plan: BlueprintPlan) -> Iterator[str]:
    for one, several, found in (
        ("role", "roles", Counter(role.plan.action for each in plan.accounts for role in each.roles)),
        ("policy", "policies", Counter(policy.action for each in plan.accounts for policy in each.policies)),
    ):
        counts: Counter[str] = Counter(found)
        yield from (
            f"{_number(counts[action], one, several)} {word}" for action, word in COUNTED.items() if counts[action]
        )
    for one, several, count in (
        ("account", "accounts", sum(1 for each in plan.accounts if each.error)),
        ("role", "roles", sum(len(each.refused) for each in plan.accounts)),
        ("policy", "policies", sum(len(each.unread) for each in plan.accounts)),
        ("level of the organization", "levels of the organization", sum(1 for each in plan.levels or () if each.error)),
    ):
        if count:
            yield f"{_number(count, one, several)} not judged"


def _number(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _account_text(one: AccountPlan, *, steps: bool) -> str:
    head = f"account {one.access.name} {one.access.id}"
    if one.error:
        return (
            printable(f"{head}: not judged")
            + "".join(f"\n    {printable(line)}" for line in str(one.error).splitlines())
            + "\n"
        )
    roles = plan_text(one.way, one.roles, one.refused, steps=steps).splitlines()
    body = [line for line in roles[1:] if not line.startswith("plan: ")]
    lines = [printable(f"{head}, as {one.way.caller if one.way else ''}"), *body]
    lines += [printable(line) for policy in one.policies for line in policy_lines(policy, steps=steps)]
    lines += list(not_judged_lines(one.unread))
    lines += [printable(f"note: {note}") for note in one.notes]
    return "\n".join(lines) + "\n"


def policy_lines(one: ResourcePlan, *, steps: bool) -> Iterator[str]:
    """Yield the lines of text on the policy of a resource; what others put in it and goes is always said."""
    yield f"{_MARKS[one.action]} {POLICY_TEXTS[one.action]} {one.target.arn}"
    if one.problem:
        yield f"    {one.problem}"
    yield from (f"    note: {note}" for note in one.notes)
    yield from (f"    {number}. {step}" for number, step in enumerate(one.steps, start=1) if steps)
    yield from (f"    takes away {text}" for text in one.taken if not steps)
    if steps:
        yield ""


class AccountDone(NamedTuple):
    """How the roles and policies of one account ended."""

    access: AccountAccess
    way: Access | None
    roles: tuple[Done, ...]
    policies: tuple[Done, ...]
    error: RolemgrError | None = None


def blueprint_done_data(done: Sequence[AccountDone]) -> dict[str, Any]:
    """Return what was done for ``--format json``."""
    return {"accounts": [_done_data(one) for one in done]}


def _done_data(one: AccountDone) -> dict[str, Any]:
    return {
        **account_head(one.access, one.error),
        "account": one.access.id,
        "partition": one.access.partition,
        "roles": [{**each._asdict(), "left": list(each.left)} for each in one.roles],
        "policies": [{**each._asdict(), "left": list(each.left)} for each in one.policies],
    }
