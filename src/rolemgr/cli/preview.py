"""`rolemgr preview`: a role for the person who approves it."""

from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command("preview")
@role_options
@form_option
@output_option
@color_option
@click.option("--full", is_flag=True, help="Add the groups, statements, origins and settings that the page is about.")
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
    """
    from rolemgr.report import preview, review  # help does not pay for these
    from rolemgr.workflow.role import render_chosen

    found = render_chosen(chosen, OUTSIDE, verbose=verbose)
    shown = (found.role, found.documents, found.catalog)

    def page() -> "RenderableType":
        from rolemgr.workflow.check_role import findings_in_force  # JSON has no findings

        one = review.review_page(*shown, findings_in_force(found))
        return preview.full_page(one, found.role, found.catalog) if full else one

    give(form, lambda: preview.preview_data(*shown), page, output, color)
