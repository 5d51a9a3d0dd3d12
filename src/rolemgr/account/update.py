"""
Change a role that rolemgr made, so that on the way it never has more than the old role and the new one together.

What only takes away comes first (a boundary where there was none, fewer who may assume the role), what only
gives comes last. Between them the inline policy holds the old Allows and the Denies of both, while managed
policies change; then it becomes the new one, or goes where the new role has nothing inline. Some changes have no
such order: trust or boundary become another one while permissions change too, a policy with Denies that is not
rolemgr's is taken away, or both sets of Denies don't fit the quota. For these the role may do nothing while it is
changed: the inline policy is one Deny of everything, for a few seconds. IAM itself spreads each change in its own
time, so that the order is what a reader of IAM sees, and what was in force for a second may linger.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rolemgr.account.change import Change
from rolemgr.account.ownership import State, tag_list
from rolemgr.account.role_steps import attach, detach, mark, put_inline
from rolemgr.account.step import ApiCall, PlanStep, text_of
from rolemgr.account.wanted import ExistingResources, Wanted
from rolemgr.errors import Refused
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument


@dataclass(frozen=True)
class Update:
    """The steps of a change, what is taken away after it, and what to know before."""

    steps: tuple[PlanStep, ...]
    cleanup: tuple[PlanStep, ...] = ()
    notes: tuple[str, ...] = ()


def plan_update(wanted: Wanted, found: ExistingResources, run: str, *, prune: bool) -> Update | Refused:
    """
    Return the steps from the role that was *found* to the one *wanted*, or why they are not taken.

    What is on the role and not in the file (inline policies, attachments, tags, a boundary) somebody put
    there by hand, or an older file named it: it goes with *prune* alone.
    """
    assert found.role  # noqa: S101 - the caller has looked
    change = Change(wanted, found, found.role, run)
    if found.role.path != wanted.documents.path:
        return Refused(f"role {found.role.arn} has the path {found.role.path}, and IAM can't change it: "
                       "choose that --path, or another --name")  # fmt: skip
    extras = tuple(change.extras())
    if extras and not prune:
        return Refused(f"role {found.role.arn} has what the file does not: {', '.join(extras)}; "
                       "add it to the file, or give --prune to take it away")  # fmt: skip
    return Update(tuple(_steps(change)), tuple(_cleanup(change)), tuple(change.notes()))


def _steps(change: Change) -> Iterator[PlanStep]:
    """Yield the steps in their order; the last one is left to the caller: read back, and mark as complete."""
    yield mark(change.old.name, State("updating", change.run), change.old.state)
    first, last = _outer(change)
    yield from first
    yield from _before(change)
    yield from _swaps(change)
    yield from change.of_policies
    yield from (attach(change.old.name, arn) for arn in change.attached)
    yield from (detach(change.old.name, policy.arn) for policy in change.detached)
    yield from (_delete_inline(change, name) for name in change.pruned_inline if name != change.inline_name)
    yield from _after(change)
    yield from last
    yield from _settings(change)


def _cleanup(change: Change) -> Iterator[PlanStep]:
    """Yield the end of the managed policies that were this role's and are attached nowhere any more."""
    for policy in change.detached:
        if policy.belongs_to(change.old.name) and policy.attachments <= 1:
            for version in change.found.versions.get(policy.arn, ()):
                if version != policy.version:
                    parameters = {"PolicyArn": policy.arn, "VersionId": version}
                    yield PlanStep(f"delete version {version} of {policy.arn}",
                                   ApiCall("delete_policy_version", parameters))  # fmt: skip
            yield PlanStep(f"delete policy {policy.arn}", ApiCall("delete_policy", {"PolicyArn": policy.arn}))


def _outer(change: Change) -> tuple[list[PlanStep], list[PlanStep]]:
    """Return the steps that only narrow, which come first, and those that only widen, which come last."""
    first, last = list(change.of_boundary), []
    if change.new.boundary and not change.old.boundary:
        first.append(_boundary(change))
    if change.old.boundary and not change.new.boundary:
        last.append(_boundary(change))
    if change.trust in ("narrower", "wider"):
        (first if change.trust == "narrower" else last).append(_trust(change))
    if not change.swaps_tags:
        (last if change.old_looks_at_tags else first).extend(_tags(change))
    return first, last


def _swaps(change: Change) -> Iterator[PlanStep]:
    """Yield the changes that neither only narrow nor only widen."""
    if change.swaps_boundary:
        yield _boundary(change)
    if change.trust == "other":
        yield _trust(change)
    if change.swaps_tags:
        yield from _tags(change)


