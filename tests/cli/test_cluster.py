"""`--jobs` and `--scheduler`: processes here, or a real Dask scheduler and workers on loopback, find the same."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.audit.accounts import synthetic
from tests.conftest import Run
from tests.events.support import ROLE, log_file
from tests.usage.generated import calls

from rolemgr.errors import InputError
from rolemgr.workflow.workers import WorkerChoice, here, jobs_for, processes

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

from rolemgr.workflow.cluster import cluster, require_safe

DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sagemaker:*Job", "Resource": "*"}]}
TOP = Path(__file__).resolve().parents[2]


class Started:
    """A scheduler of our own on loopback, and the workers that are begun of it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.address, self._folder = f"tcp://127.0.0.1:{port}", folder
        self._processes = [self._begin(str(TOP), "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")]

    def wait(self) -> None:
        """Return once the scheduler listens; a busy machine takes seconds to begin it."""
        end = time.monotonic() + 600
        while time.monotonic() < end:
            with socket.socket() as tried:
                if not tried.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))):
                    return
            time.sleep(0.1)

    def worker(self, source: Path = TOP) -> None:
        """Begin one more worker, which takes modules of *source* first."""
        common = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self._folder))
        self._processes.append(self._begin(str(source), "worker", self.address, *common))

    def _begin(self, source: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "dask", *arguments]
        return subprocess.Popen(
            command, cwd=self._folder, env={**os.environ, "PYTHONPATH": source}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self) -> None:
        """End all of it."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Started]:
    """Give a scheduler that has no worker yet."""
    made = Started(tmp_path)
    try:
        yield made
    finally:
        made.end()


def killing(common: str, share: int) -> tuple[str, int]:
    """Be work that tells its process in a file and waits for its end, the first time that share 3 is done."""
    told = Path(common) / "process"
    if share == 3 and not told.exists():
        told.write_text(str(os.getpid()))
        time.sleep(600)
    return common, share * share


def test_a_cluster_finds_what_one_process_finds_whoever_is_lost(run: Run, begun: Started, tmp_path: Path) -> None:
    """The audit of an account and a replay, byte for byte; then a worker is killed in the middle, and no result is lost."""
    (tmp_path / "account.json").write_text(synthetic(3, 12)[0])
    for _ in range(2):
        begun.worker()
    alone, spread, far = (
        run("audit", str(tmp_path / "account.json"), "--format", "json", *more)
        for more in (["--jobs", "1"], ["--jobs", "2"], ["--scheduler", begun.address])
    )
    assert (far.code, far.errors) == (1, [])
    assert alone.stdout == spread.stdout == far.stdout

    (tmp_path / "trail").mkdir()
    for number in range(12):
        (tmp_path / "trail" / f"{number:02}.json").write_bytes(log_file(*(one.event for one in calls(number, 2))))
    (tmp_path / "scp.json").write_text(json.dumps(DENY))
    alone, spread, far = (
        run("replay", str(tmp_path / "trail"), "--with", str(tmp_path / "scp.json"), "--format", "json", *more)
        for more in (["--jobs", "1"], ["--jobs", "2"], ["--scheduler", begun.address])
    )
    assert (far.code, far.stderr) == (1, alone.stderr)
    assert alone.stdout == spread.stdout == far.stdout

    allow = {"Sid": "All", "Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    alone, spread, far = (
        run(
            "tighten",
            str(tmp_path / "policy.json"),
            str(tmp_path / "trail"),
            "--principal",
            ROLE,
            "--format",
            "json",
            *more,
        )
        for more in (["--jobs", "1"], ["--jobs", "2"], ["--scheduler", begun.address])
    )
    assert (far.code, far.stderr) == (0, alone.stderr)
    assert alone.stdout == spread.stdout == far.stdout

    killer = Thread(target=kill_the_one_that_tells, args=(tmp_path / "process",), daemon=True)
    with cluster(begun.address) as workers:
        killer.start()
        found = list(workers(killing, str(tmp_path), range(12)))
    killer.join()
    assert found == [(str(tmp_path), number * number) for number in range(12)]


def test_what_all_shares_need_is_sent_again(begun: Started, tmp_path: Path) -> None:
    """The only worker that has it is killed; another comes later, and no result is lost."""
    begun.worker()

    def lose() -> None:
        kill_the_one_that_tells(tmp_path / "process")
        begun.worker()

    killer = Thread(target=lose, daemon=True)
    with cluster(begun.address, 600) as workers:
        killer.start()
        found = list(workers(killing, str(tmp_path), range(8)))
    killer.join()
    assert found == [(str(tmp_path), number * number) for number in range(8)]


def kill_the_one_that_tells(path: Path) -> None:
    """Kill the process that writes its number to *path*; give up after ten minutes."""
    end = time.monotonic() + 600
    while not (path.exists() and path.read_text()):
        if time.monotonic() > end:
            return
        time.sleep(0.05)
    os.kill(int(path.read_text()), signal.SIGKILL)


def test_a_worker_of_another_version_is_refused(run: Run, begun: Started, tmp_path: Path) -> None:
    """One byte of the program is enough: two that differ may judge differently."""
    shutil.copytree(TOP / "src" / "rolemgr", tmp_path / "other" / "rolemgr")
    with (tmp_path / "other" / "rolemgr" / "errors.py").open("a") as changed:
        changed.write("\n")
    begun.worker(tmp_path / "other")
    (tmp_path / "account.json").write_text(synthetic(3, 1)[0])
    ran = run("audit", str(tmp_path / "account.json"), "--scheduler", begun.address)
    assert ran.code == 2
    assert ran.stdout == ""
    assert "the two may judge differently" in ran.stderr


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("tcp://10.0.0.5:8786", "another machine without TLS"),
        ("tcp://scheduler.example:8786", "another machine without TLS"),
        ("tcp://[2001:db8::1]:8786", "another machine without TLS"),
        ("10.0.0.5:8786", "not the address of a Dask scheduler"),
        ("tls://10.0.0.5", "not the address of a Dask scheduler"),
        ("http://localhost:8786", "not the address of a Dask scheduler"),
        ("tcp://localhost:99999999", "not the address of a Dask scheduler"),
        ("tcp://localhost.example:1", "another machine without TLS"),
    ],
)
def test_an_address_is_safe_or_refused(address: str, problem: str) -> None:
    """A scheduler's messages execute code: over a network only with TLS."""
    with pytest.raises(InputError, match=problem):
        require_safe(address)


