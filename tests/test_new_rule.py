"""The scaffold of a rule: what it writes fails until the rule is there, and passes then."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.new_rule import WrongNameError, begin, declared

from rolemgr.check.rules import all_rules

TOP = Path(__file__).resolve().parents[1]
FILLED: dict[str, list[tuple[str, str]]] = {
    "src/rolemgr/check/rules/rm2xx.py": [
        ("TODO: what is wrong, in a line", "the action is in capitals"),
        ("TODO.html", "reference_policies_elements_action.html"),
        ("TODO: why that is wrong, and what to write instead.", "AWS does not mind, and people do."),
        ('action == "TODO"', 'action == "S3:GETOBJECT"'),
        ("TODO `{action}`", "is in capitals: `{action}`"),
    ],
    "src/rolemgr/check/examples/RM2.yaml": [('Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/TODO"', 'Action: "S3:GETOBJECT", Resource: "arn:aws:s3:::acme/a"'),
                                            ("acme/TODO", "acme/b")],
    "tests/check/test_rm299.py": [
        ("FOUND: dict[str, dict[str, Any]] = {}", 'FOUND: dict[str, dict[str, Any]] = {one: {"Effect": one, "Action": "S3:GETOBJECT", "Resource": "*"} for one in ("Allow", "Deny")}'),
        ("SPARED: dict[str, dict[str, Any]] = {}", 'SPARED: dict[str, dict[str, Any]] = {one: {"Effect": "Allow", "Action": one, "Resource": "*"} for one in ("s3:GetObject", "S3:GetObject")}'),
    ],
}  # fmt: skip
"""What an author puts in the place of each TODO."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what a rule touches, and what its tests need."""
    shutil.copytree(TOP / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests/check").mkdir(parents=True)
    for name in ("test_rules.py", "support.py"):
        shutil.copy(TOP / "tests/check" / name, tmp_path / "tests/check")
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def failed(checkout: Path) -> set[str]:
    """Return the tests of the new rule that fail in *checkout*, without their parameters' text."""
    files = ["tests/check/test_rules.py", "tests/check/test_rm299.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rf", "-o", "addopts=--import-mode=importlib", *files],
        cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {line.split("::")[1].split(" ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED ")}


def test_the_tests_tell_what_is_missing_until_the_rule_is_there(checkout: Path) -> None:
    """Explanation, page, example and edges are asked for; with all of them written, nothing is."""
    begin("RM299", "action-in-capitals", top=checkout)
    assert failed(checkout) == {
        "test_a_rule_finds_its_failing_example[RM299]", "test_a_rule_explains_itself[RM299]",
        "test_the_examples_are_written[RM299]", "test_the_edges_are_shown",
    }  # fmt: skip
    for name, changes in FILLED.items():
        text = (checkout / name).read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (checkout / name).write_text(text, "utf-8")
    assert failed(checkout) == set()


def test_the_module_is_imported_into_once(checkout: Path) -> None:
    """A module that has the names gets no second import; every hundred can take a rule, and is in order."""
    for hundred in range(10):
        begin(f"RM{hundred}98", f"rule-{'x' * (hundred + 1)}", checkout)
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "F", "src/rolemgr/check/rules"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_all_rules_are_seen() -> None:
    """However a rule is declared, its id and name count as taken."""
    found = declared(TOP / "src/rolemgr/check/rules")
    assert {identifier: name for identifier, (_, name) in found.items()} == {
        one.id: one.name for one in all_rules().values()
    }


@pytest.mark.parametrize(
    ("identifier", "name", "said"),
    [
        ("RM29", "some-name", "not an id"),
        ("RM299", "Some Name", "not a name"),
        ("RM201", "some-name", "RM201 is"),
        ("RM299", next(iter(all_rules().values())).name, "is the name of"),
    ],
)
def test_what_is_taken_is_refused(identifier: str, name: str, said: str, checkout: Path) -> None:
    """Before anything is written."""
    before = {path: path.read_bytes() for path in checkout.rglob("*.*") if path.is_file()}
    with pytest.raises(WrongNameError, match=said):
        begin(identifier, name, checkout)
    assert {path: path.read_bytes() for path in checkout.rglob("*.*") if path.is_file()} == before
