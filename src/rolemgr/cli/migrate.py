"""`rolemgr migrate`: from a role as it is to one that the catalog renders, with the steps that lead there."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import catalog_option, output_path
from rolemgr.cli.files import is_folder, note, require_ending, write_output
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.audit.migrate.migration import NewRoleOptions


@click.command("migrate")
@click.argument("file", metavar="FILE")
@click.argument("name", metavar="[ROLE]", required=False)
@click.option("--used", multiple=True, metavar="FILE", help="What it used: a policy, or AWS's report; repeatable.")
@click.option("--persona", metavar="NAME", help="The persona to start from; the one that fits best unless given.")
@click.option("--name", "new_name", metavar="NAME", help="The name of the new role; ROLE-scoped unless given.")
@click.option("--region", metavar="NAME", help="Its Region; the one that most resources name unless given.")
@click.option("--account", metavar="ID", help="The account of a role or policy that does not name one.")
@click.option(
    "--parameter", multiple=True, metavar="KEY=VALUE[,VALUE...]",
    help="A parameter of the groups that can't be told from what the role needs; repeatable.",
)  # fmt: skip
@catalog_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text",
    help="The form of the result: text, JSON, or Markdown for an issue or a pull request.",
)  # fmt: skip
@click.option(
    "-o", "--output", callback=output_path, metavar="PATH", help="Write the role file there, such as roles/churn.yaml."
)
def migrate_command(
    file: str, name: str | None, used: Sequence[str], persona: str | None, new_name: str | None, region: str | None,
    account: str | None, parameter: Sequence[str], catalog: Sequence[str], form: str, output: str | None,
) -> None:  # fmt: skip
    """
    Move a role to the smallest set of groups.

    FILE is what `aws iam get-account-authorization-details` prints, or a folder or quoted pattern of its pages, with
    the name of a ROLE in it; or a role, a policy or a template. Without --used the new role is for all that the old one
    may do, as far as an activity group grants it. --used says what it needs: a policy of Access Analyzer, IAM Policy
    Autopilot, iamlive or policy_sentry, or the answer of `aws iam get-service-last-accessed-details`. What is kept,
    narrowed, lost and given beyond the need is told, each by evaluation of the new role. An account without ROLE gives
    the roles of SageMaker with the few personas that they can become. Nothing touches AWS.

    Exits with 1 where something is lost that was, or may have been, used, and where something can't be told.

    \b
    Examples:
      rolemgr migrate account.json ds-legacy --used needed.json -o roles/ds-legacy.yaml
      rolemgr migrate account.json
      rolemgr migrate role.json --persona data-scientist --format json
    """
    require_ending(output, "YAML", "-o takes the role file; the result goes to stdout")
    files = sorted(map(str, Path(file).rglob("*.json"))) if is_folder(file) else workflow.given_files.expanded([file])
    if not files:
        raise InputError(SourceLocation(file), "has no .json file", "save the answers of AWS there")
    options = _options(new_name, region, persona, parameter)
    asked = workflow.migrate.MigrationRequest(files, name, used, account, options, catalog)
    found = workflow.migrate.migrated(asked, OUTSIDE, progress)
    one = found if isinstance(found, audit.migrate.migration.Migrated) else None
    if output and one is None:
        raise InputError(SourceLocation("--output"), "takes the file of one role", "name the role behind FILE")
    write_output(report.migrate_forms.migration_forms(found, form, file, output), None)
    if output and one:
        write_output(workflow.migrate.role_file(one.migration), output)
        note(f"the role file is {output}")
    if report.migrate_forms.fails(found):
        sys.exit(1)


def _options(name: str | None, region: str | None, persona: str | None, parameters: Sequence[str]) -> "NewRoleOptions":
    given: dict[str, tuple[str, ...]] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not key or not equals or not value:
            raise InputError(SourceLocation("--parameter"), f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        given[key] = tuple(value.split(","))
    return audit.migrate.migration.NewRoleOptions(name, region, persona, given)
