"""The options of the forms of a rendered role."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from rolemgr.cli.files import read_input
from rolemgr.workflow.exports import FORMS, Exports

Command = TypeVar("Command", bound=Callable[..., Any])


def export_options(command: Command) -> Command:
    """Give *command* ``--format``, ``--explain`` and the options of the forms, together as *exports*."""

    @wraps(command)
    def collected(**values: Any) -> Any:
        exports = Exports(**{name: values.pop(name) for name in Exports._fields})
        return command(exports=exports, **values)

    decorated: Any = collected
    for option in (
        click.option("--sso-instance", metavar="ARN", help="permission-set: the Identity Center instance."),
        click.option(
            "--organizational-unit", "units", multiple=True, metavar="ID",
            help="stackset: a unit whose accounts get the role; repeatable.",
        ),
        click.option(
            "--parameterize", is_flag=True,
            help="cloudformation, stackset, terraform: buckets, keys, subnets and security groups as parameters.",
        ),
        click.option(
            "--template", metavar="FILE", callback=_read_template,
            help="Render the role through your own template (jinja2) instead of a format.",
        ),
        click.option("--explain", is_flag=True, help="Add the catalog files and lines that each statement comes from."),
        click.option(
            "--format", "form", type=click.Choice([*FORMS]), default="json", show_default=True,
            help="The form of the result.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    result: Command = decorated
    return result


def _read_template(_ctx: click.Context, _option: click.Parameter, name: str | None) -> tuple[str, str] | None:
    """Return what messages call the template *name*, and its text."""
    if name is None:
        return None
    text, shown = read_input(name)
    return shown, text
