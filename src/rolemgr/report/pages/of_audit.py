"""
An audit as a page: how much of what first, then each kind of finding, the personas, and what is not judged.

A page has at most so many rows of a kind, and says how many more there are and which command has the whole: with ten
thousand findings it still opens.
"""

import json
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from rolemgr.audit.finding import AuditFinding, AuditRule
from rolemgr.audit.not_looked_for import OF_PRINCIPALS, sentence
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Severity
from rolemgr.report.audit import audit_data, finding_data, worst_of
from rolemgr.report.pages.of_findings import TONES, place_of
from rolemgr.report.pages.page import Bar, Cell, Code, Fact, Page, Section, Table, Tone, counted

_ROWS: Final = {"html": 200, "markdown": 20}
"""How many rows of a kind a page has, by its form."""
_REQUESTS: Final = {"html": 6, "markdown": 1}
"""How many requests that show a finding its row has."""
_MOST_WHOLE: Final = 500
"""How many findings, roles and places a page holds whole as data; of more it has what there is room for."""
_ROOM: Final = 2_000_000
"""How many characters of findings a page holds as data then."""
_WORST: Final = 10
_ACTIONS: Final = 20
"""How many actions a page holds as data of those that a role would lose."""


def audit_page(found: Audit, inputs: Sequence[str], form: str) -> Page:
    """Return the page on *found*, an audit of *inputs*, for *form* (``html`` or ``markdown``)."""
    most, whole = _ROWS[form], f"rolemgr audit {shlex.join(inputs)} --format json -o audit.json"
    sections = (
        Section("By severity", bars=tuple(_bars(found))),
        Section("The worst", table=_worst(found)),
        Section("Kinds of findings", table=_kinds(found)),
        *(_of_kind(rule, list(each), form, whole) for rule, each in _by_rule(found.findings)),
        Section("The nearest persona of each SageMaker role", table=_personas(found, most), folded=True),
        Section("Not judged", table=_not_judged(found, most), tone=Tone.LOOK),
        Section("About the suppressions", table=_on_suppressions(found), tone=Tone.LOOK),
        Section("Suppressed", table=_suppressed(found, most), folded=True),
        Section("Ask again", tuple(_asking(found, inputs))),
        Section("Left out of this page", tuple(_left_out(found, most, whole)), tone=Tone.LOOK),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Audit of roles and users", tuple(_about(found)), tuple(_facts(found)), shown, _data(found, whole))


def _about(found: Audit) -> Iterator[str]:
    accounts = found.accounts
    yield f"account {accounts[0]}" if len(accounts) == 1 else counted(len(accounts), "account")
    yield counted(found.roles, "role")
    yield f"{found.of_sagemaker:,} for SageMaker"
    yield counted(found.users, "user")
    yield f"as of {found.as_of}" if found.as_of else "the input names no day: use is not judged"


def _facts(found: Audit) -> Iterator[Fact]:
    """Yield how many findings of each severity, what is not judged, what is set apart, and what nobody looked at."""
    if not found.findings:
        yield Fact("no finding", Tone.GOOD)
        yield Fact(sentence(*OF_PRINCIPALS))
    for severity in Severity:
        some = [one for one in found.findings if one.severity is severity]
        if some:
            who = counted(len({one.principal.arn for one in some}), "principal")
            yield Fact(f"{counted(len(some), 'finding')} {severity.value} of {who}", TONES[severity])
    if found.not_judged:
        yield Fact(f"{counted(len(found.not_judged), 'place')} not judged, which may hold findings", Tone.LOOK)
    if found.suppressed:
        yield Fact(f"{counted(len(found.suppressed), 'finding')} suppressed, with reasons below")
    if found.in_baseline:
        yield Fact(f"{counted(len(found.in_baseline), 'finding')} in the baseline, and not on this page")
    if found.not_in_the_input:
        yield Fact(found.not_in_the_input)


def _bars(found: Audit) -> Iterator[Bar]:
    for severity in Severity:
        count = sum(one.severity is severity for one in found.findings)
        if count:
            yield Bar(severity.value, count, len(found.findings), "findings")


def _worst(found: Audit) -> Table:
    rows = (
        (one.severity.value, one.rule.id, _who(one), one.rule.title, _message(one))
        for one in worst_of(found.findings, _WORST)
    )
    return Table(("Severity", "Kind", "Principal", "What", "How"), tuple(rows))


def _by_rule(findings: Sequence[AuditFinding]) -> Iterator[tuple[AuditRule, Iterator[AuditFinding]]]:
    """Yield the findings of each kind; they come in the order of kinds."""
    return groupby(findings, key=lambda one: one.rule)


def _kinds(found: Audit) -> Table:
    rows = []
    for rule, each in _by_rule(found.findings):
        some = list(each)
        who = len({one.principal.arn for one in some})
        rows.append((rule.severity.value, rule.id, rule.title, who, rule.remedy, Code(rule.page)))
    return Table(("Severity", "Kind", "What", "Principals", "Remedy", "Page"), tuple(rows))


def _of_kind(rule: AuditRule, some: list[AuditFinding], form: str, whole: str) -> Section:
    """Return the table of one kind; above it how many there are, where the page has not all of them."""
    most = _ROWS[form]
    rows = tuple(
        (_who(one), _message(one), _request_lines(one, _REQUESTS[form]), (_place(one), Code(one.id)))
        for one in some[:most]
    )
    more = len(some) - most
    entries = (f"the first {most:,} of {len(some):,}; all of them: `{whole}`",) if more > 0 else ()
    table = Table(("Principal", "Finding", "Requests that are allowed", "Place and id"), rows)
    return Section(f"{rule.id} {rule.title} ({len(some):,})", entries, table, folded=True, tone=TONES[rule.severity])


def _who(one: AuditFinding) -> Cell:
    return one.principal.name, Code(one.principal.arn)


def _message(one: AuditFinding) -> str:
    return f"{one.message} ({one.unless})" if one.unless else one.message


def _request_lines(one: AuditFinding, most: int) -> Cell:
    requests = [asked.request for asked in one.all_requests]
    lines = [Code(f"{asked.action} {asked.resource}") for asked in requests[:most]]
    more = len(requests) - len(lines)
    return (*lines, f"and {counted(more, 'request')} more") if more > 0 else tuple(lines)


def _asking(found: Audit, inputs: Sequence[str]) -> Iterator[str]:
    if found.findings:
        line = shlex.join(["rolemgr", "audit", *inputs, "--of", found.findings[0].principal.name])
        yield f"each request as a line for a shell, which answers Allowed: `{line}`"


def _place(one: AuditFinding) -> Code:
    return place_of(one.principal.where.file, one.principal.where.line)


def _personas(found: Audit, most: int) -> Table:
    widest = sorted(found.nearest, key=lambda one: (-len(one.exceeds), one.role.arn))
    rows = tuple(
        (one.role.name, one.persona, len(one.exceeds), one.services, one.untold, tuple(one.exceeds[:3]))
        for one in widest[:most]
    )
    return Table(("Role", "Nearest persona", "Exceeds it by", "In services", "Can't tell of", "Such as"), rows)


def _not_judged(found: Audit, most: int) -> Table:
    rows = tuple((place_of(one.path, one.line), one.place, one.reason) for one in found.not_judged[:most])
    return Table(("Place", "What", "Why"), rows)


def _on_suppressions(found: Audit) -> Table:
    rows = ((one.severity.value, one.rule, one.message, place_of(one.path, one.line)) for one in found.on_suppressions)
    return Table(("Severity", "Rule", "Finding", "Place"), tuple(rows))


def _suppressed(found: Audit, most: int) -> Table:
    rows = tuple((one.rule.id, _who(one), _message(one), reason) for one, reason in found.suppressed[:most])
    return Table(("Kind", "Principal", "Finding", "Reason"), rows)


def _left_out(found: Audit, most: int, whole: str) -> Iterator[str]:
    """Yield what the tables below the kinds have no room for; a kind says so itself."""
    counts = {"roles": len(found.nearest), "places not judged": len(found.not_judged),
              "suppressed findings": len(found.suppressed)}  # fmt: skip
    for what, count in counts.items():
        if count > most:
            yield f"{count - most:,} of {count:,} {what}: `{whole}`"


def _data(found: Audit, whole: str) -> dict[str, Any]:
    """Return the JSON form; of very many findings the first, with how many are left out and what has them all."""
    if len(found.findings) + len(found.nearest) + len(found.not_judged) <= _MOST_WHOLE:
        return audit_data(found, most_actions=_ACTIONS)
    first: list[dict[str, Any]] = []
    room = _ROOM
    for one in found.findings:
        data = finding_data(one, found)
        room -= len(json.dumps(data))
        if room < 0:
            break
        first.append(data)
    left_out = len(found.findings) - len(first)
    return {**audit_data(found, lists=False), "findings": first, "left_out": left_out, "whole": whole}
