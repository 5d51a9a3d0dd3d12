"""`rolemgr drift`: roles in the account against their files, by meaning."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.access import AccessOptions, access_options
from rolemgr.cli.apply import role_choices
from rolemgr.cli.console import fail_on_option, findings_form_option, output_option
from rolemgr.cli.files import is_file, is_stdout, note, write_output
from rolemgr.cli.options import ROLE_OPTIONS, roles_options
from rolemgr.cli.planning import OneRole, each_examined, end_with, in_account, stop_if_alone
from rolemgr.errors import InputError, gathering

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.account.drift import RoleDrift
    from rolemgr.cli.rendering import Chosen
    from rolemgr.files.source import LayeredSource
    from rolemgr.report.drift import ExaminedRole
    from rolemgr.report.plan import RoleNotJudged


@click.command("drift")
@click.argument("files", nargs=-1, metavar="[ROLE_FILE]...")
@roles_options
@fail_on_option("SUGGESTION", "drift")
@findings_form_option
@access_options
@output_option
def drift_command(
    files: Sequence[str], chosen: dict[str, Any], fail_on: str, form: str, access: AccessOptions,
    output: str | None, verbose: bool,
) -> None:  # fmt: skip
    """
    Say what differs between roles in the account and their files.

    Reads the account and changes nothing. Policies are compared by what they mean: order, Sids, case of
    actions, one statement or five are no drift. Each difference names the policy and the statement, and has a
    `rolemgr simulate` line that asks the file about it. What can't be told is drift too. Exits with 0 where
    there is none, with 1 where there is.

    \b
    JSON: {"account", "partition", "roles": [{"arn", "drift": true|false, "notes", "findings": [{"rule", "name",
    "severity", "message", "path", "line", ...}]}]}; of access also "direction" (gained or lost), "statements",
    "denied_by", "actions", "origins", "request", "ask" or "unknown"; of a value "file" and "account".

    \b
    Examples:
      rolemgr drift roles/churn.yaml
      rolemgr drift roles/*.yaml --profile ml-account --fail-on WARNING
      rolemgr drift roles/*.yaml --format sarif -o drift.sarif
    """
    choices = role_choices(files, chosen)
    # SARIF and annotations don't tell what is refused: a file without results would pass for "no drift".
    to_file = form not in ("sarif", "github") and output is not None and not is_stdout(output)
    way, roles, refused = in_account(choices, access, verbose=verbose, to_file=to_file)
    examined, unseen = each_examined(roles, lambda one: _examine(way, one))
    refused += unseen
    if not examined:
        stop_if_alone(len(choices), refused, to_file=to_file)
    for one in examined:
        for text in one.drift.notes:
            note(text)
    unwritten: list[InputError] = []
    with gathering(unwritten):
        write_output(_report_text(form, way, examined, refused), output)
    end_with([*(one.error for one in refused), *unwritten])
    if _is_bad(examined, fail_on):
        sys.exit(1)


def _examine(way: "Access", one: "OneRole") -> "ExaminedRole":
    from rolemgr.report.drift import ExaminedRole

    drift = _drift(way, one.chosen)
    return ExaminedRole(drift, one.chosen.role, one.source.at, shlex.join(_words(one.flags, one.source, way)))


def _drift(way: "Access", chosen: "Chosen") -> "RoleDrift":
    """Return how the role in the account differs from the *chosen* one."""
    from rolemgr.account.drift import find_drift, missing_role
    from rolemgr.account.read import read_policy, read_role

    role = read_role(way.iam, chosen.documents.name)
    if role is None:
        return missing_role(chosen.role.spec.arn)
    there = {policy.arn for policy in role.attached}
    lacking = {arn: read_policy(way.iam, arn) for arn in chosen.documents.attached if arn not in there}
    return find_drift(role, chosen.documents, {arn: one.document if one else None for arn, one in lacking.items()})


def _words(flags: Mapping[str, Any], source: "LayeredSource", way: "Access") -> Iterator[str]:
    """Yield the options that choose the same role without the account."""
    for option in ROLE_OPTIONS:
        value = flags[option.key]
        if option.switch:
            yield from [option.flag] if value else []
        elif value:
            for text in [value] if isinstance(value, str) else value:
                yield from (option.flag, str(text))
    yield from () if "account" in source.data else ("--account", way.account)
    yield from () if "region" in source.data else ("--region", way.region)


def _report_text(
    form: str, way: "Access", examined: "Sequence[ExaminedRole]", refused: "Sequence[RoleNotJudged]"
) -> str:
    from rolemgr import __version__
    from rolemgr.files.write import to_json
    from rolemgr.report.drift import drift_data, drift_findings, drift_text, rule_texts
    from rolemgr.report.findings import annotations
    from rolemgr.report.pages.forms import FORMS, page_text
    from rolemgr.report.pages.of_drift import drift_page
    from rolemgr.report.sarif import sarif

    if form == "text":
        return drift_text(examined, refused)
    if form == "json":
        return to_json(drift_data(way, examined, refused))
    if form in FORMS:
        return page_text(drift_page(way, examined, refused), form)
    texts = rule_texts()
    if form == "github":
        names = {text.id: text.name for text in texts.values()}
        return annotations(drift_findings(examined), names, is_file=is_file)
    return to_json(sarif(drift_findings(examined), [], texts, __version__, is_file=is_file))


def _is_bad(examined: "Sequence[ExaminedRole]", fail_on: str) -> bool:
    from rolemgr.check.finding import Severity
    from rolemgr.report.drift import severity_of

    worst = Severity(fail_on.upper())
    return any(severity_of(drift).at_least(worst) for one in examined for drift in one.drift.drifts)
