"""`rolemgr preview`: a role for the person who approves it."""

from typing import Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE


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
    from rolemgr.workflow.preview import preview  # help does not pay for it

    views = preview(chosen, OUTSIDE, full=full, verbose=verbose)
    give(form, views.data, views.page, output, color)
