"""The documents of a composed role, ready to be checked together, and the findings that its catalog means to be."""

from collections.abc import Mapping
from typing import NamedTuple

from rolemgr.check.attached import attached
from rolemgr.check.config import find_rule
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import PolicyType
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import ComposedRole, Origin, RoleDocuments
from rolemgr.model.source import Sourced


class Reason(NamedTuple):
    """Why a finding is accepted, and the line of the catalog that says so."""

    text: str
    where: SourceLocation


def documents_of(made: RoleDocuments) -> list[Document]:
    """Return the trust policy and the inline, managed and known attached policies of the role *made*, as one group."""
    trust = (made.trust_policy.to_json_value(), PolicyType.TRUST, False)
    inline = [(policy.document.to_json_value(), PolicyType.IDENTITY, True) for policy in made.policies]
    managed = [(policy.document.to_json_value(), PolicyType.IDENTITY, False) for policy in made.managed_policies]
    name = f"role {made.name}"
    others = (attached(arn, name, made.name) for arn in made.attached)
    own = [
        read(Document(name, kind, raw, lambda _: None, group=made.name, inline=is_inline))
        for raw, kind, is_inline in (trust, *inline, *managed)
    ]
    return [*own, *(one for one in others if isinstance(one, Document))]


def at_origin(finding: Finding, role: ComposedRole) -> Finding:
    """
    Return *finding* at the line of the catalog that its statement of *role* comes from, where there is one.

    Of several it is the first that has the action that the finding speaks of.
    """
    origins = _origins(finding, role)
    if not origins:
        return finding
    where = next((one for one in origins if finding.action in one.actions), origins[0]).location
    return finding._replace(path=where.file, line=where.line)


def _origins(finding: Finding, role: ComposedRole) -> list[Origin]:
    """Return the origins of the statement of *role* that *finding* is about."""
    statements = [one for one in role.statements if finding.sid and one.sid == finding.sid]
    return [origin for one in statements for origin in one.origins]


def accepted(finding: Finding, role: ComposedRole, groups: Mapping[str, Sourced[ActivityGroup]]) -> Reason | None:
    """
    Return why *finding* on a statement of *role* is meant to be there, or None.

    Every activity group that brought the finding's action into the statement must accept it under `accepts`:
    the same action of another group is another matter. Raises UnknownNameError for a rule that is none.
    """
    origins = [one for one in _origins(finding, role) if finding.action in one.actions]
    reasons = [_accepting(finding, origin, groups) for origin in origins]
    return reasons[0] if reasons and all(reasons) else None


def _accepting(finding: Finding, origin: Origin, groups: Mapping[str, Sourced[ActivityGroup]]) -> Reason | None:
    """Return the reason that the group of *origin* gives for *finding*."""
    group = groups.get(origin.group) if origin.kind == "activity group" else None
    if group is None:
        return None
    for index, one in enumerate(group.value.accepts):
        where = group.at("accepts", index)
        if find_rule(one.rule, where).id == finding.rule and one.action == finding.action:
            return Reason(one.why, where)
    return None
