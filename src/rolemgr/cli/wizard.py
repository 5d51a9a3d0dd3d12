"""
The four-step wizard on a terminal: shows questions, reads lines, and hands both to `rolemgr.wizard`.

Lines are read with the standard library's readline (editing and TAB as in the shell; without it, or where
stdout goes elsewhere, the terminal's own editing), pages are drawn with rich. Considered and not taken:
questionary, InquirerPy and prompt_toolkit redraw the screen with the cursor, which screen readers, slow lines
and scroll-back suffer from, bring two to three packages and a tenth of a second, and know neither back nor help;
click.prompt and rich.prompt have no way back either, and lose readline where they prompt on stderr. What is left
to write is one loop.
"""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rolemgr.catalog.load import Catalog
from rolemgr.cli.files import write_output
from rolemgr.cli.options import ROLE_OPTIONS, choices_without_a_role
from rolemgr.cli.rendering import Chosen, render_spec
from rolemgr.errors import InputError, RolemgrError, UnknownNameError, require_text
from rolemgr.files.write import to_yaml
from rolemgr.model.flags import Option as Flag
from rolemgr.report.preview import preview_page
from rolemgr.wizard.answers import Answers, answers_of, command_options, role_data, spec_of
from rolemgr.wizard.dialogue import BACK, HELP, NEXT_STEP, QUIT, Dialogue, answered, back, skipped
from rolemgr.wizard.questions import STEPS, Option, Question

if TYPE_CHECKING:
    from rich.console import RenderableType

_HOW = "Enter keeps what is in brackets, - empties it; ? explains, < goes back, > goes to the next step, q quits."
_MORE = (
    "? NAME explains one entry, < NAME goes back to an earlier question, and =q is the text `q`. TAB completes names."
)
_IN_FULL = 12
"""Lists up to this long are shown with titles at once; longer ones on `?`."""


