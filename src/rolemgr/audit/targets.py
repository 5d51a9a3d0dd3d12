"""What a principal can do to itself to have every right: policies that it writes, attaches, a role that it makes."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from rolemgr.audit.attachable import BOUNDARY, POLICY_ARN, attachable, boundaries, text_of
from rolemgr.audit.breadth import PASS_ROLE, is_administrator
from rolemgr.audit.examples import concrete, strange
from rolemgr.audit.finding import ChainStep
from rolemgr.audit.rights import RightsAnswer, Settled, ShownRequest
from rolemgr.audit.setting import AuditedPrincipal
from rolemgr.audit.unbound import Unbound, is_bound, put_back, told_of, unbound, with_older
from rolemgr.iam.documents import Effect, TrustPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole

_MOST_NAMES = 200
"""An inline policy of a role, 10,240 characters, holds no more; it bounds the work on a file that AWS never wrote."""
_ADMINISTRATOR = "iam::aws:policy/AdministratorAccess"
_JOIN = "iam:AddUserToGroup"
EVERYTHING = "every right"
WITHIN = "what its boundary leaves"
"""What a principal has at most that writes its policies, and can't take its boundary off."""


class Way(NamedTuple):
    """
    A *step* to rights that nobody gave; *actor* is who then works, with the boundary that it has by then.

    *writes* says that the actor has any policy that is wanted; otherwise it has the policies that it has.
    """

    step: ChainStep
    actor: HeldRole
    writes: bool = True


