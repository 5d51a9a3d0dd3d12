"""Guardrails as tables for a function that reads calls: their Denies, and what the calls that by-pass them show."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rolemgr.compose.guardrails.callers import wanted_denies
from rolemgr.compose.guardrails.choice import ChosenGuardrail
from rolemgr.compose.guardrails.denies import Compiled, GuardrailContext, compile_guardrail
from rolemgr.compose.join import join
from rolemgr.model.guardrail import ALL_ACTIONS
from rolemgr.model.role import ComposedStatement
from rolemgr.reference import quirks
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key


class UsedGuardrail(NamedTuple):
    """A guardrail with its values, and the Sids of its Denies that count; all where there are none."""

    chosen: ChosenGuardrail
    only: tuple[str, ...] = ()


class Sight(NamedTuple):
    """How well calls under a guardrail can be judged from their events, by names of calls."""

    judged: frozenset[str]
    shown: frozenset[str]
    """By-passing calls that show the setting."""
    told: Mapping[str, str]
    """Calls that show nothing, each with the reason: every one is told of."""


def judges_calls(chosen: ChosenGuardrail) -> bool:
    """Tell whether the guardrail *chosen* is about calls of SageMaker: the events of no other service are read."""
    scopes = chosen.guardrail.value.scope
    return any(_is_read(action) for scope in scopes for action in quirks.scope_actions(scope))


def judges_more(chosen: ChosenGuardrail) -> bool:
    """Tell whether the guardrail *chosen* is about every action of every service too."""
    return any(one.actions == ALL_ACTIONS for one in wanted_denies(chosen))


def _is_read(action: str) -> bool:
    return action.startswith("sagemaker:")


def limit_tables(guardrails: Iterable[UsedGuardrail]) -> dict[str, Any]:
    """Return the tables of `rolemgr.detective.functions.outside_guardrails` for *guardrails*."""
    denies: list[Any] = []
    paths: dict[str, dict[str, Any]] = {}
    places: dict[str, list[Any]] = {}
    unseen: dict[str, dict[str, str]] = {}
    for used in guardrails:
        compiled = _compiled(used)
        for one in _denies(compiled):
            calls = _calls(one, compiled)
            keys = _keys(one)
            seen = [call for call in calls if all(quirks.shown_at(call, key) for key in keys)]
            if seen:
                denies.append((used.chosen.name, one.sid, tuple(seen), _block(one)))
            for call in seen:
                for key in keys:
                    paths.setdefault(key, {})[call] = tuple(map(_trail, quirks.shown_at(call, key)))
        for call, rows in _places(used.chosen.name, compiled).items():
            places.setdefault(call, []).extend(rows)
        for call, why in sight(used).told.items():
            unseen.setdefault(call, {})[used.chosen.name] = why
    return {
        "DENIES": tuple(denies),
        "PATHS": paths,
        "PLACES": {call: tuple(rows) for call, rows in sorted(places.items())},
        "UNSEEN": dict(sorted(unseen.items())),
    }


def sight(used: UsedGuardrail) -> Sight:
    """Return which calls that the guardrail *used* guards, or that by-pass it, its events can be judged by."""
    compiled = _compiled(used)
    judged: set[str] = set()
    told: dict[str, str] = {}
    for one in _denies(compiled):
        for call in _calls(one, compiled):
            dark = [key for key in _keys(one) if not quirks.shown_at(call, key)]
            if dark:
                told[call] = f"its parameters do not tell {dark[0]}: {quirks.untold(call, dark[0])}"
            else:
                judged.add(call)
    shown = frozenset(_places(used.chosen.name, compiled))
    for left in compiled.in_force.bypassed_by:
        call = left.action.partition(":")[2]
        if _is_read(left.action) and call not in shown:
            told[call] = left.why
    return Sight(frozenset(judged), shown, told)


def _compiled(used: UsedGuardrail) -> Compiled:
    """Return the guardrail's Denies under the one name of a KMS key that events are read into; none on all actions."""
    of_sagemaker = [one for one in wanted_denies(used.chosen) if one.actions != ALL_ACTIONS]
    only = frozenset(used.only or (one.sid for one in of_sagemaker))
    return compile_guardrail(used.chosen, GuardrailContext(None, "arn", False, only))


def _denies(compiled: Compiled) -> list[ComposedStatement]:
    return list(join(compiled.shares))


def _keys(one: ComposedStatement) -> list[str]:
    return list(dict.fromkeys(key for _, block in one.conditions for key, _ in block))


def _block(one: ComposedStatement) -> dict[str, dict[str, list[str]]]:
    return {operator: {key: list(values) for key, values in block} for operator, block in one.conditions}


def _calls(one: ComposedStatement, compiled: Compiled) -> list[str]:
    """Return the calls that the Deny *one* judges: of ``sagemaker:*``, those guarded that support its keys."""
    names = [name for name in one.actions if _is_read(name) and not name.endswith("*")]
    if any(name.endswith("*") for name in one.actions):
        names += [name for name in compiled.in_force.actions if _has(name, _keys(one))]
    return sorted({name.partition(":")[2] for name in names})


def _has(name: str, keys: Iterable[str]) -> bool:
    action = find_action(name)
    return action is not None and all(known_key(action, key) for key in keys)


def _places(name: str, compiled: Compiled) -> dict[str, list[Any]]:
    """Return by call that by-passes the guardrail where it shows the setting, and by which test it is outside."""
    tests = dict(_wrong_values(compiled))
    found: dict[str, list[Any]] = {}
    for left in filter(lambda one: _is_read(one.action), compiled.in_force.bypassed_by):
        call = left.action.partition(":")[2]
        for key, settings in quirks.bypass_parameters(call).items():
            for one in settings if key in tests else ():
                row = (name, _trail(one.at), _trail(one.value), *tests[key])
                found.setdefault(call, []).append(row)
    return found


def _wrong_values(compiled: Compiled) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Yield by key the test that says that a value is wrong; a guardrail that wants it to be there alone has none."""
    blocks = [
        [(operator, key, list(values)) for operator, block in one.conditions for key, values in block]
        for one in _denies(compiled)
    ]
    tests = [block[0] for block in blocks if len(block) == 1]
    for operator, key, values in sorted(tests, key=lambda test: test[0] != "Null"):  # the last that is yielded counts
        yield key, (operator, values)


def _trail(path: str) -> str:
    return ".".join(name[:1].lower() + name[1:] for name in path.split("."))
