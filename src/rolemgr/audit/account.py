"""Policies joined to their holders, once all files are read: attached ones, those of groups, boundaries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rolemgr.errors import SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory, PrincipalKind, Unjudged, Usage
from rolemgr.reference.managed_policies import managed_policy


class RawPolicy(NamedTuple):
    """A managed policy as the input has it: its text in force, or the *problem* for which nobody knows it."""

    arn: str
    document: IdentityPolicy | None
    problem: str
    at: SourceLocation
    older: tuple[tuple[str, IdentityPolicy | None], ...] = ()


@dataclass(frozen=True, eq=False)
class Raw:
    """A principal or group as the input has it, before what it names is looked up."""

    kind: PrincipalKind
    arn: str
    name: str
    account: str
    at: SourceLocation
    inline: tuple[tuple[str, IdentityPolicy], ...] = ()
    attached: tuple[str, ...] = ()
    boundary_arn: str | None = None
    trust: TrustPolicy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    created: date | None = None
    usage: Usage | None = None
    unknown: tuple[Unjudged, ...] = ()
    unique_id: str | None = None


class _Account:
    """Looks policies and groups up by their names."""

    def __init__(self, policies: Mapping[str, RawPolicy], groups: Mapping[tuple[str, str], Raw]) -> None:
        self.policies, self.groups = policies, groups
        self._held: dict[tuple[str, str | None], HeldPolicy | str] = {}

    def held(self, arn: str, group: str | None = None) -> HeldPolicy | str:
        """Return the managed policy *arn*, or why nobody knows what it says."""
        key = arn, group
        if key not in self._held:
            self._held[key] = self._found(arn, group)
        return self._held[key]

    def _found(self, arn: str, group: str | None) -> HeldPolicy | str:
        name = arn.rpartition("/")[2]
        raw = self.policies.get(arn)
        if raw is not None and raw.document is not None:
            return HeldPolicy(name, raw.document, arn, group=group, where=raw.at, older=raw.older)
        parts = Arn.parse(arn)
        known = managed_policy(name, parts.partition) if parts and parts.account == "aws" else None
        if known is not None and known.arn == arn:
            return HeldPolicy(name, known.document, arn, "reference", known.version, group)
        if raw is not None:
            return raw.problem
        whose = (
            "AWS's text of it is not among the data" if parts and parts.account == "aws" else "it is not in the input"
        )
        return f"nobody knows what it says: {whose}"

    def principal(self, raw: Raw) -> HeldRole:
        """Return *raw* with all that it has."""
        unknown = list(raw.unknown)
        policies = [HeldPolicy(name, document) for name, document in raw.inline]
        policies += self._attached(raw, raw, None, unknown)
        for name in raw.groups:
            group = self.groups.get((raw.account, name))
            if group is None:
                unknown.append(_unjudged(raw, f"group `{name}` of {raw.arn}", "it is not in the input"))
                continue
            policies += [HeldPolicy(one, document, group=name) for one, document in group.inline]
            policies += self._attached(group, raw, name, unknown)
            unknown += [one._replace(place=f"{one.place} (by which {raw.arn} has rights)") for one in group.unknown]
        boundary = self.held(raw.boundary_arn) if raw.boundary_arn else None
        if isinstance(boundary, str):
            unknown.append(_unjudged(raw, f"permissions boundary {raw.boundary_arn} of {raw.arn}", boundary))
        return HeldRole(
            kind=raw.kind, arn=raw.arn, name=raw.name, account=raw.account, where=raw.at, policies=tuple(policies),
            boundary=boundary if isinstance(boundary, HeldPolicy) else None, boundary_arn=raw.boundary_arn,
            trust=raw.trust, tags=raw.tags, groups=raw.groups, created=raw.created, usage=raw.usage,
            unknown=tuple(unknown), unique_id=raw.unique_id,
        )  # fmt: skip

    def _attached(self, holder: Raw, judged: Raw, group: str | None, unknown: list[Unjudged]) -> Iterable[HeldPolicy]:
        found = [(arn, self.held(arn, group)) for arn in holder.attached]
        unknown += [
            _unjudged(judged, f"policy {arn} of {judged.arn}", problem)
            for arn, problem in found
            if isinstance(problem, str)
        ]
        return [one for _, one in found if isinstance(one, HeldPolicy)]


def _unjudged(raw: Raw, place: str, reason: str) -> Unjudged:
    return Unjudged(raw.at.file, raw.at.line, place, reason)


def joined(
    raw: Sequence[Raw], policies: Mapping[str, RawPolicy], not_judged: Sequence[Unjudged], newest: date | None,
    files: Sequence[str],
) -> Inventory:  # fmt: skip
    """Return the inventory of what was read; a principal that comes twice counts once, and that is said."""
    first: dict[str, Raw] = {}
    aside = list(not_judged)
    for one in raw:
        before = first.setdefault(one.arn, one)
        if before is not one:
            aside.append(_unjudged(one, one.arn, f"it came before, at {before.at}: judged as it stands there"))
    account = _Account(policies, {(one.account, one.name): one for one in first.values() if one.kind == "group"})
    principals = {arn: account.principal(first[arn]) for arn in sorted(first) if first[arn].kind != "group"}
    aside += [one for each in principals.values() for one in each.unknown if not each.is_of_a_service]  # AWS wrote them
    held = {arn: account.held(arn) for arn in sorted(policies)}
    own = {arn: one for arn, one in held.items() if isinstance(one, HeldPolicy) and ":iam::aws:" not in arn}
    groups = {arn: account.principal(first[arn]) for arn in sorted(first) if first[arn].kind == "group"}
    return Inventory(
        principals, customer_policies=own, groups=groups, not_judged=tuple(aside), newest=newest, files=tuple(files)
    )
