"""The options of `rolemgr migrate`, handed to it together."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click

from rolemgr.cli.console import catalog_option, output_path

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--code", multiple=True, metavar="PATH",
        help="Python files, notebooks or folders: the roles that they need; repeatable. More PATHs may follow.",
    ),
    click.option("--role", metavar="FILE", help="With --code: a role that is asked about each call, before it is run."),
    click.option(
        "--fail-on", type=click.Choice(["denied", "not-known", "never"]), default="denied",
        help="Exit with 1 where something used is lost or may be, or something is gained (with --code: where a call is "
        "denied); also where no evidence tells what was used (with --code: a call); or never.",
    ),
    click.option(
        "--used", multiple=True, metavar="FILE|TRAIL",
        help="What it used: recorded calls (files, folders or s3:// of CloudTrail), a policy, or AWS's report; "
        "repeatable.",
    ),
    click.option(
        "--principal", metavar="NAME|ARN", help="Whose recorded calls count: the role that FILE names, unless given."
    ),
    click.option("--persona", metavar="NAME", help="The persona to start from; the one that fits best unless given."),
    click.option("--name", "new_name", metavar="NAME", help="The name of the new role; ROLE-scoped unless given."),
    click.option("--region", metavar="NAME", help="Its Region; the one that most resources name unless given."),
    click.option("--account", metavar="ID", help="The account of a role or policy that does not name one."),
    click.option(
        "--parameter", multiple=True, metavar="KEY=VALUE[,VALUE...]",
        help="A parameter of the groups that can't be told from what the role needs; repeatable.",
    ),
    catalog_option,
    click.option(
        "--draft", metavar="FOLDER",
        help="Write what was used and no activity group grants there, as a catalog with a group of your own; with -o.",
    ),
    click.option("--tests", metavar="FILE", help="Write the recorded calls there as policy tests; goes with -o."),
    click.option("--profile", metavar="NAME", help="The AWS profile, for trails in S3."),
    click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own, for trails in S3."),
    click.option(
        "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text",
        help="The form of the result: text, JSON, or Markdown for an issue or a pull request.",
    ),
    click.option(
        "-o", "--output", callback=output_path, metavar="PATH",
        help="Write the role file there, such as roles/churn.yaml; of an account each role's, into a folder/.",
    ),
)  # fmt: skip


class MigrateFlags(NamedTuple):
    """What the user gave, option by option."""

    code: Sequence[str]
    role: str | None
    fail_on: str
    used: Sequence[str]
    principal: str | None
    persona: str | None
    new_name: str | None
    region: str | None
    account: str | None
    parameter: Sequence[str]
    catalog: Sequence[str]
    draft: str | None
    tests: str | None
    profile: str | None
    endpoint_url: str | None
    form: str
    output: str | None


def migrate_options(command: Command) -> Command:
    """Give *command* the options, handed to it together as *flags*."""

    @wraps(command)
    def collected(words: Sequence[str], **values: Any) -> Any:
        return command(words, MigrateFlags(**values))

    decorated: Any = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: Command = decorated
    return result
