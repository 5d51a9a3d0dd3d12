"""`rolemgr create`: render one role."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import write_output
from rolemgr.cli.options import many_roles, names_a_role, one_role, roles_options

if TYPE_CHECKING:
    from rolemgr.cli.rendering import Chosen


@click.command("create")
@roles_options
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
      rolemgr create --role 'roles/*.yaml' -o out/
    """
    from rolemgr.cli.rendering import render_chosen

    as_text = partial(_text, form=form, explain=explain)
    if many_roles(chosen):
        _create_many(chosen, as_text, _SUFFIXES[form], output, verbose=verbose)
        return
    if at_a_terminal() and not names_a_role(chosen, os.environ):
        from rolemgr.cli.wizard import ask_for_role

        chosen = ask_for_role(click.get_current_context(), chosen)
    write_output(as_text(render_chosen(one_role(chosen), verbose=verbose)), output)


def _text(found: "Chosen", form: str, explain: bool) -> str:
    """Return a rendered role in the *form* that was asked for."""
    from rolemgr.files.write import to_json, to_yaml

    properties = found.documents.to_properties()
    if explain:
        from rolemgr.render.explain import explanation

        properties["Metadata"] = explanation(found.role)
    return to_yaml(properties) if form == "yaml" else to_json(properties)


_SUFFIXES = {"json": "json", "yaml": "yaml"}
"""What the name of a file ends in, by the form of its content."""


def _create_many(
    chosen: dict[str, Any], as_text: "Callable[[Chosen], str]", suffix: str, output: str | None, *, verbose: bool
) -> None:
    """Write each role as a file of its own to the folder *output*; nothing where anything is wrong."""
    from rolemgr.cli.many import make_each, matching_files, require_folder, say_notes, write_each

    require_folder(output)
    made = make_each(chosen, matching_files(chosen["role"]), as_text, verbose=verbose)
    say_notes(made)
    write_each(made, output, suffix)


def at_a_terminal() -> bool:
    """Tell whether somebody can be asked: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
