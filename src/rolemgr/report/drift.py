"""Drift for people and programs: as findings with rules and severities, as text and as data."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.drift import Drift, RoleDrift, sids_of
from rolemgr.account.meaning import Meant, StatementPlace
from rolemgr.change.change import AccessChange
from rolemgr.check.finding import Finding, Severity
from rolemgr.compare.whom import stands_for_many
from rolemgr.errors import SourceLocation, printable
from rolemgr.evaluate.principals import Match
from rolemgr.model.role import ComposedRole, Origin
from rolemgr.report.changes import change_line, changes_rows
from rolemgr.report.differences import EVERYTHING, context_options, request_data
from rolemgr.report.plan import RoleNotJudged, account_data, refused_data, refused_lines
from rolemgr.report.sarif import RuleText


class _Rule(NamedTuple):
    id: str
    severity: Severity
    title: str
    explanation: str
    page: str


_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_TRUST = f"{_IAM}id_roles_update-role-trust-policy.html"
_POLICIES = f"{_IAM}access_policies_manage-attach-detach.html"
_BOUNDARY = f"{_IAM}access_policies_boundaries.html"
_TAGS = f"{_IAM}id_tags_roles.html"
_ROLES = f"{_IAM}id_roles_manage_modify.html"

_RESOURCE = f"{_IAM}access_policies_identity-vs-resource.html"
_ORGANIZATION = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html"

_SECURITY, _WARNING, _SUGGESTION = Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION

RULES = {
    "role-missing": _Rule("DR100", Severity.ERROR, "the role is not in the account",
        "The file describes a role that the account does not have.", _ROLES),
    "role-half-made": _Rule("DR101", _WARNING, "the role is half-made",
        "A run of rolemgr is at work on it, or was killed; `rolemgr apply --update` finishes it.", _ROLES),
    "access-gained": _Rule("DR110", _SECURITY, "the role allows what the file does not",
        "A statement was added or widened in the account, or a Deny of the file does not hold there.", _POLICIES),
    "access-unknown": _Rule("DR111", _SECURITY, "can't tell whether the role allows more",
        "The policies differ, and the comparison neither proves that no more is allowed nor shows a request.",
        _POLICIES),
    "access-lost": _Rule("DR112", _WARNING, "the role lacks what the file allows",
        "A statement was taken away or narrowed in the account, or a Deny was added.", _POLICIES),
    "access-lost-unknown": _Rule("DR113", _WARNING, "can't tell whether the role allows less",
        "The policies differ, and the comparison neither proves that as much is allowed nor shows a request.",
        _POLICIES),
    "trust-gained": _Rule("DR120", _SECURITY, "the role trusts whom the file does not",
        "Its trust policy lets somebody assume it, or assume it under conditions, that the file does not.", _TRUST),
    "trust-unknown": _Rule("DR121", _SECURITY, "can't tell whether the role trusts more",
        "The trust policies differ, and the comparison neither proves that no more is allowed nor shows a request.",
        _TRUST),
    "trust-lost": _Rule("DR122", _WARNING, "the role does not trust whom the file does",
        "Its trust policy does not let somebody assume it whom the file names.", _TRUST),
    "trust-lost-unknown": _Rule("DR123", _WARNING, "can't tell whether the role trusts less",
        "The trust policies differ, and the comparison neither proves that as much is allowed nor shows a request.",
        _TRUST),
    "boundary-missing": _Rule("DR130", _SECURITY, "the permissions boundary is missing",
        "Nothing bounds what the role's policies allow.", _BOUNDARY),
    "boundary-changed": _Rule("DR131", _SECURITY, "another permissions boundary",
        "Boundaries are compared by ARN; the one in the account may allow more.", _BOUNDARY),
    "boundary-added": _Rule("DR132", _WARNING, "a permissions boundary that the file does not have",
        "It can only take access away.", _BOUNDARY),
    "policy-unknown": _Rule("DR140", _SECURITY, "an attached policy of unknown text",
        "It is not in the file, and what it allows is not known.", _POLICIES),
    "policy-attached": _Rule("DR141", _WARNING, "an attached policy that the file does not name",
        "It allows nothing more today; anyone who may change it can make it allow more.", _POLICIES),
    "policy-detached": _Rule("DR142", _WARNING, "an attached policy is missing",
        "The file names it; today it makes no difference that is known.", _POLICIES),
    "inline-policy": _Rule("DR143", _WARNING, "inline where the file has managed policies, or the reverse",
        "What the role allows is compared by itself. AWS's conformance packs for HIPAA, FedRAMP, NIST and PCI ask that"
        " no policy is inline (iam-no-inline-policy-check).", f"{_IAM}access_policies_managed-vs-inline.html"),
    "session-length": _Rule("DR150", _WARNING, "another session length",
        "Sessions may last longer or shorter than the file says.", _ROLES),
    "path": _Rule("DR151", _WARNING, "another path",
        "Policies that name roles by their ARN may match it or not.", _ROLES),
    "principal-tag": _Rule("DR152", _SECURITY, "a tag that policies ask for",
        "A policy of the role compares this tag of the role, so that it decides what the role may do.", _TAGS),
    "tag": _Rule("DR160", _SUGGESTION, "another tag", "The tags of the role are not those of the file.", _TAGS),
    "description": _Rule("DR161", _SUGGESTION, "another description",
        "The description of the role is not that of the file.", _ROLES),
    "resource-missing": _Rule("DR170", Severity.ERROR, "a resource is not in its account",
        "A blueprint names a bucket, key, repository or model package group that its account does not have.",
        _RESOURCE),
    "resource-policy-missing": _Rule("DR171", _SECURITY, "a resource has no policy",
        "Nobody of another account reaches it, and what its policy is to deny is not denied.", _RESOURCE),
    "resource-policy-gained": _Rule("DR172", _SECURITY, "the policy of a resource allows what the file does not",
        "A statement was added or widened in the account, or a Deny of the file does not hold there.", _RESOURCE),
    "resource-policy-lost": _Rule("DR173", _WARNING, "the policy of a resource lacks what the file allows",
        "A statement was taken away or narrowed in the account, or a Deny was added.", _RESOURCE),
    "resource-policy-unknown": _Rule("DR174", _SECURITY, "can't tell whether the policy of a resource differs",
        "The policies differ, and the comparison neither proves that they allow the same nor shows a request.",
        _RESOURCE),
    "organization-policy-missing": _Rule("DR180", _SECURITY, "a policy of the organization is not attached",
        "The blueprint has it at this level: what it is to deny is not denied.", _ORGANIZATION),
    "organization-policy-gained": _Rule("DR181", _SECURITY, "a policy of the organization denies less than the file",
        "A Deny was taken away, or narrowed.", _ORGANIZATION),
    "organization-policy-lost": _Rule("DR182", _WARNING, "a policy of the organization denies more than the file",
        "A Deny was added, or widened.", _ORGANIZATION),
    "organization-policy-unknown": _Rule("DR183", _SECURITY, "can't tell whether a policy of the organization differs",
        "The policies differ, and the comparison neither proves that they deny the same nor shows a request.",
        _ORGANIZATION),
}  # fmt: skip
"""The rules by kind of drift."""


class ExaminedRole(NamedTuple):
    """A role that was compared: its drift, what it was composed to, where the file says what, how to ask it."""

    drift: RoleDrift
    role: ComposedRole
    at: Callable[[tuple[str | int, ...]], SourceLocation]
    ask: str | None
    """The options that choose the role, as words of a shell; None where none do, as of a role of a blueprint."""
    changes: tuple[tuple[Drift, tuple[AccessChange, ...]], ...] = ()
    """Each drift as what was done to the role."""

    @property
    def account(self) -> str:
        """The account of the role."""
        return self.role.spec.account


def rule_texts() -> dict[str, RuleText]:
    """Return the rules by id, for SARIF."""
    return {
        rule.id: RuleText(rule.id, name, rule.title, rule.explanation, rule.page, rule.severity)
        for name, rule in RULES.items()
    }


def severity_of(drift: Drift) -> Severity:
    """Return how bad *drift* is."""
    return RULES[drift.kind].severity


def drift_findings(examined: Sequence[ExaminedRole]) -> list[Finding]:
    """Return all drift as findings at the lines of the role files."""
    return [_finding(one, drift) for one in examined for drift in one.drift.drifts]


def _finding(one: ExaminedRole, drift: Drift) -> Finding:
    rule, where, meant = RULES[drift.kind], _where(one, drift), drift.meant
    name = one.drift.arn.partition(":role/")[2]
    places = (*meant.denied_by, *meant.allowed_by) if meant else ()
    about = str(places[0]) if places else ".".join(drift.about)
    action = meant.actions[0] if meant and meant.actions else None
    message = f"{name}: {drift.what}"
    key = f"{name}: {about}"
    return Finding(rule.id, rule.severity, message, where.file, where.line, next(sids_of(places), None), action, key)


def _where(one: ExaminedRole, drift: Drift) -> SourceLocation:
    """Return the line of the role file that says what *drift* is about, or that brought its statement in."""
    if drift.about:
        return one.at(drift.about)
    return next((_brought_in(one, origin) for origin in _origins(one, drift.meant)), one.at(()))


def _origins(one: ExaminedRole, meant: Meant | None) -> list[Origin]:
    """Return where in the catalog the statements of the file come from, of a joined one the request's part."""
    of_file = () if meant is None else meant.denied_by if meant.way == "gained" else meant.allowed_by
    sids = list(sids_of(of_file)) or (list(sids_of(meant.allowed_by)) if meant else [])
    found = [statement for sid in sids for statement in one.role.statements if statement.sid == sid]
    request = meant.shown.request if meant and meant.shown else None
    return [
        origin
        for statement in found
        for origin in (statement.origins_of(request.action, request.resource) if request else statement.origins)
    ]


