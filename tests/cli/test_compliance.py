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


BLUEPRINT = Path(__file__).parents[2] / "examples" / "blueprint-regulated" / "blueprint.yaml"
ROLE = "persona: {}\nname: {}\naccount: '111122223333'\nregion: eu-west-1\n"


def test_roles_and_their_witnesses_run(run: Run) -> None:
    """A folder, a pattern or files: each role has a file of tests, which passes; the text says how many serve."""
    Path("roles").mkdir()
    Path("roles/a.yaml").write_text(ROLE.format("data-scientist", "ds"), "utf-8")
    Path("roles/b.yaml").write_text(ROLE.format("sagemaker-compute", "jobs"), "utf-8")
    ran = run("compliance", "roles", "--framework", "soc2", "--tests", "w")
    assert ran.code == 0, ran.stderr
    assert "2 roles: ds, jobs" in ran.stdout
    assert "max-runtime (1 of 2 roles)" in ran.stdout
    assert "SOC 2 A1.1: not served by jobs" in ran.stdout
    assert {one.name for one in Path("w").iterdir()} == {"role-ds.yaml", "role-jobs.yaml"}
    assert run("test", "w").code == 0
    data = json.loads(run("compliance", "roles/a.yaml", "--framework", "soc2", "--format", "json").stdout)
    assert data["roles"] == ["ds"]
    assert {row["of"] for row in data["rows"]} == {"ds"}
    assert "CC7.1" in data["frameworks"]["soc2"]["not_served"]
    assert run("compliance", "roles/*.yaml", "--framework", "soc2", "--format", "json").code == 0


def test_a_wrong_role_file_stops_no_other(run: Run) -> None:
    """It is said with its line, and the exit code is 2."""
    Path("a.yaml").write_text(ROLE.format("data-scientist", "ds"), "utf-8")
    Path("b.yaml").write_text(ROLE.format("data-scientits", "x"), "utf-8")
    ran = run("compliance", "a.yaml", "b.yaml", "--framework", "hipaa")
    assert ran.code == 2
    assert "1 role: ds" in ran.stdout
    assert "b.yaml:1" in ran.stderr
    assert "did you mean data-scientist?" in ran.stderr


def test_a_blueprint_has_its_levels(run: Run) -> None:
    """SCPs and RCPs stand with their level, and their witnesses run; --role leaves the levels above it."""
    ran = run("compliance", str(BLUEPRINT), "--framework", "pci-dss", "--tests", "w", "--format", "json")
    assert ran.code == 0, ran.stderr
    data = json.loads(ran.stdout)
    assert data["roles"] == ["ml/data-scientist", "ml/training"]
    of = {(row["kind"], row["entry"]): row["of"] for row in data["rows"]}
    assert of["scp", "kms-required"] == "organization"
    assert of["guardrail", "volume-kms-key"] == "ml/data-scientist"
    assert run("test", "w").code == 0
    page = run("compliance", str(BLUEPRINT), "--role", "ml/training", "--framework", "pci-dss", "--format", "html")
    assert page.code == 0, page.stderr
    assert "ml/training" in page.stdout
    assert "ml/data-scientist" not in page.stdout
    assert "kms-required" in page.stdout
