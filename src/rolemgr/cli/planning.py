"""What commands on an account share: roles read and planned, and all that is refused said at the end."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import RolemgrError, worst_last
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.report.plan import RoleNotJudged
    from rolemgr.workflow.plan import OneRole, Prepared


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
