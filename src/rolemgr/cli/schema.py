"""`rolemgr schema`: the JSON Schemas that editors complete and check YAML files with."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import catalog_option, output_option
from rolemgr.cli.files import write_output
from rolemgr.cli.lazy import workflow
from rolemgr.files.write import to_json

SCHEMAS = (
    "persona", "separation", "activity-group", "shared-parameters", "guardrail", "guardrail-profile", "role", "tests",
    "checks", "check-config", "inventory", "layer-pattern", "resource-pattern", "share-pattern", "detective-control",
    "flow", "blueprint",
)  # fmt: skip


@click.command("schema")
@click.argument("name", type=click.Choice(SCHEMAS))
@catalog_option
@output_option
def schema_command(name: str, catalog: Sequence[str], output: str | None) -> None:
    """
    Print the JSON Schema of a file format.

    It describes each field, and offers the catalog's personas, activity groups, guardrails, profiles and separations;
    with --catalog yours too.

    \b
    Examples:
      rolemgr schema activity-group > activity-group.schema.json
      rolemgr schema role --catalog our-catalog/ -o role.schema.json
    """
    folders = workflow.choices.catalog_folders(catalog)
    write_output(to_json(workflow.schemas.schema_of(name, folders)), output)
