"""Values of a limit that limit nothing, and those that no request has."""

import pytest

from rolemgr.iam.limits import all_addresses, is_all_of_a_type, network_problem, open_patterns


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("203.0.113.0/24", None),
        ("203.0.113.7", None),
        ("203.0.113.7/32", None),
        ("2001:db8::/32", None),
        ("0.0.0.0/0", "every IPv4 address"),
        ("203.0.113.7/0", "every IPv4 address"),
        ("::/0", "every IPv6 address"),
        ("10.0.0.0/8", "is private"),
        ("172.20.1.0/24", "is private"),
        ("192.168.1.1", "is private"),
        ("100.64.0.0/10", "is private"),
        ("127.0.0.1", "is private"),
        ("fd00::/8", "is private"),
        ("fe80::1/128", "is private"),
        ("10.0.0.0/7", None),
        ("203.0.113.7/24", "did you mean 203.0.113.0/24, or 203.0.113.7/32?"),
        ("2001:db8::7/32", "did you mean 2001:db8::/32, or 2001:db8::7/128?"),
        ("203.0.113.0/33", "is not an IP range"),
        ("203.0.113.256", "is not an IP range"),
        ("2001:db8::/129", "is not an IP range"),
        (":::/0", "is not an IP range"),
    ],
)
def test_a_network_that_a_limit_names(value: str, says: str | None) -> None:
    """It is a public one, smaller than the world, and written as one range."""
    found = network_problem(value)
    assert found is None if says is None else says in str(found)


@pytest.mark.parametrize(
    ("values", "every"),
    [
        (["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/0"),
        (["::/1", "8000::/2", "c000::/2"], "::/0"),
        (["0.0.0.0/1", "8000::/1"], None),
        (["0.0.0.0/1"], None),
        (["128.0.0.0/1", "64.0.0.0/2", "0.0.0.0/3", "32.0.0.0/3"], "0.0.0.0/0"),
        ([], None),
    ],
)
def test_networks_that_are_all_addresses_together(values: list[str], every: str | None) -> None:
    """Of one version of IP: then a request from anywhere is from one of them."""
    assert all_addresses(values) == every


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["*"], ["*"]),
        (["?*"], ["?*"]),
        (["ml.m5.*"], []),
        ([f"ml.{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"], ["ml.*"]),
        (["arn:aws:sagemaker:*:*:model/*"], []),
        (["arn:aws:bedrock:*::foundation-model/*"], []),
        (["arn:aws:sagemaker:us-east-1:*:model/*"], []),
        (["arn:aws:sagemaker:*:111122223333:model/*"], []),
        (["arn:aws:sagemaker:*:*:model/a*"], []),
        (["arn:aws:sagemaker:*:*:*"], ["arn:aws:sagemaker:*:*:*"]),
    ],
)
def test_patterns_that_leave_everything_open(values: list[str], found: list[str]) -> None:
    """Alone or together."""
    assert list(open_patterns(values)) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("arn:aws:sagemaker:*:*:model/*", True),
        ("arn:aws:bedrock:*::foundation-model/*", True),
        ("arn:aws:cloudwatch:*:*:alarm:?*", True),
        ("arn:aws:sagemaker:*:111122223333:model/*", False),
        ("arn:aws:sagemaker:us-east-1:*:model/*", False),
        ("arn:aws:sagemaker:*:*:model/a*", False),
        ("arn:aws:sagemaker:*:*:*", False),
        ("*", False),
    ],
)
def test_all_that_there_is_of_a_type(pattern: str, found: bool) -> None:
    """Beside another type in the same list it is a limit all the same."""
    assert is_all_of_a_type(pattern) is found