@pytest.mark.parametrize(
    "address", ["tls://10.0.0.5:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:1", "tcp://localhost:1"]
)
def test_a_safe_address_is_taken(address: str) -> None:
    """TLS, or this machine: nothing is raised."""
    refused = []
    try:
        require_safe(address)
    except InputError as error:
        refused.append(str(error))
    assert refused == []


def test_nobody_there_is_one_line(run: Run, begun: Started, tmp_path: Path) -> None:
    """A scheduler without workers, and an address where nobody listens."""
    begun.wait()
    with pytest.raises(InputError, match=r"within 3 seconds|after 3 s"), cluster(begun.address, 3):
        pass
    with pytest.raises(InputError, match=r"tcp://127\.0\.0\.1:9"), cluster("tcp://127.0.0.1:9", 1):
        pass
    (tmp_path / "account.json").write_text(synthetic(3, 1)[0])
    ran = run("audit", str(tmp_path / "account.json"), "--scheduler", "tcp://10.0.0.5:1", "--jobs", "2")
    assert (ran.code, ran.stderr.count("\n")) == (2, 1)


def squared(common: int, share: int) -> int:
    """Be work that fails for one share."""
    if share == common:
        raise InputError(None, f"share {share} can't be done")
    return share * share


@pytest.mark.parametrize("count", [1, 2])
def test_processes_keep_the_order_and_what_is_raised(count: int) -> None:
    """Results come in the order of the shares, and an error after what came before it."""
    with processes(count) as workers:
        assert list(workers(squared, -1, iter(range(30)))) == [number * number for number in range(30)]
    found: list[Any] = []
    with processes(count) as workers, pytest.raises(InputError, match="share 7"):
        found.extend(workers(squared, 7, range(30)))
    assert found == [number * number for number in range(7)]


def test_how_many_processes_work_gets() -> None:
    """As many as are asked for; without a wish one, until it is worth more."""
    assert jobs_for(WorkerChoice(3), 1, 1_000) == 3
    assert jobs_for(WorkerChoice(), 999, 1_000) == 1
    assert jobs_for(WorkerChoice(), 1_000, 1_000) >= 1
    with processes(1) as workers:
        assert workers is here
