"""Somebody outside of the inventory whom a policy lets in: accounts, names and conditions that strangers can have."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rolemgr.audit.contexts import Choice
from rolemgr.audit.examples import concrete
from rolemgr.audit.rights import NO, RightsAnswer, Settled
from rolemgr.audit.unmatched import DIGITS, NAME, TextShape, unmatched
from rolemgr.compare.budget import Budget, measured_as
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import ResourcePolicy, TrustPolicy
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard, matches
from rolemgr.reference.resources import in_common

STRANGER: Final = "999999999999"
_STRANGERS: Final = (STRANGER, "888888888888", "777777777777", "560560560560")
_ACCOUNT: Final = TextShape(DIGITS, 12, 12)
_NAMES: Final = ("somebody", "unlisted-17", "qkx-0000", "hhh", "5151")
OUTSIDE: Settled = dict.fromkeys(
    ("aws:principalorgid", "aws:principalorgpaths", "sts:externalid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce")
)
"""What somebody from outside does not have."""
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:principalorgid": ("o-zzstranger1", "o-qkx0000000", "o-hhh5151515"),
    "sts:externalid": ("zz-rolemgr-id", "qkx-0000", "hhh5151"),
    "aws:userid": ("AROAZZROLEMGRSTRANGER:zz", "AROAQKX0000UNLISTED17:hhh", "AROAHHH51515151515151:qkx"),
    "aws:sourcevpc": ("vpc-0zzstranger", "vpc-0qkx0000", "vpc-5151"),
    "aws:sourcevpce": ("vpce-0zzstranger", "vpce-0qkx0000", "vpce-5151"),
    "aws:vpcsourceip": ("10.77.88.99", "172.16.51.51", "192.168.17.17"),
}
"""What somebody from outside has, and another than the one that a policy names: the first that it does not speak of."""
_ENDPOINT: Final = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:vpceorgid", "aws:vpceorgpaths")
_ADDRESSES: Final = ("45.0.113.77", "198.51.100.77")
"""Where requests come from: a network that is for anybody has both in it."""


def asked_at_will(
    policy: TrustPolicy | ResourcePolicy, ask: Callable[[Settled, Choice], RightsAnswer]
) -> RightsAnswer:  # fmt: skip
    """
    Return what *ask* says of somebody from outside who has any attributes, and sends what anybody can send.

    By the Internet from anywhere, or from a VPC of the stranger's own; *policy* is the one that lets them in.
    """
    own = _attributes(policy)
    by_internet = {**own, **dict.fromkeys(_ENDPOINT)}
    found = [ask({**by_internet, "aws:sourceip": address}, Choice.AT_WILL) for address in _ADDRESSES]
    if all(found):
        return found[0]
    answer = ask({**own, "aws:sourceip": None}, Choice.AT_WILL)
    return answer if answer else NO


def _attributes(policy: TrustPolicy | ResourcePolicy) -> dict[str, str]:
    """Return what a stranger has of its own, such as *policy* does not speak of."""
    named: dict[str, list[str]] = {}
    for key, value in _values(policy, tuple(_OWN)):
        named.setdefault(key, []).append(as_pattern(value))
    own = {
        key: next((one for one in values if not any(matches(each, one) for each in named.get(key, ()))), values[0])
        for key, values in _OWN.items()
    }
    organization = own["aws:principalorgid"]
    paths = f"{organization}/r-zz99/ou-zz99-00000000/"
    return {
        **own, "aws:principalorgpaths": paths, "aws:vpceorgid": organization, "aws:vpceorgpaths": paths,
    }  # fmt: skip


def account_of(value: str) -> str | None:
    """Return the account of the principal *value*, None where it is not an ARN or account."""
    arn = Arn.parse(value)
    account = arn.account if arn else value
    return account if ACCOUNT_ID.fullmatch(account) else None


def strangers_to(policy: TrustPolicy | ResourcePolicy, partition: str) -> tuple[str, ...]:
    """
    Return principals of accounts that nobody knows: of one that *policy* does not speak of, by names that it does not.

    Then one for each pattern that its conditions compare the principal with, also where that tells how the account
    begins: whoever has such an account fits. Raises TooComplex where its patterns leave hardly anybody to be found.
    """
    return Budget().answer(_strangers, tuple(dict.fromkeys(_compared(policy))), _not_in(policy), partition)


@measured_as("its patterns are so many that it takes more than {:,} steps to find whom none of them names", 200_000)
def _strangers(
    budget: Budget, compared: tuple[tuple[str, str], ...], usual: tuple[str, ...], partition: str
) -> tuple[str, ...]:
    account = _unlisted_account(budget, compared, usual)
    patterns = tuple(as_pattern(value) for key, value in compared if key == "aws:principalarn")
    nobody = list(_unlisted(budget, patterns, partition, account))
    name = nobody[0].rpartition("/")[2] if nobody else _NAMES[0]
    parts = _account_parts(compared)
    accounts = [one for part in parts for one in _accounts_like(budget, part, parts)]
    fitting = [
        made
        for value in patterns
        for one in dict.fromkeys((account, *accounts))
        for made in _fitting(budget, value, partition, one, patterns)
    ]
    others = (f"arn:{partition}:iam::{one}:role/{name}" for one in accounts)
    usually = f"arn:{partition}:iam::{account}:role/{_NAMES[0]}"
    return tuple(dict.fromkeys((*nobody, usually, *fitting, *others)))


def _not_in(policy: TrustPolicy | ResourcePolicy) -> tuple[str, ...]:
    """Return those of the usual accounts of strangers that *policy* does not have."""
    text = json.dumps(policy.to_json_value())
    return tuple(one for one in _STRANGERS if one not in text)


def _account_parts(compared: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what the values say of accounts: patterns with a digit, for one without says nothing of who it is."""
    parts = (as_pattern(_account_part(key, value)) for key, value in compared)
    return tuple(dict.fromkeys(one for one in parts if re.search("[0-9]", one)))


