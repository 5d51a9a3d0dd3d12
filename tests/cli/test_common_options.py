"""`-q`, `-v` and `--color`: on every command, and before it, as git and the AWS CLI take them."""

from typing import TYPE_CHECKING

import click
import pytest
from tests.support import write

from rolemgr.cli.main import COMMANDS, main

if TYPE_CHECKING:
    from tests.conftest import Run

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjectt", "Resource": "*"}]}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_them(name: str) -> None:
    """Under the same names; what help says of them is said once."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    found = [opt for param in command.params for opt in param.opts]
    for flag in ("-q", "--quiet", "-v", "--verbose", "--color"):
        assert found.count(flag) == 1, flag


@pytest.mark.parametrize(
    ("before", "behind"),
    [(("-q",), ("-q",)), (("--quiet", "-v"), ("-q", "-v")), (("--color", "always"), ("--color", "always")),
     (("--color=always", "-q"), ("--color", "always", "-q")), (("-v",), ("-v",))],
    ids=str,
)  # fmt: skip
def test_before_the_command_they_mean_the_same(before: tuple[str, ...], behind: tuple[str, ...], run: "Run") -> None:
    """Text, notes and colour."""
    write("p.json", POLICY)
    ran, other = run(*before, "check", "p.json"), run("check", "p.json", *behind)
    assert (ran.code, ran.stdout, ran.stderr) == (other.code, other.stdout, other.stderr)
    assert ("\x1b[" in ran.stdout) == any("always" in word for word in before)


def test_behind_the_command_wins(run: "Run") -> None:
    """What is nearer to what it is about."""
    write("p.json", POLICY)
    ran = run("--color", "always", "check", "p.json", "--color", "never")
    assert ran.stdout == run("check", "p.json").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [(("-q",), "no command is given; see `rolemgr --help`"),
     (("-v", "--color", "never"), "no command is given; see `rolemgr --help`"),
     (("--color", "blue", "check"), "invalid value for '--color': 'blue' is not one of 'auto', 'always', 'never'"),
     (("-q", "chekc"), "unknown command `chekc`; did you mean check?"),
     (("-q", "--region", "x", "create"), "no such option: --region; options stand after the command"),
     (("--color",), "no such option")],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_before_the_command_is_one_line(words: tuple[str, ...], says: str, run: "Run") -> None:
    """As behind it."""
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert ran.errors[0].startswith(says)


def test_verbose_says_which_files_were_read(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's alone, in their order, also where the run ends in an error; and what the environment set."""
    write("a.json", POLICY)
    write("b.json", POLICY)
    assert run("check", "b.json", "a.json", "-v").notes[-1] == "read b.json, a.json"
    assert "read" not in run("check", "b.json").stderr
    assert run("check", "a.json", "no.json", "-v").notes[-1] == "read a.json"
    assert run("version", "-v").notes == ["no file was read"]
    assert run("-q", "-v", "check", "a.json").stderr == ""
    write("ours/guardrails/profiles/mine.yaml", "title: T\ndescription: D.\nguardrails: {}\n")
    monkeypatch.setenv("ROLEMGR_CATALOG", "ours")
    assert run("list", "profiles", "-v").notes == ["--catalog: from ROLEMGR_CATALOG",
                                                   "read ours/guardrails/profiles/mine.yaml"]  # fmt: skip


def test_verbose_names_a_few_of_many(run: "Run") -> None:
    """And counts the others."""
    for number in range(23):
        write(f"p/{number:02}.json", POLICY)
    said = run("check", "p", "-v").notes[-1]
    assert said.startswith("read p/00.json, p/01.json, ")
    assert said.endswith(" and 3 more")
