"""What all commands have: `-q`, `-v`, `--color`, and help with the command's own options first."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from rolemgr.cli.stderr import COLOR_HELP, COLORS, STDERR
from rolemgr.errors import InputError, SourceLocation

_COMMON = ("verbose", "quiet", "color")


def common_options(command: click.Command, say_sources: Callable[..., bool]) -> list[click.Parameter]:
    """
    Return the options that every command has and *command* lacks; theirs is how stderr looks.

    *say_sources* is called with what ``-v`` of the command is.
    """
    found: list[click.Parameter] = [
        click.Option(
            ["-q", "--quiet"], is_flag=True, expose_value=False, callback=_keep_quiet,
            help="Leave notes out; errors stay.",
        )
    ]  # fmt: skip
    if not any(param.name == "color" for param in command.params):
        found.append(
            click.Option(["--color"], type=click.Choice(COLORS), default="auto", expose_value=False, help=COLOR_HELP)
        )
    own = next((param for param in command.params if param.name == "verbose"), None)
    if own is None:
        own = click.Option(
            ["-v", "--verbose"], is_flag=True, expose_value=False,
            help="Say which files were read, and what the environment set.",
        )  # fmt: skip
        found.append(own)
    own.callback = say_sources
    return found


def refuse_empty_paths(command: click.Command) -> None:
    """
    Let *command* refuse an empty argument, and an empty path of an option.

    A script's variable that is not set leaves one, and an empty path would mean this folder.
    """
    for param in command.params:
        is_path = isinstance(param, click.Argument) or (param.metavar or "") in _PATHS
        if is_path and param.name != "output":
            param.callback = _with_a_value(param.callback)


_PATHS = ("DIR", "FILE", "FILE|FOLDER", "FOLDER", "PATH")


def _with_a_value(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    def checked(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if "" in (value if isinstance(value, tuple | list) else (value,)):
            where = SourceLocation(param.opts[0]) if isinstance(param, click.Option) else None
            problem = "is empty" if where else "an argument is empty"
            raise InputError(where, problem, "a variable that is not set leaves it so; `.` is this folder")
        return callback(ctx, param, value) if callback else value

    return checked


_VALUED = ("--color",)
_FLAGS = ("-q", "--quiet", "-v", "--verbose", "-qv", "-vq")


def behind_the_command(words: Sequence[str]) -> list[str]:
    """
    Return the *words* of a command line with the common options that stand before the command behind it.

    Git and the AWS CLI take them there. One that is said again behind the command wins.
    """
    at = 0
    while at < len(words):
        word = words[at]
        if word in _FLAGS or any(word.startswith(f"{name}=") for name in _VALUED):
            at += 1
        elif word in _VALUED and at + 1 < len(words):
            at += 2
        else:
            break
    rest = words[at:]
    return [*rest[:1], *words[:at], *rest[1:]] if rest and not rest[0].startswith("-") else list(rest)


def _keep_quiet(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    STDERR.quiet = value


def format_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of *command*: its own first, then those of AWS, of a role, and of all commands."""
    sections: dict[str, list[tuple[str, str]]] = {
        "Options": [], "AWS": [], "Options that choose a role": [], "Common options": [],
    }  # fmt: skip
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is None:
            continue
        sections[_section_of(param)].append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _section_of(param: click.Parameter) -> str:
    if param.name in _COMMON or "--help" in param.opts:
        return "Common options"
    if getattr(param, "reaches_aws", False):
        return "AWS"
    return "Options that choose a role" if getattr(param, "chooses_role", False) else "Options"
