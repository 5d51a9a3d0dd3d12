"""
The answers so far: keys of a role file with their values in one form each, as text or lists of text.

What the flags, the environment and ``rolemgr.yaml`` gave stands in them from the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from rolemgr.errors import SourceLocation
from rolemgr.files.source import LayeredSource, paths_of
from rolemgr.model.flags import Option, options_of
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import DEFAULT_ACCOUNT, RoleSpec
from rolemgr.model.trust_text import as_text

KeyPath: TypeAlias = tuple[str, ...]
"""Where an answer stands in a role file: ``("bucket",)``, ``("guardrail", "max-runtime")``."""

_FIRST = ("persona", "name", "account", "region", "partition", "add", "remove", "parameter", "bucket", "pass_role")
"""What is said first of a role; the other keys follow as they are declared."""
ORDER = (*_FIRST, *(key for key in RoleSpec.model_fields if key not in _FIRST))
"""The keys of a role file, in the order in which they are written."""

_DEFAULTS = {"account": DEFAULT_ACCOUNT, "path": "/", "max_session": "3600", "trust": ("sagemaker",)}
"""What needs no writing down, for it holds everywhere; the region's default depends on the machine."""


@dataclass(frozen=True)
class Answers:
    """
    What was chosen: *choices* by key, and the parameters that were *picked* to be asked for.

    *outside* says where each key stands that the environment or ``rolemgr.yaml`` sets: there it would hold
    again if the answers said nothing of it.
    """

    choices: Mapping[str, Any]
    outside: Mapping[str, SourceLocation] = field(default_factory=dict)
    picked: frozenset[str] = frozenset()

    def get(self, path: KeyPath) -> Any:
        """Return the value at *path*, None where there is none."""
        value: Any = self.choices
        for step in path:
            value = value.get(step) if value is not None else None
        return value

    def put(self, path: KeyPath, value: Any) -> "Answers":
        """Return the answers with *value* at *path*; None takes away what is there."""
        key, *rest = path
        if rest:
            inner = {name: one for name, one in self.choices.get(key, {}).items() if name != rest[0]}
            value = inner | ({} if value is None else {rest[0]: value})
        choices = {name: one for name, one in self.choices.items() if name != key}
        return replace(self, choices=choices if value in (None, {}, (), False) else choices | {key: value})


def answers_of(given: LayeredSource, outside: Mapping[str, SourceLocation]) -> Answers:
    """Return what *given* chooses, in the wizard's forms; raise InputError (or Problems) for what is wrong in it."""
    known = {"persona": "none-yet", **given.data}  # who it is for is asked first
    source = replace(given, data=known, lines=dict.fromkeys(paths_of(known), 0))
    spec = parse_model(source, RoleSpec).value
    return Answers({key: _in_our_form(key, getattr(spec, key)) for key in ORDER if key in given.data}, outside)


def _in_our_form(key: str, value: Any) -> Any:
    if key == "trust":
        return tuple(map(as_text, value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def spec_of(answers: Answers) -> Sourced[RoleSpec]:
    """Return the *answers* as a role's choices, each at its flag; raise InputError (or Problems) for wrong ones."""
    data = dict(answers.choices)
    places = {key: SourceLocation(flag(key)) for key in data}
    lines = dict.fromkeys(paths_of(data), 0)
    return parse_model(LayeredSource("the answers", data, lines, places), RoleSpec)


def flag(key: str) -> str:
    """Return the option of the command line that *key* of a role file is."""
    return f"--{key.replace('_', '-')}"


def answers_to_save(answers: Answers) -> dict[str, Any]:
    """
    Return the *answers* that have to be written down for the same role on any machine, in a fixed order.

    Left out are defaults that nothing outside overrides. The region is always there: its default is the
    environment's.
    """
    region = answers.choices.get("region", RoleSpec.model_fields["region"].default)
    choices = {**answers.choices, "region": region}
    return {
        key: choices[key]
        for key in ORDER
        if key in choices and (choices[key] != _DEFAULTS.get(key) or key in answers.outside)
    }


def command_options(answers: Answers) -> tuple[Option, ...]:
    """Return the options of the command line that give the same role."""
    return options_of(answers_to_save(answers), ORDER)


def role_data(answers: Answers) -> dict[str, Any]:
    """Return the *answers* as the data of a role file."""
    return {key: in_a_file(key, value) for key, value in answers_to_save(answers).items()}


def in_a_file(key: str, value: Any) -> Any:
    """Return the answer *value* as it stands under *key* of a role file."""
    if key == "guardrail":
        return {name: _several(values) or True for name, values in value.items()}
    if isinstance(value, Mapping):
        return {name: _several(one) for name, one in value.items()}
    return _several(value)


def _several(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