def own_ways(subject: AuditedPrincipal, groups: Sequence[HeldRole] = (), *, bounded: bool = False) -> Iterator[Way]:
    """
    Yield the ways by which *subject* gives itself every right; *groups* are those of its account.

    A permissions boundary bounds what it would have, so that with one it must be able to take that off. *bounded*
    yields those too that leave it on, and groups that may do less than everything: each gives what its actor may do.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    for freed in (*unbound(subject, subject.holder), Unbound(subject.holder, "", ())):
        yield from _freely(subject, freed, groups, bounded=bounded)
    yield from _joins_a_group(subject, groups, any_group=bounded)
    yield from _makes_a_role(subject, bounded=bounded)
    yield from _makes_a_user(subject, groups)
    if not bounded:  # who asks for one action takes the Denies away by itself
        yield from _drops_denies(subject, groups)


def _freely(subject: AuditedPrincipal, freed: Unbound, groups: Sequence[HeldRole], *, bounded: bool) -> Iterator[Way]:
    """Yield what *subject* can do to itself once its boundary is *freed*, where that is one of its ways."""
    actor = subject.working_as(freed.holder) if freed.shown else subject
    first = f"{freed.how} and " if freed.shown else ""
    if freed.shown and (everything := is_administrator(actor)):
        step = ChainStep(subject.holder.arn, EVERYTHING, f"{first}may do everything", (*freed.shown, *everything[:1]))
        yield Way(step, actor.holder)
    elif freed.shown and bounded:
        step = ChainStep(subject.holder.arn, "what its policies allow", freed.how, freed.shown)
        yield Way(step, actor.holder, writes=False)
    if bounded or not is_bound(actor):
        found = itertools.chain(_gives(actor), _by_its_groups(actor, groups))
        yield from (_itself(actor, f"{first}{how}", freed.shown, answer) for how, answer in found if answer)
        yield from _attaches(actor, first, freed.shown, groups, any_policy=bounded)
    yield from _puts_back(actor, first, freed.shown, any_policy=bounded)


def _itself(actor: AuditedPrincipal, how: str, freed: tuple[ShownRequest, ...], answer: RightsAnswer) -> Way:
    shown = (answer.shown,) if answer.shown else ()
    whom = WITHIN if is_bound(actor) else EVERYTHING
    return Way(ChainStep(actor.holder.arn, whom, how, (*freed, *shown)), actor.holder)


def _puts_back(
    actor: AuditedPrincipal, first: str, freed: tuple[ShownRequest, ...], *, any_policy: bool
) -> Iterator[Way]:
    """Yield putting an older version of one of its policies in force, with which *actor* may do more."""
    for one in put_back(actor, actor.own_policies):
        made = actor.working_as(with_older(actor.holder, one))
        step = ChainStep(actor.holder.arn, "", f"{first}{told_of(one)}", (*freed, one.shown))
        yield from having(made, str(one.policy.arn), step, any_policy=any_policy)


def _gives(subject: AuditedPrincipal) -> Iterator[tuple[str, RightsAnswer]]:
    """Yield how *subject* writes any policy of its own, within the boundary that it has."""
    holder, rights = subject.holder, subject.rights
    kind = "Role" if holder.kind == "role" else "User"
    bounded: Settled = {BOUNDARY: holder.boundary_arn}
    attached = {**bounded, POLICY_ARN: f"arn:{subject.partition}:{_ADMINISTRATOR}"}
    yield (
        f"attaches AdministratorAccess to itself (iam:Attach{kind}Policy)",
        rights.ask(f"iam:Attach{kind}Policy", holder.arn, attached),
    )
    yield f"writes its own policy (iam:Put{kind}Policy)", rights.ask(f"iam:Put{kind}Policy", holder.arn, bounded)
    for policy in subject.own_policies:
        answer = rights.ask("iam:CreatePolicyVersion", str(policy.arn))
        yield f"rewrites {policy.arn}, which it has (iam:CreatePolicyVersion)", answer


def _by_its_groups(subject: AuditedPrincipal, groups: Sequence[HeldRole]) -> Iterator[tuple[str, RightsAnswer]]:
    """Yield writing the policies of a group that *subject*, a user, is in."""
    for group in groups:
        if subject.holder.kind != "user" or group.name not in subject.holder.groups:
            continue
        policy = f"arn:{subject.partition}:{_ADMINISTRATOR}"
        for action, context in (("iam:AttachGroupPolicy", {POLICY_ARN: policy}), ("iam:PutGroupPolicy", {})):
            answer = subject.rights.ask(action, group.arn, context)
            yield f"gives group {group.name}, which it is in, any policy ({action})", answer


def _attaches(
    subject: AuditedPrincipal, first: str, freed: tuple[ShownRequest, ...], groups: Sequence[HeldRole], *,
    any_policy: bool,
) -> Iterator[Way]:  # fmt: skip
    """Yield attaching one of the policies that conditions leave, to *subject* or to a group that it is in."""
    holder = subject.holder
    action = f"iam:Attach{'Role' if holder.kind == 'role' else 'User'}Policy"
    found = [
        (holder.arn, "itself", one) for one in attachable(subject, action, holder.arn, {BOUNDARY: holder.boundary_arn})
    ]
    mine = [one for one in groups if holder.kind == "user" and one.name in holder.groups]
    for group in mine:
        more = attachable(subject, "iam:AttachGroupPolicy", group.arn, {})
        found += [(group.arn, f"group {group.name}, which it is in,", one) for one in more]
    for arn, whom, one in found:
        made = subject.joined_by((one.policy,))
        by = action if arn == holder.arn else "iam:AttachGroupPolicy"
        step = ChainStep(holder.arn, "", f"{first}attaches {one.policy.arn} to {whom} ({by})", (*freed, *one.shown))
        yield from having(made, str(one.policy.arn), step, any_policy=any_policy)


def having(actor: AuditedPrincipal, policy: str, step: ChainStep, *, any_policy: bool) -> Iterator[Way]:
    """Yield the way by which *step* gives *actor* the *policy*: to every right, or with *any_policy* to less."""
    holder = actor.holder
    everything = is_administrator(actor)
    writes = any(answer for _, answer in _gives(actor)) and (any_policy or not is_bound(actor))
    if everything or writes:
        whom = WITHIN if is_bound(actor) and not everything else EVERYTHING
        yield Way(step._replace(whom=whom), holder)
    elif any_policy:
        yield Way(step._replace(whom=policy), holder, writes=False)


def _joins_a_group(subject: AuditedPrincipal, groups: Sequence[HeldRole], *, any_group: bool) -> Iterator[Way]:
    """Yield adding *subject*, a user, to a group with which it may do everything, or to *any_group*."""
    if subject.holder.kind != "user" or not subject.rights.speaks(_JOIN):
        return
    for group in groups:
        if group.name in subject.holder.groups:
            continue
        joined = subject.rights.ask(_JOIN, group.arn)
        if joined.shown is None:
            continue
        member = subject.joined_by(group.policies)
        step = ChainStep(
            subject.holder.arn, EVERYTHING, f"adds itself to group {group.name} ({_JOIN})", (joined.shown,)
        )
        if not is_administrator(member):
            if any_group:
                yield Way(step._replace(whom=group.arn), member.holder, writes=False)
                continue
            if group.unknown or member.rights.untold:
                reason = "a policy of the group is not known" if group.unknown else "of what it has, conditions decide"
                subject.rights.cut_off(f"what it may do in group {group.name}, which it can join,", reason)
        else:
            how = f"adds itself to group {group.name}, which may do everything ({_JOIN})"
            yield Way(step._replace(how=how), member.holder)
            return


def _makes_a_role(subject: AuditedPrincipal, *, bounded: bool) -> Iterator[Way]:
    """
    Yield making a role that trusts *subject*, filling it with what may be attached, and assuming it.

    With the boundary that conditions want, where they want one: it stays on, unless it may be taken off.
    """
    rights = subject.rights
    if not rights.speaks("iam:CreateRole"):
        return
    names, bounds = _names(subject), (None, *boundaries(subject, "iam:CreateRole"))
    for role, boundary in itertools.product(names[:_MOST_NAMES], bounds):
        made = rights.ask("iam:CreateRole", role, {BOUNDARY: boundary}, note=boundary is None)
        for way in _fills(subject, role, boundary, made.shown, any_policy=bounded) if made.shown else ():
            yield way
            if way.writes and boundary is None:
                return
    if len(names) > _MOST_NAMES:
        reason = f"none of the first {_MOST_NAMES} can be made, filled and assumed, and the others are not asked for"
        rights.cut_off(f"iam:CreateRole on more than {_MOST_NAMES} names", reason)


def _fills(
    subject: AuditedPrincipal, role: str, boundary: str | None, made: ShownRequest, *, any_policy: bool
) -> Iterator[Way]:
    """Yield giving *role*, which was *made* with a *boundary*, what may be attached, and assuming it."""
    assumed = subject.rights.ask("sts:AssumeRole", role, trust=trusting(subject)).shown
    if assumed is None:
        return
    actor, end, off = _freed(subject, _made("role", subject, role, boundary))
    kept = actor.boundary_arn if is_bound(subject.working_as(actor)) else None
    if kept and not any_policy:
        _say_unread(subject, actor, "Role")
        return
    whole = (made, *off)
    within = f" with boundary {boundary}" if boundary else ""
    if found := _filled(subject, "Role", role, (actor.boundary_arn, boundary)):
        action, filled = found
        how = f"makes a role{within}, {end}gives it any policy, and assumes it (iam:CreateRole, {action})"
        step = ChainStep(subject.holder.arn, WITHIN if kept else EVERYTHING, how, (*whole, filled, assumed))
        yield Way(step, actor)
        return
    for one in attachable(subject, "iam:AttachRolePolicy", role, {BOUNDARY: actor.boundary_arn}):
        how = f"makes a role{within}, {end}attaches {one.policy.arn} to it, and assumes it (iam:AttachRolePolicy)"
        step = ChainStep(subject.holder.arn, "", how, (*whole, *one.shown, assumed))
        made_of_it = subject.working_as(replace(actor, policies=(one.policy,)))
        yield from having(made_of_it, str(one.policy.arn), step, any_policy=any_policy)


def _made(kind: Literal["role", "user"], subject: AuditedPrincipal, arn: str, boundary: str | None) -> HeldRole:
    """Return the new *arn*, without policies, with the *boundary* that it is made with."""
    text = text_of(subject, boundary) if boundary else None
    made = HeldRole(kind, arn, arn.rpartition("/")[2], subject.account, subject.holder.where)
    return replace(made, boundary=text, boundary_arn=boundary)


def _freed(subject: AuditedPrincipal, made: HeldRole) -> tuple[HeldRole, str, tuple[ShownRequest, ...]]:
    """Return *made* without its boundary, or with one that bounds nothing, how, and by which requests; or as it is."""
    free = (one for one in unbound(subject, made) if not is_bound(subject.working_as(one.holder)))
    found = next(free, None)
    if found is None:
        return made, "", ()
    return found.holder, found.how.replace(f"{made.name}'s", "its") + ", ", found.shown


def _say_unread(subject: AuditedPrincipal, made: HeldRole, kind: str) -> None:
    """Say that nobody knows what *made* may do where it takes any policy, within a boundary without a text."""
    if made.boundary is None and _filled(subject, kind, made.arn, (made.boundary_arn,)):
        what = f"what a {made.kind} that it makes may do within {made.boundary_arn}"
        subject.rights.cut_off(what, "the text of that boundary is not in the input")


def _filled(
    subject: AuditedPrincipal, kind: str, arn: str, bounds: tuple[str | None, ...]
) -> tuple[str, ShownRequest] | None:  # fmt: skip
    """Return the action, and its request, that gives the new *arn* any policy, with one of *bounds* on it by then."""
    attach, put = f"iam:Attach{kind}Policy", f"iam:Put{kind}Policy"
    administrator = f"arn:{subject.partition}:{_ADMINISTRATOR}"
    for bound in dict.fromkeys(bounds):
        for action, settled in ((attach, {BOUNDARY: bound, POLICY_ARN: administrator}), (put, {BOUNDARY: bound})):
            if shown := subject.rights.ask(action, arn, settled).shown:
                return action, shown
    return None


def _makes_a_user(subject: AuditedPrincipal, groups: Sequence[HeldRole]) -> Iterator[Way]:
    """
    Yield making a user, filling it with any policy, or a group's, and making a key (or a password) of it.

    With the boundary that conditions want, where they want one and it may be taken off.
    """
    rights = subject.rights
    if not rights.speaks("iam:CreateUser"):
        return
    names, bounds = _names(subject, "user"), (None, *boundaries(subject, "iam:CreateUser"))
    for user, boundary in itertools.product(names[:_MOST_NAMES], bounds):
        made = rights.ask("iam:CreateUser", user, {BOUNDARY: boundary}, note=boundary is None).shown
        opened = made and next((one.shown for key in _OPENING if (one := rights.ask(key, user)).shown), None)
        if not made or not opened:
            continue
        for way in _fills_a_user(subject, _made("user", subject, user, boundary), (made, opened), groups):
            yield way
            if way.writes:
                return
    if len(names) > _MOST_NAMES:
        reason = f"none of the first {_MOST_NAMES} can be made, filled and opened, and the others are not asked for"
        rights.cut_off(f"iam:CreateUser on more than {_MOST_NAMES} names", reason)


def _fills_a_user(
    subject: AuditedPrincipal, user: HeldRole, by: tuple[ShownRequest, ShownRequest], groups: Sequence[HeldRole]
) -> Iterator[Way]:  # fmt: skip
    """Yield giving the new *user* any policy, a group's or what may be attached, and signing in: *by* two requests."""
    made, opened = by
    free, end, off = _freed(subject, user)
    if is_bound(subject.working_as(free)):
        _say_unread(subject, free, "User")
        return
    how = f"makes a user{f' with boundary {user.boundary_arn}' if user.boundary_arn else ''}, {end}"
    bounds = dict.fromkeys((free.boundary_arn, user.boundary_arn))

    def signed_in(text: str, shown: Sequence[ShownRequest], whom: str = EVERYTHING) -> ChainStep:
        actions = ", ".join(one.request.action for one in (made, *shown, opened))
        text = f"{how}{text}, and signs in as it ({actions})"
        return ChainStep(subject.holder.arn, whom, text, (made, *off, *shown, opened))

    if filled := _filled(subject, "User", user.arn, tuple(bounds)):
        yield Way(signed_in("gives it any policy", (filled[1],)), free)
    elif joined := _joined(subject, free, groups):
        group, shown = joined
        yield Way(signed_in(f"adds it to group {group.name}", (shown,)), replace(free, policies=group.policies))
    else:
        for one in attachable(subject, "iam:AttachUserPolicy", user.arn, {BOUNDARY: free.boundary_arn}):
            step = signed_in(f"attaches {one.policy.arn} to it", one.shown, "")
            filled_so = subject.working_as(replace(free, policies=(one.policy,)))
            yield from having(filled_so, str(one.policy.arn), step, any_policy=False)


