"""The new role tried on all that was recorded: its guardrails fitted to that, and what becomes of each request."""

from collections.abc import Mapping
from dataclasses import dataclass

from rolemgr.audit.migrate.choose import GroupChoice
from rolemgr.audit.migrate.limits import (
    FittedLimit,
    RefusedValue,
    denying_guardrails,
    refused_values,
    with_seen_values,
    without_blocking,
)
from rolemgr.audit.migrate.seen import RoleCalls, SeenAt, TrailRequest
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest, tried
from rolemgr.catalog.load import Catalog
from rolemgr.model.inventory import HeldPolicy, HeldRole


@dataclass(frozen=True)
class RoleTrial:
    """
    The *choice* with fitted guardrails, these *limits*, and what becomes of each request, in the trail's order.

    *refused* are the values beyond the limits that were asked for in vain. Requests of which nothing came, and that a
    guardrail of the new role denies, are *vain*: they are told with these, and not tried.
    """

    choice: GroupChoice
    limits: tuple[FittedLimit, ...]
    tried: tuple[TriedRequest, ...]
    refused: tuple[RefusedValue, ...] = ()
    vain: tuple[TriedRequest, ...] = ()

    def having(self, verdict: TrialVerdict) -> list[TriedRequest]:
        """Return the requests of one verdict."""
        return [one for one in self.tried if one.verdict is verdict]


def trial_of(
    catalog: Catalog, old: HeldRole, choice: GroupChoice, requests: Mapping[TrailRequest, SeenAt],
    refused: Mapping[TrailRequest, SeenAt] | None = None,
) -> RoleTrial:  # fmt: skip
    """
    Return the trial of the role of *choice*, in the place of *old*, on *requests*; raise as `composed` does.

    *refused* are those that AWS denied the old role.
    """
    fitted = with_seen_values(catalog, choice, requests)
    found = tried(requests, old, new_holder(old, fitted.choice))
    better = without_blocking(catalog, fitted, found)
    if better is not fitted:
        found = tried(requests, old, new_holder(old, better.choice))
    return _trial(catalog, better.choice, better.limits, found, refused or {})


def tried_again(catalog: Catalog, old: HeldRole, trial: RoleTrial, choice: GroupChoice, use: RoleCalls) -> RoleTrial:
    """Return *trial* with the role of *choice*, which has more guardrails, in the place of its own."""
    if choice is trial.choice:
        return trial
    found = tried(use.requests, old, new_holder(old, choice))
    return _trial(catalog, choice, trial.limits, found, use.refused)


def _trial(
    catalog: Catalog, choice: GroupChoice, limits: tuple[FittedLimit, ...], found: tuple[TriedRequest, ...],
    refused: Mapping[TrailRequest, SeenAt],
) -> RoleTrial:  # fmt: skip
    vain = tuple(one for one in found if _is_vain(choice, one))
    without = {**refused, **{one.request: one.seen for one in vain}}
    rest = tuple(one for one in found if one not in vain) if vain else found
    return RoleTrial(choice, limits, rest, refused_values(catalog, choice, without), vain)


def _is_vain(choice: GroupChoice, one: TriedRequest) -> bool:
    is_denied = one.verdict is not TrialVerdict.ALLOWED and not one.seen.went_through
    return is_denied and any(denying_guardrails(choice.role, one))


def new_holder(old: HeldRole, choice: GroupChoice) -> HeldRole:
    """Return the role of *choice*, which has one, as an inventory would have it, within the boundary of *old*."""
    if choice.role is None or choice.documents is None:
        raise ValueError(choice.problem)
    documents, spec = (*choice.documents.policies, *choice.documents.managed_policies), choice.role.spec
    held = tuple(HeldPolicy(one.name, one.document) for one in documents)
    return HeldRole(
        "role", spec.arn, spec.role_name, spec.account, old.where, held, old.boundary, old.boundary_arn, tags=spec.tags
    )
