"""`rolemgr test` asks the role that `create` makes there: with what `rolemgr.yaml` says."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

SETTINGS = "account: '123456789012'\nregion: eu-west-1\ncatalog: [ours]\nguardrail: {max-runtime: 1h}\n"
TEST = """title: T
%s
cases:
  - name: two hours are too long
    request:
      action: sagemaker:CreateTrainingJob
      resource: arn:aws:sagemaker:eu-west-1:123456789012:training-job/x
      context: {"sagemaker:InstanceTypes": [ml.m5.large], "sagemaker:MaxRuntimeInSeconds": 7200}
    expect: ExplicitlyDenied
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with settings, a persona of its own and tests the working folder."""
    monkeypatch.chdir(tmp_path)
    write("rolemgr.yaml", SETTINGS)
    write("ours/personas/mine.yaml", "title: T\ndescription: D\nextends: data-scientist\nadd: [read-named-secrets]\n")
    write("roles/plain.yaml", "persona: data-scientist\n")
    write("tests/file.yaml", TEST % "role: ../roles/plain.yaml")
    write("tests/own.yaml", TEST % "persona: mine")
    return tmp_path


@pytest.mark.parametrize("folder", [".", "tests"])
def test_settings_hold_for_tests_wherever_they_are_run(
    folder: str, run: "Run", project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account, Region, guardrail and catalog are those of the folder that the tests lie in."""
    monkeypatch.chdir(project / folder)
    found = run("test")
    assert found.code == 0, found.stdout + found.stderr
    assert "2 passed in 2 files" in found.stdout


def test_the_role_file_says_more_than_the_settings(run: "Run") -> None:
    """As everywhere: what it says itself wins."""
    write("roles/plain.yaml", "persona: data-scientist\nguardrail: {max-runtime: 3h}\n")
    assert run("test", "tests/file.yaml").code == 1


def test_a_wrong_setting_is_named_by_its_line(run: "Run") -> None:
    """The file that it stands in, and not the test."""
    write("rolemgr.yaml", SETTINGS.replace("region", "regoin"))
    found = run("test", "tests")
    assert found.code == 2
    assert "rolemgr.yaml:2: unknown setting `regoin`; did you mean region" in found.stderr


def test_tests_under_another_key_are_not_left_out(run: "Run") -> None:
    """A file that would test nothing is refused, with the key that it means."""
    write("tests/own.yaml", (TEST % "persona: mine").replace("cases:", "tests:"))
    found = run("test", "tests")
    assert found.code == 2
    assert "own.yaml:3: unknown key `tests`; did you mean cases?" in found.stderr
