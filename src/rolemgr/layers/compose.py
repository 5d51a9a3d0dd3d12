"""All that was asked for of one kind of organization policy, composed: patterns, guardrails, and what guards them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.errors import InputError, SourceLocation, gathering, raise_all
from rolemgr.layers.ends import with_ends
from rolemgr.layers.exemptions import Exemptions, lets_go, stopped_stack_sets
from rolemgr.layers.guardrails import GuardrailDenies, GuardrailSetting, guardrail_denies, used_guardrail
from rolemgr.layers.statements import pattern_denies, protected_by
from rolemgr.layers.values import GivenValue, doubts_on, unknown, values_of
from rolemgr.model.layer import ComposedLayer, LayerDeny, LayerPart, ProtectedResources
from rolemgr.model.layer_pattern import LayerKind, LayerPattern
from rolemgr.model.role import GuardrailInForce, LeftOpen
from rolemgr.model.source import Sourced
from rolemgr.reference.organizations import not_bound

_SID_LENGTH = 64


@dataclass(frozen=True)
class LayerChoice:
    """What somebody chose for the policies of one *kind*."""

    kind: LayerKind
    patterns: tuple[str, ...] = ()
    guardrails: tuple[ChosenGuardrail, ...] = ()
    given: Mapping[str, GivenValue] = field(default_factory=dict)
    """Values by parameter; ``pattern.parameter`` is for one pattern alone."""
    exemptions: Exemptions = field(default_factory=Exemptions)
    setting: GuardrailSetting = field(default_factory=GuardrailSetting)


def compose_layer(catalog: Catalog, choice: LayerChoice) -> ComposedLayer:
    """
    Return the Denies that *choice* asks for, the ones that guard them included.

    Raises InputError (or Problems) for a pattern that nothing defines or that can't be, and for values that do
    not fit.
    """
    names = _all_patterns(catalog, choice)
    raise_all([*_guardrails_as_patterns(catalog, choice)])
    patterns = {name: catalog.layer_pattern(choice.kind, name, SourceLocation("command line")) for name in names}
    _refuse(patterns)
    _check_given(choice, patterns)
    made = list(_patterns(catalog, choice, patterns)) + [
        _Made.of(guardrail_denies(one, choice.setting, choice.exemptions.arns)) for one in choice.guardrails
    ]
    parts = tuple(_sids_once(with_ends(one, choice.exemptions) for one in _each_once(one.part for one in made)))
    if not parts:
        raise InputError(None, "nothing is denied", "name a pattern (`rolemgr list scps`) or a --guardrail")
    bypassed = {name: left for one in made for name, left in one.bypassed}
    absent = {name: left for one in made for name, left in one.absent}
    notes = [*choice.exemptions.notes, *_notes(choice, patterns, parts), *(note for one in made for note in one.notes)]
    return ComposedLayer(
        choice.kind,
        parts,
        choice.exemptions.arns,
        tuple(dict.fromkeys(notes)),
        tuple(bypassed.items()),
        tuple(absent.items()),
        tuple(one for each in made for one in each.guardrails),
        tuple(one for each in made for one in each.protects),
    )


@dataclass(frozen=True)
class _Made:
    part: LayerPart
    bypassed: tuple[tuple[str, tuple[LeftOpen, ...]], ...] = ()
    absent: tuple[tuple[str, tuple[LeftOpen, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    guardrails: tuple[GuardrailInForce, ...] = ()
    protects: tuple[ProtectedResources, ...] = ()

    @classmethod
    def of(cls, found: GuardrailDenies) -> "_Made":
        part = LayerPart(found.name, found.title, found.denies)
        bypassed, absent = _named(found.name, found.bypassed), _named(found.name, found.absent)
        return cls(part, bypassed, absent, guardrails=_whole([found]))


def _whole(used: Iterable[GuardrailDenies]) -> tuple[GuardrailInForce, ...]:
    """Return the guardrails of which all Denies are there."""
    return tuple(one.in_force for one in used if one.in_force)


def _named(name: str, left: tuple[LeftOpen, ...]) -> tuple[tuple[str, tuple[LeftOpen, ...]], ...]:
    return ((name, left),) if left else ()


def _all_patterns(catalog: Catalog, choice: LayerChoice) -> list[str]:
    """Return the chosen patterns, each once, and those that guard every policy of the kind before them."""
    found = catalog.found("scps" if choice.kind is LayerKind.SCP else "rcps")
    always = [name for name in found if catalog.layer_pattern(choice.kind, name).value.always]
    if not choice.patterns and not choice.guardrails:
        raise InputError(None, "no pattern and no guardrail is chosen", f"see `rolemgr list {choice.kind}s`")
    return list(dict.fromkeys((*always, *choice.patterns)))


def _guardrails_as_patterns(catalog: Catalog, choice: LayerChoice) -> Iterator[InputError]:
    """Yield the chosen patterns that are guardrails: those go into a policy by an option of their own."""
    known = catalog.found("scps" if choice.kind is LayerKind.SCP else "rcps")
    for text in choice.patterns:
        name, _, value = text.partition("=")
        if text not in known and name in catalog.found("guardrails"):
            given = f"{name}={value}" if value else name if name == text else text
            hint = f"give --guardrail {given}" if choice.kind is LayerKind.SCP else "an SCP takes it: `rolemgr scp`"
            yield InputError(SourceLocation("command line"), f"`{name}` is a guardrail, and no {choice.kind}", hint)


def _refuse(patterns: Mapping[str, Sourced[LayerPattern]]) -> None:
    """Raise InputError for what people ask for and no policy can be."""
    wrong = [
        InputError(pattern.at("refused"), f"`{name}` can't be: {pattern.value.refused}", pattern.value.instead)
        for name, pattern in patterns.items()
        if pattern.value.refused
    ]
    raise_all(wrong)


def _check_given(choice: LayerChoice, patterns: Mapping[str, Sourced[LayerPattern]]) -> None:
    known = {name: tuple(pattern.value.parameters) for name, pattern in patterns.items()}
    names = {one for parameters in known.values() for one in parameters}
    names |= {f"{name}.{one}" for name, parameters in known.items() for one in parameters}
    raise_all([unknown(name, one.where, known) for name, one in choice.given.items() if name not in names])


def _patterns(catalog: Catalog, choice: LayerChoice, patterns: Mapping[str, Sourced[LayerPattern]]) -> Iterator[_Made]:
    problems: list[InputError] = []
    found: list[_Made] = []
    for name, pattern in patterns.items():
        with gathering(problems):
            found.append(_pattern(catalog, choice, name, pattern))
    raise_all(problems)
    yield from found


def _pattern(catalog: Catalog, choice: LayerChoice, name: str, pattern: Sourced[LayerPattern]) -> _Made:
    """Return what one pattern gives: the Denies of the guardrails that it uses, then its own."""
    values = values_of(name, pattern, _given(choice, name, pattern.value))
    notes = tuple(doubts_on(pattern.value, values))
    exempt = choice.exemptions.arns
    used = [
        guardrail_denies(chosen, choice.setting, exempt, only)
        for number in range(len(pattern.value.guardrails))
        for chosen, only in [used_guardrail(catalog, pattern, number, values)]
    ]
    let_go = choice.exemptions.for_good if pattern.value.always else exempt
    filled = {**values, "exempt": exempt}
    own = pattern_denies(choice.kind, name, pattern, filled, let_go)
    denies = (*(deny for one in used for deny in one.denies), *own)
    bypassed = tuple(one for each in used for one in _named(each.name, each.bypassed))
    absent = tuple(one for each in used for one in _named(each.name, each.absent))
    protects = protected_by(name, pattern, filled)
    return _Made(LayerPart(name, pattern.value.title, denies), bypassed, absent, notes, _whole(used), protects)


def _given(choice: LayerChoice, name: str, pattern: LayerPattern) -> dict[str, GivenValue]:
    """Return the values for one pattern: ``pattern.parameter`` before ``parameter``."""
    found = {one: choice.given[one] for one in pattern.parameters if one in choice.given}
    return found | {one: choice.given[f"{name}.{one}"] for one in pattern.parameters if f"{name}.{one}" in choice.given}


def _each_once(parts: Iterator[LayerPart]) -> Iterator[LayerPart]:
    """Yield *parts* without the Denies that an earlier one has already; what is left without any is left out."""
    there: set[tuple[object, ...]] = set()
    for part in parts:
        denies = [deny for deny in part.denies if _meaning(deny) not in there]
        there.update(map(_meaning, denies))
        if denies:
            yield part._replace(denies=tuple(denies))


def _meaning(deny: LayerDeny) -> tuple[object, ...]:
    return deny.actions, deny.not_actions, deny.resources, deny.not_resources, deny.conditions


def _sids_once(parts: Iterator[LayerPart]) -> Iterator[LayerPart]:
    """Yield *parts* with a number behind each Sid that another part has already."""
    taken: set[str] = set()
    for part in parts:
        yield part._replace(denies=tuple(_sid_once(deny, taken) for deny in part.denies))


def _sid_once(deny: LayerDeny, taken: set[str]) -> LayerDeny:
    endings = chain(("",), map(str, count(2)))
    sid = next(one for end in endings if (one := deny.sid[: _SID_LENGTH - len(end)] + end) not in taken)
    taken.add(sid)
    return replace(deny, sid=sid)


def _notes(
    choice: LayerChoice, patterns: Mapping[str, Sourced[LayerPattern]], parts: tuple[LayerPart, ...]
) -> Iterator[str]:  # fmt: skip
    """Yield who is never bound, and what the chosen patterns leave open or need beside them."""
    outside, as_root = not_bound(choice.kind)
    yield f"{choice.kind.upper()}s never bind {'; '.join(outside)}"
    if as_root:
        yield f"nor the root user for {'; '.join(as_root)}"
    always = {name for name, pattern in patterns.items() if pattern.value.always}
    for part in parts:
        exempt = set(choice.exemptions.for_good if part.name in always else choice.exemptions.arns)
        if exempt and not any(exempt <= set(lets_go(deny)) for deny in part.denies):
            yield f"{part.name}: nobody is exempt of it, by its meaning"
    if choice.kind is LayerKind.SCP:
        yield from stopped_stack_sets([one for one in parts if one.name not in always])
    for name, pattern in ((one.name, patterns[one.name]) for one in parts if one.name in patterns):
        missing = [one for one in pattern.value.needs_others if one not in patterns]
        if missing:
            yield f"{name}: can be walked round without {', '.join(missing)}"
        yield from (f"{name}: {text}" for text in pattern.value.left_open)
