"""
What attached managed policies do to a role: what they add to it, and what of that its persona must never do.

What AWS's own policies allow is known where the reference holds them. Their Allows are asked what the role's
own are asked (`rolemgr.separation.violations`), under the role's Denies. What a policy of the account allows is
not known here. A permissions boundary can only take away, so nothing is asked of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from itertools import product
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.request import Context
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.reference import quirks
from rolemgr.reference.managed_policies import ManagedPolicy, managed_policy, managed_policy_names
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action
from rolemgr.separation.certainty import ReachQuestion, surely_denied
from rolemgr.separation.closure import closure_of
from rolemgr.separation.managed import all_of, allows_of
from rolemgr.separation.violations import Violation, entry_text, violations

_WAY_OUT = 'leave it out, or give --break-separation "REASON"'
_REACHING = frozenset({"iam:PassRole", "sts:AssumeRole"})
_WRITES = frozenset({"Permissions management", "Tagging", "Write"})
_SHOWN = 5
_TELLING = (
    "iam:PassRole", "sts:AssumeRole", "iam:CreateRole", "iam:PutRolePolicy", "s3:PutObject", "s3:DeleteObject",
    "s3:PutBucketPolicy", "s3:GetObject", "secretsmanager:GetSecretValue", "kms:Decrypt", "sagemaker:CreateEndpoint",
    "sagemaker:UpdateModelPackage", "sagemaker:CreateTrainingJob", "ec2:RunInstances", "ecr:PutImage",
)  # fmt: skip
"""What a reviewer wants to see first: other identities, data, production, cost."""


class Added(NamedTuple):
    """What a managed policy allows beyond the role's own policies, each sorted."""

    actions: tuple[str, ...]
    """Actions that the role has not."""
    anywhere: tuple[str, ...]
    """Those of them that it allows on all resources of a type, without a condition."""
    widened: tuple[str, ...]
    """Actions that the role has on fewer resources, or under other conditions."""


def attachment_problems(
    catalog: Catalog, role: ComposedRole, where: Callable[..., SourceLocation]
) -> Iterator[InputError]:
    """
    Yield why a policy that *role* names is refused: AWS has none of that ARN, or it breaks the separation.

    *where* gives the place of a key, or of an item of a list, in what the user wrote. Where the role has a
    reason to break its separation, that is not an error, and `separation_notes` says it.
    """
    named = [(arn, where("managed_policy", place)) for place, arn in enumerate(role.spec.managed_policy)]
    bounding = [(role.spec.boundary, where("boundary"))] if role.spec.boundary else []
    for arn, place in (*named, *bounding):
        found = known_policy(role, arn)
        if found and found.arn != arn:
            yield InputError(place, f"AWS has no managed policy `{arn}`", f"did you mean {found.arn}?")
    for arn, place in () if role.spec.break_separation else named:
        if broken := _broken(catalog, role, arn):
            yield InputError(place, broken, _WAY_OUT)


def separation_notes(catalog: Catalog, role: ComposedRole) -> Iterator[str]:
    """Yield what the policies attached to *role* break for a reason, and where what they reach is not known."""
    before = set(closure_of(catalog, role).unknown)
    for arn in sorted(role.spec.managed_policy):
        if broken := _broken(catalog, role, arn):
            yield f"separation broken: {broken}"
        if policy := known_policy(role, arn):
            reached = set(closure_of(catalog, with_attached(role, policy)).unknown) - before
            yield from (
                f"with managed policy {policy.name} it reaches {what}, and nothing is proven beyond that"
                for what in sorted(reached)
            )


def attachment_notes(role: ComposedRole) -> Iterator[str]:
    """Yield what each policy attached to *role* adds to it, or that this is not known; and what a boundary does."""
    for arn in sorted(role.spec.managed_policy):
        policy = known_policy(role, arn)
        yield _adds(policy, added_by(role, policy)) if policy else _not_known(arn)
    if boundary := role.spec.boundary:
        yield f"what permissions boundary {boundary} lets through is not judged: it can only take away"


