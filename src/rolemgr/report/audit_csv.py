"""
An audit as CSV for a spreadsheet: a row a finding, and a row for each place that is not judged.

Names come from the account, and so from anyone: no cell begins as a formula does.
https://www.rfc-editor.org/rfc/rfc4180, https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
from collections.abc import Iterator
from typing import Final

from rolemgr.audit.finding import AuditFinding
from rolemgr.audit.run import Audit
from rolemgr.errors import printable
from rolemgr.report.audit import kind_of, simulate_line

COLUMNS: Final = (
    "status", "severity", "rule", "id", "account", "kind", "principal", "title", "message", "reason", "remedy", "page",
    "file", "line", "requests",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, in its full-width forms too."""


def audit_csv(found: Audit) -> str:
    """Return *found* as CSV with a head, all cells quoted, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(one) for one in row] for row in _rows(found))
    return text.getvalue()


def safe_cell(text: str) -> str:
    """Return *text* on one line, with an apostrophe before what a spreadsheet would calculate."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def _rows(found: Audit) -> Iterator[tuple[str, ...]]:
    yield from (_row("open", one, "", found) for one in found.findings)
    for about in found.on_suppressions:
        place = about.path, str(about.line or "")
        yield "open", about.severity.value, about.rule, "", "", "", "", "", about.message, "", "", "", *place, ""
    yield from (_row("suppressed", one, reason, found) for one, reason in found.suppressed)
    yield from (_row("in baseline", one, "", found) for one in found.in_baseline)
    for aside in found.not_judged:
        place = aside.path, str(aside.line or "")
        yield "not judged", "", "", "", "", "", "", aside.place, "", aside.reason, "", "", *place, ""


def _row(status: str, one: AuditFinding, reason: str, found: Audit) -> tuple[str, ...]:
    who, rule = one.principal, one.rule
    message = f"{one.message} ({one.unless})" if one.unless else one.message
    asks = " ; ".join(simulate_line(asked, found.files) for asked in one.all_requests)
    return (
        status, one.severity.value, rule.id, one.id, who.account, kind_of(who), who.arn, rule.title, message, reason,
        rule.remedy, rule.page, who.where.file, str(who.where.line or ""), asks,
    )  # fmt: skip
