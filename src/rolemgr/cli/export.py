"""The formats of `rolemgr create` beside JSON and YAML, and their options."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import click

from rolemgr.cli.files import note

Command = TypeVar("Command", bound=Callable[..., Any])

FORMS = (
    "json", "yaml", "cloudformation", "stackset", "terraform", "aws-cli", "permission-set", "sagemaker-config",
)  # fmt: skip
_OPTIONS = ("parameterize", "units", "sso_instance")


def export_options(command: Command) -> Command:
    """Give *command* ``--format`` as *form*, and the options of the formats together as the mapping *export*."""

    @wraps(command)
    def collected(**values: Any) -> Any:
        export = {name: values.pop(name) for name in _OPTIONS}
        return command(export=export, **values)

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
            "--format", "form", type=click.Choice(FORMS), default="json", show_default=True,
            help="The form of the result.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    result: Command = decorated
    return result


def refuse_export_options(form: str, export: Mapping[str, Any]) -> None:
    """Raise InputError where an option of the other formats is given with *form*, which takes none."""
    if any(export.values()):
        from rolemgr.export.formats import Options, check_options

        check_options(form, Options(**export))


def exported(flags: Mapping[str, Any], form: str, export: Mapping[str, Any], *, verbose: bool) -> str:
    """
    Return the role that *flags* choose in the format *form*, with the options *export*; say what to know of it.

    Raises InputError (or Problems) for bad input, an option that does not go with the format, and a role that
    the format can't carry.
    """
    from rolemgr.cli.rendering import render_chosen
    from rolemgr.export import formats

    options = formats.Options(**export)
    formats.check_options(form, options)
    found = render_chosen(flags, verbose=verbose, filled_later=formats.FORMATS[form].filled_later)
    chosen = formats.Chosen(found.catalog, found.spec, found.role, found.documents)
    made = formats.FORMATS[form].export(chosen, options)
    for text in made.notes:
        note(text)
    return made.text
