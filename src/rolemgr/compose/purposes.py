"""
What a statement is for, as its author says it: what Sids are made of.

``purposes.json`` has what catalogs don't say: the actions that are for one thing whichever statement names them, as
they take resources of nearly every type of their service; and the purposes whose reads stand apart from the writes,
where that costs little.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rolemgr.model.catalog import GroupStatement, PurposeByAccess
from rolemgr.reference.services import Action


def purpose_of(statement: GroupStatement, action: Action) -> str:
    """
    Return what *action* is for in *statement*; empty where its author gives the statement no purpose.

    Where reads and writes stand apart it ends with ``Read`` or ``Write``.
    """
    given = statement.purpose
    if given is None:
        return ""
    if isinstance(given, PurposeByAccess):
        return f"{given.read}Read" if action.access == "Read" else f"{given.write}Write"
    purpose: str = _data()["actions"].get(action.name, given)
    return purpose + (action.access if f"{action.service}:{purpose}" in _data()["apart"] else "")


@cache
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return found
