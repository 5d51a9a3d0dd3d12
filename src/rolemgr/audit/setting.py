"""One audit at work: the inventory, everybody's rights, what was found, what can't be told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Final

from rolemgr.audit.contexts import speaks_of_tags
from rolemgr.audit.finding import AuditFinding, AuditRule, ChainStep, Judged, rules, table
from rolemgr.audit.rights import Rights, ShownRequest
from rolemgr.audit.surroundings import Surroundings
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.model.inventory import HeldPolicy, HeldRole, Inventory, Unjudged
from rolemgr.model.inventory_layers import StudioMember

MOST_REQUESTS: Final = 600_000
"""How many requests an audit may ask over all principals of an account, beside `PER_PRINCIPAL` of each."""
PER_PRINCIPAL: Final = 20_000
MOST_PAIRS: Final = 2_000_000
"""Pairs of a principal and a role that are looked at in an account: a thousand roles, two thousand principals."""
_PAIRS: Final = "there are more than {:,} pairs of a principal and a role to look at"
_PROBLEM: Final = "it takes more than {:,} requests to tell"


class AuditedPrincipal:
    """One principal that is judged, with its rights and the budget that its questions have."""

    def __init__(
        self, holder: HeldRole, now: str, whole: Budget, around: Surroundings, free: tuple[str, ...] = ()
    ) -> None:
        self.holder, self.now, self.around = holder, now, around
        self.budget = Budget(PER_PRINCIPAL, whole, _PROBLEM)
        self.rights = Rights(holder, now, self.budget, around, free)
        self.is_bound: bool | None = None
        """Whether its boundary leaves less than everything; None until somebody asks (`rolemgr.audit.unbound`)."""
        arn = Arn.parse(holder.arn)
        self.partition = arn.partition if arn else "aws"

    def joined_by(self, more: tuple[HeldPolicy, ...]) -> "AuditedPrincipal":
        """Return it as it is with *more* policies, paid for from the same budget."""
        return self.working_as(replace(self.holder, policies=self.holder.policies + more))

    def working_as(self, holder: HeldRole, free: tuple[str, ...] = ()) -> "AuditedPrincipal":
        """
        Return *holder*, itself changed or another that it works as, paid for from the same budget.

        Keys that begin as *free* have any value that is wanted.
        """
        mine = self.holder
        same = holder.policies == mine.policies and holder.boundary is mine.boundary
        made = holder if same or holder.arn != mine.arn else replace(holder, is_changed=True)
        return AuditedPrincipal(made, self.now, self.budget, self.around, free)

    @property
    def account(self) -> str:
        """The account that it is of."""
        return self.holder.account

    @cached_property
    def own_policies(self) -> tuple[HeldPolicy, ...]:
        """The policies of the account that it has attached, each once."""
        held = (
            one for one in self.holder.policies if one.arn and one.source == "account" and ":iam::aws:" not in one.arn
        )
        return tuple({one.arn: one for one in held}.values())

    @cached_property
    def trusted(self) -> frozenset[str]:
        """What the Allows of its trust policy name as AWS principals; none where it has no trust policy."""
        found: set[str] = set()
        for one in self.holder.trust.statement if self.holder.trust else ():
            if one.effect is Effect.ALLOW and one.principal:
                principal = one.principal
                found.update(principal.get("AWS", ()) if isinstance(principal, Mapping) else (principal,))
        return frozenset(found)

    @cached_property
    def turns_on_tags(self) -> bool:
        """Whether its policies, its boundary or its SCPs compare tags of principals, or of roles and users."""
        policies = self.rights.policies
        bounds = (policies.permissions_boundary,) if policies.permissions_boundary else ()
        controls = (one for level in policies.service_control for one in level)
        return any(map(speaks_of_tags, (*policies.identity, *bounds, *controls)))

    @cached_property
    def trusts_tags(self) -> bool:
        """Whether its trust policy compares tags."""
        return self.holder.trust is not None and speaks_of_tags(self.holder.trust)

    @cached_property
    def unless(self) -> str:
        """What of it is not known and could deny what was found."""
        bound = self.holder.boundary_arn if self.holder.boundary is None else None
        return f"its boundary {bound}, which is not in the input, may deny it" if bound else ""


class AuditRun:
    """The subjects of an audit as of a day; collects what is found and what can't be told."""

    def __init__(self, inventory: Inventory, as_of: date | None, days: int, most: int = MOST_REQUESTS) -> None:
        self.inventory, self.as_of, self.days = inventory, as_of, days
        self.now = f"{as_of.isoformat()}T00:00:00Z" if as_of else "2001-01-01T00:00:00Z"
        self.services_of: dict[str, tuple[str, ...]] = {}
        self.around = Surroundings(inventory)
        self.by_any_tags: dict[tuple[str, str], tuple[tuple[AuditedPrincipal, ShownRequest], ...] | None] = {}
        """By principal and goal, what it asks, and as whom, to come to it with any tags; None where it does not."""
        self._turning: dict[str, list[AuditedPrincipal]] = {}
        self._pairs: dict[str, Budget] = {}
        self.most, self._budgets = most, dict[str, Budget]()
        judged = (one for one in inventory.principals.values() if not one.is_of_a_service)
        self.subjects = {
            one.arn: AuditedPrincipal(one, self.now, self.budget_of(one.account), self.around) for one in judged
        }
        self.findings: list[AuditFinding] = []
        self.untold: list[Unjudged] = []
        self._found: dict[tuple[str, str, tuple[str, ...]], int] = {}

    def budget_of(self, account: str) -> Budget:
        """Return the budget of requests that all of *account*, principals and resources, have together."""
        return self._budgets.setdefault(account, Budget(self.most, problem=_PROBLEM))

    def pairs_of(self, subject: AuditedPrincipal) -> Budget:
        """Return the budget of pairs that the account of *subject* has."""
        if (found := self._pairs.get(subject.account)) is None:  # asked for a million times
            found = self._pairs[subject.account] = Budget(MOST_PAIRS, problem=_PAIRS)
        return found

    @property
    def ran_out(self) -> bool:
        """Whether a budget ran out: of an account, a principal, or pairs."""
        return any(one.ran_out for one in (*self._budgets.values(), *self._pairs.values()))

    def of_account(self, subject: AuditedPrincipal) -> Sequence[AuditedPrincipal]:
        """Return the subjects of the account that *subject* is of: whom it can change by IAM's own requests."""
        return self._of_account[subject.account]

    def turning_on_tags(self, subject: AuditedPrincipal) -> Sequence[AuditedPrincipal]:
        """Return those of the account of *subject* whose policies compare tags, itself first."""
        if subject.account not in self._turning:
            self._turning[subject.account] = [one for one in self.of_account(subject) if one.turns_on_tags]
        return sorted(self._turning[subject.account], key=lambda one: one.holder.arn != subject.holder.arn)

    def groups_of(self, subject: AuditedPrincipal) -> Sequence[HeldRole]:
        """Return the groups of the account that *subject* is of."""
        return self._groups.get(subject.account, ())

    @cached_property
    def _groups(self) -> Mapping[str, Sequence[HeldRole]]:
        found: dict[str, list[HeldRole]] = {}
        for one in self.inventory.groups.values():
            found.setdefault(one.account, []).append(one)
        return found

    @cached_property
    def _of_account(self) -> Mapping[str, Sequence[AuditedPrincipal]]:
        found: dict[str, list[AuditedPrincipal]] = {}
        for one in self.subjects.values():
            found.setdefault(one.account, []).append(one)
        return found

    @cached_property
    def profiles_of(self) -> Mapping[str, Sequence[StudioMember]]:
        """
        The Studio profiles that a presigned URL opens, by the role that works there.

        "This operation can only be called when the authentication mode equals IAM."
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedDomainUrl.html
        """
        found: dict[str, list[StudioMember]] = {}
        closed = {one.domain for one in self.inventory.studio if one.sso}
        for one in self.inventory.studio:
            if one.kind == "user profile" and one.role and one.domain not in closed:
                found.setdefault(one.role, []).append(one)
        return found

    def rule(self, identifier: str) -> AuditRule:
        """Return the kind of finding *identifier*."""
        return rules()[identifier]

    def find(
        self, identifier: str, subject: AuditedPrincipal, message: str, requests: tuple[ShownRequest, ...] = (),
        steps: tuple[ChainStep, ...] = (), about: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Note a finding of *subject*; of several of one kind *about* the same, each has its number."""
        self._note(identifier, subject.holder, message, requests, steps, self.unless_of(subject, steps), about)

    def unless_of(self, subject: AuditedPrincipal, steps: Sequence[ChainStep]) -> str:
        """Return what is not known of *subject*, or of who works on its *steps*, and could deny what is found."""
        others = (self.subjects[one.who] for one in steps if one.who in self.subjects)
        told = {one.holder.arn: one.unless for one in (subject, *others) if one.unless}
        whose = {arn: "" if arn == subject.holder.arn else f" (of {arn.rpartition('/')[2]})" for arn in told}
        return "; ".join(f"{unless}{whose[arn]}" for arn, unless in told.items())

    def find_at(
        self, identifier: str, judged: Judged, message: str, requests: tuple[ShownRequest, ...] = (),
        unless: str = "", about: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Note a finding of a resource, of a domain or profile of Studio, or of an endpoint."""
        self._note(identifier, judged, message, requests, (), unless, about)

    def _note(
        self, identifier: str, judged: Judged, message: str, requests: tuple[ShownRequest, ...],
        steps: tuple[ChainStep, ...], unless: str, about: tuple[str, ...],
    ) -> None:  # fmt: skip
        key = identifier, judged.arn, about
        self._found[key] = self._found.get(key, 0) + 1
        numbered = (*about, str(self._found[key])) if self._found[key] > 1 else about
        rule = self.rule(identifier)
        self.findings.append(AuditFinding(rule, judged, message, requests, steps, unless, numbered))

    def cannot_tell_at(self, judged: Judged, what: str, reason: TooComplex | str) -> None:
        """Note that *what* of a resource, domain or profile can't be told."""
        self.untold.append(Unjudged(judged.where.file, judged.where.line, f"{what} of {judged.arn}", str(reason)))

    def cannot_tell(self, subject: AuditedPrincipal, what: str, error: TooComplex | str) -> None:
        """Note that *what* of *subject* can't be told."""
        at = subject.holder.where
        self.untold.append(Unjudged(at.file, at.line, f"{what} of {subject.holder.arn}", str(error)))

    def all_untold(self) -> Iterator[Unjudged]:
        """Yield what can't be told, one for each principal and question."""
        yield from dict.fromkeys(self.untold)
        for subject in self.subjects.values():
            at = subject.holder.where
            for what, reason in sorted(subject.rights.cuts.items()):
                yield Unjudged(at.file, at.line, f"{what} of {subject.holder.arn}", reason)
            for what, count in sorted(subject.rights.untold.items()):
                times = "a request" if count == 1 else f"{count} requests"
                reason = f"whether conditions let {times} through can't be told"
                yield Unjudged(at.file, at.line, f"{what} of {subject.holder.arn}", reason)


def probes(name: str) -> tuple[tuple[str, str], ...]:
    """Return the actions with resource types that stand for *name* in the table."""
    return tuple((action, kind) for action, kind in table()[name])
