"""`rolemgr create`: render one role, or each of many; with --apply, create it in the account."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from rolemgr import __version__
from rolemgr.cli.access import access_options
from rolemgr.cli.apply import allow_findings_option, apply_roles, role_files, yes_option
from rolemgr.cli.console import output_option
from rolemgr.cli.export import export_options
from rolemgr.cli.files import is_folder, next_step, note, require_ending, write_in, write_output
from rolemgr.cli.lazy import cli, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import say_rest
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions
from rolemgr.workflow.choices import names_a_role
from rolemgr.workflow.exports import FORMS, Exports
from rolemgr.workflow.role_options import given_flag, many_roles, one_role, with_role_files

if TYPE_CHECKING:
    from rolemgr.workflow.lock import LockFile


@click.command("create")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...")
@roles_options
@export_options
@click.option("--apply", "to_account", is_flag=True, help="Create the role in the account; the result is its ARN.")
@yes_option
@allow_findings_option
@access_options
@click.option(
    "--lock",
    metavar="[FILE]",
    is_flag=False,
    flag_value="",
    help="Write down too what this release made of the role files, for `diff --since`; rolemgr.lock beside them.",
)
@output_option
@click.pass_context
def create_command(
    ctx: click.Context, files: Sequence[str], chosen: dict[str, Any], exports: Exports, to_account: bool, yes: bool,
    allow_findings: bool, access: AccessOptions, lock: str | None, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Render one IAM role: JSON, CloudFormation, Terraform ...

    JSON and YAML have the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS without
    --apply, which does what `rolemgr apply` does.

    On a terminal and without a persona or role file, a wizard asks for the role in ten answers (`more` asks all),
    shows it for review, and prints the command line that gives the same.

    \b
    Examples:
      rolemgr create
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create roles/churn.yaml --format cloudformation --parameterize -o churn.yaml
      rolemgr create --persona ml-engineer --format terraform -o modules/
      rolemgr create roles/ -o out/ --lock
      rolemgr create roles/churn.yaml --template wiki.md.j2 -o wiki/
      rolemgr create --persona data-scientist --bucket acme-churn --apply --profile ml-account
    """
    form_given = ctx.get_parameter_source("form") is not ParameterSource.DEFAULT
    chosen = with_role_files(files, chosen)
    _check_template(exports, chosen, beside="--apply" if to_account else "--format" if form_given else None)
    locks = _locks(chosen, lock, to_account=to_account) if lock is not None else ()
    options = ApplyOptions(allow_findings=allow_findings, yes=yes)
    if to_account:
        _check_applicable(exports, form_given=form_given)
    else:
        _check_written(exports, output, **options._asdict(), **access._asdict())
    if at_a_terminal() and not names_a_role(chosen, os.environ):
        chosen, exports, output = _from_wizard(ctx, chosen, exports, output)
    if to_account:
        apply_roles(role_files(chosen), access, options, exports.form if form_given else "text", output,
                    verbose=verbose)  # fmt: skip
    elif many_roles(chosen):
        _create_many(chosen, exports, output, verbose=verbose)
    else:
        _create_one(chosen, exports, output, verbose=verbose)
    _write_locks(locks, named=bool(lock))


def _from_wizard(
    ctx: click.Context, chosen: dict[str, Any], exports: Exports, output: str | None
) -> tuple[dict[str, Any], Exports, str | None]:
    """Return what the wizard was told: the role, its form, and where it goes."""
    asked = cli.wizard.ask_for_role(ctx, chosen)
    output = asked.place or output
    if asked.form:
        exports = exports._replace(form=asked.form)
        _check_written(exports, output)
    return asked.chosen, exports, output


def _write_locks(locks: "Sequence[LockFile]", *, named: bool) -> None:
    """Write *locks*; where nobody *named* the file, a link there is not followed."""
    for one in locks:
        if named:
            write_output(one.text, one.path)
        else:
            write_in(os.path.dirname(one.path) or ".", os.path.basename(one.path), "", one.text)  # noqa: PTH119, PTH120


