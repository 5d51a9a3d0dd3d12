"""`rolemgr audit`: what everybody in an account can really do, from what AWS tells of it."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rolemgr.cli.console import catalog_option, form_option, judged_fail_on_option, output_option
from rolemgr.cli.files import require_ending, write_output
from rolemgr.cli.inventory import end_with, inventory_of, principals_named
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.lazy import catalog as entries
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files.write import to_json

if TYPE_CHECKING:
    from rolemgr.audit.run import Audit
    from rolemgr.model.inventory import HeldRole, Inventory

_PARTS = ("policies", "boundary", "trust", "resource")


@click.command("audit")
@click.argument("files", nargs=-1, metavar="FILE...", required=True)
@click.option("--as-of", metavar="DATE", help="Today, such as 2026-11-28; the newest day in the input unless given.")
@click.option(
    "--days", type=click.IntRange(1, 400), default=90, show_default=True,
    help="Report roles that have not been used for so many days.",
)  # fmt: skip
@click.option("--of", metavar="NAME", help="All findings of one role or user, with the requests that show them.")
@click.option(
    "--extract",
    metavar="PART:NAME",
    help="Print a part of a role or user (policies, boundary or trust), or the policy of a resource (resource:ARN),"
    " and audit nothing.",
)
@judged_fail_on_option
@catalog_option
@form_option
@output_option
def audit_command(
    files: Sequence[str], as_of: str | None, days: int, of: str | None, extract: str | None, fail_on: Sequence[str],
    catalog: Sequence[str], form: str, output: str | None,
) -> None:  # fmt: skip
    """
    Find what everybody in an account can really do.

    FILE is what `aws iam get-account-authorization-details` prints, a page of it, or a folder of such files of
    several accounts; - is stdin. Beside it are read, where they are given, SCPs and RCPs, policies of resources
    and Studio's profiles: docs/audit.md has the commands that save them. Each role and user is judged by evaluation
    of its policies with what stands around them: administrators, over-permissioned SageMaker roles and the persona
    that each is nearest to, trust from outside, roles that can be passed, ways to become an administrator in three
    steps, roles that nobody uses. What can't be read or told is said. Nothing touches AWS.

    \b
    Examples:
      aws iam get-account-authorization-details --output json > account.json
      rolemgr audit account.json
      rolemgr audit account.json --of ds-legacy
      rolemgr audit accounts/ --as-of 2026-11-28 --fail-on WARNING --format json -o audit.json
    """
    require_ending(output, "JSON" if form == "json" or extract else "text", "give --format json, or another name")
    today = _date(as_of)
    inventory, wrong, whole = inventory_of(files)
    if extract is not None:
        write_output(_extracted(inventory, extract), output)
        raise_all(wrong)
        return
    chosen = principals_named(inventory, of, "--of") if of is not None else []
    found = _audited(inventory, today, days, catalog)
    write_output(_text(found, chosen, form, files), output)
    end_with(wrong, whole)
    if _fails(found, fail_on, chosen):
        sys.exit(1)


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise InputError(SourceLocation("--as-of"), f"`{text}` is not a day", "such as 2026-11-28") from error


def _audited(inventory: "Inventory", today: date | None, days: int, catalog: Sequence[str]) -> "Audit":
    def personas() -> dict[str, frozenset[str]]:
        return audit.personas.persona_actions(entries.load.Catalog([Path(folder) for folder in catalog]))

    return audit.run.audit(inventory, personas, as_of=today, days=days)


def _text(found: "Audit", chosen: "Sequence[HeldRole]", form: str, names: Sequence[str]) -> str:
    if form == "json":
        return to_json(report.audit.audit_data(report.audit.only_of(found, chosen) if chosen else found))
    return report.audit.principal_text(found, chosen) if chosen else report.audit.audit_text(found, names)


def _fails(found: "Audit", fail_on: Sequence[str], chosen: "Sequence[HeldRole]") -> bool:
    judged = report.audit.only_of(found, chosen) if chosen else found
    return workflow.check.fails(fail_on, judged.findings, judged.not_judged)


def _extracted(inventory: "Inventory", text: str) -> str:
    part, _, name = text.partition(":")
    if part not in _PARTS or not name:
        raise InputError(SourceLocation("--extract"), f"`{text}` is not PART:NAME", f"a part is {', '.join(_PARTS)}")
    if part == "resource":
        return to_json(_policy_of(inventory, name))
    found = principals_named(inventory, name, "--extract")
    if len(found) > 1:
        raise InputError(SourceLocation("--extract"), f"`{name}` is in several accounts", f"such as {found[0].arn}")
    data: Any = report.audit.extracted(found[0], part)
    if data is None:
        raise InputError(SourceLocation("--extract"), f"{found[0].arn} has no {part} that is known")
    return to_json(data)


def _policy_of(inventory: "Inventory", arn: str) -> Any:
    """Return the policy of the resource *arn* as JSON values."""
    held = inventory.resources.get(arn)
    if held is None:
        raise UnknownNameError(SourceLocation("--extract"), "resource", arn, inventory.resources)
    if held.policy is None:
        raise InputError(SourceLocation("--extract"), f"{arn} has no policy that is known")
    return held.policy.to_json_value()
