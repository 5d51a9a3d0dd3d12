"""
Ways to a role that one was not given, as data: which actions, together or alone, and who found the way.

The table beside this file names for each the page of AWS or the id in the public catalog of such ways,
https://pathfinding.cloud; the words are ours.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Together(NamedTuple):
    """Actions that only together are a way; *passed_to* is the service that a role is passed to, if one is."""

    actions: tuple[str, ...]
    passed_to: str | None
    how: str


@cache
def runs_as() -> Mapping[str, str]:
    """Return the actions that run something as a role without passing one, and how."""
    return {entry["action"]: entry["how"] for entry in _table()["runs_as"]}


@cache
def acted_on(action: str) -> tuple[str, ...]:
    """Return the resource types through which *action* is a way; none where all that it takes are."""
    return next((tuple(one.get("on", ())) for one in _table()["runs_as"] if one["action"] == action), ())


@cache
def works_for(action: str) -> tuple[str, ...]:
    """
    Return the services whose roles *action* of `runs_as` runs code as, or opens a shell.

    None where it only opens an app that uses its role.
    """
    return next((tuple(one.get("role_of", ())) for one in _table()["runs_as"] if one["action"] == action), ())


@cache
def takes_a_role() -> Mapping[str, str]:
    """Return the actions that start code of the caller's choice as a role that is passed, and to which service."""
    return {entry["action"]: entry["passed_to"] for entry in _table()["takes_a_role"]}


@cache
def together() -> tuple[Together, ...]:
    """Return the ways that take several actions."""
    return tuple(Together(tuple(e["actions"]), e.get("passed_to"), e["how"]) for e in _table()["together"])


@cache
def shares() -> tuple[str, ...]:
    """Return the actions that open a resource to other accounts, by its policy or a share."""
    return tuple(entry["action"] for entry in _table()["shares"])


@cache
def _table() -> Any:
    return json.loads(Path(__file__).with_name("escalation_paths.json").read_bytes())
