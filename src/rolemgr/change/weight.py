"""How serious access is, by its actions: the worst is told first."""

from collections.abc import Sequence
from typing import Final

from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.services import expand, find_action

_PASSING: Final = frozenset({"iam:PassRole", "sts:AssumeRole"})


def weight_of(actions: Sequence[str]) -> int:
    """Return how serious *actions*, or patterns of them, are: 1 for passing, then deleting, other writing, reading."""
    names = {name for action in actions for name in _names(action)}
    if _PASSING & names:
        return 1
    if any("Delete" in name for name in names):
        return 2
    known = [find_action(name) for name in names]
    return 3 if not known or any(action is None or action.access == "Write" for action in known) else 4


def _names(action: str) -> Sequence[str]:
    """Return the actions that *action* stands for: of a pattern those of the reference."""
    return expand("*:*" if action == "*" else action) if has_wildcard(action) else (action,)
