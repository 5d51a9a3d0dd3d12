"""The YAML reader: what it gives, the line of everything, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolemgr.files.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, FileError
from rolemgr.files.write import to_yaml
from rolemgr.files.yaml import parse_yaml, read_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NESTED_TEXT = st.recursive(
    TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


def refusal(text: str) -> str:
    """Return the message with which *text* is refused."""
    with pytest.raises(FileError) as caught:
        parse_yaml(text, "f.yaml")
    return str(caught.value)


def test_every_path_has_its_line() -> None:
    """Each mapping entry has the line of its key, each list item the line on which it starts."""
    source = parse_yaml("# why\na: 1\nb:\n  - x\n  -\n    c: [d,\n        e]\n'f g':\n  h\n", "f.yaml")
    assert source.data == {"a": 1, "b": ["x", {"c": ["d", "e"]}], "f g": "h"}
    assert source.lines == {
        (): 2, ("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 1): 6, ("b", 1, "c"): 6,
        ("b", 1, "c", 0): 6, ("b", 1, "c", 1): 7, ("f g",): 8,
    }  # fmt: skip


def test_a_missing_path_has_the_line_of_what_is_around_it() -> None:
    """The place of a value that the file lacks is the nearest value around it."""
    source = parse_yaml("a:\n  b: 1\n", "f.yaml")
    assert str(source.at(("a", "b"))) == "f.yaml:2"
    assert str(source.at(("a", "c", 0))) == "f.yaml:1"
    assert str(source.at(("z",))) == "f.yaml:1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("NULL", None),
        ("0", 0), ("-12", -12), ("111122223333", 111122223333), ("1.5", 1.5), ("-0.25e-3", -0.00025),
        ("yes", "yes"), ("No", "No"), ("on", "on"), ("OFF", "OFF"), ("y", "y"), ("tRUE", "tRUE"), ("nUll", "nUll"),
        ("012", "012"), ("012345678901", "012345678901"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"),
        ("12:30:45", "12:30:45"), ("2012-10-17", "2012-10-17"), (".inf", ".inf"), (".nan", ".nan"), ("+1", "+1"),
        ("1\u0661", "1\u0661"),
        ("1234567890123456789", "1234567890123456789"), ("'true'", "true"), ('"12"', "12"), ("! 12", "12"),
        ("=", "="), ('"\\u00e9"', "é"), ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b\n", "a b"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    """What YAML 1.1 would take for a truth value, an octal, a date or a time stays text."""
    found = parse_yaml(f"a: {text}", "f.yaml").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text() -> None:
    """A key that looks like a number or a truth value is taken as it is written."""
    assert parse_yaml("012: a\n111122223333: b\ntrue: c\n~: d\n", "f.yaml").data == {
        "012": "a", "111122223333": "b", "true": "c", "~": "d",
    }  # fmt: skip


def test_aliases_stand_for_their_anchor() -> None:
    """A small alias is a copy of what it names."""
    assert parse_yaml("a: &x [1, 2]\nb: *x\n", "f.yaml").data == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml:1: is empty"),
        ("# nothing but a remark\n", "f.yaml:1: is empty"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: repeats the key `a` of line 1"),
        ("s:\n  - {Effect: Allow,\n     Effect: Deny}\n", "f.yaml:3: repeats the key `Effect` of line 2"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: holds more than one YAML document"),
        ("a: 1\nb: !!python/object:os.system x\n", "f.yaml:2: uses the YAML tag"),
        ("a: !!binary aGk=\n", "f.yaml:1: uses the YAML tag"),
        ("a: !Sub '${x}'\n", "f.yaml:1: uses the YAML tag `!Sub`"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3: uses the YAML merge key `<<`"),
        ("? [a, b]\n: c\n", "f.yaml:1: has a key that is not a plain string"),
        ("? {a: b}\n: c\n", "f.yaml:1: has a key that is not a plain string"),
        ("a: &x b\n*x : c\n", "f.yaml:2: has a key that is not a plain string"),
        ("a: 1\nb: *nowhere\n", "f.yaml:2: uses the alias `*nowhere` before it is defined"),
        ("a: &x [1, *x]\n", "f.yaml:1: uses the alias `*x` before it is defined"),
        ("a: 1\n b: 2\n", "f.yaml:2: is not valid YAML: mapping values are not allowed"),
        ("a:\n\t- b\n", "f.yaml:2: is not valid YAML: "),
        ("a: [1, 2\nb: 3\n", "f.yaml:2: is not valid YAML: "),
        ("a: 'open\n", "f.yaml:2: is not valid YAML: "),
        ("a: 1\nb: x\x00y\n", "f.yaml: is not valid YAML: "),
    ],
)  # fmt: skip
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    """Duplicates, tags, merge keys, odd keys, several documents, broken and empty files: one line each."""
    found = refusal(text)
    assert found.startswith(message)
    assert "\n" not in found
    assert "\\n" not in found


def test_the_merge_key_may_be_a_quoted_key() -> None:
    """In quotes ``<<`` is text like any other."""
    assert parse_yaml("'<<': a\n", "f.yaml").data == {"<<": "a"}


def test_depth_is_bounded() -> None:
    """Forty levels are read, the forty-first is refused."""
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f.yaml").data
    assert refusal("[" * (MAX_DEPTH + 1)) == f"f.yaml:1: is nested more than {MAX_DEPTH} levels deep"
    assert refusal("{a: " * 50_000) == f"f.yaml:1: is nested more than {MAX_DEPTH} levels deep"


def test_an_alias_costs_all_that_it_stands_for() -> None:
    """Ten aliases of ten aliases of ... are refused before they are multiplied out."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    found = refusal("\n".join(["l0: &l0 [a, b, c, d, e, f, g, h, i, j]", *levels]))
    assert found == f"f.yaml:5: stands for more than {MAX_VALUES:,} values"


