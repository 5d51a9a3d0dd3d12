"""`rolemgr create`: render one role."""

from typing import Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.export import export_options, exported, refuse_export_options
from rolemgr.cli.files import write_output
from rolemgr.cli.options import role_options


@click.command("create")
@role_options
@export_options
@click.option("--explain", is_flag=True, help="Add the catalog files and lines that each statement comes from.")
@output_option
def create_command(
    chosen: dict[str, Any], form: str, export: dict[str, Any], explain: bool, output: str | None, verbose: bool
) -> None:  # fmt: skip
    """
    Render one IAM role: JSON, CloudFormation, Terraform ...

    JSON and YAML have the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS.

    \b
    Examples:
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create --role roles/churn.yaml --format yaml -o churn.yaml
      rolemgr create --role roles/churn.yaml --format cloudformation --parameterize -o churn.yaml
      rolemgr create --persona ml-engineer --format terraform -o ml-engineer/role.tf.json
    """
    if form not in ("json", "yaml"):
        write_output(exported(chosen, form, {**export, "explain": explain}, verbose=verbose), output)
        return
    refuse_export_options(form, export)
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.files.write import to_json, to_yaml

    found = render_chosen(chosen, verbose=verbose)
    properties = found.documents.to_properties()
    if explain:
        from rolemgr.render.explain import explanation

        properties["Metadata"] = explanation(found.role)
    write_output(to_yaml(properties) if form == "yaml" else to_json(properties), output)
