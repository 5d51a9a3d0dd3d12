"""
The `rolemgr` command: its sub-commands by name, each imported only when it is called.

One place turns a RolemgrError into its line on stderr and its exit code; everything else that is raised is
a bug and shows its traceback.
"""

import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any, NoReturn

import click

from rolemgr import __version__
from rolemgr.cli.console import WORDS
from rolemgr.cli.lazy import cli
from rolemgr.cli.process import keep_to_ourselves, run_and_end
from rolemgr.cli.reading import say_sources
from rolemgr.cli.stderr import STDERR, aside
from rolemgr.errors import InputError, RolemgrError, SourceLocation, UnknownNameError, require_text

COMMANDS = {
    "init": ("rolemgr.cli.init", "Write a starter rolemgr.yaml, or a starter blueprint."),
    "create": ("rolemgr.cli.create", "Render one IAM role: JSON, CloudFormation, Terraform ..."),
    "preview": ("rolemgr.cli.preview", "Show a role for review, on one page."),
    "report": ("rolemgr.cli.report", "Make an HTML report."),
    "list": ("rolemgr.cli.browse", "List what the catalog has: personas, separations ...."),
    "show": ("rolemgr.cli.browse", "Show a catalog entry, or a blueprint, as a tree."),
    "query": ("rolemgr.cli.query", "Ask what an action takes, and who has it."),
    "simulate": ("rolemgr.cli.simulate", "Evaluate one request against a role or policy files."),
    "test": ("rolemgr.cli.policy_test", "Run policy tests in YAML."),
    "prove": ("rolemgr.cli.prove", "Prove what a role, catalog or blueprint can never do."),
    "diagnose": ("rolemgr.cli.diagnose", "Say which layer denies a request, and what would allow it."),
    "check": ("rolemgr.cli.check", "Check policies: grammar, names, reach, what they give away."),
    "diff": ("rolemgr.cli.diff", "Say what B allows beyond A, and the reverse, by meaning."),
    "compare": ("rolemgr.cli.compare", "Compare a role with AWS's policies, in figures."),
    "compliance": ("rolemgr.cli.compliance", "Map controls to limits, with evidence."),
    "audit": ("rolemgr.cli.audit", "Find what everybody in an account can really do."),
    "who-can": ("rolemgr.cli.who_can", "Say who may do an action."),
    "can": ("rolemgr.cli.can", "Say what one principal can do."),
    "replay": ("rolemgr.cli.replay", "Say which recorded calls policies would deny."),
    "tighten": ("rolemgr.cli.tighten", "Cut a role down to what it used."),
    "migrate": ("rolemgr.cli.migrate", "Move a role to the smallest set of groups."),
    "build": ("rolemgr.cli.build", "Render every document of a blueprint."),
    "plan": ("rolemgr.cli.apply", "Show what `apply` would do, and change nothing."),
    "apply": ("rolemgr.cli.apply", "Create roles in the account, after a plan and a question."),
    "smoke": ("rolemgr.cli.smoke", "Print the smoke test of a role."),
    "drift": ("rolemgr.cli.drift", "Say where roles in the account differ from their files."),
    "scp": ("rolemgr.cli.layer_policies", "Render SCPs."),
    "rcp": ("rolemgr.cli.layer_policies", "Render RCPs."),
    "s3-policy": ("rolemgr.cli.s3_policy", "Render Organizations' S3 policy."),
    "boundary": ("rolemgr.cli.boundary", "Render permissions boundaries."),
    "elevated": ("rolemgr.cli.elevated", "Render an elevated role."),
    "break-glass": ("rolemgr.cli.break_glass", "Render a break-glass role."),
    "resource-policy": ("rolemgr.cli.resource_policy", "Render resource policies."),
    "detective": ("rolemgr.cli.detective", "Render controls that find what IAM can't prevent."),
    "mcp": ("rolemgr.cli.mcp", "Serve agents on stdio, read-only."),
    "schema": ("rolemgr.cli.schema", "Print the JSON Schema of a file format."),
    "completion": ("rolemgr.cli.completion", "Print the shell's completion script."),
    "help": ("rolemgr.cli.help", "Show the help of a command."),
    "version": ("rolemgr.cli.help", "Print the version."),
}


GROUPS = {
    "Make a role": ("init", "create", "preview", "report", "list", "show", "query"),
    "Check it": ("check", "simulate", "test", "prove", "diagnose", "diff", "compare", "compliance"),
    "See what is there": ("audit", "who-can", "can", "replay", "tighten", "migrate"),
    "Bring it into accounts": ("build", "plan", "apply", "smoke", "drift"),
    "Around roles": (
        "scp", "rcp", "s3-policy", "boundary", "elevated", "break-glass", "resource-policy", "detective",
    ),
    "For agents, editors, shells and you": ("mcp", "schema", "completion", "help", "version"),
}  # fmt: skip
"""The commands as help shows them."""

