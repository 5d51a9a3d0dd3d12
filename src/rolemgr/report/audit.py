"""An audit for people, on one page, and for programs; each finding with the `rolemgr simulate` line that shows it."""

import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from rolemgr.audit.finding import AuditFinding, AuditRule, ChainStep, Judged
from rolemgr.audit.nearest import Nearest
from rolemgr.audit.not_looked_for import OF_PRINCIPALS, sentence
from rolemgr.audit.rights import ANYTHING, ShownRequest
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Severity
from rolemgr.errors import printable
from rolemgr.model.inventory import HeldRole, Unjudged
from rolemgr.model.inventory_layers import HeldResource, StudioMember
from rolemgr.reference.condition_keys import find_key
from rolemgr.report.audit_studio import studio_lines, worker_data
from rolemgr.report.differences import request_data

MOST_ACTIONS: Final = 1_000
"""How many actions that a role would lose are listed: who may do everything has 22,000 that mean no more."""
_WIDTH: Final = 80
_WORST: Final = 10
_ROLES: Final = 6
_UNJUDGED: Final = 5
_SECRET: Final = ("sts:externalid",)
"""Condition keys whose values nobody prints."""
_NOTHING: Final = {"Version": "2012-10-17", "Statement": []}
"""The policy of somebody who has none."""
_HIDDEN: Final = "VALUE-OF-THE-TRUST-POLICY"


def audit_data(found: Audit, *, lists: bool = True, most_actions: int = MOST_ACTIONS) -> dict[str, Any]:
    """
    Return *found* for ``--format json``; without *lists* only the counts, and what they are of.

    Of the actions that a role would lose it has *most_actions* at most, and how many more there are.
    """
    head = {
        "accounts": list(found.accounts),
        "files": list(found.files),
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "counts": {
            "roles": found.roles, "users": found.users, "sagemaker_roles": found.of_sagemaker,
            "service_linked_roles": found.of_services, "resources": found.resources, "findings": len(found.findings),
            "not_judged": len(found.not_judged),
            "suppressed": len(found.suppressed), "in_baseline": len(found.in_baseline),
            "by_severity": {one.value: sum(each.severity is one for each in found.findings) for one in Severity},
        },
        "studio": [worker_data(one) for one in found.studio],
        "not_in_the_input": found.not_in_the_input,
        "not_looked_for": list(OF_PRINCIPALS),
    }  # fmt: skip
    if not lists:
        return head
    return head | {
        "findings": [finding_data(one, found) for one in found.findings],
        "suppressed": [{**finding_data(one, found), "reason": reason} for one, reason in found.suppressed],
        "on_suppressions": [one._asdict() for one in found.on_suppressions],
        "in_baseline": [one.id for one in found.in_baseline],
        "nearest": [_nearest_data(one, most_actions) for one in found.nearest],
        "not_judged": [one._asdict() for one in found.not_judged],
    }


def finding_data(finding: AuditFinding, found: Audit) -> dict[str, Any]:
    """Return *finding* of *found* as data, with each request that shows it and the line that asks it once more."""
    rule, who = finding.rule, finding.principal
    told = {"unless": finding.unless} if finding.unless else {}
    return {
        "id": finding.id, "rule": rule.id, "name": rule.name, "severity": rule.severity.value, "title": rule.title,
        "principal": who.arn, "kind": kind_of(who), "account": who.account, "message": finding.message, **told,
        "path": who.where.file, "line": who.where.line, "page": rule.page, "remedy": rule.remedy,
        "steps": [_step_data(one, found) for one in finding.steps],
        "requests": [] if finding.steps else [shown_data(one, found.files) for one in finding.requests],
    }  # fmt: skip


def kind_of(judged: Judged) -> str:
    """Return what a finding is about: a role, a user, a resource, a part of Studio, a VPC endpoint."""
    if isinstance(judged, HeldRole | StudioMember):
        return judged.kind
    return "resource" if isinstance(judged, HeldResource) else "VPC endpoint"


def _step_data(step: ChainStep, found: Audit) -> dict[str, Any]:
    requests = [shown_data(one, found.files) for one in step.requests]
    return {"who": step.who, "becomes": step.whom, "how": step.how, "requests": requests}


def shown_data(asked: ShownRequest, files: Sequence[str]) -> dict[str, Any]:
    """Return *asked* for programs, with the `rolemgr simulate` line that asks it once more."""
    data = request_data(asked.request)
    context = data.get("context")
    if isinstance(context, dict):
        data["context"] = {key: hidden(key, value) for key, value in context.items()}
    return {"request": data, "ask": simulate_line(asked, files)}


