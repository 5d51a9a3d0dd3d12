"""A role and the smaller one: what goes, with its evidence, what is kept without any, the difference, and the proof."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.compare.verdicts import Comparison
from rolemgr.errors import printable
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.report.diff import RoleDiff, difference_lines, role_data
from rolemgr.report.who_can import several
from rolemgr.usage.access_reports import AccessReport
from rolemgr.usage.evidence import UseSource, trail_source
from rolemgr.usage.groups import GroupUse
from rolemgr.usage.guardrails import NarrowedGuardrail
from rolemgr.usage.kept import KeepReasons, disagreements
from rolemgr.usage.recorded import RecordedUse, Used
from rolemgr.usage.role_file import TightenedFile
from rolemgr.usage.tighten import KeptAction, Tightened, UnusedActions

_WIDTH: Final = 100
_MOST_SHOWN: Final = 20
_MOST_ACTIONS: Final = 12
_MOST_UNREAD: Final = 5


class TightenedRole(NamedTuple):
    """
    The smaller role, the proof that it is not wider, and what was used and is no longer allowed: nothing.

    *found* is the role statement by statement, *file* in the words of its file; one of them is there, and *way* says
    why it is that one. *difference* tells by meaning what the smaller role does not allow any more.
    """

    found: Tightened | None
    file: TightenedFile | None
    way: str
    use: RecordedUse
    proof: Comparison
    lost: tuple[Used, ...]
    names: tuple[str, ...]
    difference: RoleDiff | None
    """None where the old policies allow so much that telling what is lost takes too long."""
    denied: tuple[Used, ...] = ()
    """What was used, and a Deny of the role denies as it is."""
    reasons: KeepReasons = KeepReasons()
    """Why something stays that the trail does not show, by the user and AWS's reports."""
    untold: tuple[str, ...] = ()
    """What of the role, of the trail or of AWS's reports nobody can tell."""
    role_keys: dict[str, Any] | None = None
    """The keys of the smaller role file."""

    @property
    def documents(self) -> tuple[IdentityPolicy, ...]:
        """The smaller policies."""
        return self.file.new.policies.identity if self.file else self.found.new if self.found else ()

    @property
    def beyond(self) -> tuple[Used, ...]:
        """What was used, and none of these policies allows."""
        return self.file.groups.beyond if self.file else self.found.beyond if self.found else ()


def tighten_data(one: TightenedRole) -> dict[str, Any]:
    """Return *one* for ``--format json``, with the new policies, and the new role file where there is one."""
    source = trail_source(one.use)
    return {
        "by": "groups" if one.file else "statements",
        "why": one.way,
        "evidence": {
            **_evidence_data(one.use, source), "reports": [_report_data(each) for each in one.reasons.reports],
            "disagreements": list(disagreements(one.reasons.reports, one.use)), "untold": list(one.untold),
        },
        **({"role_file": one.role_keys, **_file_data(one.file, source, one.reasons)} if one.file else {}),
        **(_statements_data(one.found, source, one.reasons) if one.found else {}),
        "policies": [document.to_json_value() for document in one.documents],
        "beyond": [{"action": each.action, "resource": each.resource} for each in one.beyond],
        "denied_today": [{"action": each.action, "resource": each.resource} for each in one.denied],
        "difference": role_data(one.difference) if one.difference else None,
        "proof": {"never_wider": one.proof.proven, "differences": len(one.proof.differences),
                  "unknown": [each.reason for each in one.proof.unknowns], "lost": len(one.lost)},
    }  # fmt: skip


def _evidence_data(use: RecordedUse, source: UseSource) -> dict[str, Any]:
    return {
        **_source_data(source), "calls": use.calls, "denied": use.denied, "distinct_requests": len(use.requests),
        "data_events": use.data_events, "repeated": use.seen.repeated, "principals": use.principals, "why": source.why,
        "unread": [{"path": one.where.file, "line": one.where.line, "reason": one.problem} for one in use.unread],
        "unread_count": use.unread_count, "unknown_operations": use.unknown_operations,
        "unknown_callers": use.unknown_callers,
    }  # fmt: skip


def _report_data(report: AccessReport) -> dict[str, Any]:
    return {
        **_source_data(report.source), "why": report.source.why, "services": dict(sorted(report.services.items())),
        "actions": dict(sorted(report.actions.items())), "unused_role": report.unused_role,
        "last_used": report.last_used or None,
    }  # fmt: skip


def _source_data(source: UseSource) -> dict[str, Any]:
    """Return what stands beside each "unused"."""
    return {
        "source": source.source, "granularity": source.granularity, "first": source.first or None,
        "last": source.last or None, "confidence": source.confidence.value,
    }  # fmt: skip


