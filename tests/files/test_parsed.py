"""The record of parsed files: what it gives is what the YAML gives, lines included, or it gives nothing."""

import json

import pytest

from rolemgr.catalog.load import builtin_folder
from rolemgr.files import parsed
from rolemgr.files.parsed import entries_of, record_of, recorded
from rolemgr.files.source import SourceFile, paths_of
from rolemgr.files.yaml import parse_yaml

CATALOG = sorted(
    path
    for place in ("personas", "separations", "activity_groups", "guardrails")
    for path in (builtin_folder() / place).rglob("*.yaml")
)
ODD = {
    "types": "a: 1\nb: 1.5\nc: true\nd: null\ne: '1'\nf: 012\ng: -0.0\n",
    "empty": "a: []\nb: {}\nc: ''\n",
    "aliases": "a: &x\n  - 1\n  - {b: 2}\nc: *x\nd: [*x]\n",
    "letters": 'a: "\\u2028 \\x85 é \U0001f600"\n"é":\n  - ü\n',
    "a list": "- a\n-\n  - b\n  - c: d\n",
    "a text": "just text\n",
}


def both(text: str) -> tuple[SourceFile, SourceFile]:
    """Return what the record has of *text*, and what the YAML says."""
    read = parse_yaml(text, "a.yaml")
    found = recorded(entries_of(record_of([("x: 1\n", parse_yaml("x: 1\n", "x")), (text, read)])), text, "a.yaml")
    assert found is not None
    return found, read


def assert_equal(found: SourceFile, read: SourceFile) -> None:
    """The two say the same: names, data to the type, the line of every path and of paths that are not there."""
    assert found.name == read.name
    assert repr(found.data) == repr(read.data)
    assert dict(found.lines) == dict(read.lines)
    assert len(found.lines) == len(read.lines)
    for path in paths_of(read.data):
        for asked in (path, (*path, 0), (*path, 99), (*path, "nothing"), (*path, -1)):
            assert found.at(asked) == read.at(asked)


def test_every_file_of_the_catalog_comes_back_as_its_yaml_says() -> None:
    """There is no second truth: data and lines are equal."""
    for path in (*CATALOG, builtin_folder() / "parameters.yaml"):
        assert_equal(*both(path.read_text("utf-8")))


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_whatever_yaml_can_say_comes_back(text: str) -> None:
    """Types, empty collections, aliases (which have no lines inside), line breaks that only some know."""
    assert_equal(*both(text))


def test_a_changed_text_is_not_in_the_record() -> None:
    """One character more, and the YAML is read."""
    record = record_of([("a: 1\n", parse_yaml("a: 1\n", "a"))])
    assert recorded(entries_of(record), "a: 1\n", "a") is not None
    assert recorded(entries_of(record), "a: 1 \n", "a") is None


def test_a_record_of_another_reader_has_no_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that was changed reads everything itself."""
    record = record_of([("a: 1\n", parse_yaml("a: 1\n", "a"))])
    assert entries_of(record)
    monkeypatch.setattr(parsed, "_reader", lambda: "another")
    assert entries_of(record) == {}
    assert entries_of("") == {}


def test_a_damaged_entry_is_not_used() -> None:
    """What can't be read, cut off or of another form, is nothing: the YAML says it."""
    record = record_of([("a: 1\n", parse_yaml("a: 1\n", "a"))])
    for damaged in (record[:-4], record.replace("[{", "{["), record[:-3] + "[" * 100_000):
        assert recorded(entries_of(damaged), "a: 1\n", "a") is None
    key = parsed.text_key("a: 1\n")
    assert recorded({key: json.dumps([1, 2, 3])}, "a: 1\n", "a") is None
    assert recorded({key: "1"}, "a: 1\n", "a") is None


def test_the_record_is_the_same_whatever_the_order() -> None:
    """A wheel is built the same twice."""
    texts = [(text, parse_yaml(text, "a")) for text in ODD.values()]
    assert record_of(texts) == record_of(reversed(texts))