_COMPLETING = "_ROLEMGR_COMPLETE"
"""What a shell sets that asks for completions."""


class _Commands(click.Group):
    """Find sub-commands without importing them, and turn expected errors into one clean line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), f"{cmd_name.replace('-', '_')}_command")
        if not any(param.name == "quiet" for param in command.params):
            cli.common.refuse_empty_paths(command)
            command.params += cli.common.common_options(command, say_sources)
            setattr(command, "format_options", partial(cli.common.format_options, command))  # noqa: B010 - of this one command
            if _COMPLETING in os.environ:
                cli.completing.wire(command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        for text in args:
            require_text(text)
        args = cli.common.behind_the_command(args)
        if not args and not ctx.resilient_parsing:
            raise InputError(None, "no command is given", "see `rolemgr --help`")
        ctx.meta[WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            if ours := cli.neighbours.command_for(args[0]):
                raise InputError(None, f"unknown command `{args[0]}`", f"it is `rolemgr {ours}` here")
            if why := cli.neighbours.absent(args[0]):
                raise InputError(None, f"unknown command `{args[0]}`", why)
            raise UnknownNameError(None, "command", args[0], COMMANDS, otherwise="see `rolemgr --help`")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", COMMANDS[name][1]) for name in names])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; end the process with its exit code."""
        before = gc.get_threshold()
        keep_to_ourselves()
        words = list(args[0]) if args and args[0] is not None else sys.argv[1:]
        STDERR.quiet, STDERR.color = False, _color_in(words)
        if _COMPLETING in os.environ:
            cli.shells.register()
        if words[1:] == ["help"] and words[0] in COMMANDS and not os.path.lexists("help"):  # as the AWS CLI has it
            args = (["help", words[0]], *args[1:])
        try:
            code = super().main(*args, **kwargs | {"standalone_mode": False})
        except RolemgrError as error:
            _fail(str(error), error.exit_code)
        except click.UsageError as error:
            _fail(_usage(error, words), error.exit_code)
        except OSError as error:  # a path that is too long, a folder without permission: the file system says no
            if error.filename is None:
                raise
            _fail(str(InputError(SourceLocation(os.fsdecode(error.filename)), f"can't be read: {error.strerror}")), 2)
        except click.Abort:
            _fail("interrupted", 130)
        finally:
            if args or kwargs:  # called by a program that goes on; one that ends would look at all that is there, 15 ms
                gc.set_threshold(*before)
        sys.exit(code if isinstance(code, int) else 0)


def _color_in(words: Sequence[str]) -> str:
    """Return what ``--color`` says in the command line *words*: an error in the others is said in it too."""
    pairs = [word.partition("=")[::2] if "=" in word else pair for pair in pairwise([*words, ""]) for word in pair[:1]]
    given = [value for name, value in pairs if name == "--color" and value in ("auto", "always", "never")]
    return given[-1] if given else "auto"


def _fail(message: str, code: int) -> NoReturn:
    click.echo("\n".join(aside("error", line) for line in message.splitlines()), err=True, color=True)
    sys.exit(code)


def _usage(error: click.UsageError, words: Sequence[str]) -> str:
    """Return click's usage error as one line in our form; *words* are the command line."""
    if isinstance(error, click.NoSuchOption) and (place := cli.neighbours.before_the_command(error, words, COMMANDS)):
        return str(InputError(None, f"no such option: {error.option_name}", place))
    if isinstance(error, click.NoSuchOption) and (answer := cli.neighbours.answer_to(error, words)):
        return str(InputError(None, f"no such option: {error.option_name}", answer))
    if isinstance(error, click.NoSuchOption):
        error = click.NoSuchOption(error.option_name, error.message, cli.neighbours.suggested(error), error.ctx)
    text = " ".join(error.format_message().split()).rstrip(".")
    if answer := cli.neighbours.missing(error):
        return str(InputError(None, f"{text[:1].lower()}{text[1:].partition('. Choose')[0]}", answer))
    command = error.ctx.command_path if error.ctx else "rolemgr"
    hint = cli.neighbours.nearest(error, words) or f"see `{command} --help`"
    return str(InputError(None, f"{text[:1].lower()}{text[1:]}", hint))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="rolemgr")
def main() -> None:
    """
    SageMaker Role Manager as code.

    Compose least-privilege IAM roles for ML teams from personas and activity groups, offline.

    \b
    Example:
      rolemgr create --persona data-scientist
    """


if __name__ == "__main__":
    run_and_end(main)
