"""
The names in what a persona must never do: a misspelt one forbids nothing, so it is an error with its line.

What AWS has added since the reference was written stands under `unknown_ok` of the same file.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compose.never_values import excepting_texts, protected_texts
from rolemgr.compose.substitute import UnknownPlaceholderError, names_in
from rolemgr.errors import InputError
from rolemgr.model.catalog import ActivityGroup, Forbidden, Persona, Separation
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.source import Sourced
from rolemgr.reference.documents import action_pattern_doubt, excepts_everything, resource_doubt
from rolemgr.reference.names import Doubt, arn_doubts, key_doubt

_File: TypeAlias = Sourced[Persona] | Sourced[Separation] | Sourced[ActivityGroup]
_Path: TypeAlias = tuple[str | int, ...]
_EXCUSE = "name it under `unknown_ok` where AWS has it"


def wrong_names_in_never(catalog: Catalog, persona: ResolvedPersona) -> Iterator[InputError]:
    """Yield an error for each name that AWS is not known to have in the `never` of *persona* and all it extends."""
    for name in persona.lineage:
        file = catalog.persona(name)
        yield from _empty_promises(file, file.value.never)
        yield from _wrong(file, file.value.unknown_ok, _doubts(file.value.never))
        for index, entry in enumerate(file.value.never):
            if not isinstance(entry, Forbidden):
                separation = catalog.separation(entry.separation, file.at("never", index))
                yield from _of_separation(separation)


def wrong_names_in_separations(catalog: Catalog) -> Iterator[InputError]:
    """Yield an error for each name that AWS is not known to have in the separations of *catalog*, used or not."""
    for name in catalog.found("separations"):
        yield from _of_separation(catalog.separation(name))


def wrong_names_in_accepts(group: Sourced[ActivityGroup]) -> Iterator[InputError]:
    """Yield an error for each action under `accepts` of *group* that AWS is not known to have."""
    found = ((("accepts", index, "action"), action_pattern_doubt(one.action))
             for index, one in enumerate(group.value.accepts))  # fmt: skip
    doubts = ((path, doubt) for path, doubt in found if doubt)
    yield from _wrong(group, group.value.unknown_ok, doubts)


def taken_on_trust(file: Sourced[Persona] | Sourced[Separation]) -> Iterator[str]:
    """Yield a sentence, with its line, for each name under `unknown_ok` of *file*: what it is near, or idle."""
    doubts = {doubt.name: doubt for _, doubt in _doubts(file.value.never)}
    for index, name in enumerate(file.value.unknown_ok):
        doubt = doubts.get(name)
        known = "AWS is not known to have it" + (f"; {doubt.hint}" if doubt and doubt.hint else "")
        why = known if doubt else "nothing in the file needs that"
        yield f"{file.at('unknown_ok', index)}: `{name}` is taken as it is, by `unknown_ok`: {why}"


@lru_cache(maxsize=256)
def _of_separation(separation: Sourced[Separation]) -> tuple[InputError, ...]:
    value = separation.value
    return (*_empty_promises(separation, value.never), *_wrong(separation, value.unknown_ok, _doubts(value.never)))


def _empty_promises(file: _File, entries: Iterable[object]) -> Iterator[InputError]:
    """Yield an error for what forbids nothing: braces that hold no name, an exception of all that there is."""
    for index, entry in enumerate(entries):
        if isinstance(entry, Forbidden):
            for text in (*protected_texts(entry), *excepting_texts(entry)):
                try:
                    names_in(text)
                except UnknownPlaceholderError as error:
                    yield error.at(file.at("never", index), ())
            if excepts_everything(entry.action, entry.except_on):
                problem = f"`except_on` excepts every resource that `{entry.action}` is on: it forbids nothing"
                yield InputError(file.at("never", index, "except_on"), problem, "leave the entry out, or except less")


def _wrong(file: _File, excused: Iterable[str], doubts: Iterable[tuple[_Path, Doubt]]) -> Iterator[InputError]:
    for path, doubt in doubts:
        if doubt.name not in excused:
            hint = f"{doubt.hint}; or {_EXCUSE}" if doubt.hint else _EXCUSE
            yield InputError(file.at(*path), doubt.problem, hint)


def _doubts(entries: Iterable[object]) -> Iterator[tuple[_Path, Doubt]]:
    for index, entry in enumerate(entries):
        if isinstance(entry, Forbidden):
            yield from ((("never", index, *path), doubt) for path, doubt in _of_entry(entry))


def _of_entry(entry: Forbidden) -> Iterator[tuple[_Path, Doubt]]:
    if doubt := action_pattern_doubt(entry.action):
        yield ("action",), doubt
    if doubt := resource_doubt((entry.action,), entry.resource):
        yield ("resource",), doubt
    for field, keys in (("context", entry.context), ("except_with", entry.except_with)):
        for key in keys:
            if doubt := key_doubt(key):
                yield (field, key), doubt
    for field, texts in (("resource", (entry.resource,)), ("except_on", entry.except_on)):
        for number, text in enumerate(texts):
            if text != "*" and "{{" not in text:  # what a placeholder stands for is judged where it is given
                path = (field, number) if field == "except_on" else (field,)
                yield from ((path, doubt) for doubt in arn_doubts(text))
