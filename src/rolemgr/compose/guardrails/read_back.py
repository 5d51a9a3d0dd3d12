"""
From Deny statements back to the values of a guardrail: which limit a role in an account has.

What is read is compiled again: where that does not give the same statements to the letter, but for the order of
actions and values, nobody knows what the limit is.
"""

import re
from collections.abc import Container, Generator, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.denies import GuardrailContext, compile_guardrail
from rolemgr.compose.join import join
from rolemgr.compose.substitute import Placeholder, Values, names_in, pieces_of
from rolemgr.errors import RolemgrError
from rolemgr.iam.documents import Conditions, Effect, IdentityStatement
from rolemgr.model.catalog import EntryId
from rolemgr.model.guardrail import Guardrail, GuardrailDeny
from rolemgr.model.role import ComposedStatement
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks


class ReadBack(NamedTuple):
    """The *values* of a guardrail that statements hold, by parameter, and the Sids of these statements."""

    values: Mapping[str, tuple[str, ...]]
    sids: frozenset[str]


def read_back(
    name: EntryId,
    guardrail: Sourced[Guardrail],
    statements: Iterable[IdentityStatement],
    settings: Sequence[GuardrailContext],
) -> ReadBack | None:
    """
    Return the values that *guardrail* has in *statements*, under one of *settings*.

    None where no statement is its, or where those that are differ from what it makes of any values.
    """
    sids = sids_of(guardrail.value)
    own = [one for one in statements if one.effect is Effect.DENY and one.sid in sids]
    values = _values(guardrail.value, {str(one.sid): one for one in own}) if own else None
    if values is None:
        return None
    chosen = ChosenGuardrail(name, guardrail, tuple(values.items()), guardrail.at(), "")
    wanted = sorted(map(_meaning, own))
    found = (sorted(map(_meaning_of_composed, _compiled(chosen, setting))) for setting in settings)
    return ReadBack(values, frozenset(str(one.sid) for one in own)) if wanted in found else None


def sids_of(guardrail: Guardrail) -> frozenset[str]:
    """Return the Sids that the Denies of *guardrail* may have, but for that of ``--strict``."""
    return frozenset(sid for one in guardrail.deny for sid in (one.sid, f"{one.sid}OldName"))


def _compiled(chosen: ChosenGuardrail, setting: GuardrailContext) -> Sequence[ComposedStatement]:
    """Return the statements of *chosen*; none where its values make none."""
    try:
        return join(share for share in compile_guardrail(chosen, setting).shares if not share.purpose)
    except (RolemgrError, ValueError, LookupError):  # values that nobody could have given, or a part of them is gone
        return ()


def _values(guardrail: Guardrail, statements: Mapping[str, IdentityStatement]) -> Values | None:
    """Return what stands in the place of each parameter; None where two statements have different values."""
    found: dict[str, tuple[str, ...]] = dict(_choices(guardrail, statements))
    for deny in guardrail.deny:
        if (statement := statements.get(deny.sid)) is None:
            continue
        for parameter, values in _read(deny, statement.condition):
            if found.setdefault(parameter, values) != values:
                return None
    return {parameter: found.get(parameter, ()) for parameter in guardrail.parameters}


def _choices(guardrail: Guardrail, sids: Container[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each parameter that chooses between Denies, with the value that asks for those of *sids*."""
    for deny in guardrail.deny:
        for name, value in deny.only_where.items():
            others = (one for one in guardrail.parameters[name].one_of if one != value)
            if deny.sid in sids:
                yield name, (value,)
            elif other := next(others, None):
                yield name, (other,)


def _read(deny: GuardrailDeny, condition: Conditions) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each parameter of the conditions of *deny*, with what *condition* has in its place."""
    for operator, block in deny.conditions.items():
        there = condition.get(operator, {})
        for key, texts in block.items():
            values = there.get(key, there.get(quirks.old_key_names().get(key, key), ()))
            if names_in(key):
                values = yield from _in_key(key, there)
            fixed = {value for text in texts for value in _fixed(text)}
            alone = [text for text in texts if len(pieces_of(text)) == 1 and names_in(text)]
            names = [name for text in alone for name in names_in(text) if name != _NVME]
            if len(names) == 1:
                yield names[0], tuple(sorted(value for value in values if value not in fixed))


def _in_key(
    key: str, there: Mapping[str, tuple[str, ...]]
) -> Generator[tuple[str, tuple[str, ...]], None, tuple[str, ...]]:  # fmt: skip
    """Yield the parameter that is a part of *key*, and return the values of the one key like it that is *there*."""
    pattern = "".join("(.+?)" if isinstance(one, Placeholder) else re.escape(one) for one in pieces_of(key))
    found = [(match, values) for name, values in there.items() if (match := re.fullmatch(pattern, name))]
    if len(found) != 1 or len(names_in(key)) != 1:
        return ()
    yield names_in(key)[0], (found[0][0][1],)
    return found[0][1]


_NVME = "local_nvme_types"


def _fixed(text: str) -> tuple[str, ...]:
    """Return the values of *text* that are there whatever the user gives."""
    names = names_in(text)
    return quirks.local_nvme_types() if names == (_NVME,) else () if names else (text,)


def _meaning(one: IdentityStatement) -> tuple[object, ...]:
    return (one.sid, sorted(one.action or ()), sorted(one.resource or ()), _sorted(one.condition))


def _meaning_of_composed(one: ComposedStatement) -> tuple[object, ...]:
    return (one.sid, sorted(one.actions), sorted(one.resources), _sorted(one.condition))


def _sorted(condition: Conditions) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return sorted((operator, sorted((key, sorted(values)) for key, values in block.items()))
                  for operator, block in condition.items())  # fmt: skip