def attached_documents(role: ComposedRole) -> Mapping[str, IdentityPolicy]:
    """Return the documents of the managed policies attached to *role* that are among the data, by ARN."""
    found = {arn: known_policy(role, arn) for arn in role.spec.managed_policy}
    return {arn: policy.document for arn, policy in found.items() if policy}


def attached_statements(role: ComposedRole) -> Mapping[str, tuple[ComposedStatement, ...]]:
    """Return what those policies allow as statements of a role, by ARN (`rolemgr.separation.managed`)."""
    found = {arn: known_policy(role, arn) for arn in role.spec.managed_policy}
    return {arn: allows_of(policy) for arn, policy in found.items() if policy}


class Broken(NamedTuple):
    """What a managed policy breaks of a role's separation, and the role's violations; *policy* None: not known."""

    arn: str
    problem: str
    policy: ManagedPolicy | None
    violations: tuple[Violation, ...] = ()


def broken_by_attached(catalog: Catalog, role: ComposedRole) -> Iterator[Broken]:
    """Yield each policy attached to *role* that allows what its persona must never do, or that nobody here knows."""
    for arn in sorted(role.spec.managed_policy):
        policy = known_policy(role, arn)
        if policy is None:
            yield Broken(arn, _not_known(arn), None)
        elif problem := _broken(catalog, role, arn):
            with suppress(TooComplex):
                yield Broken(arn, problem, policy, tuple(_violations(catalog, role, policy)))
                continue
            yield Broken(arn, problem, policy)


def added_by(role: ComposedRole, policy: ManagedPolicy) -> Added:
    """Return what *policy* allows that the policies of *role* itself do not, and that no Deny of it takes away."""
    own, denies = _by_action(role, Effect.ALLOW), _by_action(role, Effect.DENY)
    added, anywhere, widened = set(), set(), set()
    for allow in allows_of(policy):
        for action, resource in product(allow.actions, allow.resources):
            if not _fits(resource, action) or _denied(resource, action, denies):
                continue
            if action not in own:
                added.add(action)
                if not allow.conditions and _is_all(resource, action, role.spec.partition_name):
                    anywhere.add(action)
            elif not any(_has(one, resource, allow) for one in own[action]):
                widened.add(action)
    return Added(tuple(sorted(added)), tuple(sorted(anywhere)), tuple(sorted(widened)))


def with_attached(role: ComposedRole, policy: ManagedPolicy) -> ComposedRole:
    """
    Return *role* with what *policy* allows, for the questions of separation.

    Where the policy lets it pass or assume roles, or work as one without that (``StartPipelineExecution``),
    every role that may be meant is among those that it acts as.
    """
    statements = allows_of(policy, [never.forbidden.action for never in role.persona.never])
    reached = set(role.acts_as)
    for statement in statements:
        if quirks.acting_actions().intersection(statement.actions):
            reached.add(f"arn:{role.spec.partition_name}:iam::{role.spec.account}:role/*")
        if _REACHING.intersection(statement.actions):
            reached.update(as_pattern(resource) for resource in statement.resources)
    return replace(role, statements=(*role.statements, *statements), acts_as=tuple(sorted(reached)))


def _broken(catalog: Catalog, role: ComposedRole, arn: str) -> str | None:
    """Say what the policy *arn* allows that the persona of *role* must never do; None where it is nothing."""
    policy = known_policy(role, arn)
    if not policy or policy.arn != arn:
        return None
    try:
        found = _violations(catalog, role, policy)
    except TooComplex as error:
        return f"can't tell whether managed policy {policy.name} allows what the persona must never do: {error}"
    if not found:
        return None
    direct = [one for one in found if one.through == role.spec.role_name]
    through = "" if direct else f" through role `{found[0].through}`"
    shown = tuple(dict.fromkeys(_forbidden(one, role) for one in direct or found))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    forbidden = f"what the persona must never be able to do: {', '.join(shown[:_SHOWN])}{more}"
    return f"managed policy {policy.name} allows{through} {forbidden}"


