"""The controls that the catalog serves as a page: a table a framework, the witnesses of each limit, and the gaps."""

from collections.abc import Iterator

from rolemgr.compliance.controls import Compliance
from rolemgr.compliance.titles import control_title
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.report.compliance import LEVELS, compliance_data, gap_lines, request_text, summary_lines
from rolemgr.report.pages.page import Cell, Code, Fact, Page, Section, Table, Tone, quoted

_NOT_A_PROOF = "Whether an environment complies is for its assessor to say: this is what policies do, and who maps it"


def compliance_page(found: Compliance) -> Page:
    """Return *found* as a page."""
    facts = [Fact(text) for text in summary_lines(found)]
    facts += [Fact(f"{level}: {text}") for level, text in LEVELS.items()]
    facts += [Fact(_NOT_A_PROOF, Tone.LOOK)]
    shown = tuple(one for one in _sections(found) if not one.is_empty)
    return Page("Compliance", (), tuple(facts), shown, compliance_data(found))


def _sections(found: Compliance) -> Iterator[Section]:
    def of(subject: str) -> tuple[Cell, ...]:
        return (Code(subject),) if of_column else ()

    of_column = ("Of",) if found.offered else ()
    yield Section("Gaps", tuple(gap_lines(found, quoted)), tone=Tone.LOOK)
    for name in found.frameworks:
        rows = tuple(
            (Code(row.control.id), control_title(name, row.control.id) or "", str(row.control.evidence),
             row.entry.kind, Code(row.entry.name), *of(row.entry.subject),
             row.control.source or LEVELS[row.control.evidence])
            for row in found.rows
            if row.framework == name
        )  # fmt: skip
        columns = ("Control", "Title", "Evidence", "By a", "Entry", *of_column, "Source")
        yield Section(FRAMEWORKS[name], table=Table(columns, rows), folded=True)
    limits = tuple(
        (one.kind, Code(one.name), *of(one.subject), tuple(map(Code, one.sids[:12])),
         request_text(one.witnesses.denied), request_text(one.witnesses.allowed))
        for one in found.limits
        if one.witnesses
    )  # fmt: skip
    columns = ("Kind", "Limit", *of_column, "Statements", "Denied", "Allowed")
    yield Section("Limits and their witnesses", table=Table(columns, limits), folded=True)
    left = tuple(
        (one.kind, Code(one.name), *of(one.subject), one.left_open) for one in found.entries if one.left_open
    )  # fmt: skip
    columns = ("Kind", "Entry", *of_column, "What it does not limit or find")
    yield Section("Left open", table=Table(columns, left), folded=True)
