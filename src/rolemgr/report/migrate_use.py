"""What recorded calls say of a migration: what stays allowed, what would not, what is gone, what the role gains."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rolemgr.audit.migrate.denies import DenyVerdict
from rolemgr.audit.migrate.draft import may_be_drafted
from rolemgr.audit.migrate.judge import Outcome, Verdict
from rolemgr.audit.migrate.limits import denying_guardrails
from rolemgr.audit.migrate.migration import Migration
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest
from rolemgr.iam.documents import Effect
from rolemgr.report.evidence import confidence, window
from rolemgr.report.who_can import several

_ROWS: Final = 10
_ACTIONS: Final = 8
_SERVICES: Final = 6


def is_broken(found: Migration) -> bool:
    """Tell whether a recorded request would be denied as the new role, or nobody can tell of one."""
    return bool(rows_of(found))


def use_text(found: Migration) -> str:
    """Say what was recorded, how sure that makes one, and what becomes of it."""
    if found.use is None or found.trial is None:
        return ""
    level, why = confidence(found.use)
    counts = Counter(one.verdict for one in found.trial.tried)
    told = ", ".join(f"{counts[one]:,} {one.value}" for one in TrialVerdict if counts[one])
    counting = "does" if found.use.denied == 1 else "do"
    denied = f"; {several(found.use.denied, 'call')} that AWS denied {counting} not count" if found.use.denied else ""
    total = several(len(found.trial.tried), "different request")
    return f"{window(found.use)}{denied}; {total}: {told}; confidence {level}: {why}"


class TrialRow:
    """Recorded requests for one action that have one reason not to stay allowed."""

    def __init__(self, verdict: TrialVerdict, action: str, why: str, remedy: str) -> None:
        self.verdict, self.action, self.why, self.remedy = verdict, action, why, remedy
        self.count = 0
        self.resources: dict[str, None] = {}
        self.where = ""

    def add(self, one: TriedRequest) -> None:
        """Count the request *one*."""
        self.count += one.seen.times
        self.resources[one.request.resource] = None
        self.where = self.where or str(one.seen.where)

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "verdict": self.verdict.value, "action": self.action, "why": self.why, "do": self.remedy,
            "count": self.count, "resources": list(self.resources), "where": self.where,
        }  # fmt: skip


def rows_of(found: Migration) -> list[TrialRow]:
    """Return what would not stay allowed, the action that is called most first."""
    rows: dict[tuple[str, str, str], TrialRow] = {}
    by_need = {(one.need.action, one.need.passed_to): one for one in found.outcomes if one.verdict is Verdict.LOST}
    for one in found.trial.tried if found.trial else ():
        if one.verdict is not TrialVerdict.ALLOWED:
            outcome = by_need.get((one.request.action, one.request.passed_to))
            why, remedy = _why(found, one, outcome)
            key = (one.request.action, one.verdict.value, why)
            rows.setdefault(key, TrialRow(one.verdict, one.request.action, why, remedy)).add(one)
    return sorted(rows.values(), key=lambda one: (-one.count, one.action))


def _why(found: Migration, one: TriedRequest, outcome: Outcome | None) -> tuple[str, str]:
    """Return why the request *one* does not stay allowed for certain, and what to do."""
    best = found.plan.best
    if one.verdict is TrialVerdict.UNKNOWN:
        on = [*one.answer.keys, *(["the resource"] if one.answer.on_resource else [])]
        return f"it turns on {', '.join(on) or 'what nobody tells'}, which the event does not tell", "look at the call"
    if guardrails := list(dict.fromkeys(denying_guardrails(best.role, one))):
        return f"guardrail {', '.join(guardrails)} denies it", f"leave out guardrail {guardrails[0]}, or give its value"
    if one.answer.denies:
        return f"denied by {_origin(found, one)}", _elsewhere(outcome)
    if not one.before.best:
        why = "no policy of the old role allows it either: the policy of a resource, or of a session, did"
        return why, "keep that policy, and name the new role in it"
    if found.draft and may_be_drafted(one.request.action, best):
        return _reason(outcome), f"a group of your own: --draft FOLDER writes {found.draft.name}"
    return _reason(outcome), _elsewhere(outcome)


def _reason(outcome: Outcome | None) -> str:
    return outcome.why if outcome and outcome.why else "no group of the role grants it on that resource"


def _elsewhere(outcome: Outcome | None) -> str:
    if outcome and outcome.instead:
        return f"a role of its own: persona {', '.join(outcome.instead[:_SERVICES])} may"
    return "a role of its own for it, outside of this persona"


def _origin(found: Migration, one: TriedRequest) -> str:
    sids = {at.sid for at in one.answer.denies}
    role = found.plan.best.role
    named = [
        f"{origin.kind} {origin.group}"
        for statement in (role.statements if role else ())
        if statement.effect is Effect.DENY and statement.sid in sids
        for origin in statement.origins
    ]
    return ", ".join(dict.fromkeys(named)) or "the permissions boundary"


def trial_lines(found: Migration) -> Iterator[str]:
    """Yield what would not stay allowed, each with its reason, and what to do."""
    rows = rows_of(found)
    for one in rows[:_ROWS]:
        on = next(iter(one.resources))
        more = f" and {len(one.resources) - 1} more" if len(one.resources) > 1 else ""
        what = f"{one.action} on {on}{more}, {one.count:,}x ({one.where})"
        yield f"{what}: {one.verdict.value}: {one.why} -> {one.remedy}"
    if len(rows) > _ROWS:
        yield f"{len(rows) - _ROWS} more: --format json"


def draft_lines(found: Migration) -> Iterator[str]:
    """Yield what the drafted group grants."""
    if found.draft is None:
        return
    yield f"{found.draft.name} grants what no activity group does; --draft FOLDER writes it, and the role file adds it:"
    by: dict[str, list[str]] = {}
    for one in found.draft.needs:
        by.setdefault(one.resource, []).append(one.action)
    for resource, actions in list(by.items())[:_ROWS]:
        yield f"{_some(actions)} on {resource}"


def beyond_lines(found: Migration) -> Iterator[str]:
    """Yield what the new role may do and the old one may not, each with a request; what can't be told of it last."""
    groups = _granting(found)
    for one in found.beyond.differences[:_ROWS]:
        request, first = one.request, one.actions[0]
        by = f", by {groups[first]}" if first in groups else ""
        yield f"{_some(one.actions)}: such as {request.action} on {request.resource}{by}"
    if len(found.beyond.differences) > _ROWS:
        yield f"{len(found.beyond.differences) - _ROWS} more: --format json"
    for reason, count in Counter(one.reason for one in found.beyond.unknowns).items():
        yield f"of {several(count, 'statement')} it can't be told whether the old role may as much: {reason}"