def _forbidden(violation: Violation, role: ComposedRole) -> str:
    """Return the action that is forbidden, or the whole entry where it depends on more than the action."""
    entry = violation.never.forbidden
    return entry_text(violation.never, role) if entry.resource != "*" or entry.context else violation.action


def _violations(catalog: Catalog, role: ComposedRole, policy: ManagedPolicy) -> list[Violation]:
    """Return the violations that *role* has with *policy* and not without."""
    whole = with_attached(role, policy)
    before = [(one.never, one.through) for one in violations(role, closure_of(catalog, role).known)]
    after = violations(whole, closure_of(catalog, whole).known)
    return [one for one in after if (one.never, one.through) not in before]


def known_policy(role: ComposedRole, arn: str) -> ManagedPolicy | None:
    """Return AWS's policy of the name in *arn*; None where it is not among the data, or the account's own."""
    owner, name = arn.split(":")[4], arn.rpartition("/")[2]
    return managed_policy(name, role.spec.partition_name) if owner == "aws" else None


def _by_action(role: ComposedRole, effect: Effect) -> Mapping[str, Sequence[ComposedStatement]]:
    found: dict[str, list[ComposedStatement]] = {}
    for statement in role.unfolded:
        for action in statement.actions if statement.effect is effect else ():
            found.setdefault(action, []).append(statement)
    return found


def _fits(resource: str, action: str) -> bool:
    """Tell whether a statement that has *resource* for *action* grants anything by it."""
    found = find_action(action)
    return resource == "*" or found is None or bool(types_of(resource, found))


def _denied(resource: str, action: str, denies: Mapping[str, Sequence[ComposedStatement]]) -> bool:
    """Tell whether the role denies *action* on all of *resource*, whatever the request."""
    return surely_denied(denies.get(action, ()), resource, ReachQuestion(action, "*", Context({})))


def _is_all(resource: str, action: str, partition: str) -> bool:
    return any(contains(resource, arn) for arn in all_of(action, partition))


def _has(own: ComposedStatement, resource: str, allow: ComposedStatement) -> bool:
    """Tell whether the statement *own* allows all that *allow* does on *resource*."""
    unconditional = not own.conditions or own.conditions == allow.conditions
    return unconditional and any(contains(outer, resource) for outer in own.resources)


def _adds(policy: ManagedPolicy, added: Added) -> str:
    """Say what *policy* adds, the most telling actions by name."""
    elsewhere = "" if policy.arn.startswith("arn:aws:") else ", as in partition aws"
    head = f"managed policy {policy.name} ({policy.version} of {policy.updated}{elsewhere})"
    if not added.actions and not added.widened:
        return f"{head} adds nothing to the role's own policies"
    writes = sum(map(_writes, added.actions))
    counts = f"adds {len(added.actions):,} actions ({writes:,} that write, {len(added.anywhere):,} on any resource)"
    wider = f" and widens {len(added.widened):,} that the role has" if added.widened else ""
    named = ", ".join(telling({*added.actions, *added.widened}))
    return f"{head} {counts}{wider}, among them {named}; of the role's limits only its Denies hold for them"


def telling(actions: set[str]) -> list[str]:
    """Return the few of *actions* that say most: those that reviewers look for, then what writes."""
    rest = sorted(
        actions.difference(_TELLING), key=lambda action: (not _writes(action), "sagemaker:" not in action, action)
    )
    return [*(action for action in _TELLING if action in actions), *rest][:_SHOWN]


def _writes(action: str) -> bool:
    found = find_action(action)
    return found is None or bool(found.access_levels & _WRITES)


def _not_known(arn: str) -> str:
    near = get_close_matches(arn.rpartition("/")[2], managed_policy_names(), n=1, cutoff=0.85)
    hint = f"; did you mean {near[0]}?" if near and ":aws:policy/" in arn else ""
    return f"what managed policy {arn} allows is not known here, and nothing is proven of it{hint}"
