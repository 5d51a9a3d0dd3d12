"""`rolemgr plan` and `rolemgr apply`: roles into an account; `create --apply` is the second with one role."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.access import access_options
from rolemgr.cli.blueprints import apply_of, plan_of
from rolemgr.cli.console import form_option, output_option, page_form_option
from rolemgr.cli.files import next_step, note, write_output
from rolemgr.cli.lazy import account, report, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.planning import (
    check_can_ask,
    check_output,
    end_with,
    ended_cleanly,
    fails,
    is_result_file,
    plan_fail_on_option,
    prepare,
    stop_on,
)
from rolemgr.errors import AwsError, InputError, Refused, RolemgrError, SourceLocation, gathering
from rolemgr.files.write import to_json
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions
from rolemgr.workflow.role_options import many_roles, one_role, with_role_files

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.account.plan import RolePlan
    from rolemgr.report.plan import Done, Planned
    from rolemgr.workflow.plan import Prepared

_FEW = 10
"""Up to so many roles each step is shown; more would hide what matters."""

update_option = click.option("--update", is_flag=True, help="Change roles that rolemgr made and that differ.")
prune_option = click.option(
    "--prune", is_flag=True, help="With --update: take away what is on the role and not in the file."
)
allow_findings_option = click.option(
    "--allow-findings", is_flag=True, help="Go on in spite of an ERROR or SECURITY_WARNING of `check`."
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command("plan")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@roles_options
@update_option
@prune_option
@allow_findings_option
@plan_fail_on_option
@access_options
@page_form_option
@output_option
def plan_command(
    files: Sequence[str], chosen: dict[str, Any], update: bool, prune: bool, allow_findings: bool,
    fail_on: str | None, access: AccessOptions, form: str, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Show what `apply` would do, and change nothing.

    Reads the account. The exit code is 0 where `apply` would go through, and 1 where it would refuse: a
    finding, a name that is taken, a role that differs and no --update. With --fail-on it is 1 too where something
    would change at all, or where a role or a policy may allow more than now.

    Of a BLUEPRINT it is all accounts, each reached as the file says (`profile`, `assume`): roles, the policies of
    buckets, keys, repositories and model package groups that others use, and how the policies of the organization
    differ. --account and --role pick some. What can't be read is said, and exits with 3.

    \b
    Examples:
      rolemgr plan roles/churn.yaml
      rolemgr plan roles/*.yaml --update --format json
      rolemgr plan roles/*.yaml --update --format markdown
      rolemgr plan roles/*.yaml --update --fail-on gained
      rolemgr plan blueprint.yaml --account data
    """
    options = ApplyOptions(update, prune, allow_findings)
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        plan_of(given, access, options, fail_on, form, output)
        return
    found = prepare(role_choices(files, chosen), access, options, "", verbose=verbose, to_file=is_result_file(output))
    unwritten: list[InputError] = []
    with gathering(unwritten):
        write_output(_plan_in(form, found), output)
    end_with([*(one.error for one in found.refused), *unwritten])
    if found.problems or fails(fail_on, (one.plan for one in found.planned)):
        sys.exit(1)


def _plan_in(form: str, found: "Prepared") -> str:
    if form in report.pages.forms.FORMS:
        return report.pages.forms.page_text(report.pages.of_plan.plan_page(*found), form)
    return report.plan.plan_text(*found) if form == "text" else to_json(report.plan.plan_data(*found))


