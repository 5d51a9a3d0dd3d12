"""Drift of a blueprint for people and programs: each account's roles and policies, and the organization's policies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.drift import DriftKind
from rolemgr.account.resource_policies import PolicyTarget
from rolemgr.blueprint.access import AccountAccess
from rolemgr.check.finding import Finding, Severity
from rolemgr.errors import RolemgrError, SourceLocation, printable
from rolemgr.evaluate.request import Request
from rolemgr.report.blueprint_accounts import (
    PolicyNotJudged,
    account_head,
    errors_of,
    not_judged_data,
    not_judged_lines,
    told_of,
)
from rolemgr.report.differences import request_data
from rolemgr.report.drift import RULES, ExaminedRole, drift_data, drift_text
from rolemgr.report.plan import RoleNotJudged


class LayerDrift(NamedTuple):
    """One thing that differs outside of roles, in words; *where* is the line of the blueprint that asks for it."""

    kind: DriftKind
    what: str
    where: SourceLocation
    request: Request | None = None
    """What shows it: the account allows it and the file does not, or the reverse."""
    who: str = ""
    """Whom it is about, in words, where the policies name principals."""
    stands_for_others: bool = False
    """Whether the principal of the request stands for those whom a statement names."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return RULES[self.kind].severity


class LevelDrift(NamedTuple):
    """How the policies of a *kind* at a level of the organization differ; *error* says why that is not known."""

    level: str
    kind: str
    where: SourceLocation
    drifts: tuple[LayerDrift, ...] = ()
    notes: tuple[str, ...] = ()
    error: RolemgrError | None = None


def layer_finding(one: LayerDrift) -> Finding:
    """Return *one* as a finding at its line of the blueprint."""
    rule = RULES[one.kind]
    action = one.request.action if one.request else None
    return Finding(rule.id, rule.severity, one.what, one.where.file, one.where.line, None, action, one.what)


def layer_drift_data(one: LayerDrift) -> dict[str, Any]:
    """Return *one* as the findings of `drift` are in JSON."""
    return {
        "rule": RULES[one.kind].id,
        "name": one.kind,
        "severity": one.severity.value,
        "message": one.what,
        "path": one.where.file,
        "line": one.where.line,
        "request": request_data(one.request) if one.request else None,
        "who": one.who or None,
        "stands_for_others": one.stands_for_others,
    }


def level_data(one: LevelDrift) -> dict[str, Any]:
    """Return how a level of the organization differs, for JSON; ``drift`` is null where that is not known."""
    return {
        "level": one.level,
        "kind": one.kind,
        "drift": None if one.error else bool(one.drifts),
        "findings": [layer_drift_data(drift) for drift in one.drifts],
        "notes": list(one.notes),
        "problem": str(one.error) if one.error else None,
    }


def level_lines(one: LevelDrift) -> Iterator[str]:
    """Yield the lines of text on a level of the organization."""
    title = f"{one.kind.upper()}s of {one.level}"
    if one.error:
        yield printable(f"? {title}: not known")
        yield from (f"    {printable(line)}" for line in str(one.error).splitlines())
        return
    yield printable(f"{'!' if one.drifts else '='} {title}")
    yield from drift_lines(one.drifts)
    yield from (printable(f"    note: {note}") for note in one.notes)


def level_errors(levels: Sequence[LevelDrift]) -> Iterator[RolemgrError]:
    """Yield why nothing is known of *levels*, each reason once."""
    found = {str(one.error): one.error for one in levels if one.error}
    yield from (told_of("organization", error) for error in found.values())


def drift_lines(drifts: Sequence[LayerDrift]) -> Iterator[str]:
    """Yield a line for each of *drifts*."""
    for one in drifts:
        yield printable(f"    ! {one.what}  {one.severity} {RULES[one.kind].id} ({one.where})")


class ExaminedPolicy(NamedTuple):
    """The policy of a resource that was compared: how it differs, and what there is to know beside it."""

    target: PolicyTarget
    drifts: tuple[LayerDrift, ...] = ()
    notes: tuple[str, ...] = ()


