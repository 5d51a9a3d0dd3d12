"""`suppress_in_audit` of `rolemgr-check.yaml`: findings of an audit that are excused, why, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rolemgr.audit.finding import AuditFinding, rules
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Finding
from rolemgr.check.suppressions import about_excuse, sorted_out
from rolemgr.errors import SourceLocation, UnknownNameError
from rolemgr.files.source import SourceFile
from rolemgr.iam.wildcards import matches
from rolemgr.model.check_config import AuditSuppressionEntry, CheckConfigFile
from rolemgr.model.source import Sourced, parse_model


@dataclass(frozen=True)
class AuditSuppression:
    """An excuse for one *finding*, or for the findings of a *rule*, of a *principal* (a pattern), or of both."""

    reason: str
    where: SourceLocation
    finding: str | None = None
    rule: str | None = None
    principal: str | None = None
    expires: date | None = None

    def speaks_of(self, finding: AuditFinding) -> bool:
        """Tell whether it is meant for *finding*, also where it is expired."""
        if self.finding is not None:
            return finding.id == self.finding
        if self.rule is not None and finding.rule.id != self.rule:
            return False
        who = finding.principal
        return self.principal is None or matches(self.principal, who.name) or matches(self.principal, who.arn)

    def __str__(self) -> str:
        """Return what it is for, in words."""
        if self.finding:
            return self.finding
        return " of ".join(filter(None, (self.rule, self.principal)))


def read_suppressions(source: SourceFile) -> tuple[AuditSuppression, ...]:
    """
    Return what *source*, a `rolemgr-check.yaml`, excuses in audits.

    Raises InputError, or Problems where there are several, with the line for an unknown key, rule or day.
    """
    parsed = parse_model(source, CheckConfigFile)
    return tuple(_suppression(parsed, place, one) for place, one in enumerate(parsed.value.suppress_in_audit))


def _suppression(parsed: Sourced[CheckConfigFile], place: int, entry: AuditSuppressionEntry) -> AuditSuppression:
    where = parsed.at("suppress_in_audit", place)
    rule = _rule_id(entry.rule, parsed.at("suppress_in_audit", place, "rule")) if entry.rule else None
    return AuditSuppression(entry.reason, where, entry.finding, rule, entry.principal, entry.expires)


def _rule_id(name: str, where: SourceLocation | None) -> str:
    for rule in rules().values():
        if name.lower() in (rule.id.lower(), rule.name):
            return rule.id
    known = [*rules(), *(one.name for one in rules().values())]
    raise UnknownNameError(where, "rule of audit", name, known, otherwise="see docs/audit.md")


def without_suppressed(found: Audit, suppressions: Sequence[AuditSuppression]) -> Audit:
    """Return *found* with what *suppressions* excuse on its day set apart; those of no use are findings about them."""
    sorted_ = sorted_out(found.findings, suppressions, AuditSuppression.speaks_of, found.as_of)
    return replace(
        found,
        findings=tuple(sorted_.kept),
        suppressed=tuple((finding, one.reason) for finding, one in sorted_.suppressed),
        on_suppressions=tuple(_about(sorted_.expired, sorted_.unused, found.as_of)),
    )


def _about(
    expired: Sequence[AuditSuppression], unused: Sequence[AuditSuppression], today: date | None
) -> list[Finding]:
    told = [about_excuse("RM002", one, _ended(one, today)) for one in expired]
    told += [about_excuse("RM001", one, f"the suppression of {one} suppresses nothing") for one in unused]
    return sorted(told, key=lambda one: one.line or 0)


def _ended(one: AuditSuppression, today: date | None) -> str:
    if today is None:
        return f"the suppression of {one} ends on {one.expires}, and the input names no day: give --as-of"
    return f"the suppression of {one} expired on {one.expires}"
