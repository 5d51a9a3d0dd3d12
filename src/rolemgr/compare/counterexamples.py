"""Search for a request that the new side allows and the old one does not, and confirm it by the evaluator."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from rolemgr.compare.action_groups import ActionGroup, Sides
from rolemgr.compare.atoms import Atom, Filled
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern
from rolemgr.compare.scenarios import CallerScenario
from rolemgr.compare.search import search
from rolemgr.compare.search_space import RequestCase, RequestSpace, SearchSpace, search_space
from rolemgr.compare.statements import CompiledStatement
from rolemgr.compare.universe import ANY_TEXT, always_there
from rolemgr.compare.values import ValueLimits
from rolemgr.compare.verdicts import Difference, Unknown, Verdict
from rolemgr.compare.witness import context_of, doubts_of, fillings, resources_of
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError, RequestError

MOST_TRIED = 12
"""How many cases are tried to be made real before they are called unknown."""


class GrantQuestion(NamedTuple):
    """What one Allow of the new side gives for one group of actions."""

    sides: Sides
    group: ActionGroup
    statement: CompiledStatement
    budget: Budget

    @property
    def action(self) -> str:
        """The action that stands for its group."""
        return self.group.names[0]

    def unknown(self, scenario: CallerScenario, reason: str) -> Unknown:
        """Return that it could not be told for the caller of *scenario*, and the reason."""
        return Unknown(None if scenario.lifted else self.statement.at, tuple(self.group.names), reason)


def verdicts(question: GrantQuestion, scenarios: Sequence[CallerScenario]) -> Iterator[Verdict]:
    """Yield what is not proven: a difference that AWS would see if there is one, else what there is."""
    doubtful: Verdict | None = None
    for scenario in scenarios:
        start = scenario.start(question.group.space)
        if not start & question.group.space.bit(question.statement):
            continue
        for region in _regions(question.statement):
            verdict = _verdict(question, scenario, region)
            if isinstance(verdict, Difference) and not verdict.doubts:
                yield verdict
                return
            doubtful = doubtful if verdict is None or isinstance(doubtful, Difference) else verdict
    if doubtful is not None:
        yield doubtful


def _regions(statement: CompiledStatement) -> list[Atom | None]:
    return [None] if statement.spares_listed else [*_by_text(statement.resources)]


def _by_text(atoms: Iterable[Atom]) -> list[Atom]:
    return sorted(atoms, key=lambda atom: atom.text)


def _verdict(question: GrantQuestion, scenario: CallerScenario, region: Atom | None) -> Verdict | None:
    """
    Return what the Allow gives on resources of *region*; None where nothing that the old side does not.

    The quick way first: any text for a resource, and one case that a usual resource of the action shows.
    """
    group = question.group
    try:
        loose = _Try(group.space, question.statement, region, _any_of(question, scenario, (ANY_TEXT,)))
        if not loose.cases(scenario, 1):
            return None
        quick = _first_difference(
            question, scenario, [loose._replace(setting=_narrow(question, scenario, {}, (ANY_TEXT,)))], most=2
        )
        if quick and not quick.doubts:
            return quick
        wide = _Try(group.space, question.statement, region, _any_of(question, scenario, group.universe.wide))
        if not wide.cases(scenario, 1):
            return None
        found = _first_difference(question, scenario, (*_real_tries(question, scenario, region), wide))
        return found or question.unknown(scenario, _REASON)
    except TooComplex as error:
        return question.unknown(scenario, str(error))


_REASON = "a combination of policy variables or values may give more, and no request that shows it was found"


class _Try(NamedTuple):
    """A search whose cases are tried as requests."""

    space: SearchSpace
    statement: CompiledStatement
    region: Atom | None
    setting: RequestSpace

    def cases(self, scenario: CallerScenario, most: int) -> list[RequestCase]:
        """Return up to *most* cases of the search."""
        start = scenario.start(self.space)
        return list(islice(search(self.space, self.statement, self.region, self.setting, start), most))


def _real_tries(question: GrantQuestion, scenario: CallerScenario, region: Atom | None) -> Iterator[_Try]:
    """Yield searches in the narrow world, then with every policy variable filled, narrow and wide."""
    group, settled = question.group, scenario.filled()
    yield _Try(group.space, question.statement, region, _narrow(question, scenario, {}, group.universe.narrow))
    if question.sides.focus.context is not None:
        return  # all variables are filled already
    options = list(islice(fillings(group.space.statements, settled), MOST_TRIED))
    for filled in options:
        yield from _filled_try(question, region, _narrow(question, scenario, filled, group.universe.narrow))
    for filled in options:
        yield from _filled_try(question, region, _any_of(question, scenario, group.universe.wide, filled))


def _narrow(
    question: GrantQuestion, scenario: CallerScenario, filled: Filled, among: tuple[Pattern, ...]
) -> RequestSpace:
    """Return the narrow world, for exactly the principal of *scenario*."""
    carried = question.group.carried
    focus = question.sides.focus
    free = focus.context is None
    return RequestSpace(
        among,
        {**scenario.filled(), **filled, **(focus.context or {})},
        may_be_present=lambda key: free and key in carried and not scenario.lacks(key),
        may_be_absent=lambda key: not (free and always_there(key)),
        several=question.group.several,
        within=_both(scenario.within(), focus.within),
        budget=question.budget,
    )


def _any_of(
    question: GrantQuestion, scenario: CallerScenario, among: tuple[Pattern, ...], filled: Filled | None = None
) -> RequestSpace:
    """Return the wide world, for all the principals that the one of *scenario* stands for."""
    focus = question.sides.focus
    free = focus.context is None
    return RequestSpace(
        among,
        {**scenario.certain(), **(filled or {}), **(focus.context or {})},
        may_be_present=lambda _key: free,
        several=question.group.several,
        within=_both(scenario.within(), focus.within),
        budget=question.budget,
    )


def _both(one: Mapping[str, ValueLimits], other: Mapping[str, ValueLimits]) -> dict[str, ValueLimits]:
    """Return the limits of both: what each leaves out is left out."""
    found = {**other, **one}
    for key in one.keys() & other.keys():
        but, outside = one[key].but | other[key].but, one[key].outside | other[key].outside
        found[key] = one[key]._replace(but=but, outside=outside)
    return found


def _filled_try(question: GrantQuestion, region: Atom | None, setting: RequestSpace) -> Iterator[_Try]:
    """Yield the search with the policy variables of both sides filled; none where the Allow then says nothing."""
    sides = question.sides
    new, old = (side.with_values(setting.filled) for side in (sides.new, sides.old))
    made = search_space(new, old, question.action.lower(), question.budget)
    for statement in made.allows_of_new:
        if statement.at == question.statement.at:
            inside = next((atom for atom in statement.resources if region and atom.text == region.text), None)
            yield _Try(made, statement, inside, setting)


def _first_difference(
    question: GrantQuestion, scenario: CallerScenario, tries: Iterable[_Try], most: int = MOST_TRIED
) -> Difference | None:
    """Return a confirmed difference, one without doubts if there is one."""
    doubtful = None
    for one in tries:
        for case in one.cases(scenario, most):
            difference = _confirmed(question, scenario, case, one)
            if difference and not difference.doubts:
                return difference
            doubtful = doubtful or difference
    return doubtful


def _confirmed(question: GrantQuestion, scenario: CallerScenario, case: RequestCase, one: _Try) -> Difference | None:
    """Return the difference that *case* shows, if the evaluator agrees."""
    context = context_of(case, one.space.statements, one.setting.filled)
    if context is None:
        return None
    doubtful = None
    for resource in resources_of(case, question.action, one.region, one.setting.filled, question.sides.focus.at):
        found = _evaluated(question, scenario, resource, context)
        if found and not found.doubts:
            return found
        doubtful = doubtful or found
    return doubtful


def _keys(space: SearchSpace) -> list[str]:
    return sorted(
        {
            spelling
            for statement in space.statements
            for key, spelling in statement.spelt.items()
            if key in statement.by_key
        }
    )


def _evaluated(question: GrantQuestion, scenario: CallerScenario, resource: str, context: object) -> Difference | None:
    sides, group = question.sides, question.group
    try:
        request = scenario.request(question.action, resource, context)
        if evaluate(request, scenario.around(sides.ask_new)).decision != "Allowed":
            return None
        before = evaluate(request, scenario.around(sides.ask_old))
    except (RequestError, LayerError):
        return None
    if before.decision == "Allowed":
        return None
    at = before.by[0] if scenario.lifted and before.by else question.statement.at
    if sides.focus.context is not None:
        return Difference(at, tuple(group.names), request, before, (), group.future, scenario)
    doubts = (*doubts_of(request, group.universe, _keys(group.space)), *scenario.doubts(request))
    return Difference(at, tuple(group.names), request, before, doubts, group.future, scenario)
