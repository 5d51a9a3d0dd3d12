"""
What kind of change it is from a role in an account to the one that is wanted: what comes, what goes, what swaps.

Which order of its steps is safe depends on that; see `update`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rolemgr.account.drift import own_policies
from rolemgr.account.ownership import without_own_tags
from rolemgr.account.read import AccountPolicy, AccountRole
from rolemgr.account.role_steps import policy_steps
from rolemgr.account.step import PlanStep
from rolemgr.account.wanted import ExistingResources, Wanted
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement, PolicyDocument
from rolemgr.model.role import NamedPolicy, RoleDocuments
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.reference.quirks import quota

NOTHING = IdentityPolicy.model_validate(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "WhileRolemgrChanges", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
)
"""The inline policy of a role that may do nothing while it is changed."""


@dataclass(frozen=True)
class Change:
    """A change of one role: what is *wanted* and what was *found*, *old* being the role in it."""

    wanted: Wanted
    found: ExistingResources
    old: AccountRole
    run: str

    @property
    def new(self) -> RoleDocuments:
        """What the role is to be."""
        return self.wanted.documents

    @cached_property
    def inline(self) -> dict[str, IdentityPolicy]:
        """The inline policies that there are, by name."""
        return {policy.name: policy.document for policy in self.old.policies}

    @cached_property
    def wanted_inline(self) -> dict[str, IdentityPolicy]:
        """The inline policies that there are to be, by name."""
        return {policy.name: policy.document for policy in self.new.policies}

    @cached_property
    def detached(self) -> tuple[AccountPolicy, ...]:
        """The attachments that go."""
        return tuple(policy for policy in self.old.attached if policy.arn not in self.wanted.attachments)

    @cached_property
    def attached(self) -> tuple[str, ...]:
        """The ARNs of the attachments that come."""
        there = {policy.arn for policy in self.old.attached}
        return tuple(arn for arn in self.wanted.attachments if arn not in there)

    @cached_property
    def of_policies(self) -> tuple[PlanStep, ...]:
        """The steps that bring the managed policies to their documents; attached or not, they are ours."""
        return tuple(
            step
            for policy in self.new.managed_policies
            for step in policy_steps(self.wanted, policy, self.found, self.run)
        )

    @cached_property
    def of_boundary(self) -> tuple[PlanStep, ...]:
        """
        The steps that bring the boundary that is made with the role to its document.

        It holds all that the new role has, so what the old role has and the new one has not ends with it.
        """
        own = self.new.own_boundary
        if own is None:
            return ()
        return tuple(policy_steps(self.wanted, NamedPolicy(own.name, own.document), self.found, self.run))

    @cached_property
    def pruned_inline(self) -> tuple[str, ...]:
        """The names of the inline policies that go."""
        return tuple(name for name in self.inline if name not in self.wanted_inline)

    @cached_property
    def leaves_inline(self) -> bool:
        """Whether its own inline policy, there or on the way alone, goes once everything else is done."""
        return self.inline_name not in self.wanted_inline and (
            self.inline_name in self.inline or self.on_the_way is not None
        )

    @cached_property
    def set_tags(self) -> dict[str, str]:
        """The tags that are new or have another value."""
        return {key: value for key, value in self.new.tags.items() if self.old.tags.get(key) != value}

    @cached_property
    def pruned_tags(self) -> tuple[str, ...]:
        """The keys of the tags that go."""
        return tuple(key for key in without_own_tags(self.old.tags) if key not in self.new.tags)

    def extras(self) -> Iterator[str]:
        """Yield what is on the role and not in the file, in words; its own inline policy is rolemgr's to take away."""
        yield from (f"inline policy {name}" for name in self.pruned_inline if name != self.inline_name)
        own = own_policies(self.old, self.new)
        yield from (f"attached policy {policy.arn}" for policy in self.detached if policy.name not in own)
        yield from (f"tag {key}" for key in self.pruned_tags)
        if self.old.boundary and not self.new.boundary:
            yield f"permissions boundary {self.old.boundary}"

    @cached_property
    def moves_others(self) -> bool:
        """Whether policies change beside its own inline policy."""
        return bool(self.of_policies or self.attached or self.detached or self.pruned_inline)

    @cached_property
    def swaps_boundary(self) -> bool:
        """Whether another boundary takes the place of one."""
        return bool(self.old.boundary and self.new.boundary and self.old.boundary != self.new.boundary)

    @cached_property
    def trust(self) -> str:
        """How the trust policy changes: "same", "narrower", "wider" or "other"."""
        return _direction(self.old.trust_policy, self.new.trust_policy)

    @cached_property
    def old_looks_at_tags(self) -> bool:
        """Whether the old policies look at a tag of the principal that changes, or may: a text is not known."""
        keys = (*self.set_tags, *self.pruned_tags)
        unread = any(_document_of(policy) is None for policy in self.old.attached)
        return bool(keys) and (unread or _mentions(keys, self._old_documents()))

    @cached_property
    def swaps_tags(self) -> bool:
        """Whether tags change that both the old and the new policies look at in the principal."""
        keys = (*self.set_tags, *self.pruned_tags)
        return self.old_looks_at_tags and _mentions(keys, self._new_documents())

    @cached_property
    def loses_denies(self) -> bool:
        """Whether Denies go with a policy that is not rolemgr's own, or with an unknown one."""
        others = [policy for policy in self._going if not policy.belongs_to(self.old.name)]
        unread = [policy for policy in self._going if policy.document is None]
        return any(map(_may_deny, (*others, *unread))) or any(
            _denies(self.inline[name]) for name in self.pruned_inline if name != self.inline_name
        )

    @cached_property
    def _going(self) -> list[AccountPolicy]:
        """The attached policies that go or change."""
        changed = {step.call.parameters.get("PolicyArn") for step in self.of_policies}
        return [*self.detached, *(policy for policy in self.old.attached if policy.arn in changed)]

    @cached_property
    def moves(self) -> int:
        """How many policies change, come or go."""
        others = [name for name in self.pruned_inline if name != self.inline_name]
        managed = len(self.of_policies) + len(self.attached) + len(self.detached) + len(others)
        return managed + (self.inline.get(self.inline_name) != self.wanted_inline.get(self.inline_name))

    @cached_property
    def frozen(self) -> bool:
        """Whether the role has to do nothing while it is changed."""
        swaps = self.swaps_boundary + self.swaps_tags + (self.trust == "other")
        if swaps and swaps + self.moves > 1:
            return True
        return (
            self.moves > 1
            and self.moves_others
            and (self.loses_denies or not self._fits(self.between.statement if self.between else ()))
        )

    def notes(self) -> Iterator[str]:
        """Yield what the role's sessions will feel while it is changed."""
        if self.frozen:
            yield "for the seconds of the change the role may do nothing: no order of these changes is safe"
        elif self.paused:
            yield f"for the seconds of the change the role is without {', '.join(self.paused)}"

    @cached_property
    def on_the_way(self) -> IdentityPolicy | None:
        """What its own inline policy is while others change, or None where there is none."""
        if self.frozen:
            return NOTHING
        return self.between if self.moves_others and self.moves > 1 else self.inline.get(self.inline_name)

    @property
    def inline_name(self) -> str:
        """The name of its own inline policy, which holds every Deny: also of the one that it has on the way alone."""
        return self.new.name

    @cached_property
    def between(self) -> IdentityPolicy | None:
        """
        Return the old inline policy with the Denies of old and new beside its own, or None where that is empty.

        Those of the old role that stay attached as they are need not be there. Where the quota does not hold it all,
        Allows are left out: first those that the new one has not, the largest first.
        """
        old, new = self.inline.get(self.inline_name), self.wanted_inline.get(self.inline_name)
        before = old.statement if old else ()
        statements, known = list(before), [_without_sid(one) for one in before]
        for one in map(_without_sid, self._denies_on_the_way()):  # the Sid may be taken
            if one not in known:
                statements.append(one)
                known.append(one)
        allows = [one for one in before if one.effect is Effect.ALLOW]
        kept = new.statement if new else ()
        for one in sorted(allows, key=lambda one: (one in kept, -one.size())):
            if self._fits(statements):
                break
            statements.remove(one)
        return NOTHING.model_copy(update={"statement": tuple(statements)}) if statements else None

    def _denies_on_the_way(self) -> Iterator[IdentityStatement]:
        """Yield the Denies of the new role, and those of rolemgr's own policies that go or change."""
        staying = {policy.arn: policy.document for policy in self.old.attached if policy not in self._going}
        new = [policy for policy in self.new.managed_policies if self.wanted.policy_arn(policy) not in staying]
        own = [policy for policy in self._going if policy.belongs_to(self.old.name)]
        kept = (policy.document for policy in own if policy.document)
        for document in (*self.wanted_inline.values(), *(policy.document for policy in new), *kept):
            yield from (one for one in document.statement if one.effect is Effect.DENY)

    @cached_property
    def paused(self) -> tuple[str, ...]:
        """The Sids of the Allows that the role has before and after, and not while it is changed."""
        kept = self.on_the_way.statement if self.on_the_way else ()
        old = self.inline.get(self.inline_name)
        lost = [one for one in (old.statement if old else ()) if one not in kept and one.effect is Effect.ALLOW]
        return tuple(str(one.sid) for one in lost) if self.moves_others else ()

    def _fits(self, statements: Iterable[IdentityStatement]) -> bool:
        whole = NOTHING.model_copy(update={"statement": tuple(statements)})
        others = sum(document.size() for name, document in self.inline.items() if name != self.inline_name)
        return whole.size() + others <= quota("role_inline_policies")

    def _old_documents(self) -> Iterable[PolicyDocument]:
        return (*self.inline.values(), *filter(None, map(_document_of, self.old.attached)))

    def _new_documents(self) -> Iterable[PolicyDocument]:
        return (*self.wanted_inline.values(), *(policy.document for policy in self.new.managed_policies))


