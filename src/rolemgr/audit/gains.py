"""
How a principal comes to more than it was given: by its own policies, those of others whom it becomes, or by tags.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from rolemgr.audit.attachable import BOUNDARY, POLICY_ARN, attachable
from rolemgr.audit.breadth import is_administrator
from rolemgr.audit.contexts import TAG_KEYS
from rolemgr.audit.examples import like, strange
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.paths import Walker, services_of
from rolemgr.audit.rights import tags_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.tagging import Tagged, tagged, with_any_tags
from rolemgr.audit.targets import EVERYTHING, WITHIN, Way, having, own_ways
from rolemgr.audit.unbound import CHANGES, Unbound, is_bound, put_back, told_of, unbound, with_older

_FILLS: Final = {
    "role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"), "user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
}  # fmt: skip
_VERSION: Final = "iam:CreatePolicyVersion"


class Goal(Protocol):
    """What a principal may come to, by a *name* of its own among the goals of one audit."""

    name: str

    def of(self, subject: AuditedPrincipal) -> Way | None:
        """Return how *subject*, as it is, has it or comes to it; None where it does not."""


class Gains:
    """The ways of the principal that *walker* looks for steps of."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.setting, self.subject, self.rights = walker, walker.setting, walker.subject, walker.rights

    def own_way(self, *, bounded: bool = False) -> Way | None:
        """
        Return how the principal gives itself every right, or with *bounded* more than it has; raises TooComplex.

        The boundary and the SCPs that stay on leave less than every right: `through` asks about one action.
        """
        found = next(self.as_it_is(bounded=bounded), None)
        return found or next(self.tagged_ways(_Everything(self.setting, bounded=bounded)), None)

    def as_it_is(self, *, bounded: bool) -> Iterator[Way]:
        """Yield how the principal, as it is, gives itself more; raises TooComplex."""
        yield from own_ways(self.subject, self.setting.groups_of(self.subject), bounded=bounded)
        yield from self.filling(self.setting.of_account(self.subject), bounded=bounded)

    def tagged_ways(self, goal: Goal) -> Iterator[Way]:
        """Yield how it comes to *goal* by tags that it sets, on itself or on whom it becomes; raises TooComplex."""
        if with_any_tags(self.subject) is None:
            return
        for target in self.setting.turning_on_tags(self.subject):
            is_self = target.holder.arn == self.subject.holder.arn
            self.setting.pairs_of(self.subject).spend(1)
            given = self._given_tags(target, goal) if is_self or self.walker.may_become(target) else None
            changed = self.subject.working_as(given.holder) if given and given.shown else None
            way = goal.of(changed) if changed else None
            if given is None or changed is None or way is None:
                continue
            step = None if is_self else self.walker.step_to(changed, services_of(self.setting, target))
            if is_self or step:
                how = ", ".join(filter(None, (given.how, step and step.how, f"then {way.step.how}")))
                requests = (*given.shown, *(step.requests if step else ()), *way.step.requests)
                yield way._replace(step=ChainStep(self.subject.holder.arn, way.step.whom, how, requests))

    def _given_tags(self, target: AuditedPrincipal, goal: Goal) -> Tagged | None:
        """Return the tags that *target* needs for *goal*, as the principal may set them; None where it may not."""
        key = target.holder.arn, goal.name
        if key not in self.setting.by_any_tags:
            free = target.working_as(target.holder, TAG_KEYS)
            way = goal.of(free)
            self.setting.by_any_tags[key] = tuple((free, one) for one in way.step.requests) if way else None
        asked = self.setting.by_any_tags[key]
        return tagged(self.subject, target.holder, asked) if asked else None

    def filling(self, others: Iterable[AuditedPrincipal], *, bounded: bool = False) -> Iterator[Way]:
        """
        Yield how the principal gives each of *others*, which it can become, any policy, or one that it may attach.

        None that has a boundary that stays on, unless *bounded* says that what this leaves is enough: then less than
        every right is.
        """
        fills = {kind: [one for one in actions if self._may_fill(one, kind)] for kind, actions in _FILLS.items()}
        rewrites, pairs = self.rights.speaks(_VERSION), self.setting.pairs_of(self.subject)
        changes = rewrites or any(map(self.rights.speaks, CHANGES))
        for target in others if changes or any(fills.values()) else ():
            pairs.spend(1)
            if not (fills[target.holder.kind] or (changes and (target.own_policies or target.holder.boundary_arn))):
                continue
            if target.holder.arn == self.subject.holder.arn or not self.walker.may_become(target):
                continue
            found = self._fillings(target, fills[target.holder.kind], rewrites=rewrites, bounded=bounded)
            way = next(found, None)
            step = self.walker.step_to(target, services_of(self.setting, target)) if way else None
            for one in itertools.chain([way], found) if way and step else ():
                mine, requests = one.step, (*one.step.requests, *step.requests)  # type: ignore[union-attr]
                yield one._replace(step=mine._replace(how=f"{mine.how}, then {step.how}", requests=requests))  # type: ignore[union-attr]
                if one.writes:
                    break

    def _fillings(
        self, target: AuditedPrincipal, actions: Sequence[str], *, rewrites: bool, bounded: bool
    ) -> Iterator[Way]:
        """Yield how *target* is given any policy, or one that there is: once its boundary is off, where it has one."""
        for freed in (*unbound(self.subject, target.holder), Unbound(target.holder, "", ())):
            actor = target.working_as(freed.holder)
            if freed.shown and (everything := is_administrator(actor)):
                step = ChainStep(self.subject.holder.arn, EVERYTHING, freed.how, (*freed.shown, *everything[:1]))
                yield Way(step, actor.holder)
            elif freed.shown and bounded:
                step = ChainStep(self.subject.holder.arn, f"what {target.holder.name} may do", freed.how, freed.shown)
                yield Way(step, actor.holder, writes=False)
            found = itertools.chain(
                self._filled(actor, actions, rewrites=rewrites) if bounded or not is_bound(actor) else (),
                self._attached(actor, actions, any_policy=bounded),
                self._put_back(actor, any_policy=bounded),
            )
            for one in found:
                how = f"{freed.how} and {one.step.how}" if freed.how else one.step.how
                yield one._replace(step=one.step._replace(how=how, requests=(*freed.shown, *one.step.requests)))

    def _put_back(self, target: AuditedPrincipal, *, any_policy: bool) -> Iterator[Way]:
        """Yield how an older version of a policy that *target* has comes in force."""
        for one in put_back(self.subject, target.own_policies):
            made = self.subject.working_as(with_older(target.holder, one))
            step = ChainStep(self.subject.holder.arn, "", told_of(one), (one.shown,))
            yield from having(made, str(one.policy.arn), step, any_policy=any_policy)

    def _filled(self, target: AuditedPrincipal, actions: Sequence[str], *, rewrites: bool) -> Iterator[Way]:
        """Yield how *target* is given any policy."""
        name, policy = target.holder.name, f"arn:{target.partition}:iam::aws:policy/AdministratorAccess"
        bounds = {BOUNDARY: target.holder.boundary_arn, POLICY_ARN: policy}
        context = {**tags_of(target.holder), **bounds} if actions else {}
        own = target.own_policies if rewrites else ()
        asked = [
            *((f"gives {name} any policy ({one})", one, target.holder.arn, context) for one in actions),
            *((f"rewrites {one.arn}, which {name} has ({_VERSION})", _VERSION, str(one.arn), {}) for one in own),
        ]
        whom = WITHIN if is_bound(target) else EVERYTHING
        for how, action, resource, settled in asked:
            if shown := self.rights.ask(action, resource, settled).shown:
                yield Way(ChainStep(self.subject.holder.arn, whom, how, (shown,)), target.holder)

    def _attached(self, target: AuditedPrincipal, actions: Sequence[str], *, any_policy: bool) -> Iterator[Way]:
        """Yield how *target* is given one of the policies that conditions leave."""
        holder, settled = target.holder, {**tags_of(target.holder), BOUNDARY: target.holder.boundary_arn}
        for action in (one for one in actions if one.startswith("iam:Attach")):
            for one in attachable(self.subject, action, holder.arn, settled):
                how = f"attaches {one.policy.arn} to {holder.name} ({action})"
                step = ChainStep(self.subject.holder.arn, "", how, one.shown)
                made = self.subject.working_as(holder).joined_by((one.policy,))
                yield from having(made, str(one.policy.arn), step, any_policy=any_policy)

    def _may_fill(self, action: str, kind: str) -> bool:
        return self.rights.speaks(action) and not self._refused_everywhere(action, kind)

    def _refused_everywhere(self, action: str, kind: str) -> bool:
        """Tell whether *action* is allowed on no role (or user): no pattern is about one, or all is denied."""
        if not any(like(pattern, action, kind) for pattern in self.rights.patterns(action)):
            return True
        if not self.rights.is_uniform(action):
            return False
        anybody = strange(action, kind, self.subject.partition, self.subject.account, name=self.rights.names.strange)
        return not self.rights.ask(action, anybody)


class _Everything:
    """Every right, or with *bounded* more than there is."""

    def __init__(self, setting: AuditRun, *, bounded: bool) -> None:
        self._setting, self._bounded, self.name = setting, bounded, f"every right {bounded}"

    def of(self, subject: AuditedPrincipal) -> Way | None:
        """Return how *subject* has it, or gives it to itself."""
        if everything := is_administrator(subject):
            return Way(ChainStep(subject.holder.arn, EVERYTHING, "may do everything", everything), subject.holder)
        return next(Gains(Walker(self._setting, subject)).as_it_is(bounded=self._bounded), None)
