"""
ABAC by Denies: what the Allows say under `rolemgr.compose.abac.scope`, said so that no other policy undoes it.

``StringNotEquals`` denies a wrong tag and a missing one; AWS documents that it also matches where the policy
variable has no value, so untagged callers are denied without a Deny of their own. Resources that may be
without tags through nobody's fault are denied with another value only. An action that makes one resource and
uses another has a Deny for each, split by Resource; none asks what is yet to be made for tags of its own.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rolemgr.compose.distribute import ANY, Share
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.model.role import FrozenConditions, Origin
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.services import Action, find_action
from rolemgr.reference.tagging import How, arn_pattern, by_tag, creates_shared, is_asked_for_tags

ADD_TAGS, DELETE_TAGS = "sagemaker:AddTags", "sagemaker:DeleteTags"


class _Use(NamedTuple):
    """An action of the role on a resource type, and the share that allows it."""

    action: Action
    type_name: str
    share: Share


def tag_denies(
    shares: Sequence[Share], keys: Sequence[str], spec: RoleSpec, where: SourceLocation
) -> Iterator[Share]:  # fmt: skip
    """
    Yield the Denies that the *shares* need beside conditions on their Allows, for the tag *keys*.

    Those of what the role itself allows where *spec* attaches policies that could allow it too; and nobody
    deletes the keys, where anything allows that.
    """
    if spec.managed_policy:
        yield from all_denies(shares, keys, spec, where)
    elif any(share.effect is Effect.ALLOW and share.action == DELETE_TAGS for share in shares):
        yield from _keep(keys, where)


def all_denies(
    shares: Sequence[Share], keys: Sequence[str], spec: RoleSpec, where: SourceLocation
) -> Iterator[Share]:  # fmt: skip
    """Yield Denies that alone hold what *shares* allow to the caller's values of the tag *keys*."""
    uses = [use for share in shares if share.effect is Effect.ALLOW for use in _uses(share)]
    for key in keys:
        yield from _of_resources(uses, key, spec, where)
        yield from _of_tagging(uses, key, spec, where)
    yield from _keep(keys, where)


def _uses(share: Share) -> Iterator[_Use]:
    """Yield each type of resource that *share* is about."""
    action = find_action(share.action)
    if action and is_asked_for_tags(action):
        yield from (_Use(action, name, share) for name in share.types)


def _of_resources(uses: Sequence[_Use], key: str, spec: RoleSpec, where: SourceLocation) -> Iterator[Share]:
    """Yield the Denies of creating, and of using, what has not the caller's value of *key*."""
    other_request = {f"aws:RequestTag/{key}": (own_value(key),)}
    other_resource = {f"aws:ResourceTag/{key}": (own_value(key),)}
    there = {f"aws:ResourceTag/{key}": ("false",)}
    kinds = (
        (How.REQUEST, "AbacRequestTag", frozen({"StringNotEquals": other_request})),
        (How.RESOURCE, "AbacResourceTag", frozen({"StringNotEquals": other_resource})),
        (How.CARRIED, "AbacOtherTag", frozen({"StringNotEquals": other_resource, "Null": there})),
    )
    for how, sid, conditions in kinds:
        yield from _on_uses(uses, how, conditions, tag_origin(sid, key, where), spec)


def _on_uses(
    uses: Iterable[_Use], how: How, conditions: FrozenConditions, origin: Origin, spec: RoleSpec
) -> Iterator[Share]:  # fmt: skip
    """Yield a Deny for each action that tags limit in this way: on everything, or on those of its types."""
    types: dict[Action, set[str]] = {}
    for use in uses:
        if use.action.name not in (ADD_TAGS, DELETE_TAGS):
            types.setdefault(use.action, set()).add(use.type_name)
    for action, names in types.items():
        held = tuple(sorted(name for name in names if by_tag(action, name).how is how))
        if len(held) == len(names):
            yield Share(action.name, ANY, (), conditions, Effect.DENY, origin)
        elif held:
            yield Share(action.name, _arns(held, spec, action.service), held, conditions, Effect.DENY, origin)


def _arns(types: Iterable[str], spec: RoleSpec, service: str = "sagemaker") -> tuple[str, ...]:
    return tuple(sorted(arn_pattern(name, spec.partition_name, service) for name in types))


def _of_tagging(uses: Sequence[_Use], key: str, spec: RoleSpec, where: SourceLocation) -> Iterator[Share]:
    """
    Yield the Denies of moving the tag: taking over what exists, giving it away, tagging what belongs to another.

    The caller's value may be written again, as Pipeline.upsert does. On creation it is the caller's; but what
    projects share may be tagged otherwise there, for Studio passes a domain's tags on.
    """
    request, own = f"aws:RequestTag/{key}", (own_value(key),)
    not_ours = {"StringNotEquals": {f"aws:ResourceTag/{key}": own}, "Null": {"sagemaker:TaggingAction": ("true",)}}
    named = {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": (key,)}}
    differs = {request: own, **_shared_creations(uses)}
    retagged = tuple(sorted({use.type_name for use in uses if _retags(use)}))
    if retagged:
        origin = tag_origin("AbacRetag", key, where)
        yield Share(ADD_TAGS, _arns(retagged, spec), retagged, frozen(not_ours), Effect.DENY, origin)
    takeover = frozen({**not_ours, **named})
    yield Share(ADD_TAGS, ANY, (), takeover, Effect.DENY, tag_origin("AbacTakeOver", key, where))
    other = frozen({"StringNotEquals": differs, "Null": {request: ("false",)}})
    yield Share(ADD_TAGS, ANY, (), other, Effect.DENY, tag_origin("AbacOtherValue", key, where))


def _retags(use: _Use) -> bool:
    """Tell whether the role may tag existing resources of a project in this way."""
    project = by_tag(use.action, use.type_name).how is not How.NOT
    return use.action.name == ADD_TAGS and project and not only_on_creation(use.share)


def only_on_creation(share: Share) -> bool:
    """Tell whether *share* of AddTags holds only for tags that come with a new resource."""
    return ("sagemaker:TaggingAction", ("false",)) in dict(share.conditions).get("Null", ())


def _shared_creations(uses: Sequence[_Use]) -> Mapping[str, tuple[str, ...]]:
    """Return the condition that leaves out what creates something shared; none where the role has nothing of it."""
    names = {use.action.name.partition(":")[2] for use in uses if creates_shared(use.action)}
    return {"sagemaker:TaggingAction": tuple(sorted(names))} if names else {}


def _keep(keys: Sequence[str], where: SourceLocation) -> Iterator[Share]:
    """Yield the Deny of deleting the tags; keys compare without regard to case, so that no spelling bypasses it."""
    kept = frozen({"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": tuple(sorted(keys))}})
    yield from (Share(DELETE_TAGS, ANY, (), kept, Effect.DENY, tag_origin("AbacKeepTag", key, where)) for key in keys)


def own_value(key: str) -> str:
    """Return the policy variable of the caller's value of the tag *key*."""
    return f"${{aws:PrincipalTag/{key}}}"


def tag_origin(word: str, key: str, where: SourceLocation) -> Origin:
    """Return the origin of a Deny by the tag *key*; the key's letters and digits are the end of its Sid."""
    return Origin(where, key, word + re.sub(r"[^A-Za-z0-9]", "", key), (), "tag key")


def frozen(conditions: Mapping[str, Mapping[str, tuple[str, ...]]]) -> FrozenConditions:
    """Return *conditions* as nested tuples in a fixed order."""
    return tuple((operator, tuple(sorted(block.items()))) for operator, block in sorted(conditions.items()))
