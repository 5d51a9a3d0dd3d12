"""What kind of file a file is, told by its content."""

from typing import Any

import pytest

from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile
from rolemgr.workflow.file_kind import FileKind, file_kind, require_kind

KINDS: list[tuple[Any, FileKind | None]] = [
    ({"persona": "data-scientist"}, FileKind.ROLE),
    ({"add": ["run-training-jobs"]}, FileKind.ROLE),
    ({"persona": "x", "cases": []}, FileKind.TESTS),
    ({"accounts": {}}, FileKind.BLUEPRINT),
    ({"organization": {"id": "o-a1b2c3d4e5"}}, FileKind.BLUEPRINT),
    ({"accounts": {}, "persona": "x"}, FileKind.BLUEPRINT),
    ({"accounts": [{"id": "111111111111"}]}, FileKind.INVENTORY),
    ({"resources": []}, FileKind.INVENTORY),
    ({"Statement": []}, FileKind.POLICY),
    ([{"Statement": []}], FileKind.POLICY),
    ({"Accounts": []}, None),
    ({"Resources": {}}, None),
    ([], None),
    ({}, None),
    ("text", None),
    (None, None),
]


@pytest.mark.parametrize(("data", "kind"), KINDS, ids=str)
def test_each_kind_is_told_by_what_it_alone_has(data: Any, kind: FileKind | None) -> None:
    """What none of them has is of no kind."""
    assert file_kind(data) is kind


def test_another_kind_is_refused_with_what_was_expected() -> None:
    """The line, what it is, and what a right one has."""
    with pytest.raises(InputError) as found:
        require_kind(SourceFile("x.yaml", {"cases": []}, {(): 1}), [FileKind.ROLE, FileKind.BLUEPRINT])
    assert str(found.value) == (
        "x.yaml:1: is not a role file or a blueprint, but policy tests; these have `persona`, or `accounts` and `roles`"
    )
