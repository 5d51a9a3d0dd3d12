"""
Compose without knowing the account: roles that differ by their account alone share the work.

What an account id is says nothing about which types and condition keys fit an ARN, so a stand-in goes
through distribution and merging, and the account comes in at the end.
"""

from dataclasses import replace

from rolemgr.compose.substitute import Values
from rolemgr.model.role import ComposedStatement

_STAND_IN = "\0"
"""No value and no catalog file can hold this character."""


def without_account(values: Values) -> Values:
    """Return *values* with a stand-in for the account, wherever its id stands in them."""
    (account,) = values["account"]
    return {name: tuple(text.replace(account, _STAND_IN) for text in found) for name, found in values.items()}


def in_account(statement: ComposedStatement, account: str) -> ComposedStatement:
    """Return *statement* with *account* in the place of its stand-in."""
    conditions = tuple(
        (operator, tuple((key, _filled(found, account)) for key, found in block))
        for operator, block in statement.conditions
    )
    resources = tuple(sorted(_filled(statement.resources, account)))
    parts = tuple(part._replace(resources=_filled(part.resources, account)) for part in statement.parts)
    return replace(statement, resources=resources, conditions=conditions, parts=parts)


def _filled(texts: tuple[str, ...], account: str) -> tuple[str, ...]:
    return tuple(text.replace(_STAND_IN, account) for text in texts)
