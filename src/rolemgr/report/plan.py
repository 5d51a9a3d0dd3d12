"""What is about to be done in an account, and what was done, for people and programs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.plan import RolePlan
from rolemgr.change.change import AccessChange
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.errors import AwsError, InputError, Problems, RolemgrError, printable
from rolemgr.iam.arn import Arn
from rolemgr.model.role import PassedRole
from rolemgr.report.changes import change_line, changes_rows
from rolemgr.report.new_role import Blocks
from rolemgr.report.next_steps import passed_line
from rolemgr.report.preview import sizes

_MARKS = {"create": "+", "update": "~", "unchanged": "=", "refuse": "!"}
ACTION_TEXTS = {
    "create": "create role",
    "update": "change role",
    "unchanged": "already there, with the same content: role",
    "refuse": "not done: role",
}
"""What a plan does, by its action, before the role's ARN."""
COUNTED = {"create": "to create", "update": "to change", "unchanged": "already there", "refuse": "refused"}
"""How plans are counted, by their action."""


class Planned(NamedTuple):
    """The plan of one role, and what `check` says of it; those *stopping* are bad enough to stop it."""

    plan: RolePlan
    findings: Sequence[Finding]
    stopping: Sequence[Finding]
    passes: Sequence[tuple[PassedRole, bool | None]] = ()
    """The roles that it passes, each with whether the account has it, or will by the same plan; None: not known."""
    next_steps: Sequence[str] = ()
    """What is left to do once the role is there."""
    changes: Sequence[AccessChange] = ()
    """What changes for a role that is there and differs."""
    may: Blocks = ()
    """What a new role may do."""


class RoleNotJudged(NamedTuple):
    """A role (its ARN, or its file where it has none) that can't be looked at, and why; it stops no other."""

    role: str
    error: RolemgrError
    file: str
    """The role file, or what stands for it where flags chose the role."""


class Done(NamedTuple):
    """How one role ended: *result* is created, updated, unchanged, refused, failed or not begun."""

    arn: str
    result: str
    error: str | None = None
    left: tuple[str, ...] = ()
    """What this run made and could not take back."""
    remains: str | None = None
    """What is there of a role that failed, in words."""


def plan_data(
    access: Access | None, planned: Sequence[Planned], refused: Sequence[RoleNotJudged] = ()
) -> dict[str, Any]:
    """Return the plan for ``--format json``; *refused* are roles without one."""
    return {
        **account_data(access),
        "caller": access.caller if access else None,
        "roles": [_role_data(one) for one in planned],
        "refused": refused_data(refused),
    }


def account_data(access: Access | None) -> dict[str, str | None]:
    """Return which account it is, for JSON; null where no way led into one."""
    return {"account": access.account if access else None, "partition": access.partition if access else None}


def refused_data(refused: Sequence[RoleNotJudged]) -> list[dict[str, str]]:
    """Return the roles that could not be looked at, for JSON."""
    return [{"role": one.role, "problem": str(one.error)} for one in refused]


def refused_places(refused: Sequence[RoleNotJudged], is_file: Callable[[str], bool]) -> list[NotJudged]:
    """Return the places that keep roles from being looked at: where the error points, else their files."""
    return [place for one in refused for place in _places(one, is_file)]


def _places(one: RoleNotJudged, is_file: Callable[[str], bool]) -> Iterator[NotJudged]:
    error = one.error
    about = f"{one.role}: " if one.role != one.file else ""
    for part in error.problems if isinstance(error, Problems) else (error,):
        where = part.where if isinstance(part, InputError | AwsError) else None
        if isinstance(part, InputError | AwsError) and where and (where.file == one.file or is_file(where.file)):
            yield NotJudged(where.file, where.line, about + str(InputError(None, part.problem, part.hint)))
        else:
            yield NotJudged(one.file, None, f"{about}{part}")


def refused_lines(refused: Sequence[RoleNotJudged]) -> Iterator[str]:
    """Yield the lines of text on roles that could not be looked at."""
    for one in refused:
        yield printable(f"! not judged: {one.role}")
        yield from (f"    {printable(line)}" for line in str(one.error).splitlines())


def _role_data(one: Planned) -> dict[str, Any]:
    plan = one.plan
    return {
        "arn": plan.wanted.arn,
        "action": plan.action,
        "steps": [step.what for step in (*plan.steps, *plan.cleanup)],
        "differences": list(plan.differences),
        "changes": changes_rows(one.changes),
        "may": {title: list(entries) for title, entries in one.may},
        "sizes": {name: {"characters": size, "quota": limit} for name, size, limit in sizes(plan.wanted.documents)},
        "findings": [finding._asdict() for finding in one.findings],
        "notes": list(plan.notes),
        "passes": [{**role._asdict(), "exists": exists} for role, exists in one.passes],
        "problem": str(plan.problem) if plan.problem else None,
    }


def plan_text(
    access: Access | None, planned: Sequence[Planned], refused: Sequence[RoleNotJudged] = (), *, steps: bool = True
) -> str:
    """
    Return the plan as text; *refused* are roles without one.

    Without *steps* it is a line for each role, and what speaks against it.
    """
    whose = f"account {access.account} ({access.partition}), as {access.caller}" if access else "account not known"
    lines = [whose, ""]
    for one in planned:
        lines += map(printable, _role_lines(one, steps=steps))
    lines += refused_lines(refused)
    counts: Counter[str] = Counter(one.plan.action for one in planned)
    counted = ", ".join(f"{counts[action]} {word}" for action, word in COUNTED.items() if counts[action])
    counted += f"{', ' if counted else ''}{len(refused)} not judged" if refused else ""
    return "\n".join([*lines, *([""] if not steps else []), f"plan: {counted}"]) + "\n"


def _role_lines(one: Planned, *, steps: bool) -> Iterator[str]:
    plan = one.plan
    yield f"{_MARKS[plan.action]} {ACTION_TEXTS[plan.action]} {plan.wanted.arn}"
    if plan.problem:
        yield f"    {plan.problem}"
    yield from (f"    note: {note}" for note in plan.notes)
    yield from (
        f"    note: {passed_line(role, plan.wanted.arn, exists=exists)}" for role, exists in one.passes if steps
    )
    account = Arn.parse(plan.wanted.arn)
    yield from (f"    {change_line(change, account.account if account else None)}" for change in one.changes)
    yield from (f"    {title}  {entry}" for title, entries in one.may if steps for entry in entries)
    if steps and plan.action in ("create", "update"):
        yield from (f"    {number}. {step.what}" for number, step in enumerate((*plan.steps, *plan.cleanup), start=1))
        yield from (f"    {name}: {size:,} of {limit:,} characters" for name, size, limit in _measured(one))
    shown = one.findings if steps else one.stopping
    yield from (f"    {finding.severity} {finding.rule}: {finding.message}" for finding in shown)
    if steps:
        yield ""


def _measured(one: Planned) -> Iterator[tuple[str, int, int]]:
    return sizes(one.plan.wanted.documents)


def done_data(access: Access | None, done: Sequence[Done]) -> dict[str, Any]:
    """Return what was done for ``--format json``."""
    return {
        **account_data(access),
        "roles": [{**one._asdict(), "left": list(one.left)} for one in done],
    }


def done_text(done: Sequence[Done]) -> str:
    """Return the ARNs of the roles that are there as they should be, a line each."""
    return "".join(f"{one.arn}\n" for one in done if one.result in ("created", "updated", "unchanged"))
