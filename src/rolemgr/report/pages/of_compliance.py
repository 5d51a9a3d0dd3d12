"""The controls that the catalog serves as a page: a table a framework, the witnesses of each limit, and the gaps."""

from collections.abc import Iterator

from rolemgr.compliance.controls import Compliance
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.report.compliance import LEVELS, compliance_data, gap_lines, request_text, summary_lines
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, quoted

_NOT_A_PROOF = "Whether an environment complies is for its assessor to say: this is what policies do, and who maps it"


def compliance_page(found: Compliance) -> Page:
    """Return *found* as a page."""
    facts = [Fact(text) for text in summary_lines(found)]
    facts += [Fact(f"{level}: {text}") for level, text in LEVELS.items()]
    facts += [Fact(_NOT_A_PROOF, Tone.LOOK)]
    shown = tuple(one for one in _sections(found) if not one.is_empty)
    return Page("Compliance", (), tuple(facts), shown, compliance_data(found))


def _sections(found: Compliance) -> Iterator[Section]:
    yield Section("Gaps", tuple(gap_lines(found, quoted)), tone=Tone.LOOK)
    for name in found.frameworks:
        rows = tuple(
            (Code(row.control.id), str(row.control.evidence), row.entry.kind, Code(row.entry.name),
             row.control.source or LEVELS[row.control.evidence])
            for row in found.rows
            if row.framework == name
        )  # fmt: skip
        columns = ("Control", "ControlEvidence", "By a", "Entry", "Source")
        yield Section(FRAMEWORKS[name], table=Table(columns, rows), folded=True)
    limits = tuple(
        (one.kind, Code(one.name), tuple(map(Code, one.sids[:12])), request_text(one.witnesses.denied),
         request_text(one.witnesses.allowed))
        for one in found.limits
        if one.witnesses
    )  # fmt: skip
    columns = ("Kind", "Limit", "Statements", "Denied", "Allowed")
    yield Section("Limits and their witnesses", table=Table(columns, limits), folded=True)
    left = tuple((one.kind, Code(one.name), one.left_open) for one in found.entries if one.left_open)
    yield Section("Left open", table=Table(("Kind", "Entry", "What it does not limit or find"), left), folded=True)
