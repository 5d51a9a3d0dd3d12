"""
The names in a file of custom checks: a check on an action that nobody has never finds anything.

So each is an error with its line; what AWS has added since the reference was written stands under `unknown_ok`.
"""

from collections.abc import Iterator
from typing import TypeAlias

from rolemgr.errors import InputError
from rolemgr.model.custom_checks import AccessGranted, AccessNotGranted, CustomCheck, CustomChecks, RequiredConditions
from rolemgr.model.source import Sourced
from rolemgr.reference.documents import action_pattern_doubt, condition_doubts, resource_doubt
from rolemgr.reference.names import Doubt, arn_doubts, key_doubt
from rolemgr.reference.requests import key_doubts

_Placed: TypeAlias = tuple[tuple[str | int, ...], Doubt]
"""A doubt, and where in its check it stands."""

_EXCUSE = "name it under `unknown_ok` where AWS has it"


def wrong_names(file: Sourced[CustomChecks]) -> Iterator[InputError]:
    """Yield an error, with its line, for each name in the checks of *file* that AWS is not known to have."""
    for number, check in enumerate(file.value.checks):
        for path, doubt in _doubts(check):
            if doubt.name not in file.value.unknown_ok:
                hint = f"{doubt.hint}; or {_EXCUSE}" if doubt.hint else _EXCUSE
                yield InputError(file.at("checks", number, check.kind, *path), doubt.problem, hint)


def _doubts(check: CustomCheck) -> Iterator[_Placed]:
    asked = check.access_not_granted or check.access_granted or check.required_conditions
    if asked is None:
        return
    for number, pattern in enumerate(asked.actions):
        if doubt := action_pattern_doubt(pattern):
            yield ("actions", number), doubt
    for number, resource in enumerate(asked.resources):
        yield from ((("resources", number), doubt) for doubt in arn_doubts(resource) if resource != "*")
        if doubt := resource_doubt(asked.actions, resource):
            yield ("resources", number), doubt
    yield from _of_keys(asked)


def _of_keys(asked: AccessNotGranted | AccessGranted | RequiredConditions) -> Iterator[_Placed]:
    if isinstance(asked, AccessGranted):
        for key, values in asked.context.items():
            yield from ((("context", key), doubt) for doubt in key_doubts(key, values))
    if isinstance(asked, RequiredConditions):
        for operator, block in asked.conditions.items():
            for key, values in block.items():
                yield from ((("conditions", operator, key), doubt) for doubt in condition_doubts(operator, key, values))
        for number, key in enumerate(asked.keys):
            yield from ((("keys", number), doubt) for doubt in filter(None, [key_doubt(key)]))
