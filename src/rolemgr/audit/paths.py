"""
Escalation: the steps by which a principal becomes another one, each shown by requests that are allowed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Final

from rolemgr.audit.breadth import PASS_ROLE, on_all
from rolemgr.audit.examples import of_kind, strange, strangers
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.rights import Certainty, ShownRequest, ask_trust, tags_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.tagging import tagged, with_any_tags
from rolemgr.audit.targets import trusting
from rolemgr.check.paths import acted_on, runs_as, takes_a_role, works_for
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.arn import Arn
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

_ASSUME: Final = "sts:AssumeRole"
_OPEN: Final = "sagemaker:CreatePresignedDomainUrl"
_REWRITE: Final = "iam:UpdateAssumeRolePolicy"
_KEYS: Final = {
    "iam:CreateAccessKey": "makes an access key of it", "iam:CreateLoginProfile": "gives it a password",
    "iam:UpdateLoginProfile": "changes its password",
}  # fmt: skip
_MOST_RESOURCES: Final = 6


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
        return self._step_as_is(target, services) or self._by_tagging(target, services)

    def _step_as_is(self, target: AuditedPrincipal, services: Sequence[str]) -> ChainStep | None:
        """Return the step to *target* with the tags that both have."""
        if target.holder.kind == "user":
            return self._by_keys(target)
        found = self._by_assuming(target) or self._by_passing(target, services)
        found = found or self._by_opening(target) or self._by_rewriting(target)
        return found or self._by_acting(target, services)

    @cached_property
    def with_tags(self) -> "Walker | None":
        """Looks for the steps of the principal with any tags, of its own and of its target; None where it sets none."""
        free = with_any_tags(self.subject)
        return Walker(self.setting, free, unnamed=self._unnamed) if free else None

    def _by_tagging(self, target: AuditedPrincipal, services: Sequence[str]) -> ChainStep | None:
        """Return the step to *target* once the principal has set tags: its own, or those of *target*."""
        free = self.with_tags if self.subject.turns_on_tags or target.trusts_tags else None
        asked = free._step_as_is(target, services) if free else None
        if free is None or asked is None:
            return None
        requests = [(free.subject, one) for one in asked.requests]
        mine = tagged(self.subject, self.subject.holder, requests)
        changed = Walker(self.setting, self.subject.working_as(mine.holder), unnamed=self._unnamed) if mine else None
        theirs = tagged(changed.subject, target.holder, requests) if changed else None
        if mine is None or changed is None or theirs is None:
            return None
        step = changed._step_as_is(target.working_as(theirs.holder), services)
        if step is None:
            return None
        how = ", ".join(filter(None, (mine.how, theirs.how, f"then {step.how}")))
        return step._replace(how=how, requests=(*mine.shown, *theirs.shown, *step.requests))

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
            let_in = lets_in(self.setting, target, service)
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
        ways = self.passes or self.rewrites or self.opens or self.keys or self.acts
        free = self.with_tags if not ways and self.subject.turns_on_tags else None
        return bool(ways or (free and free.reaches_within))

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
            if requests and (let_in := lets_in(self.setting, target, service)):
                how = f"{runs_as()[action]}, where that is {target.holder.name} ({action} on anything)"
                return self._step(target, how, (*requests, let_in))
        return None

    def _by_keys(self, target: AuditedPrincipal) -> ChainStep | None:
        for action in self.keys if target.account == self.subject.account else ():
            answer = self.rights.ask(action, target.holder.arn, tags_of(target.holder))
            if answer.shown:
                return self._step(target, f"{_KEYS[action]} ({action})", (answer.shown,))
        return None

    def _is_allowed_somewhere(self, action: str) -> bool:
        """Tell whether *action* may be allowed on a role: where all that is said is about any role, one is asked."""
        if not self.rights.speaks(action):
            return False
        role = strange(PASS_ROLE, "role", self.subject.partition, self.subject.account, name=self.rights.names.strange)
        return not self.rights.is_uniform(action) or bool(self.rights.ask(action, role))

    def may_become(self, target: AuditedPrincipal) -> bool:
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


def lets_in(setting: AuditRun, target: AuditedPrincipal, service: str) -> ShownRequest | None:
    """Return the request by which *service* assumes *target*, for the account; None where it may not."""
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
            kept[target.holder.arn] = tuple(one for one in _services() if lets_in(setting, target, one))
        except TooComplex as error:
            setting.cannot_tell(target, "which services may assume it", error)
            kept[target.holder.arn] = ()
    return kept[target.holder.arn]
