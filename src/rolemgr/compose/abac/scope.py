"""
ABAC: a caller reaches what carries the caller's own value of a tag key, and nothing else of SageMaker's.

The Allows say it: ``StringEquals`` asks new resources for the request's tag and existing ones for their own.
A missing tag and a wrong one are both not equal, and nothing equals a variable without a value, so untagged
callers get nothing. An Allow takes several keys at once, where Denies would list all actions anew for each;
and Allows may move to managed policies, while every Deny has to fit inline beside those of the guardrails.
Denies that say the same (`rolemgr.compose.abac.denies`) come on top where policies are attached that could
allow what these do not.

An action that makes one resource and uses another (CreateEndpoint, CreateTrial, CreateInferenceComponent)
falls into a statement for each. Which is which stands in `rolemgr.reference.tagging`. Of other services what a
project has of its own there (alarms, scalable targets, tables) is out of reach with another's tag; all else is
left alone: SageMaker makes its log groups, for one, without the project's tag.
https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rolemgr.compose.abac.buckets import BUCKET_TAG, bucket_denies, bucket_notes, own_and_other
from rolemgr.compose.abac.denies import ADD_TAGS, DELETE_TAGS, only_on_creation, own_value, tag_denies
from rolemgr.compose.abac.left_open import left_open, notes
from rolemgr.compose.abac.models import held_to_model_names, model_names
from rolemgr.compose.distribute import Share
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.model.role import FrozenConditions, LeftOpen
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import Action, find_action
from rolemgr.reference.tagging import How, by_tag, is_asked_for_tags, is_left_alone

_WHERE = SourceLocation("--abac")
_NARROWER = {"StringEquals": "StringLike", "StringEqualsIfExists": "StringLikeIfExists"}
"""What says the same of a policy variable, whose value is literal: for a key that the author has narrowed too."""


class TagScoped(NamedTuple):
    """The shares of a role under ABAC, what its tags could not narrow, and what to know of it."""

    shares: Sequence[Share]
    left_open: tuple[LeftOpen, ...] = ()
    notes: tuple[str, ...] = ()


class _Reach(NamedTuple):
    """What of an action's resources tags limit in one way."""

    how: How
    shared: bool


def with_tags(
    shares: Sequence[Share], keys: Sequence[str], spec: RoleSpec, where: SourceLocation = _WHERE
) -> TagScoped:  # fmt: skip
    """
    Return the *shares* of a role held to the caller's values of the tag *keys*; nothing changes without keys.

    *where* is the place that chose the keys. `rolemgr.compose.abac.tags` makes sure that sessions
    bring the tags.
    """
    if not keys:
        return TagScoped(shares)
    ordered = sorted(keys)
    names = model_names(shares, keys[0], spec)
    narrowed = [part for share in shares for part in _with_buckets(share, ordered, spec)]
    denies = [
        *tag_denies(shares, ordered, spec, where),
        *bucket_denies(shares, ordered, spec, where),
        *held_to_model_names(shares, keys[0], names, where),
    ]
    tag_notes = (*notes(shares, keys, spec, bool(names)), *bucket_notes(ordered, spec))
    return TagScoped((*narrowed, *denies), left_open(shares, spec, bool(names)), tag_notes)


def _with_buckets(share: Share, keys: Sequence[str], spec: RoleSpec) -> Iterator[Share]:
    """Yield *share* in parts with the conditions on tags, also those of the buckets that it is about."""
    own, other = own_and_other(share, spec)
    if own:
        yield own._replace(conditions=_equal(own.conditions, "StringEquals", BUCKET_TAG, keys))
    if other:
        yield from _narrowed(other, keys)


