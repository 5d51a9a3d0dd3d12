"""What a principal has for itself, whatever others have: breadth, passing, trust, use; and the nearest persona."""

from collections.abc import Mapping
from dataclasses import replace

from rolemgr.audit.breadth import over_permissioned, passing, reaching
from rolemgr.audit.nearest import Distances, Granted, Nearest
from rolemgr.audit.paths import Walker
from rolemgr.audit.rights import Rights
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.trust import trusting
from rolemgr.compare.errors import TooComplex


def judge(setting: AuditRun, subject: AuditedPrincipal, walker: Walker | None) -> None:
    """Find what *subject* has for itself; an administrator, who has no *walker*, is one already."""
    try:
        if walker is not None:
            over_permissioned(setting, subject)
            passing(setting, subject, walker.starts())
            reaching(setting, subject)
        trusting(setting, subject, is_administrator=walker is None)
    except TooComplex as error:
        setting.cannot_tell(subject, "what it may do", error)
    _use(setting, subject)


def _use(setting: AuditRun, subject: AuditedPrincipal) -> None:
    """Find that a role has not been used, as far as AWS tracks that."""
    holder, today = subject.holder, setting.as_of
    if holder.kind != "role" or today is None:
        return
    if holder.usage is None:
        setting.cannot_tell(subject, "the last use", "the input has no RoleLastUsed of it")
    elif holder.usage.last_used is not None:
        idle = (today - holder.usage.last_used).days
        if idle > setting.days:
            setting.find("AU401", subject, f"last used on {holder.usage.last_used}, {idle} days before {today}")
    elif holder.created is None or (today - holder.created).days > setting.days:
        since = f" since it was made on {holder.created}" if holder.created else ""
        setting.find("AU402", subject, f"no use{since}, within the 400 days that AWS tracks")


class NearestPersonas:
    """Which of *personas*, the actions of each by name, roles are nearest to; what roles share is asked once."""

    def __init__(self, personas: Mapping[str, frozenset[str]]) -> None:
        self._granted, self._distances = Granted(), Distances(personas)

    def of(self, setting: AuditRun, subject: AuditedPrincipal) -> Nearest:
        """Return the persona that *subject*, a role, is nearest to; raise TooComplex where its budget is spent."""
        rights = Rights(subject.holder, setting.now, subject.budget, setting.around)
        allowed, untold = self._granted.actions(subject.holder, rights)
        return replace(self._distances.nearest(subject.holder, allowed), untold=untold)
