"""
The values of condition operators: how a policy's value is read, and what of the request it matches.

A value is read once, when the policy is; one that its operator cannot read is the policy's error. A
request's value that the operator cannot read (`aws:SourceIp` holding a service's name, say) matches
nothing, so that a negated operator is true for it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from operator import eq, ge, gt, le, lt
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from rolemgr.iam.variables import Matcher, Piece, Pieces, Test, bind, parse
from rolemgr.iam.wildcards import SEGMENTS, arn_glob, glob

Reader: TypeAlias = Callable[[str, bool], Matcher]
"""A policy's value, and whether its version has variables, to a matcher; ValueError where unreadable."""

_Wanted = TypeVar("_Wanted")
_Found = TypeVar("_Found")


def _plain_text(pieces: Pieces) -> str:
    return "".join(piece.text for piece in pieces)


def _equals(pieces: Pieces) -> Test:
    wanted = _plain_text(pieces)
    return lambda value: value == wanted


def _equals_ignoring_case(pieces: Pieces) -> Test:
    wanted = _plain_text(pieces).lower()
    return lambda value: value.lower() == wanted


def _texts(build: Callable[[Pieces], Test]) -> Reader:
    """Return the reader of a String operator: variables are filled in, then *build* makes the test."""
    return lambda text, variables: bind(parse(text, variables=variables), build)


def _read_arn(text: str, variables: bool) -> Matcher:
    template = parse(text, variables=variables)
    constant = all(isinstance(part, Piece) for part in template)
    if constant and text.count(":") < SEGMENTS - 1:
        raise ValueError("is not an ARN of six parts")
    return bind(template, arn_glob)


def _compared(
    wanted: Callable[[str], _Wanted],
    found: Callable[[str], _Found],
    compare: Callable[[_Found, _Wanted], bool],
) -> Reader:
    """Return the reader of an operator that takes no variables: both sides read, then compared."""

    def read(text: str, _variables: bool) -> Matcher:
        limit = wanted(text)

        def matches(value: str, _context: object) -> bool:
            try:
                return compare(found(value), limit)
            except ValueError:
                return False

        return matches

    return read


_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_EPOCH_SECONDS = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,9})?")
_W3C_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,9})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


def read_number(text: str) -> Decimal:
    """Return the integer or decimal that *text* is; raise ValueError for anything else."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    return Decimal(text)


def read_date(text: str) -> Decimal:
    """
    Return *text* as seconds since 1970; raise ValueError where it is not a date.

    It is one of the W3C's ISO 8601 formats (https://www.w3.org/TR/NOTE-datetime), from a bare year to
    fractions of a second with a time zone, or epoch seconds. Four digits are a year.
    """
    if date := _W3C_DATE.fullmatch(text):
        zone = "+00:00" if date["zone"] in (None, "Z") else date["zone"]
        day = f"{date['year']}-{date['month'] or '01'}-{date['day'] or '01'}"
        time = f"{date['hour'] or '00'}:{date['minute'] or '00'}:{date['second'] or '00'}"
        since = datetime.fromisoformat(f"{day}T{time}{zone}") - datetime(1970, 1, 1, tzinfo=UTC)
        return Decimal(since.days * 86_400 + since.seconds) + Decimal(f"0{date['fraction'] or ''}")
    if _EPOCH_SECONDS.fullmatch(text):
        return Decimal(text)
    raise ValueError("is not a date")


def read_bool(text: str) -> bool:
    """Return the boolean that *text* is, in any case; raise ValueError for anything else."""
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError("is neither `true` nor `false`") from None


def _read_binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("is not base64") from None


def _read_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is not an IP address or CIDR range") from None


def _in_network(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address in network


_string_equals = _texts(_equals)
_string_equals_ignoring_case = _texts(_equals_ignoring_case)
_string_like = _texts(glob)
_ip_address = _compared(_read_network, ip_address, _in_network)


def _number(compare: Callable[[Decimal, Decimal], bool]) -> Reader:
    return _compared(read_number, read_number, compare)


def _date(compare: Callable[[Decimal, Decimal], bool]) -> Reader:
    return _compared(read_date, read_date, compare)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "StringEquals": _string_equals,
        "StringNotEquals": _string_equals,
        "StringEqualsIgnoreCase": _string_equals_ignoring_case,
        "StringNotEqualsIgnoreCase": _string_equals_ignoring_case,
        "StringLike": _string_like,
        "StringNotLike": _string_like,
        "NumericEquals": _number(eq),
        "NumericNotEquals": _number(eq),
        "NumericLessThan": _number(lt),
        "NumericLessThanEquals": _number(le),
        "NumericGreaterThan": _number(gt),
        "NumericGreaterThanEquals": _number(ge),
        "DateEquals": _date(eq),
        "DateNotEquals": _date(eq),
        "DateLessThan": _date(lt),
        "DateLessThanEquals": _date(le),
        "DateGreaterThan": _date(gt),
        "DateGreaterThanEquals": _date(ge),
        "Bool": _compared(read_bool, read_bool, eq),
        "BinaryEquals": _compared(_read_binary, _read_binary, eq),
        "IpAddress": _ip_address,
        "NotIpAddress": _ip_address,
        "ArnEquals": _read_arn,
        "ArnLike": _read_arn,
        "ArnNotEquals": _read_arn,
        "ArnNotLike": _read_arn,
    }
)
"""How each base operator reads a value (a negated one as its positive), but `Null`, which asks about the key."""


def value_problem(operator: str, value: str) -> str | None:
    """Return why the base *operator* can't read *value* in a policy with variables, or None."""
    try:
        if operator == "Null":
            read_bool(value)
        else:
            READERS[operator](value, True)
    except ValueError as error:
        return str(error) if "`" in str(error)[:1] else f"`{value}` under {operator} {error}"
    return None
