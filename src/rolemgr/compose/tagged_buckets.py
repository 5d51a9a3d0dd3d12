"""
Buckets whose names hold a tag of the caller, as in `--bucket` acme- and `aws:PrincipalTag/Project` behind it.

The tag's value is the caller's, so two Denies go with such a name. A value with a slash ends the bucket's name
early: with `x/models` all of bucket `acme-TAG` is what lies under `models/` in bucket `acme-x`, and each Deny that
is written behind the same variable looks somewhere else. So it is with a part of a bucket that a tag names, which the
first Deny goes with too. And a name that follows from a tag can be guessed:
whoever makes that bucket first, in whichever account, would be sent the data.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from rolemgr.compose.distribute import ANY, Share
from rolemgr.compose.parameters import BUCKET_BY_TAG
from rolemgr.errors import SourceLocation
from rolemgr.iam.arn import split_object
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import around_variables, key_variables_in, replaced
from rolemgr.model.role import FrozenConditions, Origin
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec

_TAG = "aws:principaltag/"
_KIND = "bucket by tag"
_EVERYTHING = "s3:*"


def buckets_by_tag(values: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the buckets by tag among *values* of parameters, or of options, each with the key of its tag."""
    given = (text for texts in values.values() for text in texts)
    return {found["bucket"]: found["key"] for text in given if (found := BUCKET_BY_TAG.fullmatch(text))}


def chosen_buckets(spec: RoleSpec) -> dict[str, str]:
    """Return what `buckets_by_tag` does of what *spec* gives."""
    return buckets_by_tag({"bucket": spec.bucket, **spec.parameter})


def where_given(spec: Sourced[RoleSpec], bucket: str) -> SourceLocation:
    """Return where *bucket* was given: as one of ``--bucket``, or in the value of a parameter."""
    for number, text in enumerate(spec.value.bucket):
        if text == bucket:
            return spec.at("bucket", number)
    for name, texts in spec.value.parameter.items():
        for number, text in enumerate(texts):
            if text == bucket or text.startswith(f"{bucket}/"):
                return spec.at("parameter", name, number)
    return spec.at("bucket")


def bucket_denies(shares: Sequence[Share], spec: Sourced[RoleSpec], account: str) -> Iterator[Share]:
    """
    Yield the Denies that go with buckets by tag where *shares* allow anything in one.

    *account* is how the shares write the role's own account.
    """
    allowed = dict.fromkeys(one for share in shares if share.effect is Effect.ALLOW for one in share.resources)
    buckets = {bucket: key for one in allowed for bucket, key in _bucket_by_tag(one)}
    parts = {bucket: key for one in allowed for bucket, key in _part_by_tag(one)}
    for key in sorted({*buckets.values(), *parts.values()}):
        with_slash = {"StringLike": {f"aws:PrincipalTag/{key}": ("*/*",)}}
        first = min(bucket for bucket, other in (*buckets.items(), *parts.items()) if other == key)
        yield _deny("TagHoldsASlash", key, ANY, with_slash, _place(spec, first))
    for bucket, key in sorted(buckets.items()):
        elsewhere = {"StringNotEquals": {_OWNER: (account,)}, "Null": {_OWNER: ("false",)}}
        yield _deny("BucketOfAnotherAccount", key, (bucket, f"{bucket}/*"), elsewhere, _place(spec, bucket))


def _place(spec: Sourced[RoleSpec], arn: str) -> SourceLocation:
    return where_given(spec, arn.rpartition(":::")[2])


_OWNER = "aws:ResourceAccount"


def notes_on_tagged_buckets(values: Mapping[str, tuple[str, ...]], spec: RoleSpec) -> Iterator[str]:
    """Yield what to know of buckets by tag among the *values* of a role's parameters."""
    found = buckets_by_tag(values)
    for key, beginning in dict.fromkeys((key, around_variables(bucket)[0]) for bucket, key in sorted(found.items())):
        yield (
            f"whoever sets the tag {key} of a session chooses its bucket, any of the account whose name"
            f" begins with {beginning}: nobody who uses the role may be able to set it"
        )
    for bucket, key in sorted(found.items()):
        value = spec.tag.get(key)
        if value and not re.fullmatch(r"[a-z0-9.-]+", value):
            yield f"no bucket can be called {replaced(bucket, value)}, which is what the role's tag {key}={value} says"


def _deny(
    word: str, key: str, resources: tuple[str, ...], conditions: Mapping[str, Mapping[str, tuple[str, ...]]],
    where: SourceLocation,
) -> Share:  # fmt: skip
    frozen: FrozenConditions = tuple((name, tuple(sorted(block.items()))) for name, block in sorted(conditions.items()))
    sid = word + re.sub(r"[^A-Za-z0-9]", "", key)
    return Share(_EVERYTHING, resources, (), frozen, Effect.DENY, Origin(where, key, sid, (_EVERYTHING,), _KIND))


def _part_by_tag(resource: str) -> Iterator[tuple[str, str]]:
    """Yield the bucket that *resource* is in with each tag of the caller in the name of its objects."""
    if found := split_object(resource):
        for variable in key_variables_in(found[1] or ""):
            if variable.key.startswith(_TAG):
                yield found[0], variable.spelling[len(_TAG) :]


def _bucket_by_tag(resource: str) -> Iterator[tuple[str, str]]:
    """Yield the ARN of the bucket that *resource* is, or is in, with each tag of the caller in the bucket's name."""
    if found := split_object(resource):
        for variable in key_variables_in(found[0]):
            if variable.key.startswith(_TAG):
                yield found[0], variable.spelling[len(_TAG) :]
