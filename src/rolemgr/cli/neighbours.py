"""What an option or a command of a neighbour (the AWS CLI, terraform, git, ruff, cfn-lint ...) is called here."""

import shlex
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from rolemgr.files.yaml import read_yaml


def answer_to(error: click.NoSuchOption, given: Sequence[str]) -> str | None:
    """
    Return what to give instead of the option that *error* does not know, or None where nobody has one such.

    *given* are the words of the command line: of ``-auto-approve`` click names the letter ``-a``, of ``-var-file``
    on a command that has ``-v`` the one behind it.
    """
    options = _table()["options"]
    letter = error.option_name[1] if len(error.option_name) == 2 else None
    words = [word for word in given if letter and _is_of_one_dash(word, options) and letter in word]
    answers = options.get(words[0].partition("=")[0] if words else error.option_name, ())
    name = error.ctx.info_name if error.ctx else None
    own = (one.get(name) if isinstance(one, dict) else one for one in answers)
    return next((answer for answer in own if answer and _fits(answer, error.ctx)), None)


def _is_of_one_dash(word: str, options: Collection[str]) -> bool:
    return word.startswith("-") and not word.startswith("--") and word.partition("=")[0] in options


def nearest(error: click.UsageError, given: Sequence[str]) -> str | None:
    """
    Return what a wrong word of *given*, the command line, stands for; None where nothing is near.

    It is a value that resembles one of a choice, or a persona or role file that stands without its option.
    """
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.Choice):
        words = [part for word in given for part in (word, word.partition("=")[2])]
        wrong = next((word for word in words if f"'{word}' is not one of" in error.message), "")
        return _near_value(wrong, error, error.param.type.choices)
    extra = [word for word in given if error.message.endswith(f"unexpected extra argument ({word})")]
    options = {opt for one in error.ctx.command.params for opt in one.opts} if error.ctx else set()
    if extra and {"--persona", "--role"} <= options:
        is_file = Path(extra[0]).suffix in (".yaml", ".yml", ".json")
        return f"did you mean {'--role' if is_file else '--persona'} {extra[0]}?"
    return None


def _near_value(wrong: str, error: click.UsageError, choices: Iterable[object]) -> str | None:
    """Return which of the *choices* of an option or argument *wrong* stands for, or what the argument before it is."""
    values = {str(one).lower(): str(one) for one in choices}
    ours = _table()["values"].get(wrong.lower(), "")
    options = {opt for one in error.ctx.command.params for opt in one.opts} if error.ctx else set()
    if ours in options or ours.lower() in values:
        return f"did you mean {ours}?"
    if "json" in values and wrong.lower() in _table()["forms_of"]:
        return str(_table()["forms_of"][wrong.lower()])
    if near := get_close_matches(wrong, values.values(), n=3):
        return f"did you mean {', '.join(near)}?"
    name = error.ctx.info_name if error.ctx else None
    if name == "query" and wrong:
        return f"did you mean `rolemgr query {'action' if ':' in wrong else 'guardrail'} {shlex.quote(wrong)}`?"
    if name == "show" and wrong:
        return f"say what it is: `rolemgr show persona {shlex.quote(wrong)}`"
    return None


def missing(error: click.UsageError) -> str | None:
    """
    Return what belongs in the place of the argument or option that *error* misses, with an example.

    None for other errors.
    """
    if not isinstance(error, click.MissingParameter) or error.param is None:
        return None
    is_argument = isinstance(error.param, click.Argument) and error.ctx is not None
    words = _table()["arguments"].get(error.param.make_metavar(error.ctx)) if is_argument and error.ctx else None
    command = error.ctx.command if error.ctx else None
    examples = (command.help or "").partition("Example")[2].splitlines()[1:] if command else []
    whole = (line.strip() for line, before in zip(examples, ["", *examples], strict=False) if not before.endswith("\\"))
    first = next((line for line in whole if line and not line.endswith("\\")), None)
    return "; ".join(filter(None, (words, first and f"such as `{first}`"))) or None


def suggested(error: click.NoSuchOption) -> list[str]:
    """Return the options that *error* may have meant: the dashes that all begin with make none alike."""
    wrong = error.option_name.lstrip("-")
    known = [one for one in error.possibilities or () if get_close_matches(wrong, [one.lstrip("-")], cutoff=_ALIKE)]
    return sorted(known)


_ALIKE: Final = 0.6


def command_for(name: str) -> str | None:
    """Return our command for what a neighbour calls *name*, or None."""
    found: str | None = _table()["commands"].get(name)
    return found


def absent(name: str) -> str | None:
    """Return why we have nothing of what a neighbour calls *name*, and what to do instead; None for other names."""
    found: str | None = next(iter(_table()["absent"].get(name, ())), None)
    return found


def before_the_command(error: click.NoSuchOption, given: Sequence[str], commands: Collection[str]) -> str | None:
    """Return where the option of *error* belongs, which stands before the command as the AWS CLI and git have it."""
    if error.ctx is None or error.ctx.parent is not None or not isinstance(error.ctx.command, click.Group):
        return None
    name = next((word for word in given if word in commands), None)
    command = error.ctx.command.get_command(error.ctx, name) if name else None
    if command is None:
        return None
    if any(error.option_name in one.opts for one in command.params):
        return f"options stand after the command: `rolemgr {name} {error.option_name}`"
    return f"options stand after the command, and `rolemgr {name}` does not have this one"


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
