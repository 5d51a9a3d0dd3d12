"""A list of patterns of SCPs or RCPs, as a blueprint has it: names, and names with their parameters."""

from typing import Any


def listed_patterns(key: str, listed: list[Any]) -> dict[str, Any]:
    """Return the patterns of a list by name; raise ValueError for what is not one, and for a name that stands twice."""
    found: dict[str, Any] = {}
    for one in listed:
        if not isinstance(one, str | dict):
            raise ValueError(f"a pattern is a name, or a name with its parameters: `{key}: [no-sharing]`")
        for name, parameters in (one if isinstance(one, dict) else {one: {}}).items():
            if name in found:
                raise ValueError(f"`{name}` stands twice in `{key}`")
            found[str(name)] = {} if parameters is None else parameters
    return found
