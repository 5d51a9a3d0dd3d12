"""The trails among the files that say what roles used, and whose calls in them are whose."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, Final, NamedTuple

from rolemgr.audit.migrate.seen import KeysToAsk, MeantRoles, ReadTrail, RoleCalls, read_trail
from rolemgr.errors import InputError, SourceLocation
from rolemgr.events.call import RecordedPrincipal
from rolemgr.events.records import Record, Unread
from rolemgr.files.inflate import pieces
from rolemgr.iam.arn import Arn
from rolemgr.iam.wildcards import matches
from rolemgr.model.inventory import HeldRole
from rolemgr.usage.layers_asked import is_meant
from rolemgr.usage.recorded import account_of
from rolemgr.workflow.role_options import is_pattern
from rolemgr.workflow.trails import S3, Buckets, open_trail, records_in, trail_files

_ENDINGS: Final = (".gz", ".jsonl", ".ndjson", ".csv", ".log")
_MOST_CALLERS: Final = 3
_PEEK: Final = 1 << 16
_OF_TRAILS: Final = re.compile(rb'"(?:Records|Events|eventName|CloudTrailEvent|logEvents)"')


class TrailSource(NamedTuple):
    """Where trails are read from, beside the disk: stdin and S3."""

    stdin: BinaryIO
    buckets: Buckets


def is_trail(name: str) -> bool:
    """Tell whether the file, folder, pattern or address *name* holds recorded calls, and no policy or report."""
    if name.startswith(S3) or name.lower().endswith(_ENDINGS) or is_pattern(name):
        return True
    try:
        with open_trail(name) as file:
            return _OF_TRAILS.search(next(iter(pieces(file)), b"")[:_PEEK]) is not None
    except IsADirectoryError:
        return True
    except (OSError, ValueError):
        return False


def trail_of_one(
    names: Sequence[str], source: TrailSource, role: HeldRole, keys: KeysToAsk, *, principal: str | None,
    is_of_account: bool,
) -> tuple[HeldRole, RoleCalls, tuple[str, ...]]:  # fmt: skip
    """
    Return *role* with the ARN by which the trails *names* know it, what it used, and what can't be read.

    *principal* names whose calls count, where the file of the role does not. Raises InputError where nobody of that
    name called, or somebody in several accounts.
    """
    wanted = principal or (role.arn if is_of_account else role.name)
    whose = MeantRoles(lambda arn: arn if _is_meant(wanted, arn) else None, lambda who: _may_mean([wanted], who))
    found = read_trail(_records(names, source), whose, keys)
    if len(found.uses) > 1:
        hint = f"give --principal with the ARN, such as {min(found.uses)}"
        raise InputError(SourceLocation(names[0]), f"several principals are called {wanted}", hint)
    if not found.uses:
        hint = f"{found.events:,} events were read; --principal NAME says whose calls count"
        raise InputError(SourceLocation(names[0]), f"has no call of {wanted}", hint)
    ((arn, use),) = found.uses.items()
    if not use.calls and not use.for_jobs:
        raise InputError(SourceLocation(names[0]), f"has no call of {wanted} that AWS let through")
    parsed = Arn.parse(arn)
    if parsed and not is_of_account:
        name = parsed.resource.rpartition("/")[2]
        role = replace(role, arn=arn, account=parsed.account, name=name)
    return role, use, tuple(_not_read(found, use))


def trail_of_roles(
    names: Sequence[str], source: TrailSource, roles: Iterable[HeldRole], keys: KeysToAsk
) -> tuple[ReadTrail, tuple[str, ...]]:
    """Return what the trails *names* say of each of *roles*, and what can't be read."""
    known = {one.arn for one in roles}
    whose = MeantRoles(lambda arn: arn if arn in known else None, lambda who: _may_mean(known, who))
    found = read_trail(_records(names, source), whose, keys)
    return found, tuple(_unread(found))


def _records(names: Sequence[str], source: TrailSource) -> Iterator[Record | Unread]:
    return records_in(trail_files(names, source.stdin, source.buckets), _nothing)


def _nothing(_: str) -> None:
    """Take the name of a file that is read: nobody waits for it."""


def _is_meant(wanted: str, arn: str) -> bool:
    if wanted.startswith("arn:"):
        return matches(wanted, arn)
    parsed = Arn.parse(arn)
    return parsed is not None and parsed.resource.rpartition("/")[2] == wanted


def _may_mean(wanted: Collection[str], who: RecordedPrincipal) -> bool:
    """Tell whether *who*, whose ARN is not told, may be one of those whose names or ARNs are *wanted*."""
    if who.role:
        return any(is_meant(one, who) for one in wanted)
    return not who.is_told and any(who.may_be_in(account_of(one)) for one in wanted)


def _not_read(found: ReadTrail, use: RoleCalls) -> Iterator[str]:
    yield from _unread(found)
    for name, count in sorted(use.unknown_operations.items()):
        yield f"{count:,} calls of {name}, of which nobody here knows what they ask for"
    if use.left_out:
        yield f"{use.left_out:,} requests beyond the {len(use.requests):,} different ones that are kept"


def _unread(found: ReadTrail) -> Iterator[str]:
    yield from (f"{one.where}: {one.problem}" for one in found.unread)
    if found.unread_count > len(found.unread):
        yield f"{found.unread_count - len(found.unread):,} more events that can't be read"
    if not found.seen.is_exact and (again := found.seen.note()):
        yield again
    if found.unknown_callers:
        who = sorted(found.unknown_callers)
        named = ", ".join(who[:_MOST_CALLERS]) + (" ..." if len(who) > _MOST_CALLERS else "")
        count = sum(found.unknown_callers.values())
        yield f"{count:,} calls that may be of the role, as the events do not tell the ARN of who made them ({named})"
