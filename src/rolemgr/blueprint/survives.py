"""Survives the theft of credentials: every sink of every role is closed by a layer, or accepted in the file."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from rolemgr.blueprint.alike import others_in_words
from rolemgr.blueprint.chains import Chains
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.compromise import Compromise, RolesAnswered, SinkAnswer
from rolemgr.blueprint.sinks import sinks
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import InputError, UnknownNameError, gathering, raise_all
from rolemgr.model.blueprint import AcceptedSink, Blueprint
from rolemgr.model.source import Sourced
from rolemgr.prove.proof import CounterExample, Judged, Proof, Untold, proofs_of

STOLEN: Final = "stolen-session"
ACCEPTED: Final = "accepted-sinks"
CLAIMS: Final = {
    STOLEN: "with a stolen session of any role, from anywhere, every sink is closed by a layer or accepted in the file",
    ACCEPTED: "what the file accepts is open, and accepted today",
}


def prove_stolen(blueprint: ComposedBlueprint, found: Compromise, chains: Chains, today: date) -> tuple[Proof, ...]:
    """
    Return the proofs that no undeclared sink is open, and that none is accepted for nothing.

    Raises InputError (or Problems), with the line, where the file accepts a sink that there is not.
    """
    _names_known(blueprint.source)
    judged = [*_open(blueprint, found, chains, today), *_accepted(blueprint.source, found, today)]
    return proofs_of(CLAIMS, judged)


def _names_known(blueprint: Sourced[Blueprint]) -> None:
    problems: list[InputError] = []
    known = [one.name for one in sinks()]
    for name, accepted in blueprint.value.accepted_sinks.items():
        with gathering(problems):
            if name not in known:
                raise UnknownNameError(blueprint.at("accepted_sinks", name), "sink", name, known)
            for number, place in enumerate(accepted.roles):
                if place not in blueprint.value.roles:
                    where = blueprint.at("accepted_sinks", name, "roles", number)
                    raise UnknownNameError(where, "role", place, blueprint.value.roles)
    raise_all(problems)


def _reached_from(blueprint: ComposedBlueprint, chains: Chains) -> Mapping[str, tuple[str, ...]]:
    """Return for each role, by place, those whose stolen sessions reach it."""
    found: dict[str, list[str]] = {}
    for placed in blueprint.roles:
        try:
            closure = chains.closure(placed)
        except TooComplex:  # the proof of separation says so
            continue
        for one in closure.reached:
            found.setdefault(one.place, []).append(placed.place)
    return {place: tuple(sorted(places)) for place, places in found.items()}


def _open(blueprint: ComposedBlueprint, found: Compromise, chains: Chains, today: date) -> Iterator[Judged]:
    reached_from: Mapping[str, tuple[str, ...]] | None = None
    for group in found.answered:
        for one in group.answers:
            yield from ((STOLEN, None) for _ in range(one.asked - len(one.open)))
            left = [placed for placed in group.roles if not _is_accepted(blueprint.source.value, one, placed, today)]
            if not left or not (one.untold or one.open):
                continue
            also, own = others_in_words(tuple(left)), _of_one(group, left[0], one)
            for reason in own.untold:
                problem = f"{own.place}, {own.sink.name}: can't tell: {reason}{also}"
                yield STOLEN, Untold(problem, (own.place,))
            if own.open:
                if reached_from is None:
                    reached_from = _reached_from(blueprint, chains)
                yield STOLEN, _finding(blueprint, own, reached_from.get(own.place, ()), also)


def _of_one(group: RolesAnswered, placed: PlacedRole, answer: SinkAnswer) -> SinkAnswer:
    return next(one for one in group.of(placed) if one.sink is answer.sink)


def _finding(blueprint: ComposedBlueprint, one: SinkAnswer, by: tuple[str, ...], also: str) -> CounterExample:
    actions = ", ".join(dict.fromkeys(request.action for request in one.open))
    through = f" (reached from {', '.join(by)} too)" if by else ""
    problem = f"{one.place}{through}: a stolen session {one.sink.what} ({actions}): {one.sink.name} is open{also}"
    where = blueprint.source.at("roles", one.place)
    return CounterExample(f"{problem}; what closes it: {one.sink.closes}", (one.place,), one.open[0], (where,))


def _is_accepted(blueprint: Blueprint, one: SinkAnswer, placed: PlacedRole, today: date) -> bool:
    accepted = blueprint.accepted_sinks.get(one.sink.name)
    return accepted is not None and _speaks_of(accepted, placed.place) and not _is_over(accepted, today)


def _speaks_of(accepted: AcceptedSink, place: str) -> bool:
    return not accepted.roles or place in accepted.roles


def _is_over(accepted: AcceptedSink, today: date) -> bool:
    return accepted.until is not None and accepted.until < today


def _accepted(blueprint: Sourced[Blueprint], found: Compromise, today: date) -> Iterator[Judged]:
    """Yield whether each sink that is accepted is open, so that the file says nothing that is no longer so."""
    opened = {
        (one.sink.name, placed.place)
        for group in found.answered
        for one in group.answers
        for placed in (group.roles if one.open or one.untold else ())
    }
    for name, accepted in blueprint.value.accepted_sinks.items():
        where = blueprint.at("accepted_sinks", name)
        if _is_over(accepted, today):
            problem = f"{name} was accepted until {accepted.until}"
            yield ACCEPTED, CounterExample(problem, (), None, (where,))
        for place in accepted.roles or ("",):
            is_open = (name, place) in opened if place else any(one == name for one, _ in opened)
            problem = f"{name} is accepted{f' of {place}' if place else ''}, and it is closed: leave it out"
            yield ACCEPTED, None if is_open else CounterExample(problem, (), None, (where,))
