"""
The classes of values of a condition key: values that no condition of either side can tell apart.

A class is a *match_mask* over the key's atoms (bit i: atom i matches) with a sample where one is known. Text comes
from the walk over all patterns at once, numbers and dates from their limits and the gaps between, addresses
from the ends of the networks. Where conditions read one key in several ways (as text and as a number), the
classes of each are combined as if they were independent, which is more than there is; a class without a
sample may then not exist.

A key that AWS types as a boolean holds `true` or `false`, one that it types as a number or a date one of
those; any other key may hold anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import pairwise, product
from typing import Final, NamedTuple

from rolemgr.compare.atoms import Atom, Family
from rolemgr.compare.budget import Budget, measured
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern, regions
from rolemgr.iam.values import read_date, read_number
from rolemgr.iam.wildcards import PatternStep
from rolemgr.reference.condition_keys import find_key

MOST_CLASSES: Final = 4_096
"""How many classes of values one key may have."""

_ANYTHING: Final = Pattern((PatternStep(None, again=True),))
_STRANGE: Final = ("other", "another", "other.example", "arn:aws:other:us-east-1:000000000000:other")
"""Values that policies hardly name."""
_NETWORKS: Final = ("203.0.113.7", "198.51.100.7", "192.0.2.7", "2001:db8::7")
"""Addresses for documentation."""


_EXACT: Final = Context(prec=2_100)
"""Loses no digit of what policies can write, from 1e-999 to 1e999."""
_SHORT: Final = Context(prec=41)
"""As many digits as a number with an exponent has."""
_HUGE: Final = Decimal("1e20")
_NANOSECOND: Final = Decimal("1e-9")
"""Dates have no smaller parts."""


class Class(NamedTuple):
    """The *match_mask* of a value over the atoms; *sample* is one, None where none is known."""

    match_mask: int
    sample: str | None


class ValueLimits(NamedTuple):
    """The values that a key may have: texts that one of *among* matches and none of *but*, addresses *outside*."""

    among: tuple[Pattern, ...] = (_ANYTHING,)
    but: frozenset[Pattern] = frozenset()
    outside: frozenset[str] = frozenset()


ANY: Final = ValueLimits()
"""No limits."""


@measured
def classes(budget: Budget, key: str, atoms: tuple[Atom, ...], limits: ValueLimits = ANY) -> tuple[Class, ...]:
    """
    Return the classes of values of the lower-case *key* over *atoms*, within *limits* where they are texts.

    Raises TooComplex where they are too many.
    """
    known = find_key(key)
    kind = known.type if known else ""
    if kind == "Bool":
        return tuple(_expanded(atoms, {_exact(atoms, text): text for text in ("true", "false")}))
    by_family: dict[Family, list[int]] = {}
    for place, atom in enumerate(atoms):
        by_family.setdefault(atom.family, []).append(place)
    if not by_family:
        by_family["text"] = []
    budget.spend(len(atoms) * len(atoms))
    parts = [_family(family, places, atoms, kind, limits, budget) for family, places in by_family.items()]
    if len(parts) == 1:
        return tuple(_limited(parts[0]))
    return tuple(_combined(parts, atoms))


def _limited(found: Sequence[Class]) -> Sequence[Class]:
    if len(found) > MOST_CLASSES:
        raise TooComplex(f"a condition key has more than {MOST_CLASSES:,} classes of values")
    return found


def _exact(atoms: Sequence[Atom], text: str) -> int:
    """Return the match mask of *text*, opaque atoms taken for no."""
    return sum(1 << place for place, atom in enumerate(atoms) if atom.test and atom.test(text))


def _expanded(atoms: Sequence[Atom], found: dict[int, str]) -> Iterator[Class]:
    """Yield each class with every answer of the opaque atoms."""
    opaque = [1 << place for place, atom in enumerate(atoms) if atom.opaque]
    for match_mask, sample in found.items():
        for chosen in product((False, True), repeat=len(opaque)):
            yield Class(match_mask | sum(bit for bit, wanted in zip(opaque, chosen, strict=True) if wanted), sample)


def _family(
    family: Family, places: Sequence[int], atoms: Sequence[Atom], kind: str, limits: ValueLimits,
    budget: Budget,
) -> list[Class]:  # fmt: skip
    own = [atoms[place] for place in places]
    if family == "text":
        return [Class(_moved(one.match_mask, places), one.sample) for one in _texts(own, limits, budget)]
    samples = [text for text in _SAMPLES[family](own) if not _inside(text, limits.outside)]
    if not (family in ("number", "date") and kind in ("Numeric", "Date")):
        samples.append(_STRANGE[0])
    found: dict[int, str] = {}
    for text in samples:
        found.setdefault(_exact(own, text), text)
    return [Class(_moved(match_mask, places), text) for match_mask, text in found.items()]


def _inside(text: str, networks: frozenset[str]) -> bool:
    return any(ip_address(text) in ip_network(network, strict=False) for network in networks)


def _texts(atoms: Sequence[Atom], limits: ValueLimits, budget: Budget) -> list[Class]:
    """Return the classes of text within *limits*: what they leave out is walked with the atoms, and dropped."""
    without = [Atom("text", ("without", one), one.matches, one) for one in limits.but]
    count = len(atoms)
    found = text_classes([*atoms, *without], among=limits.among, budget=budget)
    return [one for one in found if not one.match_mask >> count]


def _moved(match_mask: int, places: Sequence[int]) -> int:
    return sum(1 << place for i, place in enumerate(places) if match_mask >> i & 1)


def text_classes(
    atoms: Sequence[Atom], *, among: Sequence[Pattern] = (_ANYTHING,), must: int = 0, budget: Budget | None = None
) -> list[Class]:
    """
    Return the classes of text over *atoms*, of the texts that one of the patterns *among* matches.

    All atoms of the mask *must* match. Opaque atoms are answered both ways where their pattern matches.
    """
    patterns = [atom.pattern or _ANYTHING for atom in atoms]
    walked = regions(patterns, among, must=must, budget=budget)
    nicest = _nicest(atoms, patterns) if among == (_ANYTHING,) else {}
    found = _with_opaque(atoms, {match_mask: nicest.get(match_mask, text) for match_mask, text in walked.items()})
    return [one for one in found if one.match_mask & must == must]


def _nicest(atoms: Sequence[Atom], patterns: Sequence[Pattern]) -> dict[int, str]:
    """Return readable texts by match mask: those that policies hardly name, and what they write, wildcards filled."""
    texts = [one for atom in atoms if "$" not in atom.text for one in _filled(atom.text)]
    return {_match_mask_of(patterns, text): text for text in (*reversed(texts), *reversed(_STRANGE)) if text}


def _filled(text: str) -> tuple[str, ...]:
    return (text.replace("*", "example").replace("?", "x"), text.replace("*", "").replace("?", "x"))


def _match_mask_of(patterns: Sequence[Pattern], text: str) -> int:
    return sum(1 << i for i, pattern in enumerate(patterns) if pattern.matches(text))


def _with_opaque(atoms: Sequence[Atom], found: dict[int, str]) -> Iterator[Class]:
    opaque = [1 << place for place, atom in enumerate(atoms) if atom.opaque]
    seen: set[int] = set()
    for match_mask, text in found.items():
        may = [bit for bit in opaque if match_mask & bit]
        if len(may) > 10:
            raise TooComplex(f"{len(may)} patterns with policy variables overlap")
        for chosen in product((True, False), repeat=len(may)):
            one = match_mask & ~sum(bit for bit, kept in zip(may, chosen, strict=True) if not kept)
            if one not in seen:
                seen.add(one)
                yield Class(one, text)


def _combined(parts: Sequence[Sequence[Class]], atoms: Sequence[Atom]) -> Iterator[Class]:
    """Yield the classes of several families together, each with a sample where a known one has its match mask."""
    total = 1
    for part in parts:
        total *= len(part)
    if total > MOST_CLASSES:
        raise TooComplex(f"a condition key has more than {MOST_CLASSES:,} classes of values")
    known = {_exact(atoms, one.sample): one.sample for part in parts for one in part if one.sample is not None}
    settled = sum(1 << place for place, atom in enumerate(atoms) if not atom.opaque)
    for chosen in product(*parts):
        match_mask = sum(one.match_mask for one in chosen)
        yield Class(match_mask, known.get(match_mask & settled))


def _limits(atoms: Iterable[Atom]) -> list[str]:
    return [str(atom.what[1]) for atom in atoms if isinstance(atom.what, tuple)]


def _around(limits: Iterable[Decimal]) -> Iterator[Decimal]:
    """Yield each limit, and a number in every gap, whole where there is one."""
    ordered = sorted(set(limits))
    yield from ordered
    yield _SHORT.plus(_EXACT.subtract(ordered[0], _beside(ordered[0])))
    yield _SHORT.plus(_EXACT.add(ordered[-1], _beside(ordered[-1])))
    for low, high in pairwise(ordered):
        yield _between(low, high)


def _beside(limit: Decimal) -> Decimal:
    """Return how far to go from *limit*: 1, or as far again where 1 is lost among its digits."""
    return max(Decimal(1), abs(limit)) if abs(limit) > _HUGE else Decimal(1)


def _between(low: Decimal, high: Decimal) -> Decimal:
    whole = _EXACT.add(low.to_integral_value(ROUND_FLOOR), Decimal(1))
    if whole < high:
        return whole
    middle = _EXACT.divide(_EXACT.add(low, high), Decimal(2))
    short = _SHORT.plus(middle)
    return short if low < short < high else middle


def _numbers(atoms: Sequence[Atom]) -> Iterator[str]:
    return map(_number, _around(map(read_number, _limits(atoms))))


def _number(number: Decimal) -> str:
    """Return *number* as a policy may write it: with an exponent where it has too many places."""
    plain = format(number, "f")
    try:
        read_number(plain)
    except ValueError:
        return format(number, "e")
    return plain


def _dates(atoms: Sequence[Atom]) -> Iterator[str]:
    return map(_date, _around(map(read_date, _limits(atoms))))


def _date(since: Decimal) -> str:
    """Return the date *since* 1970 in seconds: as W3C writes it, or as seconds where no calendar has it."""
    if since == int(since) and -60_000_000_000 < since < 250_000_000_000:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(since))).isoformat()[:19] + "Z"
    return format(_EXACT.quantize(since, _NANOSECOND), "f")


def _bools(_atoms: Sequence[Atom]) -> Iterator[str]:
    yield from ("true", "false")


def _binaries(atoms: Sequence[Atom]) -> Iterator[str]:
    yield from (*_limits(atoms), "b3RoZXI=")


def _addresses(atoms: Sequence[Atom]) -> Iterator[str]:
    yield from _NETWORKS
    networks: list[IPv4Network | IPv6Network] = [ip_network(text, strict=False) for text in _limits(atoms)]
    yield from (str(IPv4Address(0)), str(IPv6Address(0)))
    for network in networks:
        yield str(network.network_address)
        behind = int(network.broadcast_address) + 1
        if behind < 1 << network.max_prefixlen:
            yield str(type(network.network_address)(behind))


_SAMPLES: Final = {"number": _numbers, "date": _dates, "bool": _bools, "binary": _binaries, "address": _addresses}
