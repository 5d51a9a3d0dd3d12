"""`rolemgr audit`: what everybody in an account can really do, from what AWS tells of it."""

import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from rolemgr import __version__
from rolemgr.cli.access import access_options
from rolemgr.cli.console import catalog_option, format_option, judged_fail_on_option, output_option
from rolemgr.cli.files import is_file, note, require_ending, write_output
from rolemgr.cli.inventory import a_day, end_with, inventory_of, judged_named, principals_named
from rolemgr.cli.lazy import audit, report, workflow
from rolemgr.cli.lazy import catalog as entries
from rolemgr.cli.progress import counting
from rolemgr.cli.workers import at_work, worker_options
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.files.write import to_json
from rolemgr.workflow.account_options import AccessOptions

if TYPE_CHECKING:
    from rolemgr.audit.finding import Judged
    from rolemgr.audit.run import Audit
    from rolemgr.model.inventory import Inventory
    from rolemgr.workflow.check import HasSeverity
    from rolemgr.workflow.live import LiveAccount
    from rolemgr.workflow.workers import WorkerChoice

DAYS = 90
WORTH = 1_000
"""From so many principals on, which take some six seconds, a second process pays."""
_PARTS = ("policies", "boundary", "trust", "resource")
_FORMS = ("text", "json", "sarif", "github", "html", "markdown", "csv", "asff")
_JSON = ("json", "sarif", "asff")
_LANGUAGES = {"html": "HTML", "markdown": "Markdown", "csv": "CSV"}


@click.command("audit")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--live", is_flag=True, help="Read the account of the credentials, and no file; it changes nothing.")
@click.option("--save", metavar="PATH", help="With --live: keep what was read there, to audit it again.")
@click.option("--as-of", metavar="DATE", help="Today, such as 2026-11-28; the newest day in the input unless given.")
@click.option(
    "--days", type=click.IntRange(1, 400), default=DAYS, show_default=True,
    help="Report roles that have not been used for so many days.",
)  # fmt: skip
@click.option(
    "--of",
    metavar="NAME",
    help="All findings of one role, user, resource or profile, with the requests that show them.",
)
@click.option(
    "--extract",
    metavar="PART:NAME",
    help="Print a part of a role or user (policies, boundary or trust), or the policy of a resource (resource:ARN),"
    " and audit nothing.",
)
@access_options
@judged_fail_on_option
@catalog_option
@click.option("--config", metavar="FILE", help="Suppressions; rolemgr-check.yaml here or above unless given.")
@click.option("--baseline", metavar="FILE", help="Report only what is not in this baseline.")
@click.option("--write-baseline", metavar="FILE", help="Write today's findings as a baseline, and exit with 0.")
@format_option(
    _FORMS,
    "The form of the result: text, JSON, SARIF 2.1.0, GitHub's annotations, one HTML page, Markdown, CSV, or"
    " the AWS Security Finding Format (asff) for Security Hub.",
)
@click.option("--region", metavar="REGION", help="The Region whose Security Hub imports the findings, for asff.")
@worker_options
@output_option
def audit_command(
    files: Sequence[str], live: bool, save: str | None, access: AccessOptions, extract: str | None,
    write_baseline: str | None, fail_on: Sequence[str], form: str, region: str | None, output: str | None,
    **judging: Any,
) -> None:  # fmt: skip
    """
    Find what everybody in an account can really do.

    FILE is what `aws iam get-account-authorization-details` prints, a page of it, or a folder or quoted pattern of such
    files of several accounts; - is stdin. Beside it are read, where they are given, SCPs and RCPs, policies of
    resources and Studio's profiles: docs/audit.md has the commands that save them. Each role and user is judged by
    evaluation of its policies with what stands around them: administrators, over-permissioned SageMaker roles and the
    persona that each is nearest to, trust from outside, roles that can be passed, ways to become an administrator in
    three steps, roles that nobody uses. What can't be read or told is said. Nothing touches AWS unless --live has the
    account read (iam:GetAccountAuthorizationDetails): a page that does not come ends with 3, after what was read is
    judged.

    \b
    Examples:
      aws iam get-account-authorization-details --output json > account.json
      rolemgr audit account.json
      rolemgr audit account.json --of ds-legacy
      rolemgr audit --live --profile ml-account --save account.json
      rolemgr audit accounts/ --as-of 2026-11-28 --fail-on WARNING --format json -o audit.json
      rolemgr audit account.json --format html -o audit.html
      rolemgr audit account.json --format asff --region eu-west-1 -o findings.json
    """
    _check_form(form, region, output, is_extract=extract is not None)
    wish = _Judging(**{**judging, "as_of": a_day(judging["as_of"])})
    source = _source(files, save, access, live=live)
    if extract is not None:
        write_output(_extracted(source.inventory, extract), output)
        raise_all(source.wrong)
        _say_of_account(source)
        return
    chosen = judged_named(source.inventory, wish.of, "--of") if wish.of is not None else []
    found = _judged(source.inventory, wish, chosen)
    if write_baseline is not None:
        _write_baseline(found, write_baseline)
    else:
        write_output(_text(found, chosen, form, [*source.names, *wish.again()], region, source.wrong), output)
    end_with(source.wrong, source.whole)
    _say_of_account(source)
    open_: list[HasSeverity] = [*found.findings, *found.on_suppressions]
    if write_baseline is None and workflow.check.fails(fail_on, open_, found.not_judged):
        sys.exit(1)


