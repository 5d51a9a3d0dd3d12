"""
Whether the conditions of an Allow narrow it.

A condition that holds for anyone who calls in the usual way, or leaves a key out of the request, narrows nothing; nor
does one that only says until when. What can't be read is taken not to narrow.
"""

from typing import Final

from rolemgr.check.document import ReadCondition
from rolemgr.check.limits_nothing import limits_nothing
from rolemgr.iam.documents import IdentityStatement
from rolemgr.iam.operators import parse_operator

_CLOCKS: Final = frozenset({"aws:currenttime", "aws:epochtime", "aws:tokenissuetime"})
"""Keys that say when, and not on what or for whom: what is over today may be asked again tomorrow."""


def narrows(statement: IdentityStatement) -> bool:
    """Tell whether some condition of *statement* leaves out requests that its actions and resources let through."""
    blocks = statement.condition.items()
    return any(_narrows(operator, key, values) for operator, block in blocks for key, values in block.items())


def _narrows(operator: str, key: str, values: tuple[str, ...]) -> bool:
    condition = ReadCondition(operator, parse_operator(operator), key, values, ())
    return condition.operator is not None and condition.folded not in _CLOCKS and not limits_nothing(condition)
