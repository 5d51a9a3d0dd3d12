"""
Compose without knowing the account: roles that differ by their account alone share the work.

What an account id is says nothing about which types and condition keys fit an ARN, so a stand-in goes
through distribution and merging, and the account comes in at the end.
"""

from functools import lru_cache

from rolemgr.compose.substitute import Values
from rolemgr.model.role import ComposedStatement, MergedPart

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
    parts = tuple(MergedPart(one.origin, one.action, _filled(one.resources, account)) for one in statement.parts)
    return ComposedStatement(
        statement.sid, statement.effect, statement.actions, resources, conditions, statement.origins, parts
    )


@lru_cache(maxsize=4096)
def _filled(texts: tuple[str, ...], account: str) -> tuple[str, ...]:
    return tuple(text.replace(_STAND_IN, account) for text in texts)
