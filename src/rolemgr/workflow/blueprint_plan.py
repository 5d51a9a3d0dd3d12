"""The plan of a blueprint: account by account its roles and the policies of what it shares, then the organization's."""

from collections.abc import Iterator
from functools import partial

from rolemgr.account.resource_plan import ResourcePlan, plan_resource_policy
from rolemgr.account.resource_policies import read_resource_policy
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.errors import AwsError, InputError, RolemgrError, SourceLocation
from rolemgr.report.blueprint_accounts import PolicyNotJudged
from rolemgr.report.blueprint_plan import AccountPlan, BlueprintPlan
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions
from rolemgr.workflow.blueprint_accounts import Picked, ReachedAccount, accounts_of, reached
from rolemgr.workflow.left_roles import left_roles
from rolemgr.workflow.left_statements import left_behind
from rolemgr.workflow.many import Progress
from rolemgr.workflow.organization import organization_drift
from rolemgr.workflow.plan import planned_roles


def plan_blueprint(
    found: ComposedBlueprint, access: AccessOptions, options: ApplyOptions, run: str, progress: Progress,
    pick: Picked, *, organization: bool,
) -> BlueprintPlan:  # fmt: skip
    """
    Return what is to be done in each account of *found* that *pick* means; nothing is changed.

    What can't be reached or read is in it, with the reason. Where *organization* is asked for and all is meant, the
    policies of the organization are looked at too. Raises InputError for what is wrong in the blueprint or the options.
    """
    if options.prune and not options.update:
        raise InputError(SourceLocation("--prune"), "goes with --update")
    wanted = accounts_of(found, pick)
    judge = partial(_planned, found=found, options=options, run=run, progress=progress, whole=pick.roles is None)
    accounts = tuple(judge(one) for one in reached(wanted, access))
    levels = organization_drift(found, access) if organization and pick.is_all else None
    return BlueprintPlan(found.source.source.name, accounts, levels, exported=bool(found.layers) and levels is None)


def _planned(
    one: ReachedAccount, found: ComposedBlueprint, options: ApplyOptions, run: str, progress: Progress, *, whole: bool
) -> AccountPlan:
    """Return the plan of *one* account; after an error that concerns all of it the rest of it is not asked for."""
    if one.way is None:
        return AccountPlan(one.wanted.access, None, error=one.error, notes=one.wanted.notes)
    planned, unseen = planned_roles(one.wanted.roles, one.way, options, run, progress)
    policies: list[ResourcePlan] = []
    unread: list[PolicyNotJudged] = []
    stop = next((each.error for each in unseen if _concerns_all(each.error)), None)
    for each in one.wanted.policies:
        try:
            if stop:
                raise stop
            there = read_resource_policy(one.way, each.target)
        except RolemgrError as error:
            stop = error if _concerns_all(error) else None
            unread.append(PolicyNotJudged(each.target, error, each.where))
            continue
        policies.append(
            plan_resource_policy(each.target, each.placed.document, there, update=options.update, prune=options.prune)
        )
    left = (*left_roles(found, one), *_left_statements(found, one)) if whole and not stop else ()
    return AccountPlan(
        one.wanted.access, one.way, tuple(planned), (*one.refused, *unseen), tuple(policies), tuple(unread), None,
        (*one.wanted.notes, *left),
    )  # fmt: skip


def _left_statements(found: ComposedBlueprint, one: ReachedAccount) -> Iterator[str]:
    """Yield a sentence on each statement that an earlier flow left, or on why that is not known."""
    assert one.way  # noqa: S101 - who calls has reached it
    for thing in one.wanted.unshared:
        try:
            there = read_resource_policy(one.way, thing.target).document
        except RolemgrError as error:
            yield f"whether an earlier flow left something in the {thing.target.title} is not known: {error}"
            if _concerns_all(error):
                return
            continue
        for text in left_behind(found, one.way.account, thing, there) if there else ():
            yield f"{text}: it is left alone, take it away by hand"


def _concerns_all(error: RolemgrError) -> bool:
    return isinstance(error, AwsError) and error.concerns_all
