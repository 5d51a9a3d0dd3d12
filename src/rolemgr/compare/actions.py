"""
The actions that matter: those that a side allows, and for those that AWS may yet add one that stands for them.

Policies name actions by patterns, and the actions that a pattern stands for grow. So patterns are compared as
patterns too: beside the actions of the reference, and the names in the policies that the reference does not
know, every combination of wildcards that some new name could match has an action of its own, a *future* one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern, regions
from rolemgr.compare.statements import CompiledStatement, service_of
from rolemgr.iam.variables import Piece
from rolemgr.iam.wildcards import PatternStep, glob_steps, literal_steps
from rolemgr.reference.services import action_names, expand, services

MOST_NAMES: Final = 10_000
"""How many states the walk over the action patterns of one service may have: it is done once."""
MOST_KNOWN: Final = 40
"""How many known names are passed over in search of a new one."""

_NAME: Final = (PatternStep(None, spans=False), PatternStep(None, again=True, spans=False))
_ANY_ACTION: Final = Pattern((*_NAME, *literal_steps(":"), *_NAME))


class ComparedAction(NamedTuple):
    """An action to compare by; *future* says that it stands for those that the reference does not know."""

    name: str
    future: bool = False


class Listed(NamedTuple):
    """The actions, and why not all future ones could be told, empty where they could."""

    actions: tuple[ComparedAction, ...]
    problem: str = ""


def actions_of(allowing: Sequence[CompiledStatement], everyone: Sequence[CompiledStatement]) -> Listed:
    """
    Return the actions that one of the statements *allowing* speaks of, sorted, future ones last.

    *everyone* are all statements that are compared: their patterns tell future actions apart.
    """
    known = sorted({name for statement in allowing for name in _named(statement)})
    folded = {name.lower() for name in known}
    literals = {text.lower() for statement in everyone for text in statement.actions if ":" in text and not _wild(text)}
    unknown = sorted(
        name for name in literals if name not in folded and any(statement.takes.take(name) for statement in allowing)
    )
    now = (*map(ComparedAction, known), *map(ComparedAction, unknown))
    try:
        future = tuple(dict.fromkeys(_future(allowing, everyone, literals)))
    except TooComplex as error:
        return Listed(now, f"actions that AWS may add: {error}")
    return Listed((*now, *(ComparedAction(name, future=True) for name in future)))


def _wild(text: str) -> bool:
    return "*" in text or "?" in text


def _named(statement: CompiledStatement) -> Iterator[str]:
    """Yield the actions of the reference that *statement* speaks of."""
    if statement.takes.listed:
        for text in statement.actions:
            yield from expand(text if ":" in text else "*:*") if _wild(text) else _spelt(text)
        return
    for service in services():
        yield from (spelt for name, spelt in action_names(service).items() if statement.takes.take(f"{service}:{name}"))


def _spelt(text: str) -> Iterable[str]:
    service, _, name = text.lower().partition(":")
    spelt = action_names(service).get(name)
    return (spelt,) if spelt else ()


def _future(
    allowing: Sequence[CompiledStatement], everyone: Sequence[CompiledStatement], literals: set[str]
) -> Iterator[str]:
    """Yield a name, unlike all known ones, for every set of wildcards that one name could match."""
    patterns = sorted({text.lower() for statement in everyone for text in statement.actions if _wild(text)})
    open_ones = [text for text in patterns if not service_of(text)]
    closed: dict[str, list[str]] = {}
    for text in patterns:
        if service_of(text):
            closed.setdefault(service_of(text), []).append(text)
    named = {*closed, *(name.partition(":")[0] for name in literals)}
    for service in sorted(named):
        shape = Pattern((*literal_steps(f"{service}:"), *_NAME))
        yield from _of_shape([*closed.get(service, ()), *open_ones], shape, allowing, literals)
    yield from _of_shape(open_ones, _ANY_ACTION, allowing, literals)


def _of_shape(
    patterns: Sequence[str], shape: Pattern, allowing: Sequence[CompiledStatement], literals: set[str]
) -> Iterator[str]:
    steps = [Pattern(glob_steps((Piece(text, live=True),))) for text in patterns]
    for match_mask, shortest in regions(steps, (shape,), limit=MOST_NAMES).items():
        name = _new_name(shortest, match_mask, steps, shape, literals)
        if name and any(statement.takes.take(name) for statement in allowing):
            yield name


def _new_name(shortest: str, match_mask: int, steps: list[Pattern], shape: Pattern, literals: set[str]) -> str | None:
    """
    Return a name with *match_mask* that is neither in *literals* nor in the reference, None where there is none such.

    Raises TooComplex where too many short ones are known.
    """
    name: str | None = shortest
    taken: list[Pattern] = []
    while name and _is_known(name, literals):
        if len(taken) > MOST_KNOWN:
            raise TooComplex(f"no name like `{shortest}` was found that is new")
        taken.append(Pattern(literal_steps(name)))
        name = regions([*steps, *taken], (shape,), must=match_mask).get(match_mask)
    return name


def _is_known(name: str, literals: set[str]) -> bool:
    service, _, short = name.partition(":")
    return name in literals or short in action_names(service)
