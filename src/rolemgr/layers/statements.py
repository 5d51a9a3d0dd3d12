"""
A pattern's statements: filled, held to the reference, and with the exemption on each.

A Deny that ignores the reference denies nothing, or for ever: each action has to be there, and has to support
each condition key of its service that the Deny asks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rolemgr.compose.dead_conditions import dead_conditions
from rolemgr.compose.substitute import Placeholder, UnknownPlaceholderError, Values, fill, pieces_of
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, raise_all
from rolemgr.iam.operators import base_operator, parse_operator, spelt_operators
from rolemgr.iam.values import value_problem
from rolemgr.model.layer import LayerDeny, ProtectedResources
from rolemgr.model.layer_pattern import LayerKind, LayerPattern, LayerStatement
from rolemgr.model.role import FrozenConditions, Origin
from rolemgr.model.source import Sourced
from rolemgr.reference import quirks
from rolemgr.reference.names import key_doubt
from rolemgr.reference.organizations import rcp_services
from rolemgr.reference.providers import is_provider_key
from rolemgr.reference.services import action_names, expand, find_action, service_exists
from rolemgr.reference.support import known_key

_EXEMPT_BY = ("ArnNotLike", "aws:PrincipalArn")
_ALL = ("*",)
_UNKNOWN_OK = "name it under `unknown_ok` with a source, or mend it"


def pattern_denies(
    kind: LayerKind, name: str, pattern: Sourced[LayerPattern], values: Values, exempt: tuple[str, ...]
) -> tuple[LayerDeny, ...]:
    """
    Return the statements of *pattern*, called *name*, with *values* filled in and *exempt* roles left out.

    Raises InputError (or Problems), with the line, for a statement that the reference contradicts.
    """
    raise_all(list(wrong_parameters(pattern)))
    found: list[LayerDeny] = []
    for index, statement in enumerate(pattern.value.statements):
        wanted = all(values.get(need) for need in statement.needs)
        if wanted and not any(values.get(one) for one in statement.unless):
            place = _Place(name, pattern, index)
            deny = place.deny(values)
            raise_all([*_problems(kind, place, deny)])
            found.append(with_exempt(deny, exempt) if statement.exempt else deny)
    return tuple(found)


def wrong_statement(
    kind: LayerKind, name: str, pattern: Sourced[LayerPattern], index: int, values: Values
) -> Iterator[InputError]:
    """
    Yield what the reference contradicts in statement *index* of *pattern*, whether it is wanted or not.

    Raises InputError for a placeholder that *values* do not fill.
    """
    place = _Place(name, pattern, index)
    yield from _problems(kind, place, place.deny(values))


def wrong_parameters(pattern: Sourced[LayerPattern]) -> Iterator[InputError]:
    """Yield the names of parameters that are none: a Deny that needs a misspelt one would be left out in silence."""
    known = {*pattern.value.parameters, *BUILT_IN}
    used: set[str] = set()
    for index, statement in enumerate(pattern.value.statements):
        for part in ("needs", "unless", "drops"):
            for place, name in enumerate(getattr(statement, part)):
                used.add(name)
                if name not in known:
                    yield UnknownNameError(pattern.at("statements", index, part, place), "parameter", name, known)
        used.update(_named(statement.model_dump_json()))
    used.update(name for one in pattern.value.guardrails for name in _named(one.model_dump_json()))
    for name in sorted(pattern.value.parameters.keys() - used):
        yield InputError(pattern.at("parameters", name), f"no statement uses the parameter `{name}`")


def protected_by(name: str, pattern: Sourced[LayerPattern], values: Values) -> tuple[ProtectedResources, ...]:
    """
    Return what *pattern*, called *name*, keeps for whom, with *values* filled in.

    Raises InputError (or Problems), with the line, for a parameter or an action that is not there.
    """
    raise_all(list(wrong_protected(pattern)))
    found: list[ProtectedResources] = []
    for index, one in enumerate(pattern.value.protects):
        resources = tuple(text for each in one.resources for text in fill(each, values))
        if resources and all(values.get(need) for need in one.needs):
            keepers = tuple(sorted({arn for keeper in one.keepers for arn in values[keeper]}))
            where = pattern.at("protects", index)
            found.append(ProtectedResources(name, resources, keepers, frozenset(one.leaves), where))
    return tuple(found)


def wrong_protected(pattern: Sourced[LayerPattern]) -> Iterator[InputError]:
    """Yield the names under `protects` that nothing has."""
    known = {*pattern.value.parameters, *BUILT_IN}
    for index, one in enumerate(pattern.value.protects):
        for place, keeper in enumerate(one.keepers):
            if keeper not in known:
                yield UnknownNameError(pattern.at("protects", index, "keepers", place), "parameter", keeper, known)
        for place, need in enumerate(one.needs):
            if need not in known:
                yield UnknownNameError(pattern.at("protects", index, "needs", place), "parameter", need, known)
        for name in {name for text in one.resources for name in _named(text)} - known:
            yield UnknownNameError(pattern.at("protects", index, "resources"), "parameter", name, known)
        for action in one.leaves:
            if find_action(action) is None:
                names = action_names(action.partition(":")[0]).values()
                yield UnknownNameError(pattern.at("protects", index, "leaves", action), "action", action, names)


BUILT_IN = ("exempt",)
"""What every pattern may name without declaring it: the roles that are exempt."""


def _named(text: str) -> tuple[str, ...]:
    """Return the parameters that *text* has placeholders for; braces that hold none are found as they are filled."""
    return tuple(one.name for one in pieces_of(text) if isinstance(one, Placeholder))


def with_exempt(deny: LayerDeny, exempt: tuple[str, ...]) -> LayerDeny:
    """Return *deny* for everybody but the *exempt* roles, and those that it lets go already."""
    if not exempt:
        return deny
    operator, key = _EXEMPT_BY
    conditions = {one: dict(block) for one, block in deny.conditions}
    block = conditions.setdefault(operator, {})
    there = next((one for one in block if one.lower() == key.lower()), key)
    block[there] = tuple(sorted({*block.get(there, ()), *exempt}))
    return replace(deny, conditions=frozen(conditions), binding_all=deny)


def frozen(conditions: Mapping[str, Mapping[str, Sequence[str]]]) -> FrozenConditions:
    """Return *conditions* as nested tuples in a fixed order."""
    return tuple(
        (operator, tuple((key, tuple(values)) for key, values in sorted(block.items())))
        for operator, block in sorted(conditions.items())
    )


class _Place:
    """A statement of a pattern file, able to say the line of any part of it."""

    def __init__(self, name: str, pattern: Sourced[LayerPattern], index: int) -> None:
        self.name, self.pattern, self.index = name, pattern, index

    @property
    def statement(self) -> LayerStatement:
        return self.pattern.value.statements[self.index]

    def at(self, *path: str | int) -> SourceLocation:
        return self.pattern.at("statements", self.index, *path)

    def deny(self, values: Values) -> LayerDeny:
        """Return the statement with its placeholders filled."""
        one = self.statement
        names = {
            part: self._filled(part, getattr(one, part), values)
            for part in ("actions", "not_actions", "resources", "not_resources")
        }
        names["resources"] = names["resources"] or (() if one.not_resources else _ALL)
        origin = Origin(self.at(), self.name, one.sid, one.actions, "pattern")
        return LayerDeny(
            one.sid,
            names["actions"],
            names["not_actions"],
            names["resources"],
            names["not_resources"],
            self._conditions(values),
            origin,
        )

    def _conditions(self, values: Values) -> FrozenConditions:
        filled: dict[str, dict[str, tuple[str, ...]]] = {}
        for operator, block in self.statement.conditions.items():
            for key, texts in block.items():
                if self._dropped(key, texts, values):
                    continue
                for one in self._filled("conditions", (key,), values):
                    filled.setdefault(operator, {})[one] = self._filled("conditions", texts, values)
        return frozen(filled)

    def _dropped(self, key: str, texts: Sequence[str], values: Values) -> bool:
        """Tell whether a condition's *key* or all its *texts* stand for parameters that may, and do, have no value."""
        empty = [f"{{{{ {one} }}}}" for one in self.statement.drops if not values.get(one)]
        return any(one in key for one in empty) or all(text in empty for text in texts)

    def _filled(self, part: str, texts: Sequence[str], values: Values) -> tuple[str, ...]:
        try:
            found = tuple(dict.fromkeys(one for text in texts for one in fill(text, values)))
        except UnknownPlaceholderError as error:
            raise error.at(self.at(part), values, "parameter") from error
        if texts and not found:
            raise InputError(self.at(part), "has no value", "name its parameter under `needs`")
        return found