def _before(change: Change) -> Iterator[PlanStep]:
    """Yield the step to what the inline policy is on the way."""
    if change.on_the_way is not None and change.on_the_way != change.inline.get(change.inline_name):
        yield _inline(change, change.inline_name, change.inline.get(change.inline_name), change.on_the_way)


def _after(change: Change) -> Iterator[PlanStep]:
    """Yield the steps to the new inline policies."""
    before = change.inline | ({change.inline_name: change.on_the_way} if change.on_the_way else {})
    for name, document in change.wanted_inline.items():
        if before.get(name) != document:
            yield _inline(change, name, before.get(name), document)
    if change.leaves_inline:
        yield _delete_inline(change, change.inline_name)


def _inline(change: Change, name: str, before: IdentityPolicy | None, document: IdentityPolicy) -> PlanStep:
    parameters = {"RoleName": change.old.name, "PolicyName": name}
    undo = ApiCall("delete_role_policy", parameters)
    if before is not None:
        undo = ApiCall("put_role_policy", {**parameters, "PolicyDocument": text_of(before)})
    return put_inline(change.old.name, name, document, undo)


def _delete_inline(change: Change, name: str) -> PlanStep:
    parameters = {"RoleName": change.old.name, "PolicyName": name}
    there = change.on_the_way if name == change.inline_name else None
    undo = ApiCall("put_role_policy", {**parameters, "PolicyDocument": text_of(there or change.inline[name])})
    return PlanStep(f"delete inline policy {name}", ApiCall("delete_role_policy", parameters), (undo,),
                left=f"role {change.old.name} without inline policy {name}")  # fmt: skip


def _trust(change: Change) -> PlanStep:
    def call(document: PolicyDocument) -> ApiCall:
        return ApiCall("update_assume_role_policy",
                       {"RoleName": change.old.name, "PolicyDocument": text_of(document)})  # fmt: skip

    return PlanStep("change the trust policy", call(change.new.trust_policy), (call(change.old.trust_policy),),
                    left=f"the new trust policy of role {change.old.name}")  # fmt: skip


def _boundary(change: Change) -> PlanStep:
    return PlanStep(f"change the permissions boundary to {change.new.boundary or 'none'}",
                    _bound_by(change, change.new.boundary), (_bound_by(change, change.old.boundary),),
                    left=f"the new permissions boundary of role {change.old.name}")  # fmt: skip


def _bound_by(change: Change, arn: str | None) -> ApiCall:
    name = {"RoleName": change.old.name}
    if arn is None:
        return ApiCall("delete_role_permissions_boundary", name)
    return ApiCall("put_role_permissions_boundary", {**name, "PermissionsBoundary": arn})


def _tags(change: Change) -> Iterator[PlanStep]:
    name = {"RoleName": change.old.name}
    before = {key: change.old.tags[key] for key in (*change.set_tags, *change.pruned_tags) if key in change.old.tags}
    if change.set_tags:
        fresh = [key for key in change.set_tags if key not in before]
        changed = {key: before[key] for key in change.set_tags if key in before}
        undo = [ApiCall("tag_role", {**name, "Tags": tag_list(changed)})] if changed else []
        undo += [ApiCall("untag_role", {**name, "TagKeys": fresh})] if fresh else []
        yield PlanStep(f"set tags {', '.join(change.set_tags)}",
                       ApiCall("tag_role", {**name, "Tags": tag_list(change.set_tags)}), tuple(undo),
                       left=f"new tags of role {change.old.name}")  # fmt: skip
    if change.pruned_tags:
        back = ApiCall("tag_role", {**name, "Tags": tag_list({key: before[key] for key in change.pruned_tags})})
        yield PlanStep(f"remove tags {', '.join(change.pruned_tags)}",
                       ApiCall("untag_role", {**name, "TagKeys": list(change.pruned_tags)}), (back,),
                       left=f"role {change.old.name} without tags {', '.join(change.pruned_tags)}")  # fmt: skip


def _settings(change: Change) -> Iterator[PlanStep]:
    """Yield the step to the new description and session length."""
    if (change.old.description, change.old.max_session) == (change.new.description, change.new.max_session):
        return

    def call(description: str, seconds: int) -> ApiCall:
        parameters = {"RoleName": change.old.name, "Description": description, "MaxSessionDuration": seconds}
        return ApiCall("update_role", parameters)

    yield PlanStep("change description and session length", call(change.new.description, change.new.max_session),
                   (call(change.old.description, change.old.max_session),),
                   left=f"the new description and session length of role {change.old.name}")  # fmt: skip
