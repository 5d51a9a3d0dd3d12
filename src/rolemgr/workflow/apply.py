"""Planned roles carried out in the account, one after the other."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import sleep

from rolemgr.account.connect import Access
from rolemgr.account.execute import Execution
from rolemgr.account.existing import find_existing
from rolemgr.account.plan import RolePlan, plan_role
from rolemgr.errors import AwsError
from rolemgr.report.plan import Done
from rolemgr.workflow.account_options import ApplyOptions
from rolemgr.workflow.outside import Say


def carry_out(
    way: Access, plans: Sequence[RolePlan], options: ApplyOptions, run: str, say: Say, *, verbose: bool
) -> tuple[list[Done], BaseException | None]:
    """Return how each role ended, and what interrupted the run, if anything did; say each that is done."""
    done: list[Done] = []
    stop: BaseException | None = None
    for plan in plans:
        arn = plan.wanted.arn
        if plan.action == "unchanged" or stop:
            done.append(Done(arn, "unchanged" if plan.action == "unchanged" else "not begun"))
            continue
        try:
            one, failure = _one(way, plan, options, run, say, alone=verbose or len(plans) == 1)
            done.append(one)
            if one.result in ("created", "updated"):
                say_if_heard(say, f"{len(done)}/{len(plans)} {one.result} {arn}")
        except (KeyboardInterrupt, SystemExit) as interruption:
            failure = interruption  # it came between two calls: the role is as it should be, or not begun
            if not done or done[-1].arn != arn:
                done.append(Done(arn, "failed", "interrupted", (), "see `rolemgr plan`"))
        if failure and (not isinstance(failure, AwsError) or failure.concerns_all):
            stop = failure
    return done, None if isinstance(stop, AwsError) else stop


def _one(
    way: Access, plan: RolePlan, options: ApplyOptions, run: str, say: Say, *, alone: bool
) -> tuple[Done, BaseException | None]:
    """Return how the role of *plan* ended, and what it failed of."""
    arn, result = plan.wanted.arn, "created" if plan.action == "create" else "updated"
    execution = Execution(way.iam, plan, run, sleep=sleep, tell=_teller(plan, say, alone=alone))
    try:
        _plan_again(way, plan, options, run)
        execution.carry_out()
    except (AwsError, KeyboardInterrupt, SystemExit) as failure:
        error = str(failure) if isinstance(failure, AwsError) else "interrupted"
        if execution.complete:
            return Done(arn, result, None, tuple(execution.left)), failure
        return Done(arn, "failed", error, tuple(execution.left), _remains(execution)), failure
    return Done(arn, result, None, tuple(execution.left)), None


def _plan_again(way: Access, plan: RolePlan, options: ApplyOptions, run: str) -> None:
    """Raise AwsError where the account is no longer as it was when the plan was shown."""
    now = plan_role(plan.wanted, find_existing(way.iam, plan.wanted), run, update=options.update, prune=options.prune)
    if isinstance(now.problem, AwsError):
        raise now.problem
    if (now.action, now.steps) != (plan.action, plan.steps):
        raise AwsError("the account has changed since the plan was made", "look at it again")


def _teller(plan: RolePlan, say: Say, *, alone: bool) -> Callable[[str], None]:
    """Return what says a step; of many roles only the end of each is said."""
    if not alone:
        return lambda _: None
    return lambda what: say_if_heard(say, f"{plan.wanted.documents.name}: {what}")


def say_if_heard(say: Say, text: str) -> None:
    """Say *text* if anybody still listens: a pipe that was closed must stop neither a change nor its taking back."""
    with suppress(OSError):
        say(text)


def _remains(execution: Execution) -> str:
    """Return what there is to say of what a role that failed leaves; what is not known to be gone is named."""
    if execution.left:
        return "not all of it could be taken back, see above"
    if execution.unseen:
        return f"an answer was lost: {', '.join(execution.unseen)} may still come to be, look with `rolemgr plan`"
    return "all of it was taken back" if execution.begun else "nothing was changed"
