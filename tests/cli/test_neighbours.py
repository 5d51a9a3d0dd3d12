"""Options and commands of the AWS CLI, terraform, git, ruff and cfn-lint: answered with ours, in one line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from rolemgr.cli import neighbours
from rolemgr.cli.main import COMMANDS, main
from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

TABLE: Any = read_yaml(Path(neighbours.__file__).with_suffix(".yaml")).data


def options_of(command: str) -> set[str]:
    """Return the options that *command* takes."""
    found = main.get_command(click.Context(main), command)
    assert found
    return {option for one in found.params for option in (*one.opts, *one.secondary_opts)} | {"-h", "--help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_is_answered_on_every_command(command: str, run: "Run") -> None:
    """Exit code 2 and one line that names no option which the command lacks first."""
    own = options_of(command)
    for option in TABLE["options"].keys() - own:
        if not option.startswith("--") and option[:2] in own:
            continue  # -vv and -out are -v twice and -o with a path to click
        ran = run(command, option)
        assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1), (option, ran.stderr)
        problem, _, answer = ran.errors[0].partition("; ")
        assert problem.startswith("no such option: -"), (option, ran.stderr)
        assert "--help" not in answer, (option, ran.stderr)
        if answer.startswith("-") and not answer.startswith("- "):
            assert answer.split()[0] in own


@pytest.mark.parametrize(
    ("words", "answer"),
    [(("apply", "--dry-run"), "`rolemgr plan` shows what `apply` would do"),
     (("create", "--dry-run"), "without --apply nothing touches AWS"),
     (("apply", "-auto-approve"), "--yes asks no question"),
     (("check", "--json"), "--format json"),
     (("list", "--var-file=x"), "`rolemgr create --role` reads a role file"),
     (("create", "--role-name", "x"), "--name NAME")],
    ids=str,
)  # fmt: skip
def test_the_answer_suits_the_command(words: tuple[str, ...], answer: str, run: "Run") -> None:
    """What a command can't do is answered with the one that can."""
    assert run(*words).errors[0].partition("; ")[2] == answer


@pytest.mark.parametrize("name", TABLE["commands"])
def test_commands_are_answered_too(name: str, run: "Run") -> None:
    """`rolemgr lint` is `rolemgr check`."""
    ran = run(name)
    assert (ran.code, ran.errors) == (2, [f"unknown command `{name}`; it is `rolemgr {TABLE['commands'][name]}` here"])
    assert TABLE["commands"][name] in COMMANDS


def test_a_form_is_no_path(run: "Run") -> None:
    """`--output json` of the AWS CLI would write a file of that name."""
    ran = run("list", "personas", "--output", "json")
    assert (ran.code, ran.errors[0].partition(": ")[0], Path("json").exists()) == (2, "--output", False)
    assert run("list", "personas", "--output", "./json").code == 0
