"""`rolemgr compliance`: frameworks chosen, witnesses written and run, forms and wrong names."""

import csv
import io
import json
from pathlib import Path

import pytest
from tests.conftest import Run


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_one_framework_and_its_witnesses_run(run: Run) -> None:
    """Only entries of HIPAA are there; what is written passes `rolemgr test`."""
    ran = run("compliance", "--framework", "hipaa", "--tests", "w", "--format", "json", "-o", "hipaa.json")
    assert ran.code == 0, ran.stderr
    data = json.loads(Path("hipaa.json").read_text("utf-8"))
    assert list(data["frameworks"]) == ["hipaa"]
    assert {row["framework"] for row in data["rows"]} == {"hipaa"}
    assert len(list(Path("w").iterdir())) == data["limits"] == data["limits_shown"]
    assert f"{data['limits']} files of policy tests are in w" in ran.stderr
    tested = run("test", "w")
    assert tested.code == 0, tested.stdout


def test_the_ending_chooses_the_form(run: Run) -> None:
    """A spreadsheet has a row a control; no cell is a formula."""
    assert run("compliance", "--framework", "soc2", "-o", "soc2.csv").code == 0
    rows = list(csv.DictReader(io.StringIO(Path("soc2.csv").read_text("utf-8"))))
    assert {row["framework"] for row in rows} == {"SOC 2"}
    assert all(row["evidence"] in "DATO" for row in rows)


def test_a_framework_that_nobody_knows_is_said(run: Run) -> None:
    """With the nearest one."""
    ran = run("compliance", "--framework", "hippa")
    assert ran.code == 2
    assert "did you mean hipaa" in ran.stderr
