"""The options that say with which credentials AWS is asked, the same in every command that asks it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from rolemgr.errors import InputError, SourceLocation
from rolemgr.workflow.account_options import AccessOptions


class AccessOption(click.Option):
    """An option that says how AWS is reached: help shows it in a section of its own."""

    reaches_aws = True


Command = TypeVar("Command", bound=Callable[..., Any])


def access_options(command: Command) -> Command:
    """Give *command* the options of AWS's own command line, handed to it together as *access*."""

    @wraps(command)
    def collected(profile: str | None, endpoint_url: str | None, **values: Any) -> Any:
        return command(access=AccessOptions(profile, endpoint_url), **values)

    decorated: Any = collected
    for flag, metavar, text in (
        ("--endpoint-url", "URL", "Where AWS is asked instead of its own endpoints."),
        ("--profile", "NAME", "The profile of AWS's configuration with the credentials."),
    ):
        decorated = click.option(flag, cls=AccessOption, metavar=metavar, help=text)(decorated)
    result: Command = decorated
    return result


def access_of(access: AccessOptions, *, live: bool) -> AccessOptions | None:
    """Return how AWS is reached where it is asked; raise InputError for an option that goes with --live alone."""
    if live:
        return access
    for option, value in {"--profile": access.profile, "--endpoint-url": access.endpoint_url}.items():
        if value is not None:
            raise InputError(SourceLocation(option), "goes with --live", "without it nothing touches AWS")
    return None
