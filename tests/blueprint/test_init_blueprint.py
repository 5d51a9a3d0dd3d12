"""`rolemgr init --blueprint`: each starter builds and proves as it is, and its comments are true."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from rolemgr.cli.init import _BLUEPRINTS
from rolemgr.files.yaml import read_yaml
from rolemgr.workflow.schemas import schema_of

if TYPE_CHECKING:
    from tests.conftest import Run


@pytest.mark.parametrize("kind", _BLUEPRINTS)
def test_a_starter_proves_and_builds_as_it_is(kind: str, run: "Run") -> None:
    """By the commands that its head and the note name; and an editor finds no fault with it."""
    ran = run("init", "--blueprint", kind)
    assert (ran.code, ran.errors) == (0, [])
    commands = re.findall(r"^#   rolemgr (.*?)(?:   .*)?$", Path("blueprint.yaml").read_text("utf-8"), re.MULTILINE)
    assert commands == ["show blueprint blueprint.yaml", "prove blueprint.yaml", "build blueprint.yaml -o build"]
    for command in commands:
        done = run(*command.split())
        assert (done.code, done.errors) == (0, [])
    assert Path("build/index.html").is_file()
    errors = Draft202012Validator(schema_of("blueprint")).iter_errors(read_yaml(Path("blueprint.yaml")).data)
    assert [error.message for error in errors] == []


def test_a_file_that_exists_is_left_alone(run: "Run") -> None:
    """As the starter of settings does."""
    Path("blueprint.yaml").write_text("mine", "utf-8")
    ran = run("init", "--blueprint", "single")
    assert (ran.code, ran.errors) == (
        2,
        ["blueprint.yaml: exists already; edit it, or write another with -o FILE"],
    )
    assert Path("blueprint.yaml").read_text("utf-8") == "mine"


def test_options_of_one_role_are_refused(run: "Run") -> None:
    """They would be ignored: a blueprint has many roles."""
    ran = run("init", "--blueprint", "single", "--persona", "data-scientist")
    assert (ran.code, ran.stdout, Path("blueprint.yaml").exists()) == (2, "", False)
    assert ran.errors == ["--persona: goes without --blueprint; say it in the file: a blueprint has many roles"]


def test_settings_are_written_where_they_were(run: "Run") -> None:
    """Without --blueprint nothing is different."""
    assert run("init").code == 0
    assert Path("rolemgr.yaml").is_file()
