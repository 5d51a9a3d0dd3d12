"""Which further actions a call takes: the role that it passes, the tags that it sets (quirks, with sources)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rolemgr.reference import quirks


class Dependent(NamedTuple):
    """An *action* that the caller needs too, *when* (``always``, ``tags``, or in words)."""

    action: str
    when: str


def dependents(action: str) -> tuple[Dependent, ...]:
    """Return what the caller of *action* (as spelt) needs too; nothing where nothing is known."""
    return _table().get(action, ())


@cache
def _table() -> Mapping[str, tuple[Dependent, ...]]:
    raw = json.loads((Path(quirks.__file__).parent / "dependent_actions.json").read_bytes())
    return {
        action: tuple(Dependent(entry["action"], entry["when"]) for entry in entries) for action, entries in raw.items()
    }
