"""An AWS over real HTTP for exports: a moto server of its own account, and clients of it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import boto3
import pytest
from tests.export.support import ACCOUNT

Client: TypeAlias = Callable[..., Any]


class Server(NamedTuple):
    """A running server and how to talk to it."""

    address: str
    client: Client


@pytest.fixture(scope="session")
def started() -> Iterator[str]:
    """Run a moto server of account `ACCOUNT` on a free loopback port and stop it after the tests."""
    command = [sys.executable, "-c", "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"]
    environment = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    given: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen(command, **given) as server:
        try:
            yield _address(server)
        finally:
            server.terminate()
            server.communicate()


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stderr
    for line in server.stderr:
        if "Running on" in line:
            return _answering(line.split("Running on")[1].split()[0])
    raise AssertionError("the moto server did not start")


def _answering(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{address}/moto-api/"):  # noqa: S310 - our own server on loopback
                return address
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the moto server does not answer")


@pytest.fixture
def aws(started: str) -> Iterator[Server]:
    """Return the server, empty, and a maker of clients by service and region."""
    urllib.request.urlopen(urllib.request.Request(f"{started}/moto-api/reset", method="POST")).close()  # noqa: S310
    clients: list[Any] = []

    def client(service: str, region: str = "us-east-1") -> Any:
        secret = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        clients.append(boto3.client(service, endpoint_url=started, region_name=region, **secret))
        return clients[-1]

    yield Server(started, client)
    for one in clients:
        one.close()
