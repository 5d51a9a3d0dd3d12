"""`rolemgr report`: one page of a role, roles, the catalog, a blueprint or an audit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.audit import DAYS
from rolemgr.cli.console import format_option, output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.inventory import a_day, end_with, inventory_of
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.lazy import catalog as entries
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.files.write import to_json
from rolemgr.workflow.role_options import given_flag, with_role_files

if TYPE_CHECKING:
    from rolemgr.workflow.outside import Outside
    from rolemgr.workflow.report import Report

_LANGUAGES = {"html": "HTML", "json": "JSON"}


@click.command("report")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]|[INVENTORY]...")
@roles_options
@click.option("--as-of", metavar="DATE", help="Of an inventory: today, such as 2026-11-28; else its newest day.")
@format_option(["html", "json"], "The form of the result: one HTML page, or the same as JSON.")
@output_option
def report_command(
    files: Sequence[str], chosen: dict[str, Any], as_of: str | None, form: str, output: str | None, verbose: bool
) -> None:
    """
    Make an HTML report.

    Of a role or several: what each can do, which resources it reaches with which access levels, which guardrail narrows
    which action, and each statement with the group, guardrail and parameters that gave it. Of a BLUEPRINT, its picture
    of accounts and flows too; --account and --role pick parts. Of an INVENTORY, what `rolemgr audit` takes, its
    findings. Without a role it is the catalog in force: personas by capability, separation and resource.

    The page is one file that asks for nothing else, reads without JavaScript, prints, and has its data in it as JSON.
    What it has no room for it says, with the command that has it. Nothing touches AWS.

    \b
    Examples:
      rolemgr report -o catalog.html
      rolemgr report --persona data-scientist -o role.html
      rolemgr report roles/ -o roles.html
      rolemgr report blueprint.yaml -o blueprint.html
      rolemgr report account.json --format json -o audit.json
    """
    require_ending(output, _LANGUAGES[form], "give another name, or another --format")
    around = OUTSIDE._replace(read=workflow.report_given.reading_once(OUTSIDE.read))
    if as_of is None and (given := workflow.blueprint_given.given_blueprint(files, chosen, around)):
        found = workflow.report_blueprint.blueprint_reported(given, around)
    elif files and workflow.report_given.is_inventory(files, around):
        _of_inventory(files, chosen, as_of, form, output, around)
        return
    else:
        found = _of_roles(files, chosen, as_of, around, verbose=verbose)
    write_output(report.pages.html.html(found.page) if form == "html" else to_json(found.page.data), output)
    raise_all(found.wrong)


def _of_roles(
    files: Sequence[str], chosen: dict[str, Any], as_of: str | None, around: "Outside", *, verbose: bool
) -> "Report":
    if as_of is not None:
        raise InputError(SourceLocation("--as-of"), "goes with an inventory", "give what `rolemgr audit` takes")
    return workflow.report.roles_or_catalog_reported(with_role_files(files, chosen), around, verbose=verbose)


def _of_inventory(
    files: Sequence[str], chosen: dict[str, Any], as_of: str | None, form: str, output: str | None,
    around: "Outside",
) -> None:  # fmt: skip
    """Write the report on the inventory in *files*; end with 2 where some of it can't be read."""
    beside = {key: value for key, value in chosen.items() if key != "catalog"}
    if flag := given_flag(beside):
        raise InputError(SourceLocation(flag), "goes with a role, and an inventory is given", "leave one of them out")
    day = a_day(as_of)
    stdin = {"<stdin>": around.read("-", audit.read.FILE_LIMITS)[0]} if "-" in files else {}
    inventory, wrong, whole = inventory_of(list(stdin) or files, stdin)
    personas = audit.personas.persona_actions(entries.load.Catalog(workflow.choices.catalog_folders(chosen["catalog"])))
    judged = audit.run.audit(inventory, lambda: personas, as_of=day, days=DAYS)
    found = workflow.audit.excused(judged, None)
    words = [*files, *(["--as-of", as_of] if as_of else [])]
    pages = report.pages.of_report_audit
    page = pages.audit_report(found, words, workflow.report.whole_command(words))
    write_output(report.pages.html.html(page) if form == "html" else to_json(pages.audit_report_data(found)), output)
    end_with(wrong, whole)