def _problems(kind: LayerKind, place: _Place, deny: LayerDeny) -> Iterator[InputError]:
    for part, patterns in (("actions", deny.actions), ("not_actions", deny.not_actions)):
        for text in patterns:
            if problem := _wrong_action(place, text):
                yield InputError(place.at(part), *problem)
    yield from _wrong_conditions(place, deny)
    if kind is LayerKind.RCP:
        yield from _beyond_rcps(place, deny)


def _wrong_action(place: _Place, text: str) -> tuple[str, str | None] | None:
    """Return what is wrong with the action pattern *text*, and a hint, or None."""
    if text == "*" or expand(text) or text in place.pattern.value.unknown_ok:
        return None
    service = text.partition(":")[0]
    if text.endswith(":*") and not service_exists(service):
        return (
            f"the reference does not have a service `{service}`",
            _UNKNOWN_OK,
        )
    error = UnknownNameError(None, "action", text, action_names(service).values())
    return error.problem, error.hint


def _wrong_conditions(place: _Place, deny: LayerDeny) -> Iterator[InputError]:
    for operator, block in deny.conditions:
        base = base_operator(operator)
        if base is None:
            where = place.at("conditions", operator)
            yield UnknownNameError(where, "condition operator", operator, spelt_operators())
            continue
        for key, values in block:
            where = place.at("conditions", operator)
            yield from (InputError(where, problem) for value in values if (problem := value_problem(base, value)))
            yield from _unsupported(place, deny, operator, key, values)
    for one in dead_conditions({operator: dict(block) for operator, block in deny.conditions}):
        yield InputError(place.at("conditions", one.operator, one.key), one.problem, one.hint)


