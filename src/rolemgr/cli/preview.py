"""`rolemgr preview`: a role for the person who approves it."""

from typing import Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.options import role_options


@click.command("preview")
@role_options
@form_option
@output_option
@color_option
def preview_command(chosen: dict[str, Any], form: str, output: str | None, color: str, verbose: bool) -> None:
    """
    Show a role for review: statements, origins, trust, sizes.

    \b
    Examples:
      rolemgr preview --persona data-scientist
      rolemgr preview --role roles/churn.yaml --format json
    """
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.report.preview import preview_data, preview_page

    found = render_chosen(chosen, verbose=verbose)
    give(
        form,
        lambda: preview_data(found.role, found.documents, found.catalog),
        lambda: preview_page(found.role, found.documents, found.catalog),
        output,
        color,
    )
