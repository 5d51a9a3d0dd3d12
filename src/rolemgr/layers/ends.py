"""
The end of an exemption: a second Deny for whom the first lets go, from the moment on at which that ends.

Conditions of one statement hold together, so a single Deny can't say "not this role, or this role from then on".
IAM judges each request by the time at which it comes, so sessions that began before end with it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from rolemgr.errors import InputError
from rolemgr.layers.exemptions import Ending, Exemptions, lets_go
from rolemgr.layers.statements import frozen, with_exempt
from rolemgr.model.layer import LayerDeny, LayerPart
from rolemgr.reference.resources import common

AGAIN: Final = "Again"
"""What the Sid of that second Deny ends in."""
_SID_ROOM: Final = 64 - len(AGAIN)
_KEY: Final = "aws:PrincipalArn"
_FROM: Final = ("DateGreaterThanEquals", "aws:CurrentTime")
_CALLER: Final = ("ArnLike", "ArnEquals")
"""Operators that compare alike, by IAM's page on them; the second where the Deny asks for its callers by the first."""


def with_ends(part: LayerPart, exempt: Exemptions) -> LayerPart:
    """
    Return *part* with a Deny behind each that lets a role go until a moment, for that role from the moment on.

    Raises InputError for a Deny that can't have one more condition on its caller or the time.
    """
    denies = (one for deny in part.denies for one in (deny, *_again(deny, exempt)))
    return part._replace(denies=tuple(denies))


def _again(deny: LayerDeny, exempt: Exemptions) -> Iterator[LayerDeny]:
    whole = deny.binding_all
    if whole is None:
        return
    bound = with_exempt(whole, exempt.for_good)
    let_go = set(lets_go(deny)) - set(lets_go(whole))
    by_moment = sorted((one for one in exempt.ending if one.arn in let_go), key=lambda one: one.until)
    for until, roles in groupby(by_moment, key=lambda one: one.until):
        if concerned := [one for one in roles if _may_be_about(bound, one.arn)]:
            yield _from(bound, until, concerned)


def _may_be_about(deny: LayerDeny, arn: str) -> bool:
    """Tell whether *deny* can hold for the role *arn*: where it asks for other callers, no request meets both."""
    wanted = (block for operator, block in deny.conditions if operator == _CALLER[0])
    patterns = [each for block in wanted for key, values in block if key.lower() == _KEY.lower() for each in values]
    return not patterns or any(common(each, arn) is not None for each in patterns)


def _from(deny: LayerDeny, until: str, roles: Sequence[Ending]) -> LayerDeny:
    """Return *deny* for these *roles* alone, from the moment *until* on."""
    conditions = {operator: dict(block) for operator, block in deny.conditions}
    operator = next((one for one in _CALLER if _is_free(conditions.get(one, {}), _KEY)), None)
    if operator is None or not _is_free(conditions.get(_FROM[0], {}), _FROM[1]):
        problem = f"`{deny.sid}` has conditions on its caller or the time already, so that no exemption from it can end"
        raise InputError(deny.origin.location, problem, "leave out --exempt-until, or the pattern")
    conditions.setdefault(operator, {})[_KEY] = tuple(one.arn for one in roles)
    conditions.setdefault(_FROM[0], {})[_FROM[1]] = (until,)
    return replace(deny, sid=f"{deny.sid[:_SID_ROOM]}{AGAIN}", conditions=frozen(conditions), binding_all=None)


def _is_free(block: dict[str, tuple[str, ...]], key: str) -> bool:
    return all(one.lower() != key.lower() for one in block)