def _unlisted_account(budget: Budget, compared: Iterable[tuple[str, str]], usual: Iterable[str]) -> str:
    """Return an account that no value of *compared* speaks of: one of the *usual* ones, or whichever there is."""
    parts = _account_parts(compared)
    free = (one for one in usual if not any(matches(part, one) for part in parts))
    return next(free, None) or unmatched(budget, _ACCOUNT, parts) or STRANGER


def _unlisted(budget: Budget, patterns: Sequence[str], partition: str, account: str) -> Iterator[str]:
    """Yield a role of the *account* that none of *patterns* matches, and where there are patterns others than roles."""
    heads = [f"arn:{partition}:iam::{account}:{kind}/" for kind in ("role", "user")]
    heads.append(f"arn:{partition}:sts::{account}:federated-user/")
    for head in heads if patterns else heads[:1]:
        usual = (head + name for name in _NAMES if not any(matches(one, head + name) for one in patterns))
        if found := next(usual, None) or unmatched(budget, TextShape(NAME, 1, 64, head), patterns):
            yield found
    root = f"arn:{partition}:iam::{account}:root"
    if patterns and not any(matches(one, root) for one in patterns):
        yield root


def _fitting(
    budget: Budget, pattern: str, partition: str, account: str, patterns: Sequence[str] = ()
) -> Iterator[str]:  # fmt: skip
    """Yield principals of the *account* that *pattern* matches, also such as no other of *patterns* does."""
    made = concrete(pattern, partition, account)
    if made and f":{account}:" in made and _can_ask(made):
        yield made
    others = [one for one in patterns if one != pattern]
    for kind in ("role", "user"):
        head = f"arn:{partition}:iam::{account}:{kind}/"
        for form in (f"{head}?*", f"{head}*"):
            found = (in_common(pattern, form) or "").replace("*", _NAMES[0]).replace("?", "x")
            if found and not found.endswith("/") and account_of(found) == account and _can_ask(found):
                yield found
                if any(matches(one, found) for one in others):
                    yield from filter(None, (unmatched(budget, TextShape(NAME, 1, 128, head), others, pattern),))
                break


def _account_part(key: str, value: str) -> str:
    """Return what *value*, compared with the *key*, says of the account: a pattern."""
    if not key.endswith("arn"):
        return value
    parts = value.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[:1] == ["arn"] else ""


def _accounts_like(budget: Budget, pattern: str, patterns: Sequence[str]) -> Iterator[str]:
    """
    Yield an account that *pattern*, which has digits and wildcards, matches, and where there is one no other pattern.

    None where it names one, or any.
    """
    names_one = ACCOUNT_ID.fullmatch(pattern.replace("*", ""))
    if not names_one and re.fullmatch(r"[0-9?*]+", pattern) and has_wildcard(pattern):
        others = [one for one in patterns if one != pattern]
        usual = unmatched(budget, _ACCOUNT, (), pattern)
        yield from dict.fromkeys(filter(None, (unmatched(budget, _ACCOUNT, others, pattern), usual)))


