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
    for detail in details:
        if detail["type"] == "too_short" and any(_inside(other["loc"], detail["loc"]) for other in details):
            continue  # pydantic does not count the items that it refused for themselves
        path = _path_in_file(detail["loc"], source.lines)
        problem, hint = _message(detail, path, model)
        yield InputError(source.at(path), problem, hint)


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
            return f"unknown key `{_path_text(whole)}`", _near(last, model)
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
def _near(name: str, model: type[Readable]) -> str | None:
    """Return a hint at the fields that *name* may have meant, anywhere in *model* and the models in it."""
    from difflib import get_close_matches  # only a wrong key pays for it

    known, plain = _field_names(model), name.lower().replace("-", "_")
    if plain in known:
        return f"did you mean {plain}?"
    if meant := _meant(plain, known):
        return meant
    near = get_close_matches(plain, sorted(known), n=3, cutoff=0.65)
    return f"did you mean {', '.join(near)}?" if near else None


def _meant(name: str, known: frozenset[str]) -> str | None:
    """Return a hint at which of the *known* fields others call *name*: the first row of the table whose fields are."""
    for row in _other_keys():
        if name in row["called"] and known.issuperset(row["meant"]):
            hint: str = row.get("hint", f"did you mean {row.get('words', ' or '.join(row['meant']))}?")
            return hint
    return None


@cache
def _other_keys() -> list[Any]:
    found: list[Any] = json.loads(Path(__file__).with_name("other_keys.json").read_bytes())["keys"]
    return found


@cache
def _field_names(model: type[Readable]) -> frozenset[str]:
    schema = model.model_json_schema()
    blocks = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for block in blocks for name in block.get("properties", {}))
