"""`rolemgr scp` and `rolemgr rcp`: policies of an organization, from guardrails and patterns."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.workflow.role_options import BY_KEY

Command = TypeVar("Command", bound=Callable[..., Any])

_GUARDRAILS = (
    "guardrail", "guardrail_profile", "subnet", "security_group", "volume_key", "data_key", "strict", "kms_key_names",
    "partition",
)  # fmt: skip


def _common(command: Command) -> Command:
    """Give *command* what both kinds take."""
    decorated: Any = command
    for option in (
        output_option,
        click.option("--catalog", multiple=True, metavar="DIR", help="A catalog folder of yours: scps/, rcps/ ...; repeatable."),
        click.option("--name", metavar="NAME", help="What the policies are called; rolemgr-scp or rolemgr-rcp unless given."),
        click.option("--free-slots", type=int, metavar="N", help="How many policies can still be attached there."),
        click.option(
            "--exempt", multiple=True, metavar="ARN", help="A role that no Deny binds, such as break-glass; repeatable.",
        ),
        click.option(
            "--parameter", "parameters", multiple=True, metavar="[PATTERN.]KEY=VALUE[,VALUE...]",
            help="A value of a pattern's parameter; repeatable.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    result: Command = decorated
    return result


def _guardrail_options(command: Command) -> Command:
    """Give *command* the options of guardrails, handed to it together as the mapping *guardrails*."""

    @wraps(command)
    def collected(**values: Any) -> Any:
        return command(guardrails={key: values.pop(key) for key in _GUARDRAILS}, **values)

    decorated: Any = collected
    for key in reversed(_GUARDRAILS):
        option = BY_KEY[key]
        decorated = click.option(
            option.flag, option.key, metavar=option.metavar or None, help=option.help,
            multiple=option.many or option.pairs, is_flag=option.switch or None,
        )(decorated)  # fmt: skip
    result: Command = decorated
    return result


def _render(kind: str, patterns: tuple[str, ...], form: str, output: str | None, chosen: dict[str, Any]) -> None:
    made = workflow.layer_policies.make_layer(workflow.layer_policies.LayerRequest(kind, patterns, **chosen), OUTSIDE)
    require_ending(output, "JSON", "give another --format")
    write_output("[\n" + ",\n".join(one.text for one in made.documents.policies) + "\n]\n", output)


@click.command("scp")
@click.argument("patterns", nargs=-1, metavar="PATTERN...")
@_guardrail_options
@click.option(
    "--landing-zone", "landing_zones", multiple=True, metavar="NAME",
    help="Let a landing zone's own roles work: control-tower, lza or stacksets; repeatable.",
)
@click.option("--format", "form", type=click.Choice(["json"]), default="json", help="The form of the result.")
@_common
def scp_command(patterns: tuple[str, ...], form: str, output: str | None, **chosen: Any) -> None:
    """
    Render service control policies from patterns and guardrails.

    \b
    Examples:
      rolemgr scp approved-regions --parameter regions=eu-west-1,eu-central-1
    """
    _render("scp", patterns, form, output, chosen)


@click.command("rcp")
@click.argument("patterns", nargs=-1, metavar="PATTERN...")
@click.option("--format", "form", type=click.Choice(["json"]), default="json", help="The form of the result.")
@_common
def rcp_command(patterns: tuple[str, ...], form: str, output: str | None, **chosen: Any) -> None:
    """
    Render resource control policies from patterns.

    \b
    Examples:
      rolemgr rcp organization-identities confused-deputy --parameter organization=o-a1b2c3d4e5
    """
    _render("rcp", patterns, form, output, chosen)
