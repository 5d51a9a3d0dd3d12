"""
Escalation: how a principal becomes an administrator in up to three steps, each shown by requests that are allowed.

The search goes backwards, from administrators to those who can become one, so that what it costs is the number
of principals times the number of roles that are worth getting at, and not all pairs of roles. Each principal has a
budget of requests, the whole audit has another.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Final

from rolemgr.audit.attachable import BOUNDARY, POLICY_ARN, attachable
from rolemgr.audit.breadth import PASS_ROLE, on_all
from rolemgr.audit.candidates import Candidates
from rolemgr.audit.examples import like, of_kind, strange, strangers
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.rights import Certainty, ShownRequest, ask_trust, tags_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.targets import EVERYTHING, WITHIN, Way, having, own_ways, trusting
from rolemgr.check.paths import acted_on, runs_as, takes_a_role, works_for
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.arn import Arn
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

MOST_STEPS: Final = 3
_ASSUME: Final = "sts:AssumeRole"
_OPEN: Final = "sagemaker:CreatePresignedDomainUrl"
_REWRITE: Final = "iam:UpdateAssumeRolePolicy"
_KEYS: Final = {
    "iam:CreateAccessKey": "makes an access key of it", "iam:CreateLoginProfile": "gives it a password",
    "iam:UpdateLoginProfile": "changes its password",
}  # fmt: skip
_MOST_RESOURCES: Final = 6
_FILLS: Final = {
    "role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"), "user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
}  # fmt: skip
_VERSION: Final = "iam:CreatePolicyVersion"


class Walker:
    """
    Looks for the steps of one principal to others; what it can start is found out once.

    With *unnamed* also to roles behind what others own, whose role the input does not tell.
    """

    def __init__(self, setting: AuditRun, subject: AuditedPrincipal, *, unnamed: bool = False) -> None:
        self.setting, self.subject, self.rights = setting, subject, subject.rights
        self._unnamed = unnamed
        self.opens = self.rights.speaks(_OPEN)
        self.keys = tuple(action for action in _KEYS if self.rights.speaks(action))
        self._starts: dict[str, tuple[str, tuple[ShownRequest, ...]] | None] = {}

    @cached_property
    def passes(self) -> bool:
        """Whether it may pass a role to something; raises TooComplex where the budget is spent."""
        return self._is_allowed_somewhere(PASS_ROLE)

    @cached_property
    def rewrites(self) -> bool:
        """Whether it may write the trust policy of a role; raises TooComplex where the budget is spent."""
        return self._is_allowed_somewhere(_REWRITE)

    @cached_property
    def acts(self) -> Mapping[str, tuple[str, tuple[ShownRequest, ...]]]:
        """By service, the action by which it works as the role behind anything there; raises TooComplex."""
        found: dict[str, tuple[str, tuple[ShownRequest, ...]]] = {}
        for action in runs_as() if self._unnamed else ():
            shown = on_all(self.subject, action, acted_on(action)) if works_for(action) else ()
            for service in works_for(action) if shown else ():
                found.setdefault(service, (action, shown))
        return found

    def starts(self) -> Iterator[tuple[str, str, ShownRequest]]:
        """Yield each action that starts code as a role that is passed, its service, and a request that is allowed."""
        for action, service in takes_a_role().items() if self.passes else ():
            shown = self._started(action)
            if shown:
                yield action, service, shown[0]

    def step_to(self, target: AuditedPrincipal, services: Sequence[str]) -> ChainStep | None:
        """Return the step by which the principal becomes *target*, which lets *services* assume it."""
        if target.holder.kind == "user":
            return self._by_keys(target)
        found = self._by_assuming(target) or self._by_passing(target, services)
        found = found or self._by_opening(target) or self._by_rewriting(target)
        return found or self._by_acting(target, services)

    def _by_assuming(self, target: AuditedPrincipal) -> ChainStep | None:
        trust = target.holder.trust
        if trust is None or not _may_let_in(target, self.subject):
            return None
        answer = self.rights.ask(
            _ASSUME, target.holder.arn, tags_of(target.holder), trust=trust, trust_of=target.holder.arn
        )
        if answer.shown:
            return self._step(target, "assumes it (sts:AssumeRole)", (answer.shown,))
        return None

    def _by_passing(self, target: AuditedPrincipal, services: Sequence[str]) -> ChainStep | None:
        for service in services if self.passes and target.account == self.subject.account else ():
            context = {**tags_of(target.holder), "iam:passedtoservice": service}
            passed = self.rights.ask(PASS_ROLE, target.holder.arn, context)
            if not passed.shown:
                continue
            started = self._start_for(service)
            if started is None:
                continue
            let_in = _service_enters(self.setting, target, service)
            if let_in:
                action, requests = started
                return self._step(
                    target, f"passes it to {service} and runs code as it ({action})", (passed.shown, *requests, let_in)
                )
        return None

    def _by_opening(self, target: AuditedPrincipal) -> ChainStep | None:
        """Return the step by which the principal opens a Studio profile that works as *target*."""
        profiles = self.setting.profiles_of.get(target.holder.arn, ()) if self.opens else ()
        for profile in profiles[:_MOST_RESOURCES]:
            opened = self.rights.ask(_OPEN, profile.arn)
            if opened.shown:
                how = f"opens Studio as {profile.name}, who works as it ({_OPEN})"
                return self._step(target, how, (opened.shown,))
        if len(profiles) > _MOST_RESOURCES and not self.rights.is_uniform(_OPEN):
            reason = (
                f"more than {_MOST_RESOURCES} profiles work as {target.holder.name}, and none of the first is opened"
            )
            self.setting.cannot_tell(self.subject, f"{_OPEN} on all of them", reason)
        return None

    @property
    def reaches_within(self) -> bool:
        """Whether it may have a way to whoever is in its account, beside assuming roles that trust it."""
        return bool(self.passes or self.rewrites or self.opens or self.keys or self.acts)

    def _by_rewriting(self, target: AuditedPrincipal) -> ChainStep | None:
        if not self.rewrites or target.account != self.subject.account:
            return None
        rewrite = self.rights.ask(_REWRITE, target.holder.arn, tags_of(target.holder))
        if not rewrite.shown:
            return None
        trust = trusting(self.subject)
        assumed = self.rights.ask(_ASSUME, target.holder.arn, tags_of(target.holder), trust=trust)
        if assumed.shown:
            how = "writes that it trusts the caller, and assumes it (iam:UpdateAssumeRolePolicy)"
            return self._step(target, how, (rewrite.shown, assumed.shown))
        return None

    def _by_acting(self, target: AuditedPrincipal, services: Sequence[str]) -> ChainStep | None:
        """Return the step by which the principal works as *target*, where what it may change has that role."""
        for service in services if self.acts and target.account == self.subject.account else ():
            action, requests = self.acts.get(service, ("", ()))
            if requests and (let_in := _service_enters(self.setting, target, service)):
                how = f"{runs_as()[action]}, where that is {target.holder.name} ({action} on anything)"
                return self._step(target, how, (*requests, let_in))
        return None

    def _by_keys(self, target: AuditedPrincipal) -> ChainStep | None:
        for action in self.keys if target.account == self.subject.account else ():
            answer = self.rights.ask(action, target.holder.arn, tags_of(target.holder))
            if answer.shown:
                return self._step(target, f"{_KEYS[action]} ({action})", (answer.shown,))
        return None

    def own_way(self, *, bounded: bool = False) -> Way | None:
        """
        Return how the principal gives itself every right, or with *bounded* more than it has; raises TooComplex.

        The boundary and the SCPs that stay on leave less than every right: `through` asks about one action.
        """
        own = own_ways(self.subject, self.setting.groups_of(self.subject), bounded=bounded)
        return next(own, None) or next(self.filling(self.setting.of_account(self.subject), bounded=bounded), None)

    def filling(self, others: Iterable[AuditedPrincipal], *, bounded: bool = False) -> Iterator[Way]:
        """
        Yield how the principal gives each of *others*, which it can become, any policy, or one that it may attach.

        None that has a boundary, unless *bounded* says that what this leaves is enough: then less than every right is.
        """
        fills = {kind: [one for one in actions if self._may_fill(one, kind)] for kind, actions in _FILLS.items()}
        rewrites, pairs = self.rights.speaks(_VERSION), self.setting.pairs_of(self.subject)
        for target in others if rewrites or any(fills.values()) else ():
            pairs.spend(1)
            if not (fills[target.holder.kind] or (rewrites and target.own_policies)):
                continue
            has_bounds = target.holder.boundary_arn is not None and not bounded
            if target is self.subject or has_bounds or not self._may_become(target):
                continue
            found = itertools.chain(
                self._filled(target, fills[target.holder.kind], rewrites=rewrites),
                self._attached(target, fills[target.holder.kind], any_policy=bounded),
            )
            way = next(found, None)
            step = self.step_to(target, services_of(self.setting, target)) if way else None
            for one in itertools.chain([way], found) if way and step else ():
                mine, requests = one.step, (*one.step.requests, *step.requests)  # type: ignore[union-attr]
                yield one._replace(step=mine._replace(how=f"{mine.how}, then {step.how}", requests=requests))  # type: ignore[union-attr]
                if one.writes:
                    break

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
        whom = WITHIN if target.holder.boundary_arn else EVERYTHING
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
                yield from having(made, one, step, any_policy=any_policy)

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

    def _is_allowed_somewhere(self, action: str) -> bool:
        """Tell whether *action* may be allowed on a role: where all that is said is about any role, one is asked."""
        if not self.rights.speaks(action):
            return False
        role = strange(PASS_ROLE, "role", self.subject.partition, self.subject.account, name=self.rights.names.strange)
        return not self.rights.is_uniform(action) or bool(self.rights.ask(action, role))

    def _may_become(self, target: AuditedPrincipal) -> bool:
        """Tell whether any step could lead to *target*, without asking for one."""
        ways = self.passes or self.rewrites or self.opens or self.acts
        return bool(self.keys if target.holder.kind == "user" else ways or _may_let_in(target, self.subject))

    def _step(self, target: AuditedPrincipal, how: str, requests: tuple[ShownRequest, ...]) -> ChainStep:
        return ChainStep(self.subject.holder.arn, target.holder.arn, how, requests)

    def _start_for(self, service: str) -> tuple[str, tuple[ShownRequest, ...]] | None:
        """Return the first action that starts something as a role passed to *service*, with its requests."""
        if service not in self._starts:
            found = ((one, self._started(one)) for one, to in takes_a_role().items() if to == service)
            self._starts[service] = next(((action, shown) for action, shown in found if shown), None)
        return self._starts[service]

    def _started(self, action: str) -> tuple[ShownRequest, ...]:
        """Return the requests by which the principal may do *action* on something, one for each type; none if not."""
        if not self.rights.speaks(action):
            return ()
        found: list[ShownRequest] = []
        for resource in strangers(action, self.subject.partition, self.subject.account, name=self.rights.names.strange):
            shown = next(
                filter(None, (self.rights.ask(action, one).shown for one in self._like(action, resource))), None
            )
            if shown is None:
                return ()
            found.append(shown)
        return tuple(found)

    def _like(self, action: str, resource: str) -> Iterator[str]:
        """Yield *resource*, and such of its type as the policies of the principal name."""
        yield resource
        kind, count = _kinds(resource, action), 0
        named = self.rights.named(action)
        for pattern in named.patterns:
            made = self._of_type(pattern, action, kind) if pattern.strip("*") else None
            if made and count == _MOST_RESOURCES:
                break
            if made:
                count += 1
                yield made
        else:
            if named.complete:
                return
        reason = f"it names more than {count} resources, and none of the first is allowed"
        self.setting.cannot_tell(self.subject, f"{action} on something", reason)

    def _of_type(self, pattern: str, action: str, kinds: frozenset[str]) -> str | None:
        """Return a resource of one of *kinds* that *pattern* matches, None where there is none."""
        holder, name = self.subject, self.rights.names.example
        made = (of_kind(pattern, action, kind, holder.partition, holder.account, name) for kind in sorted(kinds))
        return next(filter(None, made), None)


def _kinds(resource: str, action: str) -> frozenset[str]:
    known = find_action(action)
    return frozenset(types_of(resource, known)) if known and Arn.parse(resource) else frozenset()


def _may_let_in(target: AuditedPrincipal, subject: AuditedPrincipal) -> bool:
    """Tell whether the trust policy of *target* names *subject*, its account or anybody; the evaluator decides."""
    named, account = target.trusted, subject.account
    roots = (account, f"arn:{subject.partition}:iam::{account}:root", subject.holder.arn, "*", "")
    return any(one in named for one in roots)


def _service_enters(setting: AuditRun, target: AuditedPrincipal, service: str) -> ShownRequest | None:
    context = {"aws:sourceaccount": target.account}
    rcps = setting.around.rcps(target.account, _ASSUME)
    answer = ask_trust(service, target.holder, _ASSUME, context, target.budget, setting.now, rcps=rcps)
    if answer.certainty is Certainty.UNKNOWN:
        target.rights.cannot_tell(f"whether {service} may assume it")
    return answer.shown


@cache
def _services() -> tuple[str, ...]:
    """Return the services to which roles are passed, and those whose roles are behind what others own."""
    return tuple(dict.fromkeys((*takes_a_role().values(), *(each for one in runs_as() for each in works_for(one)))))


def services_of(setting: AuditRun, target: AuditedPrincipal) -> tuple[str, ...]:
    """Return the services that may assume *target*, of those that have roles."""
    if target.holder.trust is None or target.holder.kind != "role":
        return ()
    kept = setting.services_of
    if target.holder.arn not in kept:
        try:
            kept[target.holder.arn] = tuple(one for one in _services() if _service_enters(setting, target, one))
        except TooComplex as error:
            setting.cannot_tell(target, "which services may assume it", error)
            kept[target.holder.arn] = ()
    return kept[target.holder.arn]


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
