"""What an option or a command of a neighbour (the AWS CLI, terraform, git, ruff, cfn-lint ...) is called here."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from rolemgr.files.yaml import read_yaml


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


def nearest(error: click.UsageError, given: Sequence[str]) -> str | None:
    """
    Return what a wrong word of *given*, the command line, stands for; None where nothing is near.

    It is a value that resembles one of a choice, or a persona or role file that stands without its option.
    """
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.Choice):
        words = [part for word in given for part in (word, word.partition("=")[2])]
        wrong = next((word for word in words if f"'{word}' is not one of" in error.message), "")
        near = get_close_matches(wrong, [str(one) for one in error.param.type.choices], n=3)
        return f"did you mean {', '.join(near)}?" if near else None
    extra = [word for word in given if error.message.endswith(f"unexpected extra argument ({word})")]
    options = {opt for one in error.ctx.command.params for opt in one.opts} if error.ctx else set()
    if extra and {"--persona", "--role"} <= options:
        is_file = Path(extra[0]).suffix in (".yaml", ".yml", ".json")
        return f"did you mean {'--role' if is_file else '--persona'} {extra[0]}?"
    return None


def command_for(name: str) -> str | None:
    """Return our command for what a neighbour calls *name*, or None."""
    found: str | None = _table()["commands"].get(name)
    return found


def _fits(answer: str, ctx: click.Context | None) -> bool:
    """Tell whether the command takes the option that *answer* begins with, if any."""
    word = answer.split()[0]
    if word == "without":  # only where there is --apply
        word = "--apply"
    if not word.startswith("-") or word == "-":
        return True
    return ctx is not None and any(word in (*one.opts, *one.secondary_opts) for one in ctx.command.params)


def _table() -> Any:
    return read_yaml(Path(__file__).with_name("neighbours.yaml")).data
