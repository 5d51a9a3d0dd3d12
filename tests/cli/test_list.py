"""`rolemgr list`: personas in a line each, and the matrix on any width."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_commands import result

if TYPE_CHECKING:
    from tests.conftest import Run

MORE = "title: Tester {number}\ndescription: d\nextends: data-scientist\n"


@pytest.fixture
def many_personas(tmp_path: Path) -> Path:
    """A catalog with fifteen personas more than the built-in ones."""
    folder = tmp_path / "many/personas"
    folder.mkdir(parents=True)
    for number in range(15):
        (folder / f"tester-{number}.yaml").write_text(MORE.format(number=number), "utf-8")
    return folder.parent


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_matrix_loses_nothing_at_any_width(
    columns: str, many_personas: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many personas there are: read back from the page, it is what JSON has."""
    args = ("list", "activity-groups", "--matrix", "--catalog", str(many_personas))
    wanted = {(name, group) for name, groups in result(run(*args, "--format", "json")).items() for group in groups}
    monkeypatch.setenv("COLUMNS", columns)
    page = run(*args).stdout.partition("In no persona:")[0]
    assert max(map(len, page.splitlines())) <= int(columns)
    assert _read(page) == wanted
    assert len({name for name, _ in wanted}) > 30


def _read(page: str) -> set[tuple[str, str]]:
    """Return the pairs of persona and group that *page* marks, each mark in the column of its number."""
    names, found, head = {}, set(), ""
    for line in page.splitlines():
        if legend := re.fullmatch(r" *(\d+) ([a-z0-9-]+)", line):
            names[legend[1]] = legend[2]
        elif line.startswith("Activity group"):
            head = line
        else:
            marks = list(re.finditer(r" (\d+)\b", line))
            assert all(head[: one.end()].endswith(one[0]) for one in marks), line
            found |= {(names[one[1]], line.split()[0]) for one in marks}
    return found


def test_groups_of_no_persona_are_named_last(run: "Run") -> None:
    """They are no line of a block, and not lost."""
    nobodys = run("list", "activity-groups", "--matrix").stdout.partition("In no persona:\n")[2].split()
    groups = result(run("list", "activity-groups", "--matrix", "--format", "json")).values()
    every = [one["id"] for one in result(run("list", "activity-groups", "--format", "json"))]
    assert nobodys == [one for one in every if not any(one in held for held in groups)]


def test_a_persona_says_who_it_is_for(small_catalog: Path, run: "Run") -> None:
    """In the list, in `show`, and in the JSON of both; of the user's own the title stands in for it."""
    args = ("--catalog", "catalog")
    persona = small_catalog / "personas/tester.yaml"
    assert _row(run("list", "personas", *args).stdout) == ["tester", "Tester", "2", "catalog/personas/tester.yaml"]
    persona.write_text(persona.read_text("utf-8") + "for_whom: People who test\n", "utf-8")
    assert _row(run("list", "personas", *args).stdout)[1] == "People who test"
    assert "For: People who test" in run("show", "persona", "tester", *args).stdout
    assert result(run("show", "persona", "tester", *args, "--format", "json"))["for_whom"] == "People who test"
    listed = {one["id"]: one for one in result(run("list", "personas", *args, "--format", "json"))}
    assert listed["tester"]["for_whom"] == "People who test"
    assert listed["data-scientist"]["for_whom"] == "People who train and tune models"


def _row(page: str) -> list[str]:
    return re.split(r"  +", next(line for line in page.splitlines() if line.startswith("tester ")))


def test_who_it_is_for_is_one_line(small_catalog: Path, run: "Run") -> None:
    """A text that a list can't hold is refused, with what fits."""
    persona = small_catalog / "personas/tester.yaml"
    text = persona.read_text("utf-8")
    for long in ("x" * 61, '"two\\nlines"'):
        persona.write_text(f"{text}for_whom: {long}\n", "utf-8")
        ran = run("list", "personas", "--catalog", "catalog")
        assert ran.code == 2
        assert "one line of at most 60 characters" in ran.stderr
