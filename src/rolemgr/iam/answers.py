"""
Where the answers of the AWS CLI hold policies, and what kind of policy each is: a table, ``cli_answers.json``.

The operations whose output has each member stand there too, as botocore's models have them. Policies that
belong to a role, a user or a group are read by `rolemgr.iam.role_document`, which knows whose they are.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from rolemgr.files.json import strict_json
from rolemgr.files.source import DataPath

ITEMS: Final = "[]"
"""The step of a path that is each item of a list."""


class AnswerRow(NamedTuple):
    """One place: its path, the kind of policy there, and *reason*, where IAM's logic does not judge it."""

    path: tuple[str, ...]
    kind: str
    reason: str = ""
    beside: str = ""
    owner: str = ""
    operations: tuple[str, ...] = ()


class PolicyInAnswer(NamedTuple):
    """What stands at the place of *row*: its *value*, and the object *around* it."""

    path: DataPath
    value: Any
    row: AnswerRow
    around: Mapping[str, Any]


class _Node(NamedTuple):
    rows: list[AnswerRow]
    below: dict[str, "_Node"]


@cache
def rows() -> tuple[AnswerRow, ...]:
    """Return the table."""
    text = files("rolemgr.iam").joinpath("cli_answers.json").read_text("utf-8")
    return tuple(_row(one) for one in strict_json(text)["answers"])


def held(data: Any) -> Iterator[PolicyInAnswer]:
    """Yield what *data* has at the places of the table; of a key with places below it, those or the key itself."""
    yield from _walk(data, (), _tree(), {})


def _row(data: Mapping[str, Any]) -> AnswerRow:
    steps = data["path"].replace(ITEMS, f".{ITEMS}").split(".")
    told = {key: data.get(key, "") for key in ("reason", "beside", "owner")}
    return AnswerRow(tuple(steps), data["kind"], operations=tuple(data["operations"]), **told)


@cache
def _tree() -> _Node:
    root = _Node([], {})
    for row in rows():
        node = root
        for step in () if row.owner else row.path:
            node = node.below.setdefault(step, _Node([], {}))
        if not row.owner:
            node.rows.append(row)
    return root


def _walk(value: Any, path: DataPath, node: _Node, around: Mapping[str, Any]) -> Iterator[PolicyInAnswer]:
    found = list(_below(value, path, node))
    yield from found
    is_inner = isinstance(value, dict) and bool(node.below) and "Statement" not in value
    if found or is_inner:
        return
    row = next((one for one in node.rows if not one.beside or one.beside in around), None)
    if row:
        yield PolicyInAnswer(path, value, row, around)


def _below(value: Any, path: DataPath, node: _Node) -> Iterator[PolicyInAnswer]:
    if isinstance(value, list) and ITEMS in node.below:
        for index, one in enumerate(value):
            yield from _walk(one, (*path, index), node.below[ITEMS], {})
    elif isinstance(value, dict) and "Statement" not in value:
        for step, inner in node.below.items():
            if step in value:
                yield from _walk(value[step], (*path, step), inner, value)
