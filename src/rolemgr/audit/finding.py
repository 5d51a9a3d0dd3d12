"""What an audit finds: about whom, how bad, shown by which requests; the table beside this file has the words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.audit.rights import ShownRequest
from rolemgr.check.finding import Severity
from rolemgr.model.inventory import HeldRole
from rolemgr.model.inventory_layers import HeldResource, StudioMember, VpcEndpoint

Judged: TypeAlias = HeldRole | HeldResource | StudioMember | VpcEndpoint
"""What a finding is about: a role or user, a resource, a domain or profile of Studio, a VPC endpoint."""

OF_AUDIT: Final = ("rule", "principal", "finding")
"""The keys of an entry in a baseline of `audit`."""


class AuditRule(NamedTuple):
    """What all findings of an *id* share: name, severity, title, AWS's *page*, and the *remedy*."""

    id: str
    name: str
    severity: Severity
    title: str
    page: str
    remedy: str
    rule: str | None = None
    """The rule of `check` that finds it."""


class ChainStep(NamedTuple):
    """One step of a chain: *who* becomes *whom*, *how*, and the requests that the evaluator allows."""

    who: str
    whom: str
    how: str
    requests: tuple[ShownRequest, ...]


def about_steps(steps: tuple[ChainStep, ...]) -> tuple[str, ...]:
    """Return what a chain is about: whom each step leads to, and what is done for it on what."""
    return tuple(
        part
        for one in steps
        for part in (one.whom, *(f"{each.request.action} {each.request.resource}" for each in one.requests))
    )


@dataclass(frozen=True)
class AuditFinding:
    """
    One finding about *principal*, or what else is judged; *steps* are a chain's, *requests* what shows it otherwise.

    *unless* says what of the principal is not known and could deny it. *about* is what was found of the principal,
    without wordings and days: what widens it changes it, so that an excuse for the one is none for the other.
    """

    rule: AuditRule
    principal: Judged
    message: str
    requests: tuple[ShownRequest, ...] = ()
    steps: tuple[ChainStep, ...] = ()
    unless: str = ""
    about: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """What it is known by in every audit: a hash of kind, account, principal, and what it is about."""
        key = "\0".join((self.rule.id, self.principal.account, self.principal.arn, *self.about))
        return f"{self.rule.id}-{sha256(key.encode()).hexdigest()[:16]}"

    def identity(self) -> tuple[str, ...]:
        """Return what a baseline has of it, by `OF_AUDIT`."""
        return self.rule.id, self.principal.arn, self.id

    @property
    def all_requests(self) -> tuple[ShownRequest, ...]:
        """All requests that show it, those of its steps one after the other."""
        return tuple(asked for step in self.steps for asked in step.requests) if self.steps else self.requests

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity


@cache
def rules() -> Mapping[str, AuditRule]:
    """Return the kinds of findings by id."""
    return {
        one["id"]: AuditRule(
            one["id"], one["name"], Severity(one["severity"]), one["title"], one["page"], one["remedy"], one.get("rule")
        )
        for one in table()["findings"]
    }


@cache
def table() -> Any:
    """Return the table: findings, and the requests that stand for "everything"."""
    return json.loads(Path(__file__).with_name("findings.json").read_bytes())