def _unsupported(
    place: _Place, deny: LayerDeny, operator: str, key: str, values: tuple[str, ...]
) -> Iterator[InputError]:
    """Yield the actions that never carry *key*: the Deny is dead there, or, where it matches absence, a full stop."""
    if key in place.pattern.value.unknown_ok:
        return
    if doubt := key_doubt(key):
        yield InputError(place.at("conditions", operator, key), doubt.problem, doubt.hint or _UNKNOWN_OK)
        return
    if key.lower() in quirks.global_keys() or key.partition(":")[0].lower() == "aws" or is_provider_key(key):
        return
    parsed = parse_operator(operator)
    for text in deny.actions:
        named = [action for one in expand(text) if (action := find_action(one))]
        lacking = [action.name for action in named if not known_key(action, key)]
        wild = len(named) > 1 and len(lacking) < len(named) and parsed and not parsed.true_where_absent(values)
        if lacking and not wild:
            problem = f"`{lacking[0]}` does not support the condition key `{key}`"
            yield InputError(place.at("conditions", operator), problem)


def _beyond_rcps(place: _Place, deny: LayerDeny) -> Iterator[InputError]:
    if deny.not_actions:
        yield InputError(place.at("not_actions"), "an RCP has no NotAction")
    for text in deny.actions:
        if (service := text.partition(":")[0]) not in rcp_services():
            hint = "an SCP on the actions that set its policies stands in: see `rolemgr show scp no-sharing`"
            yield InputError(place.at("actions"), f"RCPs do not reach {service}", hint)