def _statements_data(found: Tightened, source: UseSource, reasons: KeepReasons) -> dict[str, Any]:
    return {
        "unused": [
            {"policy": one.place[0], "statement": one.place[1], "sid": one.sid, "actions": list(one.actions),
             "resources": list(one.resources), "whole": one.whole, "others": one.others, **_source_data(source),
             "by_reports": dict(reasons.unused_by_reports(one.actions))}
            for one in found.unused
        ],
        "kept_without_evidence": [
            {"policy": one.place[0], "statement": one.place[1], "action": one.action, "why": one.why}
            for one in found.kept
        ],
    }  # fmt: skip


def _file_data(file: TightenedFile, source: UseSource, reasons: KeepReasons) -> dict[str, Any]:
    return {
        "groups": [
            {"group": each.group, "stays": each.stays, "requests": each.requests, "actions": list(each.actions),
             "unused": list(each.unused), "why": each.why,
             "kept_without_evidence": [{"action": action, "why": why} for action, why in each.untraced],
             **_source_data(source), "by_reports": dict(reasons.unused_by_reports(each.unused))}
            for each in file.groups.groups
        ],
        "cover": {"exact": file.groups.cover.exact, "at_most_times_the_least": file.groups.cover.bound},
        "guardrails": [
            {"name": each.name, "old": _values_data(each.old), "new": _values_data(each.new), "calls": each.calls,
             "why": each.why, **_source_data(source)}
            for each in file.guardrails
        ],
        "parameters": [
            {"name": each.name, "old": list(each.old), "new": list(each.new), "requests": each.requests,
             "why": each.why, **_source_data(source)}
            for each in file.parameters
        ],
    }  # fmt: skip


def _values_data(values: Mapping[str, tuple[str, ...]] | None) -> dict[str, list[str]] | None:
    return None if values is None else {name: list(found) for name, found in values.items()}


def tighten_text(one: TightenedRole) -> str:
    """Return *one* as a page."""
    lines = [*_summary(one), ""]
    source = trail_source(one.use)
    if one.file:
        lines += _file_lines(one.file, source, one.reasons)
    elif one.found:
        lines += _statement_lines(one.found, source, one.reasons)
    lines += _actions_of("used, and allowed by none of these policies", one.beyond)
    lines += _actions_of("used, and denied by a Deny of the role as it is", one.denied)
    lines += _difference(one.difference)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _summary(one: TightenedRole) -> Iterator[str]:
    use, source = one.use, trail_source(one.use)
    yield f"{several(use.calls, 'call')} by {', '.join(use.principals)}, {use.first} to {use.last} ({source.source})"
    yield (
        f"  {several(len(use.requests), 'different request')}; evidence by {source.granularity};"
        f" confidence {source.confidence}: {source.why}"
    )
    yield from _wrapped(f"by {'activity groups' if one.file else 'statements'}: {one.way}", 2)
    yield f"  {_count(one)}"
    if one.proof.proven:
        yield "  proven: the new policies allow nothing that the old ones do not"
    else:
        what = (
            "differences" if one.proof.differences else "; ".join(sorted({each.reason for each in one.proof.unknowns}))
        )
        yield f"  NOT PROVEN that the new policies are not wider: {what}"
    lost = len(one.lost)
    yield f"  NOT KEPT: {several(lost, 'request')} that were used" if lost else "  all that was used stays allowed"
    for unread in use.unread[:_MOST_UNREAD]:
        yield f"  not read: {unread.where}: {unread.problem}"
    again = use.seen.note()
    for text in (*disagreements(one.reasons.reports, use), *one.untold, *([again] if again else [])):
        yield from _wrapped(f"note: {text}", 2)
    if use.unread_count > _MOST_UNREAD:
        yield f"  not read: {use.unread_count - _MOST_UNREAD:,} more"


def _count(one: TightenedRole) -> str:
    if one.file:
        groups = one.file.groups.groups
        narrowed = sum(each.old != each.new for each in one.file.parameters)
        stay = sum(each.stays for each in groups)
        return f"{stay} of {several(len(groups), 'activity group')} stay; {several(narrowed, 'parameter')} narrowed"
    actions = sum(len(each.actions) for each in one.found.unused) if one.found else 0
    kept = len(one.found.kept) if one.found else 0
    return f"{several(actions, 'action')} unused; {several(kept, 'action')} kept without evidence"


