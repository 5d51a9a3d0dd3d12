"""
The guardrails of a role by what its recorded calls had: narrower values, and limits that all of them kept anyway.

A guardrail that the role has keeps those of its values that were seen. One that it has not is taken where each call
that it judges tells the value and all had the same; of instance types all that were seen. Few calls say little, so
that other limits want ten of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.substitute import Placeholder, pieces_of
from rolemgr.events.context import Told
from rolemgr.iam.operators import parse_operator
from rolemgr.iam.wildcards import matches
from rolemgr.model.catalog import EntryId, ParameterName, ParameterType
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.role import GuardrailInForce
from rolemgr.usage.recorded import RecordedUse, Used

FEWEST_CALLS: Final = 10
"""From fewer calls no limit is made that the role did not have: what all of them had in common may be chance."""
_LISTS: Final = frozenset({
    ParameterType.INSTANCE_TYPE, ParameterType.SUBNET_ID, ParameterType.SECURITY_GROUP_ID, ParameterType.KEY_ARN,
})  # fmt: skip
"""The types whose values stand in the requests as they stand in the role file."""


class NarrowedGuardrail(NamedTuple):
    """
    A guardrail with its *old* values by parameter, None where the role has it not, and its *new* ones.

    *calls* is how many calls it judges; *why* it is as it is.
    """

    name: EntryId
    old: Mapping[ParameterName, tuple[str, ...]] | None
    new: Mapping[ParameterName, tuple[str, ...]]
    calls: int
    why: str = ""

    @property
    def choice(self) -> Any:
        """What stands for it in a role file."""
        if not self.new:
            return True
        values = {name: list(found) for name, found in self.new.items()}
        return next(iter(values.values())) if len(values) == 1 else values


def value_keys(guardrail: Guardrail) -> Mapping[ParameterName, str]:
    """Return the condition keys, in lower case, that each list of *guardrail* is compared with."""
    found: dict[ParameterName, str] = {}
    for deny in guardrail.deny:
        for operator, block in deny.conditions.items():
            known = parse_operator(operator)
            for key, texts in block.items():
                pieces = pieces_of(texts[0]) if len(texts) == 1 else ()
                if known and known.negated and len(pieces) == 1 and isinstance(pieces[0], Placeholder):
                    name = pieces[0].name
                    if name in guardrail.parameters and guardrail.parameters[name].type in _LISTS:
                        found.setdefault(name, key.lower())
    return found


def guardrail_keys(catalog: Catalog) -> frozenset[str]:
    """Return the condition keys, in lower case, by which guardrails of *catalog* can be narrowed or taken."""
    found = set[str]()
    for name in catalog.found("guardrails"):
        guardrail = catalog.guardrail(name).value
        if value_keys(guardrail) or not guardrail.parameters:
            found |= keys_of(guardrail)
    return frozenset(found)


def keys_of(guardrail: Guardrail) -> set[str]:
    """Return the condition keys, in lower case, of the lists of *guardrail*; all of its keys where it has none."""
    return set(value_keys(guardrail).values()) or _own_keys(guardrail)


def _own_keys(guardrail: Guardrail) -> set[str]:
    return {key.lower() for deny in guardrail.deny for block in deny.conditions.values() for key in block}


def narrower(catalog: Catalog, chosen: GuardrailInForce, use: RecordedUse) -> NarrowedGuardrail:
    """Return the guardrail *chosen* with those of its values that were seen."""
    guardrail = catalog.guardrail(chosen.name).value
    judged = [(one, count) for one, count in counted(use) if one.action in chosen.actions]
    calls = sum(count for _, count in judged)
    new = dict(chosen.values)
    for name, key in value_keys(guardrail).items():
        always = guardrail.parameters[name].always
        told = [told_of(one, key) for one, _ in judged]
        seen = {value for values in told for value in values or () if _is_among(value, chosen.values.get(name, ()))}
        if None in told:
            return NarrowedGuardrail(chosen.name, chosen.values, chosen.values, calls, f"not all calls tell {key}")
        if seen:
            new[name] = tuple(sorted(seen | set(always)))
    why = "" if new != dict(chosen.values) else "no call has its values" if not calls else "nothing narrower was seen"
    return NarrowedGuardrail(chosen.name, chosen.values, new, calls, why)


def _is_among(value: str, patterns: Iterable[str]) -> bool:
    return any(matches(one, value) for one in patterns)


def proposals(catalog: Catalog, has: Iterable[EntryId], use: RecordedUse) -> Iterator[NarrowedGuardrail]:
    """Yield guardrails that the role *has* not, with the values that all recorded calls had."""
    taken = set(has)
    for name in sorted(catalog.found("guardrails")):
        guardrail = catalog.guardrail(name).value
        if name in taken or {one.type for one in guardrail.parameters.values()} - _LISTS:
            continue
        keys = value_keys(guardrail)
        seen = {one: _seen(use, key) for one, key in keys.items()}
        values = {one: found for one, found in seen.items() if found}
        wanted = {one for one, each in guardrail.parameters.items() if each.default is None}
        if wanted <= values.keys() and (values or not guardrail.parameters):
            yield NarrowedGuardrail(name, None, values, 0)


def _seen(use: RecordedUse, key: str) -> tuple[str, ...]:
    """Return the values of *key* that were seen: of instance types all, else where they were always the same."""
    told = {values for one in use.used if (values := told_of(one, key))}
    if key != "sagemaker:instancetypes" and len({frozenset(values) for values in told}) != 1:
        return ()
    return tuple(sorted({value for values in told for value in values}))


def told_of(one: Used, key: str) -> Told:
    """Return the values of the lower-case *key* in the request, none where it had none; None where nobody tells."""
    return next((values for name, values in one.told if name == key), ())


def counted(use: RecordedUse) -> Iterator[tuple[Used, int]]:
    """Yield the different requests, each with how many calls had it."""
    for key, one in use.requests.items():
        yield one, use.counts.get(key, 0)


def is_sure(guardrail: Guardrail, made: GuardrailInForce, use: RecordedUse) -> str:
    """Return why *guardrail*, as *made* for the role, is not taken by its calls; nothing where it may be."""
    judged = [(one, count) for one, count in counted(use) if one.action in made.actions]
    calls = sum(count for _, count in judged)
    keys = keys_of(guardrail)
    if not any(told_of(one, key) for one, _ in judged for key in keys):
        return "no call has its values"
    if "sagemaker:instancetypes" not in keys and calls < FEWEST_CALLS:
        return f"fewer than {FEWEST_CALLS} calls"
    if any(told_of(one, key) is None for one, _ in judged for key in keys):
        return "not all calls tell it"
    return ""
