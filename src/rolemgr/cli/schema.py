"""`rolemgr schema`: the JSON Schemas that editors complete and check YAML files with."""

import click

from rolemgr.cli.console import output_option
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
@output_option
def schema_command(name: str, output: str | None) -> None:
    """
    Print the JSON Schema of a file format.

    \b
    Example:
      rolemgr schema activity-group > activity-group.schema.json
    """
    write_output(to_json(workflow.schemas.schema_of(name)), output)
