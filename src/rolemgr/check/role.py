"""The documents of a composed role, ready to be checked together, and the findings that its catalog means to be."""

from collections.abc import Mapping
from typing import NamedTuple

from rolemgr.check.attached import attached
from rolemgr.check.config import find_rule
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.read import read
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect, PolicyType
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import ComposedRole, Origin, RoleDocuments
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec


class Reason(NamedTuple):
    """Why a finding is accepted, and the line of the catalog that says so."""

    text: str
    where: SourceLocation


def documents_of(made: RoleDocuments) -> list[Document]:
    """Return the trust policy and the inline, managed and attached policies of the role *made*, as one group."""
    trust = (made.trust_policy.to_json_value(), PolicyType.TRUST, False)
    inline = [(policy.document.to_json_value(), PolicyType.IDENTITY, True) for policy in made.policies]
    managed = [(policy.document.to_json_value(), PolicyType.IDENTITY, False) for policy in made.managed_policies]
    name = f"role {made.name}"
    others = [attached(arn, name, made.name) for arn in made.attached]
    bounding = []
    if made.own_boundary:
        bounding = [(made.own_boundary.document.to_json_value(), PolicyType.BOUNDARY, False)]
    elif made.boundary:
        others.append(attached(made.boundary, name, made.name, boundary=True))
    own = [
        read(Document(name, kind, raw, lambda _: None, group=made.name, inline=is_inline))
        for raw, kind, is_inline in (trust, *inline, *managed, *bounding)
    ]
    return [*own, *others]


def at_origin(finding: Finding, role: ComposedRole) -> Finding:
    """
    Return *finding* at the line of the catalog that its statement of *role* comes from, where there is one.

    Of several it is the first that has the action that the finding speaks of.
    """
    origin = _first_origin(finding, role)
    return finding._replace(path=origin.location.file, line=origin.location.line, column=None) if origin else finding


def at_choice(finding: Finding, role: ComposedRole, spec: Sourced[RoleSpec]) -> Finding:
    """
    Return *finding* where the user chose what it is about: at a line of the role file, or of an own catalog.

    The line of the built-in catalog goes into the message, as its files are none of the user's; without any
    file the finding is at the role itself.
    """
    shown = at_origin(finding, role)
    if shown.path == finding.path:
        return _at(finding, _chosen(spec, None), "")
    if any(shown.path.startswith(f"{folder.rstrip('/')}/") for folder in spec.value.catalog):
        return shown
    line = f":{shown.line}" if shown.line else ""
    return _at(finding, _chosen(spec, _first_origin(finding, role)), f" ({shown.path}{line})")


def _at(finding: Finding, where: SourceLocation, place: str) -> Finding:
    moved = finding._replace(message=finding.message + place)
    return moved._replace(path=where.file, line=where.line, column=None) if where.line else moved


def _chosen(spec: Sourced[RoleSpec], origin: Origin | None) -> SourceLocation:
    """Return where *spec* chose the entry of the catalog that *origin* is in: by its name, or with the persona."""
    if origin and origin.kind == "activity group" and origin.group in spec.value.add:
        return spec.at("add", spec.value.add.index(origin.group))
    if origin and origin.kind == "guardrail" and origin.group in spec.value.guardrail:
        return spec.at("guardrail", origin.group)
    return spec.at("persona")


def _first_origin(finding: Finding, role: ComposedRole) -> Origin | None:
    origins = _origins(finding, role)
    return next((one for one in origins if finding.action in one.actions), next(iter(origins), None))


def _origins(finding: Finding, role: ComposedRole) -> list[Origin]:
    """Return the origins of the statement of *role* that *finding* is about."""
    statements = [one for one in role.statements if finding.sid and one.sid == finding.sid]
    return [origin for one in statements for origin in one.origins]


def accepted(finding: Finding, role: ComposedRole, groups: Mapping[str, Sourced[ActivityGroup]]) -> Reason | None:
    """
    Return why *finding* on a statement of *role* is meant to be there, or None.

    Every activity group that brought the finding's action into the statement must accept it under `accepts`:
    the same action of another group is another matter. A guardrail accepts findings on its own Denies. What `--strict`
    denies on purpose, as no guardrail can narrow it, is meant too. Raises UnknownNameError for a rule that is none.
    """
    if finding.rule == _UNDER_DENY and (strict := _strict_deny(finding, role)):
        return strict
    if by_guardrail := _of_guardrail(finding, role):
        return by_guardrail
    origins = [one for one in _origins(finding, role) if finding.action in one.actions]
    reasons = [_accepting(finding, origin, groups) for origin in origins]
    return reasons[0] if reasons and all(reasons) else None


def _of_guardrail(finding: Finding, role: ComposedRole) -> Reason | None:
    """Return the reason that the guardrail gives whose Deny *finding* is about."""
    key = (finding.rule, finding.action or "")
    reasons = {one.name: one.accepts[key] for one in role.guardrails if key in one.accepts}
    found = (one for one in _origins(finding, role) if one.kind == "guardrail" and one.group in reasons)
    return next((Reason(reasons[one.group], one.location) for one in found), None)


_UNDER_DENY = "RM313"


def _strict_deny(finding: Finding, role: ComposedRole) -> Reason | None:
    """Return the guardrail whose Deny without a condition takes the action of *finding* away, if one does."""
    for statement in role.unfolded:
        if statement.effect is Effect.DENY and not statement.conditions and finding.action in statement.actions:
            guardrail = next((one for one in statement.origins if one.kind == "guardrail"), None)
            if guardrail:
                text = f"the guardrail {guardrail.group} can't narrow it, and --strict denies what it can't narrow"
                return Reason(text, guardrail.location)
    return None


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