def compared_with(
    policy: TrustPolicy | ResourcePolicy, inside: tuple[str, ...], partition: str
) -> Iterator[tuple[str, str]]:
    """Yield accounts outside that conditions of *policy* compare the principal with, each with a principal of it."""
    budget = Budget()
    for key, value in _compared(policy):
        account = _account_part(key, value).rstrip("*")
        if not ACCOUNT_ID.fullmatch(account) or account in inside:
            continue
        made = list(_fitting(budget, as_pattern(value), partition, account)) if key == "aws:principalarn" else []
        yield from ((account, one) for one in made or [f"arn:{partition}:iam::{account}:role/example"])


def _can_ask(arn: str) -> bool:
    try:
        return read_caller(arn).account is not None
    except RequestError:
        return False


def _compared(policy: TrustPolicy | ResourcePolicy) -> Iterator[tuple[str, str]]:
    """Yield the lower-case keys that tell who the principal is, with the values that statements compare them with."""
    yield from _values(policy, ("aws:principalarn", "aws:principalaccount", "kms:calleraccount"))


def _values(policy: TrustPolicy | ResourcePolicy, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for one in policy.statement:
        for block in one.condition.values():
            for key, values in block.items():
                if key.lower() in keys:
                    yield from ((key.lower(), value) for value in values)


class StrangersSource(NamedTuple):
    """A resource of a stranger's, by its *arn*, of an *account*, for which a service may act."""

    account: str
    arn: str

    def context(self, policy: TrustPolicy) -> dict[str, str]:
        """Return what a service tells of it, of an organization that *policy* does not speak of."""
        named = [as_pattern(value) for _, value in _values(policy, ("aws:sourceorgid",))]
        usual = _OWN["aws:principalorgid"]
        organization = next((one for one in usual if not any(matches(each, one) for each in named)), usual[0])
        return {
            "aws:sourceaccount": self.account, "aws:sourcearn": self.arn, "aws:sourceorgid": organization,
            "aws:sourceorgpaths": f"{organization}/r-zz99/ou-zz99-00000000/",
        }  # fmt: skip


def sources(policy: TrustPolicy, service: str, partition: str) -> tuple[StrangersSource, ...]:
    """
    Return resources of strangers for which *service* may act: of any name, and as *policy* compares the source.

    Of an account that the policy does not speak of, and one for each pattern that tells how accounts begin. Raises
    TooComplex where its patterns leave hardly any to be found.
    """
    compared = tuple(dict.fromkeys(_values(policy, ("aws:sourcearn", "aws:sourceaccount"))))
    return Budget().answer(_sources, compared, _not_in(policy), service.partition(".")[0], partition)


@measured_as("its patterns are so many that it takes more than {:,} steps to find a source that none names", 200_000)
def _sources(
    budget: Budget, compared: tuple[tuple[str, str], ...], usual: tuple[str, ...], prefix: str, partition: str
) -> tuple[StrangersSource, ...]:
    parts = _account_parts(compared)
    accounts = [_unlisted_account(budget, compared, usual)]
    accounts += [one for part in parts for one in _accounts_like(budget, part, parts)]
    patterns = [as_pattern(value) for key, value in compared if key == "aws:sourcearn"]
    return tuple(
        StrangersSource(account, arn)
        for account in dict.fromkeys(accounts)
        for arn in dict.fromkeys(_source_arns(budget, patterns, prefix, partition, account))
    )


def _source_arns(
    budget: Budget, patterns: Sequence[str], prefix: str, partition: str, account: str
) -> Iterator[str]:  # fmt: skip
    """Yield resources of the *account*: such as none of *patterns* matches, and of each one such as no other does."""
    yield f"arn:{partition}:{prefix}:{_REGIONS[0]}:{account}:zz-rolemgr/zz"
    yield from _fitting_sources(budget, "*", patterns, f"arn:{partition}:{prefix}", account)
    for one in patterns:
        arn = Arn.parse(one)
        service = arn.service if arn and not has_wildcard(arn.service) else prefix
        others = [other for other in patterns if other != one]
        yield from _fitting_sources(budget, one, others, f"arn:{partition}:{service}", account)
        named = concrete(one, partition, account)
        yield from (each for each in (named,) if each and account_of(each) == account)  # a star runs over colons


def _fitting_sources(
    budget: Budget, pattern: str, others: Sequence[str], beginning: str, account: str
) -> Iterator[str]:  # fmt: skip
    """Yield a resource that *pattern* matches and none of *others*, and where there is none, one that others match."""
    arn = Arn.parse(pattern)
    regions = (arn.region,) if arn and not has_wildcard(arn.region) else _REGIONS
    for avoided, region in itertools.product((others, ()) if others else ((),), regions):
        wanted = TextShape(f"{NAME}:", 1, 128, f"{beginning}:{region}:{account}:")
        if found := unmatched(budget, wanted, avoided, pattern):
            yield found
            return


_REGIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-2")
