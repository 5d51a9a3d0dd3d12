"""`rolemgr test`: policy tests in YAML, from files and folders."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolemgr.cli.console import color_option, give, output_option
from rolemgr.cli.files import note, read_input, write_output
from rolemgr.errors import InputError, SourceLocation, gathering, raise_all

if TYPE_CHECKING:
    from rolemgr.model.policy_tests import PolicyTests
    from rolemgr.model.source import Sourced
    from rolemgr.policytest.run import FileResults

_TEST_KEYS = ("cases", "calls")
_TOP_KEY = re.compile(r"""^["']?([A-Za-z_]+)["']?\s*:""", re.MULTILINE)
_LEFT_OUT = ("node_modules", "__pycache__")


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", help="The form of the result."
)
@output_option
@color_option
def test_command(paths: Sequence[str], form: str, output: str | None, color: str) -> None:
    """
    Run policy tests in YAML.

    PATH is a test file, - for stdin, or a folder, whose test files are found below it; this folder unless
    given. A test file names a role or policies, the layers around them, and requests with the decision that
    is expected; `rolemgr schema tests` describes it. A name that AWS is not known to have is an error, unless
    the file lists it under `unknown_ok`. Exits with 1 where a test fails. Nothing touches AWS.

    \b
    Examples:
      rolemgr test tests/policies
      rolemgr test churn.yaml --format junit -o results.xml
    """
    from rolemgr.report.test_results import failures, results_data, results_junit, results_page

    results = _run(list(_texts(paths or (".",))))
    for text in dict.fromkeys(text for file in results for text in file.notes):
        note(text)
    if form == "junit":
        write_output(results_junit(results), output)
    else:
        give(form, lambda: results_data(results), lambda: results_page(results), output, color)
    if failures(results):
        sys.exit(1)


def _run(texts: "Sequence[tuple[str, str]]") -> "list[FileResults]":
    """Return the results of all files; raise for what is wrong in any of them before one result is shown."""
    from rolemgr.policytest.run import run_tests

    if not texts:
        raise InputError(None, "no policy test is found", "a test file has `cases` or `calls`; see `rolemgr test -h`")
    problems: list[InputError] = []
    results = []
    for text, name in texts:
        with gathering(problems):
            results.append(run_tests(_parsed(text, name)))
    raise_all(problems)
    return results


def _parsed(text: str, name: str) -> "Sourced[PolicyTests]":
    from rolemgr.files.yaml import parse_yaml
    from rolemgr.model.policy_tests import PolicyTests
    from rolemgr.model.source import parse_model

    return parse_model(parse_yaml(text, name), PolicyTests)


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the text and name of each test file in *paths*; what is named itself is taken for one."""
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise InputError(SourceLocation(path), "there is no such file or folder")
        if path != "-" and Path(path).is_dir():
            yield from _texts_below(Path(path))
        else:
            yield read_input(path)


def _texts_below(folder: Path) -> Iterator[tuple[str, str]]:
    others: list[str] = []
    for path in _yaml_files(folder):
        text, name = read_input(str(path))
        if _holds_tests(text):
            yield text, name
        else:
            others.append(name)
    if others:
        more = f" and {len(others) - 1} more YAML files" if others[1:] else ""
        note(f"{others[0]}{more}: no tests there (neither `cases` nor `calls`), left out")


def _yaml_files(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        yield from (Path(where, name) for name in sorted(files) if name.endswith((".yaml", ".yml")))


def _holds_tests(text: str) -> bool:
    """
    Tell whether *text* looks like a test file, by its keys that stand at the margin.

    A misspelt `cases` counts, so that its tests are not left out unseen but refused by the line.
    """
    from difflib import get_close_matches

    keys = _TOP_KEY.findall(text)
    return any(key in _TEST_KEYS or get_close_matches(key.lower(), _TEST_KEYS, n=1, cutoff=0.8) for key in keys)
