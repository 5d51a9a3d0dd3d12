"""The JSON reader: Python's, with lines, and with what a policy file must not hold refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.files.json import parse_json, read_json
from rolemgr.files.source import MAX_DEPTH, MAX_VALUES, FileError, paths_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)


def refusal(text: str) -> str:
    """Return the message with which *text* is refused."""
    with pytest.raises(FileError) as caught:
        parse_json(text, "f.json")
    return str(caught.value)


def test_every_path_has_its_line() -> None:
    """Each member has the line of its key, each element the line on which it starts."""
    source = parse_json('\n{"a": 1,\n "b":\n  [true,\n   {"c": "x:{[,"}\n  ],\n "d\\n": {}}\n', "f.json")
    assert source.data == {"a": 1, "b": [True, {"c": "x:{[,"}], "d\n": {}}
    assert source.lines == {
        (): 2, ("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 1): 5, ("b", 1, "c"): 5, ("d\n",): 7,
    }  # fmt: skip


@given(JSON, st.sampled_from([None, 0, 2]))
def test_it_reads_what_python_reads(data: Any, indent: int | None) -> None:
    """Any JSON value comes out as `json.loads` has it, with a line for each of its values."""
    text = json.dumps(data, indent=indent)
    source = parse_json(text, "f.json")
    assert source.data == json.loads(text)
    assert set(source.lines) == set(paths_of(source.data))
    assert list(source.lines.values()) == sorted(source.lines.values())
    assert max(source.lines.values()) <= text.count("\n") + 1


@given(st.text('{}[]":,0123456789.eE+- \\ntruefalsnNaIity\n', max_size=30))
def test_it_refuses_what_python_refuses(text: str) -> None:
    """Whatever is no JSON is one clean error; whatever is read, `json.loads` reads alike."""
    try:
        found = parse_json(text, "f.json").data
    except FileError as error:
        message = str(error)
        found = None
    else:
        message = ""
        assert found == json.loads(text)
    assert not message or message.startswith("f.json:")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.json:1: is empty"),
        ('{"a": 1,\n "b": }', "f.json:2: is not valid JSON: expecting value"),
        ('{"a": 1,}', "f.json:1: is not valid JSON: "),
        ("{'a': 1}", "f.json:1: is not valid JSON: "),
        ('{"a": 1}\n{"b": 2}', "f.json:2: is not valid JSON: extra data"),
        ("// no remarks\n{}", "f.json:1: is not valid JSON: expecting value"),
        ('{"a": 1,\n "a": 1}', "f.json:2: repeats the key `a` of line 1"),
        ('{"s": [{"Effect": "Deny",\n "E\\u0066fect": "Allow"}]}', "f.json:2: repeats the key `Effect` of line 1"),
        ('{"a":\n NaN}', "f.json:2: is not valid JSON: `NaN` is not a JSON value"),
        ("[\n-Infinity]", "f.json:2: is not valid JSON: `-Infinity` is not a JSON value"),
        (r'{"\ud800": 1}', r'f.json:1: is not valid JSON: "\ud800" has half of a surrogate pair'),
        ('"a\nb"', "f.json:1: is not valid JSON: "),
    ],
)
def test_what_is_not_json_is_refused_with_its_line(text: str, message: str) -> None:
    """Broken JSON, several values, remarks, duplicates (escaped ones too) and NaN say where."""
    assert refusal(text).startswith(message)


@pytest.mark.parametrize("text", ['["NaN"]', r'["\ud83d\ude00", "\\ud800"]', '{"Infinity": 1}'])
def test_words_in_strings_are_no_numbers(text: str) -> None:
    """A string that reads NaN is a string."""
    assert parse_json(text, "f.json").data == json.loads(text)


def test_the_same_key_on_other_levels_is_no_duplicate() -> None:
    """Only keys of one object are compared."""
    text = '{"a": {"a": [{"a": 1}, {"a": 2}]}}'
    assert parse_json(text, "f.json").data == json.loads(text)


def test_depth_and_number_are_bounded() -> None:
    """Forty levels are read, more are refused, also as many as overflow the parser; so are too many values."""
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f.json").data
    deep = f"is nested more than {MAX_DEPTH} levels deep"
    assert refusal("[\n" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == f"f.json:{MAX_DEPTH + 1}: {deep}"
    assert refusal("[" * 500_000 + "]" * 500_000) in (f"f.json: {deep}", f"f.json:1: {deep}")
    assert refusal("[" + "1," * MAX_VALUES + "1]") == f"f.json:1: holds more than {MAX_VALUES:,} values"


def test_numbers_too_long_for_python_are_refused() -> None:
    """An integer of ten thousand digits is one clean error."""
    assert refusal("[0,\n" + "1" * 10_000 + "]") == "f.json:2: holds a number of too many digits"


def test_a_file_is_read_like_its_text(tmp_path: Any) -> None:
    """A byte order mark is dropped; what can't be read says so."""
    (tmp_path / "f.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "f.json").data == {"a": 1}
    with pytest.raises(FileError, match="can't be read: No such file or directory"):
        read_json(tmp_path / "no.json")
