"""`rolemgr migrate`: from a role as it is to one that the catalog renders, with the steps that lead there."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from rolemgr.cli.files import is_folder, note, require_ending, write_in, write_output
from rolemgr.cli.lazy import account, audit, report, workflow
from rolemgr.cli.migrate_options import MigrateFlags, migrate_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.folders import walked
from rolemgr.workflow.role_options import is_pattern

if TYPE_CHECKING:
    from rolemgr.audit.migrate.cluster import Clusters
    from rolemgr.audit.migrate.migration import Migrated, NewRoleOptions
    from rolemgr.workflow.trails import OpenTrail


@click.command("migrate")
@click.argument("words", nargs=-1, metavar="[ROLE] FILE...")
@migrate_options
def migrate_command(words: Sequence[str], flags: MigrateFlags) -> None:
    """
    Move a role to the smallest set of groups.

    ROLE is the name of a role in FILE, which is what `aws iam get-account-authorization-details` prints, or a folder or
    quoted pattern of its pages; or FILE is a role, a policy or a template. Without --used the new role is for all that
    the old one may do, as far as an activity group grants it. --used says what it needs: recorded calls of CloudTrail,
    as `rolemgr replay` reads them; a policy of Access Analyzer, IAM Policy Autopilot, iamlive or policy_sentry; or the
    answer of `aws iam get-service-last-accessed-details`. What is kept, narrowed, lost, gained and given beyond the
    need is told, each by evaluation of the new role; each recorded call is asked of it. An account without ROLE gives
    the roles of SageMaker with the few personas that they can become. Only trails in S3 touch AWS, and only to read.

    With --code no role is moved: Python code and notebooks that use boto3 or the SageMaker Python SDK are read, and
    never run. Who runs them gets a role for the calls that they make, each role that they pass one for what jobs do
    with it; --role asks a role about each call. What can't be told is said with its line.

    Exits with 1 where something is lost that was, or may have been, used, where by recorded calls the new role may do
    what the old one may not, and where something can't be told.

    \b
    Examples:
      rolemgr migrate ds-legacy account.json --used trail/ -o roles/ds-legacy.yaml --tests tests/ds-legacy.yaml
      rolemgr migrate account.json --used trail/ -o roles/
      rolemgr migrate role.json --persona data-scientist --format json
      rolemgr migrate --code train.py notebooks/ --role roles/churn.yaml
    """
    if flags.code:
        _give_roles_of_code(words, flags)
        return
    _check(flags)
    name, given = _split(words)
    files = [file for one in workflow.given_files.expanded(given) for file in _files_of(one)]
    asked = workflow.migrate.MigrationRequest(
        files, name, flags.used, flags.account, _options(flags), flags.catalog, flags.principal
    )
    source = workflow.migrate_trail.TrailSource(sys.stdin.buffer, _buckets(flags))
    found = workflow.migrate.migrated(asked, OUTSIDE, source, progress)
    _give(found, " ".join(map(shlex.quote, given)), flags)


def _check(flags: MigrateFlags) -> None:
    """Raise InputError for options that do not go together."""
    if flags.role is not None:
        raise InputError(SourceLocation("--role"), "goes with --code", "the role to move is FILE, and the name of one")
    for option, value in (("--tests", flags.tests), ("--draft", flags.draft)):
        if value and not flags.output:
            raise InputError(SourceLocation(option), "goes with -o", "it is about the role file that -o writes")
    if not (flags.output or "").endswith("/"):
        require_ending(flags.output, "YAML", "-o takes the role file; the result goes to stdout")


def _buckets(flags: MigrateFlags) -> "Callable[[str], Iterator[OpenTrail]]":
    """Return what gives the files of a trail in S3."""

    def found(address: str) -> "Iterator[OpenTrail]":
        access = account.connect.connect(flags.profile, flags.region, flags.endpoint_url)
        for name, opened in account.trail_objects.trail_objects(access.client("s3", access.region), address):
            yield workflow.trails.OpenTrail(name, opened)

    return found


def _give(found: "Migrated | Clusters", source: str, flags: MigrateFlags) -> None:
    """Print *found*, of the files *source*, and write what was asked for beside it."""
    is_one = isinstance(found, audit.migrate.migration.Migrated)
    if flags.output and flags.output.endswith("/") is is_one:
        why = "is a folder, and one role has one file" if is_one else "takes the file of one role"
        hint = "name a file" if is_one else "end it in / for a folder of all, or name the role"
        raise InputError(SourceLocation("--output"), why, hint)
    for option, value in (("--tests", flags.tests), ("--draft", flags.draft)):
        if value and not is_one:
            raise InputError(SourceLocation(option), "is about one role", "name the role before FILE")
    write_output(report.migrate_forms.migration_forms(found, flags.form, source, flags.output), None)
    if flags.output and isinstance(found, audit.migrate.migration.Migrated):
        _write_files(found, flags.output, flags)
    elif flags.output and isinstance(found, audit.migrate.cluster.Clusters):
        _write_folder(found, flags.output, flags)
    if report.migrate_forms.fails(found, flags.fail_on, has_draft=bool(flags.draft)):
        sys.exit(1)


def _write_folder(found: "Clusters", folder: str, flags: MigrateFlags) -> None:
    files = list(workflow.migrate.account_files(found, flags.catalog))
    for place, name, text in files:
        write_in(folder, place, name, text)
    note(f"{len(files)} role files are in {folder}")


def _write_files(found: "Migrated", output: str, flags: MigrateFlags) -> None:
    draft = workflow.migrate.draft_file(found.migration) if flags.draft else None
    folder = report.migrate_file.beside(flags.draft, output) if flags.draft and draft else None
    write_output(workflow.migrate.role_file(found, folder), output)
    note(f"the role file is {output}")
    if flags.draft and draft:
        write_in(flags.draft, draft[0], found.migration.plan.old.name, draft[1])
        note(f"the group of what no activity group grants is {flags.draft.rstrip('/')}/{draft[0]}: look at it")
    if flags.tests:
        beside = report.migrate_file.beside(output, flags.tests)
        write_output(workflow.migrate.tests_text(found.migration, beside), flags.tests)
        note(f"the tests are {flags.tests}: rolemgr test {shlex.quote(flags.tests)}")


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
    files = sorted(str(Path(at, one)) for at, _, inside in walked(name) for one in inside if one.endswith(".json"))
    if not files:
        raise InputError(SourceLocation(name), "has no .json file", "save the answers of AWS there")
    return files


def _refuse_beside_code(flags: MigrateFlags) -> None:
    if flags.used:
        raise InputError(SourceLocation("--used"), "says what a role used, and code says it itself", "leave one out")
    for option, value in (("--tests", flags.tests), ("--draft", flags.draft), ("--principal", flags.principal)):
        if value:
            raise InputError(SourceLocation(option), "is about a role that is moved", "leave it out with --code")
    if flags.form == "markdown":
        raise InputError(
            SourceLocation("--format"), "`markdown` is of a role that is moved", "text or json with --code"
        )


def _give_roles_of_code(words: Sequence[str], flags: MigrateFlags) -> None:
    """Print the roles that code needs, and write their role files: one, or each into a folder."""
    _refuse_beside_code(flags)
    output = flags.output
    if output and not output.endswith("/"):
        require_ending(output, "YAML", "-o takes the caller's role file, or a folder for all")
    asked = workflow.code.CodeOptions((*flags.code, *words), flags.role, flags.account, _options(flags), flags.catalog)
    found = workflow.code.roles_of_code(asked, OUTSIDE)
    write_output(report.code.code_forms(found.code, found.answers, found.role, flags.form), None)
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
    if report.code.code_fails(found.code, found.answers, flags.fail_on):
        sys.exit(1)


def _options(flags: MigrateFlags) -> "NewRoleOptions":
    given: dict[str, tuple[str, ...]] = {}
    for text in flags.parameter:
        key, equals, value = text.partition("=")
        if not key or not equals or not value:
            raise InputError(SourceLocation("--parameter"), f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        given[key] = tuple(value.split(","))
    return audit.migrate.migration.NewRoleOptions(flags.new_name, flags.region, flags.persona, given)
