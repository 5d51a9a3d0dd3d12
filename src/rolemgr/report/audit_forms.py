"""An audit in each of its forms for programs and for other people: one list of findings in all of them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rolemgr.audit.finding import AuditFinding, rules
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.check.rules import all_rules
from rolemgr.files.write import to_json
from rolemgr.report.asff import asff
from rolemgr.report.audit import audit_data, simulate_line
from rolemgr.report.audit_csv import audit_csv
from rolemgr.report.findings import annotations
from rolemgr.report.pages.forms import FORMS as PAGES
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_audit import audit_page
from rolemgr.report.sarif import RuleText, SarifNote, SarifResult, as_result, sarif_log


class AuditContext(NamedTuple):
    """What a form needs beside the findings: *inputs* as given, our *version*, files, the *region* of Security Hub."""

    inputs: Sequence[str]
    version: str
    is_file: Callable[[str], bool]
    region: str | None = None
    refused: Sequence[NotJudged] = ()
    """Files of the input that can't be read, or not whole: nothing is known of what they hold."""


def audit_in(form: str, found: Audit, context: AuditContext) -> str:
    """Return *found* in *form*, one of those beside text; raise InputError where ASFF has no day or no Region."""
    if form in PAGES:
        return page_text(audit_page(found, context.inputs, form), form)
    if form == "csv":
        return audit_csv(found)
    if form == "github":
        names = {one.id: one.name for one in rules().values()} | {one.id: one.name for one in all_rules().values()}
        return annotations(
            [*map(_as_finding, found.findings), *found.on_suppressions], names, _not_judged(found),
            refused=context.refused, is_file=context.is_file,
        )  # fmt: skip
    made: dict[str, Callable[[], Any]] = {
        "json": lambda: audit_data(found),
        "sarif": lambda: audit_sarif(found, context),
        "asff": lambda: asff(found, context.region, context.version),
    }
    return to_json(made[form](), short=False)


def _as_finding(one: AuditFinding) -> Finding:
    message = f"{one.principal.arn} {one.rule.title}: {told(one)}"
    where = one.principal.where
    return Finding(one.rule.id, one.severity, message, where.file, where.line)


def told(one: AuditFinding) -> str:
    """Return the message of a finding, with what is not known and could deny it."""
    return f"{one.message} ({one.unless})" if one.unless else one.message


def _not_judged(found: Audit) -> list[NotJudged]:
    return [NotJudged(one.path, one.line, f"{one.place}: {one.reason}") for one in found.not_judged]


def audit_sarif(found: Audit, context: AuditContext) -> dict[str, Any]:
    """Return *found* as one SARIF log; what SARIF has no place for (AWS's page, the requests) are properties."""
    results = [_result(one, found) for one in found.findings] + list(map(as_result, found.on_suppressions))
    suppressed = [(_result(one, found), reason) for one, reason in found.suppressed]
    suppressed += [(_result(one, found), "it is in the baseline") for one in found.in_baseline]
    notes = [SarifNote("warning", one.path, one.line, f"not judged: {one.reason}") for one in _not_judged(found)]
    notes += [SarifNote("error", one.path, one.line, f"not judged: {one.reason}") for one in context.refused]
    if found.not_in_the_input:
        notes += [SarifNote("note", name, None, found.not_in_the_input) for name in found.files[:1]]
    return sarif_log(results, suppressed, _rule_texts(), context.version, notes, is_file=context.is_file)


def _rule_texts() -> dict[str, RuleText]:
    texts = {
        one.id: RuleText(one.id, one.name, one.title, f"{one.title}. Remedy: {one.remedy}", one.page, one.severity)
        for one in rules().values()
    }
    of_check = (all_rules()[identifier] for identifier in ("RM001", "RM002"))
    return texts | {
        one.id: RuleText(one.id, one.name, one.title, one.explanation, one.source, one.severity) for one in of_check
    }


def _result(one: AuditFinding, found: Audit) -> SarifResult:
    who = one.principal
    properties = {
        "severity": one.severity.value, "principal": who.arn, "account": who.account, "remedy": one.rule.remedy,
        "page": one.rule.page, "requests": [simulate_line(asked, found.files) for asked in one.all_requests],
    }  # fmt: skip
    message = f"{who.arn} {one.rule.title}: {told(one)}"
    return SarifResult(one.rule.id, one.severity, message, who.where.file, who.where.line, one.id, properties, who.arn)
