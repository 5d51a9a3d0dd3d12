"""
Which rules of AWS Config's conformance packs the roles that are rendered here fail, and what mends it.

https://docs.aws.amazon.com/config/latest/developerguide/conformancepack-sample-templates.html
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from rolemgr.iam.documents import Effect
from rolemgr.model.role import RoleDocuments


class PackRule(NamedTuple):
    """A rule of AWS Config: what it *finds*, in the packs of which *frameworks* it stands, and what mends it."""

    rule: str
    finds: str
    frameworks: tuple[str, ...]
    judged_by: str
    remedy: str
    source: str


class JudgedPackRule(NamedTuple):
    """A rule, and the roles that fail it."""

    rule: PackRule
    failing: tuple[str, ...]


@cache
def pack_rules() -> tuple[PackRule, ...]:
    """Return the rules that are about roles and their policies."""
    rows = json.loads(Path(__file__).with_name("pack_rules.json").read_bytes())["rules"]
    return tuple(PackRule(**{**row, "frameworks": tuple(row["frameworks"])}) for row in rows)


def judged(rules: Iterable[PackRule], roles: Mapping[str, RoleDocuments]) -> tuple[JudgedPackRule, ...]:
    """Return *rules*, each with those of *roles* that fail it."""
    return tuple(
        JudgedPackRule(rule, tuple(name for name, made in roles.items() if _FAILS[rule.judged_by](made)))
        for rule in rules
    )


def _has_inline(made: RoleDocuments) -> bool:
    return bool(made.policies)


def _has_whole_service(made: RoleDocuments) -> bool:
    allows = (
        one
        for policy in (*made.policies, *made.managed_policies)
        for one in policy.document.statement
        if one.effect is Effect.ALLOW
    )
    return any(pattern.endswith(":*") or pattern == "*" for one in allows for pattern in one.action or ("*",))


_FAILS: Final[Mapping[str, Callable[[RoleDocuments], bool]]] = {
    "inline": _has_inline, "whole-service": _has_whole_service,
}  # fmt: skip
"""What each rule looks for, by the word of its row; our inline policies are asked as managed ones would be."""
