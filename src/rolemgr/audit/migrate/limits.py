"""
The guardrails of the new role with the values that were seen, so that they stop nothing that was used.

Approved instance types become those that ran. A longest run grows to the longest that was asked for, and never shrinks,
as a job's author does not choose how long it takes. A guardrail that stops a recorded call whatever its values is left
out, and said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from rolemgr.audit.migrate.choose import GroupChoice, composed
from rolemgr.audit.migrate.seen import SeenAt, TrailRequest
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest
from rolemgr.catalog.load import Catalog
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches
from rolemgr.model.catalog import ParameterType
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.role import ComposedRole, GuardrailInForce

_HOUR: Final = 3600
_NUMBERS: Final = (ParameterType.DURATION, ParameterType.INTEGER)


class FittedLimit(NamedTuple):
    """
    A guardrail with its *values* for a *parameter*, as *was* and as *seen* in so many calls.

    *where* is the first of these. *dropped* says why the guardrail is left out, where it is.
    """

    guardrail: str
    parameter: str
    values: tuple[str, ...]
    was: tuple[str, ...]
    seen: int
    where: SourceLocation | None
    dropped: str = ""


class RefusedValue(NamedTuple):
    """A *value* that calls asked for in vain, and that the *parameter* of a *guardrail* does not let through."""

    guardrail: str
    parameter: str
    value: str
    where: SourceLocation


class FittedLimits(NamedTuple):
    """A *choice* whose guardrails stop nothing that was used, and what was changed for that."""

    choice: GroupChoice
    limits: tuple[FittedLimit, ...]


def with_seen_values(
    catalog: Catalog, choice: GroupChoice, requests: Mapping[TrailRequest, SeenAt]
) -> FittedLimits:  # fmt: skip
    """
    Return *choice* with guardrails that have the values of those *requests* of which something came.

    What was asked for in vain, of a quota say, widens no limit. The choice stays as it is where that fails.
    """
    requests = {one: seen for one, seen in requests.items() if seen.went_through}
    limits = [one for each in in_force(choice) for one in _seen_limits(catalog, each, requests)]
    if not limits:
        return FittedLimits(choice, ())
    had = {one.name: one.values for one in in_force(choice)}
    given = {one.guardrail: as_given(catalog, one.guardrail, {**had[one.guardrail], one.parameter: one.values})
             for one in limits}  # fmt: skip
    return _made(catalog, choice, {"guardrail": {**choice.data.get("guardrail", {}), **given}}, limits)


def without_blocking(
    catalog: Catalog, fitted: FittedLimits, tried: Iterable[TriedRequest]
) -> FittedLimits:  # fmt: skip
    """Return *fitted* without the guardrails that deny what was used and of which no value would let it through."""
    blocking = dict(_blocking(fitted.choice, tried))
    if not blocking:
        return fitted
    kept = {one.name: _texts(one) for one in in_force(fitted.choice) if one.name not in blocking}
    limits = [one for one in fitted.limits if one.guardrail not in blocking]
    limits += [FittedLimit(name, "", (), (), 0, None, why) for name, why in sorted(blocking.items())]
    more = {"no_default_guardrails": True, "guardrail": kept}
    return _made(catalog, fitted.choice, {key: value for key, value in more.items() if value}, limits)


def _made(
    catalog: Catalog, choice: GroupChoice, keys: Mapping[str, Any], limits: Sequence[FittedLimit]
) -> FittedLimits:  # fmt: skip
    made = composed(catalog, replace(choice, data={**choice.data, **keys}))
    return FittedLimits(made, tuple(limits)) if isinstance(made, GroupChoice) else FittedLimits(choice, ())


def in_force(choice: GroupChoice) -> tuple[GuardrailInForce, ...]:
    """Return the guardrails of the role of *choice*."""
    return choice.role.guardrails if choice.role else ()


def _seen_limits(
    catalog: Catalog, limit: GuardrailInForce, requests: Mapping[TrailRequest, SeenAt]
) -> Iterator[FittedLimit]:  # fmt: skip
    guardrail = catalog.guardrail(limit.name).value
    judged = [(one, seen) for one, seen in requests.items() if one.action in limit.actions]
    for name, parameter in guardrail.parameters.items():
        keys = keys_of(guardrail, name)
        told = [(one.values(key), seen) for key in keys for one, seen in judged]
        values = {value for found, _ in told for value in found or ()}
        was = tuple(limit.values.get(name, ()))
        if not values or parameter.type not in (ParameterType.INSTANCE_TYPE, *_NUMBERS):
            continue
        is_whole = all(found is not None for found, _ in told)
        wanted = _wanted(parameter.type, values, was, is_whole=is_whole)
        if wanted != was:
            first = [seen for found, seen in told if found]
            yield FittedLimit(limit.name, name, wanted, was, sum(one.times for one in first), first[0].where)


def _wanted(kind: ParameterType, values: Iterable[str], was: Sequence[str], *, is_whole: bool) -> tuple[str, ...]:
    """
    Return the values that a limit has to have for those that were seen.

    Where some calls do not tell theirs (*is_whole* is False), what the limit had stays as well.
    """
    if kind is ParameterType.INSTANCE_TYPE:
        beyond = {one for one in values if not any(matches(pattern, one) for pattern in was)}
        return tuple(sorted(values)) if is_whole else (*was, *sorted(beyond))
    most = max((int(one) for one in values if one.isdecimal()), default=0)
    had = max((int(one) for one in was if one.isdecimal()), default=0)
    return (str(most),) if most > had else tuple(was)


def keys_of(guardrail: Guardrail, parameter: str) -> tuple[str, ...]:
    """Return the condition keys, in lower case, that Denies of *guardrail* compare with its *parameter*."""
    text = re.compile(r"\{\{\s*" + re.escape(parameter) + r"\s*\}\}")
    found = (
        key.lower()
        for deny in guardrail.deny
        for block in deny.conditions.values()
        for key, values in block.items()
        if any(text.search(one) for one in values)
    )
    return tuple(dict.fromkeys(found))


def as_given(catalog: Catalog, name: str, values: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the *values* of the guardrail *name* as a role file has them, all parameters of one that has several."""
    kinds = {key: one.type for key, one in catalog.guardrail(name).value.parameters.items()}
    shown = {key: [_value_text(one, kinds.get(key)) for one in each] for key, each in values.items() if each}
    return [one if len(kinds) == 1 else f"{key}:{one}" for key, each in shown.items() for one in each]


