"""`rolemgr drift`: roles in the account against their files, by meaning."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rolemgr import __version__
from rolemgr.cli.access import access_options
from rolemgr.cli.apply import role_choices
from rolemgr.cli.blueprints import drift_of
from rolemgr.cli.console import fail_on_option, findings_form_option, output_option
from rolemgr.cli.files import is_file, is_stdout, note, write_output
from rolemgr.cli.hub import hub_options
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.planning import end_with, in_account
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, gathering
from rolemgr.workflow.account_options import AccessOptions

if TYPE_CHECKING:
    from rolemgr.report.asff_findings import AsffHub
    from rolemgr.report.drift import ExaminedRole


@click.command("drift")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@roles_options
@fail_on_option("SUGGESTION", "drift")
@findings_form_option
@hub_options
@access_options
@output_option
def drift_command(
    files: Sequence[str], chosen: dict[str, Any], fail_on: str, form: str, hub: "AsffHub | None",
    access: AccessOptions, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Say where roles in the account differ from their files.

    Reads the account and changes nothing. Policies are compared by what they mean: order, Sids, case of
    actions, one statement or five are no drift. Each difference names the policy and the statement, and has a
    `rolemgr simulate` line that asks the file about it. What can't be told is drift too. Exits with 0 where
    there is none, with 1 where there is.

    Of a BLUEPRINT it is all accounts, each reached as the file says: roles, the policies of what they share, and the
    policies of the organization. --account and --role pick some. What can't be read is said, and exits with 3.

    \b
    JSON: {"account", "partition", "roles": [{"arn", "drift": true|false, "notes", "findings": [{"rule", "name",
    "severity", "message", "path", "line", "changes", ...}]}]}; of access also "direction" (gained or lost),
    "statements", "denied_by", "actions", "origins", "request", "ask" or "unknown"; of a value "file" and "account".

    \b
    Examples:
      rolemgr drift roles/churn.yaml
      rolemgr drift roles/*.yaml --profile ml-account --fail-on WARNING
      rolemgr drift roles/*.yaml --format sarif -o drift.sarif
      rolemgr drift roles/*.yaml --format asff --hub 123456789012:eu-west-1 --as-of 2026-11-28 -o findings.json
      rolemgr drift blueprint.yaml --format markdown
    """
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        drift_of(given, access, fail_on, form, hub, output)
        return
    _drift_of_roles(role_choices(files, chosen), access, fail_on, form, hub, output, verbose=verbose)


def _drift_of_roles(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, fail_on: str, form: str,
    hub: "AsffHub | None", output: str | None, *, verbose: bool,
) -> None:  # fmt: skip
    """Say how the roles that *choices* describe differ in the account; end with 1 where they do."""
    to_file = output is not None and not is_stdout(output)
    way, roles, refused = in_account(choices, access, verbose=verbose, to_file=to_file)
    examined: list[ExaminedRole] = []
    if way:
        examined, unseen = workflow.plan.each_examined(roles, partial(workflow.drift.examine, way), progress)
        refused += unseen
    if not examined:
        workflow.plan.stop_if_alone(len(choices), refused, to_file=to_file)
    for one in examined:
        for text in one.drift.notes:
            note(text)
    unwritten: list[InputError] = []
    with gathering(unwritten):
        forms = report.drift_forms
        text = (
            forms.drift_asff(examined, refused, hub, is_file) if hub
            else forms.drift_report(form, way, examined, refused, __version__, is_file)
        )  # fmt: skip
        write_output(text, output)
    end_with([*(one.error for one in refused), *unwritten])
    if workflow.drift.is_bad(examined, fail_on):
        sys.exit(1)
