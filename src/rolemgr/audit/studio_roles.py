"""Who works in Studio as which role: domains and profiles whose role is more than a persona."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from rolemgr.audit.nearest import Nearest
from rolemgr.audit.setting import AuditRun
from rolemgr.model.inventory_layers import StudioMember

_TOO_MUCH: Final = ("AU001", "AU002", "AU003", "AU004", "AU301", "AU302", "AU303")
"""What a role that people work as should not have, the worst first."""


class Worker(NamedTuple):
    """A *member* of Studio, the persona that its role is *nearest* to, and by how many actions it *exceeds* it."""

    member: StudioMember
    nearest: str | None
    exceeds: int


def judge_studio(setting: AuditRun, near: Iterable[Nearest]) -> tuple[Worker, ...]:
    """
    Find domains and profiles whose role is more than a persona; return who works as which role.

    To be called when all roles are judged. A profile that works as the domain's role is one of the domain's finding.
    """
    by_role = {one.role.arn: one for one in near}
    faults: dict[str, str] = {}
    for finding in sorted(setting.findings, key=lambda one: one.rule.id):
        if finding.rule.id in _TOO_MUCH:
            faults.setdefault(finding.principal.arn, finding.rule.title)
    members = setting.inventory.studio
    for one in members:
        _known(setting, one)
        if not one.inherits and one.kind != "space":
            _judged(setting, one, by_role, faults, _who(one, members))
    return tuple(_worker(one, by_role) for one in members)


def _worker(member: StudioMember, by_role: Mapping[str, Nearest]) -> Worker:
    near = by_role.get(member.role or "")
    return Worker(member, near.persona if near else None, len(near.exceeds) if near else 0)


def _who(domain: StudioMember, members: Iterable[StudioMember]) -> str:
    """Return in words how many work as the role of *domain*; nothing for what is not a domain."""
    if domain.kind != "domain":
        return ""
    count = sum(one.kind == "user profile" and one.inherits and one.domain == domain.domain for one in members)
    return f", and {count} profile{'' if count == 1 else 's'} without a role of their own" if count else ""


def _known(setting: AuditRun, member: StudioMember) -> None:
    if member.role is None and member.kind != "space" and not member.inherits:
        setting.cannot_tell_at(member, "the role", "the answer names no ExecutionRole")
    for role in dict.fromkeys((member.role, member.space_role)):
        if role is not None and role not in setting.inventory.principals:
            setting.cannot_tell_at(member, f"what {role} may do, the role", "it is not in the input")


def _judged(
    setting: AuditRun, member: StudioMember, by_role: Mapping[str, Nearest], faults: Mapping[str, str], others: str
) -> None:
    for role in dict.fromkeys(filter(None, (member.role, member.space_role))):
        name, near = role.rpartition("/")[2], by_role.get(role)
        if role in faults:
            setting.find_at(
                "AU701",
                member,
                f"{member.kind} works as {name}{others}, which {_in_words(faults[role])}",
                about=(role,),
            )
        elif near and near.exceeds:
            more = f"{near.persona} and {len(near.exceeds):,} more action{'' if len(near.exceeds) == 1 else 's'}"
            setting.find_at(
                "AU702", member, f"{member.kind} works as {name}{others}: {more}", about=(role, *near.exceeds)
            )


def _in_words(title: str) -> str:
    return "has AmazonSageMakerFullAccess" if title.startswith("AmazonSageMaker") else title
