"""`rolemgr diagnose`: an AccessDenied message, or a request, against the layers that may have denied it."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from rolemgr.cli.console import color_option, form_option, give, output_option
from rolemgr.cli.layers import layer_options
from rolemgr.cli.lazy import workflow
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE


@click.command("diagnose")
@click.argument("words", nargs=-1, metavar="[MESSAGE|FILE]...")
@role_options
@layer_options
@click.option("--policy", multiple=True, metavar="FILE", help="A policy file to ask, not a role; repeatable.")
@click.option("--action", metavar="SERVICE:NAME", help="The action that was denied; the message's unless given.")
@click.option("--resource", metavar="ARN", help="Its resource; the message's unless given.")
@click.option("--principal", metavar="ARN", help="Who asked; the message's or the role itself unless given.")
@click.option(
    "--context",
    multiple=True,
    metavar="KEY=VALUE",
    help="A condition key's value; repeat it for several; KEY= where it had none.",
)
@click.option("--resource-account", metavar="ID", help="The account of the resource.")
@click.option("--key", multiple=True, metavar="ARN", help="A KMS key that the data is encrypted with; repeatable.")
@click.option("--key-policy", metavar="FILE", help="The policy of that key.")
@form_option
@output_option
@color_option
def diagnose_command(
    words: Sequence[str], chosen: dict[str, Any], layers: dict[str, Any], policy: Sequence[str], key: tuple[str, ...],
    key_policy: str | None, form: str, output: str | None, color: str, verbose: bool, **asked: Any,
) -> None:  # fmt: skip
    """
    Say which layer denies a request, and what would allow it.

    MESSAGE is what AWS said: the text, a file that holds it (the output of a command, an event of CloudTrail), or -
    for stdin; or give --action and --resource. FILE is who is asked: a role file, or policies (those of --policy too),
    told from a message by what is in it. Without one it is the role that the options choose. It is asked within the
    layers that are given. Exits with 1 where they deny it, where AWS's message contradicts
    them, and where a policy without a text may turn the answer. Nothing touches AWS.

    \b
    Examples:
      rolemgr diagnose "$(cat error.txt)" --persona data-scientist
      rolemgr diagnose error.txt roles/churn.yaml
      rolemgr diagnose --action s3:GetObject --resource arn:aws:s3:::acme/a.csv \\
                       --persona sagemaker-compute --resource-policy bucket.json
    """
    request = workflow.diagnose.DeniedRequestOptions(**asked)
    told = workflow.diagnose_words.told_apart(words, policy, chosen, OUTSIDE)
    who = (told.message, told.policies, told.chosen)
    query = workflow.diagnose.DiagnoseQuery(*who, layers, request, key, key_policy)
    found = workflow.diagnose.diagnosed(query, told.outside, verbose=verbose)
    give(form, found.views.data, found.views.page, output, color)
    if found.diagnosis.decision != "Allowed" or found.diagnosis.contradictions:
        sys.exit(1)
