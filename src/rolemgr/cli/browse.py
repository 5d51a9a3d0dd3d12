"""`rolemgr list` and `rolemgr show`: what the catalog offers."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import catalog_option, color_option, form_option, give, output_option
from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.choices import catalog_folders


@click.command("list")
@click.argument("kind", type=click.Choice(["personas", "separations", "activity-groups", "guardrails", "profiles"]))
@click.option("--matrix", is_flag=True, help="Show which persona has which activity group.")
@catalog_option
@form_option
@output_option
@color_option
def list_command(
    kind: str, matrix: bool, catalog: Sequence[str], form: str, output: str | None, color: str
) -> None:  # fmt: skip
    """
    List what the catalog has: personas, separations, groups ....

    \b
    Examples:
      rolemgr list personas
      rolemgr list separations
      rolemgr list activity-groups --matrix
      rolemgr list activity-groups --catalog ./our-catalog --format json
    """
    from rolemgr.catalog.load import Catalog
    from rolemgr.report import entries, guardrails, personas, separations

    if matrix and kind != "activity-groups":
        raise InputError(
            SourceLocation("--matrix"), "goes with activity groups", "see `rolemgr list activity-groups --matrix`"
        )
    loaded = Catalog(catalog_folders(catalog))
    data, table = {
        "personas": (personas.personas_data, personas.personas_table),
        "separations": (separations.separations_data, separations.separations_table),
        "activity-groups": (entries.groups_data, entries.groups_table),
        "guardrails": (guardrails.guardrails_data, guardrails.guardrails_table),
        "profiles": (guardrails.profiles_data, guardrails.profiles_table),
        "matrix": (entries.matrix_data, entries.matrix_table),
    }["matrix" if matrix else kind]
    give(form, lambda: data(loaded), lambda: table(loaded), output, color)


@click.command("show")
@click.argument("kind", type=click.Choice(["persona", "separation", "activity-group", "guardrail", "profile"]))
@click.argument("name")
@catalog_option
@form_option
@output_option
@color_option
def show_command(
    kind: str, name: str, catalog: Sequence[str], form: str, output: str | None, color: str
) -> None:  # fmt: skip
    """
    Show one catalog entry as a tree.

    \b
    Examples:
      rolemgr show persona data-scientist
      rolemgr show separation no-deployment
      rolemgr show activity-group run-training-jobs
      rolemgr show guardrail volume-kms-key
      rolemgr show profile regulated
    """
    from rolemgr.catalog.load import Catalog
    from rolemgr.report import entries, guardrails, personas, separations

    loaded = Catalog(catalog_folders(catalog))
    data, tree = {
        "persona": (personas.persona_data, personas.persona_tree),
        "separation": (separations.separation_data, separations.separation_tree),
        "activity-group": (entries.group_data, entries.group_tree),
        "guardrail": (guardrails.guardrail_data, guardrails.guardrail_tree),
        "profile": (guardrails.profile_data, guardrails.profile_tree),
    }[kind]
    give(form, lambda: data(loaded, name), lambda: tree(loaded, name), output, color)