def _nearest_data(one: Nearest, most: int) -> dict[str, Any]:
    return {
        "role": one.role.arn, "persona": one.persona, "allowed": one.allowed, "exceeds_by": len(one.exceeds),
        "exceeds_in_services": one.services, "would_lose": list(one.exceeds[:most]),
        "would_lose_more": max(0, len(one.exceeds) - most), "would_gain": list(one.lacks),
        "cannot_tell": one.untold, "at_least": bool(one.role.unknown),
    }  # fmt: skip


def hidden(key: str, value: str) -> str:
    """Return *value* of the condition key *key*, unless it is one that nobody prints."""
    return _HIDDEN if key.lower() in _SECRET else value


def simulate_line(asked: ShownRequest, files: Sequence[str]) -> str:
    """
    Return the line of a shell that asks *asked* once more: it answers Allowed.

    It takes the policies from *files* by `rolemgr audit --extract`. A secret in the context is left to be filled in.
    """
    request = asked.request
    words = ["--action", request.action, "--resource", request.resource, "--principal", request.principal or "*"]
    for key, values in request.given_context().items():
        hidden = key.lower() in _SECRET
        shown = _spelt(key)
        words += [word for value in values for word in ("--context", f"{shown}={_HIDDEN if hidden else value}")]
    before, policies = _asking(asked, files)
    around = _around(asked, files)
    return f"{before}rolemgr simulate {' '.join(filter(None, (policies, shlex.join(words), around)))} --expect Allowed"


def _spelt(key: str) -> str:
    """Return the condition key *key*, in lower case, as AWS spells it where that is known."""
    known = find_key(key)
    return known.name if known and known.name.lower() == key else key


def _asking(asked: ShownRequest, files: Sequence[str]) -> tuple[str, str]:
    """Return what gives the identity policies, and how they are named: none of a service."""
    if asked.holder and asked.holder.is_changed:
        return f"echo {shlex.quote(_text(extracted(asked.holder, 'policies')))} | ", "-"
    if asked.holder:
        return f"{_extract('policies', asked.holder.arn, files)} | ", "-"
    who = asked.request.principal or ""
    if who.startswith("arn:") and "-provider/" not in who:  # whom a provider vouches for has no policies yet
        return f"echo {shlex.quote(_text(ANYTHING.to_json_value()))} | ", "-"
    return "", ""


def _around(asked: ShownRequest, files: Sequence[str]) -> str:
    words = []
    if asked.holder and asked.holder.boundary and asked.holder.is_changed:
        boundary = _text(asked.holder.boundary.document.to_json_value())
        words.append(f"--boundary-policy <(echo {shlex.quote(boundary)})")
    elif asked.holder and asked.holder.boundary:
        words.append(f"--boundary-policy <({_extract('boundary', asked.holder.arn, files)})")
    if asked.resource:
        words.append(f"--resource-account {asked.resource.account}")
        words.append(f"--resource-policy <({_extract('resource', asked.resource.arn, files)})")
    elif asked.trust_of:
        words.append(f"--resource-policy <({_extract('trust', asked.trust_of, files)})")
    elif asked.trust:
        words.append(f"--resource-policy <(echo {shlex.quote(_text(asked.trust.to_json_value()))})")
    return " ".join(words)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _extract(what: str, arn: str, files: Sequence[str]) -> str:
    return shlex.join(["rolemgr", "audit", *files, "--extract", f"{what}:{arn}"])


def audit_text(found: Audit, inputs: Sequence[str]) -> str:
    """Return *found* as one page: who, what kinds of findings, the worst ten, the personas, what is not judged."""
    lines = [*_head(found), "", *_counts(found)]
    lines += _worst(found)
    lines += _personas(found)
    lines += studio_lines(found.studio)
    lines += _not_judged(found.not_judged)
    lines += textwrap.wrap(found.not_in_the_input, _WIDTH)
    lines += _set_apart(found)
    lines += ["", *_next(found, inputs)]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _head(found: Audit) -> Iterator[str]:
    who = f"Account {found.accounts[0]}" if len(found.accounts) == 1 else f"{len(found.accounts):,} accounts"
    users = f", {_several(found.users, 'user')}" if found.users else ""
    yield f"{who}: {_several(found.roles, 'role')}, {found.of_sagemaker:,} for SageMaker{users}"
    day = f"as of {found.as_of}" if found.as_of else "the input names no day: use is not judged"
    service = (
        f"; {_several(found.of_services, 'service-linked role')} of AWS's own not judged" if found.of_services else ""
    )
    yield f"{day}{service}"


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _counts(found: Audit) -> Iterator[str]:
    """Yield a line for each kind of finding: how many principals, what, and the first of them."""
    by_rule: dict[AuditRule, dict[str, str]] = {}
    for one in found.findings:
        by_rule.setdefault(one.rule, {})[one.principal.arn] = one.principal.name  # accounts have names in common
    if not by_rule:
        yield "no finding"
        yield from _not_looked_for()
    for rule, names in by_rule.items():
        head = f"{len(names):>5}  {rule.id}  {rule.title}"
        room = _WIDTH - len(head) - 2
        yield f"{head}  {_first_names(list(dict.fromkeys(names.values())), room):>{room}}"


