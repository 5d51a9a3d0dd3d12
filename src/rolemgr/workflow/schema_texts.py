"""
What each field of the users' files is, for the JSON Schemas: an editor shows it where somebody writes the field.

A text is taken from the option of the same name, from below the field in its model, or from ``schema_texts.json``.
"""

import ast
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import rolemgr.model
from rolemgr.workflow.role_options import BY_KEY

Json = dict[str, Any]


def described(schema: Json) -> Json:
    """Return *schema* with a description at each field that has none, of the schema itself and of its definitions."""
    name = str(schema.get("title", ""))
    definitions = {one: _with_texts(found, one) for one, found in schema.get("$defs", {}).items()}
    return {**_with_texts(schema, name), **({"$defs": definitions} if definitions else {})}


def _with_texts(model: Json, name: str) -> Json:
    if "properties" not in model or model.get("type") != "object":
        return model
    return {**model, "properties": {key: _with_text(value, name, key) for key, value in model["properties"].items()}}


def _with_text(field: Json, model: str, name: str) -> Json:
    text = _text(model, name)
    return field if "description" in field or text is None else {**field, "description": text}


def _text(model: str, name: str) -> str | None:
    if model.startswith(("RoleSpec", "Blueprint")) and name in BY_KEY and f"{model}.{name}" not in _texts():
        return BY_KEY[name].help
    return _texts().get(f"{model}.{name}") or _below_fields().get(f"{model}.{name}") or _texts().get(f"*.{name}")


@cache
def _texts() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(Path(__file__).with_name("schema_texts.json").read_bytes())
    return found


@cache
def _below_fields() -> Mapping[str, str]:
    """Return the texts that stand below fields in the modules of models, each in one line."""
    found: dict[str, str] = {}
    for path in sorted(Path(rolemgr.model.__file__).parent.glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{field}": " ".join(text.split()) for field, text in _texts_of(node)}
    return found


def _texts_of(node: ast.ClassDef) -> list[tuple[str, str]]:
    pairs = zip(node.body, node.body[1:], strict=False)
    return [
        (field.target.id.removesuffix("_"), text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    ]
