"""`rolemgr schema`: the JSON Schemas that editors complete and check YAML files with."""

from typing import Any

import click

from rolemgr.cli.console import output_option

SCHEMAS = (
    "persona", "separation", "activity-group", "shared-parameters", "guardrail", "guardrail-profile", "role", "tests",
    "checks", "check-config",
)  # fmt: skip


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the file format *name*, one of `SCHEMAS`."""
    from rolemgr.iam.base import Model
    from rolemgr.model.catalog import ActivityGroup, Persona, Separation, SharedParameters
    from rolemgr.model.check_config import CheckConfigFile
    from rolemgr.model.custom_checks import CustomChecks
    from rolemgr.model.guardrail import Guardrail, GuardrailProfile
    from rolemgr.model.policy_tests import PolicyTests
    from rolemgr.model.spec import RoleSpec

    models: dict[str, type[Model]] = {
        "persona": Persona,
        "separation": Separation,
        "activity-group": ActivityGroup,
        "shared-parameters": SharedParameters,
        "guardrail": Guardrail,
        "guardrail-profile": GuardrailProfile,
        "role": RoleSpec,
        "tests": PolicyTests,
        "checks": CustomChecks,
        "check-config": CheckConfigFile,
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | models[name].model_json_schema()


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
    from rolemgr.cli.files import write_output
    from rolemgr.files.write import to_json

    write_output(to_json(schema_of(name)), output)
