"""A folder that may not be listed is refused, wherever one is walked: nobody knows what it holds."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.catalog.unread import unread
from rolemgr.files.folders import listed

if TYPE_CHECKING:
    from tests.conftest import Run

CLOSED = "closed"


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody list a folder of this name: root, as which tests may run, lists those of mode 000 too."""

    def refusing(look: Any) -> Any:
        def found(path: Any = ".") -> Any:
            if Path(os.fsdecode(path)).name == CLOSED:
                raise PermissionError(13, "Permission denied", os.fsdecode(path))
            return look(path)

        return found

    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    monkeypatch.setattr(os, "listdir", refusing(os.listdir))


WALKS = [
    ("audit", "given"), ("who-can", "iam:CreateUser", "given"), ("can", "one", "given"), ("migrate", "given", "one"),
    ("test", "given"), ("diff", "given", "given"), ("migrate", "--code", "given"), ("prove", "given"),
    ("simulate", "given", "--action", "s3:GetObject"),
]  # fmt: skip


@pytest.mark.parametrize("command", WALKS, ids=lambda one: one[0])
@pytest.mark.usefixtures("nobody_looks")
def test_it_is_refused_by_each_command_that_walks(command: tuple[str, ...], run: "Run") -> None:
    """In one line, with the folder and the reason."""
    Path("given", CLOSED).mkdir(parents=True)
    Path("given", "some.json").write_text("{}")
    ran = run(*command)
    assert ran.code == 2, ran.stderr
    assert f"given/{CLOSED}: can't be searched: Permission denied" in ran.stderr


@pytest.mark.parametrize("command", ["create", "check", "preview", "prove", "show persona data-scientist"])
def test_a_closed_folder_of_a_catalog_is_refused(command: str, run: "Run") -> None:
    """Its guardrails were gone without a word; a link that leads to itself can't be listed by root either."""
    Path("ours").mkdir()
    Path("ours/guardrails").symlink_to("guardrails")
    Path("ours/personas").mkdir()
    words = command.split() if " " in command else [command, "--persona", "data-scientist"]
    ran = run(*words, "--catalog", "ours", *(["--guardrail", "network-isolation"] if command == "create" else []))
    assert ran.code == 2, ran.stdout
    assert "ours/guardrails: can't be searched" in ran.stderr


@pytest.mark.usefixtures("nobody_looks")
def test_what_a_catalog_does_not_read_names_it(tmp_path: Path) -> None:
    """Beside files in misspelt folders."""
    Path(tmp_path, "profile", CLOSED).mkdir(parents=True)
    assert [str(one.path) for one in unread(tmp_path)] == [f"profile/{CLOSED}"]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """A catalog need not have each of them."""
    Path(tmp_path, "file").write_text("")
    assert [listed(tmp_path / name) for name in ("gone", "file")] == [[], []]
