"""`rolemgr preview`: a role for the person who approves it."""

from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import color_option, give, output_option, page_form_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.options import role_options

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command("preview")
@role_options
@page_form_option
@output_option
@color_option
@click.option(
    "--full",
    is_flag=True,
    help="Add groups, statements, origins and settings to the text; the other forms have them anyway.",
)
def preview_command(
    chosen: dict[str, Any], form: str, output: str | None, color: str, full: bool, verbose: bool
) -> None:
    """
    Show a role for review, on one page.

    Who may assume it, as what its work runs, what it can and can never do, writes and reads, its limits, and what
    deserves a second look. What it can do is found out by evaluation. Nothing touches AWS.

    \b
    Examples:
      rolemgr preview --persona data-scientist
      rolemgr preview --persona data-scientist --full
      rolemgr preview --role roles/churn.yaml --format json
      rolemgr preview --role roles/churn.yaml --format markdown
      rolemgr preview --role roles/churn.yaml --format html -o churn.html
    """
    from rolemgr.cli.check import findings_in_force
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.report.pages.forms import FORMS, page_text
    from rolemgr.report.pages.of_role import role_page
    from rolemgr.report.preview import full_page, preview_data
    from rolemgr.report.review import review_page

    found = render_chosen(chosen, verbose=verbose)
    shown = (found.role, found.documents, found.catalog)

    if form in FORMS:
        require_ending(output, FORMS[form], "give another name, or another --format")
        write_output(page_text(role_page(*shown, findings_in_force(found)), form), output)
        return

    def page() -> "RenderableType":
        one = review_page(*shown, findings_in_force(found))
        return full_page(one, found.role, found.catalog) if full else one

    give(form, lambda: preview_data(*shown), page, output, color)
