"""What a role writes and reads in the words of a review: by service the widest ARN patterns, less what Denies take."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import around_variables, as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedRole
from rolemgr.report.statements import LEVELS, access_level

WRITING: Final = frozenset(LEVELS[:3])
"""The access levels that change something: Permissions management, Tagging, Write."""


def touched(role: ComposedRole, *, writing: bool, whole: bool) -> Iterator[str]:
    """
    Yield for each service what the role changes, or reads besides: the widest patterns, less what Denies take out.

    Data and identity come first. Passing a role is told elsewhere.
    """
    changed, read = _resources(role, writing=True), _resources(role, writing=False)
    found = changed if writing else {name: _beyond(arns, changed.get(name, ())) for name, arns in read.items()}
    order = sorted(found, key=lambda name: (_FIRST.get(name, len(_FIRST)), -len(found[name]), name))
    for service in filter(found.get, order):
        shown = list(dict.fromkeys(_in_words(role, service, found[service], writing=writing, whole=whole)))
        most = len(shown) if whole else _PATTERNS
        more = f" and {len(shown) - most} more" if len(shown) > most else ""
        yield f"{service}  {', '.join(shown[:most])}{more}"


_PATTERNS: Final = 6
"""How many patterns of a service are shown."""
_FIRST: Final = {"iam": 0, "s3": 1, "kms": 2, "secretsmanager": 3}


def _resources(role: ComposedRole, *, writing: bool) -> dict[str, list[str]]:
    """Return by service the ARN patterns that no other one of it covers."""
    found: dict[str, set[str]] = {}
    for action, resource in granted(role):
        if (access_level(action) in WRITING) is writing and action != "iam:PassRole":
            found.setdefault(action.partition(":")[0], set()).add(resource)
    return {service: _widest(arns) for service, arns in found.items()}


def _widest(arns: Iterable[str]) -> list[str]:
    wide: list[str] = []
    for arn in sorted(arns, key=lambda text: (text == "*", -text.count("*"), len(text), text)):
        if arn == "*" or not any(contains(as_pattern(wider), as_pattern(arn)) for wider in wide):
            wide.append(arn)
    return wide


def _beyond(arns: Iterable[str], others: Sequence[str]) -> list[str]:
    """Return those of *arns* that none of *others* covers; what knows no resource is read anyway."""
    return [arn for arn in arns if arn != "*" and not any(contains(as_pattern(one), as_pattern(arn)) for one in others)]


def _in_words(
    role: ComposedRole, service: str, arns: Sequence[str], *, writing: bool, whole: bool
) -> Iterator[str]:  # fmt: skip
    accounts: dict[str, set[str]] = {}
    for arn in arns:
        accounts.setdefault(short_arn(arn), set()).add(account_of(arn))
    for arn in arns:
        others = accounts[short_arn(arn)] - {role.spec.account, ""}
        where = f" of {len(others)} other account{'' if len(others) == 1 else 's'}" if others else ""
        yield f"{short_arn(arn)}{where}{_spared(role, service, arn, writing=writing, whole=whole)}"


def account_of(arn: str) -> str:
    """Return the account of *arn*; nothing where it has none."""
    parsed = Arn.parse(arn)
    return parsed.account if parsed else ""


def granted(role: ComposedRole) -> Iterator[tuple[str, str]]:
    """Yield each action and resource that an Allow of the role has."""
    for statement in role.unfolded:
        if statement.effect is Effect.ALLOW:
            yield from product(statement.actions, statement.resources)


def _spared(role: ComposedRole, service: str, resource: str, *, writing: bool, whole: bool) -> str:
    """Return what unconditional Denies take out of *resource* of *service*: whole prefixes, or some actions there."""
    allowed = {
        action for action, one in granted(role)
        if one == resource and action.startswith(f"{service}:") and (access_level(action) in WRITING) is writing
    }  # fmt: skip
    taken: dict[str, set[str]] = {}
    for deny in role.unfolded:
        if deny.effect is Effect.DENY and not deny.conditions:
            for one in deny.resources:
                if one != resource and contains(resource, one):
                    taken.setdefault(_inside(one, resource), set()).update(allowed.intersection(deny.actions))
    wholly = [name for name, actions in taken.items() if actions and actions == allowed]
    partly = {name: sorted(actions) for name, actions in taken.items() if set() < actions < allowed}
    parts = (f" (no {some_of(actions, whole=whole)} in {name})" for name, actions in partly.items())
    return "".join((f" except {' '.join(wholly)}" if wholly else "", *parts))


def _inside(arn: str, outer: str) -> str:
    """Return how *arn* goes on behind the pattern *outer*, which covers it."""
    return arn.removeprefix(outer.rstrip("*")).rstrip("*")


def short_arn(arn: str) -> str:
    """Return *arn* without what is alike in all of them, its variables as `<Name>`."""
    parsed = Arn.parse(arn)
    if parsed is None:
        return arn
    pieces = enumerate(around_variables(parsed.resource))
    return "".join(f"<{piece.strip('${}').rpartition(':')[2]}>" if place % 2 else piece for place, piece in pieces)


def some_of(names: Sequence[str], *, whole: bool) -> str:
    """Return the first of *names*, and how many more there are; *whole*, all of them."""
    short = [name.partition(":")[2] if name.startswith("sagemaker:") else name for name in dict.fromkeys(names)]
    most = len(short) if whole else 4
    return f"{', '.join(short[:most])}{f' and {len(short) - most} more' if len(short) > most else ''}"