def _narrowed(share: Share, keys: Sequence[str]) -> Iterator[Share]:
    """Yield *share* in parts, each with the conditions on tags that fit its resources."""
    action = find_action(share.action) if share.effect is Effect.ALLOW and share.types else None
    if action is None or not is_asked_for_tags(action):
        yield share
        return
    parts: dict[_Reach, list[tuple[str, tuple[str, ...]]]] = {}
    for resource in share.resources:
        types = types_of(resource, action)
        parts.setdefault(_reach(action, types), []).append((resource, types))
    for reach, found in parts.items():
        names = tuple(sorted({name for _, types in found for name in types}))
        part = share._replace(resources=tuple(resource for resource, _ in found), types=names)
        for conditions in _conditions(part, reach, keys):
            yield part._replace(conditions=conditions)


def _reach(action: Action, types: Sequence[str]) -> _Reach:
    """Return how tags limit *action* on a resource of *types*; one that may be of a type without tags may lack them."""
    hows = {by_tag(action, name).how for name in types}
    shared = all(is_left_alone(action, name) for name in types)
    if len(hows) == 1:
        return _Reach(hows.pop(), shared)
    return _Reach(How.CARRIED if hows - {How.NOT} else How.NOT, shared)


def _conditions(share: Share, reach: _Reach, keys: Sequence[str]) -> Iterator[FrozenConditions]:
    """Yield the conditions of *share* with those on tags: two sets for tagging what is new and what exists."""
    if reach.shared or share.action == DELETE_TAGS:
        yield share.conditions
    elif share.action == ADD_TAGS and reach.how is not How.NOT:
        yield from _of_tagging(share, keys)
    elif reach.how is How.REQUEST:
        yield _equal(share.conditions, "StringEquals", "aws:RequestTag", keys)
    elif reach.how is How.RESOURCE:
        yield _equal(share.conditions, "StringEquals", "aws:ResourceTag", keys)
    elif reach.how is How.CARRIED:
        equal = _equal(share.conditions, "StringEqualsIfExists", "aws:ResourceTag", keys)
        yield _tagged_caller(equal, keys)
    else:
        yield _tagged_caller(share.conditions, keys)


def _of_tagging(share: Share, keys: Sequence[str]) -> Iterator[FrozenConditions]:
    """
    Yield the conditions under which *share* may add tags: the caller's value, on creation and on what has it.

    Pipeline.upsert writes the tags of a pipeline anew each time.
    """
    right = _equal(share.conditions, "StringEqualsIfExists", "aws:RequestTag", keys)
    new, existing = (("sagemaker:TaggingAction", (absent,)) for absent in ("false", "true"))
    null_keys = dict(share.conditions).get("Null", ())
    if existing not in null_keys:
        yield _tagged_caller(_and(right, "Null", *new), keys)
    if not only_on_creation(share):
        yield _equal(_and(right, "Null", *existing), "StringEquals", "aws:ResourceTag", keys)


def _equal(conditions: FrozenConditions, operator: str, prefix: str, keys: Sequence[str]) -> FrozenConditions:
    """Return *conditions*, and that the tag under *prefix* is the caller's own, for each of *keys*."""
    for key in keys:
        conditions = _and(conditions, operator, f"{prefix}/{key}", (own_value(key),))
    return conditions


def _tagged_caller(conditions: FrozenConditions, keys: Sequence[str]) -> FrozenConditions:
    """Return *conditions*, and that the caller has each tag, for what no tag of a resource decides."""
    for key in keys:
        conditions = _and(conditions, "Null", f"aws:PrincipalTag/{key}", ("false",))
    return conditions


def _and(conditions: FrozenConditions, operator: str, key: str, values: tuple[str, ...]) -> FrozenConditions:
    """Return *conditions* and one more, in IAM's own order of no meaning: operators and keys sorted."""
    blocks = {one: dict(block) for one, block in conditions}
    if blocks.get(operator, {}).get(key, values) != values:
        operator = _NARROWER.get(operator, operator)
    blocks.setdefault(operator, {})[key] = values
    return tuple((one, tuple(sorted(block.items()))) for one, block in sorted(blocks.items()))
