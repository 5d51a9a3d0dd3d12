"""
What a request for an action may be about: the resources, and the condition keys that it can carry.

Two worlds. In the *wide* one a resource is any ARN of the services that the action's resource types belong
to, in a partition that the policies speak of, and any condition key may be there or not: what is proven in it
is proven. In the *narrow* one the resource is of one of the action's types, and a key is there only if the
reference lists it for the action: a difference found in it is one that AWS would see, one found only in the
wide world is doubtful and says why.

An action without resource types is asked on `*` alone, in both: its Resource must be `*` for AWS too. One whose
types are all optional is asked on `*` as well. An action that the reference does not know may have any
resource. So `"Resource": "*"` is more than `arn:aws:s3:::*` for `s3:GetObject`, as objects are also reached by
access points, whose ARNs have a region and an account; and the same for `iam:PassRole` on
`arn:aws:iam::*:role/*`, but for ARNs of other things than roles.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from rolemgr.compare.regions import Pattern
from rolemgr.iam.arn import PARTITIONS, Arn
from rolemgr.iam.variables import Piece, around_variables, as_pattern, replaced
from rolemgr.iam.wildcards import PatternStep, Steps, arn_steps, literal_steps
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action, resource_types
from rolemgr.reference.support import known_key

_NAME: Final = re.compile(r"[a-z-]+")
_ONE_OR_MORE: Final = (PatternStep(None, spans=False), PatternStep(None, again=True, spans=False))
ANY_TEXT: Final = Pattern((PatternStep(None), PatternStep(None, again=True)))
STAR: Final = Pattern(literal_steps("*"))
"""The resource of a request that has none."""


class Universe(NamedTuple):
    """The resources of an action as patterns, in the *wide* world and in the *narrow* one."""

    wide: tuple[Pattern, ...]
    narrow: tuple[Pattern, ...]


class ResourceKinds(NamedTuple):
    """What decides about the resources of an action: its *service*, the resource types, whether `*` may do."""

    service: str
    types: tuple[tuple[bool, str], ...]
    star: bool


def kinds_of(action: str) -> ResourceKinds | None:
    """Return the kinds of resources of *action*, None where the reference does not know it."""
    known = find_action(action)
    if known is None:
        return None
    types = tuple((not use.required, use.name) for use in known.resource_types)
    return ResourceKinds(known.service, types, not known.required_types or known.name in quirks.may_be_star())


@lru_cache(maxsize=1 << 13)
def universe_of(kinds: ResourceKinds | None, partitions: tuple[str, ...]) -> Universe:
    """Return the resources of *kinds*; they are in *partitions*."""
    if kinds is None:
        return Universe((ANY_TEXT,), (ANY_TEXT,))
    formats = arn_formats(kinds)
    if not formats:
        return Universe((STAR,), (STAR,))
    star = (STAR,) if kinds.star else ()
    services = sorted({each.service for each in formats})
    wide = tuple(_any_arn(partition, service) for partition in partitions for service in services)
    narrow = (Pattern(_steps(each, partition)) for each in formats for partition in partitions)
    return Universe((*wide, *star), (*dict.fromkeys(narrow), *star))


@lru_cache(maxsize=1 << 13)
def arn_formats(kinds: ResourceKinds) -> tuple[Arn, ...]:
    """Return the ARN formats of *kinds*, those that every request names first, then the plainest."""
    known = resource_types(kinds.service)
    types = [(optional, known[name].arn_format) for optional, name in kinds.types if name in known]
    return tuple(each for _, each in sorted(types, key=lambda one: (one[0], str(one[1]).count("$"), len(str(one[1])))))


def _any_arn(partition: str, service: str) -> Pattern:
    return Pattern(arn_steps((Piece(f"arn:{partition}:{service}:*:*:*", live=True),)))


def _steps(arn_format: Arn, partition: str) -> Steps:
    """Return the steps of an ARN format: a variable is one character or more, in the resource of any kind."""
    head = ":".join(("arn", partition, *arn_format[1:4])) + ":"
    return (*_part(head, spans=False), *_part(arn_format.resource, spans=True))


def _part(text: str, *, spans: bool) -> Iterator[PatternStep]:
    for place, part in enumerate(around_variables(text)):
        yield from (step._replace(spans=spans) for step in _ONE_OR_MORE) if place % 2 else literal_steps(part)


def carries(action: str, key: str) -> bool:
    """Tell whether the reference has *key* for *action*, or does not know the action."""
    known = find_action(action)
    if known is None:
        return True
    if key in quirks.unlisted_keys() and key.partition(":")[0] != known.service:
        return False  # the reference lists it nowhere, but no other service than its own fills it
    return known_key(known, key)


def always_there(key: str) -> bool:
    """Tell whether AWS puts *key* into every request."""
    known = find_key(key)
    return known is not None and known.present == "always"


def partitions_in(texts: Iterable[str]) -> tuple[str, ...]:
    """
    Return `aws` and the partitions that the ARNs among *texts* name.

    No principal reaches into another partition, so that one which nobody names is none to compare in; but one
    ARN of another partition, in a Deny say, does not mean that the policies are not for `aws`. An ARN with a
    wildcard for its partition is meant for all.
    """
    found = {arn.partition for text in texts if (arn := Arn.parse(text))}
    named = {one for one in found if _NAME.fullmatch(one)}
    return tuple(sorted({"aws"} | named | (set(PARTITIONS) if found - named else set())))


_FILLINGS: Final[Mapping[str, str]] = {"region": "us-east-1", "account": "111122223333"}
"""What stands for a region and an account that nobody names."""


def concrete(arn: Arn) -> str:
    """Return *arn*, a pattern or a format, as an ARN that could be: `example` where a name is free."""
    parts = {**arn._asdict(), "partition": arn.partition if arn.partition.startswith("aws") else "aws"}
    for name, text in _FILLINGS.items():
        if as_pattern(parts[name]) in ("*", "?"):
            parts[name] = text
    return str(Arn(*(_plain(text) for text in parts.values())))


def _plain(text: str) -> str:
    return replaced(text, "example").replace("*", "example").replace("?", "x")