class _Judging(NamedTuple):
    """What decides about findings: the day, how long a role may rest, about whom, the catalog, what is excused; who."""

    as_of: date | None
    days: int
    of: str | None
    catalog: Sequence[str]
    config: str | None
    baseline: str | None
    workers: "WorkerChoice"

    def again(self) -> list[str]:
        """Return the options that a command on the same audit repeats."""
        day = self.as_of.isoformat() if self.as_of else None
        options = {"--as-of": day, "--config": self.config, "--baseline": self.baseline}
        repeated = [text for option, value in options.items() if value is not None for text in (option, value)]
        repeated += ["--days", str(self.days)] if self.days != DAYS else []
        return [*repeated, *(text for one in self.catalog for text in ("--catalog", one))]


class _Source(NamedTuple):
    """What is audited: its *names*, its inventory, what is wrong in it, how many files are whole, what did not come."""

    names: Sequence[str]
    inventory: "Inventory"
    wrong: Sequence[InputError]
    whole: int
    error: Exception | None


def _source(files: Sequence[str], save: str | None, access: AccessOptions, *, live: bool) -> _Source:
    """Return what the *files* say, or the account as it is now; raise InputError for options that do not fit."""
    _check_source(files, save, access, live=live)
    account = _live(save, access) if live else None
    names = [account.name] if account else files
    inventory, wrong, whole = inventory_of(names, {account.name: account.text} if account else {})
    return _Source(names, inventory, wrong, whole, account.error if account else None)


def _say_of_account(source: _Source) -> None:
    """Raise what kept the account from being read whole, once what was read is judged."""
    if source.error:
        raise source.error


def _check_form(form: str, region: str | None, output: str | None, *, is_extract: bool) -> None:
    """Raise InputError where the form, the Region of Security Hub and the name of the output do not fit together."""
    language = "JSON" if form in _JSON or is_extract else _LANGUAGES.get(form, "text")
    require_ending(output, language, "choose another --format, or another name")
    if region is not None and form != "asff":
        raise InputError(SourceLocation("--region"), "goes with --format asff", "an audit itself is of all Regions")
    if region is None and form == "asff":
        raise InputError(SourceLocation("--format"), "asff needs --region", "the Region whose Security Hub imports it")


def _judged(inventory: "Inventory", wish: _Judging, chosen: "Sequence[Judged]") -> "Audit":
    """Return what is found, what is excused or known beside it, and of the *chosen* principals alone."""
    found = workflow.audit.excused(_audited(inventory, wish), wish.config)
    if wish.baseline is not None:
        found = workflow.audit.beyond_baseline(found, wish.baseline)
    return report.audit.only_of(found, chosen) if chosen else found


def _write_baseline(found: "Audit", path: str) -> None:
    write_output(to_json(workflow.audit.as_baseline(found)), path)
    note(f"{len(found.findings)} findings written to {path}")


def _check_source(files: Sequence[str], save: str | None, access: AccessOptions, *, live: bool) -> None:
    """Raise InputError where there are files beside --live, none without it, or options that go with it alone."""
    if live:
        require_ending(save, "JSON", "give a name that ends in .json")
        if files:
            raise InputError(SourceLocation("--live"), f"reads the account, and no file such as `{files[0]}`")
        return
    for option, value in {"--save": save, "--profile": access.profile, "--endpoint-url": access.endpoint_url}.items():
        if value is not None:
            raise InputError(SourceLocation(option), "goes with --live", "a file is read without AWS")
    if not files:
        raise InputError(None, "no file is given", "give what AWS told of an account, or --live")


def _live(save: str | None, access: AccessOptions) -> "LiveAccount":
    """Return the account as it is now, which *save* keeps."""
    found = workflow.live.read_live(access, save, counting)
    if save is None:
        note(f"nothing is saved: lines that name {found.name} need --save {found.name}")
        return found
    write_output(found.text, save)
    note(f"account {found.account} is saved in {save}")
    return found


def _audited(inventory: "Inventory", wish: _Judging) -> "Audit":
    def personas() -> dict[str, frozenset[str]]:
        return audit.personas.persona_actions(entries.load.Catalog([Path(folder) for folder in wish.catalog]))

    with at_work(wish.workers, len(inventory.principals), WORTH) as workers:
        judging = None if workers is workflow.workers.here else partial(workers, audit.shares.judged)
        return audit.run.audit(inventory, personas, as_of=wish.as_of, days=wish.days, judging=judging)


def _text(
    found: "Audit", chosen: "Sequence[Judged]", form: str, names: Sequence[str], region: str | None,
    wrong: Sequence[InputError],
) -> str:  # fmt: skip
    if form != "text":
        refused = workflow.found.places_of(wrong)
        context = report.audit_forms.AuditContext(names, __version__, is_file, region, refused)
        return report.audit_forms.audit_in(form, found, context)
    return report.audit.principal_text(found, chosen) if chosen else report.audit.audit_text(found, names)


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