def _value_text(value: str, kind: ParameterType | None) -> str:
    """Return *value* as one writes it: seconds as 12h where they are hours."""
    if kind is ParameterType.DURATION and value.isdecimal() and int(value) % _HOUR == 0:
        return f"{int(value) // _HOUR}h"
    return value


def _texts(limit: GuardrailInForce) -> list[str] | bool:
    several = len(limit.values) > 1
    found = [f"{name}:{one}" if several else one for name, each in limit.values.items() for one in each]
    return found or True


def _blocking(choice: GroupChoice, tried: Iterable[TriedRequest]) -> Iterator[tuple[str, str]]:
    """Yield the guardrails of *choice* that deny what was used, each with the first request that shows it."""
    for one in tried:
        if one.verdict is TrialVerdict.ALLOWED or not one.seen.went_through:
            continue
        for name in denying_guardrails(choice.role, one):
            yield name, f"it would stop {one.request.action} ({one.seen.where})"


def denying_guardrails(role: ComposedRole | None, one: TriedRequest) -> Iterator[str]:
    """Yield the guardrails of *role* that deny the recorded request *one* for certain."""
    sids = {at.sid for at in one.answer.denies}
    for statement in role.statements if role else ():
        if statement.effect is Effect.DENY and statement.sid in sids:
            yield from (origin.group for origin in statement.origins if origin.kind == "guardrail")


def refused_values(
    catalog: Catalog, choice: GroupChoice, requests: Mapping[TrailRequest, SeenAt]
) -> tuple[RefusedValue, ...]:  # fmt: skip
    """Return the values of *requests*, all made in vain, that the guardrails of *choice* do not let through."""
    found: dict[tuple[str, str, str], RefusedValue] = {}
    for limit in in_force(choice):
        guardrail = catalog.guardrail(limit.name).value
        for name, parameter in guardrail.parameters.items():
            allowed = limit.values.get(name, ())
            for key in keys_of(guardrail, name) if parameter.type is ParameterType.INSTANCE_TYPE else ():
                for one, seen in requests.items():
                    for value in (one.values(key) or ()) if one.action in limit.actions else ():
                        if not any(matches(pattern, value) for pattern in allowed):
                            place = (limit.name, name, value)
                            found.setdefault(place, RefusedValue(*place, seen.where))
    return tuple(found.values())
