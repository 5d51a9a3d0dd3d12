"""The rules: a module for each hundred, and modules of what several rules ask, named for what they judge."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from rolemgr.check.rule import Rule
from rolemgr.check.rules import (
    rm0xx,
    rm1xx,
    rm2xx,
    rm3xx,
    rm4xx,
    rm5xx,
    rm6xx,
    rm7xx,
    rm8xx,
    rm9xx,
)

_MODULES = (rm0xx, rm1xx, rm2xx, rm3xx, rm4xx, rm5xx, rm6xx, rm7xx, rm8xx, rm9xx)


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by its id, in the order of the ids."""
    return MappingProxyType(read_rules(_MODULES))


def read_rules(modules: Iterable[ModuleType]) -> dict[str, Rule]:
    """Return the rules that *modules* define, sorted by id; raise ValueError where two rules have one id."""
    found: dict[str, Rule] = {}
    for module in modules:
        for rule in vars(module).values():
            if isinstance(rule, Rule) and found.setdefault(rule.id, rule) is not rule:
                raise ValueError(f"{rule.id} is both `{found[rule.id].name}` and `{rule.name}`")
    return dict(sorted(found.items()))
