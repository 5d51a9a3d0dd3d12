"""A role file's keys as words of the command line, in the forms that the options take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def words_of(choices: Mapping[str, Any], keys: Iterable[str]) -> tuple[str, ...]:
    """
    Return those of *choices* that *keys* name, in their order, as options and their values.

    A mapping is ``KEY=VALUE[,VALUE...]``, a list is repeated, ``true`` is a switch; what is empty is left out.
    """
    found: list[str] = []
    for key in keys:
        flag = f"--{key.replace('_', '-')}"
        for text in _texts(choices.get(key)):
            found += [flag, text] if text else [flag]
    return tuple(found)


def _texts(value: Any) -> Sequence[str]:
    if isinstance(value, Mapping):
        return [_pair(name, found) for name, found in value.items()]
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if value is True:
        return [""]
    return [str(value)] if value else []


def _pair(name: str, value: Any) -> str:
    """Return ``name=value``; a list without a value (a guardrail that takes none) is the name alone."""
    if value == "":
        return f"{name}="
    return f"{name}={','.join(_texts(value))}" if value else name
