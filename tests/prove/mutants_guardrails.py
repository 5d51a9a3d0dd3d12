"""Mutants of guardrails: every small defect of every Deny of the built-in ones."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.prove.mutants import CATALOG, Data, Mutant, entry, first_judgement, proven, write

from rolemgr.model.guardrail import Guardrail
from rolemgr.prove.catalog import guardrail_choices, short_forms
from rolemgr.reference.quirks import scope_actions
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key
from rolemgr.separation.managed import all_of


def guardrail_mutants() -> Iterator[Mutant]:
    """Yield every small defect of every Deny of every built-in guardrail."""
    for name in CATALOG.found("guardrails"):
        data = entry("guardrails", name)
        for index, deny in enumerate(data["deny"]):
            chosen = guardrail_choices(CATALOG, name)[-1 if deny.get("only_where") else 0]
            for what, changed, actions in _changed_denies(deny, CATALOG.guardrail(name).value):
                denies = [*data["deny"][:index], *changed, *data["deny"][index + 1 :]]
                if denies:
                    yield _of_guardrail(name, f"{deny['sid']}: {what}", {**data, "deny": denies}, actions, chosen)


def _of_guardrail(name: str, what: str, data: Data, actions: list[str], chosen: Data) -> Mutant:
    def found_by(folder: Path) -> list[str]:
        write(folder, "guardrails", name, data)
        _probe(folder, actions)
        return proven(folder, {"persona": "probe", **chosen, **short_forms(CATALOG)}, first_judgement)

    return Mutant(f"guardrail {name}, {what}", found_by)


def _probe(folder: Path, actions: list[str]) -> None:
    """Write a persona that is granted *actions*, and nothing else."""
    statements = [
        {"sid": f"S{number}", "actions": [action], "resources": [one for one in all_of(action, "aws") if one != "*"]}
        for number, action in enumerate(actions)
    ]
    group = {"title": "Probe", "description": "All that a guardrail judges.", "statements": statements}
    write(folder, "activity_groups", "probe", group)
    write(folder, "personas", "probe", {"title": "Probe", "description": "Probe.", "activity_groups": ["probe"]})


_OPERATORS = {
    "StringNotLike": ["StringLike"], "StringNotEquals": ["StringEquals"], "StringEquals": ["StringNotEquals"],
    "ArnNotLike": ["ArnLike"], "ArnNotEquals": ["ArnEquals"], "NumericGreaterThan": ["NumericLessThan", "NumericGreaterThanEquals"],
}  # fmt: skip


def _changed_denies(deny: Data, guardrail: Guardrail) -> Iterator[tuple[str, list[Data], list[str]]]:
    """Yield what may go wrong in a Deny, in words, what is left of it, and the actions that are concerned."""
    actions = _actions(deny, guardrail)
    yield "dropped", [], actions
    for action in actions if len(actions) > 1 and deny["actions"] != "all" else ():
        yield f"without {action}", [{**deny, "actions": [one for one in actions if one != action]}], [action]
    for what, conditions in _changed_conditions(deny["conditions"]):
        yield what, [{**deny, "conditions": conditions}], actions


def _actions(deny: Data, guardrail: Guardrail) -> list[str]:
    if deny["actions"] == "all":
        return ["sagemaker:CreateModel", "s3:GetObject"]  # neither is in its scope, and each is of another service
    if deny["actions"] != "supported":
        return list(deny["actions"])
    keys = [re.sub(r"\{\{.*?\}\}", "x", key) for block in deny["conditions"].values() for key in block]
    scope = sorted({action for one in guardrail.scope for action in scope_actions(one)})
    return [name for name in scope if (found := find_action(name)) and all(known_key(found, key) for key in keys)]


def _changed_conditions(conditions: Data) -> Iterator[tuple[str, Data]]:
    for operator, block in conditions.items():
        others = {name: found for name, found in conditions.items() if name != operator}
        qualifier, _, base = operator.rpartition(":")
        for other in _OPERATORS.get(base, ()):
            yield f"{operator} made {other}", {**others, f"{qualifier}:{other}".lstrip(":"): block}
        if qualifier == "ForAnyValue":
            yield f"{operator} made ForAllValues", {**others, f"ForAllValues:{base}": block}
            yield f"{operator} without ForAnyValue", {**others, base: block}
        if base.endswith("IfExists"):
            yield f"{operator} without IfExists", {**others, base.removesuffix("IfExists"): block}
        if base.startswith(("Bool", "Null")):
            flipped = {key: "false" if str(value) == "true" else "true" for key, value in block.items()}
            yield f"{operator} turned round", {**others, operator: flipped}
        for key in block:
            fewer = {**others, operator: {one: found for one, found in block.items() if one != key}}
            kept = {name: found for name, found in fewer.items() if found}
            if kept:
                yield f"without {operator} {key}", kept
            if not base.startswith(("Bool", "Null", "Numeric")):
                star = "arn:*:*:*:*:*" if base.startswith("Arn") else "*"
                yield (
                    f"{operator} {key} with a star",
                    {**others, operator: {**block, key: [*_listed(block[key]), star]}},
                )
    yield "with one more condition", {**conditions, "StringEquals": {
        **conditions.get("StringEquals", {}), "aws:RequestedRegion": "us-east-1"}}  # fmt: skip


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_the_same(mutant: str) -> bool:
    """Tell whether a mutant says what the original says."""
    return any(re.search(pattern, mutant) for pattern in _THE_SAME)


_THE_SAME = (
    # a star is a plain character to StringEquals, and no request has it
    r"String(Not)?Equals .* with a star$",
    # a Deny of run-unified-spaces holds it, whatever else is allowed
    r"may sagemaker:AddTags on .* with aws:TagKeys = AmazonDataZoneUser$",
)
