"""Values that a user might give: for the parameters of guardrails and patterns, and for condition keys of requests."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.errors import SourceLocation
from rolemgr.files.source import SourceFile
from rolemgr.layers.values import GivenValue
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.layer_pattern import LayerPattern
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.condition_keys import find_key


@cache
def table() -> Any:
    """Return the values, by what they are for."""
    return json.loads(Path(__file__).with_name("examples.json").read_bytes())


def example_guardrail(catalog: Catalog, name: str) -> ChosenGuardrail:
    """Return the guardrail *name* of *catalog* with values; raise InputError where these do not fit."""
    asked: dict[str, Any] = {"persona": "none", "region": table()["region"]}
    data = asked | example_choice(catalog.guardrail(name).value, name)
    spec = parse_model(SourceFile("example", data, {}), RoleSpec)
    return next(one for one in chosen_guardrails(catalog, None, spec) if one.name == name)


def example_choice(guardrail: Guardrail, name: str) -> dict[str, Any]:
    """Return the keys of a role file that choose *guardrail*, called *name*, with values."""
    forms = {one.from_ for one in guardrail.parameters.values() if one.from_}
    texts = table()["guardrails"].get(name) or list(_texts(guardrail)) or None
    return {"guardrail": {name: texts}} | {form: table()["short"][form] for form in sorted(forms)}


def _texts(guardrail: Guardrail) -> Iterator[str]:
    """Yield a value for each parameter that has none by itself, behind its name where there are several."""
    several = len(guardrail.parameters) > 1
    for name, declared in guardrail.parameters.items():
        if declared.default is None and not declared.from_:
            value = declared.one_of[0] if declared.one_of else table()["parameter_types"][declared.type.value]
            yield f"{name}:{value}" if several or declared.named else value


def example_values(name: str, pattern: LayerPattern) -> dict[str, GivenValue]:
    """Return values for the parameters of *pattern*, called *name*, that have none by themselves."""
    own = table()["layers"].get(name, {})
    where = SourceLocation("example")
    return {
        parameter: GivenValue((own.get(parameter) or table()["layer_types"][declared.type.value],), where)
        for parameter, declared in pattern.parameters.items()
        if declared.default is None or parameter in own
    }


def example_of_key(key: str) -> str:
    """Return a value that the condition *key* may have in a request."""
    known = find_key(key)
    own: str | None = table()["keys"].get(key.lower())
    if own is None and "kms" in key.lower() and known and known.type == "ARN":
        return str(table()["parameter_types"]["key-arn"])
    return own or str(table()["key_types"].get(known.type if known else "String", "churn"))
