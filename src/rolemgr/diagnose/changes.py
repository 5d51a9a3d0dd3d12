"""
What a request must carry to be allowed: the smallest set of condition keys that the evaluator agrees to.

Each Deny that matched is left by one of its conditions, each Allow that came near is met by all of its own.
What is proposed was tried: with it, the given policies allow the request.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from rolemgr.evaluate.conditions import TestedCondition
from rolemgr.evaluate.explain import Explanation, NearMiss, explain
from rolemgr.evaluate.policies import Policies, PolicyGroup, StatementRef, groups_of
from rolemgr.evaluate.request import Context, Request
from rolemgr.evaluate.statement import Mismatch, ReadStatement, takes_action
from rolemgr.iam.documents import Effect
from rolemgr.iam.operators import base_operator
from rolemgr.iam.variables import has_variable, parse, resolve

PLACEHOLDER = "VALUE"
"""What stands where any value will do that the caller and the resource agree on."""

_ROUNDS = 8
_LIMITS = ("NumericGreaterThan", "NumericLessThan")
_FACTS = (
    "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice", "aws:principalorgid",
    "aws:principalservicename", "aws:resourceaccount", "aws:resourceorgid", "aws:userid", "aws:username",
    "kms:calleraccount", "s3:resourceaccount",
)  # fmt: skip
"""Keys that say who asks and whose the resource is: a request can't be given another value of these."""


class Carried(NamedTuple):
    """
    A condition key, the value that the request must have under it, and what it had; None for no value.

    *listed* are the values of the policy that *value* was made from: each of them will do.
    """

    key: str
    value: str | None
    had: tuple[str, ...]
    listed: tuple[str, ...] = ()


def mended(request: Request, policies: Policies) -> tuple[Carried, ...] | None:
    """Return what *request* must carry for *policies* to allow it, as it is nothing; None where nothing helps."""
    asked, carried = request, dict[str, Carried]()
    for _ in range(_ROUNDS):
        found = explain(asked, policies)
        if found.evaluation.decision == "Allowed":
            return tuple(carried.values())
        step = [one for one in _step(found, asked, policies) if one.key.lower() not in carried]
        if not step:
            return None
        for one in step:
            carried[one.key.lower()] = one._replace(had=request.context.get(one.key, ()))
        asked = replace(asked, context=with_carried(asked.context, step))
    return None


def with_carried(context: Context, step: list[Carried]) -> Context:
    """Return *context* with the values of *step*."""
    changed = {one.key.lower() for one in step}
    kept = {key: values for key, values in context.items() if key.lower() not in changed}
    return Context(kept | {one.key: (one.value,) for one in step if one.value is not None})


def _step(found: Explanation, request: Request, policies: Policies) -> list[Carried]:
    """Return the next keys to change: out of a Deny, or into an Allow; nothing where no key does it."""
    if found.evaluation.by:
        return next(_ways_out(found.evaluation.by[0], request, policies), [])
    if not found.evaluation.not_allowed_by:
        return []
    layer, level = found.evaluation.not_allowed_by[0]
    near = [miss for miss in found.near_misses if (miss.at.layer, miss.at.level) == (layer, level)]
    return next(filter(None, (_ways_in(miss, request) for miss in nearest(near, Effect.ALLOW))), [])


def nearest(misses: list[NearMiss] | tuple[NearMiss, ...], effect: Effect) -> list[NearMiss]:
    """Return those of *misses* with *effect* that speak of the action, the nearest to matching first."""
    about = [miss for miss in misses if miss.effect is effect and not _on_another_action(miss)]
    return sorted(about, key=lambda miss: (sum(one.element != "Condition" for one in miss.reasons), len(miss.reasons)))


def _on_another_action(miss: NearMiss) -> bool:
    return miss.reasons[0].element in ("Action", "NotAction")


def statement_at(ref: StatementRef, policies: Policies) -> ReadStatement | None:
    """Return the statement that *ref* stands for."""
    for group in groups_of(policies):
        for at, statement in _of(group):
            if at == ref:
                return statement
    return None


def _of(group: PolicyGroup) -> Iterator[tuple[StatementRef, ReadStatement]]:
    for index, policy in enumerate(group.policies):
        for place, statement in policy.statements:
            yield group.ref(index, place, statement), statement


