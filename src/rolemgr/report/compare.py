"""Roles and policies side by side: a table for people, the rows of their scores, and all of it as data."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rolemgr.audit.measure.breadth import ResourceBreadth
from rolemgr.audit.measure.measure import REFERENCE, AccessMeasure, ComparedRoles, data_reach, reference_policy, score
from rolemgr.audit.measure.permissions import BREADTHS, CONDITIONED, WEIGHTS, ScoredPermission
from rolemgr.audit.measure.ways import WayToRole
from rolemgr.errors import printable
from rolemgr.report.pages.page import counted

HEADS: Final = ("score", "points", "actions", "write", "permissions", "wildcards", "any resource", "ways to roles")
"""The figures of a table, by their columns."""
_ROLES: Final = {
    ResourceBreadth.ANY: "any role", ResourceBreadth.ACCOUNT: "all roles of the account",
    ResourceBreadth.PREFIX: "roles by a part of their name", ResourceBreadth.NAMED: "named roles",
}  # fmt: skip
_SERVICES: Final = 6
_WAYS: Final = 6
_NAME: Final = 44


def comparison_data(found: ComparedRoles, *, rows: bool) -> dict[str, Any]:
    """Return the comparison for ``--format json``; with *rows* each row of the scores."""
    policy, reference = reference_policy(), found.reference
    return {
        "reference": {
            "name": policy.name, "version": policy.version, "updated": policy.updated,
            "points": _rounded(reference.counted.known_points),
        },
        "weights": {
            "levels": dict(WEIGHTS), "breadths": {str(key): value for key, value in BREADTHS.items()},
            "conditioned": CONDITIONED,
        },
        "policies": [_measure_data(one, reference, rows=rows) for one in (*found.measures, reference)],
        "not_judged": list(found.untold),
    }  # fmt: skip


def _measure_data(one: AccessMeasure, reference: AccessMeasure, *, rows: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": one.name, "score": score(one, reference), "points": _rounded(one.points), "actions": len(one.actions),
        "writes": one.writes, "permissions_management": one.permissions_management, "wildcards": one.wildcards,
        "on_any_resource": one.on_any, "data": {key: breadth and str(breadth) for key, breadth in one.data.items()},
        "ways_to_roles": [
            {"actions": list(way.actions), "how": way.how, "breadth": str(way.breadth)} for way in one.ways
        ],
        "services": {service: _rounded(points) for service, points in one.services.items()},
        "counted_wide": [{"where": str(wide.where), "reason": wide.reason} for wide in one.counted.wide],
        "not_counted": list(one.beside), "not_judged": list(one.not_judged),
    }  # fmt: skip
    return data | ({"rows": [_row_data(row) for row in one.permissions]} if rows else {})


def _row_data(row: ScoredPermission) -> dict[str, Any]:
    return {
        "action": row.action, "type": row.type, "level": row.level, "resource": row.resource,
        "breadth": str(row.breadth), "conditioned": row.conditioned, "points": _rounded(row.points),
        "by": str(row.by),
    }  # fmt: skip


_LEAST: Final = 0.05
"""What a figure of one decimal shows."""


def _rounded(points: float) -> float:
    return round(points, 3)


# --- for people


def comparison_text(found: ComparedRoles, *, rows: bool) -> str:
    """Return the comparison as a page of text; with *rows* the rows of the scores of all but the reference."""
    reference = found.reference
    lines = [*_table(found.measures, reference), "", *_data_table([*found.measures, reference])]
    for one in found.measures:
        lines += ["", *_about(one)]
        if rows:
            lines += ["", *_rows(one)]
    if found.not_judged:
        lines += ["", f"Not judged: {counted(len(found.not_judged), 'place')}"]
        lines += [f"  {text}" for text in found.not_judged]
    lines += ["", rule_text(reference)]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def rule_text(reference: AccessMeasure) -> str:
    """Return how scores are made, in a sentence."""
    known, more = reference.counted.known_points, reference.points - reference.counted.known_points
    not_counted = f", without {more:,.1f} for actions that the reference does not know" if more > _LEAST else ""
    of = f"{known:,.1f}, the points of {REFERENCE} {reference_policy().version}{not_counted}"
    return f"score: 100 x (1 - points / {of}), at least 0; `--rows` shows each point"


def figures(one: AccessMeasure, reference: AccessMeasure) -> tuple[str, ...]:
    """Return the figures of *one* in the order of `HEADS`."""
    counts = (len(one.actions), one.writes, one.permissions_management, one.wildcards, one.on_any, len(one.ways))
    return (f"{score(one, reference):.1f}", f"{one.points:,.1f}", *(f"{count:,}" for count in counts))


def _table(measures: Sequence[AccessMeasure], reference: AccessMeasure) -> Iterator[str]:
    shown = [*measures, reference]
    width = min(_NAME, max(len(one.name) for one in shown))
    rows = [figures(one, reference) for one in shown]
    widths = [max(len(head), *(len(row[at]) for row in rows)) for at, head in enumerate(HEADS)]
    yield f"{' ' * width}  {'  '.join(head.rjust(wide) for head, wide in zip(HEADS, widths, strict=True))}"
    for one, row in zip(shown, rows, strict=True):
        line = "  ".join(text.rjust(wide) for text, wide in zip(row, widths, strict=True))
        yield f"{one.name[:width].ljust(width)}  {line}"


def _data_table(measures: Sequence[AccessMeasure]) -> Iterator[str]:
    names = [one.name for one in data_reach()]
    width = min(_NAME, max(len(one.name) for one in measures))
    yield f"{' ' * width}  {'  '.join(names)}"
    for one in measures:
        line = "  ".join(breadth_text(one.data[name]).rjust(len(name)) for name in names)
        yield f"{one.name[:width].ljust(width)}  {line}"


def breadth_text(breadth: ResourceBreadth | None) -> str:
    """Return how much is meant in a word, a dash for nothing."""
    return breadth.value if breadth else "-"


def _about(one: AccessMeasure) -> Iterator[str]:
    yield f"{one.name}: {_services_text(one)}"
    for way in one.ways[:_WAYS]:
        yield f"  way to {_ROLES[way.breadth]}: {_way_text(way)}"
    if len(one.ways) > _WAYS:
        yield f"  and {counted(len(one.ways) - _WAYS, 'way')} more: --format json"
    for text in (*(f"{wide.where}: {wide.reason}" for wide in one.counted.wide), *one.beside):
        yield f"  {text}"
    yield from (f"  not judged: {text}" for text in one.not_judged)


def _way_text(way: WayToRole) -> str:
    return f"{' + '.join(way.actions)}: {way.how}"


def _services_text(one: AccessMeasure) -> str:
    found = list(one.services.items())
    text = ", ".join(f"{service} {points:,.1f}" for service, points in found[:_SERVICES])
    rest = sum(points for _, points in found[_SERVICES:])
    more = f", {counted(len(found) - _SERVICES, 'other service')} {rest:,.1f}" if len(found) > _SERVICES else ""
    return f"{text}{more}" if text else "no points"


def _rows(one: AccessMeasure) -> Iterator[str]:
    for row in sorted(one.permissions, key=lambda each: (-each.points, each.action, each.type)):
        on = f"{row.breadth}{', on a condition' if row.conditioned else ''}"
        yield f"  {row.points:6.3f}  {row.action} on {row.type}  {row.level}, {on}  {row.by}"
