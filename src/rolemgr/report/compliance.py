"""The controls that the catalog serves, for people on a page, and for programs in full."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rolemgr.compliance.controls import Compliance, ControlRow, ServingEntry
from rolemgr.compliance.witnesses import WitnessedRequest
from rolemgr.errors import printable
from rolemgr.model.controls import FRAMEWORKS, ControlEvidence
from rolemgr.report.pages.page import counted

LEVELS: Final[Mapping[ControlEvidence, str]] = {
    ControlEvidence.EXACT: "AWS maps this setting of SageMaker to it",
    ControlEvidence.ANALOGOUS: "AWS maps the same setting of another service to it",
    ControlEvidence.THIRD_PARTY: "a third party maps it",
    ControlEvidence.OURS: "our own reading",
}
"""What each level of evidence says."""
_SHOWN: Final = 6


def compliance_data(found: Compliance) -> dict[str, Any]:
    """Return *found* for ``--format json``."""
    return {
        "frameworks": {
            name: {
                "title": FRAMEWORKS[name],
                "controls": len({row.control.id for row in found.rows if row.framework == name}),
                "evidence": _counts_data(found.counts(name)),
                "only_our_reading": list(found.only_ours(name)),
            }
            for name in found.frameworks
        },
        "levels": {str(level): text for level, text in LEVELS.items()},
        "evidence": _counts_data(found.counts()),
        "limits": len(found.limits),
        "limits_shown": len(found.limits) - len(found.not_shown),
        "rows": [_row_data(row) for row in found.rows],
        "entries": [_entry_data(one) for one in found.entries],
        "pack_rules": [
            {"rule": one.rule.rule, "finds": one.rule.finds, "frameworks": list(one.rule.frameworks),
             "failing": list(one.failing), "remedy": one.rule.remedy, "source": one.rule.source}
            for one in found.pack_rules
        ],
    }  # fmt: skip


def _counts_data(counts: Mapping[ControlEvidence, int]) -> dict[str, int]:
    return {str(level): count for level, count in counts.items()}


def _row_data(row: ControlRow) -> dict[str, Any]:
    return {
        "framework": row.framework, "control": row.control.id, "evidence": str(row.control.evidence),
        "source": row.control.source, "kind": row.entry.kind, "entry": row.entry.name,
    }  # fmt: skip


def _entry_data(one: ServingEntry) -> dict[str, Any]:
    found = one.witnesses
    return {
        "kind": one.kind, "name": one.name, "title": one.title, "statements": list(one.sids), "persona": one.persona,
        "denied": _request_data(found.denied) if found else None,
        "allowed": _request_data(found.allowed) if found else None,
        "shown": one.is_shown, "left_open": list(one.left_open),
    }  # fmt: skip


def _request_data(request: WitnessedRequest | None) -> dict[str, Any] | None:
    if request is None:
        return None
    context = {key: list(values) for key, values in sorted(request.context.items())}
    return {
        "action": request.action, "resource": request.resource, "context": context, "principal": request.principal,
        "decision": request.decision, "by": list(request.by),
    }  # fmt: skip


def request_text(request: WitnessedRequest | None) -> str:
    """Return *request* in a sentence."""
    if request is None:
        return "not found"
    context = ", ".join(f"{key} {' '.join(values)}" for key, values in sorted(request.context.items()))
    by = f" by {', '.join(request.by)}" if request.by else ""
    return f"{request.action} on {request.resource}{f' with {context}' if context else ''}: {request.decision}{by}"


def counts_text(counts: Mapping[ControlEvidence, int]) -> str:
    """Return how many there are of each level of evidence."""
    return ", ".join(f"{level} {count:,}" for level, count in counts.items())


def summary_lines(found: Compliance) -> Iterator[str]:
    """Yield what there is, framework by framework, and how many limits are shown."""
    for name in found.frameworks:
        controls = {row.control.id for row in found.rows if row.framework == name}
        yield f"{FRAMEWORKS[name]}: {counted(len(controls), 'control')}; evidence {counts_text(found.counts(name))}"
    shown = len(found.limits) - len(found.not_shown)
    yield f"{shown} of {counted(len(found.limits), 'limit')} shown by a request that is denied and one that is allowed"


def gap_lines(found: Compliance, marked: Callable[[str], str] = str) -> Iterator[str]:
    """
    Yield what is missing: limits that are not shown, controls on nobody's word but ours, rules that roles fail.

    An id of a control stands as *marked* says.
    """
    for one in found.not_shown:
        yield f"{one.kind} {one.name}: a witness was not found"
    for name in found.frameworks:
        ours = found.only_ours(name)
        if ours:
            yield f"{FRAMEWORKS[name]}: by our own reading alone: {', '.join(map(marked, ours))}"
    for rule in found.pack_rules:
        if rule.failing:
            packs = ", ".join(FRAMEWORKS[one] for one in rule.rule.frameworks if one in found.frameworks)
            remedy = f"; mended by `{rule.rule.remedy}`" if rule.rule.remedy else ""
            roles = counted(len(rule.failing), "persona")
            yield f"{rule.rule.rule} ({packs}) finds {rule.rule.finds}: {roles} as rendered by default{remedy}"


def compliance_text(found: Compliance) -> str:
    """Return *found* as a page of text."""
    lines = [*summary_lines(found), "", *(f"{level}: {text}" for level, text in LEVELS.items())]
    for framework, rows in groupby(found.rows, key=lambda row: row.framework):
        lines += ["", FRAMEWORKS[framework], *_control_lines(list(rows))]
    gaps = list(gap_lines(found))
    lines += ["", "Gaps", *(f"  {one}" for one in gaps)] if gaps else []
    lines += ["", "next: rolemgr compliance --tests witnesses/ && rolemgr test witnesses/"]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _control_lines(rows: Sequence[ControlRow]) -> Iterator[str]:
    width = max(len(row.control.id) for row in rows)
    for control, of_control in groupby(rows, key=lambda row: row.control.id):
        served = [f"{row.control.evidence} {row.entry.name}" for row in of_control]
        more = f" and {len(served) - _SHOWN} more" if len(served) > _SHOWN else ""
        yield f"  {control.ljust(width)}  {', '.join(served[:_SHOWN])}{more}"
