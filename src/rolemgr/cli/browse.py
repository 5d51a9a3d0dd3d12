"""`rolemgr list` and `rolemgr show`: what the catalog offers."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import catalog_option, color_option, form_option, give, output_option
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import InputError, SourceLocation

_ENTRIES = (
    "persona", "separation", "activity-group", "guardrail", "profile", "scp", "rcp", "resource-policy",
    "detective-control",
)  # fmt: skip


@click.command("list")
@click.argument(
    "kind",
    type=click.Choice(
        [
            "personas",
            "separations",
            "activity-groups",
            "guardrails",
            "profiles",
            "scps",
            "rcps",
            "resource-policies",
            "detective-controls",
        ]
    ),
)
@click.option("--matrix", is_flag=True, help="Show which persona has which activity group.")
@catalog_option
@form_option
@output_option
@color_option
def list_command(
    kind: str, matrix: bool, catalog: Sequence[str], form: str, output: str | None, color: str
) -> None:  # fmt: skip
    """
    List what the catalog has: personas, separations ....

    \b
    Examples:
      rolemgr list personas
      rolemgr list separations
      rolemgr list activity-groups --matrix
      rolemgr list scps
      rolemgr list resource-policies
      rolemgr list activity-groups --catalog ./our-catalog --format json
    """
    if matrix and kind != "activity-groups":
        raise InputError(
            SourceLocation("--matrix"), "goes with activity groups", "see `rolemgr list activity-groups --matrix`"
        )
    views = workflow.browse.list_of("matrix" if matrix else kind, catalog)
    give(form, views.data, views.page, output, color)


@click.command("show")
@click.argument("kind", type=click.Choice([*_ENTRIES, "blueprint"]))
@click.argument("name", metavar="NAME|FILE|FOLDER")
@catalog_option
@form_option
@output_option
@color_option
def show_command(
    kind: str, name: str, catalog: Sequence[str], form: str, output: str | None, color: str
) -> None:  # fmt: skip
    """
    Show a catalog entry, or a blueprint, as a tree.

    Of a blueprint it shows accounts, units, layers, flows and roles, and for each value of a role the line and the
    level (all roles, unit, account, project, the role) that it comes from.

    \b
    Examples:
      rolemgr show persona data-scientist
      rolemgr show separation no-deployment
      rolemgr show activity-group run-training-jobs
      rolemgr show guardrail volume-kms-key
      rolemgr show profile regulated
      rolemgr show scp iam-lockdown
      rolemgr show resource-policy bucket
      rolemgr show detective-control outside-guardrails
      rolemgr show blueprint blueprint.yaml
    """
    if kind == "blueprint":
        if catalog:
            raise InputError(SourceLocation("--catalog"), "does not go with a blueprint", "it says `catalog` itself")
        views = workflow.blueprint.view_of(workflow.blueprint_given.blueprint_in_folder(name, OUTSIDE), OUTSIDE)
    else:
        views = workflow.browse.entry_of(kind, name, catalog)
    give(form, views.data, views.page, output, color)
