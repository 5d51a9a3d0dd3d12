"""`rolemgr compliance`: which controls of a framework the catalog serves, on whose word, shown by requests."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rolemgr.cli.console import catalog_option, format_option, output_option
from rolemgr.cli.files import make_folder, note, require_ending, write_in, write_output
from rolemgr.cli.lazy import report, workflow

_LANGUAGES = {"text": "text", "json": "JSON", "html": "HTML", "markdown": "Markdown", "csv": "CSV"}


@click.command("compliance")
@click.option(
    "--framework", "frameworks", multiple=True, metavar="NAME",
    help="Only this one of nist-800-53, fedramp, pci-dss, hipaa and soc2; repeatable.",
)  # fmt: skip
@click.option(
    "--tests", metavar="FOLDER/", help="Write the witnesses of each limit there, as files for `rolemgr test`."
)
@catalog_option
@format_option(
    ["text", "json", "markdown", "html", "csv"],
    "The form of the result: text, JSON, Markdown, one HTML page, or CSV for a spreadsheet.",
)
@output_option
def compliance_command(
    frameworks: Sequence[str], tests: str | None, catalog: Sequence[str], form: str, output: str | None
) -> None:
    """
    Map controls to limits, with evidence.

    Each control of NIST SP 800-53 Rev. 5, FedRAMP, PCI DSS v4.0.1, HIPAA and SOC 2 that an entry of the catalog serves:
    the guardrail, separation, SCP, RCP or detective control, its statements, and the level of evidence with its source.
    D says that AWS maps exactly this setting of SageMaker, A that AWS maps the same setting of another service, T that
    a third party does, O that it is our own reading.

    Each limit is shown by a request that it denies and one that it leaves alone, with example values; --tests writes
    them for `rolemgr test`. Gaps are named, and rules of AWS Config's conformance packs that roles as rendered by
    default fail. Exits with 1 where a limit can't be shown. Nothing touches AWS.

    \b
    Examples:
      rolemgr compliance
      rolemgr compliance --framework hipaa --format html -o hipaa.html
      rolemgr compliance --tests witnesses/ && rolemgr test witnesses/
      rolemgr compliance --format csv -o controls.csv
    """
    require_ending(output, _LANGUAGES[form], "give another name, or another --format")
    found = workflow.compliance.compliance_of(catalog, frameworks)
    if tests:
        make_folder(Path(tests))
        files = dict(workflow.compliance.rerun_files(found))
        for name, text in files.items():
            write_in(tests, "{name}.yaml", name, text)
        note(f"{len(files)} files of policy tests are in {tests}")
    write_output(report.compliance_forms.compliance_forms(found, form), output)
    if found.not_shown:
        sys.exit(1)
