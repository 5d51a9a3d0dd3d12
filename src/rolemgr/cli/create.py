"""`rolemgr create`: render one role."""

from typing import Any

import click
from click.core import ParameterSource

from rolemgr.cli.access import AccessOptions, access_options
from rolemgr.cli.apply import allow_findings_option, apply_roles, yes_option
from rolemgr.cli.console import output_option
from rolemgr.cli.files import write_output
from rolemgr.cli.options import role_options
from rolemgr.cli.planning import ApplyOptions
from rolemgr.errors import InputError, SourceLocation


@click.command("create")
@role_options
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", help="The form of the result.")
@click.option("--explain", is_flag=True, help="Add the catalog files and lines that each statement comes from.")
@click.option("--apply", "to_account", is_flag=True, help="Create the role in the account; the result is its ARN.")
@yes_option
@allow_findings_option
@access_options
@output_option
@click.pass_context
def create_command(
    ctx: click.Context, chosen: dict[str, Any], form: str, explain: bool, to_account: bool, yes: bool,
    allow_findings: bool, access: AccessOptions, output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Render one IAM role as JSON or YAML.

    The result has the shape of CloudFormation's AWS::IAM::Role properties. Nothing touches AWS without
    --apply, which does what `rolemgr apply` does.

    \b
    Examples:
      rolemgr create --persona data-scientist
      rolemgr create --persona data-scientist --account 123456789012 --region eu-west-1 \\
                     --bucket acme-churn --name churn-data-scientist --explain
      rolemgr create --persona data-scientist --bucket acme-churn --apply --profile ml-account
      rolemgr create --role roles/churn.yaml --format yaml -o churn.yaml
    """
    given = ctx.get_parameter_source("form") is not ParameterSource.DEFAULT
    if to_account:
        _check_applicable(form if given else None, explain=explain)
        options = ApplyOptions(allow_findings=allow_findings, yes=yes)
        apply_roles([chosen], access, options, form if given else "text", output, verbose=verbose)
        return
    _refuse_without_apply(yes=yes, allow_findings=allow_findings, **access._asdict())
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.files.write import to_json, to_yaml

    found = render_chosen(chosen, verbose=verbose)
    properties = found.documents.to_properties()
    if explain:
        from rolemgr.render.explain import explanation

        properties["Metadata"] = explanation(found.role)
    write_output(to_yaml(properties) if form == "yaml" else to_json(properties), output)


def _check_applicable(form: str | None, *, explain: bool) -> None:
    """Raise InputError for what belongs to a rendered role where the result is a role in an account."""
    if form not in (None, "json"):
        raise InputError(
            SourceLocation("--format"), f"`{form}` goes without --apply", "give json, or nothing for the ARN"
        )
    if explain:
        raise InputError(SourceLocation("--explain"), "goes without --apply")


def _refuse_without_apply(**options: object) -> None:
    for name, value in options.items():
        if value:
            raise InputError(SourceLocation(f"--{name.replace('_', '-')}"), "goes with --apply")
