"""Drift as a page: what differs between roles in the account and their files, each with a line that asks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolemgr.account.connect import Access
from rolemgr.change.change import AccessChange
from rolemgr.check.finding import Severity
from rolemgr.report.changes import folded_table
from rolemgr.report.drift import ExaminedRole, drift_data
from rolemgr.report.pages.of_findings import TONES, place_of
from rolemgr.report.pages.page import Cell, Code, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.plan import RoleNotJudged


def drift_page(access: Access | None, examined: Sequence[ExaminedRole], refused: Sequence[RoleNotJudged] = ()) -> Page:
    """Return the page on the drift of *examined* roles; *refused* are roles that could not be compared."""
    data = drift_data(access, examined, refused)
    sections = (
        *(part for one, row in zip(examined, data["roles"], strict=True) if row["drift"] for part in _parts(one, row)),
        not_judged(data["refused"]),
        Section("Notes", tuple(note for one in data["roles"] for note in one["notes"]), tone=Tone.LOOK),
        Section("As their files say", tuple(one["arn"] for one in data["roles"] if not one["drift"])),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Drift", about(access), tuple(_facts(data)), shown, data)


def about(access: Access | None) -> tuple[str, ...]:
    """Return which account a page is about, and who looked; nothing where nobody lets us in."""
    if access is None:
        return ("account not known",)
    return f"account {access.account} ({access.partition})", f"as {access.caller}"


def changes_table(changes: Sequence[AccessChange], account: str | None) -> Table:
    """Return *changes* as a table: what changes, and by what."""
    return Table(("Change", "What", "By"), tuple(folded_table(changes, account)))


def not_judged(refused: Sequence[Mapping[str, str]]) -> Section:
    """Return the roles that could not be looked at, with the reason."""
    rows = tuple((Code(one["role"]), one["problem"]) for one in refused)
    return Section("Not judged", table=Table(("Role", "Why"), rows), tone=Tone.BAD)


def _facts(data: Mapping[str, Any]) -> Iterator[Fact]:
    drifted = sum(one["drift"] for one in data["roles"])
    roles = counted(len(data["roles"]), "role")
    found = [Severity(each["severity"]) for one in data["roles"] for each in one["findings"]]
    worst = min(map(list(Severity).index, found), default=None)
    if data["roles"]:
        text = f"drift in {drifted} of {roles}" if drifted else f"no drift in {roles}"
        yield Fact(text, Tone.GOOD if worst is None else TONES[list(Severity)[worst]])
    if data["refused"]:
        yield Fact(f"{counted(len(data['refused']), 'role')} not judged, which may differ", Tone.BAD)


def _parts(one: ExaminedRole, row: Mapping[str, Any]) -> Iterator[Section]:
    """Yield what was done to *one* role, the worst first, and behind it the findings with lines that ask."""
    order = list(Severity)
    told = {id(drift): changes for drift, changes in one.changes}
    pairs = sorted(
        zip(row["findings"], one.drift.drifts, strict=True), key=lambda pair: order.index(Severity(pair[0]["severity"]))
    )
    lines = tuple(line for found, drift in pairs for line in _lines(found, told.get(id(drift), ()), one.account))
    columns = ("Severity", "Change", "What", "By", "Place in the file")
    yield Section(row["arn"], table=Table(columns, lines), tone=TONES[Severity(pairs[0][0]["severity"])])
    rows = tuple(_row(found) for found, _ in pairs)
    table = Table(("Severity", "Rule", "Difference", "Actions", "Place in the file", "Ask"), rows)
    yield Section(f"Findings in {row['arn'].rpartition('/')[2]}", table=table, folded=True)


def _lines(
    found: Mapping[str, Any], changes: Sequence[AccessChange], account: str
) -> Iterator[tuple[Cell, ...]]:  # fmt: skip
    place = place_of(found["path"], found["line"])
    told = tuple(folded_table(changes, account)) or (("!", found["message"], ""),)
    yield from ((found["severity"], *line, place) for line in told)


def _row(one: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return what differs: of access what is not known of it too, of a value both values."""
    more = [f"can't tell: {one['unknown']}"] if one.get("unknown") else []
    values = [f"{side}: {one[side]}" for side in ("file", "account") if one.get(side)]
    ask = Code(one["ask"]) if one.get("ask") else ""
    return (
        one["severity"], (one["rule"], one["name"]), (one["message"], *more, *values), tuple(one.get("actions", ())),
        place_of(one["path"], one["line"]), ask,
    )  # fmt: skip
