"""
Compare what two sets of policies allow: is all that the new one allows allowed by the old one?

The answer has three values. *Proven*: every request that the new one allows is allowed by the old one.
*Differences*: requests, each confirmed by the evaluator, that the new one allows and the old one does not.
*Unknowns*: what could be neither proven nor shown, with the reason; they are never taken for a proof.

What is compared: identity policies with their permissions boundary, session policies and service control
policies, of a principal that is no service-linked role; or two resource policies, or two trust policies. The
requests that are looked at are those of `rolemgr.compare.universe`. A condition key that AWS, or one of the
policies, reckons with several values of may have any set of values, any other key one; the keys are taken to
be independent of each other. All that is more than AWS would send, so that a proof holds for what it does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeAlias, TypeVar

from rolemgr.compare.actions import actions_of
from rolemgr.compare.atoms import Atom, Filled
from rolemgr.compare.budget import MOST_STEPS, Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.regions import Pattern
from rolemgr.compare.scenarios import CallerScenario, names_strangers, scenarios_of, strangers
from rolemgr.compare.search import ABSENT, Case, SearchSpace, Setting, search, search_space
from rolemgr.compare.statements import CompiledStatement, LayerStatements, Side
from rolemgr.compare.universe import ANY_TEXT, Universe, always_there, carries, kinds_of, partitions_in, universe_of
from rolemgr.compare.values import Limits
from rolemgr.compare.witness import context_of, doubts_of, fillings, resources_of
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.errors import LayerError, RequestError
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import FREE
from rolemgr.iam.documents import Effect, ResourcePolicy, ResourceStatement
from rolemgr.iam.wildcards import action_glob
from rolemgr.reference.quirks import several_values

MOST_TRIED = 12
"""How many cases are tried to be made real before they are called unknown."""


class Difference(NamedTuple):
    """
    What an Allow of the new side, at *statement*, gives that the old side does not.

    In a scenario that is *lifted*, *statement* is a Deny of the old side that the new one does not have.
    *request* is one of them, for the first of *actions*; *before* is the old side's decision on it. *doubts*
    say why AWS may never see such a request; *future* says that the actions are none of today's reference.
    *scenario* is who asks, and what was around the policies.
    """

    statement: StatementRef
    actions: tuple[str, ...]
    request: Request
    before: Evaluation
    doubts: tuple[str, ...] = ()
    future: bool = False
    scenario: CallerScenario = CallerScenario()


class Unknown(NamedTuple):
    """What could not be told about *actions* that the Allow at *statement* speaks of, and the reason."""

    statement: StatementRef | None
    actions: tuple[str, ...]
    reason: str


class Comparison(NamedTuple):
    """What the new side allows that the old one does not; *actions* is how many were compared."""

    differences: tuple[Difference, ...]
    unknowns: tuple[Unknown, ...]
    actions: int

    @property
    def proven(self) -> bool:
        """Whether every request that the new side allows is allowed by the old side."""
        return not self.differences and not self.unknowns


Verdict: TypeAlias = Difference | Unknown
V = TypeVar("V", Difference, Unknown)


@dataclass(frozen=True)
class Focus:
    """
    Which requests to compare by: all of them, or a part.

    *actions* are patterns of those to look at. With a *context* a request has those keys (in lower case) and no
    others. *strangers* asks as somebody whom the policies do not name alone, with keys *within* limits. With
    *grants_only* a resource policy is asked for what it gives by itself, and not for what it no longer denies
    to those whom identity policies of the same account allow it.
    """

    actions: tuple[str, ...] = ()
    context: Filled | None = None
    strangers: bool = False
    grants_only: bool = False
    within: Mapping[str, Limits] = field(default_factory=dict)

    def takes(self, action: str) -> bool:
        """Tell whether *action* is one to look at."""
        return not self.actions or any(action_glob(pattern)(action.lower()) for pattern in self.actions)


_ALL = Focus()


def compare(
    new: Policies, old: Policies, focus: Focus = _ALL, *, steps: int = MOST_STEPS, within: Budget | None = None
) -> Comparison:
    """
    Return what *new* allows that *old* does not, of the requests in *focus*.

    Both are identity policies with what bounds them, or both have a *resource* policy, which is then
    compared alone. What takes more than *steps* to tell, or than several comparisons *within* one budget have
    left, is unknown.

    Raises PolicyError for a policy that IAM would not accept, LayerError for what only AWS
    could evaluate.
    """
    if (new.resource is None) is not (old.resource is None):
        raise LayerError(None, "a resource policy can't be compared with identity policies")
    merged = _Merged()
    sides = _settled(_Sides(Side(new), Side(old), focus, new, old, Budget(steps, within)))
    problem = names_strangers(sides.statements)
    if problem and not _same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    scenarios = scenarios_of(sides.new, sides.old)
    count = _add(merged, sides, strangers(scenarios) if focus.strangers else scenarios)
    if isinstance(new.resource, ResourcePolicy) and isinstance(old.resource, ResourcePolicy):
        lifted = _lifted(new.resource, old.resource, sides)
        if lifted and not (focus.grants_only or focus.strangers):
            _add(merged, lifted, scenarios_of(lifted.new, lifted.old, lifted=True))
    return Comparison(merged.of(Difference), merged.of(Unknown), count)


def _settled(sides: "_Sides") -> "_Sides":
    """Return *sides* with their policy variables filled, where the context of every request is known."""
    context = sides.focus.context
    if context is None:
        return sides
    filled = {key: context.get(key, ABSENT) for statement in sides.statements for key in statement.variables}
    return sides._replace(new=sides.new.with_values(filled), old=sides.old.with_values(filled))


def _lifted(new: ResourcePolicy, old: ResourcePolicy, sides: "_Sides") -> "_Sides | None":
    """
    Return the Denies of both beside Allows of all that the old ones deny; None where the old one denies nothing.

    Keys of KMS are left out: their policy must allow, whatever identity policies say.
    """
    denies = [one for one in old.statement if one.effect is Effect.DENY]
    allows = [_opened(one) for one in denies]
    if not allows:
        return None
    kept = [one for one in new.statement if one.effect is Effect.DENY]
    return sides._replace(new=_denying(new, kept, allows), old=_denying(old, denies, allows))


def _opened(deny: ResourceStatement) -> ResourceStatement:
    return ResourceStatement(
        effect=Effect.ALLOW, action=deny.action, not_action=deny.not_action, resource=("*",), principal="*"
    )


def _denying(whole: ResourcePolicy, denies: Sequence[ResourceStatement], allows: Sequence[ResourceStatement]) -> Side:
    """Return the *denies* of *whole*, beside *allows*."""
    return Side(Policies(resource=ResourcePolicy(version=whole.version, statement=(*denies, *allows))))


def _add(merged: "_Merged", sides: "_Sides", scenarios: Sequence[CallerScenario]) -> int:
    """Compare *sides* in *scenarios*, add what is not proven to *merged*, and return how many actions were asked."""
    groups, problem, count = _groups(sides)
    if problem and not _same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    for group in groups:
        for statement in group.space.allows_of_new:
            if not covered(group.space, statement):
                for verdict in _verdicts(_Question(sides, group, statement, sides.budget.part()), scenarios):
                    merged.add(verdict)
        for unknown in () if sides.focus.strangers else _by_ids(group):
            merged.add(unknown)
    return count


def _by_ids(group: "_Group") -> Iterator[Unknown]:
    """
    Yield what is said of principals by their unique or canonical ids, and not by the other side too.

    Whose they are is known to AWS only, so no request that shows it can be made.
    """
    names = tuple(group.names)
    for statement in group.space.allows_of_new:
        if statement.ids and not _allows_ids(group.space, statement):
            yield Unknown(statement.at, names, f"only AWS knows whose id {_listed(statement.ids)} is")
    kept = {deny.shape for deny in group.space.denies_of_new}
    for deny in group.space.denies_of_old:
        if deny.ids and deny.shape not in kept:
            yield Unknown(None, names, f"only AWS knows whose id {_listed(deny.ids)} is, which is no longer denied")


def _listed(ids: Iterable[str]) -> str:
    return " or ".join(f"`{one}`" for one in sorted(ids))


def _allows_ids(space: SearchSpace, statement: CompiledStatement) -> bool:
    """Tell whether the old side allows the ids of *statement* at least as much, statement for statement."""
    if not {deny.shape for deny in space.denies_of_old} <= {deny.shape for deny in space.denies_of_new}:
        return False
    olds = [one for allows in space.allows(space.old) for one in allows]
    return all(
        any(one.principals and (one.principals.everyone or text in one.ids) and _says(one, statement) for one in olds)
        for text in statement.ids
    )


class _Merged:
    """Verdicts, those that differ in their actions alone made one."""

    def __init__(self) -> None:
        self._first: dict[object, Verdict] = {}
        self._actions: dict[object, dict[str, None]] = {}

    def add(self, verdict: Verdict) -> None:
        key: object = (verdict.statement, getattr(verdict, "reason", None))
        if isinstance(verdict, Difference):
            key = (verdict.statement, verdict.doubts, verdict.future, verdict.before.decision, verdict.scenario.note)
        self._first.setdefault(key, verdict)
        self._actions.setdefault(key, {}).update(dict.fromkeys(verdict.actions))

    def of(self, kind: type[V]) -> tuple[V, ...]:
        """Return the verdicts of *kind*."""
        found = ((key, one) for key, one in self._first.items() if isinstance(one, kind))
        return tuple(one._replace(actions=tuple(self._actions[key])) for key, one in found)


class _Sides(NamedTuple):
    new: Side
    old: Side
    focus: Focus
    ask_new: Policies
    ask_old: Policies
    """Whom the evaluator asks: the policies as they were given."""

    budget: Budget

    @property
    def statements(self) -> tuple[CompiledStatement, ...]:
        return (*self.new.statements, *self.old.statements)


@dataclass(frozen=True, eq=False)
class _Group:
    """Actions that the same statements speak of, on the same resources, with the same keys."""

    names: list[str]
    universe: Universe
    carried: frozenset[str]
    several: frozenset[str]
    """The keys of which its requests may carry several values, as each of several fields has one."""
    future: bool
    space: SearchSpace


def _groups(sides: _Sides) -> tuple[list[_Group], str, int]:
    """Return the actions of the new side by what is to be asked, a problem with future ones, and how many they are."""
    allowing = [statement for statement in sides.new.groups[0].statements if statement.effect is Effect.ALLOW]
    listed = actions_of(allowing, sides.statements)
    partitions = partitions_in(atom.text for statement in sides.statements for atom in statement.resources)
    keys = sorted({key for statement in sides.statements for key in statement.by_key})
    spaces: dict[int, SearchSpace] = {}
    groups: dict[object, _Group] = {}
    actions = [action for action in listed.actions if sides.focus.takes(action.name)]
    taking = _taking(sides.statements)
    cost = 1 + (len(sides.statements) + len(keys)) // 8
    problem = listed.problem
    for place, action in enumerate(actions):
        try:
            sides.budget.spend(cost)
        except TooComplex as error:
            problem = f"{len(actions) - place} actions are not compared: {error}"
            break
        folded = action.name.lower()
        mask = taking(folded)
        if mask not in spaces:
            spaces[mask] = search_space(sides.new, sides.old, folded)
        if folded in FREE or all(covered(spaces[mask], statement) for statement in spaces[mask].allows_of_new):
            continue
        kinds = kinds_of(action.name)
        carried = frozenset(key for key in keys if carries(action.name, key))
        several = carried & several_values(action.name)
        group = groups.get((mask, kinds, carried, several, action.future))
        if group is None:
            group = _Group([], universe_of(kinds, partitions), carried, several, action.future, spaces[mask])
            groups[mask, kinds, carried, several, action.future] = group
        group.names.append(action.name)
    return list(groups.values()), problem, len(actions)


def _taking(statements: Sequence[CompiledStatement]) -> Callable[[str], int]:
    """Return the function that tells which of *statements* speak of a lower-case action, those of a service at once."""
    by_service: dict[str, tuple[int, list[tuple[int, CompiledStatement]]]] = {}
    bits = [(1 << place, statement) for place, statement in enumerate(statements)]

    def taking(folded: str) -> int:
        service = folded.partition(":")[0]
        if service not in by_service:
            told = [(bit, statement, statement.takes.all_of(service)) for bit, statement in bits]
            sure = sum(bit for bit, _, answer in told if answer)
            by_service[service] = sure, [(bit, statement) for bit, statement, answer in told if answer is None]
        sure, others = by_service[service]
        return sure | sum(bit for bit, statement in others if statement.takes.take(folded))

    return taking


def covered(space: SearchSpace, statement: CompiledStatement) -> bool:
    """
    Tell whether the old side says at least what the new Allow *statement* does, statement for statement.

    It does where the new side has all of its Denies, and each of its layers an Allow like *statement*, or all the
    Allows of a layer of the new side. That is the common case, and needs no search.
    """
    if not {deny.shape for deny in space.denies_of_old} <= {deny.shape for deny in space.denies_of_new}:
        return False
    news = space.allows(space.new)[1:]
    alike = space.shapes_of_old
    return all(
        statement.shape in shapes
        or _within(statement, old)
        or any(all(_within(one, old) for one in new) for new in news)
        for old, shapes in zip(space.allows(space.old), alike, strict=True)
    )


def _within(statement: CompiledStatement, olds: Sequence[CompiledStatement]) -> bool:
    """Tell whether one of *olds* says at least what *statement* does: as many resources or all, no other condition."""
    return any(one.principals == statement.principals and _says(one, statement) for one in olds)


def _says(one: CompiledStatement, statement: CompiledStatement) -> bool:
    """Tell whether *one* is about as many resources as *statement* or all, under no other condition."""
    everywhere = one.everywhere or (one.spares_listed is statement.spares_listed and _as_many(one, statement))
    return one.conditions <= statement.conditions and everywhere


def _as_many(one: CompiledStatement, statement: CompiledStatement) -> bool:
    return one.resources <= statement.resources if statement.spares_listed else one.resources >= statement.resources


def _same_words(new: Side, old: Side) -> bool:
    """Tell whether both sides have the same statements in each layer: then no action tells them apart."""
    return [_wording(group) for group in new.groups] == [_wording(group) for group in old.groups]


def _wording(group: LayerStatements) -> tuple[object, ...]:
    statement = frozenset(
        (one.shape, one.takes.listed, frozenset(map(str.lower, one.actions))) for one in group.statements
    )
    return group.layer, group.level, statement


class _Question(NamedTuple):
    """What one Allow of the new side gives for one group of actions."""

    sides: _Sides
    group: _Group
    statement: CompiledStatement
    budget: Budget

    @property
    def action(self) -> str:
        return self.group.names[0]

    def unknown(self, scenario: CallerScenario, reason: str) -> Unknown:
        return Unknown(None if scenario.lifted else self.statement.at, tuple(self.group.names), reason)


def _verdicts(question: _Question, scenarios: Sequence[CallerScenario]) -> Iterator[Verdict]:
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
    return [None] if statement.spares_listed else [*_sorted(statement.resources)]


def _sorted(atoms: Iterable[Atom]) -> list[Atom]:
    return sorted(atoms, key=lambda atom: atom.text)


def _verdict(question: _Question, scenario: CallerScenario, region: Atom | None) -> Verdict | None:
    """
    Return what the Allow gives on resources of *region*; None where nothing that the old side does not.

    The quick way first: any text for a resource, and one case that a usual resource of the action shows.
    """
    group = question.group
    try:
        loose = _Try(group.space, question.statement, region, _any_of(question, scenario, (ANY_TEXT,)))
        if not loose.cases(scenario, 1):
            return None
        quick = _shown(
            question, scenario, [loose._replace(setting=_narrow(question, scenario, {}, (ANY_TEXT,)))], most=2
        )
        if quick and not quick.doubts:
            return quick
        wide = _Try(group.space, question.statement, region, _any_of(question, scenario, group.universe.wide))
        if not wide.cases(scenario, 1):
            return None
        return _shown(question, scenario, (*_real_tries(question, scenario, region), wide)) or question.unknown(
            scenario, _REASON
        )
    except TooComplex as error:
        return question.unknown(scenario, str(error))


_REASON = "a combination of policy variables or values may give more, and no request that shows it was found"


class _Try(NamedTuple):
    """A search whose cases are tried as requests."""

    space: SearchSpace
    statement: CompiledStatement
    region: Atom | None
    setting: Setting

    def cases(self, scenario: CallerScenario, most: int) -> list[Case]:
        """Return up to *most* cases of the search."""
        start = scenario.start(self.space)
        return list(islice(search(self.space, self.statement, self.region, self.setting, start), most))


def _real_tries(question: _Question, scenario: CallerScenario, region: Atom | None) -> Iterator[_Try]:
    """Yield searches in the narrow world, then with every policy variable filled, narrow and wide."""
    group, settled = question.group, scenario.filled()
    yield _Try(group.space, question.statement, region, _narrow(question, scenario, {}, group.universe.narrow))
    if question.sides.focus.context is not None:
        return  # all variables are filled already
    options = list(islice(fillings(group.space.statements, settled), MOST_TRIED))
    for filled in options:
        yield _filled_try(question, region, _narrow(question, scenario, filled, group.universe.narrow))
    for filled in options:
        yield _filled_try(question, region, _any_of(question, scenario, group.universe.wide, filled))


def _narrow(question: _Question, scenario: CallerScenario, filled: Filled, among: tuple[Pattern, ...]) -> Setting:
    """Return the narrow world, for exactly the principal of *scenario*."""
    carried = question.group.carried
    focus = question.sides.focus
    free = focus.context is None
    return Setting(
        among,
        {**scenario.filled(), **filled, **(focus.context or {})},
        may_be_present=lambda key: free and key in carried and not scenario.lacks(key),
        may_be_absent=lambda key: not (free and always_there(key)),
        several=question.group.several,
        within=_both(scenario.within(), focus.within),
        budget=question.budget,
    )


def _any_of(
    question: _Question, scenario: CallerScenario, among: tuple[Pattern, ...], filled: Filled | None = None
) -> Setting:
    """Return the wide world, for all the principals that the one of *scenario* stands for."""
    focus = question.sides.focus
    free = focus.context is None
    return Setting(
        among,
        {**scenario.certain(), **(filled or {}), **(focus.context or {})},
        may_be_present=lambda _key: free,
        several=question.group.several,
        within=_both(scenario.within(), focus.within),
        budget=question.budget,
    )


def _both(one: Mapping[str, Limits], other: Mapping[str, Limits]) -> dict[str, Limits]:
    """Return the limits of both: what each leaves out is left out."""
    found = {**other, **one}
    for key in one.keys() & other.keys():
        but, outside = one[key].but | other[key].but, one[key].outside | other[key].outside
        found[key] = one[key]._replace(but=but, outside=outside)
    return found


def _filled_try(question: _Question, region: Atom | None, setting: Setting) -> _Try:
    """Return the search with the policy variables of both sides filled."""
    sides = question.sides
    new, old = (side.with_values(setting.filled) for side in (sides.new, sides.old))
    made = search_space(new, old, question.action.lower())
    statement = next(one for one in made.allows_of_new if one.at == question.statement.at)
    inside = next((atom for atom in statement.resources if region and atom.text == region.text), None)
    return _Try(made, statement, inside, setting)


def _shown(
    question: _Question, scenario: CallerScenario, tries: Iterable[_Try], most: int = MOST_TRIED
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


def _confirmed(question: _Question, scenario: CallerScenario, case: Case, one: _Try) -> Difference | None:
    """Return the difference that *case* shows, if the evaluator agrees."""
    context = context_of(case, one.space.statements, one.setting.filled)
    if context is None:
        return None
    doubtful = None
    for resource in resources_of(case, question.action, one.region, one.setting.filled):
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


def _evaluated(question: _Question, scenario: CallerScenario, resource: str, context: object) -> Difference | None:
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
