"""`rolemgr compliance`: which controls the catalog, roles or a blueprint serve, on whose word, shown by requests."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import format_option, output_option
from rolemgr.cli.files import make_folder, note, require_ending, write_in, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.errors import raise_all
from rolemgr.workflow.role_options import with_role_files

if TYPE_CHECKING:
    from rolemgr.workflow.compliance import FoundCompliance

_LANGUAGES = {"text": "text", "json": "JSON", "html": "HTML", "markdown": "Markdown", "csv": "CSV"}


@click.command("compliance")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...|[BLUEPRINT]")
@roles_options
@click.option(
    "--framework", "frameworks", multiple=True, metavar="NAME",
    help="Only this one of nist-800-53, fedramp, pci-dss, hipaa and soc2; repeatable.",
)  # fmt: skip
@click.option(
    "--tests", metavar="FOLDER/", help="Write the witnesses of each limit there, as files for `rolemgr test`."
)
@format_option(
    ["text", "json", "markdown", "html", "csv"],
    "The form of the result: text, JSON, Markdown, one HTML page, or CSV for a spreadsheet.",
)
@output_option
def compliance_command(
    files: Sequence[str], chosen: dict[str, Any], frameworks: Sequence[str], tests: str | None, form: str,
    output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Map controls to limits, with evidence.

    Each control of NIST SP 800-53 Rev. 5, FedRAMP, PCI DSS v4.0.1, HIPAA and SOC 2 that an entry of the catalog serves:
    the guardrail, separation, SCP, RCP or detective control, its statements, and the level of evidence with its source.
    D says that AWS maps exactly this setting of SageMaker, A that AWS maps the same setting of another service, T that
    a third party does, O that it is our own reading.

    Of a role or several: what their guardrails and separations serve, and which controls that the catalog knows they do
    not. Of a BLUEPRINT, the policies of its organization too; --account and --role pick parts.

    Each limit is shown by a request that it denies and one that it leaves alone, with example values, or those of the
    role; --tests writes them for `rolemgr test`. Gaps are named, and rules of AWS Config's conformance packs that roles
    fail. Exits with 1 where a limit can't be shown. Nothing touches AWS.

    \b
    Examples:
      rolemgr compliance
      rolemgr compliance role.yaml
      rolemgr compliance roles/ --framework soc2 -o controls.csv
      rolemgr compliance blueprint.yaml --format html -o compliance.html
      rolemgr compliance --tests witnesses/ && rolemgr test witnesses/
    """
    require_ending(output, _LANGUAGES[form], "give another name, or another --format")
    found, wrong = _found(files, chosen, frameworks, verbose=verbose)
    if tests:
        _write_tests(tests, dict(workflow.compliance.rerun_files(found)))
    write_output(report.compliance_forms.compliance_forms(found, form), output)
    raise_all(wrong)
    if found.not_shown:
        sys.exit(1)


def _found(
    files: Sequence[str], chosen: dict[str, Any], frameworks: Sequence[str], *, verbose: bool
) -> "FoundCompliance":  # fmt: skip
    if given := workflow.blueprint_given.given_blueprint(files, chosen, OUTSIDE):
        found = workflow.compliance.compliance_of_blueprint(given, frameworks, OUTSIDE)
        return workflow.compliance.FoundCompliance(found)
    asked = with_role_files(files, chosen)
    return workflow.compliance.compliance_of_roles(asked, frameworks, OUTSIDE, verbose=verbose)


def _write_tests(folder: str, files: Mapping[str, str]) -> None:
    make_folder(Path(folder))
    for name, text in files.items():
        write_in(folder, "{name}.yaml", name, text)
    note(f"{len(files)} files of policy tests are in {folder}")
