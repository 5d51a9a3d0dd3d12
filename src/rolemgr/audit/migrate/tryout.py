"""The new role tried on all that was recorded: its guardrails fitted to that, and what becomes of each request."""

from collections.abc import Mapping
from dataclasses import dataclass

from rolemgr.audit.migrate.choose import GroupChoice
from rolemgr.audit.migrate.limits import FittedLimit, with_seen_values, without_blocking
from rolemgr.audit.migrate.seen import SeenAt, TrailRequest
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest, tried
from rolemgr.catalog.load import Catalog
from rolemgr.model.inventory import HeldPolicy, HeldRole


@dataclass(frozen=True)
class RoleTrial:
    """The *choice* with fitted guardrails, these *limits*, and what becomes of each request, in the trail's order."""

    choice: GroupChoice
    limits: tuple[FittedLimit, ...]
    tried: tuple[TriedRequest, ...]

    def having(self, verdict: TrialVerdict) -> list[TriedRequest]:
        """Return the requests of one verdict."""
        return [one for one in self.tried if one.verdict is verdict]


def trial_of(
    catalog: Catalog, old: HeldRole, choice: GroupChoice, requests: Mapping[TrailRequest, SeenAt]
) -> RoleTrial:  # fmt: skip
    """Return the trial of the role of *choice*, in the place of *old*, on *requests*; raise as `composed` does."""
    fitted = with_seen_values(catalog, choice, requests)
    found = tried(requests, old, new_holder(old, fitted.choice))
    better = without_blocking(catalog, fitted, found)
    if better is not fitted:
        found = tried(requests, old, new_holder(old, better.choice))
    return RoleTrial(better.choice, better.limits, found)


def new_holder(old: HeldRole, choice: GroupChoice) -> HeldRole:
    """Return the role of *choice*, which has one, as an inventory would have it, within the boundary of *old*."""
    if choice.role is None or choice.documents is None:
        raise ValueError(choice.problem)
    documents, spec = (*choice.documents.policies, *choice.documents.managed_policies), choice.role.spec
    held = tuple(HeldPolicy(one.name, one.document) for one in documents)
    return HeldRole(
        "role", spec.arn, spec.role_name, spec.account, old.where, held, old.boundary, old.boundary_arn, tags=spec.tags
    )
