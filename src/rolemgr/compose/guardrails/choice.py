"""
Which guardrails a role has, and with which values.

They come from the persona's default profile, the profiles that the user names, the short forms for network
and encryption, and the guardrails that the user names: in this order, the later wins by name.
`rolemgr.compose.guardrails.denies` makes Deny statements of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.compose.parameters import has_form, misfit
from rolemgr.compose.questions import doubts_on
from rolemgr.compose.substitute import names_in
from rolemgr.errors import InputError, MissingValueError, SourceLocation, gathering, raise_all
from rolemgr.iam.limits import all_addresses, is_all_of_a_type, open_patterns
from rolemgr.model.catalog import EntryId, ParameterType
from rolemgr.model.guardrail import Guardrail, GuardrailParameter, GuardrailProfile
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.model.times import seconds
from rolemgr.reference.quirks import no_guardrail

_CHOSEN_BY_SHORT_FORM = {
    "subnet": "vpc",
    "security_group": "vpc",
    "volume_key": "volume-kms-key",
    "data_key": "output-kms-key",
}
"""A user who names a subnet or a key wants jobs to be held to it."""


class ChosenGuardrail(NamedTuple):
    """A guardrail of the role with its values, and what chose it."""

    name: EntryId
    guardrail: Sourced[Guardrail]
    values: tuple[tuple[str, tuple[str, ...]], ...]
    where: SourceLocation
    by: str
    notes: tuple[str, ...] = ()
    """What is doubtful about values that the user gave."""


class _Pick(NamedTuple):
    """A guardrail as somebody picked it: the texts given for it, and where each stands."""

    texts: tuple[str, ...]
    places: tuple[SourceLocation, ...]
    where: SourceLocation
    by: str
    profile: Sourced[GuardrailProfile] | None = None
    """The catalog's file that has the values; None where they are the user's."""


_Picks: TypeAlias = dict[EntryId, _Pick]


def chosen_guardrails(
    catalog: Catalog, persona: ResolvedPersona | None, spec: Sourced[RoleSpec]
) -> tuple[ChosenGuardrail, ...]:
    """
    Return the guardrails of the role that *spec* describes, by name, sorted; without a *persona* those of no role.

    Raises InputError (or Problems) for one that nothing defines, values that do not fit, a value that is
    missing, and profiles that contradict each other.
    """
    picks = {
        **_default_profile(catalog, persona, spec.value),
        **_profiles(catalog, spec),
        **_short_forms(spec),
        **_by_hand(spec),
    }
    chosen: list[ChosenGuardrail] = []
    problems = list(_wrong_short_forms(catalog, picks, spec))
    for name in sorted(picks):
        with gathering(problems):
            chosen.append(_chosen(catalog, name, picks[name], spec.value))
    raise_all(list(_each_once(problems)))
    return tuple(chosen)


def _wrong_short_forms(catalog: Catalog, picks: _Picks, spec: Sourced[RoleSpec]) -> Iterator[InputError]:
    """Yield what is wrong with the short forms that the picked guardrails take values from, each value once."""
    known = [name for name in picks if name in catalog.found("guardrails")]
    declared = (one for name in known for one in catalog.guardrail(name).value.parameters.values() if one.from_)
    for short, kind in sorted({(one.from_, one.type) for one in declared if one.from_}):
        for number, value in enumerate(getattr(spec.value, short)):
            if problem := misfit(kind, value, spec.value.partition_name):
                yield InputError(spec.at(short, number), problem)


class _MissingValueError(MissingValueError):
    """A guardrail, picked *by* something, that needs a value of the *short* form."""

    def __init__(self, pick: _Pick, name: EntryId, parameter: str, declared: GuardrailParameter) -> None:
        self.name, self.by = name, pick.by
        self.short = f"--{declared.from_.replace('_', '-')}" if declared.from_ else ""
        problem = f"guardrail `{name}` ({pick.by}) needs {parameter}: {declared.help}"
        first = f"{self.short}, or " if self.short else ""
        by_short_form = [(declared.from_,)] if declared.from_ else []
        by = [*by_short_form, ("guardrail", name)]
        super().__init__(pick.where, problem, f"give {first}--guardrail {name}=VALUE", by)


def _each_once(problems: Sequence[InputError]) -> Iterator[InputError]:
    """Yield *problems*; guardrails that miss one and the same short form are one of them."""
    missing: dict[tuple[str, str], list[_MissingValueError]] = {}
    for one in problems:
        if isinstance(one, _MissingValueError) and one.short:
            missing.setdefault((str(one.where), one.short), []).append(one)
        else:
            yield one
    for (_, short), found in missing.items():
        names = ", ".join(f"`{one.name}`" for one in found)
        problem = f"guardrails {names} ({found[0].by}) need a value"
        hint = f"give {short}, or --guardrail NAME=VALUE for each"
        by = dict.fromkeys(path for one in found for path in one.given_by)
        yield MissingValueError(found[0].where, problem, hint, by) if len(found) > 1 else found[0]


def _default_profile(catalog: Catalog, persona: ResolvedPersona | None, spec: RoleSpec) -> _Picks:
    if persona is None or persona.guardrail_profile is None or spec.no_default_guardrails:
        return {}
    return _of_profile(catalog, persona.guardrail_profile, persona.profile_place)


def _profiles(catalog: Catalog, spec: Sourced[RoleSpec]) -> _Picks:
    """Return what the chosen profiles pick; raise where two give one guardrail different values."""
    picks: _Picks = {}
    for number, name in enumerate(spec.value.guardrail_profile):
        where = spec.at("guardrail_profile", number)
        for guardrail, pick in _of_profile(catalog, name, where).items():
            old = picks.setdefault(guardrail, pick)
            if set(old.texts) != set(pick.texts):
                problem = f"{old.by} and {pick.by} give guardrail `{guardrail}` different values"
                raise InputError(where, problem, f"choose with --guardrail {guardrail}=VALUE, and one profile")
    return {name: pick._replace(where=spec.at("guardrail_profile")) for name, pick in picks.items()}


def _of_profile(catalog: Catalog, name: EntryId, where: SourceLocation | None) -> _Picks:
    return {
        guardrail: _Pick(
            texts,
            tuple(profile.at("guardrails", guardrail, number) for number in range(len(texts))),
            profile.at("guardrails", guardrail),
            f"profile {name}",
            profile,
        )
        for guardrail, (texts, profile) in guardrails_of(catalog, name, where).items()
    }


def _short_forms(spec: Sourced[RoleSpec]) -> _Picks:
    """Return the guardrails that the short forms pick; their values come from the same short forms."""
    return {
        name: _Pick((), (), spec.at(short), f"--{short.replace('_', '-')}")
        for short, name in _CHOSEN_BY_SHORT_FORM.items()
        if getattr(spec.value, short)
    }


def _by_hand(spec: Sourced[RoleSpec]) -> _Picks:
    return {
        name: _Pick(
            texts,
            tuple(spec.at("guardrail", name, number) for number in range(len(texts))),
            spec.at("guardrail", name),
            "--guardrail",
        )
        for name, texts in spec.value.guardrail.items()
    }


def _chosen(catalog: Catalog, name: EntryId, pick: _Pick, spec: RoleSpec) -> ChosenGuardrail:
    if name not in catalog.found("guardrails") and (known := no_guardrail(name)):
        raise InputError(pick.where, f"`{name}` can't be a guardrail: {known.reason}", known.instead)
    guardrail = catalog.guardrail(name, pick.where)
    given = _given(name, guardrail.value, pick, spec.partition_name)
    values = tuple(
        (parameter, _values(name, parameter, declared, given.get(parameter, ()), pick, spec))
        for parameter, declared in sorted(guardrail.value.parameters.items())
    )
    _require_one(name, guardrail.value, dict(values), pick)
    raise_all(list(_limits_nothing(name, guardrail.value, dict(values), pick)))
    doubts = list(_doubts(name, guardrail.value, pick, spec.partition_name))
    raise_all(doubts if pick.profile else [])
    return ChosenGuardrail(name, guardrail, values, pick.where, pick.by, tuple(map(str, doubts)))


def _require_one(name: EntryId, guardrail: Guardrail, values: Mapping[str, tuple[str, ...]], pick: _Pick) -> None:
    """Raise InputError where a Deny is about any of several parameters, and none of them has a value."""
    for deny in guardrail.deny:
        if deny.any_of and not any(values[one] for one in deny.any_of):
            problem = f"guardrail `{name}` ({pick.by}) needs one of {', '.join(deny.any_of)}"
            raise MissingValueError(pick.where, problem, f"give --guardrail {name}=VALUE", [("guardrail", name)])


def _limits_nothing(
    name: EntryId, guardrail: Guardrail, values: Mapping[str, tuple[str, ...]], pick: _Pick
) -> Iterator[InputError]:
    """Yield the lists of what is allowed that allow everything, alone or together: nothing is denied by them."""
    for parameter, declared in guardrail.parameters.items():
        given = values[parameter] if parameter in _listing_allowed(guardrail) else ()
        if declared.type is ParameterType.IP_RANGE and (every := all_addresses(given)):
            problem = f"{', '.join(given)} together are {every}, every address, and limit nothing"
            yield InputError(pick.where, f"guardrail `{name}`: {problem}", "name the networks, or leave it out")
        elif declared.type in _PATTERNS and (every := next(iter(open_patterns(given)), None)):
            problem = f"`{every}` is everything" if every in given else f"the values together are `{every}`, everything"
            yield InputError(
                pick.where, f"guardrail `{name}`: {problem}, and limits nothing", "name some, or leave it out"
            )


def _listing_allowed(guardrail: Guardrail) -> frozenset[str]:
    """Return the parameters that list what is allowed: a Deny holds for all but their values."""
    blocks = (block for deny in guardrail.deny for operator, block in deny.conditions.items() if "Not" in operator)
    return frozenset(name for block in blocks for texts in block.values() for text in texts for name in names_in(text))


_PATTERNS = frozenset({
    ParameterType.ARN, ParameterType.STRING, ParameterType.NAME_PATTERN, ParameterType.MODEL_PATTERN,
    ParameterType.INSTANCE_TYPE, ParameterType.ROLE_ARN,
})  # fmt: skip
"""What may be given with wildcards."""


def _doubts(name: EntryId, guardrail: Guardrail, pick: _Pick, partition: str) -> Iterator[InputError]:
    """Yield what is doubtful about the picked texts, but for what the profile that they come from excuses."""
    excused = pick.profile.value.unknown_ok if pick.profile else ()
    for text, place in zip(pick.texts, pick.places, strict=True):
        parameter, value = _assigned(name, guardrail, text, place, partition)
        if parameter in _listing_allowed(guardrail) and is_all_of_a_type(value):
            problem = f"`{value}` is all that there is of its type, so that none is refused"
            yield InputError(place, f"guardrail `{name}`: {problem}", "name a Region, an account or names")
        for doubt in doubts_on(guardrail.parameters[parameter].type, value):
            if doubt.name not in excused:
                yield InputError(place, f"guardrail `{name}`: {doubt.problem}", doubt.hint)


def _given(name: EntryId, guardrail: Guardrail, pick: _Pick, partition: str) -> Mapping[str, tuple[str, ...]]:
    """Return the picked texts by parameter: as named by ``parameter:``, else by what the form of the text fits."""
    found: dict[str, tuple[str, ...]] = {}
    problems: list[InputError] = []
    for text, place in zip(pick.texts, pick.places, strict=True):
        with gathering(problems):
            parameter, value = _assigned(name, guardrail, text, place, partition)
            found[parameter] = (*found.get(parameter, ()), value)
    raise_all(problems)
    return found


def _assigned(
    name: EntryId, guardrail: Guardrail, text: str, place: SourceLocation, partition: str
) -> tuple[str, str]:  # fmt: skip
    """Return the parameter that *text* is a value of, and the value."""
    if not guardrail.parameters:
        raise InputError(place, f"guardrail `{name}` takes no value", f"give --guardrail {name}")
    head, colon, rest = text.partition(":")
    if colon and head in guardrail.parameters:
        if problem := _misfit(guardrail.parameters[head], rest, partition):
            raise InputError(place, f"guardrail `{name}`, {head}: {problem}")
        return head, rest
    by_form = {one: declared for one, declared in guardrail.parameters.items() if not declared.named}
    problems = {one: _misfit(declared, text, partition) for one, declared in by_form.items()}
    fitting = [one for one, problem in problems.items() if problem is None]
    if len(fitting) == 1:
        return fitting[0], text
    if len(problems) == 1:
        raise InputError(place, f"guardrail `{name}`: {next(iter(problems.values()))}")
    shaped = [one for one, declared in by_form.items() if not declared.one_of and has_form(declared.type, text)]
    if len(shaped) == 1:
        raise InputError(place, f"guardrail `{name}`: {problems[shaped[0]]}")
    names = " or ".join(f"{one}:VALUE" for one in guardrail.parameters)
    raise InputError(place, f"guardrail `{name}`: `{text}` does not say what it is a value of", f"write {names}")


def _values(
    name: EntryId, parameter: str, declared: GuardrailParameter, given: Sequence[str], pick: _Pick, spec: RoleSpec
) -> tuple[str, ...]:  # fmt: skip
    """Return the values of *parameter* as conditions hold them: given, from a short form, or the default."""
    short: tuple[str, ...] = getattr(spec, declared.from_) if declared.from_ else ()
    found = tuple(given) or short or declared.default
    if found is None:
        raise _MissingValueError(pick, name, parameter, declared)
    if not given and not short:
        raise_all([InputError(pick.where, problem) for problem in _misfits(declared, found, spec.partition_name)])
    if len(found) > 1 and not declared.many:
        raise InputError(pick.where, f"guardrail `{name}` takes one value for {parameter}")
    return tuple(sorted({_as_condition(declared.type, value) for value in (*found, *declared.always)}))


def _misfits(declared: GuardrailParameter, values: Sequence[str], partition: str) -> Iterator[str]:
    return (problem for value in values if (problem := _misfit(declared, value, partition)))


def _misfit(declared: GuardrailParameter, value: str, partition: str) -> str | None:
    """Return what is wrong with *value* as one of the *declared* parameter, or None where it is right."""
    if declared.one_of and value not in declared.one_of:
        return f"`{value}` is none of {', '.join(declared.one_of)}"
    return misfit(declared.type, value, partition) or _outside(declared, value)


def _outside(declared: GuardrailParameter, value: str) -> str | None:
    """Return that *value* is below or above what AWS takes, or None."""
    low, high = declared.at_least, declared.at_most
    if low is None and high is None:
        return None
    number = int(_as_condition(declared.type, value))
    unit = " seconds" if declared.type is ParameterType.DURATION else ""
    if low is not None and number < low:
        return f"`{value}` is less than {low:,}{unit}, the least that AWS takes"
    if high is not None and number > high:
        return f"`{value}` is more than {high:,}{unit}, the most that AWS takes"
    return None


def _as_condition(kind: ParameterType, value: str) -> str:
    """Return *value* as AWS compares it: durations in seconds."""
    return str(seconds(value)) if kind is ParameterType.DURATION else value
