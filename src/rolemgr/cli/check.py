"""`rolemgr check`: rules over policy files, or over the chosen role."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache, reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from rolemgr import __version__
from rolemgr.cli.access import access_of, access_options
from rolemgr.cli.console import color_option, findings_form_option, judged_fail_on_option, output_option
from rolemgr.cli.files import is_file, is_folder, is_stdout, note, write_output
from rolemgr.cli.hub import hub_options
from rolemgr.cli.lazy import report, workflow
from rolemgr.cli.options import roles_options
from rolemgr.cli.outside import OUTSIDE
from rolemgr.cli.progress import asking, progress, say_rest
from rolemgr.errors import AwsError, InputError, SourceLocation
from rolemgr.files.source import ANSWER_LIMITS, FileError, read_text
from rolemgr.files.write import to_json
from rolemgr.workflow.account_options import AccessOptions

if TYPE_CHECKING:
    from rolemgr.check.config import CheckConfig
    from rolemgr.report.asff_findings import AsffHub
    from rolemgr.workflow.blueprint_given import GivenBlueprint
    from rolemgr.workflow.found import CheckFindings, Checks

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")


class RuleOptions(NamedTuple):
    """Which rules are asked, and what becomes of what they find."""

    rules: Sequence[str]
    config: str | None
    select: Sequence[str]
    ignore: Sequence[str]
    fix: bool
    exit_zero: bool
    baseline: str | None
    write_baseline: str | None
    explain: str | None


_RULE_OPTIONS = (
    click.option("--rules", multiple=True, metavar="FILE", help="A YAML file of custom policy checks; repeatable."),
    click.option(
        "--config", metavar="FILE", help="Suppressions and types; rolemgr-check.yaml here or above unless given."
    ),
    click.option(
        "--select", multiple=True, metavar="RULE,...", help="Report these rules alone: ids, names, beginnings of ids."
    ),
    click.option(
        "--ignore", multiple=True, metavar="RULE,...", help="Leave these rules out; what is left out is counted."
    ),
    click.option(
        "--fix", is_flag=True, help="Mend what is mechanical and changes no decision, in the files, and then check."
    ),
    click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; bad input is still 2."),
    click.option("--baseline", metavar="FILE", help="Report only what is not in this baseline."),
    click.option("--write-baseline", metavar="FILE", help="Write today's findings as a baseline, and exit with 0."),
    click.option("--explain", metavar="RULE", help="Explain a rule, by its id or name, and check nothing."),
)


def _rule_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command* the options of rules, handed to it together as *asked*."""

    @wraps(command)
    def collected(**values: Any) -> None:
        asked = RuleOptions(**{name: values.pop(name) for name in RuleOptions._fields})
        command(asked=asked, **values)

    return reduce(lambda made, option: option(made), reversed(_RULE_OPTIONS), collected)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@roles_options
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of the policies; told from each file unless given."
)
@judged_fail_on_option
@findings_form_option
@hub_options
@_rule_options
@click.option(
    "--live", is_flag=True, help="Ask IAM Access Analyzer about each document too (ValidatePolicy, free of charge)."
)
@click.option(
    "--paid-calls", type=click.IntRange(min=0), metavar="N",
    help="With --live: ask AWS about custom checks too, in N calls at most, which AWS charges for.",
)  # fmt: skip
@access_options
@output_option
@color_option
def check_command(
    paths: Sequence[str], chosen: dict[str, Any], kind: str | None, fail_on: Sequence[str], form: str,
    hub: "AsffHub | None", asked: RuleOptions, live: bool, paid_calls: int | None, access: AccessOptions,
    output: str | None, color: str, verbose: bool,
) -> None:  # fmt: skip
    """
    Check policies: grammar, names, reach, what they give away.

    PATH is a policy, a role as `create` writes it, a role file, a CloudFormation template, Terraform's JSON, a folder
    of such files, a quoted pattern, or a catalog folder, whose entries are judged; - is stdin. Without one, the role
    that the options choose is checked. Of a blueprint, also one in a folder, it is every document that it makes, at
    its lines; --account and --role pick some. Severities are IAM Access Analyzer's. Nothing touches AWS.

    Unless --live sends each document to IAM Access Analyzer: what that finds stands beside ours, as rules that begin
    with AWS- and that --select, --ignore and suppressions take. It needs access-analyzer:ValidatePolicy and no
    analyzer, changes nothing, and is free of charge. AWS's own custom policy checks are asked about your custom checks
    (--rules) only with --paid-calls, as AWS charges for each call: where they take more than N, nothing is asked at
    all. What AWS is not asked about, or refuses, is not judged; where it answers no more, the exit code is 3.

    --fix spells operators as IAM has them, removes what a list or policy has twice, and sorts lists of actions; the
    rest of a file stays as it is, and a file is written only where it is proven to decide the same.

    \b
    Examples:
      rolemgr check policies/ --fail-on WARNING
      rolemgr check scp.json --type scp --format sarif -o check.sarif
      rolemgr check --persona ml-engineer
      rolemgr check roles/ --format github
      rolemgr check roles/ --format asff --hub 123456789012:eu-west-1 \\
          --as-of 2026-11-28 -o findings.json
      rolemgr check policies/ --rules checks.yaml
      rolemgr check policies/ --format markdown >> "$GITHUB_STEP_SUMMARY"
      rolemgr check policies/ --select RM7,pass-any-role --ignore RM703
      rolemgr check policies/ --fix
      rolemgr check our-catalog/
      rolemgr check blueprint.yaml --account modelling
      rolemgr check --explain RM901
      rolemgr check policies/ --live --profile ml-account
      rolemgr check policies/ --rules checks.yaml --live --paid-calls 20
    """
    if paid_calls is not None and not live:
        raise InputError(SourceLocation("--paid-calls"), "goes with --live", "without it nothing touches AWS")
    checks = workflow.found.read_checks(asked.config, asked.rules)
    if asked.explain is not None:
        write_output(report.check.explained(asked.explain, checks.customs), output)
        return
    source = _Source(workflow.given_files.expanded(paths), chosen, kind, access_of(access, live=live), paid_calls)
    found, error = _found(source, asked, checks, verbose=verbose)
    if asked.write_baseline is not None:
        write_output(to_json(workflow.check.as_baseline(found)), asked.write_baseline)
        note(f"{len(found.findings)} findings written to {asked.write_baseline}")
        if error:
            raise error
        return
    if asked.baseline is not None:
        found = workflow.check.beyond_baseline(found, asked.baseline)
    _give(form, found, checks, hub, output, color)
    if found.wrong:
        say_rest(len(set(found.names)), found.wrong, "checked", one="file")
    if error:
        raise error
    if not asked.exit_zero and workflow.check.fails(fail_on, found.findings, found.not_judged):
        sys.exit(1)


