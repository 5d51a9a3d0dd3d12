"""The end of a process, and the start without pydantic's plugins: quicker, and the same to whoever looks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run_lines(*lines: str, **given: Any) -> "subprocess.CompletedProcess[str]":
    """Run *lines* of Python in a process of their own."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run([sys.executable, "-c", "\n".join(lines)], check=False, text=True, **pipes | given)


END = "from rolemgr.cli.process import end_quickly"


@pytest.mark.parametrize(("code", "expected"), [("None", 0), ("0", 0), ("3", 3), ("256 + 3", 3)])
def test_the_exit_code_is_the_one_that_was_given(code: str, expected: int) -> None:
    """As Python's own end has it."""
    assert run_lines(END, f"end_quickly(SystemExit({code}))").returncode == expected
    assert run_lines(f"raise SystemExit({code})").returncode == expected


def test_what_was_printed_is_written_and_what_waits_for_the_end_is_called() -> None:
    """Buffers are flushed last: what is called at the end may print."""
    done = run_lines(
        END, "import atexit, sys", "atexit.register(lambda: print('last'))",
        "print('first'); print('error', file=sys.stderr, end='')", "end_quickly(SystemExit(1))",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "first\nlast\n", "error")


def test_a_text_is_printed_as_python_does() -> None:
    """A bug that ends the process with a text is not swallowed."""
    done = run_lines(END, "end_quickly(SystemExit('a text'))")
    assert (done.returncode, done.stderr) == (1, "a text\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_an_output_that_can_not_be_written_is_said() -> None:
    """Python's own end says what was not written, and its exit code is 120."""
    with Path("/dev/full").open("w") as full:
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = run_lines(END, "print('lost')", "end_quickly(SystemExit(0))", stdout=full, env=buffered)
    assert done.returncode == 120
    assert "No space left on device" in done.stderr


def test_a_process_without_streams_ends_all_the_same() -> None:
    """A window program, or `>&-`, has none."""
    assert run_lines(END, "import sys", "sys.stdout = sys.stderr = None", "end_quickly(SystemExit(4))").returncode == 4


@pytest.mark.parametrize(("closed", "code"), [("0 1 2", 0), ("1", 0), ("2", 0), ("0", 0)])
def test_a_closed_stream_is_not_the_answer(closed: str, code: int, tmp_path: Path) -> None:
    """A daemon has none: the exit code is the answer's, and the result still gets where it should."""
    policy, result = tmp_path / "p.json", tmp_path / "r.txt"
    policy.write_text(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}'
    )
    run_it = "from rolemgr.cli.start import run; run()"
    close = " ".join(f"{number}>&-" for number in closed.split())
    program = f'exec "$0" -c "$1" check "$2" -o "$3" {close}'
    done = subprocess.run(["/bin/sh", "-c", program, sys.executable, run_it, policy, result], check=False)
    assert (done.returncode, result.read_text()) == (code, "no finding in 1 policy\n")
    program = f'exec "$0" -c "$1" check "$2" {close}'
    assert subprocess.run(["/bin/sh", "-c", program, sys.executable, run_it, policy], check=False).returncode == code


PLUGINS = (
    "import sys, os",
    "from rolemgr.cli.process import keep_to_ourselves, skip_plugin_loader",
    "skip_plugin_loader(); keep_to_ourselves()",
    "import pydantic",
    "class A(pydantic.BaseModel):",
    "    x: int",
    "print(A(x='1').x, 'importlib.metadata' in sys.modules)",
)


def test_models_are_built_without_looking_for_plugins() -> None:
    """Validation is pydantic's own, and nothing reads the metadata of packages."""
    done = run_lines(*PLUGINS)
    assert (done.stdout, done.stderr) == ("1 False\n", "")


def test_whoever_asks_for_more_gets_the_true_loader() -> None:
    """Nothing of pydantic is missing, should a later version of it want more of its loader."""
    done = run_lines(
        *PLUGINS,
        "from pydantic.plugin._loader import entry_points, get_plugins",
        "import importlib.metadata, pydantic.plugin._loader as true",
        "print(entry_points is importlib.metadata.entry_points, tuple(get_plugins()), true.__spec__.name)",
    )
    assert done.stdout.splitlines()[1:] == ["True () pydantic.plugin._loader"], done.stderr
