"""An AWS over real HTTP for exports: a moto server of its own account, and clients of it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import boto3
import pytest
from tests.export.support import ACCOUNT
from tests.servers import SECRET, reset, served

Client: TypeAlias = Callable[..., Any]


class Server(NamedTuple):
    """A running server and how to talk to it."""

    address: str
    client: Client


@pytest.fixture(scope="session")
def started() -> Iterator[str]:
    """Run a moto server of account `ACCOUNT` on a free loopback port and stop it after the tests."""
    with served("CloudWatchReadOnlyAccess", "PowerUserAccess", MOTO_ACCOUNT_ID=ACCOUNT) as address:
        yield address


@pytest.fixture
def aws(started: str) -> Iterator[Server]:
    """Return the server, empty, and a maker of clients by service and region."""
    reset(started)
    clients: list[Any] = []

    def client(service: str, region: str = "us-east-1") -> Any:
        clients.append(boto3.client(service, endpoint_url=started, region_name=region, **SECRET))
        return clients[-1]

    yield Server(started, client)
    for one in clients:
        one.close()
