"""
A real IAM and STS over HTTP: `moto_server` in a process of its own, on a free port of loopback.

A new server has no roles; `reset` brings one back to that.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
"""The account that moto's credentials are of."""

SECRET = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}

_SERVER = Path(__file__).with_name("aws_server.py")


@contextmanager
def served(*policies: str, **environment: str) -> Iterator[str]:
    """Run a moto server with these managed policies of AWS and environment variables; stop it at the end."""
    command = [sys.executable, str(_SERVER)]
    if policies:
        environment |= {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "AWS_POLICIES": ",".join(policies)}
    given: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, **environment}, **given) as server:
        try:
            yield _address(server)
        finally:
            server.terminate()
            server.communicate()


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stderr
    for line in server.stderr:
        if "Running on" in line:
            address = line.split("Running on")[1].split()[0]
            _wait_for(address)
            return address
    raise AssertionError("the moto server did not start")


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{address}/moto-api/"):  # noqa: S310 - our own server on loopback
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the moto server does not answer")


def reset(address: str) -> None:
    """Empty the server at *address*."""
    post(address, "reset")


def post(address: str, path: str, data: bytes = b"") -> None:
    """Call moto's own API at *path*."""
    request = urllib.request.Request(f"{address}/moto-api/{path}", data=data, method="POST")  # noqa: S310
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request).close()  # noqa: S310 - our own server on loopback


def iam_client(address: str, **secret: str) -> Any:
    """Return an IAM client of the server at *address* that gives up at once."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("iam", endpoint_url=address, region_name="us-east-1", config=config, **(secret or SECRET))
