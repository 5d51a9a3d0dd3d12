"""
The four-step wizard on a terminal: what a typed line does, the last page, and the offer to save a role file.

`rolemgr.wizard` decides which question comes next and what an answer means.
"""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.markup import escape

from rolemgr.account.connect import connect
from rolemgr.catalog.load import Catalog
from rolemgr.cli.files import is_folder, make_folder, write_output
from rolemgr.cli.terminal import StoppedError, Terminal
from rolemgr.errors import InputError, RolemgrError, UnknownNameError
from rolemgr.files.write import to_yaml
from rolemgr.model.flags import Option as Flag
from rolemgr.report.review import review_page
from rolemgr.wizard.answers import Answers, answers_of, command_options, flag, role_data, spec_of
from rolemgr.wizard.dialogue import BACK, HELP, MORE, NEXT_STEP, QUIT, Dialogue, answered, back, skipped, widened
from rolemgr.wizard.questions import STEPS, Question
from rolemgr.workflow.check_role import findings_in_force
from rolemgr.workflow.choices import choices_without_a_role
from rolemgr.workflow.exports import FORMS
from rolemgr.workflow.role import RenderedChoice, render_spec
from rolemgr.workflow.role_options import ROLE_OPTIONS

_HOW = "Enter keeps what is in brackets, - empties it; ? explains, < goes back, > goes to the next step, q quits."
_FEW = "These are the few questions that a role needs: `more`, at any of them, asks all."
_MORE = (
    "? NAME explains one entry, < NAME goes back to an earlier question, and =q is the text `q`. TAB completes names."
)


_AGREEING = (
    "Enter or yes gives the role that is shown above, more asks what was not asked yet, < goes back to the last"
    " question, q quits."
)
_SAVING = (
    "The answers as YAML, for `rolemgr create --role`. Enter or no saves none, < goes back to the review, q quits."
)


class WizardResult(NamedTuple):
    """What the wizard ends with: the answers, and the options of the command line that give the same."""

    answers: Answers
    options: tuple[Flag, ...]
    form: str | None = None
    """The format of the result, where it was asked for."""
    place: str | None = None
    """Where the result goes, where that was asked for and is not stdout."""


class WizardChoice(NamedTuple):
    """The flags that choose the role, and the format and place of the result where they were asked for."""

    chosen: dict[str, Any]
    form: str | None
    place: str | None


def ask_for_role(context: click.Context, flags: Mapping[str, Any]) -> WizardChoice:
    """
    Ask for a role, by a few questions or all of four steps; return what the printed command line would give.

    Offers to save the answers as a role file. Raises InputError for flags that are wrong from the start, and
    StoppedError where somebody quits: then nothing was written.
    """
    given, outside = choices_without_a_role(flags, os.environ)
    asked = ask(Terminal(), answers_of(given, outside), [("rolemgr", str(context.info_name)), *_others(context)])
    words = [word for option in asked.options for word in option]
    parsed = context.command.make_context(context.info_name, words, parent=context.parent).params
    return WizardChoice({key: parsed[key] for key in flags}, asked.form, asked.place)


def ask_for_settings(answers: Answers) -> Answers:
    """Return *answers* with what the wizard asks for; raises as `ask_for_role` does."""
    return ask(Terminal(), answers, ()).answers


def ask(terminal: Terminal, answers: Answers, command: Sequence[Flag]) -> WizardResult:
    """
    Ask on *terminal* for what *answers* leave open, until the last page is agreed to.

    The page shows *command* (the program, and options of its own) with those that give the same role between;
    where it is empty there is no such command line and no offer to save a role file.
    """
    catalog = Catalog([Path(folder) for folder in answers.choices.get("catalog", ())])
    dialogue = Dialogue(catalog, lambda spec: render_spec(catalog, spec), answers, whole=not command)
    terminal.say(_HOW, _MORE, *([_FEW] if command else []), style="dim")
    while True:
        dialogue = _all_questions(terminal, dialogue)
        options = command_options(dialogue.answers)
        page = _command_line(command, options) if command else None
        agreed = _agreed(terminal, render_spec(catalog, spec_of(dialogue.answers)), page)
        if agreed is not Agreed.YES:
            dialogue = back(dialogue) if agreed is Agreed.BACK else widened(dialogue)
            continue
        others = dict(one for one in command if len(one) == 2)
        form, place = _form_and_place(terminal, others) if command else (None, None)
        places = others | ({"--output": place} if place else {})
        if not command or _saved(terminal, dialogue.answers, places):
            return WizardResult(dialogue.answers, options, form, place)


