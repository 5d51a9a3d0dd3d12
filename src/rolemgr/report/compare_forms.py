"""A comparison in each of its forms."""

from rolemgr.audit.measure.measure import ComparedRoles
from rolemgr.files.write import to_json
from rolemgr.report.compare import comparison_data, comparison_text
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_comparison import comparison_page


def comparison_forms(found: ComparedRoles, form: str, *, rows: bool) -> str:
    """Return *found* in the *form* that somebody chose; with *rows* the cells that scores are made of."""
    if form == "json":
        return to_json(comparison_data(found, rows=rows))
    return comparison_text(found, rows=rows) if form == "text" else page_text(comparison_page(found, rows=rows), form)