class AccountDrift(NamedTuple):
    """How one account differs; *error* says why none of it could be looked at."""

    access: AccountAccess
    way: Access | None
    roles: tuple[ExaminedRole, ...] = ()
    refused: tuple[RoleNotJudged, ...] = ()
    policies: tuple[ExaminedPolicy, ...] = ()
    unread: tuple[PolicyNotJudged, ...] = ()
    error: RolemgrError | None = None
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[RolemgrError, ...]:
        """Why something of it, or all, could not be looked at."""
        return errors_of(self.access, self.error, self.refused, self.unread)

    @property
    def drifted(self) -> int:
        """How many roles and policies differ."""
        return sum(bool(one.drift.drifts) for one in self.roles) + sum(bool(one.drifts) for one in self.policies)


class BlueprintDrift(NamedTuple):
    """How accounts and organization differ from the blueprint in *file*."""

    file: str
    accounts: tuple[AccountDrift, ...]
    levels: tuple[LevelDrift, ...] | None = None
    """How the organization differs; None where it was not looked at."""

    @property
    def layer_drifts(self) -> tuple[LayerDrift, ...]:
        """All that differs outside of roles."""
        policies = (drift for one in self.accounts for policy in one.policies for drift in policy.drifts)
        return (*policies, *(drift for one in self.levels or () for drift in one.drifts))

    @property
    def errors(self) -> tuple[RolemgrError, ...]:
        """Why something of it could not be looked at."""
        told = (error for one in self.accounts for error in one.errors)
        return (*told, *level_errors(self.levels or ()))


def blueprint_drift_data(drift: BlueprintDrift) -> dict[str, Any]:
    """Return *drift* for ``--format json``: each account as `drift` of role files has it, with its policies."""
    return {
        "file": drift.file,
        "accounts": [_account_data(one) for one in drift.accounts],
        "organization": None if drift.levels is None else [level_data(one) for one in drift.levels],
    }


def _account_data(one: AccountDrift) -> dict[str, Any]:
    return {
        **account_head(one.access, one.error),
        **drift_data(one.way, one.roles, one.refused),
        "account": one.access.id,
        "policies": [_policy_data(policy) for policy in one.policies],
        "policies_not_judged": not_judged_data(one.unread),
        "notes": list(one.notes),
    }


def _policy_data(one: ExaminedPolicy) -> Mapping[str, Any]:
    return {
        "resource": one.target.arn,
        "kind": one.target.kind,
        "drift": bool(one.drifts),
        "findings": [layer_drift_data(drift) for drift in one.drifts],
        "notes": list(one.notes),
    }


def blueprint_drift_text(drift: BlueprintDrift) -> str:
    """Return *drift* as text, account by account, then the organization."""
    lines = [line for one in drift.accounts for line in _account_lines(one)]
    if drift.levels:
        lines += ["organization", *(line for one in drift.levels for line in level_lines(one)), ""]
    return "\n".join([*lines, summary_of(drift)]) + "\n"


def _account_lines(one: AccountDrift) -> Iterator[str]:
    head = f"account {one.access.name} {one.access.id}"
    if one.error:
        yield printable(f"{head}: not judged")
        yield from (f"    {printable(line)}" for line in str(one.error).splitlines())
        yield ""
        return
    yield printable(head)
    yield from drift_text(one.roles, one.refused).splitlines()[:-1]
    for policy in one.policies:
        yield printable(f"{'!' if policy.drifts else '='} {policy.target.arn}")
        yield from drift_lines(policy.drifts)
        yield from (printable(f"    note: {note}") for note in policy.notes)
    yield from not_judged_lines(one.unread)
    yield from (printable(f"note: {note}") for note in one.notes)
    yield ""


def summary_of(drift: BlueprintDrift) -> str:
    """Return in a line how much differs, and how much is not known."""
    compared = [one for one in drift.accounts if not one.error]
    drifted = sum(bool(one.drifted) for one in compared)
    count = f"{len(compared)} account{'' if len(compared) == 1 else 's'}"
    text = f"drift in {drifted} of {count}" if drifted else f"no drift in {count}"
    text = text if compared else "nothing was compared"
    every = drift.levels or ()
    levels = sum(bool(one.drifts) for one in every)
    text += f"; the organization differs at {levels} of {len(every)} levels" if levels else ""
    unknown = len(drift.errors)
    return text + (f"; {unknown} not judged, which may differ" if unknown else "")
