"""Completion, in the shells themselves: bash and zsh at a pseudo-terminal, fish by its own engine."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

from rolemgr.cli.completing import aws_profiles
from rolemgr.workflow.complete import candidates

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

LINES = (
    ("rolemgr que", "query"),
    ("rolemgr create --persona data-sc", "data-scientist"),
    ("rolemgr create --guardrail instance-types=ml.m5.large,ml.g4dn.xl", "ml.m5.large,ml.g4dn.xlarge"),
    ("rolemgr create --guardrail-profile enc", "encrypted"),
    ("rolemgr show activity-group run-tr", "run-training-jobs"),
    ("rolemgr check --select runs-as-a", "runs-as-any-role"),
    ("rolemgr create --region eu-west-1 --add tune-h", "tune-hyperparameters"),
    ("rolemgr query action sagemaker:CreateHyperP", "sagemaker:CreateHyperParameterTuningJob"),
    ("rolemgr check poli", "policies.json"),
)
"""What is typed, and how its last word reads behind Tab."""


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """Put `rolemgr` on the path of the shells, beside a file to complete."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "rolemgr"
    python = "from rolemgr.cli.main import main; main(prog_name='rolemgr')"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{python}" "$@"\n')
    script.chmod(0o755)
    write("policies.json", {})
    return os.environ | {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "TERM": "dumb", "PS1": "> ", "LC_ALL": "C.UTF-8",
        "HOME": str(tmp_path), "INPUTRC": "/dev/null",
    }  # fmt: skip


@contextmanager
def at_a_terminal(*words: str, environment: dict[str, str]) -> Iterator[int]:
    """Give the terminal that the shell *words* runs on."""
    ours, its = pty.openpty()
    process = subprocess.Popen(words, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True)
    os.close(its)
    try:
        yield ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def until(terminal: int, text: str, seconds: float = 600) -> str:
    """Read from *terminal* until *text* is there; return what was shown."""
    shown, end = "", time.monotonic() + seconds
    while text not in shown:
        assert select.select([terminal], [], [], max(0, end - time.monotonic()))[0], f"no {text!r} in {shown!r}"
        shown += os.read(terminal, 65_536).decode(errors="replace")
    return shown


SETUP = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), "bind 'set bell-style none' 2>/dev/null; . ./script"),
    "zsh": (("zsh", "-f", "-i"), "autoload -Uz compinit && compinit -u -D && . ./script"),
}


@pytest.mark.parametrize("shell", SETUP)
def test_words_are_completed_at_the_terminal(shell: str, program: dict[str, str], run: "Run") -> None:
    """Each line is typed, Tab is pressed, and the whole word stands there, also behind `=` and `:`."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    Path("script").write_text(run("completion", shell).stdout)
    words, setup = SETUP[shell]
    with at_a_terminal(*words, environment=program) as terminal:
        os.write(terminal, f"{setup}; echo rea''dy\n".encode())
        until(terminal, "ready")
        for typed, word in LINES:
            os.write(terminal, f"echo {typed}".replace("echo rolemgr", "rolemgr").encode() + b"\t")
            assert word[-8:] in until(terminal, word[-8:])
            os.write(terminal, b"\x15")  # the line is not run


@pytest.mark.parametrize(("typed", "word"), LINES)
def test_fish_completes_the_same(typed: str, word: str, program: dict[str, str], run: "Run") -> None:
    """Its engine is asked, as Tab asks it."""
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    Path("script").write_text(run("completion", "fish").stdout)
    asked = ["fish", "--no-config", "-c", f"source script; complete -C {json.dumps(typed)}"]
    done = subprocess.run(asked, env=program, capture_output=True, text=True, check=True)
    found = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert [one for one in found if one.endswith(word)]


def test_what_each_kind_completes_to(user_catalog: "UserCatalog") -> None:
    """Of the catalog at hand, in any case; behind a comma the next value of a guardrail; nothing for what is not known."""
    user_catalog({"personas/tester.yaml": "title: T\ndescription: D.\nactivity_groups: [read-data]\n"})
    assert candidates("personas", "TEST", ["catalog"]) == ["tester"]
    assert candidates("guardrails", "vol", []) == ["volume-kms-key"]
    assert "max-runtime=24h" in candidates("guardrails", "max-runtime=", [])
    assert candidates("guardrails", "file-systems=modes:", []) == ["file-systems=modes:ro", "file-systems=modes:rw"]
    assert "serverless-limits=concurrency:" in candidates("guardrails", "serverless-limits=", [])
    assert candidates("guardrails", "nosuch=", []) == []
    assert candidates("rules", "RM7,runs-as", []) == ["RM7,runs-as-any-role"]
    assert candidates("instance-types", "ml.g4dn.12x", []) == ["ml.g4dn.12xlarge"]
    assert candidates("parameters", "job_n", []) == ["job_names="]
    assert candidates("personas", "", ["nowhere"]) == []


def test_aws_profiles_come_from_its_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names alone; a file that is no configuration completes to nothing."""
    Path("config").write_text("[default]\n[profile dev]\nregion = eu-west-1\n[profile prod]\n")
    Path("credentials").write_text("[dev]\naws_access_key_id = x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    assert aws_profiles() == ["default", "dev", "prod"]
    Path("config").write_text("what")
    assert aws_profiles() == ["dev"]
