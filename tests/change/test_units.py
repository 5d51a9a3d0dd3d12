"""The units in which two role files differ: what each is, where it stands, and the role without it and with it alone."""

from collections.abc import Mapping
from typing import Any

import pytest

from rolemgr.change.units import MOST_UNITS, units_of
from rolemgr.compare.grants import Grant
from rolemgr.files.source import LayeredSource
from rolemgr.files.yaml import parse_yaml


def source(name: str, text: str) -> LayeredSource:
    """Return the role file *name* with *text*."""
    file = parse_yaml(text, name)
    return LayeredSource(name, file.data, file.lines, {}, file)


CASES: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {
    "an element more": ("bucket: [a]", "bucket:\n- a\n- b", [("bucket", None, "b", "new:3")]),
    "an element less": ("bucket:\n- a\n- b", "bucket: [a]", [("bucket", "b", None, "old:3")]),
    "a list that is new": ("persona: p", "persona: p\nadd: [g]", [("add", None, "g", "new:2")]),
    "a list of one as a value": ("bucket: a", "bucket: [a, b]", [("bucket", None, "b", "new:1")]),
    "another order": ("bucket: [a, b]", "bucket: [b, a]", []),
    "a value": ("max_session: 1h", "max_session: 2h", [("max_session", "1h", "2h", "new:1")]),
    "a value less": ("persona: p\nmax_session: 1h", "persona: p", [("max_session", "1h", None, "old:2")]),
    "a key": ("tag: {a: x, b: y}", "tag:\n  a: x\n  b: z", [("tag b", "y", "z", "new:3")]),
    "a key with a list": ("parameter: {n: [x]}", "parameter: {n: [x, y]}", [("parameter n", "x", "x,y", "new:1")]),
    "a mapping that is gone": ("persona: p\ntag: {a: x}", "persona: p", [("tag a", "x", None, "old:2")]),
    "another kind of value": ("tag: [a]", "tag: {a: x}", [("tag", None, '{"a": "x"}', "new:1"), ("tag", "a", None, "old:1")]),
    "where catalogs lie": ("catalog: a", "catalog: b", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_units_are_elements_keys_and_values(name: str) -> None:
    """Each with its field, its values, and the line of the side that has it; undone all together they are the old file."""
    old, new = source("old", CASES[name][0]), source("new", CASES[name][1])
    asked: list[Mapping[str, Any]] = []

    def remake(data: Mapping[str, Any]) -> Grant | None:
        asked.append(data)
        return None

    units = units_of(old, new, remake, remake)
    found = [(one.cause.field, one.cause.old, one.cause.new, str(one.cause.where)) for one in units]
    assert found == CASES[name][2]
    assert [(one.without, one.alone) for one in units] == [(None, None)] * len(units)
    if len(units) == 1:
        undone, done = asked
        assert normal(undone) == normal(old.data)
        assert normal(done) == normal(new.data)


def normal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data* with a list for a value that may be either."""
    return {key: sorted(map(str, value)) if isinstance(value, list) else [value] if key == "bucket" else value
            for key, value in data.items()}  # fmt: skip


def test_of_many_units_whole_keys_are_left() -> None:
    """Each unit takes a role to be composed."""
    many = ", ".join(f"b{number}" for number in range(MOST_UNITS + 1))
    units = units_of(
        source("old", "bucket: [a]"), source("new", f"bucket: [{many}]\nadd: [g]"), lambda _: None, lambda _: None
    )
    assert [(one.cause.field, one.cause.old, one.cause.new) for one in units] == [
        ("add", None, None),
        ("bucket", None, None),
    ]
