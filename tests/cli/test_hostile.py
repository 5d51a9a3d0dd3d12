"""Catalogs, arguments, files and places that somebody chose to break us: no escape, no traceback, nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

EVIL = (
    "\x1b]0;x\x07\x1b[2J\u202e\u0085\r\n::error::x\n##[error]x in the middle ##[add-mask]y"
    ' <img src=x onerror=alert(1)> "}]} \\'
)
TEXT = '"' + EVIL.encode("unicode_escape").decode().replace('"', '\\"') + '"'


def test_no_text_of_a_catalog_is_obeyed(small_catalog: Path, run: "Run") -> None:
    """Titles, descriptions and help with escapes and workflow commands, through every command that shows them."""
    for path in small_catalog.rglob("*.yaml"):
        lines = [f"{line.partition(':')[0]}: {TEXT}" if line.startswith(("title:", "description:")) else line
                 for line in path.read_text().splitlines()]  # fmt: skip
        path.write_text("\n".join(lines).replace("names of the jobs", TEXT) + "\n")
    chosen = ("--persona", "tester", "--catalog", "catalog")
    for args in (
        ("list", "personas", "--catalog", "catalog"), ("list", "activity-groups", "--catalog", "catalog"),
        ("show", "persona", "tester", "--catalog", "catalog"), ("show", "activity-group", "run-jobs", "--catalog", "catalog"),
        ("preview", *chosen), ("preview", *chosen, "--description", EVIL), ("check", *chosen),
        ("preview", *chosen, "--format", "html"), ("preview", *chosen, "--format", "markdown"),
        ("check", *chosen, "--format", "github"), ("create", *chosen, "--explain"), ("check", *chosen, "--format", "sarif"),
    ):  # fmt: skip
        ran = run(*args)
        assert ran.code in (0, 1) or EVIL in args, (args, ran.stderr)
        for text in (ran.stdout, ran.stderr):
            assert all(char.isprintable() or char == "\n" for char in text), (args, text)
            lines = text.split("\n")
            assert not [line for line in lines if line.lstrip().startswith("::error::x")], (args, text)
            assert "<img" not in text or "html" not in args, (args, text)
            if text.startswith("{") and "create" in args:  # nothing ends a text of a policy early
                assert "onerror" in json.loads(text)["Description"]
            if not text.startswith("{") and not {"github", "html", "markdown"} & {
                *args
            }:  # data is as it is; an annotation is one command
                assert "##[" not in text, (args, text)


def process(*args: str | bytes, **streams: object) -> "subprocess.CompletedProcess[bytes]":
    """Run `rolemgr` as a process."""
    given: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([sys.executable, "-m", "rolemgr.cli.main", *args], check=False, timeout=600, **given)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_a_full_disk_is_one_line() -> None:
    """As a file."""
    ran = process("create", "--persona", "data-scientist", "-o", "/dev/full")
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (
        2,
        b"error: /dev/full: can't be written: No space left on device",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize(
    "command",
    ["create --persona data-scientist", "preview --persona data-scientist", "list personas", "show scp no-root"],
)
def test_a_full_disk_behind_stdout_is_one_line(command: str) -> None:
    """Of text as of a page, which is drawn before it is written."""
    with Path("/dev/full").open("wb") as full:
        ran = process(*command.split(), stdout=full)
    message = b"error: <stdout>: can't be written: No space left on device"
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (2, message)


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """As `| head -1` does."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = process("create", "--persona", "data-scientist", stdout=writing)
    os.close(writing)
    assert b"Traceback" not in ran.stderr
    assert b"Exception" not in ran.stderr


@pytest.mark.parametrize(
    ("output", "says"),
    [("x" * 300 + ".json", "File name too long"), ("no/where.json", "No such file"), (".", ""), ("file/x.json", "Not a directory")],
)  # fmt: skip
def test_what_can_not_be_written_leaves_nothing(output: str, says: str, small_catalog: Path, run: "Run") -> None:
    """One line, and no part of a file."""
    Path("file").write_text("")
    before = sorted(Path().rglob("*"))
    ran = run("create", "--persona", "tester", "--catalog", "catalog", "-o", output)
    if output == ".":
        assert ran.code == 0
        return
    assert (ran.code, ran.stdout, len(ran.errors), says in ran.errors[0]) == (2, "", 1, True)
    assert sorted(Path().rglob("*")) == before


def test_no_link_in_the_output_folder_is_followed(small_catalog: Path, run: "Run") -> None:
    """Neither a file nor a folder in it; the folder itself may be one, as the user names it."""
    Path("outside").mkdir()
    Path("real").mkdir()
    Path("out").symlink_to("real")
    chosen = ("create", "--persona", "tester", "--catalog", "catalog", "-o", "out")
    assert (run(*chosen).code, Path("real/sagemaker-tester.json").is_file()) == (0, True)
    Path("real/sagemaker-tester.json").unlink()
    Path("real/sagemaker-tester.json").symlink_to("../outside/x")
    Path("real/sagemaker-tester").symlink_to("../outside")
    for form in ("json", "terraform"):
        ran = run(*chosen, "--format", form)
        assert ran.code == (2 if form == "json" or Path("real/sagemaker-tester").is_symlink() else 0), form
    assert list(Path("outside").iterdir()) == []


def test_names_that_are_not_utf_8_are_one_line() -> None:
    """A file's name and an argument are bytes on Linux."""
    ran = process(b"check", b"\xff.json")
    assert (ran.returncode, ran.stderr.count(b"\n"), b"Traceback" in ran.stderr) == (2, 1, False)
    try:
        Path(os.fsdecode(b"\xff.json")).write_text("{}")
    except OSError:
        pytest.skip("the file system takes UTF-8 alone")
    ran = process("check", ".")
    assert (ran.returncode, b"Traceback" in ran.stderr) == (2, False)