def _not_looked_for() -> Iterator[str]:
    """Yield what nobody asked: an audit that finds nothing says nothing of it."""
    yield from textwrap.wrap(sentence(*OF_PRINCIPALS), _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _first_names(names: Sequence[str], room: int) -> str:
    """Return as many of *names* as there is *room* for, with "..." for the others; nothing where none fits."""
    for first in (names, sorted(names, key=len)):
        for count in range(min(3, len(names)), 0, -1):
            shown = ", ".join(first[:count]) + (", ..." if len(names) > count else "")
            if len(shown) <= room:
                return shown
    return ""


def worst_of(findings: Iterable[AuditFinding], most: int) -> list[AuditFinding]:
    """
    Return up to *most* findings that deserve a look first, each of another principal.

    The first of every kind comes before the second of any, so that many administrators hide nobody's way to be one.
    """
    by_rule: dict[str, list[AuditFinding]] = {}
    for one in findings:
        if one.severity is not Severity.SUGGESTION:
            by_rule.setdefault(one.rule.id, []).append(one)
    found: dict[str, AuditFinding] = {}
    for turn in range(most):
        for each in by_rule.values():
            fresh = next((one for one in each[turn:] if one.principal.arn not in found), None)
            if fresh and len(found) < most:
                found[fresh.principal.arn] = fresh
    order = {severity: place for place, severity in enumerate(Severity)}
    return sorted(found.values(), key=lambda one: (order[one.severity], one.rule.id, one.principal.arn))


def _worst(found: Audit) -> Iterator[str]:
    worst = worst_of(found.findings, _WORST)
    if worst:
        yield ""
        yield f"The worst {len(worst)}" if len(worst) > 1 else "The worst"
    for one in worst:
        yield f"  {one.rule.id} {one.principal.name}: {one.rule.title}"
        text = f"{one.message}{f' ({one.unless})' if one.unless else ''}"
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8, break_long_words=False, max_lines=1,
            placeholder=" ...",
        )  # fmt: skip


def _personas(found: Audit) -> Iterator[str]:
    everything = {one.principal.arn for one in found.findings if one.rule.id == "AU001"}
    others = [one for one in found.nearest if one.role.arn not in everything]  # who may do all exceeds any persona
    if not others:
        return
    widest = sorted(others, key=lambda one: (-len(one.exceeds), one.role.arn))[:_ROLES]
    width = min(max(len(one.role.name) for one in widest), 30)
    yield ""
    yield f"{'role'.ljust(width)}  {'nearest persona'.ljust(23)}  exceeds it by, and would lose"
    for one in widest:
        least = "at least " if one.role.unknown else ""
        by = f"{least}{_several(len(one.exceeds), 'action')} ({_several(one.services, 'service')})"
        by += f"; can't tell of {one.untold:,}" if one.untold else ""
        yield f"{one.role.name[:width].ljust(width)}  {one.persona.ljust(23)}  {by}"
        if lost := _lost(one, _WIDTH - width - 2):
            yield f"{' ' * (width + 2)}{lost}"
    if len(found.nearest) > len(widest):
        yield f"{_several(len(found.nearest) - len(widest), 'more role')}: --format json"


def _lost(one: Nearest, room: int) -> str:
    """Return the first few of the actions that the role would lose, those of SageMaker first, as there is *room*."""
    ordered = sorted(one.exceeds, key=lambda action: (not action.startswith("sagemaker:"), action))
    shown = ", ".join(ordered[:2]) + (" ..." if len(ordered) > 2 else "")
    return shown if len(shown) <= room else f"{ordered[0]} ..."


