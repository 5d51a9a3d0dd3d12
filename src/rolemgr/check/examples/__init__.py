"""One example that each rule finds, and one that it does not: YAML files beside this one, by group."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.files.yaml import read_yaml


class Examples(NamedTuple):
    """The policies of a rule's examples, and the type that both are of."""

    type: str
    failing: Any
    passing: Any


def examples_of(rule: str) -> Examples | None:
    """Return the examples of the rule of id *rule*, or None for one that is not about policies."""
    entry = _group(rule[:3]).get(rule)
    return Examples(entry.get("type", "identity"), entry["failing"], entry["passing"]) if entry else None


@cache
def _group(prefix: str) -> Any:
    """Return the examples of the rules whose ids begin with *prefix*; none for a rule that is not about policies."""
    path = Path(__file__).with_name(f"{prefix}.yaml")
    return read_yaml(path).data if path.is_file() else {}
