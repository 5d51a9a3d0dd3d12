"""`rolemgr who-can`: who in an inventory may do an action, by which statements, and through whom."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rolemgr.cli.console import form_option, output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.inventory import end_with, inventory_or_blueprint
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json

FAIL_ON = ("anybody", "cannot-tell")


@click.command("who-can")
@click.argument("action", metavar="ACTION")
@click.argument("words", nargs=-1, metavar="[RESOURCE] FILE...", required=True)
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), multiple=True,
    help="Exit with 1 where anybody can, on conditions, through others or by changing policies too; or where it can't "
    "be told; repeatable.",
)  # fmt: skip
@form_option
@output_option
def who_can_command(action: str, words: Sequence[str], fail_on: Sequence[str], form: str, output: str | None) -> None:
    """
    Say who may do an action.

    ACTION is an action such as sagemaker:CreateTrainingJob, or a pattern such as s3:Get*. RESOURCE, an ARN (with
    wildcards perhaps), says on what; without it, on anything. FILE is a file or folder of an inventory, as
    `rolemgr audit` reads them, or a blueprint: the roles that it makes are asked about, under all its layers. Apart
    are those who can, those who can where conditions are met, those who become one of them (assume, pass, act as),
    those who can by changing policies, those outside whom the policy of a resource lets in, and what can't be told.
    Nothing touches AWS.

    \b
    Examples:
      rolemgr who-can sagemaker:CreateTrainingJob account.json
      rolemgr who-can sagemaker:CreateTrainingJob blueprint.yaml
      rolemgr who-can s3:GetObject 'arn:aws:s3:::acme-churn/*' inventory/
      rolemgr who-can iam:PassRole arn:aws:iam::111122223333:role/etl-admin account.json --format json
    """
    require_ending(output, "JSON" if form == "json" else "text", "give --format json, or another name")
    resource, files = _split(words)
    actions = workflow.inventory_questions.actions_named(action, resource)
    inventory, wrong, whole = inventory_or_blueprint(files)
    found = [audit.who_can.who_can(inventory, one, resource) for one in actions]
    absent = audit.run.not_in_the_input(inventory)
    if form == "json":
        text = to_json(report.who_can.who_can_data(found, inventory.files, inventory.not_judged, absent))
    else:
        linked = sum(one.is_of_a_service for one in inventory.principals.values())
        text = report.who_can.who_can_text(found, linked, inventory.not_judged, absent)
    write_output(text, output)
    end_with(wrong, whole)
    anybody = any(one.is_anybody for one in found)
    untold = any(one.untold for one in found) or bool(inventory.not_judged)
    if ("anybody" in fail_on and anybody) or ("cannot-tell" in fail_on and untold):
        sys.exit(1)


def _split(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Return the resource among *words*, which comes first and is an ARN or ``*``, and the files."""
    has_resource = words[0].startswith("arn:") or words[0] == "*"
    files = words[1:] if has_resource else words
    if not files:
        raise InputError(SourceLocation("who-can"), "no file is given", "name one of an inventory: account.json")
    _require_files(files)
    return (words[0] if has_resource and words[0] != "*" else None), files


def _require_files(files: Sequence[str]) -> None:
    """Raise InputError for an ARN among *files*, or a first one that is a bare name: what is meant is the resource."""
    for one in files:
        if one.startswith("arn:"):
            raise InputError(
                SourceLocation("RESOURCE"), f"`{one}` stands behind a file", "it comes second, before files"
            )
    first = files[0]
    if len(files) > 1 and re.fullmatch(r"[\w-]+", first) and not Path(first).exists():
        hint = f"a resource is an ARN; a bucket is arn:aws:s3:::{first}"
        raise InputError(SourceLocation("RESOURCE"), f"`{first}` is neither a file nor an ARN", hint)
