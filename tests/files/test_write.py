"""Writing: the same data, the same bytes, in the order in which it comes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.files import write
from rolemgr.files.rows import Row
from rolemgr.files.write import to_json, to_template, to_yaml
from rolemgr.files.yaml import parse_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
DATA = st.recursive(
    TEXT | st.booleans() | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(DATA)
def test_json_is_read_back_as_it_was(data: Any) -> None:
    """What is written as JSON is the data, in its own order, and ends in one newline."""
    text = to_json(data)
    assert json.dumps(json.loads(text)) == json.dumps(data)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@given(DATA)
def test_writing_twice_gives_the_same_bytes(data: Any) -> None:
    """Nothing but the data decides what is written."""
    assert (to_json(data), to_yaml(data)) == (to_json(data), to_yaml(data))


def test_yaml_is_block_style_and_keeps_the_order() -> None:
    """Keys stand as they come, lists are indented under their key, nothing is an anchor, long lines stay whole."""
    shared = ["x"]
    long = " ".join(["arn:aws:s3:::a-bucket"] * 20)
    assert to_yaml({"b": shared, "a": shared, "c": long, "d": "yes", "é": "ü"}) == (
        f"b:\n  - x\na:\n  - x\nc: {long}\nd: 'yes'\né: ü\n"
    )


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_hash_seed_does_not_matter(seed: str) -> None:
    """Another process with another hash seed writes the same bytes."""
    program = (
        "from rolemgr.files.write import to_json, to_yaml\n"
        "data = {name: [name, {name: 1}] for name in ('b', 'a', 'yes', '012')}\n"
        "print(to_json(data), to_yaml(data))"
    )
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    data = {name: [name, {name: 1}] for name in ("b", "a", "yes", "012")}
    assert done.stdout == f"{to_json(data)} {to_yaml(data)}\n"


def test_template_functions_are_tags_that_read_back_as_functions() -> None:
    """What CloudFormation calls the short form, for scalars and lists, within each other too."""
    value = {"Fn::Sub": ["${A}:${!b}", {"A": {"Fn::Select": [0, {"Fn::FindInMap": ["M", {"Ref": "R"}, "K"]}]}}]}
    data = {"Resources": [value, {"Ref": "Role"}, {"Ref": "a", "Fn::b": "two keys are no function"}], "Row": Row("ab")}
    text = to_template(data)
    assert "A: !Select [0, !FindInMap [M, !Ref 'R', K]]\n" in text
    assert "Row: [a, b]\n" in text
    assert parse_yaml(text, "t", tags=True).data == {**data, "Row": ["a", "b"]}


OBEYED_BY_TERMINALS = ["\x7f", "\x85", "\x9b31m", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\U000e0041"]


@pytest.mark.parametrize("text", OBEYED_BY_TERMINALS, ids=ascii)
def test_what_a_terminal_would_obey_is_escaped(text: str) -> None:
    """Names from CloudTrail and policies of anybody go to a terminal; the data is the same when it is read back."""
    hostile = f"caf\u00e9 {text} end"
    data = {f"key {text}": [hostile, f"two\nlines {text}"], "plain": "caf\u00e9"}
    for written, read in (
        (to_json(data), json.loads),
        (to_json(data, short=False), json.loads),
        (to_yaml(data), yaml.safe_load),
    ):
        assert text[0] not in written
        assert "caf\u00e9" in written
        assert read(written) == data
    assert text[0] not in to_template({"Fn::Sub": hostile})
    assert yaml.safe_load(to_template({"Resources": data})) == {"Resources": data}


def test_json_for_people_has_one_writer() -> None:
    """Where letters of any language stay as they are, what a terminal would obey has to be escaped: `json_text` does."""
    top = Path(write.__file__).parents[1]
    own = {"files/write.py", "files/json.py", "files/json_stream.py", "account/step.py", "render/templating.py",
           "iam/documents.py", "check/rules/rm5xx.py", "change/units.py", "cli/mcp_tools.py"}  # fmt: skip
    found = {str(path.relative_to(top)) for path in top.rglob("*.py") if "ensure_ascii=False" in path.read_text()}
    assert found == own, "of these none goes to a terminal as it is: sizes, what AWS is sent, what is read back"