def _joined(
    subject: AuditedPrincipal, user: HeldRole, groups: Sequence[HeldRole]
) -> tuple[HeldRole, ShownRequest] | None:  # fmt: skip
    """Return the first group to which *subject* adds the new *user* and that may do everything, with the request."""
    for group in groups if subject.rights.speaks(_JOIN) else ():
        shown = subject.rights.ask(_JOIN, group.arn).shown
        if shown and is_administrator(subject.working_as(replace(user, policies=group.policies))):
            return group, shown
        if shown and group.unknown:
            reason = "a policy of the group is not known"
            subject.rights.cut_off(f"what a user that it makes may do in group {group.name}", reason)
    return None


_OPENING = ("iam:CreateAccessKey", "iam:CreateLoginProfile")


def _drops_denies(subject: AuditedPrincipal, groups: Sequence[HeldRole]) -> Iterator[Way]:
    """Yield taking off policies that deny, after which *subject* has every right, or gives itself every right."""
    dropped, names, kept = list[ShownRequest](), list[str](), subject.holder.policies
    while found := _removable(subject, kept, groups):
        policy, shown = found
        dropped.append(shown)
        names.append(policy.name)
        kept = tuple(one for one in kept if one is not policy and (not policy.group or one.group != policy.group))
    if not dropped:
        return
    free = subject.working_as(replace(subject.holder, policies=kept))
    by = ", ".join(dict.fromkeys(one.request.action for one in dropped))
    how = f"takes off its policy {' and '.join(names)} ({by})"
    if everything := () if free.holder.boundary_arn else is_administrator(free):
        yield Way(ChainStep(subject.holder.arn, EVERYTHING, how, (*dropped, *everything[:1])), free.holder)
        return
    given = _gives(free) if not free.holder.boundary_arn else ()
    for then, answer in given:
        if answer.shown:
            step = ChainStep(subject.holder.arn, EVERYTHING, f"{how}, then {then}", (*dropped, answer.shown))
            yield Way(step, free.holder)
            return


