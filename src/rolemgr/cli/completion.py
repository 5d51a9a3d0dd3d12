"""`rolemgr completion`: the script that makes a shell complete our commands, made by click."""

import click
from click.shell_completion import get_completion_class

from rolemgr.cli.lazy import cli


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """
    Print the shell's completion script.

    \b
    Examples:
      rolemgr completion bash >> ~/.bashrc
      rolemgr completion zsh > ~/.zfunc/_rolemgr
      rolemgr completion fish > ~/.config/fish/completions/rolemgr.fish
    """
    cli.shells.register()
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click knows all three
    click.echo(made(ctx.find_root().command, {}, "rolemgr", "_ROLEMGR_COMPLETE").source())
