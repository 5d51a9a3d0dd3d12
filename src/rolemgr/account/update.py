"""
Change a role that rolemgr made, so that on the way it never has more than the old role and the new one together.

What only takes away comes first (a boundary where there was none, fewer who may assume the role), what only
gives comes last. Between them the inline policy holds the old Allows and the Denies of both, while managed
policies change; then it becomes the new one. Some changes have no such order: trust or boundary become
another one while permissions change too, a policy with Denies of its own is taken away, or both sets of
Denies don't fit the quota. For these the role may do nothing while it is changed: the inline policy is one
Deny of everything, for a few seconds. IAM itself spreads each change in its own time, so that the order is
what a reader of IAM sees, and what was in force for a second may linger.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rolemgr.account.difference import own_policies
from rolemgr.account.ownership import State, tag_list, without_own_tags
from rolemgr.account.plan import Found, Wanted, attach, detach, mark, policy_steps, put_inline
from rolemgr.account.read import AccountPolicy, AccountRole
from rolemgr.account.step import Call, Step, text_of
from rolemgr.errors import Refused
from rolemgr.model.policy import Effect, IdentityPolicy, IdentityStatement, PolicyDocument
from rolemgr.model.role import RoleDocuments
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
class Update:
    """The steps of a change, what is taken away after it, and what to know before."""

    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def plan_update(wanted: Wanted, found: Found, run: str, *, prune: bool) -> Update | Refused:
    """
    Return the steps from the role that was *found* to the one *wanted*, or why they are not taken.

    What is on the role and not in the file (inline policies, attachments, tags, a boundary) somebody put
    there by hand, or an older file named it: it goes with *prune* alone.
    """
    assert found.role  # noqa: S101 - the caller has looked
    change = _Change(wanted, found, found.role, run)
    if found.role.path != wanted.documents.path:
        return Refused(f"role {found.role.arn} has the path {found.role.path}, and IAM can't change it: "
                       "choose that --path, or another --name")  # fmt: skip
    extras = tuple(change.extras())
    if extras and not prune:
        return Refused(f"role {found.role.arn} has what the file does not: {', '.join(extras)}; "
                       "add it to the file, or give --prune to take it away")  # fmt: skip
    return Update(tuple(change.steps()), tuple(change.cleanup()), tuple(change.notes()))


@dataclass(frozen=True)
class _Change:
    """A change of one role: what is *wanted* and what was *found*, *old* being the role in it."""

    wanted: Wanted
    found: Found
    old: AccountRole
    run: str

    @property
    def new(self) -> RoleDocuments:
        return self.wanted.documents

    @cached_property
    def inline(self) -> dict[str, IdentityPolicy]:
        """The inline policies that there are, by name."""
        return {policy.name: policy.document for policy in self.old.policies}

    @cached_property
    def wanted_inline(self) -> dict[str, IdentityPolicy]:
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
    def of_policies(self) -> tuple[Step, ...]:
        """The steps that bring the managed policies to their documents; attached or not, they are ours."""
        return tuple(
            step
            for policy in self.new.managed_policies
            for step in policy_steps(self.wanted, policy, self.found, self.run)
        )

    @cached_property
    def pruned_inline(self) -> tuple[str, ...]:
        return tuple(name for name in self.inline if name not in self.wanted_inline)

    @cached_property
    def set_tags(self) -> dict[str, str]:
        """The tags that are new or have another value."""
        return {key: value for key, value in self.new.tags.items() if self.old.tags.get(key) != value}

    @cached_property
    def pruned_tags(self) -> tuple[str, ...]:
        return tuple(key for key in without_own_tags(self.old.tags) if key not in self.new.tags)

    def extras(self) -> Iterator[str]:
        """Yield what is on the role and not in the file, in words."""
        yield from (f"inline policy {name}" for name in self.pruned_inline)
        own = own_policies(self.old, self.new)
        yield from (f"attached policy {policy.arn}" for policy in self.detached if policy.name not in own)
        yield from (f"tag {key}" for key in self.pruned_tags)
        if self.old.boundary and not self.new.boundary:
            yield f"permissions boundary {self.old.boundary}"

    # --- what kind of change it is

    @cached_property
    def moves_others(self) -> bool:
        """Whether policies change beside its own inline policy."""
        return bool(self.of_policies or self.attached or self.detached or self.pruned_inline)

    @cached_property
    def swaps_boundary(self) -> bool:
        return bool(self.old.boundary and self.new.boundary and self.old.boundary != self.new.boundary)

    @cached_property
    def trust(self) -> str:
        """How the trust policy changes: "same", "narrower", "wider" or "other"."""
        return _direction(self.old.trust_policy, self.new.trust_policy)

    @cached_property
    def swaps_tags(self) -> bool:
        """Whether tags change that both the old and the new policies look at in the principal."""
        keys = (*self.set_tags, *self.pruned_tags)
        return _mentions(keys, self._old_documents()) and _mentions(keys, self._new_documents())

    @cached_property
    def loses_denies(self) -> bool:
        """Whether a policy with Denies of its own, or an unknown one, goes or changes."""
        changed = {step.call.parameters.get("PolicyArn") for step in self.of_policies}
        going = [*self.detached, *(policy for policy in self.old.attached if policy.arn in changed)]
        return any(_may_deny(policy) for policy in going) or any(
            _denies(self.inline[name]) for name in self.pruned_inline
        )

    @cached_property
    def frozen(self) -> bool:
        """Whether the role has to do nothing while it is changed."""
        managed = len(self.of_policies) + len(self.attached) + len(self.detached) + len(self.pruned_inline)
        moves = managed + (self.inline.get(self._name) != self.wanted_inline[self._name])
        swaps = self.swaps_boundary + self.swaps_tags + (self.trust == "other")
        if swaps and swaps + moves > 1:
            return True
        return (
            moves > 1
            and managed > 0
            and (self.loses_denies or not self._fits(self._between.statement if self._between else ()))
        )

    def notes(self) -> Iterator[str]:
        """Yield what the role's sessions will feel while it is changed."""
        if self.frozen:
            yield "for the seconds of the change the role may do nothing: no order of these changes is safe"
        elif self.paused:
            yield f"for the seconds of the change the role is without {', '.join(self.paused)}"

    # --- the steps

    def steps(self) -> Iterator[Step]:
        """Yield the steps in their order; the last one is left to the caller: read back, and mark as complete."""
        yield mark(self.old.name, State("updating", self.run), self.old.state)
        first, last = self._outer()
        yield from first
        yield from self._before()
        yield from self._swaps()
        yield from self.of_policies
        yield from (attach(self.old.name, arn) for arn in self.attached)
        yield from (detach(self.old.name, policy.arn) for policy in self.detached)
        yield from (self._delete_inline(name) for name in self.pruned_inline)
        yield from self._after()
        yield from last
        yield from self._settings()

    def cleanup(self) -> Iterator[Step]:
        """Yield the end of the managed policies that were this role's and are attached nowhere any more."""
        for policy in self.detached:
            if policy.belongs_to(self.old.name) and policy.attachments <= 1:
                for version in self.found.versions.get(policy.arn, ()):
                    if version != policy.version:
                        parameters = {"PolicyArn": policy.arn, "VersionId": version}
                        yield Step(f"delete version {version} of {policy.arn}",
                                   Call("delete_policy_version", parameters))  # fmt: skip
                yield Step(f"delete policy {policy.arn}", Call("delete_policy", {"PolicyArn": policy.arn}))

    def _outer(self) -> tuple[list[Step], list[Step]]:
        """Return the steps that only narrow, which come first, and those that only widen, which come last."""
        first, last = [], []
        if self.new.boundary and not self.old.boundary:
            first.append(self._boundary())
        if self.old.boundary and not self.new.boundary:
            last.append(self._boundary())
        if self.trust in ("narrower", "wider"):
            (first if self.trust == "narrower" else last).append(self._trust())
        if not self.swaps_tags:
            keys = (*self.set_tags, *self.pruned_tags)
            (last if _mentions(keys, self._old_documents()) else first).extend(self._tags())
        return first, last

    def _swaps(self) -> Iterator[Step]:
        """Yield the changes that neither only narrow nor only widen."""
        if self.swaps_boundary:
            yield self._boundary()
        if self.trust == "other":
            yield self._trust()
        if self.swaps_tags:
            yield from self._tags()

    def _before(self) -> Iterator[Step]:
        """Yield the step to what the inline policy is on the way."""
        if self._on_the_way is not None and self._on_the_way != self.inline.get(self._name):
            yield self._inline(self._name, self.inline.get(self._name), self._on_the_way)

    def _after(self) -> Iterator[Step]:
        """Yield the steps to the new inline policies."""
        before = self.inline | ({self._name: self._on_the_way} if self._on_the_way else {})
        for name, document in self.wanted_inline.items():
            if before.get(name) != document:
                yield self._inline(name, before.get(name), document)

    @cached_property
    def _on_the_way(self) -> IdentityPolicy | None:
        """What its own inline policy is while others change, or None where there is none."""
        if self.frozen:
            return NOTHING
        return self._between if self.moves_others else self.inline.get(self._name)

    @property
    def _name(self) -> str:
        return self.new.policies[0].name

    @cached_property
    def _between(self) -> IdentityPolicy | None:
        """
        Return the old inline policy with the Denies of the new one beside its own, or None where that is empty.

        Where the quota does not hold it all, Allows are left out: first those that the new one has not, the
        largest first.
        """
        new = self.wanted_inline[self._name]
        old = self.inline.get(self._name)
        before = old.statement if old else ()
        denies = (one for one in new.statement if one.effect is Effect.DENY and one not in before)
        statements = [*before, *(one.model_copy(update={"sid": None}) for one in denies)]  # its Sid may be taken
        allows = [one for one in before if one.effect is Effect.ALLOW]
        for one in sorted(allows, key=lambda one: (one in new.statement, -one.size())):
            if self._fits(statements):
                break
            statements.remove(one)
        return new.model_copy(update={"statement": tuple(statements)}) if statements else None

    @cached_property
    def paused(self) -> tuple[str, ...]:
        """The Sids of the Allows that the role has before and after, and not while it is changed."""
        kept = self._on_the_way.statement if self._on_the_way else ()
        old = self.inline.get(self._name)
        lost = [one for one in (old.statement if old else ()) if one not in kept and one.effect is Effect.ALLOW]
        return tuple(str(one.sid) for one in lost) if self.moves_others else ()

    def _fits(self, statements: Iterable[IdentityStatement]) -> bool:
        whole = self.wanted_inline[self._name].model_copy(update={"statement": tuple(statements)})
        others = sum(document.size() for name, document in self.inline.items() if name != self._name)
        return whole.size() + others <= quota("role_inline_policies")

    def _inline(self, name: str, before: IdentityPolicy | None, document: IdentityPolicy) -> Step:
        parameters = {"RoleName": self.old.name, "PolicyName": name}
        undo = Call("delete_role_policy", parameters)
        if before is not None:
            undo = Call("put_role_policy", {**parameters, "PolicyDocument": text_of(before)})
        return put_inline(self.old.name, name, document, undo)

    def _delete_inline(self, name: str) -> Step:
        parameters = {"RoleName": self.old.name, "PolicyName": name}
        undo = Call("put_role_policy", {**parameters, "PolicyDocument": text_of(self.inline[name])})
        return Step(f"delete inline policy {name}", Call("delete_role_policy", parameters), (undo,),
                    left=f"role {self.old.name} without inline policy {name}")  # fmt: skip

    def _trust(self) -> Step:
        def call(document: PolicyDocument) -> Call:
            return Call("update_assume_role_policy",
                        {"RoleName": self.old.name, "PolicyDocument": text_of(document)})  # fmt: skip

        return Step("change the trust policy", call(self.new.trust_policy), (call(self.old.trust_policy),),
                    left=f"the new trust policy of role {self.old.name}")  # fmt: skip

    def _boundary(self) -> Step:
        return Step(f"change the permissions boundary to {self.new.boundary or 'none'}",
                    self._bound_by(self.new.boundary), (self._bound_by(self.old.boundary),),
                    left=f"the new permissions boundary of role {self.old.name}")  # fmt: skip

    def _bound_by(self, arn: str | None) -> Call:
        name = {"RoleName": self.old.name}
        if arn is None:
            return Call("delete_role_permissions_boundary", name)
        return Call("put_role_permissions_boundary", {**name, "PermissionsBoundary": arn})

    def _tags(self) -> Iterator[Step]:
        name = {"RoleName": self.old.name}
        before = {key: self.old.tags[key] for key in (*self.set_tags, *self.pruned_tags) if key in self.old.tags}
        if self.set_tags:
            fresh = [key for key in self.set_tags if key not in before]
            changed = {key: before[key] for key in self.set_tags if key in before}
            undo = [Call("tag_role", {**name, "Tags": tag_list(changed)})] if changed else []
            undo += [Call("untag_role", {**name, "TagKeys": fresh})] if fresh else []
            yield Step(f"set tags {', '.join(self.set_tags)}",
                       Call("tag_role", {**name, "Tags": tag_list(self.set_tags)}), tuple(undo),
                       left=f"new tags of role {self.old.name}")  # fmt: skip
        if self.pruned_tags:
            back = Call("tag_role", {**name, "Tags": tag_list({key: before[key] for key in self.pruned_tags})})
            yield Step(f"remove tags {', '.join(self.pruned_tags)}",
                       Call("untag_role", {**name, "TagKeys": list(self.pruned_tags)}), (back,),
                       left=f"role {self.old.name} without tags {', '.join(self.pruned_tags)}")  # fmt: skip

    def _settings(self) -> Iterator[Step]:
        """Yield the step to the new description and session length."""
        if (self.old.description, self.old.max_session) == (self.new.description, self.new.max_session):
            return

        def call(description: str, seconds: int) -> Call:
            parameters = {"RoleName": self.old.name, "Description": description, "MaxSessionDuration": seconds}
            return Call("update_role", parameters)

        yield Step("change description and session length", call(self.new.description, self.new.max_session),
                   (call(self.old.description, self.old.max_session),),
                   left=f"the new description and session length of role {self.old.name}")  # fmt: skip

    def _old_documents(self) -> Iterable[PolicyDocument]:
        return (*self.inline.values(), *(policy.document for policy in self.old.attached if policy.document))

    def _new_documents(self) -> Iterable[PolicyDocument]:
        return (*self.wanted_inline.values(), *(policy.document for policy in self.new.managed_policies))


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
    patterns = [re.compile(rf"aws:PrincipalTag/{re.escape(key)}(?![\w.:/=+@-])", re.IGNORECASE) for key in keys]
    texts = [text_of(document) for document in documents] if patterns else []
    return any(pattern.search(text) for pattern in patterns for text in texts)


def _denies(document: IdentityPolicy) -> bool:
    return any(one.effect is Effect.DENY for one in document.statement)


def _may_deny(policy: AccountPolicy) -> bool:
    """Tell whether *policy* holds a Deny, or is one whose document is not known."""
    document = policy.document
    if document is None:
        partition = policy.arn.split(":")[1]
        known = managed_policy(policy.name, partition)
        document = known.document if known and known.arn == policy.arn else None
    return document is None or _denies(document)