def _without_sid(statement: IdentityStatement) -> IdentityStatement:
    return statement.model_copy(update={"sid": None})


def _direction(old: PolicyDocument, new: PolicyDocument) -> str:
    """Return how *new* stands to *old*, as far as their statements alone tell."""
    before, after = old.statements(), new.statements()
    if old == new:
        return "same"
    if any(one.effect is Effect.DENY for one in (*before, *after)):
        return "other"
    if all(one in before for one in after):
        return "narrower"
    return "wider" if all(one in after for one in before) else "other"


def _mentions(keys: Iterable[str], documents: Iterable[PolicyDocument]) -> bool:
    """Tell whether any of *documents* looks at one of these tag *keys* of the principal."""
    asked = {f"aws:PrincipalTag/{key}".lower() for key in keys}
    return bool(asked) and any(
        asked & statement.condition_keys() for document in documents for statement in document.statements()
    )


def _denies(document: IdentityPolicy) -> bool:
    return any(one.effect is Effect.DENY for one in document.statement)


def _may_deny(policy: AccountPolicy) -> bool:
    """Tell whether *policy* holds a Deny, or is one whose document is not known."""
    document = _document_of(policy)
    return document is None or _denies(document)


def _document_of(policy: AccountPolicy) -> IdentityPolicy | None:
    """Return what *policy* says: as the account has it, or as AWS wrote it; None where that is not known."""
    if policy.document is not None:
        return policy.document
    known = managed_policy(policy.name, policy.arn.split(":")[1])
    return known.document if known and known.arn == policy.arn else None
