"""Empty words of a command line, words for nothing, and forms that a command does not write."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

ROLE = ("create", "--persona", "sagemaker-compute", "--bucket", "acme-x")


@pytest.mark.parametrize(
    "words",
    [
        ("check", ""), ("check", "role.yaml", ""), ("test", ""), ("preview", ""), ("prove", ""), ("simulate", ""),
        ("diff", "", "role.yaml"), ("audit", ""), ("create", "--role", ""), ("check", "--catalog", "", "role.yaml"),
    ],
)  # fmt: skip
def test_an_empty_path_is_refused(run: "Run", words: tuple[str, ...]) -> None:
    """A variable of a script that is not set must not mean this folder."""
    Path("role.yaml").write_text("persona: sagemaker-compute\n")
    ran = run(*words)
    assert ran.code == 2
    assert "is empty; a variable that is not set leaves it so" in ran.stderr


@pytest.mark.parametrize("name", ["x.xml", "x.junit", "x.csv"])
def test_a_form_that_the_command_does_not_write_is_refused(run: "Run", name: str) -> None:
    """The program that reads it by its ending would find a broken one; who names a form is believed."""
    Path("p.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    ran = run("check", "p.json", "-o", name)
    assert ran.code == 2
    assert "which this command does not write; its forms are text, json" in ran.stderr
    assert not Path(name).exists()
    run("check", "p.json", "--format", "text", "-o", name)
    assert Path(name).is_file()


def _account_of(run: "Run", *words: str) -> str:
    role = json.loads(run(*words).stdout)
    return str(role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"])


def test_none_ends_what_the_settings_say(run: "Run") -> None:
    """By the option, or in a role file, where a key without a value says it too."""
    Path("rolemgr.yaml").write_text('account: "222233334444"\n')
    assert _account_of(run, *ROLE) == "222233334444"
    assert _account_of(run, *ROLE, "--account", "none") == "111122223333"
    for text in ("account: none", "account:"):
        Path("role.yaml").write_text(f"persona: sagemaker-compute\n{text}\n")
        assert _account_of(run, "create", "role.yaml") == "111122223333"
    stack = (*ROLE, "--format", "stackset", "--organizational-unit", "ou-a1b2-c3d4e5f6")
    refused = run(*stack)
    assert (refused.code, "--account none" in refused.stderr) == (2, True)
    assert run(*stack, "--account", "none").code == 0


def test_a_key_without_a_value_is_a_slip_elsewhere(run: "Run") -> None:
    """Where nothing stands farther away it can't be meant."""
    Path("role.yaml").write_text("persona: sagemaker-compute\naccount:\n")
    ran = run("create", "role.yaml")
    assert (ran.code, "role.yaml:2: `account` must be text" in ran.stderr) == (2, True)


def test_a_limit_that_is_ended_is_said(run: "Run") -> None:
    """It makes the role wider than its folder means it to be."""
    Path("rolemgr.yaml").write_text("guardrail: {max-runtime: 1h}\n")
    Path("role.yaml").write_text("persona: sagemaker-compute\nguardrail:\n")
    ran = run("create", "role.yaml")
    assert ran.code == 0
    assert "so this no longer holds: `max-runtime`" in ran.stderr


def test_how_documents_are_packed_is_said_where_they_are_made(run: "Run") -> None:
    """Who asks what a role may do has no use for it."""
    chosen = ("--persona", "ml-engineer")
    note = "the inline policy is full"
    assert note in run("create", *chosen).stderr
    assert note in run("preview", *chosen).stderr
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::x/y")
    assert note not in run("simulate", *chosen, *asked).stderr
    assert note not in run("smoke", *chosen).stderr


def test_an_empty_template_is_refused(run: "Run") -> None:
    """It would make an empty file of a role."""
    Path("t.j2").write_text("\n")
    ran = run(*ROLE, "--template", "t.j2")
    assert (ran.code, ran.stdout) == (2, "")
    assert "t.j2: is empty" in ran.stderr
