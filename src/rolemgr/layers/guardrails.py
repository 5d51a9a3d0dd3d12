"""A guardrail's Denies for an organization: over every action that supports its keys, and not only a role's."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.callers import refused_for_all
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.denies import Compiled, GuardrailContext, compile_guardrail
from rolemgr.compose.join import join
from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill
from rolemgr.errors import UnknownNameError, raise_all
from rolemgr.layers.statements import with_exempt
from rolemgr.model.layer import LayerDeny
from rolemgr.model.layer_pattern import GuardrailUse, LayerPattern
from rolemgr.model.role import GuardrailInForce, LeftOpen
from rolemgr.model.source import Sourced


class GuardrailSetting(NamedTuple):
    """What decides about guardrails' statements besides their values."""

    kms_key_names: str = "both"
    strict: bool = False


class GuardrailDenies(NamedTuple):
    """The Denies of a guardrail, and the actions that by-pass it."""

    name: str
    title: str
    denies: tuple[LayerDeny, ...]
    bypassed: tuple[LeftOpen, ...]
    absent: tuple[LeftOpen, ...]
    """The actions that it judges only where their requests carry the key."""
    in_force: GuardrailInForce | None
    """The guardrail with its values; None where only some of its Denies are wanted."""


def guardrail_denies(
    chosen: ChosenGuardrail, setting: GuardrailSetting, exempt: tuple[str, ...], only: Sequence[str] = ()
) -> GuardrailDenies:
    """
    Return the Denies of the *chosen* guardrail, or *only* those of some Sids, for everybody but the *exempt*.

    Raises InputError (or Problems), with the line, for a guardrail that the reference contradicts, and for one
    that not everybody can live with.
    """
    context = GuardrailContext(None, setting.kms_key_names, setting.strict, frozenset(only) if only else None)
    compiled = compile_guardrail(chosen, context)  # which finds what is wrong with it, before it is asked for whom
    raise_all([] if only else [*refused_for_all(chosen)])
    denies = tuple(with_exempt(one, exempt) for one in _denies(compiled))
    bypassed = () if setting.strict else compiled.in_force.bypassed_by
    absent = compiled.in_force.not_where_absent if not only else ()
    in_force = None if only else compiled.in_force
    return GuardrailDenies(chosen.name, chosen.guardrail.value.title, denies, bypassed, absent, in_force)


def used_guardrail(
    catalog: Catalog, pattern: Sourced[LayerPattern], number: int, values: Values
) -> tuple[ChosenGuardrail, tuple[str, ...]]:
    """
    Return the guardrail that *pattern* uses at *number*, with the pattern's *values*, and the Sids that it wants.

    Raises InputError for a guardrail, a parameter or a Sid that is not there.
    """
    use: GuardrailUse = pattern.value.guardrails[number]
    guardrail = catalog.guardrail(use.guardrail, pattern.at("guardrails", number, "guardrail"))
    sids = [one.sid for one in guardrail.value.deny]
    for place, sid in enumerate(use.only):
        if sid not in sids:
            raise UnknownNameError(pattern.at("guardrails", number, "only", place), "Sid of the guardrail", sid, sids)
    for name in use.values:
        if name not in guardrail.value.parameters:
            where = pattern.at("guardrails", number, "values", name)
            raise UnknownNameError(where, "parameter of the guardrail", name, guardrail.value.parameters)
    found = tuple(
        (name, _values(pattern, number, name, values, (*(declared.default or ()), *declared.always), declared.always))
        for name, declared in sorted(guardrail.value.parameters.items())
    )
    where = pattern.at("guardrails", number)
    return ChosenGuardrail(use.guardrail, guardrail, found, where, "pattern"), use.only


def _values(
    pattern: Sourced[LayerPattern], number: int, name: str, values: Values, default: tuple[str, ...],
    always: tuple[str, ...],
) -> tuple[str, ...]:  # fmt: skip
    texts = pattern.value.guardrails[number].values.get(name)
    if texts is None:
        return tuple(sorted(set(default)))
    try:
        return tuple(sorted({*always, *(one for text in texts for one in fill(text, values))}))
    except UnknownPlaceholderError as error:
        where = pattern.at("guardrails", number, "values", name)
        raise error.at(where, values, "parameter") from error


def _denies(compiled: Compiled) -> Iterator[LayerDeny]:
    for one in join(compiled.shares):
        yield LayerDeny(one.sid, one.actions, (), one.resources, (), one.conditions, one.origins[0])
