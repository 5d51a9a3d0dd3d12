"""
How much a value of a policy leaves open: patterns without anything fixed, networks that are half the world.

What is "very broad" is S3's: a network of more addresses than a /8 (IPv6: a /32), and networks that together
are as many as its example `0.0.0.0/1`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from string import ascii_lowercase
from typing import Final, TypeAlias

from rolemgr.iam.variables import replaced

Network: TypeAlias = IPv4Network | IPv6Network

_RUN: Final = re.compile(r"[*?]*\*[*?]*")
_FIXED: Final = {"*": "x", "?": "x", "$": "x"}
_LETTERS: Final = frozenset(ascii_lowercase)
_BROAD: Final = {4: 8, 6: 32}
"""A network with a shorter prefix than this, by the IP version, is "very broad"."""
_HALF: Final = {4: 1 << 31, 6: 1 << 127}
"""So are networks, however narrow, that together are as many addresses as `0.0.0.0/1`."""


@lru_cache(maxsize=1 << 14)
def widened(text: str) -> str:
    """
    Return the pattern *text* with `*` for every run of wildcards that holds one, and `x` for a policy variable.

    `role/?*` is `role/*` but for a name of no characters, which nothing has. A variable is something fixed.
    """
    return _RUN.sub("*", replaced(text, "x", escapes=_FIXED))


@lru_cache(maxsize=1 << 14)
def is_open(text: str) -> bool:
    """Tell whether the pattern *text* fixes nothing: wildcards, and what separates the parts of a name."""
    return bool(text) and not text.strip("*?:/-.")


def together(patterns: Iterable[str]) -> tuple[str, ...]:
    """
    Return the patterns that *patterns* come to together, and none of them is: `role/a*` to `role/z*` are `role/*`.

    A name may begin with a digit or a sign, and with a letter of the other case: who lists the whole alphabet, each
    letter in either case, has left out next to nothing and named nothing. The work is linear in the patterns.
    """
    starred = [one for one in patterns if "*" in one]
    if len(starred) < len(_LETTERS):  # nearly every list there is
        return ()
    waiting = {split for one in starred for split in _splits(one)}
    by_length: dict[int, set[tuple[str, str]]] = {}
    for head, rest in waiting:
        by_length.setdefault(len(head), set()).add((head, rest))
    found: dict[str, None] = {}
    for length in range(max(by_length, default=0), 0, -1):
        letters: dict[tuple[str, str], set[str]] = {}
        for head, rest in by_length.get(length, ()):
            letters.setdefault((head[:-1], rest), set()).add(head[-1].lower())
        whole = {split for split, after in letters.items() if after >= _LETTERS}
        by_length.setdefault(length - 1, set()).update(whole)
        found.update((f"{head}{rest}", None) for head, rest in sorted(whole - waiting))
    return tuple(found)


def _splits(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield *pattern* apart before its first run of wildcards with a star, and before its last one."""
    runs = [one.start() for one in _RUN.finditer(pattern)]
    for start in {runs[0], runs[-1]} if runs else ():
        yield pattern[:start], _RUN.sub("*", pattern[start:])


def networks(values: Iterable[str]) -> list[Network]:
    """Return the networks that *values* write; what is none, which matches nothing, is left out."""
    found: list[Network] = []
    for value in values:
        try:
            found.append(ip_network(value, strict=False))
        except ValueError:
            continue  # IAM refuses it, and a rule of its own says so
    return found


def collapsed(values: Iterable[str]) -> list[Network]:
    """Return the networks that *values* write, joined: two halves are one network."""
    found = networks(values)
    v4 = [one for one in found if isinstance(one, IPv4Network)]
    v6 = [one for one in found if isinstance(one, IPv6Network)]
    return [*collapse_addresses(v4), *collapse_addresses(v6)]


def narrow(found: Iterable[Network]) -> list[Network]:
    """Return those of the networks *found* that are not very broad; none of a version that is so altogether."""
    given = list(dict.fromkeys(found))
    kept: list[Network] = [one for one in given if one.prefixlen >= _BROAD[one.version]]
    v4 = [one for one in kept if isinstance(one, IPv4Network)]
    v6 = [one for one in kept if isinstance(one, IPv6Network)]
    total = {
        4: sum(one.num_addresses for one in collapse_addresses(v4)),
        6: sum(one.num_addresses for one in collapse_addresses(v6)),
    }
    return [one for one in kept if total[one.version] < _HALF[one.version]]


def are_narrow(values: Iterable[str]) -> bool:
    """Tell whether all networks that *values* write are narrow, so that they say from where a request comes."""
    found = networks(values)
    return len(narrow(found)) == len(set(found))
