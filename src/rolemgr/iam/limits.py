"""
Values of a limit that limit nothing, or that no request has: networks of all addresses, private ones, open patterns.

`aws:SourceIp` is the public address of the caller. A request through a VPC endpoint has `aws:VpcSourceIp` in its place,
the private one, which means something beside `aws:SourceVpc` only.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip
"""

from collections.abc import Iterable
from ipaddress import collapse_addresses, ip_network
from typing import Final

from rolemgr.iam.breadth import Network, is_open, networks, together, widened

PRIVATE: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
                     "fc00::/7", "fe80::/10", "::1/128"))
)  # fmt: skip
"""Addresses that nobody has on the internet: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 and loopback."""


def is_private(network: Network) -> bool:
    """Tell whether no address of *network* is one of the internet."""
    return any(network.version == one.version and network.subnet_of(one) for one in PRIVATE)  # type: ignore[arg-type]


def network_problem(value: str) -> str | None:
    """Return what is wrong with *value* as a range of public IP addresses that a limit names, or None."""
    try:
        found = ip_network(value, strict=False)
    except ValueError:
        return f"`{value}` is not an IP range such as 203.0.113.0/24"
    if found.prefixlen == 0:
        return f"`{value}` is every IPv{found.version} address, and limits nothing"
    if is_private(found):
        why = "is private, and aws:SourceIp is a public address: nobody is let in by it"
        return f"`{value}` {why}; name the VPC (vpc-...), or the VPC endpoint where there is one, instead"
    address, _, length = value.partition("/")
    if length and str(found.network_address) != str(ip_network(address).network_address):
        return f"`{value}` names one address and a range; did you mean {found}, or {address}/{found.max_prefixlen}?"
    return None


def all_addresses(values: Iterable[str]) -> str | None:
    """Return the range of all addresses that the networks *values* come to together, where they do."""
    found = networks(values)
    for version in (4, 6):
        merged = collapse_addresses([one for one in found if one.version == version])  # type: ignore[type-var]
        if any(one.prefixlen == 0 for one in merged):
            return "0.0.0.0/0" if version == 4 else "::/0"
    return None


def open_patterns(values: Iterable[str]) -> Iterable[str]:
    """Yield those of the patterns *values*, or what they come to together, that leave everything open."""
    given = tuple(values)
    yield from (one for one in dict.fromkeys((*given, *together(given))) if _leaves_open(one))


def is_all_of_a_type(pattern: str) -> bool:
    """Tell whether the ARN *pattern* is everything of one type of resource, in whatever Region and account."""
    parts = widened(pattern).split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or is_open(parts[5]):
        return False
    name = parts[5].partition("/" if "/" in parts[5] else ":")[2]
    return all(one in ("", "*") for one in parts[3:5]) and is_open(name)


def _leaves_open(pattern: str) -> bool:
    """Tell whether *pattern* fixes nothing: of an ARN neither Region nor account nor type, and nothing of the name."""
    wide = widened(pattern)
    parts = wide.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return is_open(wide) or wide in _OPEN_TYPES
    return all(one in ("", "*") for one in parts[3:5]) and is_open(parts[5])


_OPEN_TYPES: Final = frozenset({"ml.*", "ml.*.*"})
"""Patterns of every instance type."""
