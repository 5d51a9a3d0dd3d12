"""The record of the catalog's models: what it gives is what pydantic reads from the file, or it gives nothing."""

from pathlib import PurePosixPath

import pytest

from rolemgr.catalog import recorded
from rolemgr.catalog.load import builtin_folder
from rolemgr.catalog.recorded import entries_of, model_of, record_of
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.plain import Plain
from rolemgr.model.catalog import ActivityGroup, Forbidden, Persona, Separation
from rolemgr.model.source import parse_model

TOP = builtin_folder()
FILES = sorted(
    path for place in recorded.FILES for path in (TOP / place).glob("parameters.yaml" if place == "." else "*.yaml")
)
GROUP = "title: t\ndescription: d\nstatements:\n- {sid: A, actions: s3:GetObject, effect: Allow, purpose: Read}\n"


def read(text: str, model: type[Plain]) -> Plain:
    """Return what pydantic reads from *text*."""
    return parse_model(parse_yaml(text, "a.yaml"), model).value


def given(value: object) -> object:
    """Return which fields *value* and all within it say that they have."""
    if isinstance(value, Plain):
        return (value.model_fields_set, [given(getattr(value, name)) for name in value.model_fields])
    if isinstance(value, dict):
        return {key: given(one) for key, one in value.items()}
    return [given(one) for one in value] if isinstance(value, tuple) else (type(value), value)


def test_every_file_of_the_catalog_comes_back_as_pydantic_reads_it() -> None:
    """There is no second truth: values, their types, and which fields the file has are equal."""
    for path in FILES:
        text, model = path.read_text("utf-8"), model_of(PurePosixPath(path.relative_to(TOP).as_posix()))
        assert model is not None, path
        value = read(text, model)
        found = recorded.recorded(entries_of(record_of([(text, value)])), text, model)
        assert found == value, path
        assert given(found) == given(value), path
        assert repr(found) == repr(value), path


def test_what_was_changed_is_not_in_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another text, another model or another reader: the file is read."""
    record = record_of([(GROUP, read(GROUP, ActivityGroup))])
    assert recorded.recorded(entries_of(record), GROUP, ActivityGroup) is not None
    assert recorded.recorded(entries_of(record), GROUP + "\n", ActivityGroup) is None
    assert recorded.recorded(entries_of(record), GROUP, Persona) is None
    monkeypatch.setattr(recorded, "_reader", lambda: "another")
    assert entries_of(record) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"ActivityGroup"', '"Unknown"'), ('"title":"t",', ""), ('"title":', '"titel":'), ('"Allow"', '"Perhaps"'),
        ('"":"ActivityGroup",', ""), ('{"":', "{["), ('"statements":[', '"statements":[' + "[" * 100_000),
        ('"value":"Allow"', '"valeu":"Allow"'),
    ],
)  # fmt: skip
def test_a_damaged_entry_is_not_used(old: str, new: str) -> None:
    """A class that nobody knows, a field too many or too few, a value that is none: the file says what is meant."""
    record = record_of([(GROUP, read(GROUP, ActivityGroup))])
    assert old in record
    assert recorded.recorded(entries_of(record.replace(old, new, 1)), GROUP, ActivityGroup) is None


def test_what_a_record_can_not_hold_is_said_when_it_is_made() -> None:
    """A class that it does not name, and a key that would be taken for the name of one."""

    class Odd(Separation):
        """A separation of another class."""

    forbidden = (Forbidden(action="a:B"),)
    with pytest.raises(ValueError, match="a record does not hold Odd"):
        record_of([("", Odd(title="t", why="w", never=forbidden))])
    keyed = (Forbidden(action="a:B", context={"": ("x",)}),)
    with pytest.raises(ValueError, match="a key is empty"):
        record_of([("", Separation(title="t", why="w", never=keyed))])
