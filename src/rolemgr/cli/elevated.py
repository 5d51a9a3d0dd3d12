"""`rolemgr elevated`: a role with raised ceilings, by approval, until a moment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import cli, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import say_rest
from rolemgr.errors import InputError, SourceLocation, gathering, raise_all

if TYPE_CHECKING:
    from rolemgr.workflow.elevated import ElevatedRequest

_ONE = {"text": "text", "json": "JSON"}
_FORMS = (*_ONE, "cloudformation", "terraform", "aws-cli", "permission-set")


@click.command("elevated")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...")
@roles_options
@click.option(
    "--raise", "raised", multiple=True, metavar="NAME=VALUE[,VALUE...]",
    help="A guardrail of the role, and its higher ceiling; repeatable.",
)  # fmt: skip
@click.option("--scp", "scps", multiple=True, metavar="PATTERN", help="An SCP that lets it go until then; repeatable.")
@click.option(
    "--scp-parameter", "scp_parameters", multiple=True, metavar="[PATTERN.]KEY=VALUE[,VALUE...]",
    help="A value of a parameter of these SCPs; repeatable.",
)  # fmt: skip
@click.option("--exempt", multiple=True, metavar="ARN", help="A role that these SCPs let go for good; repeatable.")
@click.option(
    "--landing-zone", "landing_zones", multiple=True, metavar="NAME",
    help="Let a landing zone's own roles work: control-tower, lza or stacksets; repeatable.",
)  # fmt: skip
@click.option("--free-slots", type=int, metavar="N", help="How many SCPs can still be attached there.")
@click.option(
    "--format", "form", type=click.Choice(_FORMS),
    help="The form of the result: text on stdout, cloudformation into a folder, unless given.",
)  # fmt: skip
@output_option
def elevated_command(
    files: Sequence[str], chosen: dict[str, Any], form: str | None, output: str | None, verbose: bool, **asked: Any
) -> None:  # fmt: skip
    """
    Render an elevated role.

    It is a role of every day (a role file, or a persona) with higher ceilings, taken by explicit approval: a GitHub
    environment with required reviewers, a tool that assigns a permission set (--format permission-set), or one that
    takes the role. It ends at --expires, and so does its exemption from SCPs. What is more than every day is told as
    `rolemgr diff` tells it; CloudTrail knows its sessions again. --name, --trust and --expires are its own, all else
    is of the role of every day. Of several role files each has one of its own; SCPs let all of them go. Nothing
    touches AWS.

    \b
    Examples:
      rolemgr elevated roles/churn.yaml --raise 'instance-types=ml.m5.*,ml.p4d.24xlarge' \\
          --trust 'github:acme/ml?environment=elevated' --expires 2026-12-24T18:00Z
      rolemgr elevated --persona ml-engineer --raise max-runtime=72h --expires 2026-12-24T18:00Z \\
          --format permission-set --scp instance-ceilings --scp-parameter 'types=ml.m5.*' -o elevated/
    """
    folder = output is not None and (output.endswith("/") or is_folder(output))
    permission_set = form == "permission-set"
    form = form or ("cloudformation" if folder else "text")
    if form not in _ONE and not folder:
        raise InputError(SourceLocation("--format"), f"`{form}` is several files", "give -o FOLDER/")
    if form in _ONE and not folder:
        require_ending(output, _ONE[form], "choose another --format, or another name")
    one_role, several = workflow.many.role_files_of(files, chosen, OUTSIDE)
    request = workflow.elevated.ElevatedRequest(one_role, **asked, permission_set=permission_set)
    if several:
        _of_each(request, several, form, str(output) if folder else None, output, verbose=verbose)
        return
    made = workflow.elevated.make_elevated(request, OUTSIDE, verbose=verbose)
    forms = workflow.elevated_files
    name = made.role.documents.name
    if form not in _ONE:
        for one in tuple(forms.elevated_files(made, form, OUTSIDE.say)):
            write_in(str(output), one.path, name, one.text)
        return
    text = forms.one_text(made, form, OUTSIDE.say)
    if folder:
        write_in(str(output), "{name}.json" if form == "json" else "{name}.txt", name, text)
    else:
        write_output(text, output)


def _of_each(
    request: "ElevatedRequest", roles: Sequence[str], form: str, folder: str | None, output: str | None,
    *, verbose: bool,
) -> None:  # fmt: skip
    """Give the elevated role of each role file: as one text, or each in a *folder* of its own beside the SCPs."""
    made, wrong = workflow.elevated.make_each_elevated(request, roles, OUTSIDE, verbose=verbose)
    forms = workflow.elevated_files
    if not made:
        raise_all(wrong)
    if folder is None:
        write_output(forms.each_text([(one.file, one.result) for one in made], form, OUTSIDE.say), output)
        raise_all(wrong)
        return
    unwritten: list[InputError] = []
    if form in _ONE:
        ending = "{name}.json" if form == "json" else "{name}.txt"
        texts = [one.with_result(forms.one_text(one.result, form, OUTSIDE.say)) for one in made]
        unwritten += cli.many.write_each(texts, folder, ending)
    for one in made if form not in _ONE else ():
        for file in tuple(forms.role_files(one.result, form, OUTSIDE.say)):
            unwritten += cli.many.write_each([one.with_result(file.text)], folder, f"{{name}}/{file.path}")
    for file in forms.scp_files(made[0].result, form) if form not in _ONE else ():
        with gathering(unwritten):
            write_in(folder, file.path, "", file.text)
    say_rest(len(made), [*wrong, *unwritten], f"elevated in {folder}")