def limit_lines(found: Migration) -> Iterator[str]:
    """Yield the guardrails that have other values than the persona's profile, or are left out, each on its line."""
    for one in found.trial.limits if found.trial else ():
        if one.dropped:
            yield f"{one.guardrail} is LEFT OUT: {one.dropped}"
            continue
        was = f"; the persona's own: {_some(one.was)}" if one.was else ""
        seen = f"seen in {several(one.seen, 'request')}, first {one.where}"
        yield f"{one.guardrail} allows {', '.join(one.values)} ({seen}){was}"
    refused: dict[str, list[str]] = {}
    for value in found.trial.refused if found.trial else ():
        refused.setdefault(value.guardrail, []).append(f"{value.value} ({value.where})")
    for name, values in refused.items():
        yield f"{name} does not allow {_some(values)}: asked for in vain, as AWS denied or failed each such call"


def deny_text(found: Migration) -> str:
    """Say how many Denies of the old role the new one keeps to, and how."""
    counts = Counter(one.verdict for one in found.denies)
    added = list(dict.fromkeys(name for one in found.denies for name in one.by))
    by = f" (guardrails taken from them: {', '.join(added)})" if added else ""
    lost = f", {counts[DenyVerdict.LOST]} LOST" if counts[DenyVerdict.LOST] else ""
    unknown = f", {counts[DenyVerdict.UNKNOWN]} not known" if counts[DenyVerdict.UNKNOWN] else ""
    total = several(len(found.denies), "Deny").replace("Denys", "Denies")
    return f"{total} of the old role: {counts[DenyVerdict.KEPT]} kept{by}{lost}{unknown}"


def deny_lines(found: Migration) -> Iterator[str]:
    """Yield the Denies of the old role to which the new one does not keep, or may not, each with a request."""
    for one in found.denies:
        on = f" on {', '.join(one.keys)}" if one.keys else ""
        if one.verdict is DenyVerdict.LOST:
            yield f"{one.place}{on}: it denied, and the new role allows, {one.action} on {one.resource}"
        elif one.verdict is DenyVerdict.UNKNOWN:
            yield f"{one.place}{on}: whether the new role keeps to it can't be told: {one.why}"