class StoppedError(RolemgrError):
    """The person at the terminal wants no role after all."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__("stopped; nothing was written")


class Asked(NamedTuple):
    """What the wizard ends with: the answers, and the options of the command line that give the same."""

    answers: Answers
    options: tuple[Flag, ...]


def ask_for_role(context: click.Context, flags: Mapping[str, Any]) -> dict[str, Any]:
    """
    Ask for a role in four steps; return the flags that the printed command line would give.

    Offers to save the answers as a role file. Raises InputError for flags that are wrong from the start, and
    StoppedError where somebody quits: then nothing was written.
    """
    given, outside = choices_without_a_role(flags, os.environ)
    asked = ask(Terminal(), answers_of(given, outside), [("rolemgr", str(context.info_name)), *_others(context)])
    words = [word for option in asked.options for word in option]
    parsed = context.command.make_context(context.info_name, words, parent=context.parent).params
    return {key: parsed[key] for key in flags}


def ask(terminal: "Terminal", answers: Answers, command: Sequence[Flag]) -> Asked:
    """
    Ask on *terminal* for what *answers* leave open, until the last page is agreed to.

    The page shows *command* (the program, and options of its own) with those that give the same role between;
    where it is empty there is no such command line and no offer to save a role file.
    """
    catalog = Catalog([Path(folder) for folder in answers.choices.get("catalog", ())])
    dialogue = Dialogue(catalog, lambda spec: render_spec(catalog, spec), answers)
    terminal.say(_HOW, _MORE, style="dim")
    while True:
        dialogue = _all_questions(terminal, dialogue)
        options = command_options(dialogue.answers)
        page = _command_line(command, options) if command else None
        if not _agreed(terminal, render_spec(catalog, spec_of(dialogue.answers)), page):
            dialogue = back(dialogue)
        elif not command or _saved(terminal, dialogue.answers):
            return Asked(dialogue.answers, options)


def _command_line(command: Sequence[Flag], options: Sequence[Flag]) -> str:
    """Return the command line, an option a line, ready to be pasted into a shell."""
    program, *others = command
    return " \\\n      ".join(map(shlex.join, (program, *options, *others)))


def _all_questions(terminal: "Terminal", dialogue: Dialogue) -> Dialogue:
    """Return *dialogue* on its last page."""
    step = 0
    while question := dialogue.question:
        if question.step != step:
            step = question.step
            terminal.say("", f"Step {step} of {len(STEPS)}: {STEPS[step - 1]}", style="bold")
        terminal.show_question(question)
        dialogue = _past(terminal, dialogue, question)
    return dialogue


def _past(terminal: "Terminal", dialogue: Dialogue, question: Question) -> Dialogue:
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


def _moved(terminal: "Terminal", dialogue: Dialogue, question: Question, line: str) -> Dialogue:
    """Return *dialogue* after *line*: an answer, or a word that leads elsewhere; itself where it only explains."""
    if line in QUIT:
        raise StoppedError
    if line in NEXT_STEP:
        return skipped(dialogue)
    if line in BACK or line.startswith("< "):
        return back(dialogue, line[1:].strip() if line.startswith("<") else "")
    if line in HELP or line.startswith("?"):
        terminal.explain(question, line[1:].strip() if line.startswith("?") else "")
        return dialogue
    return answered(dialogue, line)


def _say_error(terminal: "Terminal", error: RolemgrError, question: Question) -> None:
    """Say what is wrong with an answer; quitting is no such error."""
    if isinstance(error, StoppedError):
        raise error
    own = f"--{question.path[0].replace('_', '-')}: "
    for line in str(error).splitlines():
        terminal.error(line.removeprefix(own))


def _agreed(terminal: "Terminal", found: Chosen, command: str | None) -> bool:
    """Show the last page; tell whether it is agreed to (True), or somebody wants to go back (False)."""
    terminal.say("", "Review", style="bold")
    terminal.draw(preview_page(found.role, found.documents, found.catalog))
    if command:
        terminal.say("", "The same role by command line:", style="bold")
        click.echo(f"  {command}\n", err=True)
    while True:
        terminal.say("Is this the role? Enter or yes writes it, < goes back, q quits \\[yes]")
        line = terminal.line(()).lower()
        if line in ("", "y", "yes"):
            return True
        if line in (*BACK, "n", "no"):
            return False
        if line in QUIT:
            raise StoppedError
        terminal.error(f"`{line}` is neither yes nor <")


def _saved(terminal: "Terminal", answers: Answers) -> bool:
    """Offer to save *answers* as a role file; tell whether that is settled (True) or the last page is wanted again."""
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
            if _written(terminal, answers, Path(line)):
                return True
        except InputError as error:
            terminal.error(str(error))


def _written(terminal: "Terminal", answers: Answers, path: Path) -> bool:
    """Write the role file, over one that is there only if told to; tell whether it is written."""
    if path.exists():
        terminal.say(f"{escape(str(path))} exists. Replace it? \\[no]")
        if terminal.line(()).lower() not in ("y", "yes"):
            return False
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
            flag, value = max(param.opts, key=len), context.params[str(param.name)]
            for one in value if isinstance(value, tuple) else (value,):
                yield (flag,) if param.is_flag else (flag, str(one))


@dataclass
class Terminal:
    """The terminal: text goes to stderr, lines come from stdin; stdout is left to the result."""

    def __post_init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._readline = _readline() if sys.stdout.isatty() else None

    def say(self, *lines: str, style: str = "") -> None:
        """Show *lines*, folded to the terminal."""
        for line in lines:
            self._console.print(line, style=style)

    def draw(self, page: "RenderableType") -> None:
        """Show *page*."""
        self._console.print(page)

    def error(self, text: str) -> None:
        """Say what is wrong, as one line."""
        self._console.print(f"error: {escape(text)}", style="red")

    def show_question(self, question: Question) -> None:
        """Show what can be chosen by number."""
        self.say("")
        if len(question.options) > _IN_FULL:
            self.draw(
                Columns(
                    [f"{number:>3} {one.name}" for number, one in enumerate(question.options, 1)], column_first=True
                )
            )
        elif question.options:
            self.draw(_listed(question.options))

    def explain(self, question: Question, name: str) -> None:
        """Show the help of *question*, or of its option *name*; raise UnknownNameError where it has none such."""
        if not name:
            self.say(escape(question.help), f"Give {question.form.value}." if question.form.value else "")
            if question.options:
                self.draw(_listed(question.options))
            return
        names = dict(zip(map(str, range(1, len(question.options) + 1)), question.options, strict=True))
        names |= {option.name: option for option in question.options}
        if name not in names:
            raise UnknownNameError(None, "entry", name, question.names, otherwise="? lists them")
        self.say(escape(f"{names[name].name}: {names[name].title}"), style="bold")
        self.say(escape(names[name].description))

    def line(self, names: Sequence[str]) -> str:
        """
        Return the next line, without spaces around it; TAB completes *names*.

        Raises StoppedError at the end of the input, and InputError for what is not UTF-8.
        """
        if self._readline:
            self._readline.set_completer(_Completer(names))
        try:
            text = _input(self._readline is not None)
        except EOFError as error:
            click.echo(err=True)
            raise StoppedError from error
        except UnicodeDecodeError as error:
            raise InputError(None, "the line is not UTF-8") from error
        require_text(text)
        return text.strip()


def _listed(options: Sequence[Option]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, option in enumerate(options, 1):
        table.add_row(str(number), option.name, escape(option.title))
    return table


def _input(with_readline: bool) -> str:
    """Return the line that is typed behind a prompt; stdout, where it is no terminal, stays clean."""
    if with_readline:
        return input("> ")
    with contextlib.redirect_stdout(sys.stderr):
        return input("> ")


def _readline() -> Any:
    """Return the readline library where Python has it, set to complete names on TAB; else None."""
    try:
        import readline
    except ImportError:
        return None
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.set_completer_delims(" ,?")
    return readline


@dataclass
class _Completer:
    """Completes the beginning of a name, as readline asks for it: the first match, the second ..."""

    names: Sequence[str]

    def __call__(self, text: str, state: int) -> str | None:
        matches = [name for name in self.names if name.startswith(text)]
        return matches[state] if state < len(matches) else None
