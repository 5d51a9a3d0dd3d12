"""`rolemgr preview`: a role for the person who approves it."""

from collections.abc import Sequence
from typing import Any

import click

from rolemgr.cli.console import color_option, give, output_option, page_form_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, raise_all
from rolemgr.workflow.role_options import many_roles, with_role_files


@click.command("preview")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@role_options
@page_form_option
@output_option
@color_option
@click.option(
    "--full", is_flag=True, help="Add groups, statements, origins and settings to the text; other forms have them."
)
def preview_command(
    files: Sequence[str], chosen: dict[str, Any], form: str, output: str | None, color: str, full: bool, verbose: bool
) -> None:
    """
    Show a role for review, on one page.

    Who may assume it, as what its work runs, what it can and can never do, writes and reads, its limits, and what
    deserves a second look. What it can do is found out by evaluation. Of several role files, or a folder, it is each
    on its page, one after another. Of a BLUEPRINT it is a summary first, then flows
    and each account; --account picks some, and --role one role for its own page. Nothing touches AWS.

    \b
    Examples:
      rolemgr preview --persona data-scientist
      rolemgr preview --persona data-scientist --full
      rolemgr preview roles/churn.yaml --format json
      rolemgr preview roles/ --format markdown
      rolemgr preview roles/churn.yaml --format markdown
      rolemgr preview roles/churn.yaml --format html -o churn.html
      rolemgr preview blueprint.yaml --account data
    """
    wrong: Sequence[InputError] = ()
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        found, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
        views = workflow.blueprint_preview.preview_blueprint(given.name, found, pick, OUTSIDE, full=full)
    elif len(roles := _role_files(files, chosen)) > 1:
        each = workflow.preview_each.preview_each(roles, chosen, OUTSIDE, full=full, verbose=verbose)
        views, wrong = each.preview, each.wrong
    else:
        one = workflow.many.with_role_file(files, chosen, OUTSIDE)
        views = workflow.preview.preview(one, OUTSIDE, full=full, verbose=verbose)
    if form in report.pages.forms.FORMS:
        require_ending(output, report.pages.forms.FORMS[form], "give another name, or another --format")
        write_output(views.in_form(form), output)
    else:
        give(form, views.data, views.page, output, color)
    raise_all(wrong)


def _role_files(files: Sequence[str], chosen: dict[str, Any]) -> Sequence[str]:
    """Return the role files that *files* mean; none where they are left to those who take one."""
    given = with_role_files(files, chosen)
    return workflow.many.matching_files(files, OUTSIDE) if files and many_roles(given) else ()
