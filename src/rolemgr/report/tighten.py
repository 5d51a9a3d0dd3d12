"""A role and the smaller one: what goes, with its evidence, what is kept without any, and the proof."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rolemgr.errors import printable
from rolemgr.report.who_can import several
from rolemgr.usage.tighten import Tightened, UnusedActions

if TYPE_CHECKING:
    from rolemgr.compare.verdicts import Comparison

_WIDTH: Final = 100
_MOST_SHOWN: Final = 20
_MOST_ACTIONS: Final = 12
_LONG: Final = 90
_SHORT: Final = 30


def confidence(found: Tightened) -> tuple[str, str]:
    """Return how sure "unused" is, and why: by the length of the window and what could not be read."""
    days = _days(found)
    if days is None:
        return "low", "the events do not tell their time"
    if found.use.unread or found.use.unknown_operations:
        return "low", "some of the trail could not be read or is of operations that nobody here knows"
    if days < _SHORT:
        return "low", f"the calls span {several(days, 'day')}"
    return ("high" if days >= _LONG else "medium"), f"the calls span {several(days, 'day')}"


def _days(found: Tightened) -> int | None:
    try:
        first, last = (datetime.fromisoformat(text) for text in (found.use.first, found.use.last))
    except ValueError:
        return None
    return (last - first).days


def tighten_data(found: Tightened, proof: "Comparison", lost: int) -> dict[str, Any]:
    """Return *found* for ``--format json``, with the new policies."""
    level, why = confidence(found)
    return {
        "evidence": {
            "source": "CloudTrail", "granularity": "action and resource", "first": found.use.first or None,
            "last": found.use.last or None, "calls": found.use.calls, "denied": found.use.denied,
            "distinct_requests": len(found.use.used), "principals": found.use.principals, "unread": found.use.unread,
            "unknown_operations": found.use.unknown_operations, "confidence": level, "why": why,
        },
        "policies": [one.to_json_value() for one in found.new],
        "unused": [
            {"policy": one.place[0], "statement": one.place[1], "sid": one.sid, "actions": list(one.actions),
             "resources": list(one.resources), "whole": one.whole, "confidence": level}
            for one in found.unused
        ],
        "kept_without_evidence": [
            {"policy": one.place[0], "statement": one.place[1], "action": one.action, "why": one.why}
            for one in found.kept
        ],
        "beyond": [{"action": one.action, "resource": one.resource} for one in found.beyond],
        "proof": {"never_wider": proof.proven, "differences": len(proof.differences),
                  "unknown": [one.reason for one in proof.unknowns], "lost": lost},
    }  # fmt: skip


def tighten_text(found: Tightened, proof: "Comparison", lost: int) -> str:
    """Return *found* as a page."""
    lines = [*_summary(found, proof, lost), ""]
    lines += _unused(found)
    lines += _kept(found)
    lines += _beyond(found)
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _summary(found: Tightened, proof: "Comparison", lost: int) -> Iterator[str]:
    level, why = confidence(found)
    use = found.use
    yield f"{several(use.calls, 'call')} by {', '.join(use.principals)}, {use.first} to {use.last} (CloudTrail)"
    yield f"  {several(len(use.used), 'different request')}; evidence by action and resource; confidence {level}: {why}"
    actions = sum(len(one.actions) for one in found.unused)
    yield f"  {several(actions, 'action')} unused; {several(len(found.kept), 'action')} kept without evidence"
    if proof.proven:
        yield "  proven: the new policies allow nothing that the old ones do not"
    else:
        what = "differences" if proof.differences else "; ".join(sorted({one.reason for one in proof.unknowns}))
        yield f"  NOT PROVEN that the new policies are not wider: {what}"
    yield f"  NOT KEPT: {several(lost, 'request')} that were used" if lost else "  all that was used stays allowed"


def _unused(found: Tightened) -> Iterator[str]:
    for one in found.unused[:_MOST_SHOWN]:
        name = f"`{one.sid}`" if one.sid else f"statement {one.place[1]} of policy {one.place[0]}"
        yield f"{name}{' goes whole' if one.whole else ''}"
        yield from _wrapped(_listed(one), 4)
        if one.resources:
            yield from _wrapped(f"on none of: {', '.join(one.resources)}", 4)
    if len(found.unused) > _MOST_SHOWN:
        yield f"{len(found.unused) - _MOST_SHOWN} more statements: --format json"
    if found.unused:
        yield ""


def _listed(one: UnusedActions) -> str:
    more = f" and {len(one.actions) - _MOST_ACTIONS} more" if len(one.actions) > _MOST_ACTIONS else ""
    return f"unused: {', '.join(one.actions[:_MOST_ACTIONS])}{more}" if one.actions else "all actions used"


def _kept(found: Tightened) -> Iterator[str]:
    by: dict[str, list[str]] = {}
    for one in found.kept:
        by.setdefault(one.why, []).append(one.action)
    for why, actions in by.items():
        names = list(dict.fromkeys(actions))
        more = f" and {len(names) - _MOST_ACTIONS} more" if len(names) > _MOST_ACTIONS else ""
        yield from _wrapped(f"kept, as {why}: {', '.join(names[:_MOST_ACTIONS])}{more}", 0)
    if by:
        yield ""


def _beyond(found: Tightened) -> Iterator[str]:
    if found.beyond:
        names = list(dict.fromkeys(one.action for one in found.beyond))
        text = f"used, and allowed by none of these policies: {', '.join(names[:_MOST_ACTIONS])}"
        yield from _wrapped(text, 0)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
