"""What reaches all data of an account, or stops the record of what is done in it; for `check` and `audit` alike."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rolemgr.reference import quirks


class Reach(NamedTuple):
    """Actions of a service that come to the same on every resource, *how* a message says so; *typed*: on a type."""

    how: str
    actions: tuple[str, ...]
    typed: tuple[tuple[str, str], ...]

    @property
    def service(self) -> str:
        """The service that all of its actions are of."""
        return self.actions[0].partition(":")[0]


@cache
def reach() -> Mapping[str, Reach]:
    """Return by its name what all data can be reached by, and what stops a record."""
    return {**data(), **records()}


@cache
def data() -> Mapping[str, Reach]:
    """Return by which actions data is read, written or deleted."""
    return _group("data")


@cache
def records() -> Mapping[str, Reach]:
    """Return by which actions logs and detectors are stopped, or made to overlook something."""
    return _group("records")


def _group(name: str) -> Mapping[str, Reach]:
    rows = json.loads((Path(quirks.__file__).parent / "reach.json").read_bytes())[name]
    return {row["name"]: Reach(row["how"], _names(row), _typed(row)) for row in rows}


def _names(row: Mapping[str, list[dict[str, str]]]) -> tuple[str, ...]:
    return tuple(one["action"] for one in row["actions"])


def _typed(row: Mapping[str, list[dict[str, str]]]) -> tuple[tuple[str, str], ...]:
    return tuple((one["action"], one["type"]) for one in row["actions"] if "type" in one)
