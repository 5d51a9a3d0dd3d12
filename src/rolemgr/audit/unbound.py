"""
How a permissions boundary is taken off, or another text comes to be in force as one; and older versions of policies.

A boundary is a managed policy: who may take it off, put another in its place, or write that policy, is not bounded by
it. A version of a policy that was in force before may say more than the one that is.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from rolemgr.audit.attachable import BOUNDARY, boundaries, text_of
from rolemgr.audit.breadth import is_administrator
from rolemgr.audit.rights import ANYTHING, ShownRequest, tags_of
from rolemgr.audit.setting import AuditedPrincipal
from rolemgr.iam.arn import is_aws_managed
from rolemgr.model.inventory import HeldPolicy, HeldRole

_BACK: Final = "iam:SetDefaultPolicyVersion"
_REWRITES: Final = "iam:CreatePolicyVersion"
CHANGES: Final = (
    _BACK, _REWRITES, "iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary",
)  # fmt: skip
"""What changes the policies or the boundary that somebody has, without a word about what it has then."""


class Unbound(NamedTuple):
    """A *holder* without its boundary, or with another, in words *how*, and the requests *shown* by which it is so."""

    holder: HeldRole
    how: str
    shown: tuple[ShownRequest, ...]


class PutBack(NamedTuple):
    """A *policy* with an older version in force, its *version*, and the request *shown* that puts that in force."""

    policy: HeldPolicy
    version: str
    shown: ShownRequest


def is_bound(subject: AuditedPrincipal) -> bool:
    """Tell whether *subject* has a boundary that leaves less than everything, or one whose text is not known."""
    holder = subject.holder
    if holder.boundary_arn is None or holder.boundary is None or holder.boundary.document is ANYTHING:
        return holder.boundary_arn is not None and holder.boundary is None
    if subject.is_bound is None:
        filled = replace(holder, policies=(HeldPolicy("any policy", ANYTHING),))
        subject.is_bound = not is_administrator(subject.working_as(filled))
    return subject.is_bound


def unbound(subject: AuditedPrincipal, holder: HeldRole) -> Iterator[Unbound]:
    """Yield how *subject* takes the boundary off *holder*, itself or another, or changes it; raises TooComplex."""
    if holder.boundary_arn is None:
        return
    kind, its = ("User" if holder.kind == "user" else "Role"), _whose(subject, holder)
    action = f"iam:Delete{kind}PermissionsBoundary"
    context = {**tags_of(holder), BOUNDARY: holder.boundary_arn}
    if shown := subject.rights.ask(action, holder.arn, context).shown:
        yield Unbound(replace(holder, boundary=None, boundary_arn=None), f"takes {its} boundary off", (shown,))
    yield from _replaced(subject, holder, f"iam:Put{kind}PermissionsBoundary", its)
    if holder.boundary_arn and not is_aws_managed(holder.boundary_arn):
        yield from _rewritten(subject, holder, holder.boundary_arn, its)


def _whose(subject: AuditedPrincipal, holder: HeldRole) -> str:
    return "its" if holder.arn == subject.holder.arn else f"{holder.name}'s"


def _replaced(subject: AuditedPrincipal, holder: HeldRole, action: str, its: str) -> Iterator[Unbound]:
    """Yield putting another boundary in the place of that of *holder*: AdministratorAccess, or what conditions name."""
    if not subject.rights.speaks(action):
        return
    everything = f"arn:{subject.partition}:iam::aws:policy/AdministratorAccess"
    for arn in dict.fromkeys((everything, *boundaries(subject, action))):
        if arn == holder.boundary_arn:
            continue
        shown = subject.rights.ask(action, holder.arn, {**tags_of(holder), BOUNDARY: arn}, note=arn == everything).shown
        text = HeldPolicy("AdministratorAccess", ANYTHING, arn) if arn == everything else text_of(subject, arn)
        if shown and text:
            made = replace(holder, boundary=text, boundary_arn=arn)
            yield Unbound(made, f"puts {arn} in the place of {its} boundary ({action})", (shown,))
        elif shown:
            subject.rights.cut_off(f"what it may do with boundary {arn} ({action})", "its text is not in the input")


def _rewritten(subject: AuditedPrincipal, holder: HeldRole, arn: str, its: str) -> Iterator[Unbound]:
    """Yield writing the policy that is the boundary of *holder*, or putting an older version of it in force."""
    if shown := subject.rights.ask(_REWRITES, arn).shown:
        made = replace(holder, boundary=HeldPolicy("any policy", ANYTHING, arn))
        yield Unbound(made, f"rewrites {arn}, {its} boundary ({_REWRITES})", (shown,))
    for one in put_back(subject, (holder.boundary,) if holder.boundary else ()):
        how = f"puts version {one.version} of {arn}, {its} boundary, in force ({_BACK})"
        yield Unbound(replace(holder, boundary=one.policy), how, (one.shown,))


def put_back(subject: AuditedPrincipal, policies: Sequence[HeldPolicy]) -> Iterator[PutBack]:
    """Yield the older versions of *policies* that *subject* may put in force again; of a text unread that is said."""
    for policy in policies if subject.rights.speaks(_BACK) else ():
        shown = subject.rights.ask(_BACK, str(policy.arn)).shown if policy.older and policy.arn else None
        for version, document in policy.older if shown else ():
            if document is None:
                what = f"what it may do with version {version} of {policy.arn} ({_BACK})"
                subject.rights.cut_off(what, "its text can't be read")
            elif shown:
                yield PutBack(replace(policy, document=document, older=()), version, shown)


def with_older(holder: HeldRole, put: PutBack) -> HeldRole:
    """Return *holder* with that version in force."""
    policies = tuple(
        replace(put.policy, group=one.group) if one.arn == put.policy.arn else one for one in holder.policies
    )
    boundary = put.policy if holder.boundary_arn == put.policy.arn else holder.boundary
    return replace(holder, policies=policies, boundary=boundary)


def told_of(put: PutBack) -> str:
    """Return in words what puts *put* in force."""
    return f"puts version {put.version} of {put.policy.arn} in force ({_BACK})"
