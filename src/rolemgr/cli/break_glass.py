"""`rolemgr break-glass`: the emergency role, who takes it, and the alarm on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.workflow.break_glass import MadeBreakGlass

_FORMS = ("text", "json", "cloudformation", "terraform", "aws-cli")


@click.command("break-glass")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...")
@roles_options
@click.option("--user", "users", multiple=True, metavar="NAME", help="An IAM user who may take the role; repeatable.")
@click.option("--user-account", metavar="ID", help="The account of these users, and of nothing else.")
@click.option("--alarm-account", metavar="ID", help="The account of the alarm, out of the role's reach.")
@click.option("--alarm-region", metavar="NAME", help="The region of the alarm; the role's unless given.")
@click.option(
    "--keeper", "keepers", multiple=True, metavar="ARN", help="A role that looks after the alarm; repeatable."
)
@click.option(
    "--landing-zone", "landing_zones", multiple=True, metavar="NAME",
    help="Let a landing zone's own roles deploy it: control-tower, lza or stacksets; repeatable.",
)  # fmt: skip
@click.option("--trail", "trails", multiple=True, metavar="ARN", help="A trail that the SCP guards; repeatable.")
@click.option("--alarm-key", metavar="ARN", help="The key of the alarm's topic, once it is there, for the SCP.")
@click.option("--mfa-age", metavar="DURATION", default="15m", show_default=True, help="How old the MFA may be.")
@click.option(
    "--alarm-name", metavar="NAME", default="break-glass", show_default=True, help="What all of the alarm is called."
)
@click.option("--free-slots", type=int, metavar="N", help="How many SCPs can still be attached there.")
@click.option(
    "--format", "form", type=click.Choice(_FORMS),
    help="The form of the result: text on stdout, cloudformation into a folder, unless given.",
)  # fmt: skip
@output_option
def break_glass_command(
    files: Sequence[str], chosen: dict[str, Any], form: str | None, output: str | None, verbose: bool, **asked: Any
) -> None:  # fmt: skip
    """
    Render a break-glass role.

    It is for the day on which the identity provider is down: IAM users with MFA, in an account of their own, take the
    role for an hour (persona mlops-emergency unless chosen). In a third account, an alarm tells people of each
    AssumeRole and each call. An SCP keeps role and alarm as they are; its keepers alone change them. The result is a
    template for each account, the SCP, and a runbook. Of several role files each gives a role; users, alarm, SCP and
    runbook are one for all. Nothing touches AWS.

    \b
    Examples:
      rolemgr break-glass --account 111122223333 --region eu-west-1 --user otto --user mia \\
          --user-account 444455556666 --alarm-account 777788889999 --keeper 'arn:aws:iam::*:role/security/watch'
      rolemgr break-glass roles/emergency.yaml --user otto --user mia --user-account 444455556666 \\
          --alarm-account 777788889999 --landing-zone stacksets --format aws-cli -o break-glass/
    """
    folder = output is not None and (output.endswith("/") or is_folder(output))
    form = form or ("cloudformation" if folder else "text")
    several = form in ("cloudformation", "terraform", "aws-cli")
    if several and not folder:
        raise InputError(SourceLocation("--format"), f"`{form}` is several files", "give -o FOLDER/")
    if not several and not folder:
        require_ending(output, "JSON" if form == "json" else "text", "choose another --format, or another name")
    one_role, several_roles = workflow.many.role_files_of(files, chosen, OUTSIDE)
    request = workflow.break_glass.BreakGlassRequest(one_role, **asked, role_files=tuple(several_roles))
    made = workflow.break_glass.make_break_glass(request, OUTSIDE, verbose=verbose)
    _write(made, form, output, folder=folder, name=request.alarm_name)


def _write(made: "MadeBreakGlass", form: str, output: str | None, *, folder: bool, name: str) -> None:
    files = workflow.break_glass_files
    if form in files.SEVERAL:
        for one in tuple(files.break_glass_files(made, form, OUTSIDE.say)):
            write_in(str(output), one.path, name, one.text)
    elif folder:
        ending = "json" if form == "json" else "txt"
        write_in(str(output), f"{{name}}.{ending}", name, files.break_glass_text(made, form))
    else:
        write_output(files.break_glass_text(made, form), output)
