"""`rolemgr create`: render one role, or each of many; with --apply, create it in the account."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from rolemgr.cli.access import AccessOptions, access_options
from rolemgr.cli.apply import allow_findings_option, apply_roles, role_files, yes_option
from rolemgr.cli.console import output_option
from rolemgr.cli.export import FORMS, ExportedText, Exports, export_options, exported_text
from rolemgr.cli.files import is_folder, next_step, note, require_ending, write_in, write_output
from rolemgr.cli.options import roles_options
from rolemgr.cli.planning import ApplyOptions
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.choices import names_a_role
from rolemgr.workflow.role_options import many_roles, one_role

if TYPE_CHECKING:
    from rolemgr.cli.rendering import Chosen


@click.command("create")
@roles_options
@export_options
@click.option("--apply", "to_account", is_flag=True, help="Create the role in the account; the result is its ARN.")
@yes_option
@allow_findings_option
@access_options
@output_option
@click.pass_context
def create_command(
    ctx: click.Context, chosen: dict[str, Any], exports: Exports, to_account: bool, yes: bool,
    allow_findings: bool, access: AccessOptions, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Render one IAM role: JSON, CloudFormation, Terraform ...

    JSON and YAML have the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS without
    --apply, which does what `rolemgr apply` does.

    On a terminal and without a persona or role file, a wizard asks for the role in four steps, shows it for
    review, and prints the command line that gives the same.

    \b
    Examples:
      rolemgr create
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create --role roles/churn.yaml --format cloudformation --parameterize -o churn.yaml
      rolemgr create --persona ml-engineer --format terraform -o modules/
      rolemgr create --role 'roles/*.yaml' -o out/
      rolemgr create --role roles/churn.yaml --template wiki.md.j2 -o wiki/
      rolemgr create --persona data-scientist --bucket acme-churn --apply --profile ml-account
    """
    form_given = ctx.get_parameter_source("form") is not ParameterSource.DEFAULT
    if exports.template and exports.template[0] == "<stdin>" and "-" in (chosen["role"] or ()):
        raise InputError(SourceLocation("--template"), "can't be stdin where the role is", "give one of them as a file")
    if exports.template and (to_account or form_given):
        other = "--apply" if to_account else "--format"
        raise InputError(SourceLocation("--template"), f"goes without {other}", "a template makes the whole result")
    if to_account:
        _check_applicable(exports, form_given=form_given)
    else:
        _refuse_without_apply(yes=yes, allow_findings=allow_findings, **access._asdict())
        exports.check()
        if not exports.template:
            _check_ending(exports.form, output)
    if at_a_terminal() and not names_a_role(chosen, os.environ):
        from rolemgr.cli.wizard import ask_for_role

        chosen = ask_for_role(ctx, chosen)
    if to_account:
        options = ApplyOptions(allow_findings=allow_findings, yes=yes)
        apply_roles(role_files(chosen), access, options, exports.form if form_given else "text", output,
                    verbose=verbose)  # fmt: skip
    elif many_roles(chosen):
        _create_many(chosen, partial(exported_text, exports=exports), exports, output, verbose=verbose)
    else:
        _create_one(chosen, exports, output, verbose=verbose)


def _create_one(chosen: dict[str, Any], exports: Exports, output: str | None, *, verbose: bool) -> None:
    from rolemgr.cli.rendering import render_chosen

    found = render_chosen(one_role(chosen), verbose=verbose, filled_later=exports.filled_later)
    made = exported_text(found, exports)
    for text in made.notes:
        note(text)
    if output is not None and (output.endswith("/") or is_folder(output)):
        write_in(output, exports.place, found.documents.name, made.text)
    else:
        write_output(made.text, output)
    _say_next(found, is_open="account" in exports.filled_later)


def _say_next(found: "Chosen", *, is_open: bool) -> None:
    """
    Say as what the role's work runs, and what is left to do before somebody works with it.

    Where the account *is_open*, the user of the result fills it.
    """
    from rolemgr.model.spec import DEFAULT_ACCOUNT
    from rolemgr.report.next_steps import next_steps, passed_line
    from rolemgr.separation.closure import passed_roles

    own = found.role.spec.arn
    passed = (passed_line(one, own) for one in passed_roles(found.catalog, found.role))
    for text in (*passed, *next_steps(found.role)):
        next_step(text.replace(DEFAULT_ACCOUNT, "ACCOUNT") if is_open else text)


def _create_many(
    chosen: dict[str, Any], make: "Callable[[Chosen], ExportedText]", exports: Exports, output: str | None,
    *, verbose: bool,
) -> None:  # fmt: skip
    """Write each role that can be made as a file of its own to the folder *output*, then raise what is wrong."""
    from rolemgr.cli.many import judge_each, matching_files, require_folder, say_notes, say_rest, write_each

    folder = require_folder(output)
    files = matching_files(chosen["role"])
    found, wrong = judge_each(chosen, files, make, verbose=verbose, filled_later=exports.filled_later)
    made = [one._replace(notes=(*one.notes, *one.result.notes)) for one in found]
    say_notes(made)
    unwritten = write_each([one.with_result(one.result.text) for one in made], folder, exports.place)
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


def _refuse_without_apply(**options: object) -> None:
    for name, value in options.items():
        if value:
            raise InputError(SourceLocation(f"--{name.replace('_', '-')}"), "goes with --apply")


def at_a_terminal() -> bool:
    """Tell whether somebody can be asked: questions go to stderr, answers come from stdin."""
    return sys.stdin.isatty() and sys.stderr.isatty()
