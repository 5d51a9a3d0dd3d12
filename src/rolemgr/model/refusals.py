"""What pydantic refused, in the words of the file's author and with the line that it speaks of."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rolemgr.errors import InputError
from rolemgr.files.source import DataPath, SourceFile
from rolemgr.iam.plain import Readable


def problems(source: SourceFile, error: ValidationError, model: type[Readable]) -> Iterator[InputError]:
    """Yield what *error* says is wrong in *source*, which was read as *model*: in its author's words, with the line."""
    details = error.errors(include_url=False)
    taken_for = {field for detail in details if (field := _meant_field(detail, model))}
    for detail in details:
        if detail["type"] == "missing" and tuple(detail["loc"]) in taken_for:
            continue  # it is there, under a name that is said to be wrong
        if detail["type"] == "too_short" and any(_inside(other["loc"], detail["loc"]) for other in details):
            continue  # pydantic does not count the items that it refused for themselves
        path = _path_in_file(detail["loc"], source.lines)
        problem, hint = _message(detail, path, model)
        yield InputError(source.at(path), problem, hint)


def _meant_field(detail: Any, model: type[Readable]) -> tuple[str | int, ...] | None:
    """Return the field that an unknown key in *detail* is taken for, as pydantic names it; None where none is."""
    if detail["type"] not in _UNKNOWN_KEY:
        return None
    *above, name = detail["loc"]
    near = _close(str(name), _fields_at(model, tuple(above)))
    return (*above, near[0]) if near else None


_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")


def _inside(loc: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def _path_in_file(loc: tuple[str | int, ...], lines: Mapping[DataPath, int]) -> DataPath:
    """Return the part of pydantic's *loc* that the file has: it adds union tags and missing fields."""
    path: DataPath = ()
    for step in loc:
        if (*path, step) in lines:
            path = (*path, step)
    return path


def _path_text(path: DataPath) -> str:
    """Return *path* as people write it: ``statements[0].actions``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _message(detail: Any, path: DataPath, model: type[Readable]) -> tuple[str, str | None]:
    """Return the problem and a hint in the words of the file's author, never of Python."""
    shown = _path_text(path)
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    context = detail.get("ctx", {})
    inside = f"in `{shown}`: " if len(path) > 1 else ""
    match detail["type"]:
        case "missing":
            return f"{inside}`{last}` is missing", None
        case "extra_forbidden" | "unexpected_keyword_argument":
            whole = path if path[-1:] == (last,) else (*path, last)
            return f"unknown key `{_path_text(whole)}`", _near(last, model, tuple(detail["loc"][:-1]))
        case "value_error":
            return f"{inside}{context['error']}", None
        case "literal_error" | "enum":
            return (
                f"`{shown}` is `{detail['input']}`",
                f"use one of {context['expected'].replace(chr(39), '')}",
            )
        case "string_pattern_mismatch":
            from rolemgr.model.catalog import FORMS  # a policy's forms are not there, and need no catalog

            return f"`{shown}` is `{detail['input']}`", f"use {FORMS[context['pattern']]}"
        case "too_short" if context["actual_length"]:
            return f"`{shown}` has {context['actual_length']} of at least {context['min_length']} values", None
        case kind:
            subject = f"`{shown}`" if shown else "the file"
            return f"{subject} {_EXPECTED.get(kind, _plain(detail['msg']))}", None


_EXPECTED = {
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dataclass_type": "must be a mapping",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
}


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


@lru_cache(maxsize=256)
def _near(name: str, model: type[Readable], above: DataPath) -> str | None:
    """Return a hint at which field at *above* in *model* is meant by *name*, or where one of that name stands."""
    here = _fields_at(model, above) or _field_names(model)
    plain = _plain_name(name)
    if plain in here and plain != name:
        return f"did you mean {plain}?"
    if meant := _meant(plain, here):
        return meant
    if near := _close(name, here):
        return f"did you mean {', '.join(near)}?"
    place = _places(model).get(plain)
    return f"`{plain}` stands at {place}" if place else None


def _plain_name(name: str) -> str:
    return name.lower().replace("-", "_")


def _close(name: str, known: frozenset[str]) -> list[str]:
    from difflib import get_close_matches  # only a wrong key pays for it

    return [one for one in get_close_matches(_plain_name(name), sorted(known), n=3, cutoff=0.65) if one != name]


def _meant(name: str, known: frozenset[str]) -> str | None:
    """Return a hint at which of the *known* fields others call *name*: the first row of the table whose fields are."""
    for row in _other_keys():
        if name in row["called"] and known.issuperset(row["meant"]):
            hint: str = row.get("hint", f"did you mean {row.get('words', ' or '.join(row['meant']))}?")
            return hint
    return None


def names_for(field: str) -> frozenset[str]:
    """Return what other tools and people call *field*, in lower case."""
    return frozenset(name for row in _other_keys() if row["meant"] == [field] for name in row["called"])


@cache
def _other_keys() -> list[Any]:
    found: list[Any] = json.loads(Path(__file__).with_name("other_keys.json").read_bytes())["keys"]
    return found


@cache
def _field_names(model: type[Readable]) -> frozenset[str]:
    schema = _schema(model)
    blocks = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for block in blocks for name in block.get("properties", {}))


