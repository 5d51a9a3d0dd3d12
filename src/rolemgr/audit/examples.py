"""Resources to ask for: one that nobody names, and those that a statement names itself."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rolemgr.audit.named import EXAMPLE, STRANGE
from rolemgr.iam.arn import PARTITIONS, Arn
from rolemgr.iam.variables import as_pattern, replaced
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.resources import common, in_common, types_of
from rolemgr.reference.services import find_action, resource_types

_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@lru_cache(maxsize=4_096)
def strange(
    action: str, kind: str, partition: str, account: str, name: str = STRANGE, region: str | None = None
) -> str:
    """
    Return the ARN of a resource of the type *kind* that *action* takes, with a *name* that nobody knows.

    It is of *region*, unless given of the first one of the partition.
    """
    service = action.partition(":")[0]
    form = resource_types(service if kind != "role" else "iam")[kind].arn_format
    region = form.region and (region or _REGIONS.get(partition, "us-east-1"))
    known = partition if partition in PARTITIONS else "aws"
    return str(Arn(known, form.service, region, form.account and account, replaced(form.resource, name)))


@lru_cache(maxsize=4_096)
def strangers(
    action: str,
    partition: str,
    account: str,
    only: tuple[str, ...] = (),
    name: str = STRANGE,
    region: str | None = None,
) -> tuple[str, ...]:
    """
    Return one resource for each type that every request for *action* names: AWS asks for all of them.

    Of *only* where any are given; of the first type where none is required; ``*`` where the action has none.
    """
    return tuple(strange(action, kind, partition, account, name, region) for kind in _types(action, only)) or ("*",)


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


def may_be(pattern: str, service: str, kind: str) -> bool:
    """Tell whether *pattern* matches a resource of the type *kind* of *service*, whatever else it matches."""
    known = resource_types(service).get(kind)
    if known is None:
        return False
    form, (glob, arn) = known.arn_format, _read(pattern)
    if arn is None or has_wildcard(arn.service):  # its stars run over colons
        return _share_whole(glob, as_pattern(str(form)))
    if arn.service != form.service or not (_is_alike(arn.region, form.region) and _is_alike(arn.account, form.account)):
        return False
    return _share(arn.resource, as_pattern(form.resource))


@lru_cache(maxsize=4_096)
def _read(pattern: str) -> tuple[str, Arn | None]:
    glob = as_pattern(pattern)
    return glob, Arn.parse(glob)


def _is_alike(part: str, form: str) -> bool:
    """Tell whether *part*, of a pattern, can be what *form* has: a star may be nothing."""
    return bool(part) if form else not part.strip("*")


@lru_cache(maxsize=16_384)  # many actions take resources of one form
def _share_whole(left: str, right: str) -> bool:
    return in_common(left, right) is not None


@lru_cache(maxsize=16_384)
def _share(left: str, right: str) -> bool:
    return common(left, right) is not None


def of_kind(pattern: str, action: str, kind: str, partition: str, account: str, name: str = EXAMPLE) -> str | None:
    """Return a resource of the type *kind* of *action* that *pattern* matches, None where none is found."""
    found, known = like(pattern, action, kind), find_action(action)
    made = concrete(found, partition, account, name) if found else None
    return made if made and known and kind in types_of(made, known) else None


def of_action(pattern: str, action: str, partition: str, account: str, name: str = EXAMPLE) -> Iterator[str]:
    """Yield a resource for each type of *action* that *pattern* matches, the plain one first."""
    known = find_action(action)
    if known is None:
        return
    first = concrete(pattern, partition, account, name)
    if first and types_of(first, known):
        yield first
        return
    for use in known.resource_types:
        if may_be(pattern, known.service, use.name):
            made = of_kind(pattern, action, use.name, partition, account, name)
            if made:
                yield made


@lru_cache(maxsize=4_096)  # asked of one pattern for each of thousands of actions
def concrete(pattern: str, partition: str, account: str, name: str = EXAMPLE) -> str | None:
    """
    Return an ARN that *pattern*, of a Resource, may match, None where it is not an ARN.

    Its variables and stars are *name*.
    """
    arn = Arn.parse(replaced(pattern, name))
    if arn is None:
        return None
    region = _REGIONS.get(partition, "us-east-1") if _is_open(arn.region) else arn.region
    owner = account if _is_open(arn.account) else arn.account
    made = arn._replace(partition=partition if _is_open(arn.partition) else arn.partition, region=region, account=owner)
    return ":".join(("arn", *(part.replace("*", name).replace("?", "x") for part in made)))


def _is_open(part: str) -> bool:
    return bool(part) and not part.strip("*?")
