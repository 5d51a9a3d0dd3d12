"""
Witnesses: for a statement and an action, a request that the statement matches.

An Allow without a witness is a dead grant. A witness is made from the statement's own conditions: each
condition key gets a value that its operator accepts, each policy variable one and the same value wherever
it stands.
"""

from collections.abc import Iterator, Mapping

from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Conditions
from rolemgr.iam.operators import base_operator
from rolemgr.iam.variables import known_variables_in, replaced
from rolemgr.model.role import ComposedStatement
from rolemgr.reference.resources import common, sample
from rolemgr.reference.services import find_action

_WITNESS = "witness"


def witnesses(statement: ComposedStatement, name: str, within: str = "*") -> Iterator[Request]:
    """
    Yield a request for the action *name* on each resource of *statement* that it accepts.

    *within* is a glob that the resources must match as well; resources that can't are passed over.
    """
    variables = _variables(statement)
    context = Context({key: (text,) for key, text in variables.items()} | satisfying(statement.condition))
    for resource in statement.resources:
        if concrete := _concrete(replaced(resource, _WITNESS), name, within):
            yield Request(name, concrete, context)


def satisfying(conditions: Conditions) -> dict[str, tuple[str, ...]]:
    """
    Return values under which all of *conditions* hold, by condition key; a key that must be absent is not in it.

    The catalog's operators are covered: String, Arn, Numeric, Bool and Null, with qualifiers and IfExists.
    """
    values: dict[str, tuple[str, ...]] = {}
    for operator, block in sorted(conditions.items(), key=lambda item: item[0] == "Null"):
        for key, wanted in block.items():
            if value := _value(operator, wanted, values.get(key)):
                values[key] = (value,)
    for key, wanted in conditions.get("Null", {}).items():
        if wanted == ("true",):
            values.pop(key, None)
    return values


def _value(operator: str, wanted: tuple[str, ...], known: tuple[str, ...] | None) -> str | None:
    """Return a value that *operator* accepts for *wanted*; None where the key may as well be absent."""
    plain = base_operator(operator) or operator
    if plain == "Null":
        return (known[0] if known else _WITNESS) if wanted == ("false",) else None
    if "Not" in plain:
        return known[0] if known else None
    return _NUMBERS.get(plain, _text)(wanted[0])


def _text(wanted: str) -> str:
    return replaced(wanted.replace("*", "x").replace("?", "x"), _WITNESS)


_NUMBERS = {
    "NumericLessThan": lambda wanted: str(int(wanted) - 1),
    "NumericGreaterThan": lambda wanted: str(int(wanted) + 1),
}


def _variables(statement: ComposedStatement) -> Mapping[str, str]:
    """Return the value that each policy variable of *statement* has in its witnesses."""
    texts = [
        *statement.resources,
        *(value for _, block in statement.conditions for _, found in block for value in found),
    ]
    return {one.spelling: _WITNESS for text in texts for one in known_variables_in(text)}


def _concrete(resource: str, name: str, within: str) -> str | None:
    """Return an ARN that *resource* and *within* both match, of a type of the action *name*."""
    if within != "*":
        return common(resource, within)
    action = find_action(name)
    return sample(resource, action) if action else None
