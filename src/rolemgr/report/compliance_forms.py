"""The controls that the catalog serves, in each form; in a spreadsheet a row for each control of each entry."""

import csv
import io
from typing import Final

from rolemgr.compliance.controls import Compliance, ControlRow
from rolemgr.compliance.titles import control_title
from rolemgr.files.write import to_json
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.report.audit_csv import safe_cell
from rolemgr.report.compliance import compliance_data, compliance_text, request_text
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_compliance import compliance_page

COLUMNS: Final = (
    "framework", "control", "evidence", "source", "kind", "entry", "title", "statements", "denied", "allowed", "shown",
    "of", "control_title",
)  # fmt: skip


def compliance_forms(found: Compliance, form: str) -> str:
    """Return *found* in the *form* that somebody chose."""
    if form == "json":
        return to_json(compliance_data(found))
    if form == "csv":
        return _csv(found)
    return compliance_text(found) if form == "text" else page_text(compliance_page(found), form)


def _csv(found: Compliance) -> str:
    """Return a row for each control of each entry, all cells quoted, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(one) for one in _row(row)] for row in found.rows)
    return text.getvalue()


def _row(row: ControlRow) -> tuple[str, ...]:
    entry, shown = row.entry, row.entry.witnesses
    denied, allowed = (request_text(shown.denied), request_text(shown.allowed)) if shown else ("", "")
    return (
        FRAMEWORKS[row.framework], row.control.id, str(row.control.evidence), row.control.source or "", entry.kind,
        entry.name, entry.title, " ".join(entry.sids), denied, allowed, "yes" if shown and shown.found else "",
        entry.subject, control_title(row.framework, row.control.id) or "",
    )  # fmt: skip
