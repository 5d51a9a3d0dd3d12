"""
The search for who becomes an administrator: backwards, from administrators to those who can become one.

So what it costs is the number of principals times the number of roles that are worth getting at, and not all pairs of
roles. Each principal has a budget of requests, the whole audit has another.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from rolemgr.audit.candidates import Candidates
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.paths import Walker, services_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.compare.errors import TooComplex

MOST_STEPS: Final = 3


class Search:
    """The search from those who have every right, or can give it to themselves, to all others."""

    def __init__(self, setting: AuditRun, walkers: Mapping[str, Walker], goal: str = "an administrator") -> None:
        self._setting, self._walkers, self._goal = setting, walkers, goal
        self.next_step: dict[str, ChainStep] = {}

    def run(self, administrators: Sequence[str], ways: Mapping[str, ChainStep]) -> Mapping[str, tuple[ChainStep, ...]]:
        """Return the chain of each principal that becomes an administrator, or gives itself every right, by others."""
        self.next_step = {}
        done = {*administrators, *ways}
        frontiers = {0: list(administrators), 1: list(ways)}
        for depth in range(1, MOST_STEPS + 1):
            targets = [self._setting.subjects[arn] for arn in frontiers.get(depth - 1, ())]
            found = self.one_step(targets, done)
            self.next_step |= found
            done |= found.keys()
            frontiers.setdefault(depth, []).extend(found)
        return {arn: self._chain(arn, ways) for arn in self.next_step}

    def one_step(
        self, targets: Sequence[AuditedPrincipal], done: set[str], what: str = "whether it can become an administrator"
    ) -> dict[str, ChainStep]:
        """Return the step to one of *targets* of each principal that is not *done*; *what* can't be told otherwise."""
        found: dict[str, ChainStep] = {}
        services = {one.holder.arn: services_of(self._setting, one) for one in targets}
        candidates = Candidates(targets)
        for arn, walker in self._walkers.items() if targets else ():
            if arn in done:
                continue
            try:
                step = self._first(walker, candidates, services)
            except TooComplex as error:
                self._setting.cannot_tell(walker.subject, what, error)
                continue
            if step:
                found[arn] = step
        return found

    def _first(
        self, walker: Walker, candidates: Candidates, services: Mapping[str, tuple[str, ...]]
    ) -> ChainStep | None:
        for target in candidates.of(walker.subject, within=walker.reaches_within):
            self._setting.pairs_of(walker.subject).spend(1)
            if step := walker.step_to(target, services[target.holder.arn]):
                return step
        return None

    def _chain(self, arn: str, ways: Mapping[str, ChainStep]) -> tuple[ChainStep, ...]:
        steps = [self.next_step[arn]]
        while steps[-1].whom in self.next_step:
            steps.append(self.next_step[steps[-1].whom])
        last = steps[-1].whom
        return (*steps, ways[last]) if last in ways else tuple(steps)
