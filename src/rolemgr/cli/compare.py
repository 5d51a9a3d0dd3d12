"""`rolemgr compare`: a role beside AWS's managed policies, Role Manager's output and other files, in figures."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from rolemgr.cli.console import output_option, page_form_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import role_options
from rolemgr.cli.outside import OUTSIDE

_LANGUAGES = {"text": "text", "json": "JSON", "markdown": "Markdown", "html": "HTML"}


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[FILE|POLICY]...")
@click.option("--principal", multiple=True, metavar="NAME", help="Only this role of an inventory; repeatable.")
@click.option("--rows", is_flag=True, help="Show each point of the scores: action, resource type, breadth, statement.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="SCORE", help="Exit with 1 where a score is lower."
)
@role_options
@page_form_option
@output_option
def compare_command(
    names: Sequence[str], principal: Sequence[str], rows: bool, fail_under: float | None, chosen: dict[str, Any],
    form: str, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Compare a role with AWS's policies, in figures.

    The role is chosen by options, or is a FILE: a role file, a role or policies as files, a template, or what `aws iam
    get-account-authorization-details` prints. Beside it stand other files, AWS managed policies by name, and what
    SageMaker Role Manager makes of its personas, as role-manager:data-scientist; AmazonSageMakerFullAccess always does.

    Counted are distinct actions, those that write or manage permissions, wildcards, how much data is reached, and ways
    to work as another role. The score says how much less than AmazonSageMakerFullAccess it lets do: each action on each
    resource type weighs by access level, breadth of resource and condition. What can't be judged is counted wide and
    said; a policy that nobody knows is not judged, and exits with 1. Nothing touches AWS.

    \b
    Examples:
      rolemgr compare --persona data-scientist
      rolemgr compare --persona data-scientist AmazonSageMakerReadOnly role-manager:data-scientist
      rolemgr compare roles/churn.yaml policy.json --rows
      rolemgr compare account.json --principal ds-legacy --format json
      rolemgr compare roles/ --fail-under 80
    """
    require_ending(output, _LANGUAGES[form], "give another name, or another --format")
    found = workflow.compare.compared(names, principal, chosen, OUTSIDE, verbose=verbose)
    write_output(report.compare_forms.comparison_forms(found, form, rows=rows), output)
    low = fail_under is not None and any(one < fail_under for one in found.scores)
    if found.untold or low:
        sys.exit(1)