def test_the_number_of_values_is_bounded() -> None:
    """A file of a hundred thousand values and more is refused with the line that went over it."""
    assert refusal("- a\n" * (MAX_VALUES + 1)) == f"f.yaml:{MAX_VALUES}: stands for more than {MAX_VALUES:,} values"


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path) -> None:
    """A file that Windows wrote, with a BOM and CRLF, reads like any other."""
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = read_yaml(tmp_path / "f.yaml")
    assert source.data == {"a": 1, "b": 2}
    assert source.lines[("b",)] == 2


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: 1\nb: \xff\xfe\n", "f.yaml:2: is not UTF-8 (byte 8)"),
        ("a: é".encode("latin-1"), "f.yaml:1: is not UTF-8 (byte 3)"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: is not UTF-8 (byte 0)"),
        (b"#" * (10 * MAX_BYTES), "f.yaml: is larger than 1,048,576 bytes"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, message: str) -> None:
    """Another encoding and a file of ten megabytes are refused."""
    Path("f.yaml").write_bytes(raw)
    with pytest.raises(FileError) as caught:
        read_yaml(Path("f.yaml"))
    assert str(caught.value) == message


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """What can't be opened says why, in the system's words."""
    with pytest.raises(FileError, match=r"^no\.yaml: can't be read: No such file or directory$"):
        read_yaml(Path("no.yaml"))
    with pytest.raises(FileError, match=r"^here: can't be read: Is a directory$"):
        read_yaml(tmp_path, "here")


@pytest.mark.parametrize(
    "text",
    [
        "yes", "No", "on", "012", "0o17", "0x1F", "1_000", "1e3", "1.5e5", "1.5", "-7", "tRUE", "TRUE", "nUll", "~", "",
        "=", "<<", "2012-10-17", "12:30:45", ".inf", "- a", "a: b", "a #b", "{{ x }}", "*", "&a", "!b", "%", "@", "`",
        "a\nb", " a", "a ", "\ta", "\x85", "\u2028", "\ufeff", "😀", "\x1b[31m", "a\r\nb", "---", "...", "'", '"',
    ],
)  # fmt: skip
def test_any_text_survives_writing_and_reading(text: str) -> None:
    """A string that YAML could take for something else comes back as itself, as value and as key."""
    data = {"a": text, "b": [text], text: "c"}
    assert parse_yaml(to_yaml(data), "f.yaml").data == data


@given(NESTED_TEXT)
@example({"a": []})
@example([{}])
def test_nested_text_survives_writing_and_reading(data: Any) -> None:
    """Lists and mappings of strings, nested at will, are read back as they were written."""
    assert parse_yaml(to_yaml(data), "f.yaml").data == data


@pytest.mark.parametrize(("tag", "is_told"), [("!Sub", True), ("!GetAtt", True), ("!Mine", False)])
def test_who_gives_a_template_where_none_is_read_is_told_what_reads_it(tag: str, is_told: bool) -> None:
    """CloudFormation's short forms are no tags of ours; of others nobody knows what they are."""
    refused = refusal(f"a:\n  b: {tag} x\n")
    assert refused.startswith(f"f.yaml:2: uses the YAML tag `{tag}`, which rolemgr does not read")
    assert ("`rolemgr check` and `migrate` read those" in refused) == is_told
