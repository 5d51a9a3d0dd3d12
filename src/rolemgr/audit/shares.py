"""
An audit's work on principals in shares, which other processes or machines may do: each is judged for itself.

What is found is the same byte for byte as in one process. Only budgets tie principals together: a share begins with
nothing paid for, so that it spends at least what it would have spent in its turn. Where no budget ran out although
all that the shares spent is added up, none runs out in one process either, and nothing else differs. Where one
did, the audit is done again in one process (`rolemgr.audit.run`).
"""

import io
import pickle  # what is read comes from our own processes alone
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.audit.breadth import is_of_sagemaker
from rolemgr.audit.each import NearestPersonas, judge
from rolemgr.audit.finding import AuditFinding
from rolemgr.audit.nearest import Nearest
from rolemgr.audit.paths import Walker
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import TrustPolicy
from rolemgr.model.inventory import HeldRole, Inventory, Unjudged
from rolemgr.model.inventory_layers import HeldResource

PRINCIPALS: Final = 50
"""How many principals a share has: half a second of work, beside which sending it costs nothing."""


class PrincipalShare(NamedTuple):
    """The *principals*, by ARN, of a share, and which of them are *administrators*."""

    principals: tuple[str, ...]
    administrators: frozenset[str]


class Own(NamedTuple):
    """What is found of one principal for itself, and the requests that were spent on it."""

    arn: str
    findings: tuple[AuditFinding, ...]
    untold: tuple[Unjudged, ...]
    requests_untold: Mapping[str, int]
    cuts: Mapping[str, str]
    nearest: Nearest | None
    spent: int
    ran_out: bool

    def add_to(self, setting: AuditRun) -> None:
        """Note in *setting* what was found, and count what it took."""
        subject = setting.subjects[self.arn]
        setting.findings += self.findings
        setting.untold += self.untold
        for what, count in self.requests_untold.items():
            subject.rights.untold[what] = subject.rights.untold.get(what, 0) + count
        subject.rights.cuts.update(self.cuts)
        if self.ran_out:
            subject.budget.end()
        with suppress(TooComplex):  # which the budget notes
            subject.budget.spend(self.spent)


@dataclass(frozen=True, eq=False)
class SharedAudit:
    """What each share of an audit needs: all that one process has; *personas* is None where no role needs them."""

    inventory: Inventory
    as_of: date | None
    days: int
    most_requests: int
    personas: Mapping[str, frozenset[str]] | None

    @cached_property
    def worker(self) -> "_Worker":
        """What judges in this process, for all shares that it does."""
        return _Worker(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent: a process makes its own worker."""
        return {name: value for name, value in self.__dict__.items() if name != "worker"}


Judging: TypeAlias = Callable[[SharedAudit, Sequence[PrincipalShare]], Iterator[bytes]]
"""Has `judged` done for each share, by whomever, and yields what it returns in the order of the shares."""


def judged(common: SharedAudit, share: PrincipalShare) -> bytes:
    """Return what is found of each principal of *share*, for `found_in`."""
    found = [common.worker.own(arn, is_administrator=arn in share.administrators) for arn in share.principals]
    buffer = io.BytesIO()
    _Writing(buffer, common.inventory).dump(found)
    return buffer.getvalue()


def found_in(answer: bytes, inventory: Inventory) -> Sequence[Own]:
    """Return what `judged` answered, about the principals and resources of *inventory* themselves."""
    found: list[Own] = _Reading(io.BytesIO(answer), inventory).load()
    return found


def shares_of(principals: Iterable[str], administrators: Iterable[str]) -> list[PrincipalShare]:
    """Return *principals* in shares, in their order."""
    arns, all_powerful = tuple(principals), frozenset(administrators)
    parts = (arns[at : at + PRINCIPALS] for at in range(0, len(arns), PRINCIPALS))
    return [PrincipalShare(part, all_powerful.intersection(part)) for part in parts]


def passes(walker: Walker) -> None:
    """Have *walker* find out whether it passes roles: who has the shares judged counts that, for its own search."""
    with suppress(TooComplex):  # which the budget notes
        _ = walker.passes


class _Worker:
    """Judges principals one by one; what an earlier one paid for is known to the next."""

    def __init__(self, common: SharedAudit) -> None:
        self._setting = AuditRun(common.inventory, common.as_of, common.days, common.most_requests)
        self._personas = NearestPersonas(common.personas) if common.personas is not None else None

    def own(self, arn: str, *, is_administrator: bool) -> Own:
        """Return what is found of the principal *arn* for itself."""
        setting, subject = self._setting, self._setting.subjects[arn]
        walker = None if is_administrator else Walker(setting, subject)
        if walker is not None:
            passes(walker)
        before = dict(subject.rights.untold)
        setting.findings, setting.untold = [], []
        judge(setting, subject, walker)
        nearest, spent = self._nearest(subject), subject.budget
        counts = {what: count - before.get(what, 0) for what, count in subject.rights.untold.items()}
        return Own(
            arn, tuple(setting.findings), tuple(setting.untold), {what: n for what, n in counts.items() if n},
            subject.rights.cuts, nearest, spent.spent, spent.ran_out,
        )  # fmt: skip

    def _nearest(self, subject: AuditedPrincipal) -> Nearest | None:
        if self._personas is None or subject.holder.kind != "role" or not is_of_sagemaker(subject):
            return None
        try:
            return self._personas.of(self._setting, subject)
        except TooComplex:
            subject.budget.end()  # it is told by the audit in one process
            return None


class _Writing(pickle.Pickler):
    """Writes what is found; principals, trust policies and resources of the inventory by their ARNs."""

    def __init__(self, file: io.BytesIO, inventory: Inventory) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._inventory = inventory

    def persistent_id(self, what: Any) -> tuple[str, str] | None:
        """Return the kind and ARN of what both sides have, None for anything else."""
        if isinstance(what, HeldRole):
            return ("role", what.arn) if self._inventory.principals.get(what.arn) is what else None
        if isinstance(what, HeldResource):
            return ("resource", what.arn) if self._inventory.resources.get(what.arn) is what else None
        return ("trust", self._trusts[id(what)]) if isinstance(what, TrustPolicy) and id(what) in self._trusts else None

    @cached_property
    def _trusts(self) -> Mapping[int, str]:
        return {id(one.trust): one.arn for one in self._inventory.principals.values() if one.trust is not None}


class _Reading(pickle.Unpickler):
    """Reads what `_Writing` wrote."""

    def __init__(self, file: io.BytesIO, inventory: Inventory) -> None:
        super().__init__(file)
        self._inventory = inventory

    def persistent_load(self, known: tuple[str, str]) -> Any:
        """Return what *known* names."""
        kind, arn = known
        if kind == "resource":
            return self._inventory.resources[arn]
        role = self._inventory.principals[arn]
        return role if kind == "role" else role.trust