class _Source(NamedTuple):
    """
    What is checked: *paths* of a *kind*, or the *chosen* role; by which *access* AWS is asked too, if it is.

    So many *paid_calls* are accepted.
    """

    paths: Sequence[str]
    chosen: dict[str, Any]
    kind: str | None
    access: AccessOptions | None
    paid_calls: int | None


def _found(
    source: _Source, asked: RuleOptions, checks: "Checks", *, verbose: bool
) -> "tuple[CheckFindings, AwsError | None]":
    """Return what the rules that are asked find, once it is mended, and what AWS finds; and what kept AWS from it."""
    paths, chosen, kind, access, paid_calls = source
    rules = workflow.found.selection(asked.select, asked.ignore, checks.customs)
    settings = checks.config()
    given = None if any(map(is_folder, paths)) else workflow.blueprint_given.given_blueprint(paths, chosen, OUTSIDE)
    if asked.fix:
        _fix(() if given else paths, chosen, kind, settings)
    live = access is not None
    if given:
        found = _of_blueprint(given, kind, checks, live=live)
    else:
        request = workflow.check.CheckRequest(paths, chosen, kind, live)
        found = workflow.check.found_in(request, settings, checks.files, OUTSIDE, progress, verbose=verbose)
    error = None
    if access:
        paid = workflow.check_live.PaidChecks(checks.customs, paid_calls)
        found, error = workflow.check_live.with_aws(found, access, chosen["region"], OUTSIDE.say, asking, paid)
    return workflow.check.selected(workflow.found.excused(found, settings), rules, OUTSIDE.say), error


def _fix(paths: Sequence[str], chosen: dict[str, Any], kind: str | None, config: "CheckConfig") -> None:
    """Mend the files of *paths*, and say of each what was done, or why not."""
    if flag := workflow.role_options.given_flag(chosen):
        raise InputError(SourceLocation("--fix"), f"goes with files of policies, not with {flag}")
    for one in workflow.fix.fixes(paths, kind, config.types):
        if one.text is not None:
            write_output(one.text, one.path)
        note(one.told)


def _of_blueprint(given: "GivenBlueprint", kind: str | None, checks: "Checks", *, live: bool) -> "CheckFindings":
    """Return what is found in a blueprint; raise InputError for a type, which each of its documents has."""
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a blueprint")
    blueprint, pick = workflow.blueprint_open.open_blueprint(given, OUTSIDE)
    return workflow.blueprint_check.check_blueprint(blueprint, pick, checks.files, OUTSIDE, live=live)


def _give(
    form: str, found: "CheckFindings", checks: "Checks", hub: "AsffHub | None", output: str | None, color: str
) -> None:
    """Say how many findings are suppressed, and write the others in the *form* that somebody chose."""
    if found.suppressed:
        many = "s" if len(found.suppressed) > 1 else ""
        note(f"{len(found.suppressed)} finding{many} suppressed by {checks.name}")
    made = found.report(checks.customs)
    if hub:
        write_output(to_json(report.check.check_asff(made, hub)), output)
        return
    view = report.findings_text.FindingsView({}, _line, _width(output), _in_color(color, output))
    write_output(made.text(form, __version__, is_file=is_file, view=view), output)


def _line(path: str, number: int) -> str | None:
    """Return line *number* of the file *path*, where there is one: stdin and roles have none to show."""
    lines = _lines_of(path)
    return lines[number - 1] if 0 < number <= len(lines) else None


@cache
def _lines_of(path: str) -> Sequence[str]:
    try:
        return read_text(Path(path), limits=ANSWER_LIMITS).split("\n") if is_file(path) else ()
    except FileError:  # the finding says where it is without it
        return ()


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