def _removable(
    subject: AuditedPrincipal, kept: tuple[HeldPolicy, ...], groups: Sequence[HeldRole]
) -> tuple[HeldPolicy, ShownRequest] | None:  # fmt: skip
    """Return the first policy with a Deny that *subject*, with those *kept*, takes off: one may keep another on."""
    changed = subject.working_as(replace(subject.holder, policies=kept))
    denying = (one for one in kept if any(each.effect is Effect.DENY for each in one.document.statement))
    return next(((one, shown) for one in denying if (shown := _removal(changed, one, groups))), None)


def _removal(actor: AuditedPrincipal, policy: HeldPolicy, groups: Sequence[HeldRole]) -> ShownRequest | None:
    """Return the request by which *actor* takes *policy* off itself, or leaves its group; None where it may not."""
    holder, rights = actor.holder, actor.rights
    kind = "Role" if holder.kind == "role" else "User"
    context: Settled = {BOUNDARY: holder.boundary_arn}
    if policy.group:
        named = (one for one in groups if one.name == policy.group)
        answers = (rights.ask("iam:RemoveUserFromGroup", one.arn) for one in named)
    elif policy.arn:
        detached = {**context, POLICY_ARN: policy.arn}
        answers = (rights.ask(one, holder.arn, detached) for one in (f"iam:Detach{kind}Policy",))
    else:
        answers = (rights.ask(one, holder.arn, context) for one in (f"iam:Delete{kind}Policy", f"iam:Put{kind}Policy"))
    return next((one.shown for one in answers if one.shown), None)


def _names(subject: AuditedPrincipal, kind: str = "role") -> list[str]:
    """Return a role or user that no policy knows, and one for each name in the policies of *subject*; one too many."""
    action = PASS_ROLE if kind == "role" else "iam:CreateUser"
    found = {strange(action, kind, subject.partition, subject.account, name=subject.rights.names.strange): None}
    for policy in subject.holder.policies:
        for statement in policy.document.statement:
            for pattern in statement.resource or () if statement.effect is Effect.ALLOW else ():
                if len(found) > _MOST_NAMES:
                    return list(found)
                if f":{kind}/" in pattern:
                    made = concrete(pattern, subject.partition, subject.account, subject.rights.names.example)
                    found.update({made: None} if made else {})
    return list(found)


def trusting(subject: AuditedPrincipal) -> TrustPolicy:
    """Return a trust policy that lets *subject* assume the role: what it would write."""
    statement = {"Effect": "Allow", "Principal": {"AWS": subject.holder.arn}, "Action": "sts:AssumeRole"}
    return TrustPolicy.model_validate({"Version": "2012-10-17", "Statement": [statement]})
