"""Resources to ask for: one that nobody names, and those that a statement names itself."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rolemgr.iam.arn import PARTITIONS, Arn
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.variables import as_pattern, replaced
from rolemgr.iam.wildcards import matches_action
from rolemgr.reference.resources import in_common, types_of
from rolemgr.reference.services import find_action, resource_types

STRANGE: Final = "zz-rolemgr-audit"
"""A name that no policy knows: who may ask for it may ask for any."""
_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@lru_cache(maxsize=4_096)
def strange(action: str, kind: str, partition: str, account: str) -> str:
    """Return the ARN of a resource of the type *kind* that *action* takes, with a name that nobody knows."""
    service = action.partition(":")[0]
    form = resource_types(service if kind != "role" else "iam")[kind].arn_format
    region = form.region and _REGIONS.get(partition, "us-east-1")
    known = partition if partition in PARTITIONS else "aws"
    return str(Arn(known, form.service, region, form.account and account, replaced(form.resource, STRANGE)))


@lru_cache(maxsize=4_096)
def strangers(action: str, partition: str, account: str, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """
    Return one resource for each type that every request for *action* names: AWS asks for all of them.

    Of *only* where any are given; of the first type where none is required; ``*`` where the action has none.
    """
    return tuple(strange(action, kind, partition, account) for kind in _types(action, only)) or ("*",)


def _types(action: str, only: tuple[str, ...]) -> Iterator[str]:
    found = find_action(action)
    known = resource_types(action.partition(":")[0])
    used = [use.name for use in found.resource_types if use.name in known] if found else []
    wanted = [name for name in used if found and name in found.required_types] or used[:1]
    if only:
        wanted = [name for name in used if name in only]
    yield from wanted


@lru_cache(maxsize=16_384)
def like(pattern: str, action: str, kind: str) -> str | None:
    """Return an ARN, with wildcards perhaps, that *pattern* matches and that is of the type *kind* of *action*."""
    form, known = resource_types(action.partition(":")[0])[kind].arn_format, find_action(action)
    sides = as_pattern(pattern), as_pattern(str(form))
    found = in_common(*sides)
    if found and known and kind not in types_of(found, known):  # a part of its form came out empty
        return in_common(*reversed(sides)) or found
    return found


def concrete(pattern: str, partition: str, account: str) -> str | None:
    """Return an ARN that *pattern*, of a Resource, may match, None where it is not an ARN; its variables are names."""
    arn = Arn.parse(replaced(pattern, "example"))
    if arn is None:
        return None
    region = _REGIONS.get(partition, "us-east-1") if _is_open(arn.region) else arn.region
    owner = account if _is_open(arn.account) else arn.account
    made = arn._replace(partition=partition if _is_open(arn.partition) else arn.partition, region=region, account=owner)
    return ":".join(("arn", *(part.replace("*", "example").replace("?", "x") for part in made)))


def _is_open(part: str) -> bool:
    return bool(part) and not part.strip("*?")


def resources_on(document: IdentityPolicy, action: str) -> Iterator[str]:
    """Yield the resources of the Allows in *document* that name *action*."""
    for one in document.statement:
        if one.effect is Effect.ALLOW and any(matches_action(pattern, action) for pattern in one.action or ()):
            yield from one.resource or ()
