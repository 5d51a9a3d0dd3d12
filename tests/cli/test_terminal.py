"""Terminals, shells and bugs: colour where it belongs, completion, tracebacks only for what is our fault."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from rolemgr.cli.main import main

if TYPE_CHECKING:
    from tests.conftest import Run

COLOUR = re.compile(r"\x1b\[[\d;]*(?:3[0-7]|9[0-7])")
PREVIEW = ("preview", "--persona", "tester", "--catalog", "catalog")
COMMAND = [sys.executable, "-m", "rolemgr.cli.main"]


def in_a_terminal(*args: str, **variables: str) -> str:
    """Return what the command shows on a terminal of 80 columns."""
    reader, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    try:
        with subprocess.Popen(
            [*COMMAND, *args], stdout=terminal, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            os.close(terminal)
            shown = b"".join(iter(lambda: read(reader), b""))
        assert process.returncode == 0
    finally:
        os.close(reader)
    return shown.decode()


def read(reader: int) -> bytes:
    """Return the next bytes from a terminal; none when the other side has closed it."""
    try:
        return os.read(reader, 65_536)
    except OSError:
        return b""


def test_colour_on_a_terminal_only(small_catalog: Path, run: "Run") -> None:
    """A tree is coloured on a terminal and plain in a pipe."""
    assert COLOUR.search(in_a_terminal(*PREVIEW))
    assert "\x1b" not in run(*PREVIEW).stdout


def test_no_color_is_honoured(small_catalog: Path) -> None:
    """NO_COLOR takes the colours off a terminal."""
    assert not COLOUR.search(in_a_terminal(*PREVIEW, NO_COLOR="1"))


def test_the_flag_decides(small_catalog: Path, run: "Run") -> None:
    """`--color always` colours a pipe, `never` leaves a terminal without a single escape."""
    assert COLOUR.search(run(*PREVIEW, "--color", "always").stdout)
    assert not COLOUR.search(in_a_terminal(*PREVIEW, "--color", "never"))


def test_colour_changes_no_word(small_catalog: Path, run: "Run") -> None:
    """Without its escapes the coloured page is the plain one."""
    coloured = run(*PREVIEW, "--color", "always").stdout
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == run(*PREVIEW).stdout


@pytest.mark.parametrize("columns", [80, 160])
def test_no_line_is_wider_than_the_terminal(
    columns: int, small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trees and tables fit, at the usual width and at twice that."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for args in (PREVIEW, ("list", "activity-groups"), ("show", "persona", "data-scientist")):
        assert max(map(len, run(*args).stdout.splitlines())) <= columns


@pytest.mark.parametrize("kind", ["personas", "activity-groups"])
def test_names_in_a_list_are_never_broken(kind: str, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """On a narrow terminal the other columns give way: a name is there to be copied."""
    monkeypatch.setenv("COLUMNS", "70")
    names = [entry["id"] for entry in json.loads(run("list", kind, "--format", "json").stdout)]
    shown = [line.split()[0] for line in run("list", kind).stdout.splitlines() if line[0] != " "]
    assert [name for name in names if name not in shown] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, run: "Run") -> None:
    """Each shell gets a script that asks rolemgr for its completions, valid where the shell is at hand."""
    ran = run("completion", shell)
    assert ran.code == 0
    assert "_ROLEMGR_COMPLETE" in ran.stdout
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=ran.stdout.encode(), check=True)


@pytest.mark.parametrize(
    ("words", "found"),
    [("rolemgr cre", "create"), ("rolemgr create --per", "--persona"), ("rolemgr list act", "activity-groups"),
     ("rolemgr nosuch x", "")],
)  # fmt: skip
def test_completion_completes(words: str, found: str) -> None:
    """Commands, options and choices are offered; an unknown command offers nothing and says nothing."""
    environment = os.environ | {
        "_ROLEMGR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")),
    }  # fmt: skip
    program = "from rolemgr.cli.main import main; main(prog_name='rolemgr')"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert [line.split(",")[1] for line in done.stdout.split()] == ([found] if found else [])


def test_a_bug_keeps_its_traceback() -> None:
    """What is no error of the user's is not dressed up as one: it goes through to Python."""

    class Broken(type(main)):  # type: ignore[misc]  # the class of the group is private
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return click.Command(cmd_name, callback=self.fail)

        def fail(self) -> None:
            raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        Broken("rolemgr").main(["create"], prog_name="rolemgr")


def test_an_interrupt_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with one line and the exit code that shells expect."""

    class Interrupted(type(main)):  # type: ignore[misc]  # the class of the group is private
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return click.Command(cmd_name, callback=self.interrupt)

        def interrupt(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        Interrupted("rolemgr").main(["create"], prog_name="rolemgr")
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip() == "error: interrupted"


def test_a_reader_that_goes_away_is_no_bug() -> None:
    """`rolemgr schema role | head -1` ends without a traceback."""
    with subprocess.Popen([*COMMAND, "schema", "role"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
