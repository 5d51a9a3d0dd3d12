"""`rolemgr help` and `rolemgr version`: what `--help` and `--version` say, by the names that others have."""

import click

from rolemgr import __version__
from rolemgr.errors import InputError


@click.command("help")
@click.argument("command", required=False)
@click.pass_context
def help_command(ctx: click.Context, command: str | None) -> None:
    """
    Show the help of a command.

    \b
    Examples:
      rolemgr help
      rolemgr help create
    """
    top = ctx.find_root()
    if command is None:
        click.echo(top.get_help())
        return
    assert isinstance(top.command, click.Group)  # noqa: S101 - the program
    top.command.resolve_command(top, [command])  # raises for one that is unknown, with the nearest
    found = top.command.get_command(top, command)
    if found is None:
        raise InputError(None, f"unknown command `{command}`", "see `rolemgr --help`")
    with found.make_context(command, ["--help"], parent=top, resilient_parsing=True) as inner:
        click.echo(found.get_help(inner))


@click.command("version")
def version_command() -> None:
    """
    Print the version.

    \b
    Example:
      rolemgr version >> bug-report.md
    """
    click.echo(f"rolemgr, version {__version__}")
