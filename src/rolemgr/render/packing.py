"""
Fit statements into IAM's quotas without changing what they say.

All of a role's inline policies together may have 10,240 characters. Where the statements are more, Allows
move to customer-managed policies of 6,144 each; every Deny stays inline, so that an attachment that gets
lost costs access and never a limit. Where nothing may be inline, the Denies have managed policies of their own,
so that one look tells whether they are attached.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

What moves are whole statements: SageMaker's Allows, into policies that hold nothing else and say so by their names;
then what else has no room inline, MLflow's first. Policies are filled in the order of the statements, so that a
change of one statement changes its policy, and moves others only where it crosses a quota. Where fewer policies
hold it all if SageMaker's and others share them, they do: IAM attaches ten to a role by default.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from rolemgr.errors import InputError
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement
from rolemgr.reference.inert import live_resources

Measure: TypeAlias = Callable[[ComposedStatement], int]
"""The characters that a statement has, as IAM counts them."""

_SID_LENGTH = 64
_PART_ENDING = len("Part999")
"""What the Sid of a part is longer than that of the whole at most."""


_SAGEMAKER: Final = ({"sagemaker-mlflow"}, {"sagemaker"})
"""The services whose Allows leave the inline policy before others do, the last one first."""
_KINDS: Final = ("others", "sagemaker")
_ORDER: Final = ("sagemaker", "sagemaker-and-others", "others")
"""What managed policies are called for."""


class Packed(NamedTuple):
    """A policy: what it holds in a word, nothing for the inline one, and its statements."""

    name: str
    statements: tuple[ComposedStatement, ...]


@dataclass
class _Bin:
    """A policy in the making: what it holds, and how many characters are left for more."""

    left: int
    statements: list[ComposedStatement] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def take(self, statement: ComposedStatement, size: int) -> bool:
        """Take *statement* where there is room for it and the comma before it; tell whether it did."""
        needed = size + bool(self.statements)
        if needed > self.left:
            return False
        self.left -= needed
        self.statements.append(statement)
        self.kinds.add(_KINDS[bool(_rank(statement))])
        return True

    @property
    def kind(self) -> str:
        """What it is called for: what it holds."""
        return "-and-".join(sorted(self.kinds, reverse=True))


def pack(
    sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, *, inline: int, managed: int
) -> tuple[Packed, ...]:
    """
    Return statements as one inline policy and, where they have over *inline* characters, managed ones.

    *sized* are the statements and the characters of each; *measure* says those of a part of one. *inline* and
    *managed* are what the quotas leave for the statements of a policy. A statement larger than a managed policy is
    split by its resources, or its actions.
    Raises InputError where the Denies alone, or one action on one resource, are too large.
    """
    if sum(size for _, size in sized) + max(len(sized) - 1, 0) <= inline:
        return (Packed("", tuple(one for one, _ in sized)),)
    denies = [(one, size) for one, size in sized if one.effect is Effect.DENY]
    if sum(size for _, size in denies) + max(len(denies) - 1, 0) > inline:
        raise InputError(None, *_too_many_denies(denies, inline))
    ways = [_placed(sized, measure, inline, managed, apart=apart) for apart in (True, False)]
    first, *bins = min(ways, key=len)
    return (Packed("", _in_order(first.statements, sized)), *_named(bins))


def pack_managed(sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, limit: int) -> tuple[Packed, ...]:
    """
    Return statements as managed policies of *limit* characters, those of the Denies first.

    Otherwise as `pack`. Raises InputError where one action on one resource is too large.
    """
    taken = {statement.sid for statement, _ in sized}
    denies = list[_Bin]()
    for statement, size in sized:
        for part, length in _parts(statement, size, measure, limit, taken) if statement.effect is Effect.DENY else ():
            if not any(one.take(part, length) for one in denies):
                denies.append(_Bin(limit))
                denies[-1].take(part, length)
    named = (
        Packed("denies" if number == 1 else f"denies-{number}", tuple(one.statements))
        for number, one in enumerate(denies, start=1)
    )
    allows = [(one, size) for one, size in sized if one.effect is Effect.ALLOW]
    ways = [_placed(allows, measure, 0, limit, apart=apart)[1:] for apart in (True, False)]
    return (*named, *_named(min(ways, key=len)))


def _placed(
    sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, inline: int, managed: int, *, apart: bool
) -> list[_Bin]:
    """Return the policies, the inline one first; with SageMaker *apart*, none of its Allows stands beside others."""
    first, bins, taken = _Bin(inline), list[_Bin](), {statement.sid for statement, _ in sized}
    for statement, size in sized:
        if statement.effect is Effect.DENY:
            first.take(statement, size)
    allows = (row for row in sized if row[0].effect is Effect.ALLOW)
    for statement, size in sorted(allows, key=lambda row: _rank(row[0])):
        rank = _rank(statement)
        for part, length in _parts(statement, size, measure, managed, taken):
            before = () if apart and rank == len(_SAGEMAKER) else (first,)
            after = [one for one in bins if not apart or one.kind == _KINDS[bool(rank)]]
            if not any(one.take(part, length) for one in (*before, *after)):
                bins.append(_Bin(managed))
                bins[-1].take(part, length)
    return [first, *bins]


def _rank(statement: ComposedStatement) -> int:
    """Return which statements are placed first: the later, the sooner they leave the inline policy."""
    services = {action.partition(":")[0] for action in statement.actions}
    return _SAGEMAKER.index(services) + 1 if services in _SAGEMAKER else 0


def _in_order(
    statements: Sequence[ComposedStatement], sized: Sequence[tuple[ComposedStatement, int]]
) -> tuple[ComposedStatement, ...]:
    """Return *statements* in the order that they had, parts of those that were split as these did."""
    places = {one.sid: place for place, (one, _) in enumerate(sized)}
    return tuple(sorted(statements, key=lambda one: places.get(one.sid, places.get(one.sid.rpartition("Part")[0], 0))))


def _named(bins: Sequence[_Bin]) -> Iterator[Packed]:
    """Yield the managed policies by name: the first of each kind has its name alone."""
    seen: dict[str, int] = {}
    for kind, one in sorted(((one.kind, one) for one in bins), key=lambda pair: _ORDER.index(pair[0])):
        seen[kind] = seen.get(kind, 0) + 1
        yield Packed(kind if seen[kind] == 1 else f"{kind}-{seen[kind]}", tuple(one.statements))


def _too_many_denies(sized: Sequence[tuple[ComposedStatement, int]], inline: int) -> tuple[str, str]:
    """Return the problem where the Denies do not fit, with what they are made of, and what would help."""
    sizes: dict[str, int] = {}
    for deny, size in sized:
        name = "+".join(dict.fromkeys(origin.group for origin in deny.origins))
        sizes[name] = sizes.get(name, 0) + size
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:4]
    most = ", ".join(f"{name} {sizes[name]:,}" for name in largest)
    total = sum(sizes.values())
    problem = f"the Deny statements have {total:,} characters, and the inline policy holds {inline:,}; most in {most}"
    hint = "give --inline no, or leave out a guardrail, a tag key, --strict or --managed-policy"
    places, _ = max(sized, key=lambda one: len(one[0].resources))
    if len(places.resources) < _MANY_PLACES:
        return problem, hint
    return (
        problem,
        f"name fewer places with --parameter (rolemgr show activity-group {places.origins[0].group}), or {hint}",
    )


_MANY_PLACES = 10
"""From so many resources on a Deny is large by its places, not by its actions."""


def _parts(
    statement: ComposedStatement, size: int, measure: Measure, limit: int, taken: set[str]
) -> Iterator[tuple[ComposedStatement, int]]:
    """Yield *statement* in as many parts as policies of *limit* characters need; add the Sid of each to *taken*."""
    if size <= limit:
        yield statement, size
        return
    for half in _halves(statement, measure, limit - _PART_ENDING):
        endings = (f"Part{number}" for number in count(1))
        sid = next(sid for end in endings if (sid := half.sid[: _SID_LENGTH - len(end)] + end) not in taken)
        taken.add(sid)
        part = replace(half, sid=sid)
        yield part, measure(part)


def _halves(statement: ComposedStatement, measure: Measure, limit: int) -> Iterator[ComposedStatement]:
    if measure(statement) <= limit:
        yield statement
        return
    if len(statement.resources) == len(statement.actions) == 1:
        raise InputError(None, f"statement `{statement.sid}` alone is over the quota of {limit:,} characters")
    for half in _split(statement):
        yield from _halves(half, measure, limit)


def _split(statement: ComposedStatement) -> tuple[ComposedStatement, ComposedStatement]:
    """Return two statements that together say what *statement* says, over half the resources or actions each."""
    if len(statement.resources) > 1:
        middle = len(statement.resources) // 2
        first, second = statement.resources[:middle], statement.resources[middle:]
        return _on(statement, first), _on(statement, second)
    middle = len(statement.actions) // 2
    first, second = statement.actions[:middle], statement.actions[middle:]
    return replace(statement, actions=first), replace(statement, actions=second)


def _on(statement: ComposedStatement, resources: tuple[str, ...]) -> ComposedStatement:
    """Return *statement* on *resources* alone, without the actions that AWS asks on none of them."""
    actions = tuple(action for action in statement.actions if live_resources(action, resources))
    return replace(statement, resources=resources, actions=actions or statement.actions)
