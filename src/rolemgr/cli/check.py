"""`rolemgr check`: rules over policy files, or over the chosen role."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr import __version__
from rolemgr.cli.console import color_option, findings_form_option, judged_fail_on_option, output_option
from rolemgr.cli.files import is_file, is_stdout, note, write_output
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import progress, say_rest
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rolemgr.workflow.blueprint_given import GivenBlueprint
    from rolemgr.workflow.found import CheckFindings, Checks

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@roles_options
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of the policies; told from each file unless given."
)
@judged_fail_on_option
@findings_form_option
@click.option("--rules", multiple=True, metavar="FILE", help="A YAML file of custom policy checks; repeatable.")
@click.option("--config", metavar="FILE", help="Suppressions and types; rolemgr-check.yaml here or above unless given.")
@click.option("--baseline", metavar="FILE", help="Report only what is not in this baseline.")
@click.option("--write-baseline", metavar="FILE", help="Write today's findings as a baseline, and exit with 0.")
@click.option("--explain", metavar="RULE", help="Explain a rule, by its id or name, and check nothing.")
@output_option
@color_option
def check_command(
    paths: Sequence[str], chosen: dict[str, Any], kind: str | None, fail_on: Sequence[str],
    form: str, rules: Sequence[str],
    config: str | None, baseline: str | None, write_baseline: str | None, explain: str | None, output: str | None,
    color: str, verbose: bool,
) -> None:  # fmt: skip
    """
    Check policies: grammar, names, reach, what they give away.

    PATH is a policy, a role as `create` writes it, a CloudFormation template, Terraform's JSON, or a folder
    of such files; - is stdin. Without one, the role that the options choose is checked, or each role of many
    role files. Of a blueprint it is every document that it makes, at its lines; --account and --role pick some.
    Severities are IAM Access Analyzer's. Nothing touches AWS.

    \b
    Examples:
      rolemgr check policies/ --fail-on WARNING
      rolemgr check scp.json --type scp --format sarif -o check.sarif
      rolemgr check --persona ml-engineer
      rolemgr check --role 'roles/*.yaml' --format github
      rolemgr check policies/ --rules checks.yaml
      rolemgr check policies/ --format markdown >> "$GITHUB_STEP_SUMMARY"
      rolemgr check blueprint.yaml --account modelling
      rolemgr check --explain RM901
    """
    checks = workflow.found.read_checks(config, rules)
    if explain is not None:
        write_output(report.check.explained(explain, checks.customs), output)
        return
    settings = checks.config()
    if given := workflow.blueprint_given.given_blueprint(paths, chosen, OUTSIDE):
        found = _of_blueprint(given, kind, checks)
    else:
        request = workflow.check.CheckRequest(paths, chosen, kind)
        found = workflow.check.found_in(request, settings, checks.files, OUTSIDE, progress, verbose=verbose)
    found = workflow.found.excused(found, settings)
    if write_baseline is not None:
        write_output(to_json(workflow.check.as_baseline(found)), write_baseline)
        note(f"{len(found.findings)} findings written to {write_baseline}")
        return
    if baseline is not None:
        found = workflow.check.beyond_baseline(found, baseline)
    _give(form, found, checks, output, color)
    if found.wrong:
        say_rest(len(set(found.names)), found.wrong, "checked")
    if workflow.check.fails(fail_on, found.findings, found.not_judged):
        sys.exit(1)


def _of_blueprint(given: "GivenBlueprint", kind: str | None, checks: "Checks") -> "CheckFindings":
    """Return what is found in a blueprint; raise InputError for a type, which each of its documents has."""
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a blueprint")
    blueprint, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
    return workflow.blueprint_check.check_blueprint(blueprint, pick, checks.files, OUTSIDE)


def _give(form: str, found: "CheckFindings", checks: "Checks", output: str | None, color: str) -> None:
    """Say how many findings are suppressed, and write the others in the *form* that somebody chose."""
    if found.suppressed:
        many = "s" if len(found.suppressed) > 1 else ""
        note(f"{len(found.suppressed)} finding{many} suppressed by {checks.name}")
    shown, in_color, width = found.report(checks.customs), _in_color(color, output), _width(output)
    write_output(shown.text(form, __version__, is_file=is_file, color=in_color, width=width), output)


def _in_color(color: str, output: str | None) -> bool:
    if color != "auto" or not is_stdout(output):
        return color == "always" and is_stdout(output)
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _width(output: str | None) -> int:
    """Return the columns of the terminal, or 80 where the text goes elsewhere."""
    if not is_stdout(output) or not sys.stdout.isatty():
        return 80
    from shutil import get_terminal_size  # 2 ms, for a page on a terminal alone

    return max(40, min(get_terminal_size((80, 24)).columns, 120))