def _brought_in(one: ExaminedRole, origin: Origin) -> SourceLocation:
    """Return the line of the role file that chose what *origin* is part of, without a file the catalog's line."""
    added = tuple(one.role.spec.add)
    key: tuple[str | int, ...] = {
        "guardrail": ("guardrail", origin.group),
        "tag key": ("abac",),
        "bucket by tag": ("bucket",),
    }.get(origin.kind, ("persona",))
    if origin.kind == "activity group" and origin.group in added:
        key = ("add", added.index(origin.group))
    where = one.at(key)
    return where if where.line else origin.location


def drift_data(
    access: Access | None, examined: Sequence[ExaminedRole], refused: Sequence[RoleNotJudged] = ()
) -> dict[str, Any]:
    """
    Return the drift for ``--format json``.

    ``{"account", "partition", "roles": [{"arn", "drift", "findings": [...], "notes": [...]}]}``; each finding has
    ``rule``, ``name``, ``severity``, ``message``, ``path``, ``line``, and of access ``direction`` (gained or
    lost), ``statements`` (in the account where gained, in the file where lost), ``denied_by`` (the reverse),
    ``actions``, ``origins`` (lines of the catalog), ``request`` (as `simulate --requests` reads it), ``ask`` (a
    line that asks the file) or ``unknown``, of a trust policy ``who`` is let in, and whether the principal of
    ``request`` only ``stands_for_others``; of a value ``file`` and ``account``. *refused*, with ``role`` and
    ``problem``, are roles that could not be compared; account and partition are null where none was reached.
    """
    return {
        **account_data(access),
        "roles": [_role_data(one) for one in examined],
        "refused": refused_data(refused),
    }


