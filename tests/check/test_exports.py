"""Exports of roles carry no reasons for what the catalog accepts: where to ask is said, and nothing is left out."""

import json
import shutil
from pathlib import Path

import pytest
from tests.conftest import Run

EXPORTS = Path(__file__).parents[2] / "examples" / "exports"


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["cloudformation.yaml", "role.tf.json", "permission-set.yaml"])
def test_an_export_says_where_the_reasons_are(name: str, run: Run) -> None:
    """The finding stays, and the note names the file; of the role file it is accepted with its reason."""
    shutil.copy(EXPORTS / name, name)
    ran = run("check", name)
    assert "RM703" in ran.stdout
    assert [note for note in ran.notes if note.startswith(f"{name} says that rolemgr made it of a role file")]
    of_role = run("check", str(EXPORTS / "team.yaml"))
    assert "RM703" not in of_role.stdout
    assert "RM703" in of_role.stderr


def test_what_an_export_claims_excuses_nothing(run: Run) -> None:
    """Anybody can write those words: the findings are those of the same policies without them."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    for name, words in (("a.json", "Made by rolemgr create --format cloudformation."), ("b.json", "Ours.")):
        Path(name).write_text(json.dumps({"Description": words, "Resources": {"P": policy}}), "utf-8")
    claims, plain = (json.loads(run("check", name, "--format", "json").stdout) for name in ("a.json", "b.json"))
    kept = [[(one["rule"], one["severity"], one["message"]) for one in found["findings"]] for found in (claims, plain)]
    assert kept[0] == kept[1]
    assert kept[0]
    assert not [note for note in run("check", "b.json").notes if "rolemgr made" in note]


def test_an_export_without_a_finding_needs_no_note(run: Run) -> None:
    """Nothing is to be explained."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    role = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    text = {"Description": "Made by rolemgr create --format cloudformation.", "Resources": {"P": role}}
    Path("a.json").write_text(json.dumps(text), "utf-8")
    ran = run("check", "a.json")
    assert ran.code == 0, ran.stdout
    assert ran.notes == []


def test_a_script_is_not_yaml(run: Run) -> None:
    """It is said to be a script, whose policies are not read, and not to be broken YAML; beside others it is passed."""
    shutil.copy(EXPORTS / "create-role.sh", "create-role.sh")
    alone = run("check", "create-role.sh")
    assert alone.code == 2
    assert "create-role.sh:1: not judged: is a script, and policies in scripts are not read" in alone.errors[0]
    shutil.copy(EXPORTS / "cloudformation.yaml", "c.yaml")
    both = run("check", "create-role.sh", "c.yaml")
    assert "create-role.sh:1: not judged: is a script" in both.stdout
    assert "RM100" not in both.stdout
