"""What lies beside an inventory and is none: what our own commands printed of it is left out, and said."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

ACCOUNT = Path(__file__).parents[2] / "examples/audit/account.json"


_PRINTED: dict[str, str] = {}
"""What our commands print of the inventory, by the name of its file: the same for each test."""


@pytest.fixture
def folder(run: "Run") -> Path:
    """Write an inventory, and beside it what `audit` and `who-can` print of it."""
    made = Path("inventory")
    made.mkdir()
    (made / "account.json").write_bytes(ACCOUNT.read_bytes())
    for name, words in (
        ("page.txt", ("audit",)), ("page.md", ("audit", "--format", "markdown")), ("found.json", ("audit", "--format", "json")),
        ("who.json", ("who-can", "s3:GetObject", "--format", "json")),
    ):  # fmt: skip
        if name not in _PRINTED:
            _PRINTED[name] = run(*words, "inventory/account.json").stdout
        (made / name).write_text(_PRINTED[name])
    return made


def test_what_we_printed_is_left_out_and_said(run: "Run", folder: Path) -> None:
    """The answer is that of the inventory alone, by files and by the folder."""
    alone = json.loads(run("audit", str(folder / "account.json"), "--format", "json").stdout)["findings"]
    every = run("audit", *sorted(map(str, folder.iterdir())), "--format", "json")
    assert json.loads(every.stdout)["findings"] == alone
    assert every.code == 1
    assert "left out: inventory/found.json, inventory/page.md, inventory/page.txt, inventory/who.json" in every.stderr
    whole = run("audit", str(folder), "--format", "json")
    assert json.loads(whole.stdout)["findings"] == alone
    assert "left out: inventory/found.json, inventory/who.json" in whole.stderr


@pytest.mark.parametrize(
    ("name", "text"), [("cut.json", '{"RoleDetailList": ['), ("error.json", "<html>"), ("cut.txt", "{")]
)
def test_an_answer_that_breaks_off_is_wrong_all_the_same(run: "Run", folder: Path, name: str, text: str) -> None:
    """Only what can't be an answer of AWS's is left out."""
    (folder / name).write_text(text)
    ran = run("audit", str(folder / "account.json"), str(folder / name))
    assert ran.code == 2
    assert f"{folder / name}:1: is not valid JSON" in ran.stderr


def test_nothing_but_pages_is_an_error(run: "Run", folder: Path) -> None:
    """Nothing to judge is never a green run."""
    ran = run("audit", str(folder / "page.txt"))
    assert (ran.code, "has no role and no user" in ran.stderr) == (2, True)