def _role_data(one: ExaminedRole) -> dict[str, Any]:
    told = {id(drift): changes_rows(changes) for drift, changes in one.changes}
    findings = [
        {**_head(one, drift), **_body(one, drift), "changes": told.get(id(drift), [])} for drift in one.drift.drifts
    ]
    return {
        "arn": one.drift.arn,
        "drift": bool(findings),
        "findings": findings,
        "notes": list(one.drift.notes),
    }


def _head(one: ExaminedRole, drift: Drift) -> dict[str, Any]:
    found = _finding(one, drift)
    return {
        "rule": found.rule,
        "name": drift.kind,
        "severity": found.severity.value,
        "message": drift.what,
        "path": found.path,
        "line": found.line,
    }


def _body(one: ExaminedRole, drift: Drift) -> dict[str, Any]:
    meant = drift.meant
    if meant is None:
        return {"file": drift.wanted, "account": drift.found} if drift.wanted or drift.found else {}
    data: dict[str, Any] = {
        "direction": meant.way,
        "statements": list(map(_place_data, meant.allowed_by)),
        "denied_by": list(map(_place_data, meant.denied_by)),
        "actions": list(meant.actions),
        "origins": list(dict.fromkeys(str(origin.location) for origin in _origins(one, meant))),
    }
    if meant.unknown:
        return {**data, "unknown": meant.unknown}
    request = request_data(meant.shown.request) if meant.shown else None
    who = {"who": meant.who, "stands_for_others": bool(in_place_of(meant))} if meant.who else {}
    return {**data, **who, "request": request, "ask": witness(one, meant)}


