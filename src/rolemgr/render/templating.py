"""
The jinja2 environment that documents are rendered in: templates give shape, values stay values.

A template can print nothing but the result of the ``json`` filter: the environment's *finalize* refuses
every other expression, so a value can't change the structure of a document even where a template's author
forgets the filter. Jinja's own ``tojson`` is not used: it escapes for HTML (``'`` becomes a
``u0027`` escape, which spoils diffs and character counts) and reports an undefined name as a TypeError.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rolemgr.errors import RenderError
from rolemgr.files.write import escaped, indented


class _Json(str):
    """Text that the ``json`` filter made, and so the only text that a template may print."""

    __slots__ = ()


def render_text(template: str, **values: Any) -> str:
    """
    Return the text of the template file *template* with *values*.

    Raises RenderError for a name that is undefined, a value that has no JSON form, or an expression that
    by-passes the ``json`` filter.
    """
    try:
        return _template(template).render(**values)
    except UndefinedError as error:
        raise RenderError(f"template {template}: {error.message}") from error


def environment(loader: Any = None) -> ImmutableSandboxedEnvironment:
    """Return the environment; *loader* is where its templates come from, our own folder unless given."""
    made = ImmutableSandboxedEnvironment(
        loader=loader or FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=_only_json,
        autoescape=False,
        keep_trailing_newline=True,
    )
    made.filters = {"json": _json, "items": _items, "indent": _indented}
    return made


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def to_json_text(value: Any, indent: int | None = None) -> str:
    """
    Return *value* as JSON on one line, or on several, *indent* spaces to a level.

    Raises RenderError for a name that is undefined, and for a value that has no JSON form.
    """
    return _json(value, indent)


def _json(value: Any, indent: int | None = None) -> _Json:
    if isinstance(value, StrictUndefined):
        raise RenderError(f"template value missing: `{value._undefined_name}`")
    try:
        text = escaped(_encoder(indent).encode(value))
        return _Json(indented(text) if indent else text)
    except ValueError as error:
        raise RenderError(f"template value not JSON: `{value}`") from error


def _items(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(value.items())


def _indented(text: _Json, width: int) -> _Json:
    """Return *text* with every line but the first *width* spaces further in; JSON has no line breaks in values."""
    if not isinstance(text, _Json):
        raise RenderError("a template indents what the json filter did not make")
    return _Json(text.replace("\n", "\n" + " " * width))


def _plain_mapping(value: Any) -> dict[str, Any]:
    """Accept read-only mappings; refuse what JSON can't say, an undefined name deep in a list included."""
    if isinstance(value, Mapping):
        return dict(value)
    raise RenderError(f"template value missing or not JSON: `{getattr(value, '_undefined_name', value)}`")


@cache
def _encoder(indent: int | None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain_mapping, indent=indent)


def _only_json(value: Any) -> Any:
    if isinstance(value, StrictUndefined | _Json):
        return value
    raise RenderError(f"a template prints `{value}` without the json filter")
