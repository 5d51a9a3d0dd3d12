"""`rolemgr query`: AWS's reference and the catalog, asked about one name."""

from collections.abc import Sequence

import click

from rolemgr.cli.console import catalog_option, color_option, form_option, give, output_option
from rolemgr.cli.lazy import workflow

KINDS = ("action", "key", "resource", "guardrail", "who")


@click.command("query")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@catalog_option
@form_option
@output_option
@color_option
def query_command(
    kind: str, name: str, catalog: Sequence[str], form: str, output: str | None, color: str
) -> None:  # fmt: skip
    """
    Ask what an action takes, and who has it.

    Of an action: access level, resources, condition keys and the guardrails that ask them, what its caller needs
    too, and which groups and personas have it. Of a condition key, a resource type (or an ARN) or a guardrail: the
    same from its side. `who` takes an action, or a pattern of them, and says which personas may, where and when.
    Personas are as the catalog has them, without further choices; of a real account ask `rolemgr who-can`.

    \b
    Examples:
      rolemgr query action sagemaker:CreateTrainingJob
      rolemgr query key sagemaker:InstanceTypes
      rolemgr query resource sagemaker:training-job
      rolemgr query guardrail instance-types
      rolemgr query who 'sagemaker:Create*' --format json
    """
    views = workflow.query.answer_to(kind, name, catalog)
    give(form, views.data, views.page, output, color)
