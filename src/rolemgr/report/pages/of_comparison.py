"""Roles and policies side by side as a page: figures, reach for data, and what the scores are made of."""

from collections.abc import Iterator

from rolemgr.audit.measure.measure import AccessMeasure, ComparedRoles, data_reach, score
from rolemgr.report.compare import HEADS, breadth_text, comparison_data, figures, rule_text
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone


def comparison_page(found: ComparedRoles, *, rows: bool) -> Page:
    """Return the comparison as a page; with *rows* the rows of the scores."""
    measures, reference = found.measures, found.reference
    shown = [*measures, reference]
    facts = [Fact(f"{one.name} scores {score(one, reference):.1f} with {one.points:,.1f} points") for one in measures]
    facts += [Fact(rule_text(reference))]
    rows_shown = tuple((Code(one.name), *figures(one, reference)) for one in shown)
    names = tuple(one.name for one in data_reach())
    data = tuple((Code(one.name), *(breadth_text(one.data[name]) for name in names)) for one in shown)
    sections = [
        Section("Figures", table=Table(("Policies", *(head.capitalize() for head in HEADS)), rows_shown)),
        Section("Data", table=Table(("Policies", *(name.capitalize() for name in names)), data)),
        *(section for one in measures for section in _sections(one, rows=rows)),
        Section("Not judged", found.not_judged, tone=Tone.BAD),
    ]
    kept = tuple(one for one in sections if not one.is_empty)
    return Page("Comparison", (), tuple(facts), kept, comparison_data(found, rows=rows))


def _sections(one: AccessMeasure, *, rows: bool) -> Iterator[Section]:
    points = tuple((service, f"{points:,.1f}") for service, points in one.services.items())
    yield Section(f"{one.name}: points by service", table=Table(("Service", "Points"), points), folded=True)
    ways = tuple((" + ".join(way.actions), way.how, way.breadth.value) for way in one.ways)
    yield Section(f"{one.name}: ways to roles", table=Table(("Actions", "How", "To"), ways), folded=True)
    wide_texts = (*(f"{wide.where}: {wide.reason}" for wide in one.counted.wide), *one.beside)
    yield Section(f"{one.name}: not judged", one.not_judged, tone=Tone.BAD)
    yield Section(f"{one.name}: counted wide, or not counted", wide_texts, tone=Tone.LOOK)
    if rows:
        points_of = tuple(
            (row.action, row.type, row.level, row.breadth.value, "yes" if row.conditioned else "no",
             f"{row.points:.3f}", str(row.by))
            for row in one.permissions
        )  # fmt: skip
        columns = ("Action", "Type", "Level", "Resources", "Condition", "Points", "By")
        yield Section(f"{one.name}: points", table=Table(columns, points_of), folded=True)
