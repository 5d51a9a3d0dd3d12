"""Which further actions a call takes: the role that it passes, the tags that it sets (quirks, with sources)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rolemgr.reference import quirks


class Dependent(NamedTuple):
    """
    An *action* that the caller needs too, *when* (``always``, ``tags``, or in words).

    Where it passes a role, *passed_to* is the service principal that gets it, and *field* the path of the parameter
    that names the role.
    """

    action: str
    when: str
    passed_to: str | None = None
    field: str | None = None


def dependents(action: str) -> tuple[Dependent, ...]:
    """Return what the caller of *action* (as spelt) needs too; nothing where nothing is known."""
    return _table().get(action, ())


def passed_to(action: str) -> str | None:
    """Return the service principal that *action* (as spelt) passes its role to; None for none, or several."""
    found = {one.passed_to for one in dependents(action) if one.passed_to}
    return found.pop() if len(found) == 1 else None


@cache
def _table() -> Mapping[str, tuple[Dependent, ...]]:
    raw = json.loads((Path(quirks.__file__).parent / "dependent_actions.json").read_bytes())
    return {
        action: tuple(
            Dependent(entry["action"], entry["when"], entry.get("passed_to"), entry.get("field")) for entry in entries
        )
        for action, entries in raw.items()
    }
