"""What `rolemgr check` found, as text in each of its forms."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rolemgr.cli.files import is_file

if TYPE_CHECKING:
    from rolemgr.check.custom.checks import Custom
    from rolemgr.check.finding import Finding, NotJudged, TypeFromName
    from rolemgr.report.sarif import RuleText


def report_text(
    form: str,
    findings: "list[Finding]",
    suppressed: "list[tuple[Finding, str]]",
    checked: int,
    customs: "Sequence[Custom]",
    not_judged: "Sequence[NotJudged]",
    types: "Sequence[TypeFromName]",
    *,
    color: bool,
    width: int,
) -> str:
    """Return *findings* in the *form* that was asked for, with what was suppressed and what is not judged."""
    from rolemgr.report.findings import annotations, findings_data, findings_text

    if form == "text":
        return findings_text(findings, checked, not_judged, types, width=width, color=color)
    if form == "github":
        from rolemgr.check.rules import all_rules

        names = {rule.id: rule.name for rule in all_rules().values()} | {
            one.check.id: one.check.kind for one in customs
        }
        return annotations(findings, names, not_judged, types, is_file=is_file)
    import json

    data = (
        findings_data(findings, checked, not_judged, types)
        if form == "json"
        else _sarif(findings, suppressed, customs, not_judged, types)
    )
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _sarif(
    findings: "list[Finding]",
    suppressed: "list[tuple[Finding, str]]",
    customs: "Sequence[Custom]",
    not_judged: "Sequence[NotJudged]",
    types: "Sequence[TypeFromName]",
) -> dict[str, Any]:
    from rolemgr import __version__
    from rolemgr.check.rules import all_rules
    from rolemgr.report.sarif import RuleText, sarif

    texts = {
        rule.id: RuleText(rule.id, rule.name, rule.title, rule.explanation, rule.source, rule.severity)
        for rule in all_rules().values()
    }
    texts |= {one.check.id: _custom_text(one) for one in customs}
    return sarif(findings, suppressed, texts, __version__, not_judged, types, is_file=is_file)


def _custom_text(custom: "Custom") -> "RuleText":
    from rolemgr.check.custom.checks import SOURCE, explained
    from rolemgr.check.finding import Severity
    from rolemgr.report.sarif import RuleText

    check = custom.check
    return RuleText(check.id, check.kind, check.reason, explained(custom), SOURCE, Severity(check.severity))
