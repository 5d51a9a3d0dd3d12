"""What kind of file a file is, told by its content."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile
from rolemgr.workflow.file_kind import (
    FileKind,
    file_kind,
    is_role_among_others,
    is_role_text,
    require_kind,
)

if TYPE_CHECKING:
    from tests.conftest import Run

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


MEANT = [
    ("personna: a\nname: wide\nbucket: [x]\n", True),
    ("person: a\nregion: eu-west-1\n", True),
    ("name: wide\nbucket: [x]\nguardrail_profile: [cost]\n", True),  # its persona may stand in rolemgr.yaml
    ("person: Bob\nname: Bob's page\n", False),
    ("name: x\nregion: eu-west-1\nbucket: b\n", False),
    ("personna: a\nbucket: [x]\nservices: {}\n", False),
    ("title: T\ndescription: D\n", False),
]


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_a_role_file_with_a_misspelt_persona_is_one_all_the_same(text: str, meant: bool) -> None:
    """Passed over in silence it would leave a role unjudged; what others write in YAML is not ours."""
    assert is_role_among_others(text, "roles/x.yaml") is meant
    assert is_role_text(text, "roles/x.yaml") is meant
    assert not is_role_among_others(text, "roles/rolemgr.yaml")


def test_a_folder_with_a_misspelt_role_file_is_refused(run: "Run") -> None:
    """By each command that takes a folder, with the key that is meant."""
    Path("roles").mkdir()
    Path("roles/a.yaml").write_text("persona: sagemaker-compute\nbucket: [acme-x]\n")
    Path("roles/b.yaml").write_text("personna: sagemaker-compute\nname: wide\nbucket: [acme-x]\n")
    for words in (("check",), ("create", "-o", "out"), ("prove",)):
        ran = run(*words, "roles")
        assert ran.code == 2
        assert "roles/b.yaml:1: unknown key `personna`; did you mean persona?" in ran.stderr