def _locks(chosen: dict[str, Any], name: str, *, to_account: bool) -> "Sequence[LockFile]":
    """Return the lock files of the role files that make a role; raise InputError for what no lock file can say."""
    where = SourceLocation("--lock")
    if to_account:
        raise InputError(where, "goes without --apply", "lock the role file once it is as it should be")
    if not chosen["role"] or "-" in chosen["role"]:
        raise InputError(where, "is about role files", "give --role FILE")
    if flag := given_flag({key: value for key, value in chosen.items() if key != "role"}):
        raise InputError(where, f"goes without {flag}", "a role file says it all, and is compared as it is")
    files = workflow.many.matching_files(chosen["role"], OUTSIDE._replace(say=lambda _: None))  # said below
    made, _ = cli.many.judge_each(chosen, files, workflow.lock.lock_entry, verbose=False)  # what is wrong is said below
    return workflow.lock.lock_files(made, name, __version__, OUTSIDE)


def _check_template(exports: Exports, chosen: dict[str, Any], *, beside: str | None) -> None:
    """Raise InputError for a template *beside* an option, and for one on stdin where the role is there too."""
    if not exports.template:
        return
    if exports.template[0] == "<stdin>" and "-" in (chosen["role"] or ()):
        raise InputError(SourceLocation("--template"), "can't be stdin where the role is", "give one of them as a file")
    if beside:
        raise InputError(SourceLocation("--template"), f"goes without {beside}", "a template makes the whole result")


def _create_one(chosen: dict[str, Any], exports: Exports, output: str | None, *, verbose: bool) -> None:
    made = workflow.create.create_role(one_role(chosen), exports, OUTSIDE, verbose=verbose)
    for text in made.exported.notes:
        note(text)
    if output is not None and (output.endswith("/") or is_folder(output)):
        write_in(output, exports.place, made.name, made.exported.text)
    else:
        write_output(made.exported.text, output)
    if len(steps := made.next_steps) > 1:
        next_step("; ".join(f"({number}) {text}" for number, text in enumerate(steps, 1)))
    elif steps:
        next_step(steps[0])


def _create_many(chosen: dict[str, Any], exports: Exports, output: str | None, *, verbose: bool) -> None:
    """
    Write each role that can be made as a file of its own to the folder *output*, then raise what is wrong.

    A role that their work runs as is said, where it is none of them.
    """
    make = partial(workflow.create.role_of_many, exports=exports)
    files = workflow.many.matching_files(chosen["role"], OUTSIDE)
    folder = cli.many.require_folder(output)
    found, wrong = cli.many.judge_each(chosen, files, make, verbose=verbose, filled_later=exports.filled_later)
    there = {one.result.arn for one in found}
    made = [
        one._replace(
            notes=(
                *one.notes,
                *one.result.exported.notes,
                *(text for arn, text in one.result.passed.items() if arn not in there),
            )
        )
        for one in found
    ]
    cli.many.say_notes(made)
    unwritten = cli.many.write_each([one.with_result(one.result.exported.text) for one in made], folder, exports.place)
    say_rest(len(made) - len(unwritten), [*wrong, *unwritten], f"written to {folder}")


def _check_applicable(exports: Exports, *, form_given: bool) -> None:
    """Raise InputError for what belongs to a rendered role where the result is a role in an account."""
    if form_given and exports.form != "json":
        hint = "give json, or nothing for the ARN"
        raise InputError(SourceLocation("--format"), f"`{exports.form}` goes without --apply", hint)
    if exports.explain:
        raise InputError(SourceLocation("--explain"), "goes without --apply")
    exports.check()


def _check_ending(form: str, output: str | None) -> None:
    """Raise InputError for a file whose ending says that it holds something else than the form."""
    if output is None or output.endswith("/") or is_folder(output):
        return
    language = {"yaml": "YAML", "json": "JSON", "sh": "a shell script"}[FORMS[form].rpartition(".")[2]]
    place = FORMS[form].format(name="NAME")
    require_ending(output, language, f"name it {place}, or choose another --format")


def _check_written(exports: Exports, output: str | None, **of_apply: object) -> None:
    """Raise InputError for what does not go with a role that is written, as the options *of_apply* do not."""
    for name, value in of_apply.items():
        if value:
            raise InputError(SourceLocation(f"--{name.replace('_', '-')}"), "goes with --apply")
    exports.check()
    if not exports.template:
        _check_ending(exports.form, output)


def at_a_terminal() -> bool:
    """Tell whether somebody can be asked: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
