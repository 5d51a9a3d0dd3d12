"""The controls that the catalog serves, for people on a page, and for programs in full."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rolemgr.compliance.controls import Compliance, ControlRow, ServingEntry
from rolemgr.compliance.titles import control_title
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
_FEW: Final = 3


def compliance_data(found: Compliance) -> dict[str, Any]:
    """Return *found* for ``--format json``."""
    return {
        "frameworks": {
            name: {
                "title": FRAMEWORKS[name],
                "controls": len({row.control.id for row in found.rows if row.framework == name}),
                "evidence": _counts_data(found.counts(name)),
                "only_our_reading": list(found.only_ours(name)),
                **(_gaps_data(found, name) if found.offered else {}),
            }
            for name in found.frameworks
        },
        "roles": list(found.roles),
        "levels": {str(level): text for level, text in LEVELS.items()},
        "evidence": _counts_data(found.counts()),
        "limits": len(found.limits),
        "limits_shown": len(found.limits) - len(found.not_shown),
        "rows": [_row_data(row) for row in found.rows],
        "entries": [_entry_data(one) for one in found.entries],
        "not_serving": [
            {"role": one.role, "kind": one.kind, "name": one.name, "why": one.why} for one in found.not_serving
        ],
        "pack_rules": [
            {"rule": one.rule.rule, "finds": one.rule.finds, "frameworks": list(one.rule.frameworks),
             "failing": list(one.failing), "remedy": one.rule.remedy, "source": one.rule.source}
            for one in found.pack_rules
        ],
    }  # fmt: skip


def _gaps_data(found: Compliance, framework: str) -> dict[str, Any]:
    """Return the controls of *framework* that the roles that were asked do not serve, or not all of them."""
    return {
        "not_served": {control: list(entries) for control, entries in found.unserved(framework).items()},
        "not_by_these_roles": {control: list(roles) for control, roles in found.served_by_some(framework).items()},
    }


def _counts_data(counts: Mapping[ControlEvidence, int]) -> dict[str, int]:
    return {str(level): count for level, count in counts.items()}


def _row_data(row: ControlRow) -> dict[str, Any]:
    return {
        "framework": row.framework, "control": row.control.id,
        "title": control_title(row.framework, row.control.id), "evidence": str(row.control.evidence),
        "source": row.control.source, "kind": row.entry.kind, "entry": row.entry.name, "of": row.entry.subject or None,
    }  # fmt: skip


def _entry_data(one: ServingEntry) -> dict[str, Any]:
    found = one.witnesses
    return {
        "kind": one.kind, "name": one.name, "of": one.subject or None, "title": one.title,
        "statements": list(one.sids), "persona": one.persona,
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
    if found.roles:
        few = ", ".join(found.roles[:_FEW])
        more = f" and {len(found.roles) - _FEW:,} more" if found.roles[_FEW:] else ""
        yield f"{counted(len(found.roles), 'role')}: {few}{more}"
    for name in found.frameworks:
        controls = {row.control.id for row in found.rows if row.framework == name}
        of = f" of {len(controls) + len(found.unserved(name))}" if found.offered else ""
        yield f"{FRAMEWORKS[name]}: {len(controls)}{of} controls; evidence {counts_text(found.counts(name))}"
    shown = len(found.limits) - len(found.not_shown)
    yield f"{shown} of {counted(len(found.limits), 'limit')} shown by a request that is denied and one that is allowed"


def gap_lines(found: Compliance, marked: Callable[[str], str] = str) -> Iterator[str]:
    """
    Yield what is missing: limits that are not shown, controls on nobody's word but ours, rules that roles fail.

    An id of a control stands as *marked* says.
    """
    for one in found.not_shown:
        yield f"{_of(one)}{one.kind} {one.name}: a witness was not found"
    for (role, why), idle in groupby(found.not_serving, key=lambda one: (one.role, one.why)):
        yield f"{role}: serves nothing by {', '.join(f'{one.kind} {one.name}' for one in idle)}: {why}"
    for name in found.frameworks:
        ours = found.only_ours(name)
        if ours:
            yield f"{FRAMEWORKS[name]}: by our own reading alone: {', '.join(map(marked, ours))}"
        for control, others in found.served_by_some(name).items():
            yield f"{FRAMEWORKS[name]} {marked(control)}: not served by {_shortened(others)}"
        for control, entries in found.unserved(name).items():
            yield f"{FRAMEWORKS[name]} {marked(control)}: not served; the catalog has {_shortened(entries)}"
    for rule in (one for one in found.pack_rules if one.failing):
        packs = ", ".join(FRAMEWORKS[one] for one in rule.rule.frameworks if one in found.frameworks)
        remedy = f"; mended by `{rule.rule.remedy}`" if rule.rule.remedy else ""
        personas = f"{counted(len(rule.failing), 'persona')} as rendered by default"
        who = _shortened(rule.failing) if found.roles else personas
        yield f"{rule.rule.rule} ({packs}) finds {rule.rule.finds}: {who}{remedy}"


def _of(entry: ServingEntry) -> str:
    return f"{entry.subject}: " if entry.subject else ""


def _shortened(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW:,} more" if names[_FEW:] else ""
    return f"{', '.join(names[:_FEW])}{more}"


def compliance_text(found: Compliance) -> str:
    """Return *found* as a page of text."""
    lines = [*summary_lines(found), "", *(f"{level}: {text}" for level, text in LEVELS.items())]
    for framework, rows in groupby(found.rows, key=lambda row: row.framework):
        lines += ["", FRAMEWORKS[framework], *_control_lines(list(rows), len(found.roles))]
    gaps = list(gap_lines(found))
    lines += ["", "Gaps", *(f"  {one}" for one in gaps)] if gaps else []
    add = "add `--tests witnesses/`, then `rolemgr test witnesses/`"
    again = "rolemgr compliance --tests witnesses/ && rolemgr test witnesses/" if not found.offered else add
    lines += ["", f"next: {again}"]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _control_lines(rows: Sequence[ControlRow], roles: int) -> Iterator[str]:
    width = max(len(row.control.id) for row in rows)
    for control, of_control in groupby(rows, key=lambda row: row.control.id):
        held = list(of_control)
        served = [_served_by(list(same), roles) for _, same in groupby(held, key=_entry_key)]
        more = f" and {len(served) - _SHOWN} more" if len(served) > _SHOWN else ""
        title = control_title(held[0].framework, control)
        called = f"{title}: " if title else ""
        yield f"  {control.ljust(width)}  {called}{', '.join(served[:_SHOWN])}{more}"


def _entry_key(row: ControlRow) -> tuple[str, str, str]:
    return str(row.control.evidence), row.entry.kind, row.entry.name


def _served_by(same: Sequence[ControlRow], roles: int) -> str:
    """Return the entry that *same* are rows of, with how many of several *roles* have it, or the level that does."""
    one = same[0]
    few = len(same) < roles and one.entry.role is not None
    of = f" ({len(same)} of {roles:,} roles)" if few else f" ({one.entry.level})" if one.entry.level else ""
    return f"{one.control.evidence} {one.entry.name}{of}"
