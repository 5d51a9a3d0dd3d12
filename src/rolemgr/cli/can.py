"""`rolemgr can`: what one principal of an inventory can do, by service and access level."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import form_option, output_option
from rolemgr.cli.files import is_file, read_input, require_ending, write_output
from rolemgr.cli.inventory import end_with, inventory_or_blueprint, principals_named
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import LIMITS
from rolemgr.files.write import to_json


def _no_role_file(_ctx: click.Context, _param: click.Parameter, name: str) -> str:
    """Return the *name* of a principal; raise InputError where it is that of a role file, which no account has yet."""
    if name.endswith((".yaml", ".yml")) and is_file(name):
        workflow.file_kind.refuse_in_inventory(*read_input(name, LIMITS))
    return name


@click.command("can")
@click.argument("principal", metavar="PRINCIPAL", callback=_no_role_file)
@click.argument("files", nargs=-1, metavar="FILE...", required=True)
@click.option("--service", metavar="PREFIX", help="Only the actions of one service, such as sagemaker.")
@form_option
@output_option
def can_command(principal: str, files: Sequence[str], service: str | None, form: str, output: str | None) -> None:
    """
    Say what one principal can do.

    PRINCIPAL is a name or an ARN, or the place of a blueprint's role; FILE is a file or folder of an inventory, as
    `rolemgr audit` reads them, or a blueprint: its roles are asked about as it makes them, under all its layers. An
    action counts where it is allowed on something, by evaluation of all policies with what stands around them. The
    page has what people compare roles by, the actions by service and access level, the statements that allow them
    with their resources and conditions, and whom it becomes in one step; --format json has every action. Nothing
    touches AWS.

    \b
    Examples:
      rolemgr can ds-legacy account.json
      rolemgr can ds-legacy account.json --service s3
      rolemgr can modelling/training blueprint.yaml
      rolemgr can arn:aws:iam::111122223333:role/etl-admin inventory/ --format json -o etl-admin.json
    """
    require_ending(output, "JSON" if form == "json" else "text", "give --format json, or another name")
    prefix = workflow.inventory_questions.service_named(service)
    inventory, wrong, whole = inventory_or_blueprint(files)
    chosen = principals_named(inventory, principal, "PRINCIPAL")
    if len(chosen) > 1:
        arns = " or ".join(one.arn for one in chosen[:2])
        raise InputError(SourceLocation("PRINCIPAL"), f"`{principal}` is in several accounts", f"name it by {arns}")
    if chosen[0].is_of_a_service:
        problem = f"{chosen[0].arn} is service-linked: AWS wrote its policy, and only its service works as it"
        raise InputError(SourceLocation("PRINCIPAL"), problem)
    found = audit.can.can(inventory, chosen[0], prefix)
    absent = audit.run.not_in_the_input(inventory)
    text = (
        to_json(report.can.can_data(found, inventory.files, absent))
        if form == "json"
        else report.can.can_text(found, prefix, absent)
    )
    write_output(text, output)
    end_with(wrong, whole)
