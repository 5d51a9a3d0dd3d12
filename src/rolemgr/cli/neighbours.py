"""What an option or a command of a neighbour (the AWS CLI, terraform, git, ruff, cfn-lint ...) is called here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rolemgr.errors import InputError, SourceLocation


def answer_to(error: click.NoSuchOption, given: Sequence[str]) -> str | None:
    """
    Return what to give instead of the option that *error* does not know, or None where nobody has one such.

    *given* are the words of the command line: of ``-auto-approve`` click names the letter ``-a``.
    """
    options = _table()["options"]
    letter = error.option_name if len(error.option_name) == 2 else None
    words = [word for word in given if letter and word.startswith(letter) and word.partition("=")[0] in options]
    answers = options.get(words[0].partition("=")[0] if words else error.option_name, ())
    return next((answer for answer in answers if _fits(answer, error.ctx)), None)


def command_for(name: str) -> str | None:
    """Return our command for what a neighbour calls *name*, or None."""
    found: str | None = _table()["commands"].get(name)
    return found


def require_path(value: str) -> None:
    """Raise InputError where *value*, of ``-o``, is the name of a form, as ``--output json`` of the AWS CLI has it."""
    if value in ("json", "yaml", "text", "table", "sarif", "github", "markdown", "html", "csv", "off"):
        hint = f"give --format {value}, or ./{value} for a file of that name"
        raise InputError(SourceLocation("--output"), f"`{value}` is a form, and -o takes a path", hint)


def _fits(answer: str, ctx: click.Context | None) -> bool:
    """Tell whether the command takes the option that *answer* begins with, if any."""
    word = answer.split()[0]
    if word == "without":  # only where there is --apply
        word = "--apply"
    if not word.startswith("-") or word == "-":
        return True
    return ctx is not None and any(word in (*one.opts, *one.secondary_opts) for one in ctx.command.params)


def _table() -> Any:
    from rolemgr.files.yaml import read_yaml  # only a wrong word pays for it

    return read_yaml(Path(__file__).with_name("neighbours.yaml")).data
