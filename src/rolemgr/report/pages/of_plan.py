"""A plan as a page: what would be done in the account for each role, and what speaks against it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rolemgr.account.connect import Access
from rolemgr.iam.arn import Arn
from rolemgr.report.changes import summed
from rolemgr.report.next_steps import passed_line
from rolemgr.report.pages.of_drift import about, changes_table, not_judged
from rolemgr.report.pages.of_findings import findings_section, worst_tone
from rolemgr.report.pages.page import Bar, Fact, Page, Section, Table, Tone
from rolemgr.report.plan import ACTION_TEXTS, COUNTED, Planned, RoleNotJudged, plan_data
from rolemgr.report.preview import sizes


def plan_page(access: Access | None, planned: Sequence[Planned], refused: Sequence[RoleNotJudged] = ()) -> Page:
    """Return the page on the plan of each role; *refused* are roles without one."""
    data = plan_data(access, planned, refused)
    sections = (*(part for one in planned for part in _of_role(one)), not_judged(data["refused"]))
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Plan", about(access), tuple(_facts(planned, refused)), shown, data)


def _facts(planned: Sequence[Planned], refused: Sequence[RoleNotJudged]) -> Iterator[Fact]:
    counts: Counter[str] = Counter(one.plan.action for one in planned)
    if counts:
        counted = ", ".join(f"{counts[action]} {word}" for action, word in COUNTED.items() if counts[action])
        yield Fact(counted, Tone.BAD if counts["refuse"] else Tone.PLAIN)
    if stopped := sum(bool(one.stopping) for one in planned):
        yield Fact(f"{stopped} stopped by what `check` finds", Tone.BAD)
    if refused:
        yield Fact(f"{len(refused)} not judged", Tone.BAD)


def _of_role(one: Planned) -> Iterator[Section]:
    """Yield what is done for *one* role, and below it its steps, sizes and findings."""
    plan = one.plan
    arn, name = plan.wanted.arn, plan.wanted.documents.name
    yield Section(f"{ACTION_TEXTS[plan.action]} {arn}", tuple(_entries(one)) or ("nothing to do",), tone=_tone(one))
    yield Section(f"Changes of {name}", table=changes_table(one.changes, _account(arn)))
    may = tuple((title, entry) for title, entries in one.may for entry in entries)
    yield Section(f"What {name} may do", table=Table(("It", "What"), may), folded=True)
    if plan.action in ("create", "update"):
        steps = tuple((number, step.what) for number, step in enumerate((*plan.steps, *plan.cleanup), start=1))
        yield Section(f"Steps for {name}", table=Table(("", "Step"), steps), folded=True)
        measured = (Bar(what, size, limit, "characters") for what, size, limit in sizes(plan.wanted.documents))
        yield Section(f"Sizes of {name}", bars=tuple(measured), folded=True)
    found = findings_section(one.findings, {})
    yield found._replace(title=f"Findings in {name}", tone=worst_tone(one.findings))


def _entries(one: Planned) -> Iterator[str]:
    if one.plan.problem:
        yield str(one.plan.problem)
    if one.changes:
        yield f"{summed(one.changes)}, below"
    yield from (f"note: {note}" for note in one.plan.notes)
    yield from (f"note: {passed_line(role, one.plan.wanted.arn, exists=exists)}" for role, exists in one.passes)
    if one.plan.action in ("create", "update"):
        count = len(one.plan.steps) + len(one.plan.cleanup)
        yield f"{count} steps, below"


def _account(arn: str) -> str | None:
    parsed = Arn.parse(arn)
    return parsed.account if parsed else None


def _tone(one: Planned) -> Tone:
    if one.plan.problem or one.stopping:
        return Tone.BAD
    return Tone.LOOK if one.plan.action == "update" else Tone.PLAIN