def _ways_out(ref: StatementRef, request: Request, policies: Policies) -> Iterator[list[Carried]]:
    """Yield the changes of one key each that make the Deny at *ref* not match."""
    statement = statement_at(ref, policies)
    for condition in statement.conditions if statement else ():
        if condition.folded_key not in _FACTS:
            had = condition.found(request.context)
            yield from ([one._replace(had=had)] for one in _escapes(condition, request, policies))


def _escapes(condition: TestedCondition, request: Request, policies: Policies) -> Iterator[Carried]:
    """Yield values of its key for which *condition* does not hold; nothing where nobody knows one."""
    plain, key, context = _plain(condition.operator), condition.key, request.context
    if plain == "Null" and condition.values != ("true",):
        yield Carried(key, None, ())
    elif plain == "Null":
        yield from _welcome(condition, request, policies)
        yield Carried(key, PLACEHOLDER, ())
    elif plain.startswith("Bool"):
        yield Carried(key, "false" if condition.values == ("true",) else "true", ())
    elif plain in _LIMITS:
        yield Carried(key, condition.values[0], ())
    elif plain == "NotIpAddress":
        yield from (Carried(key, value.partition("/")[0], (), condition.values) for value in condition.values)
    elif "Not" in plain:
        yield from _of_values(condition.key, condition.values, context)


def _of_values(key: str, values: tuple[str, ...], context: Context) -> Iterator[Carried]:
    yield from (Carried(key, value, (), _literal_values(values)) for value in _concrete(values, context))


def _literal_values(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return *values* where each of them says by itself what will do: none that a variable fills."""
    return () if any(map(has_variable, values)) else values


def _plain(operator: str) -> str:
    return base_operator(operator) or operator


def _welcome(asked: TestedCondition, request: Request, policies: Policies) -> Iterator[Carried]:
    """Yield values of the key that *asked* misses and that other statements on the action name as right ones."""
    about = [one for group in groups_of(policies) for _, one in _of(group) if takes_action(one, request.folded_action)]
    for statement in about:
        for condition in statement.conditions:
            plain = _plain(condition.operator)
            good = ("Not" in plain or plain in _LIMITS) is (statement.effect is Effect.DENY)
            if condition.folded_key == asked.folded_key and plain != "Null" and good:
                yield from _of_values(asked.key, condition.values, request.context)


def _concrete(values: tuple[str, ...], context: Context) -> Iterator[str]:
    """Yield *values* without wildcards, variables filled from *context*; those without a value are left out."""
    for value in values:
        pieces = resolve(parse(value, variables=True), context)
        if pieces is not None:
            yield "".join(text.replace("*", "x").replace("?", "x") if live else text for text, live in pieces)


def _ways_in(miss: NearMiss, request: Request) -> list[Carried]:
    """Return the keys under which the Allow *miss* matches; nothing where its resource or principal differs."""
    carried: dict[str, Carried] = {}
    for reason in miss.reasons:
        if reason.key is None or reason.key.lower() in _FACTS or not (step := _meet(reason, request.context)):
            return []
        carried.update(step)
    return list(carried.values())


def _meet(reason: Mismatch, context: Context) -> Mapping[str, Carried]:
    """Return what makes the condition of *reason* hold: its key, and the variables that it lacks a value of."""
    if reason.key is None:
        return {}
    plain = _plain(reason.operator or "")
    if plain == "Null":
        present = PLACEHOLDER if reason.wanted == ("false",) else None
        return {reason.key: Carried(reason.key, present, reason.found)}
    if "Not" in plain:
        return {}
    lacking = {key: (PLACEHOLDER,) for key in reason.unresolved if key.lower() not in _FACTS}
    filled = Context({**{key: found for key, found in context.items() if key not in lacking}, **lacking})
    wanted = tuple(value.partition("/")[0] for value in reason.wanted) if plain == "IpAddress" else reason.wanted
    value = _number(wanted[0], _STEPS[plain]) if plain in _STEPS else next(_concrete(wanted, filled), None)
    if value is None:
        return {}
    return {
        **{key: Carried(key, PLACEHOLDER, ()) for key in lacking},
        reason.key: Carried(reason.key, value, reason.found, _literal_values(reason.wanted)),
    }


def _number(text: str, step: int) -> str | None:
    """Return the whole number *step* beyond the number *text*; None for what is none."""
    try:
        return str(math.floor(Decimal(text)) + step)
    except (ArithmeticError, ValueError):
        return None


_STEPS = {"NumericLessThan": -1, "NumericGreaterThan": 1}
