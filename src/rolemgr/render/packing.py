"""
Fit statements into IAM's quotas without changing what they say.

All of a role's inline policies together may have 10,240 characters. Where the statements are more, Allows
move to customer-managed policies of 6,144 each; every Deny stays inline, so that an attachment that gets
lost costs access and never a limit.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

What moves is whole, by what it holds: first SageMaker's Allows, then MLflow's, then all others; each kind fills
policies of its own in the order of its statements. So a change of one statement changes its policy, and moves
others only where it crosses a quota.
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


_STAGES: Final = (frozenset({"sagemaker"}), frozenset({"sagemaker", "sagemaker-mlflow"}), None)
"""The services whose Allows move, in turn until the rest fits inline; None: all."""


class Packed(NamedTuple):
    """A policy: what it holds in a word, nothing for the inline one, and its statements."""

    name: str
    statements: tuple[ComposedStatement, ...]


@dataclass
class _Bin:
    """A policy in the making: what it holds, and how many characters are left for more."""

    left: int
    statements: list[ComposedStatement] = field(default_factory=list)

    def take(self, statement: ComposedStatement, size: int) -> bool:
        """Take *statement* where there is room for it and the comma before it; tell whether it did."""
        needed = size + bool(self.statements)
        if needed > self.left:
            return False
        self.left -= needed
        self.statements.append(statement)
        return True


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
    for moving in (frozenset[str](), *_STAGES):
        staying = [(one, size) for one, size in sized if not _moves(one, moving)]
        if sum(size for _, size in staying) + max(len(staying) - 1, 0) <= inline:
            break
    else:
        raise InputError(None, *_too_many_denies(staying, inline))
    moved: dict[str, list[tuple[ComposedStatement, int]]] = {}
    for one, size in sized:
        if _moves(one, moving):
            moved.setdefault(_kind(one), []).append((one, size))
    taken = {statement.sid for statement, _ in sized}
    held = (Packed("", tuple(one for one, _ in staying)),)
    return (
        *held,
        *(part for kind in sorted(moved, reverse=True) for part in _filled(kind, moved[kind], measure, managed, taken)),
    )


def _moves(statement: ComposedStatement, moving: frozenset[str] | None) -> bool:
    """Tell whether *statement* is an Allow of the services *moving*; None: of any."""
    return statement.effect is Effect.ALLOW and (moving is None or (bool(moving) and _services(statement) <= moving))


def _services(statement: ComposedStatement) -> set[str]:
    return {action.partition(":")[0] for action in statement.actions}


def _kind(statement: ComposedStatement) -> str:
    """Return what managed policies that hold *statement* are called for."""
    return "sagemaker" if _services(statement) <= {"sagemaker", "sagemaker-mlflow"} else "others"


def _filled(
    kind: str, sized: Sequence[tuple[ComposedStatement, int]], measure: Measure, limit: int, taken: set[str]
) -> Iterator[Packed]:
    """Yield the policies of one *kind*: each statement in the first that has room, in their order."""
    bins: list[_Bin] = []
    for statement, size in sized:
        for part, length in _parts(statement, size, measure, limit, taken):
            if not any(one.take(part, length) for one in bins):
                bins.append(_Bin(limit))
                bins[-1].take(part, length)
    for number, one in enumerate(bins, start=1):
        yield Packed(kind if number == 1 else f"{kind}-{number}", tuple(one.statements))


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
    hint = "leave out a guardrail, a tag key, --strict or --managed-policy, or give --kms-key-names arn"
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
