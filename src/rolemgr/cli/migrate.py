"""`rolemgr migrate`: from a role as it is to one that the catalog renders, with the steps that lead there."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import catalog_option, output_path
from rolemgr.cli.files import is_folder, note, require_ending, write_in, write_output
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.role_options import is_pattern

if TYPE_CHECKING:
    from rolemgr.audit.migrate.migration import NewRoleOptions
    from rolemgr.workflow.code import CodeOptions


@click.command("migrate")
@click.argument("words", nargs=-1, metavar="[ROLE] FILE...")
@click.option(
    "--code",
    multiple=True,
    metavar="PATH",
    help="Python files, notebooks or folders: the roles that they need; repeatable. More PATHs may follow.",
)
@click.option("--role", metavar="FILE", help="With --code: a role that is asked about each call, before it is run.")
@click.option(
    "--fail-on",
    type=click.Choice(["denied", "not-known", "never"]),
    default="denied",
    help="With --code: exit with 1 where a call is denied, also where one can't be told, or never.",
)
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
    words: Sequence[str], code: Sequence[str], role: str | None, fail_on: str, used: Sequence[str],
    persona: str | None, new_name: str | None, region: str | None, account: str | None, parameter: Sequence[str],
    catalog: Sequence[str], form: str, output: str | None,
) -> None:  # fmt: skip
    """
    Move a role to the smallest set of groups.

    ROLE is the name of a role in FILE, which is what `aws iam get-account-authorization-details` prints, or a folder or
    quoted pattern of its pages; or FILE is a role, a policy or a template. Without --used the new role is for all that
    the old one may do, as far as an activity group grants it. --used says what it needs: a policy of Access Analyzer,
    IAM Policy Autopilot, iamlive or policy_sentry, or the answer of `aws iam get-service-last-accessed-details`. What
    is kept, narrowed, lost and given beyond the need is told, each by evaluation of the new role. An account without
    ROLE gives the roles of SageMaker with the few personas that they can become. Nothing touches AWS.

    With --code no role is moved: Python code and notebooks that use boto3 or the SageMaker Python SDK are read, and
    never run. Who runs them gets a role for the calls that they make, each role that they pass one for what jobs do
    with it; --role asks a role about each call. What can't be told is said with its line.

    Exits with 1 where something is lost that was, or may have been, used, and where something can't be told.

    \b
    Examples:
      rolemgr migrate ds-legacy account.json --used needed.json -o roles/ds-legacy.yaml
      rolemgr migrate account.json
      rolemgr migrate role.json --persona data-scientist --format json
      rolemgr migrate --code train.py notebooks/ --role roles/churn.yaml
    """
    options = _options(new_name, region, persona, parameter)
    if code:
        _refuse_beside_code(used, form)
        asked_code = workflow.code.CodeOptions((*code, *words), role, account, options, catalog)
        _give_roles_of_code(asked_code, form, output, fail_on)
        return
    if role is not None:
        raise InputError(SourceLocation("--role"), "goes with --code", "the role to move is FILE, and the name of one")
    require_ending(output, "YAML", "-o takes the role file; the result goes to stdout")
    name, given = _split(words)
    files = [file for one in workflow.given_files.expanded(given) for file in _files_of(one)]
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
    if not words:
        raise InputError(SourceLocation("FILE"), "is missing", "give a role, an account, or code with --code")
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


def _refuse_beside_code(used: Sequence[str], form: str) -> None:
    if used:
        raise InputError(SourceLocation("--used"), "says what a role used, and code says it itself", "leave one out")
    if form == "markdown":
        raise InputError(
            SourceLocation("--format"), "`markdown` is of a role that is moved", "text or json with --code"
        )


def _give_roles_of_code(asked: "CodeOptions", form: str, output: str | None, fail_on: str) -> None:
    """Print the roles that code needs, and write their role files: one, or each into a folder."""
    if output and not output.endswith("/"):
        require_ending(output, "YAML", "-o takes the caller's role file, or a folder for all")
    found = workflow.code.roles_of_code(asked, OUTSIDE)
    write_output(report.code.code_forms(found.code, found.answers, found.role, form), None)
    files = list(workflow.code.role_files(found.code)) if output else []
    if output and not files:
        raise InputError(SourceLocation("--output"), "gets no role file", "no role can be made of this code")
    if output and output.endswith("/"):
        for name, text in files:
            write_in(output, "{name}.yaml", name, text)
            note(f"a role file is {output}{name}.yaml")
    elif output:
        write_output(files[0][1], output)
        note(f"the role file of who runs the code is {output}")
    if report.code.code_fails(found.code, found.answers, fail_on):
        sys.exit(1)


def _options(name: str | None, region: str | None, persona: str | None, parameters: Sequence[str]) -> "NewRoleOptions":
    given: dict[str, tuple[str, ...]] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not key or not equals or not value:
            raise InputError(SourceLocation("--parameter"), f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        given[key] = tuple(value.split(","))
    return audit.migrate.migration.NewRoleOptions(name, region, persona, given)
