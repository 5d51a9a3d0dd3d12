"""`rolemgr diff`: what one role or policy allows that another does not, and the reverse."""

import sys

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_file, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.files.write import to_json

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of policy files; told from each file unless given."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html", "github"]), default="text",
    help="The form of the result: text, JSON, Markdown for a pull request, one HTML page, or GitHub's annotations.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(["any", "gained"]), default="any", show_default=True,
    help="What exits with 1: any difference, or only what B may give beyond A.",
)  # fmt: skip
@output_option
def diff_command(a: str, b: str, kind: str | None, form: str, fail_on: str, output: str | None) -> None:
    """
    Say what B allows that A does not, and the reverse, by meaning.

    Order, case of actions, Sids, one statement or five are no difference. A and B are policies, roles as
    `create` writes them, or role files (YAML with a persona); - is stdin. Of roles the permissions and the
    trust are compared, the rest as values. Each difference comes with a request that shows it, as a
    `rolemgr simulate` line. What can't be told is said, and counts as a difference. Exits with 0 where
    there is none, with 1 where there is; with --fail-on gained, with 1 only where B may give what A does not.
    Nothing touches AWS.

    \b
    Examples:
      rolemgr diff old.json new.json
      rolemgr create --persona data-scientist | rolemgr diff role.json - --fail-on gained
      rolemgr diff old.json new.json --format markdown
      rolemgr diff bucket-policy.json other-bucket-policy.json --type resource --format json
    """
    found = workflow.diff.compared(a, b, kind, OUTSIDE)
    write_output(to_json(found.data()) if form == "json" else found.text(form, is_file), output)
    if not (found.changes.gives_no_more if fail_on == "gained" else found.changes.same):
        sys.exit(1)
