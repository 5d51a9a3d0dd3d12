"""
Give a resource its planned policy: look again, put, and read back.

One call replaces the whole policy, so it is there or not. Whether it is, after an answer that was lost, is read.
"""

from rolemgr.account.connect import Access
from rolemgr.account.execute import WAITS, Sleep
from rolemgr.account.resource_plan import ResourcePlan, same_statements
from rolemgr.account.resource_policies import put_resource_policy, read_resource_policy
from rolemgr.errors import AwsError


def carry_out_policy(way: Access, plan: ResourcePlan, sleep: Sleep) -> None:
    """
    Do what *plan* says. *sleep* waits for AWS to see what it was told.

    Raises AwsError where AWS refuses, where the policy is no longer what was planned for, and where something else is
    read back.
    """
    now = read_resource_policy(way, plan.target)
    if (now.text, now.missing) != (plan.there.text, plan.there.missing):
        raise AwsError(f"the {plan.target.title} has changed since the plan was made", "look at it again")
    try:
        _put(way, plan, sleep)
    except AwsError as error:
        if not error.perhaps_done or error.concerns_all or not _is_there(way, plan):
            raise
    for wait in (*WAITS, None):
        if _is_there(way, plan):
            return
        if wait is None:
            raise AwsError(f"the {plan.target.title} reads back as something else than was put", perhaps_done=True)
        sleep(wait)


def _is_there(way: Access, plan: ResourcePlan) -> bool:
    found = read_resource_policy(way, plan.target).document
    return found is not None and same_statements(found, plan.document)


def _put(way: Access, plan: ResourcePlan, sleep: Sleep) -> None:
    """Put the policy, again after a while where AWS does not know a role yet that was just made."""
    for wait in (*WAITS, None):
        try:
            put_resource_policy(way, plan.target, plan.document)
        except AwsError as error:
            if wait is None or "principal" not in error.problem.lower() or error.concerns_all:
                raise
            sleep(wait)
        else:
            return
