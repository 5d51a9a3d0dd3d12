"""
Buckets under ABAC: where S3's access by tag is switched on, a bucket's tags hold its objects too.

S3 fills ``s3:BucketTag/KEY`` and ``aws:ResourceTag/KEY`` with the tags of a general purpose bucket only after
PutBucketAbac on it, and the Service Authorization Reference lists both for buckets and for objects. Without that
no value is there, so ``StringEquals`` allows nothing: the conditions are an option, and a note says it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

from collections.abc import Iterator, Sequence

from rolemgr.compose.abac.denies import frozen, own_value, tag_origin
from rolemgr.compose.choices import builtins
from rolemgr.compose.distribute import Share
from rolemgr.errors import SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.model.role import LeftOpen
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action, resource_types

BUCKET_TAG = "s3:BucketTag"
_CARRIED = "s3:buckettag/"
_AWS_OWN = "the bucket is AWS's own, whose tags no project chooses"
_NO_TAG = "no tag of a bucket comes with it"


def own_and_other(share: Share, spec: RoleSpec) -> tuple[Share | None, Share | None]:
    """
    Return *share* for the buckets whose tags hold it, and for all else; None for a part that is empty.

    Held are Allows of S3's under ``--abac-buckets``, but for JumpStart's buckets, which are AWS's.
    """
    if not spec.abac_buckets or share.effect is not Effect.ALLOW or not share.action.startswith("s3:"):
        return None, share
    held = tuple(one for one in share.resources if not _why_not(share.action, one, spec))
    other = tuple(one for one in share.resources if one not in held)
    return _part(share, held), _part(share, other)


def _part(share: Share, resources: tuple[str, ...]) -> Share | None:
    action = find_action(share.action)
    if not resources or action is None:
        return share if resources else None
    types = {name for one in resources for name in types_of(one, action)}
    return share._replace(resources=resources, types=tuple(sorted(types)))


def _why_not(action_name: str, resource: str, spec: RoleSpec) -> str:
    """Return why no tag of a bucket can hold the action on *resource*, or nothing where one can."""
    action, arn = find_action(action_name), Arn.parse(resource)
    types = types_of(resource, action) if action else ()
    if not types or not all(_CARRIED in resource_types("s3")[name].condition_keys for name in types):
        return _NO_TAG
    bucket = arn.resource.partition("/")[0] if arn else ""
    return _AWS_OWN if bucket in builtins(spec)["jumpstart_buckets"] else ""


def bucket_denies(
    shares: Sequence[Share], keys: Sequence[str], spec: RoleSpec, where: SourceLocation
) -> Iterator[Share]:  # fmt: skip
    """Yield the Denies that hold what *shares* allow on buckets, where *spec* attaches policies that could allow it."""
    held = [own for share in shares if (own := own_and_other(share, spec)[0])] if spec.managed_policy else []
    for key in keys:
        conditions = frozen({"StringNotEquals": {f"{BUCKET_TAG}/{key}": (own_value(key),)}})
        origin = tag_origin("AbacBucketTag", key, where)
        for one in held:
            yield one._replace(conditions=conditions, effect=Effect.DENY, origin=origin)


def buckets_left_open(share: Share, spec: RoleSpec) -> Iterator[LeftOpen]:
    """Yield what of *share*, an Allow, no tag of a bucket holds under ``--abac-buckets``."""
    if spec.abac_buckets and share.action.startswith("s3:"):
        whys = {_why_not(share.action, one, spec) for one in share.resources} - {""}
        yield from (LeftOpen(share.action, why) for why in whys)


def bucket_notes(keys: Sequence[str], spec: RoleSpec) -> Iterator[str]:
    """Yield what to know of ``--abac-buckets``: where it is dead, and who can change what it goes by."""
    if spec.abac_buckets:
        tags = ", ".join(f"{key}={spec.tag.get(key, 'its own value')}" for key in keys)
        yield (
            f"--abac-buckets leaves the role's access to a bucket dead until S3's access by tag is switched on for it"
            f" (s3:PutBucketAbac) and it carries {tags}; anyone who may switch that or tag buckets"
            " (s3:TagResource) chooses who gets in: hold both by an SCP"
        )
