"""What `plan`, `apply` and `drift` do with a blueprint: account by account, and all that is refused said at the end."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import click

from rolemgr import __version__
from rolemgr.cli.files import is_file, note, write_output
from rolemgr.cli.lazy import account, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.planning import check_can_ask, check_output, end_with, ended_cleanly, fails, stop_on
from rolemgr.cli.progress import progress
from rolemgr.errors import AwsError, InputError, Refused, RolemgrError, gathering
from rolemgr.files.write import to_json
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions

if TYPE_CHECKING:
    from rolemgr.report.asff_findings import AsffHub
    from rolemgr.report.blueprint_plan import AccountDone, BlueprintPlan
    from rolemgr.workflow.blueprint_given import GivenBlueprint

_FEW = 10
"""Up to so many roles each step is shown; more would hide what matters."""


def plan_of(
    given: "GivenBlueprint", access: AccessOptions, options: ApplyOptions, fail_on: str | None, form: str,
    output: str | None,
) -> None:  # fmt: skip
    """
    Show what `apply` would do with a blueprint.

    Ends with 1 where it would refuse, or do what *fail_on* says, and with 3 where AWS did not tell.
    """
    found, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
    plan = workflow.blueprint_plan.plan_blueprint(found, access, options, "", progress, pick, organization=True)
    unwritten: list[InputError] = []
    with gathering(unwritten):
        write_output(_plan_in(form, plan), output)
    end_with([*plan.errors, *unwritten])
    roles = (role.plan for one in plan.accounts for role in one.roles)
    if _problems(plan) or fails(fail_on, chain(roles, (each for one in plan.accounts for each in one.policies))):
        sys.exit(1)


def _plan_in(form: str, plan: "BlueprintPlan") -> str:
    if form in report.pages.forms.FORMS:
        return report.pages.forms.page_text(report.pages.of_blueprint.plan_page(plan), form)
    if form == "text":
        return report.blueprint_plan.blueprint_plan_text(plan)
    return to_json(report.blueprint_plan.blueprint_plan_data(plan))


def _problems(plan: "BlueprintPlan") -> list[RolemgrError]:
    """Return why nothing is done for roles and policies of *plan*."""
    roles = [found for one in plan.accounts for role in one.roles if (found := workflow.plan.problem_of(role))]
    return [*roles, *(each.problem for one in plan.accounts for each in one.policies if each.problem)]


def drift_of(
    given: "GivenBlueprint", access: AccessOptions, fail_on: str, form: str, hub: "AsffHub | None", output: str | None
) -> None:
    """Say where accounts and organization differ from a blueprint; end with 1 where they do, with 3 where unknown."""
    found, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
    drift = workflow.blueprint_drift.drift_of_blueprint(found, access, progress, pick)
    for text in (text for one in drift.accounts for role in one.roles for text in role.drift.notes):
        note(text)
    unwritten: list[InputError] = []
    with gathering(unwritten):
        forms = report.blueprint_drift_forms
        text = (
            forms.blueprint_drift_asff(drift, hub, is_file) if hub
            else forms.blueprint_drift_report(form, drift, __version__, is_file)
        )  # fmt: skip
        write_output(text, output)
    end_with([*drift.errors, *unwritten])
    if workflow.blueprint_drift.fails(drift, fail_on):
        sys.exit(1)


def apply_of(
    given: "GivenBlueprint", access: AccessOptions, options: ApplyOptions, form: str, output: str | None,
    *, verbose: bool,
) -> None:  # fmt: skip
    """Bring a blueprint into its accounts: plan, question, changes, result; one account stops no other."""
    check_can_ask(options)
    check_output(output)
    run = account.ownership.new_run()
    found, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
    plan = workflow.blueprint_plan.plan_blueprint(found, access, options, run, progress, pick, organization=False)
    many = sum(len(one.roles) + len(one.policies) for one in plan.accounts)
    click.echo(report.blueprint_plan.blueprint_plan_text(plan, steps=verbose or many <= _FEW), err=True, nl=False)
    if plan.exported:
        note(report.blueprint_plan.ORGANIZATION_NOTE)
    roles = [one.plan for each in plan.accounts for one in each.roles if not workflow.plan.problem_of(one)]
    stop_on(options.fail_on, roles, [one for each in plan.accounts for one in each.policies if not one.problem])
    _ask(plan, options)
    with ended_cleanly():
        done, interruption = workflow.blueprint_apply.apply_blueprint(plan, options, run, note, verbose=verbose)
    unwritten = _give(done, form, output)
    _end(plan, done, unwritten, interruption)


def _ask(plan: "BlueprintPlan", options: ApplyOptions) -> None:
    """Ask for each kind of change; raise Refused for a no."""
    accounts = len([one for one in plan.accounts if one.way])
    for verb, count, one, several in _questions(plan):
        if count and not options.yes:
            where = f"{accounts} account{'s' if accounts > 1 else ''}"
            if not click.confirm(f"{verb} {count} {one if count == 1 else several} in {where}?", err=True):
                raise Refused("nothing was changed")


def _questions(plan: "BlueprintPlan") -> Iterator[tuple[str, int, str, str]]:
    """Yield what is asked: the verb, how many, and of what, as one and as several."""
    roles = [one.plan for each in plan.accounts for one in each.roles if not workflow.plan.problem_of(one)]
    policies = [one for each in plan.accounts for one in each.policies if not one.problem]
    for action, verb in (("create", "create"), ("update", "change")):
        yield verb, sum(one.action == action for one in roles), "role", "roles"
        yield verb, sum(one.action == action for one in policies), "policy of a resource", "policies of resources"
    taken = sum(len(one.taken) for one in policies)
    yield "take away", taken, "statement that is not in the blueprint", "statements that are not in the blueprint"


def _give(done: "Sequence[AccountDone]", form: str, output: str | None) -> list[InputError]:
    """Write what was done; where it can't be written (a full disk), say it on stderr and return why."""
    unwritten: list[InputError] = []
    every = [each for one in done for each in (*one.roles, *one.policies)]
    with gathering(unwritten):
        data = report.blueprint_plan.blueprint_done_data
        write_output(to_json(data(done)) if form == "json" else report.plan.done_text(every), output)
    for one in every if unwritten else ():
        with suppress(OSError):
            note(f"{one.result} {one.arn}")
    return unwritten


def _end(
    plan: "BlueprintPlan", done: "Sequence[AccountDone]", unwritten: Sequence[InputError],
    interruption: BaseException | None,
) -> None:  # fmt: skip
    """Say what was done, refused, failed and left, and end with the exit code of that."""
    every = [each for one in done for each in (*one.roles, *one.policies)]
    counts = Counter(one.result for one in every)
    if counts:
        note(", ".join(f"{count} {result}" for result, count in counts.items()))
    for one in every:
        for left in one.left:
            click.echo(f"error: left in the account: {left}", err=True)
    lines = [f"{one.arn}: {one.error}; {one.remains}" for one in every if one.result == "failed"]
    if skipped := [one.arn for one in every if one.result == "not begun"]:
        lines.append(f"not begun: {', '.join(skipped)}")
    errors = [*plan.errors, *_problems(plan), *map(AwsError, lines), *unwritten]
    if interruption:
        click.echo("".join(f"error: {error}\n" for error in errors), err=True, nl=False)
        raise interruption
    end_with(errors)
