"""`rolemgr list` and `rolemgr show`: what the catalog offers."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import catalog_option, color_option, show
from rolemgr.cli.files import write_output
from rolemgr.cli.options import catalog_folders

_form_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="The form of the result."
)


@click.command("list")
@click.argument("kind", type=click.Choice(["personas", "activity-groups"]))
@click.option("--matrix", is_flag=True, help="Show which persona has which activity group.")
@catalog_option
@_form_option
@color_option
def list_command(kind: str, matrix: bool, catalog: Sequence[str], form: str, color: str) -> None:
    """
    List personas or activity groups.

    \b
    Examples:
      rolemgr list personas
      rolemgr list activity-groups --matrix
      rolemgr list activity-groups --catalog ./our-catalog --format json
    """
    from rolemgr.catalog.load import Catalog
    from rolemgr.files.write import to_json
    from rolemgr.report import entries

    loaded = Catalog(catalog_folders(catalog))
    table, data = {
        "personas": (entries.personas_table, entries.personas_data),
        "activity-groups": (entries.groups_table, entries.groups_data),
        "matrix": (entries.matrix_table, entries.matrix_data),
    }["matrix" if matrix else kind]
    if form == "json":
        write_output(to_json(data(loaded)), None)
    else:
        show(table(loaded), color)


@click.command("show")
@click.argument("kind", type=click.Choice(["persona", "activity-group"]))
@click.argument("name")
@catalog_option
@_form_option
@color_option
def show_command(kind: str, name: str, catalog: Sequence[str], form: str, color: str) -> None:
    """
    Show one catalog entry as a tree.

    \b
    Examples:
      rolemgr show persona data-scientist
      rolemgr show activity-group run-training-jobs
    """
    from rolemgr.catalog.load import Catalog
    from rolemgr.files.write import to_json
    from rolemgr.report import entries

    loaded = Catalog(catalog_folders(catalog))
    if form == "text":
        tree = {"persona": entries.persona_tree, "activity-group": entries.group_tree}[kind]
        show(tree(loaded, name), color)
    elif kind == "persona":
        write_output(to_json(entries.entry_data(loaded.persona(name), loaded.found("personas")[name])), None)
    else:
        found = loaded.found("activity_groups").get(name)
        entry = loaded.activity_group(name)
        assert found is not None  # noqa: S101 - the line above raised otherwise
        write_output(to_json(entries.entry_data(entry, found)), None)