def _form_and_place(terminal: Terminal, others: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the format of the result and where it goes, asked for where nothing says it and stdout is a terminal."""
    if not sys.stdout.isatty() or {"--output", "--format", "--template"} & others.keys():
        return None, None
    form = _asked_form(terminal)
    return form, _asked_place(terminal)


def _asked_place(terminal: Terminal) -> str | None:
    """Return where the result goes; it is written after the last question, when a slip would cost all answers."""
    while True:
        terminal.say("Where to? A file such as role.json, a folder, or Enter for this terminal \\[stdout]")
        place = _line(terminal, _PLACES)
        if not place:
            return None
        if is_folder(place) or place.endswith(os.sep):
            return place
        if not is_folder(os.path.dirname(place) or "."):  # noqa: PTH120 - a path may be too long for Path
            terminal.error(f"{place}: its folder is not there; make it, or give another path")
        else:
            return place


_PLACES = (
    "A path of a file; one that is there is replaced. In a folder (PATH/) the file has the role's name, as with -o."
    " Enter shows the result here."
)


def _asked_form(terminal: Terminal) -> str:
    while True:
        terminal.say("Format of the result? \\[json]")
        form = _line(terminal, f"One of {', '.join(FORMS)}.").lower() or "json"
        if form in FORMS:
            return form
        terminal.error(str(UnknownNameError(None, "format", form, FORMS)))


def _line(terminal: Terminal, explained: str) -> str:
    """Return the next line that is an answer; `?` says what is *explained*."""
    while True:
        line = terminal.line(tuple(FORMS))
        if line in QUIT:
            raise StoppedError
        if line not in HELP:
            return line
        terminal.say(explained)


def _command_line(command: Sequence[Flag], options: Sequence[Flag]) -> str:
    """Return the command line, an option a line, ready to be pasted into a shell."""
    program, *others = command
    return " \\\n      ".join(map(shlex.join, (program, *options, *others)))


def _all_questions(terminal: Terminal, dialogue: Dialogue) -> Dialogue:
    """Return *dialogue* on its last page."""
    step = 0
    while question := dialogue.question:
        if question.step != step:
            step = question.step
            terminal.say("", f"Step {step} of {len(STEPS)}: {STEPS[step - 1]}", style="bold")
        terminal.show_question(question)
        dialogue = _past(terminal, dialogue, question)
    return dialogue


def _past(terminal: Terminal, dialogue: Dialogue, question: Question) -> Dialogue:
    """Return *dialogue* at another question than *question*; it is asked again until then."""
    while True:
        terminal.say(f"{question.text} \\[{escape(question.default(dialogue.answers))}]")
        try:
            line = terminal.line(question.names)
            moved = _moved(terminal, dialogue, question, line)
        except RolemgrError as error:
            _say_error(terminal, error, question)
            continue
        if moved is not dialogue:
            return moved
        if line in BACK:
            terminal.say("this is the first question")


def _moved(terminal: Terminal, dialogue: Dialogue, question: Question, line: str) -> Dialogue:
    """Return *dialogue* after *line*: an answer, or a word that leads elsewhere; itself where it only explains."""
    if line in QUIT:
        raise StoppedError
    if line in NEXT_STEP:
        return skipped(dialogue)
    if line in MORE:
        return widened(dialogue)
    if question.path == ("account",) and line.lower() == "sts":
        return answered(dialogue, connect().account)
    if line in BACK or line.startswith("< "):
        return back(dialogue, line[1:].strip() if line.startswith("<") else "")
    if line in HELP or line.startswith("?"):
        terminal.explain(question, line[1:].strip() if line.startswith("?") else "")
        return dialogue
    return answered(dialogue, line)


def _say_error(terminal: Terminal, error: RolemgrError, question: Question) -> None:
    """Say what is wrong with an answer; quitting is no such error."""
    if isinstance(error, StoppedError):
        raise error
    for line in str(error).splitlines():
        terminal.error(line.removeprefix(f"{flag(question.path[0])}: "))


class Agreed(Enum):
    """What somebody says of the last page."""

    YES = "yes"
    BACK = "back"
    MORE = "more"


def _agreed(terminal: Terminal, found: RenderedChoice, command: str | None) -> Agreed:
    """Show the last page; tell whether it is agreed to, or somebody wants to go back, or to be asked more."""
    terminal.say("", "Review", style="bold")
    in_force = findings_in_force(found)
    terminal.draw(review_page(found.role, found.documents, found.catalog, in_force.findings, len(in_force.suppressed)))
    if command:
        terminal.say("", "The same role by command line:", style="bold")
        click.echo(f"  {command}\n", err=True)
    while True:
        terminal.say("Is this the role? Enter or yes writes it, more asks the rest, < goes back, q quits \\[yes]")
        line = terminal.line(()).lower()
        if line in ("", "y", "yes"):
            return Agreed.YES
        if line in (*BACK, "n", "no"):
            return Agreed.BACK
        if line in MORE:
            return Agreed.MORE
        if line in QUIT:
            raise StoppedError
        if line in HELP:
            terminal.say(_AGREEING)
        else:
            terminal.error(f"`{line}` is neither yes nor <")


def _saved(terminal: Terminal, answers: Answers, others: Mapping[str, str]) -> bool:
    """
    Offer to save *answers* as a role file; tell whether that is settled (True) or the last page is wanted again.

    *others* are the options that choose no role: the result may go to a file too, which must be another one.
    """
    while True:
        terminal.say("Save the answers as a role file? A path such as roles/churn.yaml \\[no]")
        line = terminal.line(())
        if line.lower() in ("", "n", "no"):
            return True
        if line in BACK:
            return False
        if line in QUIT:
            raise StoppedError
        try:
            if line in HELP:
                terminal.say(_SAVING)
            elif _file_written(terminal, answers, _path_of(line, others)):
                return True
        except InputError as error:
            terminal.error(str(error))


def _path_of(line: str, others: Mapping[str, str]) -> Path:
    """Return the path that *line* is; raise InputError for a word of the wizard, and for the file of the result."""
    if line.lower() in ("y", "yes", *NEXT_STEP):
        raise InputError(None, f"`{line}` is not a path", "give one such as roles/churn.yaml, or no")
    if os.path.realpath(line) == os.path.realpath(others.get("--output", "")):
        raise InputError(None, f"`{line}` is where the result goes", "give another path")
    return Path(line).expanduser()


def _file_written(terminal: Terminal, answers: Answers, path: Path) -> bool:
    """Write the role file, over one that is there only if told to; tell whether it is written."""
    if path.exists():
        terminal.say(f"{escape(str(path))} exists. Replace it? \\[no]")
        if terminal.line(()).lower() not in ("y", "yes"):
            return False
    make_folder(path.parent)  # the question names roles/churn.yaml, and a newcomer has no roles/ yet
    write_output(role_file_text(answers, path), str(path))
    terminal.say(f"saved; `rolemgr create --role {shlex.quote(str(path))}` gives the same role")
    return True


def role_file_text(answers: Answers, path: Path) -> str:
    """Return the role file with *answers* that lies at *path*; catalog folders are relative to it."""
    data = role_data(answers)
    if "catalog" in data:
        data["catalog"] = [os.path.relpath(folder, path.parent) for folder in data["catalog"]]
    return f"# A role for `rolemgr create --role`; `rolemgr schema role` has the format.\n{to_yaml(data)}"


def _others(context: click.Context) -> Iterator[Flag]:
    """Yield the options of the command line that choose no role, such as ``--format yaml``."""
    no_words = {option.key for option in ROLE_OPTIONS} | {"verbose"}
    for param in context.command.params:
        given = context.get_parameter_source(str(param.name)) is click.core.ParameterSource.COMMANDLINE
        if given and param.name not in no_words and isinstance(param, click.Option):
            name, value = max(param.opts, key=len), context.params[str(param.name)]
            for one in value if isinstance(value, tuple) else (value,):
                yield (name,) if param.is_flag else (name, str(one))
