"""What commands on an account share: roles read and planned, and all that is refused said at the end."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from rolemgr.cli.files import is_folder, is_stdout
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, Refused, RolemgrError, SourceLocation, worst_last
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.account.plan import RolePlan
    from rolemgr.account.resource_plan import ResourcePlan
    from rolemgr.report.plan import RoleNotJudged
    from rolemgr.workflow.plan import OneRole, Prepared


plan_fail_on_option = click.option(
    "--fail-on", type=click.Choice(["any", "gained"]),
    help="Exit with 1 too where something would change (any), or may be allowed more than now (gained).",
)  # fmt: skip


def fails(fail_on: str | None, planned: "Iterable[RolePlan | ResourcePlan]") -> bool:
    """Tell whether one of *planned* does what a run of ``--fail-on`` is not to do."""
    return any(one.may_give if fail_on == "gained" else one.does for one in planned) if fail_on else False


def stop_on(fail_on: str | None, roles: "Sequence[RolePlan]", policies: "Sequence[ResourcePlan]" = ()) -> None:
    """Raise Refused where one of them does what a run of ``--fail-on`` is not to do: then nothing is changed."""
    names = [one.wanted.arn for one in roles if fails(fail_on, (one,))]
    names += [one.target.arn for one in policies if fails(fail_on, (one,))]
    if names:
        what = "may be allowed more than now" if fail_on == "gained" else "would change"
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        raise Refused(f"nothing was changed, for --fail-on {fail_on}: {names[0]}{more} {what}")


def prepare(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, options: ApplyOptions, run: str,
    *, verbose: bool, to_file: bool = False,
) -> "Prepared":  # fmt: skip
    """Do as `rolemgr.workflow.plan.prepare`; end where there is no way into the account and no file that says so."""
    found = workflow.plan.prepare(choices, access, options, run, OUTSIDE, progress, verbose=verbose, to_file=to_file)
    _end_without_a_way(found.way, found.refused, to_file=to_file)
    return found


def in_account(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, *, verbose: bool, to_file: bool = False
) -> "tuple[Access | None, list[OneRole], list[RoleNotJudged]]":
    """Do as `rolemgr.workflow.plan.in_account`; end where there is no way into the account and no file that says so."""
    found = workflow.plan.in_account(choices, access, OUTSIDE, verbose=verbose, to_file=to_file)
    _end_without_a_way(found[0], found[2], to_file=to_file)
    return found


def _end_without_a_way(way: "Access | None", refused: "Sequence[RoleNotJudged]", *, to_file: bool) -> None:
    if way is None and not to_file:
        end_with([one.error for one in refused])


def end_with(errors: Sequence[RolemgrError]) -> None:
    """Say *errors*, each once, and end with the worst of their exit codes; do nothing where there are none."""
    found = {str(error): error for error in errors}
    if not found:
        return
    *others, last = worst_last(found.values())
    for error in others:
        click.echo("".join(f"error: {line}\n" for line in str(error).splitlines()), err=True, nl=False)
    raise last


def check_can_ask(options: ApplyOptions) -> None:
    """Raise InputError where a question would go to nobody."""
    if not options.yes and not sys.stdin.isatty():
        raise InputError(
            None, "nobody can be asked: stdin is not a terminal", "look at `rolemgr plan`, then give --yes"
        )


def is_result_file(output: str | None) -> bool:
    """Tell whether the result goes to a file, which is then written whatever comes of the roles."""
    return output is not None and not is_stdout(output)


def check_output(output: str | None) -> None:
    """Raise InputError where the result could not be written after the roles are there."""
    if output is None or is_stdout(output):
        return
    path = os.path.realpath(output)
    if is_folder(path) or not os.access(path if os.path.lexists(path) else os.path.dirname(path), os.W_OK):  # noqa: PTH120
        raise InputError(SourceLocation(output), "can't be written", "give a file, or - for stdout")


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Let SIGTERM, and the end of the terminal, end what is inside as Ctrl-C does: it cleans up behind itself."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has one
    before = {number: signal.signal(number, _terminate) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
