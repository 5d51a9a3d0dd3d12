"""`rolemgr smoke`: prints the commands that show that a role works, and runs none of them."""

from typing import Any

import click

from rolemgr.cli.console import format_option, output_option
from rolemgr.cli.files import write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import role_file_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.files.write import to_json


@click.command("smoke")
@role_file_options
@format_option(["text", "json"], "The form of the result: a script for sh, or its commands as JSON.")
@output_option
def smoke_command(chosen: dict[str, Any], form: str, output: str | None, verbose: bool) -> None:
    """
    Print the smoke test of a role.

    Nothing is run here. ROLE_FILE is a role file; --persona chooses one too. The script for sh assumes the role where
    a user or role may (else it is run where the role is in use), makes one call of the AWS CLI for each activity group,
    and for each separation a call that must be denied. Each call reads, or names what is not there: nothing is made,
    nothing is left behind, and a call that a wrong policy lets through does nothing. It ends with 0 where all is as
    expected, 1 where not, 2 where something can't be told. What no harmless call shows is said. Nothing touches AWS.

    Of a role that starts training jobs it has the smallest one, too, and a twin of it that must be denied. That costs
    money, and runs only where the script is told so: SMOKE_OBJECT=s3://BUCKET/KEY sh smoke.sh training-job.

    \b
    Examples:
      rolemgr smoke roles/churn.yaml > smoke.sh
      rolemgr smoke roles/churn.yaml --format json
      rolemgr smoke --persona ml-engineer --trust account:111122223333 -o smoke.sh
    """
    found = workflow.smoke.smoke_of(chosen, OUTSIDE, verbose=verbose)
    write_output(to_json(report.smoke.smoke_data(found)) if form == "json" else report.smoke.smoke_text(found), output)
