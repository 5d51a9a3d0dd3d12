"""The accounts of a blueprint, and its organization, against what it says."""

from collections.abc import Iterator
from functools import partial

from rolemgr.account.connect import Access
from rolemgr.account.document_drift import document_drift
from rolemgr.account.drift import DriftKind
from rolemgr.account.resource_plan import in_words, split_statements
from rolemgr.account.resource_policies import ResourcePolicyThere, read_resource_policy
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.check.finding import Severity
from rolemgr.compare.place import place_of
from rolemgr.errors import AwsError, RolemgrError
from rolemgr.report.blueprint_accounts import PolicyNotJudged, UnsharedThing
from rolemgr.report.blueprint_drift import AccountDrift, BlueprintDrift, ExaminedPolicy, LayerDrift
from rolemgr.workflow.account_options import AccessOptions
from rolemgr.workflow.blueprint_accounts import Picked, ReachedAccount, WantedPolicy, accounts_of, reached
from rolemgr.workflow.drift import examine, is_bad
from rolemgr.workflow.left_roles import left_roles
from rolemgr.workflow.left_statements import left_behind
from rolemgr.workflow.many import Progress
from rolemgr.workflow.organization import organization_drift
from rolemgr.workflow.plan import each_examined


def drift_of_blueprint(
    found: ComposedBlueprint, access: AccessOptions, progress: Progress, pick: Picked
) -> BlueprintDrift:
    """Return how each account of *found* that *pick* means differs; what can't be read is in it, with the reason."""
    judge = partial(_examined, found=found, progress=progress, whole=pick.roles is None)
    accounts = tuple(judge(one) for one in reached(accounts_of(found, pick), access))
    levels = organization_drift(found, access) if pick.is_all else None
    return BlueprintDrift(found.source.source.name, accounts, levels)


def _examined(one: ReachedAccount, found: ComposedBlueprint, progress: Progress, *, whole: bool) -> AccountDrift:
    if one.way is None:
        return AccountDrift(one.wanted.access, None, error=one.error, notes=one.wanted.notes)
    roles, unseen = each_examined(one.wanted.roles, partial(examine, one.way), progress)
    stop = next((each.error for each in unseen if _concerns_all(each.error)), None)
    policies: list[ExaminedPolicy] = []
    unread: list[PolicyNotJudged] = []
    for each in one.wanted.policies:
        try:
            if stop:
                raise stop
            policies.append(_policy(each, read_resource_policy(one.way, each.target), one.way.account))
        except RolemgrError as error:
            stop = error if _concerns_all(error) else None
            unread.append(PolicyNotJudged(each.target, error, each.where))
    for thing in one.wanted.unshared:
        try:
            if stop:
                raise stop
            policies += _left_over(found, one.way, thing)
        except RolemgrError as error:
            stop = error if _concerns_all(error) else None
            unread.append(PolicyNotJudged(thing.target, error, thing.where))
    left = left_roles(found, one) if whole and not stop else ()
    return AccountDrift(
        one.wanted.access, one.way, tuple(roles), (*one.refused, *unseen), tuple(policies), tuple(unread), None,
        (*one.wanted.notes, *left),
    )  # fmt: skip


def _left_over(found: ComposedBlueprint, way: Access, thing: UnsharedThing) -> Iterator[ExaminedPolicy]:
    """Yield the policy of *thing* where an earlier flow left something in it."""
    there = read_resource_policy(way, thing.target).document
    texts = tuple(left_behind(found, way.account, thing, there)) if there else ()
    if texts:
        drifts = tuple(LayerDrift("resource-policy-gained", text, thing.where) for text in texts)
        yield ExaminedPolicy(thing.target, drifts)


def _concerns_all(error: RolemgrError) -> bool:
    return isinstance(error, AwsError) and error.concerns_all


def _policy(wanted: WantedPolicy, there: ResourcePolicyThere, account: str) -> ExaminedPolicy:
    drifts = tuple(_drifts(wanted, there, account))
    notes: tuple[str, ...] = ()
    if there.document and not drifts:
        others = split_statements(there.document, wanted.placed.document).others
        notes = tuple(f"{in_words(one)} is not in the file, and allows nothing more" for one in others)
    return ExaminedPolicy(wanted.target, drifts, notes)


def _drifts(wanted: WantedPolicy, there: ResourcePolicyThere, account: str) -> Iterator[LayerDrift]:
    target = wanted.target
    if there.missing:
        yield LayerDrift("resource-missing", f"the {target.kind} {target.name} is not in the account", wanted.where)
    elif there.document is None:
        yield LayerDrift("resource-policy-missing", f"there is no {target.title}", wanted.where)
    else:
        at = place_of(target.arn, account)
        for one in document_drift(f"the {target.title}", there.document, wanted.placed.document, at):
            kind: DriftKind = "resource-policy-gained" if one.way == "gained" else "resource-policy-lost"
            kind = "resource-policy-unknown" if one.unknown else kind
            yield LayerDrift(
                kind, one.what, wanted.where, one.request, one.who, stands_for_others=one.stands_for_others
            )


def fails(drift: BlueprintDrift, fail_on: str) -> bool:
    """Tell whether a difference is as bad as *fail_on* says."""
    worst = Severity(fail_on.upper())
    roles = any(is_bad(one.roles, fail_on) for one in drift.accounts)
    return roles or any(one.severity.at_least(worst) for one in drift.layer_drifts)
