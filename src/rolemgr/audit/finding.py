"""What an audit finds: about whom, how bad, shown by which requests; the table beside this file has the words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from rolemgr.audit.rights import ShownRequest
from rolemgr.check.finding import Severity
from rolemgr.model.inventory import HeldRole
from rolemgr.model.inventory_layers import HeldResource, StudioMember, VpcEndpoint

Judged: TypeAlias = HeldRole | HeldResource | StudioMember | VpcEndpoint
"""What a finding is about: a role or user, a resource, a domain or profile of Studio, a VPC endpoint."""


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


@dataclass(frozen=True)
class AuditFinding:
    """
    One finding about *principal*, or what else is judged; *steps* are a chain's, *requests* what shows it otherwise.

    *unless* says what of the principal is not known and could deny it.
    """

    rule: AuditRule
    principal: Judged
    message: str
    requests: tuple[ShownRequest, ...] = ()
    steps: tuple[ChainStep, ...] = ()
    unless: str = ""

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
