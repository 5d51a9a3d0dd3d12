"""What reports on accounts of a blueprint share: which account it is, and policies that nobody could look at."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.account.resource_policies import PolicyTarget
from rolemgr.blueprint.access import AccountAccess
from rolemgr.errors import AwsError, InputError, RolemgrError, SourceLocation, printable
from rolemgr.report.plan import RoleNotJudged


class PolicyNotJudged(NamedTuple):
    """The policy of a resource that can't be looked at, and why; it stops no other."""

    target: PolicyTarget
    error: RolemgrError
    where: SourceLocation


class UnsharedThing(NamedTuple):
    """
    Something that the blueprint names and makes no policy for: whose policy it would be, and the line.

    *users* are the ARNs of roles of its own account that flows are about: they need no policy, and may be in one.
    """

    target: PolicyTarget
    where: SourceLocation
    users: frozenset[str] = frozenset()


def account_head(access: AccountAccess, error: RolemgrError | None) -> dict[str, Any]:
    """Return which account of the blueprint it is, for JSON, and why nothing of it could be looked at."""
    return {"name": access.name, "problem": str(error) if error else None}


def not_judged_data(unread: Sequence[PolicyNotJudged]) -> list[dict[str, str]]:
    """Return the policies that could not be looked at, for JSON."""
    return [{"policy": one.target.arn, "problem": str(one.error)} for one in unread]


def not_judged_lines(unread: Sequence[PolicyNotJudged]) -> Iterator[str]:
    """Yield the lines of text on policies that could not be looked at."""
    for one in unread:
        yield printable(f"! not judged: the {one.target.title}")
        yield from (f"    {printable(line)}" for line in str(one.error).splitlines())


def errors_of(
    access: AccountAccess,
    error: RolemgrError | None,
    refused: Sequence[RoleNotJudged],
    unread: Sequence[PolicyNotJudged],
) -> tuple[RolemgrError, ...]:
    """Return why the account of *access*, or of it these roles and policies, could not be looked at."""
    own = (error,) if error else ()
    found = (*own, *(one.error for one in refused), *(one.error for one in unread))
    return tuple(told_of(f"account {access.name}", one) for one in found)


def told_of(about: str, error: RolemgrError) -> RolemgrError:
    """Return *error* with what it is *about*, an account or a level, for where it is said without that around it."""
    if isinstance(error, AwsError):
        return AwsError(f"{about}: {error.problem}", error.hint, code=error.code, where=error.where)
    if isinstance(error, InputError):
        return InputError(error.where, f"{about}: {error.problem}", error.hint)
    return error
