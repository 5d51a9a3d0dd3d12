"""`rolemgr create`: render one role, or each of many."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.export import FORMS, Exports, Written, export_options, written
from rolemgr.cli.files import note, write_output
from rolemgr.cli.options import many_roles, names_a_role, one_role, roles_options

if TYPE_CHECKING:
    from rolemgr.cli.rendering import Chosen


@click.command("create")
@roles_options
@export_options
@output_option
def create_command(chosen: dict[str, Any], exports: Exports, output: str | None, verbose: bool) -> None:
    """
    Render one IAM role: JSON, CloudFormation, Terraform ...

    JSON and YAML have the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS.

    On a terminal and without a persona or role file, a wizard asks for the role in four steps, shows it for
    review, and prints the command line that gives the same.

    \b
    Examples:
      rolemgr create
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create --role roles/churn.yaml --format cloudformation --parameterize -o churn.yaml
      rolemgr create --persona ml-engineer --format terraform -o ml-engineer/role.tf.json
      rolemgr create --role 'roles/*.yaml' -o out/
    """
    exports.check()
    make = partial(written, exports=exports)
    if many_roles(chosen):
        _create_many(chosen, make, exports, output, verbose=verbose)
        return
    if at_a_terminal() and not names_a_role(chosen, os.environ):
        from rolemgr.cli.wizard import ask_for_role

        chosen = ask_for_role(click.get_current_context(), chosen)
    from rolemgr.cli.rendering import render_chosen

    made = make(render_chosen(one_role(chosen), verbose=verbose, filled_later=exports.filled_later))
    for text in made.notes:
        note(text)
    write_output(made.text, output)


def _create_many(
    chosen: dict[str, Any], make: "Callable[[Chosen], Written]", exports: Exports, output: str | None, *, verbose: bool
) -> None:  # fmt: skip
    """Write each role as a file of its own to the folder *output*; nothing where anything is wrong."""
    from rolemgr.cli.many import make_each, matching_files, require_folder, say_notes, write_each

    require_folder(output)
    files = matching_files(chosen["role"])
    found = make_each(chosen, files, make, verbose=verbose, filled_later=exports.filled_later)
    made = [one._replace(notes=(*one.notes, *one.result.notes)) for one in found]
    say_notes(made)
    write_each([one.with_result(one.result.text) for one in made], output, FORMS[exports.form])


def at_a_terminal() -> bool:
    """Tell whether somebody can be asked: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
