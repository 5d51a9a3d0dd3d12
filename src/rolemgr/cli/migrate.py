"""`rolemgr migrate`: from a role as it is to one that the catalog renders, with the steps that lead there."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import catalog_option, output_path
from rolemgr.cli.files import is_folder, note, require_ending, write_output
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import is_pattern

if TYPE_CHECKING:
    from rolemgr.audit.migrate.migration import NewRoleOptions


@click.command("migrate")
@click.argument("words", nargs=-1, metavar="[ROLE] FILE...", required=True)
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
    words: Sequence[str], used: Sequence[str], persona: str | None, new_name: str | None, region: str | None,
    account: str | None, parameter: Sequence[str], catalog: Sequence[str], form: str, output: str | None,
) -> None:  # fmt: skip
    """
    Move a role to the smallest set of groups.

    ROLE is the name of a role in FILE, which is what `aws iam get-account-authorization-details` prints, or a folder or
    quoted pattern of its pages; or FILE is a role, a policy or a template. Without --used the new role is for all that
    the old one may do, as far as an activity group grants it. --used says what it needs: a policy of Access Analyzer,
    IAM Policy Autopilot, iamlive or policy_sentry, or the answer of `aws iam get-service-last-accessed-details`. What
    is kept, narrowed, lost and given beyond the need is told, each by evaluation of the new role. An account without
    ROLE gives the roles of SageMaker with the few personas that they can become. Nothing touches AWS.

    Exits with 1 where something is lost that was, or may have been, used, and where something can't be told.

    \b
    Examples:
      rolemgr migrate ds-legacy account.json --used needed.json -o roles/ds-legacy.yaml
      rolemgr migrate account.json
      rolemgr migrate role.json --persona data-scientist --format json
    """
    require_ending(output, "YAML", "-o takes the role file; the result goes to stdout")
    name, given = _split(words)
    files = [file for one in workflow.given_files.expanded(given) for file in _files_of(one)]
    options = _options(new_name, region, persona, parameter)
    asked = workflow.migrate.MigrationRequest(files, name, used, account, options, catalog)
    found = workflow.migrate.migrated(asked, OUTSIDE, progress)
    one = found if isinstance(found, audit.migrate.migration.Migrated) else None
    if output and one is None:
        raise InputError(SourceLocation("--output"), "takes the file of one role", "name the role before FILE")
    write_output(report.migrate_forms.migration_forms(found, form, " ".join(map(shlex.quote, given)), output), None)
    if output and one:
        write_output(workflow.migrate.role_file(one.migration), output)
        note(f"the role file is {output}")
    if report.migrate_forms.fails(found):
        sys.exit(1)


def _split(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Return the role that *words* name, if any, and the files: a name in front of these, as in `can`, or behind."""
    files = [word for word in words if _is_file(word)]
    names = [word for word in words if not _is_file(word)]
    if not files:
        raise InputError(
            SourceLocation("FILE"), f"`{names[0]}` is not a file", "name one behind the role: account.json"
        )
    if len(names) > 1:
        raise InputError(SourceLocation("ROLE"), f"`{names[0]}` and `{names[1]}` are not files", "name one role")
    return (names[0] if names else None), files


def _is_file(word: str) -> bool:
    """Tell whether *word* is a file, a folder or a pattern, or is named as one that is not there."""
    named = PurePath(word).suffix in (".json", ".yaml", ".yml") or (word.startswith((".", "/")) and "/" in word)
    return word == "-" or named or is_pattern(word) or os.path.lexists(word)


def _files_of(name: str) -> Sequence[str]:
    """Return the file *name*, or all .json files below that folder; raise InputError where it has none."""
    if not is_folder(name):
        return (name,)
    files = sorted(map(str, Path(name).rglob("*.json")))
    if not files:
        raise InputError(SourceLocation(name), "has no .json file", "save the answers of AWS there")
    return files


def _options(name: str | None, region: str | None, persona: str | None, parameters: Sequence[str]) -> "NewRoleOptions":
    given: dict[str, tuple[str, ...]] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not key or not equals or not value:
            raise InputError(SourceLocation("--parameter"), f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        given[key] = tuple(value.split(","))
    return audit.migrate.migration.NewRoleOptions(name, region, persona, given)
