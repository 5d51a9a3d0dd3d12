"""`rolemgr test`: policy tests in YAML, from files and folders."""

import sys
from collections.abc import Sequence

import click

from rolemgr.cli.console import color_option, format_option, give, output_option
from rolemgr.cli.files import note, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.outside import OUTSIDE


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@format_option(["text", "json", "junit"], "The form of the result.")
@output_option
@color_option
def test_command(paths: Sequence[str], form: str, output: str | None, color: str) -> None:
    """
    Run policy tests in YAML.

    PATH is a test file, - for stdin, a quoted pattern, or a folder, whose test files are found below it; this folder
    unless given. A test file names a role or policies, the layers around them, and requests with the decision that is
    expected; `rolemgr schema tests` describes it. A name that AWS is not known to have is an error, unless the file
    lists it under `unknown_ok`. Exits with 1 where a test fails. Nothing touches AWS.

    \b
    Examples:
      rolemgr test tests/policies
      rolemgr test churn.yaml --format junit -o results.xml
    """
    results = workflow.policy_test.run_files(paths or (".",), OUTSIDE)
    for text in dict.fromkeys(text for file in results for text in file.notes):
        note(text)
    if form == "junit":
        write_output(report.test_results.results_junit(results), output)
    else:
        give(
            form,
            lambda: report.test_results.results_data(results),
            lambda: report.test_results.results_page(results),
            output,
            color,
        )
    if report.test_results.failures(results):
        sys.exit(1)
