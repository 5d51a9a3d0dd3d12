"""What all commands have: `-q`, `--color`, and help with the command's own options first."""

import click

from rolemgr.cli.stderr import COLOR_HELP, COLORS, STDERR

_COMMON = ("verbose", "quiet", "color")


def common_options(command: click.Command) -> list[click.Parameter]:
    """Return the options that every command has and *command* lacks; theirs is how stderr looks."""
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
    return found


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