def _not_judged(aside: Sequence[Unjudged]) -> Iterator[str]:
    yield ""
    if aside:
        yield f"Not judged: {_several(len(aside), 'place')}"
    for one in aside[:_UNJUDGED]:
        where = f"{one.path}{f':{one.line}' if one.line else ''}"
        yield from textwrap.wrap(
            f"  {where}: {one.place}: {one.reason}", _WIDTH, subsequent_indent="    ", break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
    if len(aside) > _UNJUDGED:
        yield f"  {len(aside) - _UNJUDGED} more: --format json"


def _set_apart(found: Audit) -> Iterator[str]:
    """Yield how many findings are suppressed or in the baseline, and what there is to say of suppressions."""
    apart = [f"{len(found.suppressed):,} suppressed"] if found.suppressed else []
    apart += [f"{len(found.in_baseline):,} in the baseline"] if found.in_baseline else []
    if apart:
        yield f"Set apart: {_several(len(found.suppressed) + len(found.in_baseline), 'finding')} ({', '.join(apart)})"
    for one in found.on_suppressions:
        text = f"{one.path}{f':{one.line}' if one.line else ''}: {one.rule} {one.severity}: {one.message}"
        yield from textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _next(found: Audit, inputs: Sequence[str]) -> Iterator[str]:
    names = shlex.join(inputs)
    if found.findings:
        who = shlex.quote(found.findings[0].principal.name)
        yield f"next: rolemgr audit {names} --of {who}    (its findings, and the requests that show them)"
    yield f"everything: rolemgr audit {names} --format html -o audit.html"


def only_of(found: Audit, principals: Sequence[Judged]) -> Audit:
    """Return of *found* what is about *principals*."""
    arns = {one.arn for one in principals}
    return replace(
        found,
        findings=tuple(one for one in found.findings if one.principal.arn in arns),
        suppressed=tuple(pair for pair in found.suppressed if pair[0].principal.arn in arns),
        in_baseline=tuple(one for one in found.in_baseline if one.principal.arn in arns),
        nearest=tuple(one for one in found.nearest if one.role.arn in arns),
        not_judged=tuple(one for one in found.not_judged if _speaks_of(one.place, arns)),
    )


def _speaks_of(place: str, arns: Iterable[str]) -> bool:
    """Tell whether *place* names one of *arns*, whole: `role/a` is not `role/ab`."""
    return any(re.search(rf"{re.escape(arn)}(?![\w+=,.@/-])", place) for arn in arns)


def principal_text(found: Audit, principals: Sequence[Judged]) -> str:
    """Return all findings of *principals*, each with AWS's page, the remedy and the lines that show it."""
    lines: list[str] = []
    arns = {one.arn for one in principals}
    for who in principals:
        lines += [f"{who.arn}    {who.where}", ""]
    for one in (one for one in found.findings if one.principal.arn in arns):
        lines += _in_full(one, found.files)
    for near in (near for near in found.nearest if near.role.arn in arns):
        lines.append(f"nearest persona: {near.persona}, which it exceeds by {_several(len(near.exceeds), 'action')}")
    for aside in found.not_judged:
        if _speaks_of(aside.place, arns):
            lines.append(f"not judged: {aside.place}: {aside.reason}")
    for finding, reason in found.suppressed:
        if finding.principal.arn in arns:
            lines.append(f"suppressed: {finding.id} {finding.rule.title}: {reason}")
    known = sum(one.principal.arn in arns for one in found.in_baseline)
    lines += [f"{_several(known, 'finding')} in the baseline"] if known else []
    if not any(one.principal.arn in arns for one in found.findings):
        lines += ["no finding", *_not_looked_for()]
    return "".join(f"{printable(line).rstrip()}\n" for line in lines)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _in_full(finding: AuditFinding, files: Sequence[str]) -> Iterator[str]:
    rule = finding.rule
    yield f"{rule.id} {rule.name} {rule.severity}: {rule.title}    ({finding.id})"
    text = f"{finding.message}{f' ({finding.unless})' if finding.unless else ''}"
    yield from textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    for number, step in enumerate(finding.steps, start=1):
        yield f"    {number}. {_name(step.who)} -> {_name(step.whom)}: {step.how}"
        yield from (f"       {simulate_line(one, files)}" for one in step.requests)
    yield from (f"    {simulate_line(one, files)}" for one in finding.requests if not finding.steps)
    yield f"    remedy: {rule.remedy}"
    yield f"    {rule.page}"
    yield ""


def extracted(principal: HeldRole, what: str) -> Any:
    """Return *what* of *principal* (``policies``, ``boundary`` or ``trust``) as JSON values, None where it has none."""
    if what == "policies":
        held = [(one.name, one.document.to_json_value()) for one in principal.policies] or [("none", _NOTHING)]
        policies = [{"PolicyName": name, "PolicyDocument": document} for name, document in held]
        return {"RoleName": principal.name, "Policies": policies}
    parts = {"boundary": principal.boundary and principal.boundary.document, "trust": principal.trust}
    document = parts[what]
    return document.to_json_value() if document else None
