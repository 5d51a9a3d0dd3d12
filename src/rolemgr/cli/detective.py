"""`rolemgr detective`: controls that find what IAM can't prevent."""

import re
from collections.abc import Sequence

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import note, require_ending, write_output
from rolemgr.cli.lazy import detective
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json, to_yaml

_TAG_KEY = re.compile(r"(?!(?i:aws:))[\w .:/=+@-]{1,128}")


@click.command("detective")
@click.argument("name")
@click.option(
    "--tag-key", "tag_keys", multiple=True, metavar="KEY",
    help="untagged-resources: a tag key that everything must have, Project unless given; repeatable.",
)  # fmt: skip
@click.option("--stop", is_flag=True, help="on-demand-jobs: stop the jobs that are found.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", help="The form of the result.")
@output_option
def detective_command(name: str, tag_keys: Sequence[str], stop: bool, form: str, output: str | None) -> None:
    """
    Render a control that finds what IAM can't prevent.

    NAME is on-demand-jobs (training and tuning jobs without managed spot training) or untagged-resources.
    The template is deployed once for each account and region; findings go to an SNS topic. Nothing touches AWS.

    \b
    Examples:
      rolemgr detective on-demand-jobs -o on-demand-jobs.yaml
      rolemgr detective untagged-resources --tag-key Project --tag-key CostCenter --format json
      aws cloudformation deploy --stack-name on-demand-jobs --template-file on-demand-jobs.yaml \\
          --capabilities CAPABILITY_IAM --parameter-overrides Email=ml-platform@example.com
    """
    asked = _only_for(name, tag_keys, stop)
    require_ending(output, form.upper(), f"give --format {'json' if form == 'yaml' else 'yaml'}")
    made = detective.detective.template(name, tag_keys=asked, stop=stop)
    write_output(to_yaml(made) if form == "yaml" else to_json(made), output)


def _only_for(name: str, tag_keys: Sequence[str], stop: bool) -> list[str]:
    """
    Return the tag keys to ask for, each once.

    Raises InputError for a text that is not a tag key, and for an option that the control *name* does not have.
    """
    if stop and name == "untagged-resources":
        raise InputError(SourceLocation("--stop"), f"`{name}` stops nothing", "it goes with on-demand-jobs")
    if tag_keys and name == "on-demand-jobs":
        raise InputError(SourceLocation("--tag-key"), f"`{name}` looks at no tags", "it goes with untagged-resources")
    for key in tag_keys:
        if not _TAG_KEY.fullmatch(key):
            problem = f"`{key}` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"
            raise InputError(SourceLocation("--tag-key"), problem)
    if not tag_keys and name == "untagged-resources":
        note("tag key Project; choose others with --tag-key")
    return list(dict.fromkeys(tag_keys)) or ["Project"]