@click.command("apply")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@roles_options
@update_option
@prune_option
@allow_findings_option
@yes_option
@click.option(
    "--fail-on",
    type=click.Choice(["any", "gained"]),
    help="Change nothing and exit with 1 where something would change (any), or may be allowed more (gained).",
)
@access_options
@form_option
@output_option
def apply_command(
    files: Sequence[str], chosen: dict[str, Any], update: bool, prune: bool, allow_findings: bool, yes: bool,
    fail_on: str | None, access: AccessOptions, form: str, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Create roles in the account, after a plan and a question.

    The plan goes to stderr. A role that exists is changed with --update alone,
    and only one that rolemgr made. Each role comes into being whole or not at all; where one fails, the
    others go on. The ARNs of the roles that are there go to stdout. With --fail-on gained nothing at all is changed
    where a role or a policy may allow more than now; of a role that is new all that it may do is more.

    Of a BLUEPRINT the roles of all accounts come first, then the policies that name them. Statements that somebody
    else put in a policy stay; they go with --update --prune, after they were named. An account that can't be reached
    stops no other. Policies of the organization are not applied.

    \b
    Examples:
      rolemgr apply roles/churn.yaml
      rolemgr apply roles/*.yaml --profile ml-account --yes --format json
      rolemgr apply roles/churn.yaml --update
      rolemgr apply roles/*.yaml --update --yes --fail-on gained
      rolemgr apply blueprint.yaml --yes
    """
    options = ApplyOptions(update, prune, allow_findings, yes, fail_on)
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        apply_of(given, access, options, form, output, verbose=verbose)
        return
    apply_roles(role_choices(files, chosen), access, options, form, output, verbose=verbose)


def apply_roles(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, options: ApplyOptions, form: str,
    output: str | None, *, verbose: bool,
) -> None:  # fmt: skip
    """
    Bring the roles that *choices* describe into the account: plan, question, changes, result.

    Each role is judged for itself: one that is refused stops no other. Raises InputError before anything is
    written where the result can't be, and after the result what the first of the worst roles is refused for or
    failed of.
    """
    check_can_ask(options)
    check_output(output)
    run = account.ownership.new_run()
    way, planned, refused = prepare(choices, access, options, run, verbose=verbose, to_file=is_result_file(output))
    click.echo(report.plan.plan_text(way, planned, refused, steps=verbose or len(planned) <= _FEW), err=True, nl=False)
    done: list[Done] = []
    interruption: BaseException | None = None
    if way:
        plans = [one.plan for one in planned if not workflow.plan.problem_of(one)]
        stop_on(options.fail_on, plans)
        _ask(way, plans, options)
        with ended_cleanly():
            done, interruption = workflow.apply.carry_out(way, plans, options, run, note, verbose=verbose)
    problems = workflow.plan.refusals(planned, refused)
    done += [report.plan.Done(role, "refused", str(error)) for role, error in problems]
    unwritten = _give(way, done, form, output)
    _say_next(planned, done)
    _end(done, [*(error for _, error in problems), *unwritten], interruption)


def _say_next(planned: "Sequence[Planned]", done: "Sequence[Done]") -> None:
    """Say what is left to do with a role that is new."""
    if len(done) == 1 and done[0].result == "created":
        for text in (text for one in planned for text in one.next_steps):
            with suppress(OSError):
                next_step(text)


def role_choices(files: Sequence[str], chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the options of each role: one for each file, with the flags on top of each."""
    return role_files(with_role_files(files, chosen))


def role_files(chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what `roles_options` collected as the options of each role; raise InputError for one name for several."""
    if not many_roles(chosen):
        return [one_role(chosen)]
    files = workflow.many.matching_files(chosen["role"], OUTSIDE)
    if chosen["name"] and len(files) > 1:
        raise InputError(SourceLocation("--name"), "names one role, and there are several files")
    return [{**chosen, "role": file} for file in files]


# --- before


def _ask(way: "Access", plans: "Sequence[RolePlan]", options: ApplyOptions) -> None:
    """Ask for each kind of change; raise Refused for a no."""
    for action, verb in (("create", "create"), ("update", "change")):
        count = sum(plan.action == action for plan in plans)
        if not count or options.yes:
            continue
        roles = f"{count} role{'s' if count > 1 else ''}"
        if not click.confirm(f"{verb} {roles} in account {way.account}?", err=True):
            raise Refused("nothing was changed")


# --- after


def _give(way: "Access | None", done: "Sequence[Done]", form: str, output: str | None) -> list[InputError]:
    """
    Write what was done. Where it can't be written (a full disk), say it on stderr and return why.

    The account is changed by now: what is there, and what is left, must not go unsaid.
    """
    unwritten: list[InputError] = []
    with gathering(unwritten):
        text = to_json(report.plan.done_data(way, done)) if form == "json" else report.plan.done_text(done)
        write_output(text, output)
    for one in done if unwritten else ():
        with suppress(OSError):
            note(f"{one.result} {one.arn}")
    return unwritten


def _end(done: "Sequence[Done]", problems: Sequence[RolemgrError], interruption: BaseException | None) -> None:
    """Say what was done, what was refused, what failed and what is left of it, and end with the exit code of that."""
    if len(done) > 1:
        counts = Counter(one.result for one in done)
        note(", ".join(f"{count} {result}" for result, count in counts.items()))
    for one in done:
        for left in one.left:
            click.echo(f"error: left in the account: {left}", err=True)
    failed = [one for one in done if one.result == "failed"]
    lines = [f"role {one.arn}: {one.error}; {one.remains}" for one in failed]
    if skipped := [one for one in done if one.result == "not begun"]:
        lines.append(f"not begun: {', '.join(one.arn for one in skipped)}")
    errors = [*problems, *map(AwsError, lines)]
    if interruption:
        click.echo("".join(f"error: {error}\n" for error in errors), err=True, nl=False)
        raise interruption
    end_with(errors)
