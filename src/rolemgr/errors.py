"""
What can go wrong that is not a bug, as one tree.

    RolemgrError                exit code 2 unless a subclass says otherwise
    ├── InputError              a file, flag or value that was given is wrong: where, what, nearest right thing
    │   ├── UnknownNameError    it names something that nothing defines
    │   └── MissingValueError   nothing is wrong but that a value is not given yet
    ├── Problems                every InputError of one file together, sorted by line
    ├── RenderError             a template was handed a value that it must not have
    ├── Refused                 exit code 1: nothing is wrong with the input, and the answer is no
    └── AwsError                exit code 3: AWS refused, or could not be reached

Anything else that is raised is a bug and keeps its traceback. A message is one line, starts in lower
case, ends without a period, and quotes what the user wrote in backticks.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple


class SourceLocation(NamedTuple):
    """A place that a person can open: a file (or a flag such as ``--bucket``) and a line counted from 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class RolemgrError(Exception):
    """The base of all that rolemgr reports as one clean line; *exit_code* is the process's."""

    exit_code = 2


class InputError(RolemgrError):
    """What the user gave is wrong: *where* it stands, the *problem*, and a *hint* at what would be right."""

    def __init__(self, where: SourceLocation | None, problem: str, hint: str | None = None) -> None:
        self.where, self.problem, self.hint = where, problem, hint
        super().__init__(where, problem, hint)

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        return printable(f"{head}{self.problem}" + (f"; {self.hint}" if self.hint else ""))


class UnknownNameError(InputError):
    """A name of some *kind* (activity group, parameter ...) that is not among the *known* ones."""

    def __init__(
        self,
        where: SourceLocation | None,
        kind: str,
        name: str,
        known: Iterable[str],
        *,
        otherwise: str | None = None,
    ) -> None:
        self.name = name
        from difflib import get_close_matches  # only a wrong name pays for it

        near = get_close_matches(name, sorted(known), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else otherwise
        super().__init__(where, f"unknown {kind} `{name}`", hint)


class MissingValueError(InputError):
    """
    A value that the rest asks for is not given; *given_by* are the keys of a role file, as paths, that may give it.

    A caller that asks for one value after the other (the wizard) may go on where one of these keys is still to come.
    """

    def __init__(
        self, where: SourceLocation | None, problem: str, hint: str | None, given_by: Iterable[tuple[str, ...]]
    ) -> None:
        self.given_by = tuple(given_by)
        super().__init__(where, problem, hint)


class Problems(RolemgrError):  # noqa: N818 - several errors, not one
    """Several errors found in one go, shown a line each in the order in which they stand in the file."""

    def __init__(self, problems: Sequence[InputError]) -> None:
        self.problems = tuple(sorted(problems, key=_place))
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class RenderError(RolemgrError):
    """A template asked for a value that is missing or has no JSON form."""


class Refused(RolemgrError):  # noqa: N818 - an answer
    """What was asked for was looked at, and is not done: what speaks against it."""

    exit_code = 1

    def __str__(self) -> str:
        return printable(super().__str__())


class AwsError(RolemgrError):
    """
    AWS refused, or could not be reached: the *problem*, a *hint*, and AWS's error *code* where it gave one.

    *concerns_all* says that no other call can do better: no credentials, no network. *perhaps_done* says that
    the call may have been carried out all the same: its answer was lost, or is none of AWS's. *where* is the place
    of what the user gave that does not fit the account.
    """

    exit_code = 3

    def __init__(
        self, problem: str, hint: str | None = None, *, code: str | None = None, concerns_all: bool = False,
        perhaps_done: bool = False, where: SourceLocation | None = None,
    ) -> None:  # fmt: skip
        self.problem, self.hint, self.code, self.concerns_all = problem, hint, code, concerns_all
        self.perhaps_done, self.where = perhaps_done, where
        super().__init__(problem, hint)

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        return printable(f"{head}{self.problem}" + (f"; {self.hint}" if self.hint else ""))


def raise_all(problems: Sequence[InputError]) -> None:
    """Raise nothing for none, the error itself for one, `Problems` for more."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Problems(problems)


def worst_last(errors: Iterable[RolemgrError]) -> list[RolemgrError]:
    """Return *errors* with the one whose exit code the process ends with (AWS, input, an answer of no) at the end."""
    return sorted(errors, key=lambda error: error.exit_code)


@contextmanager
def gathering(problems: list[InputError]) -> Iterator[None]:
    """Add what is wrong inside to *problems*, so that the next part is looked at too."""
    try:
        yield
    except InputError as error:
        problems.append(error)
    except Problems as error:
        problems.extend(error.problems)


def _place(problem: InputError) -> tuple[str, int]:
    where = problem.where or SourceLocation("")
    return where.file, where.line or 0


def require_text(text: str, where: SourceLocation | None = None) -> None:
    """Raise InputError where *text*, from the command line or the environment, was not UTF-8 there."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InputError(where, f"`{text}` is not UTF-8")


def printable(text: str) -> str:
    """
    Return *text* as one line without what a terminal, or a CI that reads its output, would obey.

    What the user wrote, and policies that may come from anyone, can hold newlines and terminal escapes. GitHub's
    runner obeys `##[command]` wherever in a line it stands.
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    if "##[" in text:
        text = text.replace("##[", "#?#[")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
