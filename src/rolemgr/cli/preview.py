"""`rolemgr preview`: a role for the person who approves it."""

import os
from pathlib import PurePath
from typing import Any

import click

from rolemgr.cli.console import color_option, give, output_option, page_form_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation


@click.command("preview")
@click.argument("file", required=False, metavar="[ROLE_FILE|BLUEPRINT]")
@role_options
@page_form_option
@output_option
@color_option
@click.option(
    "--full", is_flag=True, help="Add groups, statements, origins and settings to the text; other forms have them."
)
def preview_command(
    file: str | None, chosen: dict[str, Any], form: str, output: str | None, color: str, full: bool, verbose: bool
) -> None:
    """
    Show a role for review, on one page.

    Who may assume it, as what its work runs, what it can and can never do, writes and reads, its limits, and what
    deserves a second look. What it can do is found out by evaluation. Of a BLUEPRINT it is a summary first, then flows
    and each account; --account picks some, and --role one role for its own page. Nothing touches AWS.

    \b
    Examples:
      rolemgr preview --persona data-scientist
      rolemgr preview --persona data-scientist --full
      rolemgr preview roles/churn.yaml --format json
      rolemgr preview --role roles/churn.yaml --format markdown
      rolemgr preview --role roles/churn.yaml --format html -o churn.html
      rolemgr preview blueprint.yaml --account data
    """
    if given := workflow.blueprint_given.given_blueprint([file] if file else [], chosen, OUTSIDE):
        found, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
        views = workflow.blueprint_preview.preview_blueprint(given.name, found, pick, OUTSIDE, full=full)
    else:
        views = workflow.preview.preview(_with_file(file, chosen), OUTSIDE, full=full, verbose=verbose)
    if form in report.pages.forms.FORMS:
        require_ending(output, report.pages.forms.FORMS[form], "give another name, or another --format")
        write_output(views.in_form(form), output)
        return
    give(form, views.data, views.page, output, color)


def _with_file(file: str | None, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return *chosen* with the role file that stands without ``--role``; raise InputError where there are both."""
    if file is None:
        return chosen
    if not os.path.lexists(file) and PurePath(file).suffix == "" and "/" not in file:
        raise InputError(None, f"got unexpected extra argument ({file})", f"did you mean --persona {file}?")
    if given := next((name for name in ("role", "persona") if chosen[name]), None):
        raise InputError(SourceLocation(f"--{given}"), "goes without a role file, which is a role by itself")
    return {**chosen, "role": file}
