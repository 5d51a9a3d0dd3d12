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
from rolemgr.compare.scenes import Scene, names_strangers, names_unknown, scenes_of, strangers
from rolemgr.compare.search import ABSENT, Arena, Case, Setting, arena, search
from rolemgr.compare.statements import Said, Side, Voices
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

    In a scene that is *lifted*, *statement* is a Deny of the old side that the new one does not have.
    *request* is one of them, for the first of *actions*; *before* is the old side's decision on it. *doubts*
    say why AWS may never see such a request; *future* says that the actions are none of today's reference.
    *scene* is who asks, and what was around the policies.
    """

    statement: StatementRef
    actions: tuple[str, ...]
    request: Request
    before: Evaluation
    doubts: tuple[str, ...] = ()
    future: bool = False
    scene: Scene = Scene()


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
    problem = names_strangers(sides.statements) or ("" if focus.strangers else names_unknown(sides.statements))
    if problem and not _same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    scenes = scenes_of(sides.new, sides.old)
    count = _add(merged, sides, strangers(scenes) if focus.strangers else scenes)
    if isinstance(new.resource, ResourcePolicy) and isinstance(old.resource, ResourcePolicy):
        lifted = _lifted(new.resource, old.resource, sides)
        if lifted and not (focus.grants_only or focus.strangers):
            _add(merged, lifted, scenes_of(lifted.new, lifted.old, lifted=True))
    return Comparison(merged.of(Difference), merged.of(Unknown), count)


def _settled(sides: "_Sides") -> "_Sides":
    """Return *sides* with their policy variables filled, where the context of every request is known."""
    context = sides.focus.context
    if context is None:
        return sides
    filled = {key: context.get(key, ABSENT) for said in sides.statements for key in said.variables}
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


def _add(merged: "_Merged", sides: "_Sides", scenes: Sequence[Scene]) -> int:
    """Compare *sides* in *scenes*, add what is not proven to *merged*, and return how many actions were asked."""
    groups, problem, count = _groups(sides)
    if problem and not _same_words(sides.new, sides.old):
        merged.add(Unknown(None, (), problem))
    for group in groups:
        for said in group.arena.allows_of_new:
            if not covered(group.arena, said):
                for verdict in _verdicts(_Question(sides, group, said, sides.budget.part()), scenes):
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
    for said in group.arena.allows_of_new:
        if said.ids and not _allows_ids(group.arena, said):
            yield Unknown(said.at, names, f"only AWS knows whose id {_listed(said.ids)} is")
    kept = {deny.shape for deny in group.arena.denies_of_new}
    for deny in group.arena.denies_of_old:
        if deny.ids and deny.shape not in kept:
            yield Unknown(None, names, f"only AWS knows whose id {_listed(deny.ids)} is, which is no longer denied")


def _listed(ids: Iterable[str]) -> str:
    return " or ".join(f"`{one}`" for one in sorted(ids))


def _allows_ids(arena: Arena, said: Said) -> bool:
    """Tell whether the old side allows the ids of *said* at least as much, statement for statement."""
    if not {deny.shape for deny in arena.denies_of_old} <= {deny.shape for deny in arena.denies_of_new}:
        return False
    olds = [one for allows in arena.allows(arena.old) for one in allows]
    return all(
        any(one.principals and (one.principals.everyone or text in one.ids) and _says(one, said) for one in olds)
        for text in said.ids
    )


class _Merged:
    """Verdicts, those that differ in their actions alone made one."""

    def __init__(self) -> None:
        self._first: dict[object, Verdict] = {}
        self._actions: dict[object, dict[str, None]] = {}

    def add(self, verdict: Verdict) -> None:
        key: object = (verdict.statement, getattr(verdict, "reason", None))
        if isinstance(verdict, Difference):
            key = (verdict.statement, verdict.doubts, verdict.future, verdict.before.decision, verdict.scene.note)
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
    def statements(self) -> tuple[Said, ...]:
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
    arena: Arena


def _groups(sides: _Sides) -> tuple[list[_Group], str, int]:
    """Return the actions of the new side by what is to be asked, a problem with future ones, and how many they are."""
    allowing = [said for said in sides.new.groups[0].statements if said.effect is Effect.ALLOW]
    listed = actions_of(allowing, sides.statements)
    partitions = partitions_in(atom.written for said in sides.statements for atom in said.resources)
    keys = sorted({key for said in sides.statements for key in said.by_key})
    arenas: dict[int, Arena] = {}
    groups: dict[object, _Group] = {}
    asked = [action for action in listed.actions if sides.focus.takes(action.name)]
    taking = _taking(sides.statements)
    cost = 1 + (len(sides.statements) + len(keys)) // 8
    problem = listed.problem
    for place, action in enumerate(asked):
        try:
            sides.budget.spend(cost)
        except TooComplex as error:
            problem = f"{len(asked) - place} actions are not compared: {error}"
            break
        folded = action.name.lower()
        sign = taking(folded)
        if sign not in arenas:
            arenas[sign] = arena(sides.new, sides.old, folded)
        if folded in FREE or all(covered(arenas[sign], said) for said in arenas[sign].allows_of_new):
            continue
        kinds = kinds_of(action.name)
        carried = frozenset(key for key in keys if carries(action.name, key))
        several = carried & several_values(action.name)
        group = groups.get((sign, kinds, carried, several, action.future))
        if group is None:
            group = _Group([], universe_of(kinds, partitions), carried, several, action.future, arenas[sign])
            groups[sign, kinds, carried, several, action.future] = group
        group.names.append(action.name)
    return list(groups.values()), problem, len(asked)


def _taking(statements: Sequence[Said]) -> Callable[[str], int]:
    """Return the function that tells which of *statements* speak of a lower-case action, those of a service at once."""
    by_service: dict[str, tuple[int, list[tuple[int, Said]]]] = {}
    bits = [(1 << place, said) for place, said in enumerate(statements)]

    def taking(folded: str) -> int:
        service = folded.partition(":")[0]
        if service not in by_service:
            told = [(bit, said, said.takes.all_of(service)) for bit, said in bits]
            sure = sum(bit for bit, _, answer in told if answer)
            by_service[service] = sure, [(bit, said) for bit, said, answer in told if answer is None]
        sure, others = by_service[service]
        return sure | sum(bit for bit, said in others if said.takes.take(folded))

    return taking


def covered(arena: Arena, said: Said) -> bool:
    """
    Tell whether the old side says at least what the new Allow *said* does, statement for statement.

    It does where the new side has all of its Denies, and each of its layers an Allow like *said*, or all the
    Allows of a layer of the new side. That is the common case, and needs no search.
    """
    if not {deny.shape for deny in arena.denies_of_old} <= {deny.shape for deny in arena.denies_of_new}:
        return False
    news = arena.allows(arena.new)[1:]
    alike = arena.shapes_of_old
    return all(
        said.shape in shapes or _within(said, old) or any(all(_within(one, old) for one in new) for new in news)
        for old, shapes in zip(arena.allows(arena.old), alike, strict=True)
    )


def _within(said: Said, olds: Sequence[Said]) -> bool:
    """Tell whether one of *olds* says at least what *said* does: as many resources or all, no other condition."""
    return any(one.principals == said.principals and _says(one, said) for one in olds)


def _says(one: Said, said: Said) -> bool:
    """Tell whether *one* is about as many resources as *said* or all, under no other condition."""
    everywhere = one.everywhere or (one.spares_listed is said.spares_listed and _as_many(one, said))
    return one.conditions <= said.conditions and everywhere


def _as_many(one: Said, said: Said) -> bool:
    return one.resources <= said.resources if said.spares_listed else one.resources >= said.resources


def _same_words(new: Side, old: Side) -> bool:
    """Tell whether both sides have the same statements in each layer: then no action tells them apart."""
    return [_words(group) for group in new.groups] == [_words(group) for group in old.groups]


def _words(group: Voices) -> tuple[object, ...]:
    said = frozenset((one.shape, one.takes.listed, frozenset(map(str.lower, one.actions))) for one in group.statements)
    return group.layer, group.level, said


class _Question(NamedTuple):
    """What one Allow of the new side gives for one group of actions."""

    sides: _Sides
    group: _Group
    said: Said
    budget: Budget

    @property
    def action(self) -> str:
        return self.group.names[0]

    def unknown(self, scene: Scene, reason: str) -> Unknown:
        return Unknown(None if scene.lifted else self.said.at, tuple(self.group.names), reason)


def _verdicts(question: _Question, scenes: Sequence[Scene]) -> Iterator[Verdict]:
    """Yield what is not proven: a difference that AWS would see if there is one, else what there is."""
    doubtful: Verdict | None = None
    for scene in scenes:
        start = scene.start(question.group.arena)
        if not start & question.group.arena.bit(question.said):
            continue
        for region in _regions(question.said):
            verdict = _verdict(question, scene, region)
            if isinstance(verdict, Difference) and not verdict.doubts:
                yield verdict
                return
            doubtful = doubtful if verdict is None or isinstance(doubtful, Difference) else verdict
    if doubtful is not None:
        yield doubtful


def _regions(said: Said) -> list[Atom | None]:
    return [None] if said.spares_listed else [*_sorted(said.resources)]


def _sorted(atoms: Iterable[Atom]) -> list[Atom]:
    return sorted(atoms, key=lambda atom: atom.written)


def _verdict(question: _Question, scene: Scene, region: Atom | None) -> Verdict | None:
    """
    Return what the Allow gives on resources of *region*; None where nothing that the old side does not.

    The quick way first: any text for a resource, and one case that a usual resource of the action shows.
    """
    group = question.group
    try:
        loose = _Try(group.arena, question.said, region, _any_of(question, scene, (ANY_TEXT,)))
        if not loose.cases(scene, 1):
            return None
        quick = _shown(question, scene, [loose._replace(setting=_narrow(question, scene, {}, (ANY_TEXT,)))], most=2)
        if quick and not quick.doubts:
            return quick
        wide = _Try(group.arena, question.said, region, _any_of(question, scene, group.universe.wide))
        if not wide.cases(scene, 1):
            return None
        return _shown(question, scene, (*_real_tries(question, scene, region), wide)) or question.unknown(
            scene, _REASON
        )
    except TooComplex as error:
        return question.unknown(scene, str(error))


_REASON = "a combination of policy variables or values may give more, and no request that shows it was found"


class _Try(NamedTuple):
    """A search whose cases are tried as requests."""

    arena: Arena
    said: Said
    region: Atom | None
    setting: Setting

    def cases(self, scene: Scene, most: int) -> list[Case]:
        """Return up to *most* cases of the search."""
        start = scene.start(self.arena)
        return list(islice(search(self.arena, self.said, self.region, self.setting, start), most))


def _real_tries(question: _Question, scene: Scene, region: Atom | None) -> Iterator[_Try]:
    """Yield searches in the narrow world, then with every policy variable filled, narrow and wide."""
    group, settled = question.group, scene.filled()
    yield _Try(group.arena, question.said, region, _narrow(question, scene, {}, group.universe.narrow))
    if question.sides.focus.context is not None:
        return  # all variables are filled already
    options = list(islice(fillings(group.arena.statements, settled), MOST_TRIED))
    for filled in options:
        yield _filled_try(question, region, _narrow(question, scene, filled, group.universe.narrow))
    for filled in options:
        yield _filled_try(question, region, _any_of(question, scene, group.universe.wide, filled))


def _narrow(question: _Question, scene: Scene, filled: Filled, among: tuple[Pattern, ...]) -> Setting:
    """Return the narrow world, for exactly the principal of *scene*."""
    carried = question.group.carried
    focus = question.sides.focus
    free = focus.context is None
    return Setting(
        among,
        {**scene.filled(), **filled, **(focus.context or {})},
        may_be_present=lambda key: free and key in carried and not scene.lacks(key),
        may_be_absent=lambda key: not (free and always_there(key)),
        several=question.group.several,
        within=_both(scene.within(), focus.within),
        budget=question.budget,
    )


def _any_of(question: _Question, scene: Scene, among: tuple[Pattern, ...], filled: Filled | None = None) -> Setting:
    """Return the wide world, for all the principals that the one of *scene* stands for."""
    focus = question.sides.focus
    free = focus.context is None
    return Setting(
        among,
        {**scene.certain(), **(filled or {}), **(focus.context or {})},
        may_be_present=lambda _key: free,
        several=question.group.several,
        within=_both(scene.within(), focus.within),
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
    made = arena(new, old, question.action.lower())
    said = next(one for one in made.allows_of_new if one.at == question.said.at)
    inside = next((atom for atom in said.resources if region and atom.written == region.written), None)
    return _Try(made, said, inside, setting)


def _shown(question: _Question, scene: Scene, tries: Iterable[_Try], most: int = MOST_TRIED) -> Difference | None:
    """Return a confirmed difference, one without doubts if there is one."""
    doubtful = None
    for one in tries:
        for case in one.cases(scene, most):
            difference = _confirmed(question, scene, case, one)
            if difference and not difference.doubts:
                return difference
            doubtful = doubtful or difference
    return doubtful


def _confirmed(question: _Question, scene: Scene, case: Case, one: _Try) -> Difference | None:
    """Return the difference that *case* shows, if the evaluator agrees."""
    context = context_of(case, one.arena.statements, one.setting.filled)
    if context is None:
        return None
    doubtful = None
    for resource in resources_of(case, question.action, one.region, one.setting.filled):
        found = _asked(question, scene, resource, context)
        if found and not found.doubts:
            return found
        doubtful = doubtful or found
    return doubtful


def _keys(arena: Arena) -> list[str]:
    return sorted({written for said in arena.statements for key, written in said.spelt.items() if key in said.by_key})


def _asked(question: _Question, scene: Scene, resource: str, context: object) -> Difference | None:
    sides, group = question.sides, question.group
    try:
        request = scene.request(question.action, resource, context)
        if evaluate(request, scene.around(sides.ask_new)).decision != "Allowed":
            return None
        before = evaluate(request, scene.around(sides.ask_old))
    except (RequestError, LayerError):
        return None
    if before.decision == "Allowed":
        return None
    at = before.by[0] if scene.lifted and before.by else question.said.at
    if sides.focus.context is not None:
        return Difference(at, tuple(group.names), request, before, (), group.future, scene)
    doubts = (*doubts_of(request, group.universe, _keys(group.arena)), *scene.doubts(request))
    return Difference(at, tuple(group.names), request, before, doubts, group.future, scene)
