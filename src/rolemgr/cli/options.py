"""
The options that choose a role, given to every command that takes them.

`rolemgr.workflow` has them as data, and reads what they choose.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from rolemgr.cli.lazy import workflow
from rolemgr.cli.outside import OUTSIDE
from rolemgr.workflow.role_options import MANY_FILES, ROLE_OPTIONS, RoleOption

Command = TypeVar("Command", bound=Callable[..., Any])


class RoleChoice(click.Option):
    """An option that chooses a role: help shows it behind the command's own."""

    chooses_role = True


def role_options(command: Command) -> Command:
    """Give *command* the options that choose a role, handed to it together as the mapping *chosen*."""
    return _with_options(command, ROLE_OPTIONS)


def roles_options(command: Command) -> Command:
    """As `role_options`, for a command that takes many role files: *chosen* has those in a tuple."""
    return _with_options(command, [MANY_FILES if option.key == "role" else option for option in ROLE_OPTIONS])


def role_file_options(command: Command) -> Command:
    """As `role_options`, and a role file may stand without ``--role``."""

    @wraps(command)
    def with_file(files: Sequence[str], chosen: Mapping[str, Any], **values: Any) -> Any:
        return command(chosen=workflow.many.with_role_file(files, chosen, OUTSIDE), **values)

    decorated: Any = role_options(with_file)
    result: Command = click.argument("files", nargs=-1, metavar="[ROLE_FILE]")(decorated)
    return result


def settings_options(command: Command) -> Command:
    """As `role_options`, for a command that writes settings down: without a role file."""
    return _collecting(command, [option for option in ROLE_OPTIONS if option.key != "role"])


def _with_options(command: Command, options: Sequence[RoleOption]) -> Command:
    verbose = click.option("-v", "--verbose", is_flag=True, help="Say where each setting came from.")
    return verbose(_collecting(command, options))


def _collecting(command: Command, options: Sequence[RoleOption]) -> Command:
    @wraps(command)
    def collected(**values: Any) -> Any:
        chosen = {option.key: values.pop(option.key) for option in options}
        return command(chosen=chosen, **values)

    decorated: Any = collected
    for option in reversed(options):
        decorated = click.option(
            option.flag,
            option.key,
            cls=RoleChoice,
            metavar=option.metavar or None,
            help=option.help,
            multiple=option.many or option.pairs,
            is_flag=option.switch or None,  # False would let a value that begins with - be left out
        )(decorated)
    result: Command = decorated
    return result
