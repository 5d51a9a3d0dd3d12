"""How a result is given: as data or as a page, on stdout or in a file; colour on a terminal only."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.lazy import cli
from rolemgr.cli.stderr import COLOR_HELP, COLORS
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

Command = TypeVar("Command", bound=Callable[..., Any])

SEVERITIES = ("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION")
NOT_JUDGED = "not-judged"
WORDS = "rolemgr.words"
"""Under this key a context has the words of the command line."""


def output_path(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty path, such as an unset shell variable leaves, before any work is done."""
    if value == "":
        raise InputError(SourceLocation("--output"), "the path is empty", "give a file, or - for stdout")
    if value is not None:
        _require_path(value)
        _require_a_form(value)
        _refuse_one_dash(value, ctx.meta.get(WORDS, ()))
    return value


def _refuse_one_dash(value: str, words: Sequence[str]) -> None:
    """Raise InputError where *value* is what ``-out FILE`` and ``-out=FILE`` of terraform leave behind ``-o``."""
    name, _, path = value.partition("=")
    if name in ("ut", "utput", "utfile") and f"-o{value}" in words:
        problem = f"`-o{value}` is -o with the path `{value}`"
        raise InputError(SourceLocation("--output"), problem, f"give -o {path or 'PATH'}, with a space")


_NO_FORM = {
    ".pdf": ("PDF", "print a page of --format html"),
    ".docx": ("Word's form", "give --format markdown or html"),
    ".xlsx": ("Excel's form", "give --format csv, which spreadsheets read, or json"),
}
"""Forms that nothing here has, by the endings of their files, and what to do instead."""


def _require_a_form(value: str) -> None:
    """Raise InputError where *value*, of ``-o``, ends as a file of a form that no command has."""
    if missing := _NO_FORM.get(PurePath(value).suffix.lower()):
        raise InputError(SourceLocation(value), f"no command writes {missing[0]}", missing[1])


def _require_path(value: str) -> None:
    """Raise InputError where *value*, of ``-o``, is the name of a form, as ``--output json`` of the AWS CLI has it."""
    if value in ("json", "yaml", "text", "table", "sarif", "github", "markdown", "html", "csv", "off"):
        hint = f"give --format {value}, or ./{value} for a file of that name"
        raise InputError(SourceLocation("--output"), f"`{value}` is a form, and -o takes a path", hint)


_ENDINGS = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".json": "json", ".sarif": "sarif",
    ".csv": "csv", ".xml": "junit", ".junit": "junit",
}  # fmt: skip
"""The form that the ending of a file names."""
_ALSO_TAKEN = {".htm", ".markdown", ".junit"}
"""Endings that help leaves out: another one names the same form."""


_OF_PROGRAMS = ("csv", "html", "junit", "sarif")
"""Forms that a program or browser reads by the ending of the file: in any other it would find a broken one."""


class _FormOption(click.Option):
    """`--format`, which the ending of `-o` gives where it is not given itself."""

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Return the form that was given, else that of the ending of the output, else the default."""
        output, choices = opts.get("output"), getattr(self.type, "choices", ())
        form = _ENDINGS.get(PurePath(output).suffix.lower()) if isinstance(output, str) else None
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.DEFAULT and form in choices:
            return form, ParameterSource.COMMANDLINE
        if source is ParameterSource.DEFAULT and form in _OF_PROGRAMS and "text" in choices:
            problem = f"is named as {form}, which this command does not write"
            raise InputError(SourceLocation(str(output)), problem, f"its forms are {', '.join(choices)}; give --format")
        return value, source


def format_option(forms: Sequence[str], text: str) -> Callable[[Command], Command]:
    """Return the option ``--format`` with its *forms*, the first by default; the ending of `-o` names one too."""
    named = [
        ending for form in forms for ending, other in _ENDINGS.items() if other == form and ending not in _ALSO_TAKEN
    ]
    return click.option(
        "--format", "form", cls=_FormOption, type=click.Choice(forms), default=forms[0],
        help=f"{text} The ending of -o ({', '.join(named)}) names it too.",
    )  # fmt: skip


color_option = click.option(
    "--color", type=click.Choice(COLORS), default="auto", help=COLOR_HELP
)  # fmt: skip
catalog_option = click.option(
    "--catalog", multiple=True, metavar="DIR", envvar="ROLEMGR_CATALOG",
    help="A folder whose personas/ and activity_groups/ add to the built-in ones; repeatable.",
)  # fmt: skip
form_option = format_option(["text", "json"], "The form of the result.")
page_form_option = format_option(
    ["text", "json", "markdown", "html"],
    "The form of the result: text, JSON, Markdown for a pull request, or one HTML page.",
)
findings_form_option = format_option(
    ["text", "json", "markdown", "html", "sarif", "github", "asff"],
    "The form of the result: text, JSON, Markdown for a pull request, one HTML page, SARIF 2.1.0, GitHub's"
    " annotations, or the AWS Security Finding Format (asff) for Security Hub.",
)
output_option = click.option(
    "-o", "--output", metavar="PATH", callback=output_path, help="Write the result to a file; - is stdout."
)


def fail_on_option(default: str, what: str) -> Callable[[Command], Command]:
    """Return the option ``--fail-on``, the severity of *what* from which on a command exits with 1."""
    return click.option(
        "--fail-on", type=click.Choice(SEVERITIES, case_sensitive=False), default=default, show_default=True,
        help=f"Exit with 1 for {what} of this severity or worse.",
    )  # fmt: skip


def judged_fail_on_option(command: Command) -> Command:
    """Add the option ``--fail-on`` of the commands that judge what they may not be able to read."""
    return click.option(
        "--fail-on", type=click.Choice([*SEVERITIES, NOT_JUDGED], case_sensitive=False), multiple=True,
        default=("SECURITY_WARNING",), show_default=True,
        help="Exit with 1 for a finding of this severity or worse, or for what is not judged; repeatable.",
    )(command)  # fmt: skip


def give(
    form: str, data: Callable[[], Any], page: "Callable[[], RenderableType]", output: str | None, color: str
) -> None:
    """
    Give a result in the *form* asked for: its *data* as JSON, or its *page* for people to read.

    It goes to the file *output*, where a page has no colour whatever *color* says, or else to stdout. Only
    the one of the two that is asked for is made. Raises InputError where the file can't be written.
    """
    require_ending(output, "JSON" if form == "json" else "text", "give --format json, or another name")
    if form == "json":
        write_output(to_json(data()), output)
        return
    write_output(cli.drawing.drawn(page(), output, color), output)
