"""The rules, by what they look at; importing this registers all of them."""

from rolemgr.check.rule import RULES
from rolemgr.check.rules import (
    acting,
    escalation,
    grammar,
    grants,
    keys,
    limits,
    names,
    operators,
    reach,
    recipes,
    redundant,
    sensitive,
    size,
    trust,
)

_by_id = sorted(RULES.items())
RULES.clear()
RULES.update(_by_id)

__all__ = [
    "RULES",
    "acting",
    "escalation",
    "grammar",
    "grants",
    "keys",
    "limits",
    "names",
    "operators",
    "reach",
    "recipes",
    "redundant",
    "sensitive",
    "size",
    "trust",
]
