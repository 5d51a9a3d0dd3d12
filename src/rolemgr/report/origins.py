"""Where the statements of a role come from: the group, guardrail or tag key, its parameters, the line of its file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import Conditions
from rolemgr.model.role import ComposedRole, ComposedStatement, Origin
from rolemgr.report.entries import compact


class StatementOrigin(NamedTuple):
    """What gave a statement: its *kind* and *name*, the Sid there, the *parameters* that fill it, and the place."""

    kind: str
    name: str
    sid: str
    parameters: tuple[str, ...]
    file: str
    line: int | None


def origins_of(statement: ComposedStatement, catalog: Catalog) -> Iterator[StatementOrigin]:
    """Yield what *statement* comes from, in its order."""
    for one in statement.origins:
        parameters = tuple(_parameters(one, catalog))
        yield StatementOrigin(one.kind, one.group, one.sid, parameters, one.location.file, one.location.line)


def _parameters(origin: Origin, catalog: Catalog) -> Iterator[str]:
    """Yield the parameters whose values stand in what *origin* gave."""
    if origin.kind == "activity group":
        group = catalog.activity_group(origin.group).value
        found = next((one for one in group.statements if one.sid == origin.sid), None)
        texts = [*found.resources, *_texts(found.conditions)] if found else []
        yield from _named(texts, group.parameters)
    elif origin.kind == "guardrail":
        guardrail = catalog.guardrail(origin.group).value
        deny = next((one for one in guardrail.deny if one.sid == origin.sid), None)
        yield from _named(_texts(deny.conditions) if deny else [], guardrail.parameters)


def _texts(conditions: Conditions) -> list[str]:
    return [text for block in conditions.values() for key, values in block.items() for text in (key, *values)]


def _named(texts: Sequence[str], parameters: Iterable[str]) -> Iterator[str]:
    plain = [compact(text) for text in texts]
    yield from (name for name in parameters if any(f"{{{{{name}}}}}" in text for text in plain))


def statements_data(role: ComposedRole, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the statements of *role* for programs, each with what it comes from."""
    return [
        {
            "sid": one.sid,
            "effect": one.effect.value,
            "actions": list(one.actions),
            "resources": list(one.resources),
            "conditions": one.condition,
            "from": [origin._asdict() for origin in origins_of(one, catalog)],
        }
        for one in role.statements
    ]
