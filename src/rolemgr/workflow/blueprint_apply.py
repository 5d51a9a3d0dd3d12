"""
The plan of a blueprint carried out: roles of all accounts first, then the policies that name them.

AWS takes a policy that names a role of another account only where that role exists, so the order goes across the
accounts. What fails in one account stops nothing in the others, but for the policies that name a role that is not
there for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from time import sleep

from rolemgr.account.order import trusted_first
from rolemgr.account.plan import RolePlan
from rolemgr.account.resource_execute import carry_out_policy
from rolemgr.account.resource_plan import ResourcePlan
from rolemgr.errors import AwsError
from rolemgr.report.blueprint_plan import AccountDone, AccountPlan, BlueprintPlan
from rolemgr.report.plan import Done
from rolemgr.workflow.account_options import ApplyOptions
from rolemgr.workflow.apply import carry_out, say_if_heard
from rolemgr.workflow.outside import Say
from rolemgr.workflow.plan import problem_of, refusals


class _Run:
    """One run over the accounts of a plan; accounts whose credentials end are left alone from then on."""

    def __init__(self, plan: BlueprintPlan, options: ApplyOptions, run: str, say: Say, *, verbose: bool) -> None:
        self.plan, self.options, self.run, self.say, self.verbose = plan, options, run, say, verbose
        self.roles: dict[str, list[Done]] = {one.access.name: [] for one in plan.accounts}
        self.policies: dict[str, list[Done]] = {one.access.name: [] for one in plan.accounts}
        self.stopped: set[str] = set()
        self.interruption: BaseException | None = None

    def take_roles(self) -> None:
        """Bring the roles of all accounts there, those first that others trust."""
        for account, plans in _in_order(self.plan.accounts):
            name = account.access.name
            if account.way is None or name in self.stopped or self.interruption:
                self.roles[name] += [Done(one.wanted.arn, _not_begun(one)) for one in plans]
                continue
            done, self.interruption = carry_out(
                account.way, plans, self.options, self.run, self.say, verbose=self.verbose
            )
            self.roles[name] += done
            if any(one.result == "not begun" for one in done):
                self.stopped.add(name)

    def take_policies(self) -> None:
        """Give resources their policies."""
        lacking = set(self._not_there())
        for account in self.plan.accounts:
            for one in account.policies:
                if not one.problem:
                    self.policies[account.access.name].append(self._policy(account, one, lacking))

    def _not_there(self) -> Iterator[str]:
        """Yield the roles that are not there as ours; of those that nobody looked at, AWS knows."""
        failed = {
            one.arn for done in self.roles.values() for one in done if one.result in ("failed", "not begun")
        }  # fmt: skip
        for account in self.plan.accounts:
            for one in account.roles:
                arn = one.plan.wanted.arn
                if one.plan.drift is None and (arn in failed or problem_of(one)):
                    yield arn

    def _policy(self, account: AccountPlan, one: ResourcePlan, lacking: set[str]) -> Done:
        arn, name = one.target.arn, account.access.name
        if one.action == "unchanged":
            return Done(arn, "unchanged")
        if account.way is None or name in self.stopped or self.interruption:
            return Done(arn, "not begun")
        if waiting := sorted(_named(one) & lacking):
            return Done(
                arn,
                "failed",
                f"it names {', '.join(waiting)}, which is not there as the blueprint has it",
                (),
                "nothing was changed",
            )
        try:
            if self.verbose:
                say_if_heard(self.say, f"{one.target.title}: {'; '.join(one.steps)}")
            carry_out_policy(account.way, one, sleep)
        except AwsError as error:
            if error.concerns_all:
                self.stopped.add(name)
            remains = "it may be there: look with `rolemgr plan`" if error.perhaps_done else "nothing was changed"
            return Done(arn, "failed", str(error), (), remains)
        except (KeyboardInterrupt, SystemExit) as interruption:
            self.interruption = interruption
            return Done(arn, "failed", "interrupted", (), "it may be there: look with `rolemgr plan`")
        result = "created" if one.action == "create" else "updated"
        say_if_heard(self.say, f"{result} the {one.target.title}")
        return Done(arn, result)


def apply_blueprint(
    plan: BlueprintPlan, options: ApplyOptions, run: str, say: Say, *, verbose: bool
) -> tuple[list[AccountDone], BaseException | None]:
    """Return how the roles and policies of each account ended, and what interrupted the run, if anything did."""
    work = _Run(plan, options, run, say, verbose=verbose)
    work.take_roles()
    work.take_policies()
    return [_done(work, one) for one in plan.accounts], work.interruption


def _done(work: _Run, one: AccountPlan) -> AccountDone:
    refused = [Done(arn, "refused", str(error)) for arn, error in refusals(one.roles, one.refused)]
    problems = [
        *((each.target.arn, each.problem) for each in one.policies if each.problem),
        *((each.target.arn, each.error) for each in one.unread),
    ]
    unmade = [Done(arn, "refused", str(problem)) for arn, problem in problems]
    name = one.access.name
    return AccountDone(one.access, one.way, (*work.roles[name], *refused), (*work.policies[name], *unmade), one.error)


def _in_order(accounts: Sequence[AccountPlan]) -> Iterator[tuple[AccountPlan, list[RolePlan]]]:
    """Yield accounts with roles of theirs, so that a role comes after those that it trusts, of whatever account."""
    plans: Mapping[str, tuple[int, RolePlan]] = {
        one.plan.wanted.arn: (number, one.plan)
        for number, account in enumerate(accounts)
        for one in account.roles
        if not problem_of(one)
    }
    order = trusted_first({arn: plan.wanted.documents.trust_policy for arn, (_, plan) in plans.items()})
    for number, found in groupby((plans[arn] for arn in order), key=lambda pair: pair[0]):
        yield accounts[number], [plan for _, plan in found]


def _not_begun(plan: RolePlan) -> str:
    return "unchanged" if plan.action == "unchanged" else "not begun"


def _named(one: ResourcePlan) -> set[str]:
    """Return the principals that the planned policy names by their ARN."""
    found: set[str] = set()
    for statement in one.document.statement:
        if isinstance(statement.principal, Mapping):
            found.update(statement.principal.get("AWS", ()))
    return found
