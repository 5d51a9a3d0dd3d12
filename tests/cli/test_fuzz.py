"""Every command and option with hostile values: a clean end with a code of ours, nothing that a terminal obeys."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from rolemgr.cli.main import COMMANDS, main

if TYPE_CHECKING:
    from tests.conftest import Run

TEXTS = (
    "", " ", "-", "--", "=", ".", "..", "~", "x" * 5000, "a/" * 200 + "b", "a" * 300, "\ud800", "\udcff.json",
    "\x1b[2J\x1b]0;x\x07", "\u202e\u0085", "a\r\n::error::x", "{{ x }}", "${aws:username}", "*" * 50, "[", "[!", "?" * 200,
    "nan", "inf", "-1", "0", "1e999", "9" * 400, "1_0", "\u0663", "null", "true", "key=value", "aws:x=", "=v", "a=b=c",
    "arn:aws:iam::111122223333:role/x", "arn:", "arn:aws:s3:::*", "sagemaker:", "sagemaker:*", ":", "data-scientist",
    "empty", "binary.json", "deep.json", "evil.yaml", "folder", "fifo", "loop", "/dev/null", "/dev/full", "/proc/self/mem",
    "folder/x/y/z.json", "list.json", "int.json", "types.json",
)  # fmt: skip
FILES = {
    "empty": b"", "binary.json": bytes(range(256)), "deep.json": b"[" * 50_000, "list.json": b"[[], {}, null, 1]",
    "int.json": b"9" * 5000, "evil.yaml": b'"\\e[2J": !!python/object:x []\n? {a: b}\n: c\n',
    "types.json": b'{"Type": {}, "Resources": {"x": {"Type": {}, "Properties": 1}}, "Statement": {"Effect": []}, "Version": {}}',
}  # fmt: skip
CODES = {0, 1, 2, 3, 130}
NEEDED = {
    "report": ("--persona", "tester", "--catalog", "catalog"),
    "create": ("--persona", "tester", "--catalog", "catalog"), "preview": ("--persona", "tester", "--catalog", "catalog"),
    "check": ("--persona", "tester", "--catalog", "catalog"), "prove": ("--persona", "tester", "--catalog", "catalog"),
    "simulate": ("ok.json", "--action", "s3:GetObject"), "diagnose": ("--policy", "ok.json", "--action", "s3:GetObject"),
    "diff": ("ok.json", "ok.json"), "list": ("personas",), "show": ("persona", "data-scientist"),
    "detective": ("on-demand-jobs",), "schema": ("role",), "completion": ("bash",),
}  # fmt: skip
"""What a command needs, so that the option under test is reached."""


@pytest.fixture
def hostile_folder(small_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with files of every kind, and an account that answers nothing."""
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    Path("ok.json").write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    )
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    os.mkfifo("fifo")
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "ENDPOINT_URL": "http://127.0.0.1:9",
                        "MAX_ATTEMPTS": "1", "EC2_METADATA_DISABLED": "true"}.items():  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)


@contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Raise TimeoutError where what is inside works for longer, however busy the machine is, or waits for ever."""

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError(f"longer than {limit} seconds")

    before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.alarm(60 * limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def parameters(name: str) -> list[click.Parameter]:
    """Return the arguments and options of the command *name*."""
    found = main.get_command(click.Context(main), name)
    assert found
    return list(found.params)


def asked(name: str, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Return the command line that gives *value* to *parameter*."""
    if isinstance(parameter, click.Argument):
        return (name, value)
    needed = NEEDED.get(name, ())
    option = max(parameter.opts, key=len)
    if isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count):
        return (name, *needed, option, value)
    return (
        (name, *needed, option, value)
        if value.startswith("-") or not option.startswith("--")
        else (name, *needed, f"{option}={value}")
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo") or not hasattr(signal, "SIGALRM"), reason="Windows has neither")
@pytest.mark.parametrize("name", sorted({*COMMANDS} - {"mcp"}))  # which would confine this process for good
@pytest.mark.usefixtures("hostile_folder")
def test_no_command_line_breaks_it(name: str, run: "Run") -> None:
    """Each parameter with a value of a seeded choice, or `FUZZ_VALUES`; all of them over the seeds of `FUZZ_SEED`."""
    seed = os.environ.get("FUZZ_SEED", "1")
    for parameter in parameters(name):
        choice = random.Random(f"{seed} {name} {parameter.name}")  # noqa: S311 - the same values each time
        for value in choice.sample(TEXTS, min(len(TEXTS), int(os.environ.get("FUZZ_VALUES", "1")))):
            args = asked(name, parameter, value)
            with seconds(10):
                ran = run(*args, stdin=choice.choice((b"", b"\xff\x00", b"{}", b"[" * 9999)))
            assert ran.code in CODES, (args, ran)
            assert "Traceback" not in ran.stderr, args
            text = ran.stdout + ran.stderr
            assert all(char.isprintable() or char in "\n\t" for char in text), (args, text)
            assert not [line for line in text.split("\n") if line.lstrip().startswith("::error::x")], args


READERS = (
    ("check",), ("check", "--persona", "tester", "--catalog", "catalog", "--rules"),
    ("check", "--persona", "tester", "--catalog", "catalog", "--config"),
    ("check", "--persona", "tester", "--catalog", "catalog", "--baseline"), ("test",), ("diff", "ok.json"),
    ("simulate", "--action", "s3:GetObject"), ("simulate", "--requests"), ("create", "--role"), ("preview", "--role"),
    ("prove", "--role"), ("plan",), ("apply", "--yes"), ("drift",), ("diagnose", "--policy", "ok.json"),
    ("diagnose", "--action", "s3:GetObject", "--policy"), ("diagnose", "--action", "s3:GetObject", "--policy", "ok.json", "--scp"),
    ("diagnose", "--action", "s3:GetObject", "--policy", "ok.json", "--key-policy"),
    ("simulate", "ok.json", "--action", "s3:GetObject", "--resource-policy"),
)  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo") or not hasattr(signal, "SIGALRM"), reason="Windows has neither")
@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.usefixtures("hostile_folder")
def test_no_file_breaks_what_reads_it(words: tuple[str, ...], run: "Run") -> None:
    """A pipe without a writer, a folder, a loop of links, and what is not a text, no JSON or not of the shape it has."""
    for name in (*FILES, "fifo", "folder", "loop", "/dev/null", "/dev/full", "x" * 300):
        with seconds(10):
            ran = run(*words, name)
        assert ran.code in {1, 2}, (words, name, ran)
        assert ran.errors or ran.code == 1, (words, name)
        assert all(char.isprintable() or char in "\n\t" for char in ran.stdout + ran.stderr), (words, name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_a_pipe_that_somebody_writes_to_is_read(run: "Run") -> None:
    """As `<(command)` of a shell is: the writer may take its time."""
    for args, says in (
        (("check", "--type", "identity"), "RM"), (("simulate", "--action", "s3:GetObject"), "Allowed"),
        (("diff", "ok.json"), ""),
    ):  # fmt: skip
        Path("ok.json").write_text(POLICY)
        reading, writing = os.pipe()
        later = threading.Timer(0.2, _write_all, (writing,))
        later.start()
        ran = run(*args, f"/dev/fd/{reading}")
        later.join()
        os.close(reading)
        assert (ran.errors, says in ran.stdout) == ([], True), args


def _write_all(number: int) -> None:
    """Write a policy into the pipe *number*, and end it."""
    with os.fdopen(number, "w") as pipe:
        pipe.write(POLICY)


POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'


@pytest.mark.usefixtures("hostile_folder")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "--persona", "data-scientist", "--format", "permission-set", "-o", "x.json"), "is named as JSON, and the result is YAML; name it NAME.yaml, or choose another --format"),
        (("create", "--persona", "data-scientist", "--format", "yaml", "-o", "x.json"), "is named as JSON, and the result is YAML"),
        (("create", "--persona", "data-scientist", "--format", "aws-cli", "-o", "x.yaml"), "is named as YAML, and the result is a shell script"),
        (("create", "--persona", "data-scientist", "--format", "terraform", "-o", "x.tf"), "is named as HCL, and the result is JSON; Terraform reads JSON from x.tf.json"),
        (("detective", "on-demand-jobs", "-o", "x.json"), "is named as JSON, and the result is YAML; give --format json"),
        (("list", "personas", "--format", "text", "-o", "x.json"), "is named as JSON, and the result is text; give --format json"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_name_says(words: tuple[str, ...], says: str, run: "Run") -> None:
    """Nothing that a program would refuse to read is written under a name that asks for it."""
    ran = run(*words)
    assert (ran.code, ran.errors[0].partition(": ")[2].startswith(says), Path(words[-1]).exists()) == (2, True, False)


def test_json_may_be_called_yaml(run: "Run") -> None:
    """All JSON is YAML; other names say nothing."""
    for name in ("x.yaml", "x.txt", "x"):
        assert run("create", "--persona", "sagemaker-compute", "-o", name).code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
@pytest.mark.usefixtures("hostile_folder")
def test_a_pipe_that_nobody_reads_is_not_waited_for(run: "Run") -> None:
    """As the place of the result."""
    ran = run("schema", "role", "-o", "fifo")
    assert (ran.code, ran.errors) == (2, ["fifo: can't be written: No such device or address"])