def _file_lines(file: TightenedFile, source: UseSource, reasons: KeepReasons) -> Iterator[str]:
    groups = file.groups.groups
    yield from _part("Used", (f"{each.group}: {_used(each)}" for each in groups if each.stays and each.requests))
    kept = (each for each in groups if each.stays and not each.requests)
    yield from _part("Stay without evidence of use", (f"{each.group}: {_why_kept(each)}" for each in kept))
    yield from _part(f"Go: not used {_beside(source)}", (
        f"{each.group}: {several(each.requests, 'request')} that another group allows too" if each.requests
        else f"{each.group}: no use of {_names(each.unused) or 'anything, as it grants nothing'}"
        for each in groups if not each.stays
    ))  # fmt: skip
    yield from _told_by_reports((action for each in groups for action in each.unused), reasons)
    yield from _part(f"Values: no others used {_beside(source)}", (
        f"{each.name}: {_listed(each.old)} -> {_listed(each.new)} ({several(each.requests, 'request')})"
        for each in file.parameters if each.old != each.new
    ))  # fmt: skip
    yield from _part(f"Limits {_beside(source)}", map(_limit, file.guardrails))
    yield from _part("Values that stay", (
        f"{each.name}: {each.why}" for each in file.parameters if each.old == each.new and each.why
    ))  # fmt: skip


def _limit(one: NarrowedGuardrail) -> str:
    values = ", ".join(_listed(found) for found in one.new.values())
    if one.old is None:
        return f"{one.name}: new{f', {values}' if values else ''} ({several(one.calls, 'call')}, and {one.why})"
    if one.old == one.new:
        return f"{one.name}: stays, as {one.why}"
    old = ", ".join(_listed(found) for found in one.old.values())
    return f"{one.name}: {old} -> {values} ({several(one.calls, 'call')})"


def _beside(source: UseSource) -> str:
    """Return what stands beside each "unused": by which source, when, how fine, and how sure."""
    when = f"{source.first[:10]} to {source.last[:10]}, " if source.first else ""
    return f"({source.source}, {when}by {source.granularity}, confidence {source.confidence})"


def _told_by_reports(actions: Iterable[str], reasons: KeepReasons) -> Iterator[str]:
    by: dict[str, list[str]] = {}
    for action, told in reasons.unused_by_reports(actions):
        by.setdefault(told, []).append(action)
    yield from _part("Not used, by AWS's reports", (f"{_names(names)}: {told}" for told, names in by.items()))


def _used(one: GroupUse) -> str:
    unused = f"; unused: {_names(one.unused)}" if one.unused else ""
    return f"{several(one.requests, 'request')} of {_names(one.actions)}{unused}"


def _why_kept(one: GroupUse) -> str:
    by: dict[str, list[str]] = {}
    for action, why in one.untraced:
        by.setdefault(why, []).append(action)
    return "; ".join(f"{_names(actions)}: {why}" for why, actions in by.items()) or one.why


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_ACTIONS} more" if len(names) > _MOST_ACTIONS else ""
    return f"{', '.join(names[:_MOST_ACTIONS])}{more}"


def _listed(values: Sequence[str]) -> str:
    return _names(values) or "none"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield *lines* below their *title*; nothing where there are none."""
    found = list(lines)
    if found:
        yield title
        for one in found:
            yield from _wrapped(one, 2)
        yield ""


def _statement_lines(found: Tightened, source: UseSource, reasons: KeepReasons) -> Iterator[str]:
    if found.unused:
        yield f"Unused {_beside(source)}"
    for one in found.unused[:_MOST_SHOWN]:
        name = f"  `{one.sid}`" if one.sid else f"  statement {one.place[1]} of policy {one.place[0]}"
        yield f"{name}{' goes whole' if one.whole else ''}"
        yield from _wrapped(_unused(one), 4)
        if one.resources:
            yield from _wrapped(f"on none of: {', '.join(one.resources)}", 4)
    if len(found.unused) > _MOST_SHOWN:
        yield f"{len(found.unused) - _MOST_SHOWN} more statements: --format json"
    if found.unused:
        yield ""
    yield from _told_by_reports((action for one in found.unused for action in one.actions), reasons)
    yield from _kept(found.kept)


def _unused(one: UnusedActions) -> str:
    if one.others:
        return "unused: all actions but those that stay"
    return f"unused: {_names(one.actions)}" if one.actions else "all actions used"


def _kept(kept: Sequence[KeptAction]) -> Iterator[str]:
    by: dict[str, list[str]] = {}
    for one in kept:
        by.setdefault(one.why, []).append(one.action)
    for why, actions in by.items():
        yield from _wrapped(f"kept, as {why}: {_names(list(dict.fromkeys(actions)))}", 0)
    if by:
        yield ""


def _actions_of(what: str, used: Sequence[Used]) -> Iterator[str]:
    if used:
        yield from _wrapped(f"{what}: {_names(list(dict.fromkeys(one.action for one in used)))}", 0)
        yield ""


def _difference(found: RoleDiff | None) -> Iterator[str]:
    if found is None:
        yield "The difference is not told here, as the old policies allow too much: rolemgr diff takes its time for it"
    elif not found.same:
        yield "The difference"
        yield from difference_lines(found, explain=False)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
