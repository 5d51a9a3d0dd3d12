"""
What the files of the built-in catalog say as models, so that a run need not read them by pydantic again.

It is recorded when the package is built, beside what their YAML parses to (`rolemgr.files.parsed`), and by the same
rule: found by the hash of the text that lies there now, and not used where a module that decides what a text means was
changed. A model is a JSON object that names its class under the key ``""``, with the fields that its file has.
"""

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final, TypeVar

from rolemgr.files.parsed import by_key, entry_of, keyed, reader_of
from rolemgr.iam.documents import Effect
from rolemgr.iam.plain import Plain
from rolemgr.model import catalog, controls, guardrail

T = TypeVar("T")

RECORD: Final = "models.jsonl"
"""The name of the record in the folder of the files that it speaks of."""

FILES: Final[Mapping[str, type[Plain]]] = {
    "personas": catalog.Persona,
    "separations": catalog.Separation,
    "activity_groups": catalog.ActivityGroup,
    "guardrails": guardrail.Guardrail,
    "guardrails/profiles": guardrail.GuardrailProfile,
    ".": catalog.SharedParameters,
}
"""What the files of each folder of the catalog are, those at its top too, as far as roles are made from them."""

_CLASS: Final = ""
_CLASSES: Final[Mapping[str, type[Plain] | type[Enum]]] = {
    one.__name__: one
    for one in (
        *FILES.values(), catalog.Parameter, catalog.ParameterType, catalog.PurposeByAccess, catalog.GroupStatement,
        catalog.IndirectWay, catalog.Accepted, catalog.Forbidden, catalog.SeparationRef, catalog.Excuse,
        guardrail.Scope, guardrail.GuardrailParameter, guardrail.GuardrailDeny, guardrail.PeopleOnly,
        guardrail.ByPass, Effect,
        controls.ControlEvidence, controls.ServedControl,
    )
}  # fmt: skip
_READERS: Final = (
    "catalog/recorded.py", "files/parsed.py", "files/source.py", "files/yaml.py", "iam/adapters.py",
    "iam/documents.py", "iam/marks.py", "iam/plain.py", "model/catalog.py", "model/controls.py",
    "model/guardrail.py",
)  # fmt: skip


def model_of(file: PurePath) -> type[Plain] | None:
    """Return what the *file* of a catalog says, by its path there, where that is recorded."""
    return FILES.get(file.parent.as_posix())


def record_of(models: Iterable[tuple[str, Plain]]) -> str:
    """Return the record of texts, each with the model that it says; raise ValueError for what it can't hold."""
    return keyed(_reader(), ((text, json.dumps(_plain(model), separators=(",", ":"))) for text, model in models))


def entries_of(record: str) -> Mapping[str, str]:
    """Return the entries of *record* by the hash of their text: none where another reader made them."""
    return by_key(_reader(), record)


def recorded(entries: Mapping[str, str], text: str, model: type[T]) -> T | None:
    """Return what *entries* have of *text* as a *model*, or None, which says that *text* is to be read."""
    found = entry_of(entries, text, _made)
    return found if isinstance(found, model) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Plain):
        given = {name: _plain(getattr(value, name)) for name in value.model_fields if name in value.model_fields_set}
        return {_CLASS: _known(value), **given}
    if isinstance(value, Enum):
        return {_CLASS: _known(value), "value": value.value}
    if isinstance(value, Mapping):
        if _CLASS in value:
            raise ValueError("a key is empty, which is what a record calls the class of a model")
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _known(value: Plain | Enum) -> str:
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise ValueError(f"a record does not hold {name}")
    return name


def _made(row: dict[str, Any]) -> Any:
    """Return the model, member or mapping that *row* stands for; all that is several in models is a tuple."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    if _CLASS not in values:
        return values
    kind = _CLASSES[str(values.pop(_CLASS))]
    return kind.model_construct(**values) if issubclass(kind, Plain) else kind(values["value"])


@cache
def _reader() -> str:
    return reader_of(Path(__file__).parents[1] / name for name in _READERS)
