"""A role file's keys as words of the command line, in the forms that the options take."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Option: TypeAlias = tuple[str, ...]
"""An option of the command line: its name, and its value if it has one."""


def options_of(choices: Mapping[str, Any], keys: Iterable[str]) -> tuple[Option, ...]:
    """
    Return those of *choices* that *keys* name, in their order, as options with their values.

    A mapping is ``KEY=VALUE[,VALUE...]``, a list is repeated, ``true`` is a switch; what is empty is left out.
    """
    return tuple(
        (f"--{key.replace('_', '-')}", *([text] if text else [])) for key in keys for text in _texts(choices.get(key))
    )


def words_of(choices: Mapping[str, Any], keys: Iterable[str]) -> tuple[str, ...]:
    """Return the same as `options_of`, as the words of a command line."""
    return tuple(word for option in options_of(choices, keys) for word in option)


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
