"""`rolemgr diff`: what one role or policy allows that another does not, and the reverse."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from rolemgr import __version__
from rolemgr.cli.console import format_option, output_option
from rolemgr.cli.files import is_file, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation, raise_all

if TYPE_CHECKING:
    from rolemgr.report.diff import FolderDiff, RoleDiff

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")


_REVISION = re.compile(r"[\w@][\w./@^~-]*(?<!/)(?<!\.json)(?<!\.yaml)(?<!\.yml)")
"""What may be a revision, and is not the name of a file or folder that somebody misspelt."""


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="A B")
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of policy files; told from each file unless given."
)
@format_option(
    ["text", "json", "markdown", "html", "github"],
    "The form of the result: text, JSON, Markdown for a pull request, one HTML page, or GitHub's annotations.",
)
@click.option(
    "--explain", is_flag=True, help="Add to the text each request that shows a change, as a line that asks it."
)
@click.option(
    "--fail-on", type=click.Choice(["any", "gained"]), default="any", show_default=True,
    help="What exits with 1: any difference, or only what B may give beyond A.",
)  # fmt: skip
@click.option(
    "--since",
    metavar="VERSION",
    help="Compare role files with what this release made of them, by their lock file; `lock` is its newest.",
)
@click.option(
    "--lock", metavar="FILE", help="With --since: the lock file; rolemgr.lock beside each role file unless given."
)
@output_option
def diff_command(
    sides: Sequence[str], kind: str | None, form: str, explain: bool, fail_on: str, since: str | None,
    lock: str | None, output: str | None,
) -> None:  # fmt: skip
    """
    Say what B allows beyond A, and the reverse, by meaning.

    Order, case of actions, Sids, one statement or five are no difference. A and B are policies, roles as
    `create` writes them, role files (YAML with a persona), folders of these, or any of them at a revision of
    git, as REVISION:PATH; - is stdin. Files of two folders are paired by their paths; two blueprints are compared
    role by role and policy by policy. Of roles the permissions
    and the trust are compared, the rest as values. What can't be told is said, and counts as a difference.

    Between two role files each change says by which line: a cause is what the role without that line does not
    have. A role file of a revision is read with the settings and catalogs of that revision. Exits with 0 where
    there is no difference, with 1 where there is; with --fail-on gained, with 1 only where B may give what A
    does not. Nothing touches AWS.

    With --since, role files or folders of them are compared with what that release made of them, as `create
    --lock` wrote it down: what an upgrade changes in your roles.

    \b
    Examples:
      rolemgr diff old.json new.json
      rolemgr diff main:roles/churn.yaml roles/churn.yaml
      rolemgr diff origin/main:roles roles --format markdown
      rolemgr diff main:blueprint.yaml blueprint.yaml --format markdown
      rolemgr create --persona data-scientist | rolemgr diff role.json - --fail-on gained
      rolemgr diff --since 0.3.0 roles
      rolemgr diff bucket-policy.json other-bucket-policy.json --type resource --format json
    """
    found = _since(since, sides, lock, kind) if since else _two(sides, lock, kind, explain=explain)
    write_output(report.diff_forms.diff_report(found, form, is_file, explain=explain), output)
    raise_all([InputError(None, f"{file} is not compared: {reason}") for file, reason in found.refused])
    if not (found.gives_no_more if fail_on == "gained" else found.same):
        sys.exit(1)


def _two_sides_of(sides: Sequence[str]) -> str:
    """Return what to give instead of *sides*, which are not two: as `git diff` is asked, where it is that."""
    if len(sides) == 1 and os.path.lexists(sides[0]):
        return f"with what was committed: `rolemgr diff {shlex.quote(f'HEAD:{sides[0]}')} {shlex.quote(sides[0])}`"
    return "give A and B: files, folders, or REVISION:PATH, such as HEAD:roles/ roles/"


def _refuse_revision_alone(sides: Sequence[str]) -> None:
    """Raise InputError for `main roles/x.yaml`, as git has it: a revision stands before the path of each side."""
    a, b = sides
    if not any(map(os.path.lexists, sides)) and all(map(_REVISION.fullmatch, sides)):
        hint = f"revisions have paths, such as `rolemgr diff {shlex.quote(f'{a}:roles/')} {shlex.quote(f'{b}:roles/')}`"
        raise InputError(SourceLocation(a), "there is no such file or folder", hint)
    if not os.path.lexists(a) and os.path.lexists(b) and _REVISION.fullmatch(a):
        hint = f"a revision has a path: `rolemgr diff {shlex.quote(f'{a}:{b}')} {shlex.quote(b)}`"
        raise InputError(SourceLocation(a), "there is no such file or folder", hint)


def _two(sides: Sequence[str], lock: str | None, kind: str | None, *, explain: bool) -> "RoleDiff | FolderDiff":
    """Compare two sides."""
    if lock is not None:
        raise InputError(SourceLocation("--lock"), "goes with --since")
    if len(sides) != 2:
        raise InputError(None, "two sides are compared", _two_sides_of(sides))
    _refuse_revision_alone(sides)
    found = workflow.diff.compared(sides[0], sides[1], kind, OUTSIDE)
    if explain and getattr(found, "blueprints", False):
        raise InputError(
            SourceLocation("--explain"), "goes with roles and policies", "`--format json` has each request"
        )
    return found


def _since(release: str, files: Sequence[str], lock: str | None, kind: str | None) -> "FolderDiff":
    """Compare role files with what a release made of them."""
    if kind:
        raise InputError(SourceLocation("--type"), "goes without --since")
    if not files:
        raise InputError(SourceLocation("--since"), "compares role files", "name them, or their folder")
    return workflow.diff.since(release, files, lock or "", __version__, OUTSIDE)
