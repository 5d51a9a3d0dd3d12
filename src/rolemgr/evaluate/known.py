"""
What AWS puts into every request from the principal and the resource, where their ARNs say it for certain.

The ARN of a session has no role path, so `aws:PrincipalArn` of a session is not known here: `session_roles` asks on.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.evaluate.principals import Caller, CallerKind, read_caller

_TYPES: Final = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
}
"""The values of `aws:PrincipalType`."""


class Known(NamedTuple):
    """One condition key with its value: lower case, as AWS spells it, the value."""

    folded: str
    key: str
    values: tuple[str, ...]


@lru_cache(maxsize=4096)
def known_keys(principal: str | None, resource_account: str | None) -> tuple[Known, ...]:
    """Return the condition keys that follow from *principal* and *resource_account*; raise as `read_caller` does."""
    found = _keys(read_caller(principal), resource_account)
    return tuple(Known(key.lower(), key, (value,)) for key, value in found)


def _keys(caller: Caller, resource_account: str | None) -> Iterator[tuple[str, str]]:
    if resource_account:
        yield "aws:ResourceAccount", resource_account
    if caller.kind is CallerKind.SERVICE:
        yield "aws:PrincipalIsAWSService", "true"
        yield "aws:PrincipalServiceName", caller.text
    if caller.account is None:
        return
    yield "aws:PrincipalAccount", caller.account
    yield "aws:PrincipalIsAWSService", "false"
    yield "aws:PrincipalType", _TYPES[caller.kind]
    if caller.kind is CallerKind.USER:
        yield "aws:username", caller.name
    if caller.kind is not CallerKind.SESSION and ":assumed-root" not in caller.text:
        yield "aws:PrincipalArn", caller.text
