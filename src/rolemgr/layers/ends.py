"""
Exemptions that end: a Deny that leaves roles out gets a twin, which binds them from a point in time on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-currenttime
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from rolemgr.errors import InputError
from rolemgr.layers.exemptions import lets_go
from rolemgr.layers.statements import frozen
from rolemgr.model.layer import LayerDeny, LayerPart

_KEY: Final = "aws:PrincipalArn"
_BOUND_BY: Final = ("ArnLike", "ArnEquals")
"""Operators that compare alike, wildcards included; the second where the Deny has the first already."""


def with_ends(parts: Sequence[LayerPart], ends: Mapping[str, str]) -> Iterator[LayerPart]:
    """Yield *parts*, each Deny that leaves out a role of *ends* (its ARN, and when that ends) with its twins."""
    for part in parts:
        yield part._replace(denies=tuple(one for deny in part.denies for one in (deny, *_twins(deny, ends))))


def _twins(deny: LayerDeny, ends: Mapping[str, str]) -> Iterator[LayerDeny]:
    """Yield what *deny* is from each end on for those whose exemption ends then."""
    left_out = lets_go(deny)
    timed = sorted((ends[arn], arn) for arn in left_out if arn in ends)
    for end, found in groupby(timed, key=lambda one: one[0]):
        yield _twin(deny, end, tuple(arn for _, arn in found))


def _twin(deny: LayerDeny, end: str, arns: tuple[str, ...]) -> LayerDeny:
    conditions = {operator: dict(block) for operator, block in deny.conditions}
    block = conditions["ArnNotLike"]
    there = next(key for key in block if key.lower() == _KEY.lower())
    block[there] = tuple(arn for arn in block[there] if arn not in arns)
    if not block[there]:
        del block[there]
    if not block:
        del conditions["ArnNotLike"]
    free = [one for one in _BOUND_BY if _KEY.lower() not in map(str.lower, conditions.get(one, ()))]
    if not free:
        raise InputError(deny.origin.location, f"`{deny.sid}` names its callers twice, so no exemption of it can end")
    operator = free[0]
    conditions.setdefault(operator, {})[_KEY] = arns
    conditions.setdefault("DateGreaterThanEquals", {})["aws:CurrentTime"] = (end,)
    return replace(deny, sid=f"{deny.sid[:58]}Ended", conditions=frozen(conditions))
