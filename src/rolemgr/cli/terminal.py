"""
Questions and lines on a terminal.

Lines are read with the standard library's readline (editing and TAB as in the shell; without it, or where
stdout goes elsewhere, the terminal's own editing), pages are drawn with rich. Considered and not taken:
questionary, InquirerPy and prompt_toolkit redraw the screen with the cursor, which screen readers, slow lines
and scroll-back suffer from, bring two to three packages and a tenth of a second, and know neither back nor help;
click.prompt and rich.prompt have no way back either, and lose readline where they prompt on stderr. What is left
to write is one loop.
"""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from rolemgr.errors import InputError, RolemgrError, UnknownNameError, require_text
from rolemgr.report.page import PageConsole
from rolemgr.wizard.questions import Option, Question


class StoppedError(RolemgrError):
    """The person at the terminal wants no role after all."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__("stopped; nothing was written")


class Terminal:
    """The terminal: text goes to stderr, lines come from stdin; stdout is left to the result."""

    def __init__(self) -> None:
        self._console = PageConsole(stderr=True, highlight=False)
        self._readline = _readline() if sys.stdout.isatty() else None

    def say(self, *lines: str, style: str = "") -> None:
        """Show *lines*, folded to the terminal."""
        for line in lines:
            self._console.print(line, style=style)

    def draw(self, page: RenderableType) -> None:
        """Show *page*."""
        self._console.print(page)

    def error(self, text: str) -> None:
        """Say what is wrong, as one line."""
        self._console.print(f"error: {escape(text)}", style="red")

    def show_question(self, question: Question) -> None:
        """Show what can be chosen by number."""
        self.say("")
        if question.options:
            self.draw(_listed(question.options, question.barred))

    def explain(self, question: Question, name: str) -> None:
        """Show the help of *question*, or of its option *name*; raise UnknownNameError where it has none such."""
        if not name:
            self.say(escape(question.help), f"Give {question.form.value}.")
            if question.options:
                self.draw(_listed(question.options, question.barred))
            return
        names = {str(number): option for number, option in enumerate(question.options, 1)}
        names |= {option.name: option for option in (*question.options, *question.barred)}
        if name not in names:
            raise UnknownNameError(None, "entry", name, question.names, otherwise="? lists them")
        self.say(escape(f"{names[name].name}: {names[name].title}"), style="bold")
        self.say(escape(names[name].description))

    def line(self, names: Sequence[str]) -> str:
        """
        Return the next line that is text, without spaces around it; TAB completes *names*.

        Raises StoppedError at the end of the input.
        """
        if self._readline:
            self._readline.set_completer(_Completer(names))
        while True:
            try:
                text = _input(self._readline is not None)
                require_text(text)
                return text.strip()
            except EOFError as error:
                click.echo(err=True)
                raise StoppedError from error
            except (UnicodeDecodeError, InputError):
                self.error("the line is not UTF-8")


def _listed(options: Sequence[Option], barred: Sequence[Option]) -> Table:
    """Return *options* by number with their titles; those *barred* follow, marked, with the reason."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, option in enumerate(options, 1):
        table.add_row(str(number), option.name, escape(option.title))
    for option in barred:
        table.add_row("x", escape(option.name), escape(option.title), style="dim")
    return table


def _input(with_readline: bool) -> str:
    """Return the line that is typed behind a prompt; stdout, where it is not a terminal, stays clean."""
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
