"""Somebody outside of the inventory whom a policy lets in: accounts, names and conditions that strangers can have."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from rolemgr.audit.contexts import Choice
from rolemgr.audit.examples import concrete
from rolemgr.audit.rights import NO, RightsAnswer, Settled
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import ResourcePolicy, TrustPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import matches
from rolemgr.reference.resources import in_common

STRANGER: Final = "999999999999"
_STRANGERS: Final = (STRANGER, "888888888888", "777777777777", "560560560560")
_NAMES: Final = ("somebody", "unlisted-17", "qkx-0000", "hhh", "5151")
OUTSIDE: Settled = dict.fromkeys(
    ("aws:principalorgid", "aws:principalorgpaths", "sts:externalid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce")
)
"""What somebody from outside does not have."""
_ORGANIZATION: Final = "o-zzstranger1"
_PATHS: Final = f"{_ORGANIZATION}/r-zz99/ou-zz99-00000000/"
_OWN: Final[Settled] = {
    "aws:principalorgid": _ORGANIZATION, "aws:principalorgpaths": _PATHS, "sts:externalid": "zz-rolemgr-id",
    "aws:userid": "AROAZZROLEMGRSTRANGER:zz",
}  # fmt: skip
"""What somebody from outside has, and another than the one that a policy names."""
_ENDPOINT: Final[Settled] = {
    "aws:sourcevpc": "vpc-0zzstranger", "aws:sourcevpce": "vpce-0zzstranger", "aws:vpcsourceip": "10.77.88.99",
    "aws:vpceorgid": _ORGANIZATION, "aws:vpceorgpaths": _PATHS,
}  # fmt: skip
_ADDRESSES: Final = ("45.0.113.77", "198.51.100.77")
"""Where requests come from: a network that is for anybody has both in it."""
_BY_INTERNET: Final = tuple({**_OWN, **dict.fromkeys(_ENDPOINT), "aws:sourceip": address} for address in _ADDRESSES)
_BY_ENDPOINT: Final[Settled] = {**_OWN, **_ENDPOINT, "aws:sourceip": None}
"""From a VPC of the stranger's own."""


def asked_at_will(ask: Callable[[Settled, Choice], RightsAnswer]) -> RightsAnswer:
    """Return what *ask* says of somebody from outside who has any attributes, and sends what anybody can send."""
    found = [ask(one, Choice.AT_WILL) for one in _BY_INTERNET]
    if all(found):
        return found[0]
    answer = ask(_BY_ENDPOINT, Choice.AT_WILL)
    return answer if answer else NO


def account_of(value: str) -> str | None:
    """Return the account of the principal *value*, None where it is not an ARN or account."""
    arn = Arn.parse(value)
    account = arn.account if arn else value
    return account if ACCOUNT_ID.fullmatch(account) else None


def strangers_to(policy: TrustPolicy | ResourcePolicy, partition: str) -> tuple[str, ...]:
    """
    Return principals of accounts that nobody knows: one whose account and name *policy* does not speak of.

    Then one for each pattern that its conditions compare the principal with, also where that tells how the account
    begins: whoever has such an account fits.
    """
    text = json.dumps(policy.to_json_value())
    account = next((one for one in _STRANGERS if one not in text), STRANGER)
    compared = list(_compared(policy))
    patterns = [value for key, value in compared if key == "aws:principalarn"]
    names = [one for one in _NAMES if not any(matches(value.rpartition("/")[2], one) for value in patterns)]
    nobody = [f"arn:{partition}:iam::{account}:role/{one}" for one in (*names[:1], *_NAMES[:1])]
    accounts = [one for key, value in compared for one in _accounts_like(_account_part(key, value))]
    fitting = [
        made
        for value in patterns
        for one in dict.fromkeys((account, *accounts))
        for made in _fitting(value, partition, one)
    ]
    others = (f"arn:{partition}:iam::{one}:role/{names[0] if names else _NAMES[0]}" for one in accounts)
    return tuple(dict.fromkeys((*nobody, *fitting, *others)))


def _fitting(pattern: str, partition: str, account: str) -> Iterator[str]:
    """Yield principals of the *account* that *pattern* matches."""
    made = concrete(pattern, partition, account)
    if made and f":{account}:" in made and _can_ask(made):
        yield made
    for kind in ("role", "user"):
        for form in (f"arn:{partition}:iam::{account}:{kind}/?*", f"arn:{partition}:iam::{account}:{kind}/*"):
            found = (in_common(as_pattern(pattern), form) or "").replace("*", _NAMES[0]).replace("?", "x")
            if found and not found.endswith("/") and account_of(found) == account and _can_ask(found):
                yield found
                break


def _account_part(key: str, value: str) -> str:
    """Return what *value*, compared with the *key*, says of the account: a pattern."""
    if key == "aws:principalaccount":
        return value
    parts = value.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[:1] == ["arn"] else ""


def _accounts_like(pattern: str) -> Iterator[str]:
    """Yield an account that *pattern*, which has digits and wildcards, matches; none where it names one, or any."""
    if re.fullmatch(r"[0-9?]*[0-9][0-9?*]*|[0-9?*]*[0-9][0-9?*]*", pattern) and re.search(r"[?*]", pattern):
        bare = pattern.replace("?", "5")
        missing = 12 - len(bare.replace("*", ""))
        made = bare.replace("*", "5" * missing, 1).replace("*", "") if missing >= 0 else ""
        if len(made) == 12 and (missing or "?" in pattern):
            yield made


def compared_with(
    policy: TrustPolicy | ResourcePolicy, inside: tuple[str, ...], partition: str
) -> Iterator[tuple[str, str]]:
    """Yield accounts outside that conditions of *policy* compare the principal with, each with a principal of it."""
    stranger = strangers_to(policy, partition)[0].split(":")[4]
    for key, value in _compared(policy):
        account = _account_part(key, value).rstrip("*")
        if not ACCOUNT_ID.fullmatch(account) or account in (*inside, stranger):
            continue
        made = list(_fitting(value, partition, account)) if key == "aws:principalarn" else []
        yield from ((account, one) for one in made or [f"arn:{partition}:iam::{account}:role/example"])


def _can_ask(arn: str) -> bool:
    try:
        return read_caller(arn).account is not None
    except RequestError:
        return False


def _compared(policy: TrustPolicy | ResourcePolicy) -> Iterator[tuple[str, str]]:
    """Yield the lower-case keys that tell who the principal is, with the values that statements compare them with."""
    yield from _values(policy, ("aws:principalarn", "aws:principalaccount"))


def _values(policy: TrustPolicy | ResourcePolicy, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for one in policy.statement:
        for block in one.condition.values():
            for key, values in block.items():
                if key.lower() in keys:
                    yield from ((key.lower(), value) for value in values)


def source_arns(policy: TrustPolicy, service: str, partition: str) -> tuple[str, ...]:
    """Return resources of a stranger for which *service* may act: of any name, and as *policy* compares the source."""
    prefix = service.partition(".")[0]
    found = [f"arn:{partition}:{prefix}:us-east-1:{STRANGER}:zz-rolemgr/zz"]
    for _, value in _values(policy, ("aws:sourcearn",)):
        made = in_common(as_pattern(value), f"arn:{partition}:?*:*:{STRANGER}:?*")
        filled = (made or "").replace("*", "zz-rolemgr").replace("?", "x")
        named = concrete(value, partition, STRANGER)
        found += [one for one in (named, filled) if one and account_of(one) == STRANGER]  # a star runs over colons
    return tuple(dict.fromkeys(found))