def deny_data(found: Migration) -> list[dict[str, Any]]:
    """Return what becomes of each Deny of the old role, for programs."""
    return [
        {"deny": one.place, "keys": list(one.keys), "result": one.verdict.value, "guardrails": list(one.by),
         "request": {"action": one.action, "resource": one.resource} if one.action else None, "why": one.why}
        for one in found.denies
    ]  # fmt: skip


def _granting(found: Migration) -> Mapping[str, str]:
    """Return the group of the role by which it may do each action, the first where there are several."""
    role, by = found.plan.best.role, dict[str, str]()
    for statement in role.statements if role else ():
        for origin in statement.origins if statement.effect is Effect.ALLOW else ():
            for action in origin.actions or statement.actions:
                by.setdefault(action, f"{origin.kind} {origin.group}")
    return by


def gone(found: Migration) -> list[str]:
    """Return the actions that the old role may do, that were never used, and that the new one may not do at all."""
    if not found.plan.is_used:
        return []
    role = found.plan.best.role
    kept = {action for one in (role.statements if role else ()) if one.effect is Effect.ALLOW for action in one.actions}
    needed = {one.action for one in found.plan.needs if one.evidence is not UseEvidence.UNTRACED}
    return sorted(found.plan.today - kept - needed)


def gone_lines(found: Migration) -> Iterator[str]:
    """Yield what is gone as it was never used: how many actions of which services."""
    actions = gone(found)
    if not actions:
        return
    services = Counter(one.partition(":")[0] for one in actions)
    listed = ", ".join(f"{name} {count:,}" for name, count in services.most_common(_SERVICES))
    rest = f" and {len(services) - _SERVICES} services more" if len(services) > _SERVICES else ""
    yield f"{len(actions):,} actions that the old role may do: {listed}{rest}; all of them: --format json"


def _untraced(found: Migration) -> tuple[list[str], list[str]]:
    """Return the actions that no trail shows: those that the role keeps, and those that it does not have."""
    kept: dict[str, None] = {}
    lost: dict[str, None] = {}
    for one in found.outcomes:
        if one.need.evidence is UseEvidence.UNTRACED:
            (lost if one.verdict in (Verdict.LOST, Verdict.UNKNOWN) else kept)[one.need.action] = None
    return list(kept), [one for one in lost if one not in kept]


def kept_lines(found: Migration) -> Iterator[str]:
    """Yield what no trail shows, such as reads of objects: what the persona keeps of it, and what it does not have."""
    kept, lost = _untraced(found)
    if kept:
        yield f"kept, as groups of the persona grant it: {_some(kept)}"
    if lost:
        yield f"not kept, as no group of the persona grants it (look whether it was used): {_some(lost)}"


def use_data(found: Migration) -> dict[str, Any]:
    """Return all of it for programs."""
    kept, lost = _untraced(found)
    return {
        "evidence": _evidence(found),
        "not_allowed": [one.data() for one in rows_of(found)],
        "new_access": [
            {"actions": list(one.actions), "request": {"action": one.request.action, "resource": one.request.resource}}
            for one in found.beyond.differences
        ],
        "new_access_not_known": [one.reason for one in found.beyond.unknowns],
        "draft": {"name": found.draft.name, **found.draft.data()} if found.draft else None,
        "guardrails": [
            {"guardrail": one.guardrail, "parameter": one.parameter, "values": list(one.values), "was": list(one.was),
             "seen": one.seen, "dropped": one.dropped}
            for one in (found.trial.limits if found.trial else ())
        ],
        "refused": [{**one._asdict(), "where": str(one.where)} for one in (found.trial.refused if found.trial else ())],
        "denies": deny_data(found),
        "gone": gone(found),
        "no_trail_shows": {"kept": kept, "not_kept": lost},
    }  # fmt: skip


def _evidence(found: Migration) -> dict[str, Any] | None:
    if found.use is None or found.trial is None:
        return None
    level, why = confidence(found.use)
    counts = Counter(one.verdict for one in found.trial.tried)
    return {
        "source": "CloudTrail", "granularity": "action and resource", "first": found.use.first or None,
        "last": found.use.last or None, "calls": found.use.calls, "denied": found.use.denied,
        "requests": {one.value: counts[one] for one in TrialVerdict}, "confidence": level, "why": why,
    }  # fmt: skip


def _some(actions: Iterable[str] | Sequence[str]) -> str:
    listed = list(dict.fromkeys(actions))
    return ", ".join(listed[:_ACTIONS]) + (f" and {len(listed) - _ACTIONS} more" if len(listed) > _ACTIONS else "")
