"""
Texts with holes: what a role says of the account, region and partition that nobody has fixed.

A role is composed once more with stand-ins in the place of its account, region and so on. A stand-in gets
into a text by the same way as the value would have, so a hole is where the value belongs; nothing is
searched for in what the user wrote. Each is a text that fits where its value does (an account has 12
digits) and that can't run into its neighbours: no ending of one is the beginning of another.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple, TypeAlias

from rolemgr.iam.arn import partition_of
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.data import image_accounts, image_regions, jumpstart_buckets

ACCOUNT, REGION, PARTITION, DNS_SUFFIX, TRUST = "account", "region", "partition", "dns_suffix", "trust"
IMAGE_ACCOUNTS, JUMPSTART_BUCKETS = "aws_image_accounts", "jumpstart_buckets"
BY_REGION: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    IMAGE_ACCOUNTS: image_accounts,
    JUMPSTART_BUCKETS: jumpstart_buckets,
}
"""The lists that differ by region: the name of the placeholder, and what it holds in a region."""

STAND_INS: Mapping[str, str] = {
    ACCOUNT: "700000000001",
    REGION: "zz-anywhere-1",
    PARTITION: "zz-partition",
    DNS_SUFFIX: "zz-suffix.example",
    IMAGE_ACCOUNTS: "700000000002",
    JUMPSTART_BUCKETS: "zz-jumpstart-content",
}
"""What stands for each value while a role is composed."""


class Hole(NamedTuple):
    """
    The place of a value in a text: the *name* of what fills it, a built-in one or a parameter's.

    *region_of_arn* says that the region in the parameter's ARN fills it, and not the whole.
    """

    name: str
    region_of_arn: bool = False

    @property
    def by_region(self) -> bool:
        """Whether a list fills it, another one in each region."""
        return self.name in BY_REGION


Part: TypeAlias = str | Hole

REGION_IN_ARN = 3
"""The place of the region among the parts of an ARN that colons separate."""
LONGEST_REGION = 16
"""Characters of the longest region's name that is to be expected; the longest of today has 14."""


class AnywhereSpec(RoleSpec):
    """A spec whose account, region or partition is a stand-in."""

    stand_ins: ClassVar[Mapping[str, tuple[str, ...]]] = {name: (STAND_INS[name],) for name in BY_REGION}

    @property
    def dns_suffix(self) -> str:
        """The stand-in where the partition is one, else the domain of the partition."""
        return STAND_INS[DNS_SUFFIX] if self.partition == STAND_INS[PARTITION] else super().dns_suffix


class FixedRegionSpec(AnywhereSpec):
    """A spec whose account or chosen values are stand-ins, and whose region is known."""

    stand_ins: ClassVar[Mapping[str, tuple[str, ...]]] = {}


def known_regions(partition: str | None = None) -> tuple[str, ...]:
    """Return the regions whose facts are known, of one *partition* or of those that rolemgr renders for."""
    regions = (region for region in image_regions() if "-iso" not in region and not region.startswith("eusc-"))
    return tuple(region for region in regions if partition in (None, partition_of(region)))


class Filling(NamedTuple):
    """What fills holes: texts by stand-in, and the stand-ins that a list fills."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    def text(self, text: str) -> str:
        """Return *text* with its stand-ins filled; those of lists stay."""
        if not self.texts:
            return text
        return _any_of(tuple(self.texts)).sub(lambda found: self.texts[found[0]], text)

    def texts_of(self, text: str) -> tuple[str, ...]:
        """Return *text* filled, once for each value of the list that fills it."""
        found = next((stand_in for stand_in in self.lists if stand_in in text), None)
        filled = self.text(text)
        return (filled,) if found is None else tuple(filled.replace(found, value) for value in self.lists[found])

    def value(self, value: Any) -> Any:
        """Return a JSON *value* with all the texts in it filled."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [filled for one in value for filled in self._elements(one)]
        if isinstance(value, dict):
            return {self.text(key): self.value(one) for key, one in value.items()}
        return value

    def _elements(self, one: Any) -> Iterable[Any]:
        return self.texts_of(one) if isinstance(one, str) else (self.value(one),)


def parts(text: str, holes: Mapping[str, Hole]) -> tuple[Part, ...]:
    """Return *text* as literal parts and the *holes* (by stand-in) between them."""
    if not holes:
        return (text,)
    pieces = _any_of(tuple(holes)).split(text)
    return tuple(holes.get(piece, piece) for piece in pieces if piece)


@cache
def _any_of(stand_ins: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(stand_ins, key=lambda text: (-len(text), text))
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")
