"""A large JSON object one item at a time: the same values as the one reader gives, with their lines."""

import json

import pytest

from rolemgr.files.members import items
from rolemgr.files.source import FileError

TEXT = """{
  "One": [
    {"a": 1},
    {"b": [2, 3]}
  ],
  "None": [],
  "Two": {"c": null},
  "Th\\u0072ee": "x"
}
"""


def test_items_of_lists_come_one_by_one() -> None:
    """With their lines."""
    found = [(one.key, one.place, one.line, one.value) for one in items(TEXT, "t")]
    assert found == [
        ("One", 0, 3, {"a": 1}), ("One", 1, 4, {"b": [2, 3]}), ("None", None, 6, []), ("Two", None, 7, {"c": None}),
        ("Three", None, 8, "x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "5", "{", '{"a"', '{"a":', '{"a": 1', '{"a": [1', '{"a": [1,]}', '{"a": 1,}', '{"a": 1} x', '{a: 1}',
        '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}', '{"a": "\\ud800"}', '{"a": ' + "[" * 90 + "]" * 90 + "}",
        '{"a": [' + "[" * 100_000, '{"a" 1}', "{,}", '{"a": [,]}',
    ],
)  # fmt: skip
def test_what_the_reader_refuses_is_refused(text: str) -> None:
    """As one line, with the place."""
    with pytest.raises(FileError) as caught:
        list(items(text, "t"))
    assert str(caught.value).startswith("t:")
    assert "\n" not in str(caught.value)


def test_it_reads_what_json_reads() -> None:
    """Of any nesting and spacing."""
    data = {"a": [{"x": [1, {"y": "é\n"}]}, 2], "b": {"c": []}, "d": [[]], "e": True}
    for text in (json.dumps(data), json.dumps(data, indent=3), json.dumps(data, separators=(",", ":"))):
        read: dict[str, object] = {}
        for one in items(text, "t"):
            if one.place is None:
                read[one.key] = one.value
            else:
                read.setdefault(one.key, []).append(one.value)  # type: ignore[attr-defined]
        assert read == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"P": [],\n"R": [],\n\n"P"\n: []}', "t:4: repeats the key `P` of line 1"),
        ('{"R": [\n{"a": 1,\n"b": {"c": 1,\n\n"c": 2}}],\n"P": []}', "t:5: repeats the key `c` of line 3"),
        ('{"R": [\n{"a": 1},\n{"b":\nNaN}]}', "t:4: is not valid JSON: `NaN` is not a JSON value"),
        ('{"R": [\n{"a": ' + "1" * 5_000 + "}]}", "t:2: Exceeds the limit"),
    ],
)  # fmt: skip
def test_what_is_refused_deep_in_an_item_is_at_its_own_line(text: str, says: str) -> None:
    """Not at that of the item, which may have thousands of lines."""
    with pytest.raises(FileError) as found:
        list(items(text, "t"))
    assert str(found.value).startswith(says)
