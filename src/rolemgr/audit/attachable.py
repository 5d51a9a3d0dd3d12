"""
Which policies and boundaries conditions leave to who attaches policies, or makes roles.

A condition on iam:PolicyARN or iam:PermissionsBoundary names them, or those that are kept back. What one of them allows
is known of the account's own policies and of AWS's; of any other it is said that nobody here can tell.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from rolemgr.audit.examples import concrete
from rolemgr.audit.rights import ANYTHING, Settled, ShownRequest
from rolemgr.audit.setting import AuditedPrincipal
from rolemgr.iam.arn import is_aws_managed
from rolemgr.iam.variables import as_pattern, opens_variable
from rolemgr.iam.wildcards import has_wildcard, matches
from rolemgr.model.inventory import HeldPolicy
from rolemgr.reference.managed_policies import managed_policy_arns, policy_at

POLICY_ARN: Final = "iam:policyarn"
BOUNDARY: Final = "iam:permissionsboundary"
_BROAD: Final = ("PowerUserAccess", "IAMFullAccess")
"""AWS's widest policies but AdministratorAccess, where a condition keeps only some back."""
_MOST: Final = 100
"""How many policies, or boundaries, one principal is asked about on one role."""


class Attachable(NamedTuple):
    """A *policy* that may be attached, and the requests *shown* that are allowed."""

    policy: HeldPolicy
    shown: tuple[ShownRequest, ...]


def attachable(subject: AuditedPrincipal, action: str, resource: str, settled: Settled) -> Iterator[Attachable]:
    """
    Yield the policies that *subject* may attach to *resource* by *action*, of those that its conditions are about.

    One whose text is not known is said, and not yielded. Raises TooComplex.
    """
    for arn in _named(subject, action, POLICY_ARN):
        answer = subject.rights.ask(action, resource, {**settled, POLICY_ARN: arn}, note=False)
        policy = text_of(subject, arn) if answer.shown else None
        if answer.shown and policy:
            yield Attachable(policy, (answer.shown,))
        elif answer.shown:
            subject.rights.cut_off(f"what it may do once it attaches {arn} ({action})", "its text is not in the input")
    yield from _new_ones(subject, action, resource, settled)


def _new_ones(subject: AuditedPrincipal, action: str, resource: str, settled: Settled) -> Iterator[Attachable]:
    """Yield policies of names that nobody has, where they may be made and attached; that AWS has others is said."""
    for arn in _unknown_names(subject, action):
        shown = subject.rights.ask(action, resource, {**settled, POLICY_ARN: arn}, note=False).shown
        if shown and is_aws_managed(arn):
            reason = f"the texts of {len(managed_policy_arns(subject.partition))} are at hand"
            subject.rights.cut_off(f"what it may do once it attaches another of AWS's policies ({action})", reason)
        elif shown and (made := subject.rights.ask("iam:CreatePolicy", arn).shown):
            yield Attachable(HeldPolicy("any policy", ANYTHING, arn), (made, shown))


def _unknown_names(subject: AuditedPrincipal, action: str) -> Iterator[str]:
    """Yield ARNs of the account and of AWS that no inventory has, of those that conditions are about."""
    values, name = _values(subject, action, POLICY_ARN), subject.rights.names.strange
    own = f"arn:{subject.partition}:iam::{subject.account}:policy/{name}"
    made = (concrete(as_pattern(one), subject.partition, subject.account, name) for one in values)
    found = [one for one in made if one and one not in values]
    yield from dict.fromkeys([*found, own, f"arn:{subject.partition}:iam::aws:policy/{name}"] if values else ())


def boundaries(subject: AuditedPrincipal, action: str) -> Iterator[str]:
    """Yield the boundaries that the conditions of *subject* on *action* are about."""
    yield from _named(subject, action, BOUNDARY)


def text_of(subject: AuditedPrincipal, arn: str) -> HeldPolicy | None:
    """Return the policy *arn* of the account or of AWS; None for one whose text is not known."""
    own = subject.around.policies_of(subject.account).get(arn)
    known = None if own else policy_at(arn)
    if known is None:
        return own
    return HeldPolicy(known.name, known.document, known.arn, "reference", known.version)


def _named(subject: AuditedPrincipal, action: str, key: str) -> Iterator[str]:
    """Yield the ARNs to ask about, each once; that there are more is said."""
    found = dict.fromkeys(_candidates(subject, action, key))
    yield from islice(found, _MOST)
    if len(found) > _MOST:
        reason = f"{_MOST} of {len(found)} are asked about"
        subject.rights.cut_off(f"{action} with each policy that its conditions may be about", reason)


def _values(subject: AuditedPrincipal, action: str, key: str) -> dict[str, None]:
    """Return the values with which conditions on *action* compare *key*."""
    about = subject.rights.policies.about(action.lower())
    conditions = [each for group in about for _, one in group.statements for each in one.conditions]
    return {value: None for one in conditions if one.folded_key == key for value in one.values}


def _candidates(subject: AuditedPrincipal, action: str, key: str) -> Iterator[str]:
    values = _values(subject, action, key)
    patterns = {one: as_pattern(one) for one in values if has_wildcard(one) or opens_variable(one)}
    own = subject.around.policies_of(subject.account)
    if values:
        yield from (one for one in values if one.startswith("arn:") and one not in patterns)
        yield from (arn for arn in own if any(matches(one, arn) for one in patterns.values()))
        yield from (f"arn:{subject.partition}:iam::aws:policy/{name}" for name in _BROAD)
        known = managed_policy_arns(subject.partition) if patterns else ()
        yield from (arn for arn in known if any(matches(one, arn) for one in patterns.values()))
        yield from own
