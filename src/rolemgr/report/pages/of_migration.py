"""A migration as a page: what is kept and lost, the role, and the steps with every place that names the old role."""

from collections.abc import Iterator

from rolemgr.audit.migrate.judge import Verdict
from rolemgr.audit.migrate.migration import Migrated
from rolemgr.audit.migrate.trusting import other_trust
from rolemgr.report.migrate import (
    counts_text,
    cover_text,
    excess_text,
    lost_by_reason,
    migration_data,
    needs_text,
    persona_text,
    region_text,
)
from rolemgr.report.migrate_file import role_file_text
from rolemgr.report.migrate_steps import places_to_change, steps
from rolemgr.report.migrate_use import (
    beyond_lines,
    deny_lines,
    deny_text,
    draft_lines,
    gone_lines,
    is_broken,
    kept_lines,
    trial_lines,
    use_text,
)
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone


def migration_page(found: Migrated, file: str) -> Page:
    """Return the page on *found*; *file* is what the steps call the role file."""
    data = migration_data(found, file)
    old = found.migration.plan.old
    shown = tuple(one for one in _sections(found, file) if not one.is_empty)
    return Page(f"Migration of {old.name}", (str(old.where),), tuple(_facts(found)), shown, data)


def _facts(found: Migrated) -> Iterator[Fact]:
    made = found.migration
    best = made.plan.best
    yield Fact(f"{made.plan.old.name} becomes {best.data['name']}, persona {best.persona.id}")
    yield Fact(cover_text(best))
    yield Fact(f"Region {region_text(made)}")
    yield Fact(needs_text(made))
    yield Fact(counts_text(made), Tone.LOOK if made.having(Verdict.LOST) else Tone.GOOD)
    if made.denies:
        yield Fact(deny_text(made), Tone.BAD if any(deny_lines(made)) else Tone.GOOD)
    if made.use is not None:
        yield Fact(use_text(made), Tone.LOOK if is_broken(made) else Tone.GOOD)
    if made.excess:
        yield Fact(excess_text(made), Tone.LOOK)


def _sections(found: Migrated, file: str) -> Iterator[Section]:
    made = found.migration
    yield Section("Role file", code=role_file_text(found), folded=True)
    yield Section("Lost limits: Denies that the new role does not have", tuple(deny_lines(made)), tone=Tone.BAD)
    yield Section("New access, which the old role does not have", tuple(beyond_lines(made)), tone=Tone.BAD)
    yield Section("Would be denied, or can't be told", tuple(trial_lines(made)), tone=Tone.BAD)
    yield Section("A group of one's own", tuple(draft_lines(made)), tone=Tone.LOOK)
    yield Section("Gone: never used", tuple(gone_lines(made)), folded=True)
    yield Section("No trail shows it", tuple(kept_lines(made)), folded=True)
    rows = tuple(
        (one.need.action, one.need.resource, why, ", ".join(one.instead), one.need.by[0])
        for why, outcomes in lost_by_reason(made)
        for one in outcomes
        if not one.beyond
    )
    columns = ("Action", "Resource", "Why", "Personas that may", "By")
    yield Section("Lost", table=Table(columns, rows), folded=True, tone=Tone.LOOK)
    beyond = tuple(one.need.action for one in made.having(Verdict.LOST) if one.beyond)
    yield Section("Lost: beyond the catalog", tuple(dict.fromkeys(beyond)), running=True, folded=True)
    narrowed = tuple((one.need.action, one.need.resource, one.on) for one in made.having(Verdict.NARROWED))
    yield Section("Narrowed", table=Table(("Action", "From", "To"), narrowed), folded=True)
    yield Section("Personas", tuple(persona_text(one, made) for one in made.plan.choices))
    yield Section("Not trusted by the new role", tuple(other_trust(made.plan.old, made.plan.best)), tone=Tone.LOOK)
    for number, one in enumerate(steps(made, file, found.mentions), start=1):
        yield Section(f"{number}. {one.name}", (*map(Code, one.commands), *one.notes))
    places = tuple(
        (f"{one.place.service} {one.place.what}", "yes" if one.place.update else "no", tuple(map(Code, one.commands)),
         one.place.how)
        for one in places_to_change(made)
    )  # fmt: skip
    yield Section("Places that name a role", table=Table(("Place", "In place", "Commands", "How"), places), folded=True)
