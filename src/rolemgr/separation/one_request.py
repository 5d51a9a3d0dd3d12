"""
What statements have in common because they speak of one request: a policy variable has one value in it.

An Allow on all of a bucket that a tag of the caller names, and a Deny on `models/` in it, speak of the same bucket in
every request, whatever the tag says. What a persona must never do is wider: there the variable
stands for any bucket of such a name, not for the caller's alone. The two meet only if the name of a bucket
ends where the pattern says; with a slash in its value the variable would reach into the keys. So a variable in
a bucket's name counts as a name only where a Deny refuses values with a slash. So does one that is all of what stands
between two slashes, as the part of a bucket that is a project's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from rolemgr.iam.arn import split_object
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import around_variables, known_variables_in, opens_variable
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.role import ComposedStatement, FrozenConditions
from rolemgr.reference.resources import common, in_common

_PRINCIPAL_TAG = "aws:principaltag/"

Freed = Callable[[str], str]
"""A text with its variables filled in where they are known, else as stars."""


class Meeting(NamedTuple):
    """
    What an Allow's resource and a pattern have in common in one request.

    *example* is one of it, None where there is nothing; each of *bounds* contains all of it.
    """

    example: str | None
    bounds: tuple[str, ...]


def refused_slashes(denies: Iterable[ComposedStatement]) -> frozenset[str]:
    """
    Return the caller's tags, as lower-case condition keys, whose values have no slash where none of *denies* holds.

    Only a Deny of everything, with no other condition than the one that finds a slash, is certain.
    """
    return frozenset(
        key
        for deny in denies
        if deny.effect is Effect.DENY and "*" in deny.resources and (key := _with_slash(deny.conditions))
    )


def _with_slash(conditions: FrozenConditions) -> str | None:
    match conditions:
        case (("StringLike", ((key, values),)),) if "*/*" in values and key.lower().startswith(_PRINCIPAL_TAG):
            return key.lower()
    return None


def meeting(resource: str, within: str, without_slash: frozenset[str], freed: Freed) -> Meeting:
    """
    Return what *resource* and *within* have in common; variables of *within* are free of those of *resource*.

    The values of the variables *without_slash* hold none.
    """
    in_bucket = _in_one_bucket(resource, within, without_slash) if opens_variable(resource + within) else None
    if in_bucket is None:
        return Meeting(in_common(freed(resource), freed(within)), (resource,))
    bucket, key, other_bucket, other_key = in_bucket
    if bucket == other_bucket and (parts := _in_one_part(key, other_key, without_slash)):
        beginning, key, other_key = parts
        bucket = other_bucket = f"{bucket}/{beginning}"
    if common(freed(bucket), freed(other_bucket)) is None or common(freed(key), freed(other_key)) is None:
        return Meeting(None, ())
    bounds = (f"{bucket}/{key}", f"{bucket}/{freed(other_key)}")
    return Meeting(in_common(freed(bounds[0]), freed(within)), bounds)


def _in_one_part(key: str, other: str, without_slash: frozenset[str]) -> tuple[str, str, str] | None:
    """Return the part of a bucket that both keys name by one tag, which holds no slash, and what each has in it."""
    mine, theirs = _part_by_tag(key, without_slash), _part_by_tag(other, without_slash)
    return (mine[0], mine[1], theirs[1]) if mine and theirs and mine[0] == theirs[0] else None


def _part_by_tag(key: str, without_slash: frozenset[str]) -> tuple[str, str] | None:
    """Return what of *key* ends with a tag that is all between two slashes, and what is behind the second one."""
    before, *others = around_variables(key)
    if not others or has_wildcard(before) or (before and not before.endswith("/")):
        return None
    tag, slash, behind = others[0], others[1][:1], "".join(others[1:])[1:]
    known = next(known_variables_in(tag), None)
    if slash != "/" or known is None or known.default is not None or known.key not in without_slash:
        return None
    return before + tag, behind


@lru_cache(maxsize=4096)
def _in_one_bucket(
    resource: str, within: str, without_slash: frozenset[str]
) -> tuple[str, str, str, str] | None:  # fmt: skip
    """Return bucket and key of *resource*, then of *within*, where both name objects and no bucket's name runs on."""
    mine, other = split_object(resource), split_object(within)
    if not mine or not other or mine[1] is None or other[1] is None:
        return None
    if has_wildcard(mine[0]) or has_wildcard(other[0]):
        return None
    if any(one.key not in without_slash or "/" in (one.default or "") for one in known_variables_in(mine[0])):
        return None
    return mine[0], mine[1], other[0], other[1]
