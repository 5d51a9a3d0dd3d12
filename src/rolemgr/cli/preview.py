"""`rolemgr preview`: a role for the person who approves it."""

from typing import Any

import click

from rolemgr.cli.console import color_option, show
from rolemgr.cli.files import write_output
from rolemgr.cli.options import role_options


@click.command("preview")
@role_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="The form of the result.")
@color_option
def preview_command(chosen: dict[str, Any], form: str, color: str, verbose: bool) -> None:
    """
    Show a role for review: statements, origins, trust, sizes.

    \b
    Examples:
      rolemgr preview --persona data-scientist
      rolemgr preview --role roles/churn.yaml --format json
    """
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.files.write import to_json
    from rolemgr.report.preview import preview_data, preview_page

    found = render_chosen(chosen, verbose=verbose)
    if form == "json":
        write_output(to_json(preview_data(found.role, found.documents)), None)
    else:
        show(preview_page(found.role, found.documents, found.catalog), color)
