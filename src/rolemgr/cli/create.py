"""`rolemgr create`: render one role."""

import os
import sys
from typing import Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import write_output
from rolemgr.cli.options import names_a_role, role_options


@click.command("create")
@role_options
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", help="The form of the result.")
@click.option("--explain", is_flag=True, help="Add the catalog files and lines that each statement comes from.")
@output_option
def create_command(chosen: dict[str, Any], form: str, explain: bool, output: str | None, verbose: bool) -> None:
    """
    Render one IAM role as JSON or YAML.

    The result has the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS.

    On a terminal and without a persona or role file, a wizard asks for the role in four steps, shows it for
    review, and prints the command line that gives the same.

    \b
    Examples:
      rolemgr create
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create --role roles/churn.yaml --format yaml -o churn.yaml
    """
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.files.write import to_json, to_yaml

    if at_a_terminal() and not names_a_role(chosen, os.environ):
        from rolemgr.cli.wizard import ask_for_role

        chosen = ask_for_role(click.get_current_context(), chosen)
    found = render_chosen(chosen, verbose=verbose)
    properties = found.documents.to_properties()
    if explain:
        from rolemgr.render.explain import explanation

        properties["Metadata"] = explanation(found.role)
    write_output(to_yaml(properties) if form == "yaml" else to_json(properties), output)


def at_a_terminal() -> bool:
    """Tell whether somebody can be asked: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