@cache
def _schema(model: type[Readable]) -> dict[str, Any]:
    return model.model_json_schema()


@cache
def _fields_at(model: type[Readable], above: DataPath) -> frozenset[str]:
    """Return the fields of what stands at *above*, as pydantic names that place; of a union, those of each kind."""
    schema = _schema(model)
    blocks = list(_kinds(schema, schema))
    for step in above:
        # a step that no block has names a kind of a union: the place stays
        blocks = [below for block in blocks for below in _below(block, step, schema)] or blocks
    return frozenset(name for block in blocks for name in block.get("properties", {}))


def _kinds(block: Any, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what *block* of *schema* refers to, of a union each kind."""
    if not isinstance(block, dict):
        return
    if reference := block.get("$ref"):
        yield from _kinds(schema["$defs"][reference.rpartition("/")[2]], schema)
    elif several := block.get("anyOf") or block.get("oneOf") or block.get("allOf"):
        for one in several:
            yield from _kinds(one, schema)
    else:
        yield block


def _below(block: dict[str, Any], step: str | int, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what stands in *block* under the key *step*, or in the list that it is."""
    if isinstance(step, int):
        yield from _kinds(block.get("items"), schema)
    elif step in (fields := block.get("properties", {})):
        yield from _kinds(fields[step], schema)
    else:
        yield from _kinds(block.get("additionalProperties"), schema)


@cache
def _places(model: type[Readable]) -> dict[str, str]:
    """Return where each field below the first level stands, as people write it: the place nearest to the top."""
    schema = _schema(model)
    found: dict[str, str] = {}
    level = [("", block) for block in _kinds(schema, schema)]
    for _ in range(_DEPTH):
        below = [one for place, block in level for one in _one_down(place, block, schema)]
        for place, block in below:
            for name in block.get("properties", {}):
                found.setdefault(name, f"`{place}`")
        level = below
    top = {name: "the top level" for block in _kinds(schema, schema) for name in block.get("properties", {})}
    return found | top


_DEPTH = 4
"""How deep files of ours are nested; a model that holds itself ends there too."""


def _one_down(place: str, block: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in block.get("properties", {}).items():
        for kind in _kinds(field, schema):
            here = f"{place}.{name}".removeprefix(".")
            yield from ((here, one) for one in _kinds(kind, schema))
            yield from ((f"{here}[]", one) for one in _kinds(kind.get("items"), schema))
            yield from ((f"{here}.NAME", one) for one in _kinds(kind.get("additionalProperties"), schema))
