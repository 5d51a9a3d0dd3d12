"""`rolemgr s3-policy`: Organizations' own policy for S3, which keeps Block Public Access on."""

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_folder, require_ending, write_in, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE

_FORMS = {"json": "JSON", "cloudformation": "YAML", "aws-cli": "a shell script"}


@click.command("s3-policy")
@click.option("--name", metavar="NAME", help="What the policy is called; rolemgr-s3-policy unless given.")
@click.option(
    "--format", "form", type=click.Choice([*_FORMS]), default="json", show_default=True, help="The form of the result."
)
@output_option
def s3_policy_command(name: str | None, form: str, output: str | None) -> None:
    """
    Render Organizations' S3 policy.

    It is a declarative policy (S3_POLICY): Block Public Access is on in every account below it, whatever the account
    or a bucket says, and no Deny is needed. The SCP block-public-access holds it in accounts that it is not attached
    to. Nothing touches AWS.

    \b
    Examples:
      rolemgr s3-policy
      rolemgr s3-policy --format cloudformation -o s3-policy.yaml
    """
    in_folder = output is not None and (output.endswith("/") or is_folder(output))
    if not in_folder:
        require_ending(output, _FORMS[form], "choose another --format, or another name")
    made = workflow.declarative.make_declarative("s3-policy", name, OUTSIDE)
    text = workflow.declarative.declarative_text(made, form)
    if in_folder:
        write_in(str(output), workflow.declarative.DECLARATIVE_FORMS[form], made.name, text)
    else:
        write_output(text, output)