def in_place_of(meant: Meant) -> str:
    """Return the principal of the request where it stands for those whom a statement names, else nothing."""
    shown = meant.shown
    return str(shown.request.principal) if shown and stands_for_many(shown) else ""


def _place_data(place: StatementPlace) -> dict[str, Any]:
    return {"policy": place.policy, "statement": place.statement}


def witness(one: ExaminedRole, meant: Meant) -> str | None:
    """
    Return the `rolemgr simulate` line that asks the file what *meant* shows; None where no line can.

    The file says yes where access is lost, and no where it is gained.
    """
    if meant.shown is None or one.ask is None:
        return None
    request, scenario = meant.shown.request, meant.shown.scenario
    words = ["--action", request.action, "--resource", request.resource, *context_options(request)]
    if request.principal is None:
        return f"rolemgr simulate {one.ask} {shlex.join(words)}"
    if scenario.bounded:
        return None
    words += ["--principal", request.principal]
    words += ["--resource-account", str(request.resource_account)] if request.resource_account else []
    line = f"{shlex.join(words)} --resource-policy <(rolemgr create {one.ask})"
    if scenario.strength is Match.ACCOUNT:
        return f"rolemgr simulate - {line} <<< {shlex.quote(EVERYTHING)}"
    return f"rolemgr simulate {line}"


def drift_text(examined: Sequence[ExaminedRole], refused: Sequence[RoleNotJudged] = ()) -> str:
    """Return the drift as text: each role, what differs, and a line that asks the file about it."""
    lines: list[str] = []
    for one in examined:
        lines += _role_lines(one)
    lines += refused_lines(refused)
    drifted = sum(bool(one.drift.drifts) for one in examined)
    roles = f"{len(examined)} role{'s' if len(examined) > 1 else ''}"
    summed = f"no drift in {roles}" if not drifted else f"drift in {drifted} of {roles}"
    summed = summed if examined else "nothing was compared"
    summed += f"; {len(refused)} not judged" if refused else ""
    return "\n".join([*lines, summed]) + "\n"


def _role_lines(one: ExaminedRole) -> Iterator[str]:
    if not one.drift.drifts:
        yield f"= {one.drift.arn}"
        return
    yield f"! {one.drift.arn}"
    told = {id(drift): changes for drift, changes in one.changes}
    for drift in one.drift.drifts:
        behind = f"{severity_of(drift)} {RULES[drift.kind].id} ({_where(one, drift)})"
        lines = [change_line(change, one.account, doing=behind) for change in told.get(id(drift), ())]
        yield from (f"    {printable(line)}" for line in lines or [f"! {drift.what}  {behind}"])
        if drift.meant and (line := witness(one, drift.meant)):
            if stand_in := in_place_of(drift.meant):
                yield f"        {printable(stand_in)} asks in their place:"
            yield f"        {printable(line)}"
    yield ""
