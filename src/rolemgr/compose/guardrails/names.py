"""
What a guardrail file says by name, checked before its Denies are compiled.

A Deny that needs a misspelt parameter would be left out in silence, and a misspelt by-pass never be reported.
"""

from collections.abc import Iterator

from rolemgr.compose.questions import wrong_values_of_guardrail
from rolemgr.compose.substitute import UnknownPlaceholderError, names_in
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.catalog import ParameterType
from rolemgr.model.guardrail import Guardrail, GuardrailDeny
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks
from rolemgr.reference.services import action_names, expand, find_action, key_names, normal_key

_NUMBERS = (ParameterType.DURATION, ParameterType.INTEGER)


def wrong_names(guardrail: Sourced[Guardrail]) -> Iterator[InputError]:
    """Yield an error, with its line, for each name in *guardrail* that stands for nothing or is never used."""
    for index in range(len(guardrail.value.deny)):
        yield from _wrong_keys(guardrail, index)
        yield from _wrong_needs(guardrail, index)
        yield from _wrong_limits(guardrail, index)
        yield from _wrong_choices(guardrail, index)
        yield from _wrong_patterns(guardrail, index)
    for number, bypass in enumerate(guardrail.value.bypassed_by):
        if find_action(bypass.action) is None:
            where = guardrail.at("bypassed_by", number, "action")
            service = bypass.action.partition(":")[0]
            yield UnknownNameError(where, "action", bypass.action, action_names(service).values())
    used = {name for statement in guardrail.value.deny for name in _used(statement)}
    for name in sorted(guardrail.value.parameters.keys() - used):
        yield InputError(guardrail.at("parameters", name), f"no Deny uses the parameter `{name}`")
    yield from wrong_values_of_guardrail(guardrail)


def _wrong_keys(guardrail: Sourced[Guardrail], index: int) -> Iterator[InputError]:
    """Yield the condition keys of a Deny that SageMaker does not know; other services' are looked up by action."""
    known = key_names("sagemaker")
    folded = {normal_key(key) for key in known} | quirks.unlisted_keys_with_actions()
    for operator, block in guardrail.value.deny[index].conditions.items():
        for key in block:
            if key.startswith("sagemaker:") and normal_key(key) not in folded:
                yield UnknownNameError(
                    guardrail.at("deny", index, "conditions", operator, key), "condition key", key, known
                )


def _wrong_needs(guardrail: Sourced[Guardrail], index: int) -> Iterator[InputError]:
    known, deny = guardrail.value.parameters, guardrail.value.deny[index]
    for field, names in (("needs", deny.needs), ("any_of", deny.any_of)):
        for number, name in enumerate(names):
            if name not in known:
                yield UnknownNameError(guardrail.at("deny", index, field, number), "parameter", name, known)


def _wrong_limits(guardrail: Sourced[Guardrail], index: int) -> Iterator[InputError]:
    """Yield what is wrong with the ``only_below`` of a Deny: it compares one number."""
    known, statement = guardrail.value.parameters, guardrail.value.deny[index]
    for name in statement.only_below:
        where = guardrail.at("deny", index, "only_below", name)
        if name not in known:
            yield UnknownNameError(where, "parameter", name, known)
        elif known[name].type not in _NUMBERS or known[name].many:
            yield InputError(where, f"the parameter `{name}` is not one duration or integer")
        elif known[name].default == () and name not in statement.needs:
            yield InputError(where, f"the parameter `{name}` may have no value", "name it under `needs` too")


def _wrong_choices(guardrail: Sourced[Guardrail], index: int) -> Iterator[InputError]:
    """Yield what is wrong with the ``only_where`` of a Deny: a parameter, and a value that it may have."""
    known = guardrail.value.parameters
    for name, value in guardrail.value.deny[index].only_where.items():
        where = guardrail.at("deny", index, "only_where", name)
        if name not in known:
            yield UnknownNameError(where, "parameter", name, known)
        elif value not in known[name].one_of:
            yield UnknownNameError(where, f"value of `{name}` (its one_of)", value, known[name].one_of)


def _wrong_patterns(guardrail: Sourced[Guardrail], index: int) -> Iterator[InputError]:
    for number, pattern in enumerate(guardrail.value.deny[index].not_carried_by):
        if not expand(pattern):
            where = guardrail.at("deny", index, "not_carried_by", number)
            yield UnknownNameError(where, "action", pattern, action_names(pattern.partition(":")[0]).values())


def _used(statement: GuardrailDeny) -> Iterator[str]:
    """Yield the parameters that *statement* speaks of; braces that hold no placeholder are found later."""
    yield from (*statement.needs, *statement.only_below, *statement.only_where)
    for block in statement.conditions.values():
        for key, texts in block.items():
            for text in (key, *texts):
                try:
                    yield from names_in(text)
                except UnknownPlaceholderError:
                    continue
