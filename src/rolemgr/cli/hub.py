"""`--hub` and `--as-of`: where and when Security Hub imports what `check` and `drift` find."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rolemgr import __version__
from rolemgr.cli.inventory import a_day
from rolemgr.cli.lazy import report
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.report.asff_findings import AsffHub

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--hub", metavar="ACCOUNT:REGION", help="For asff: the account and Region whose Security Hub imports it."
    ),
    click.option("--as-of", metavar="DATE", help="For asff: today, such as 2026-11-28, which an update needs."),
)


def hub_options(command: Command) -> Command:
    """Give *command* the options of Security Hub, handed to it as *hub*: None where the form is another."""

    @wraps(command)
    def collected(hub: str | None, as_of: str | None, form: str, **values: Any) -> None:
        command(hub=_hub(hub, as_of, form), form=form, **values)

    decorated: Any = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: Command = decorated
    return result


def _hub(hub: str | None, as_of: str | None, form: str) -> "AsffHub | None":
    """Return the hub; raise InputError where options and *form* do not fit together."""
    given = {"--hub": hub, "--as-of": as_of}
    if form != "asff":
        for option, value in given.items():
            if value is not None:
                raise InputError(SourceLocation(option), "goes with --format asff", "leave it out, or give both")
        return None
    day = a_day(as_of)
    if hub is None:
        raise InputError(SourceLocation("--format"), "asff needs --hub", "the account and Region that import it")
    if day is None:
        raise InputError(SourceLocation("--format"), "asff needs --as-of", "Security Hub takes an update by its day")
    return report.asff_findings.hub_of(hub, day, __version__)
