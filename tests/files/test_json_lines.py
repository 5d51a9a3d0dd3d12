"""Lines of values in JSON, found when they are asked for."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rolemgr.files.json import JsonLines, parse_json
from rolemgr.files.source import paths_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_each_value_is_found_on_its_line(data: object, indent: int | None, ascii_only: bool) -> None:
    """The lines are those of the reader that scans the whole text."""
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    whole, lazy = parse_json(text, "x"), JsonLines(text)
    for path in paths_of(data):
        assert lazy.line_of(path) == whole.lines[path]


def test_a_path_that_is_not_there_is_on_the_line_of_what_is_around_it() -> None:
    """Something missing is reported where it is missing."""
    lines = JsonLines('{\n "Statement": [\n  {"Effect": "Allow"}\n ]\n}')
    assert lines.line_of(("Statement", 0, "Action")) == 3
    assert lines.line_of(("Statement", 7)) == 2
    assert lines.line_of(("Version",)) == 1
