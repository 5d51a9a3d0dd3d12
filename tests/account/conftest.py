"""One moto server for all tests of the account, emptied before each."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.servers import iam_client, reset, served


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Run a moto server and return its address."""
    with served() as address:
        yield address


@pytest.fixture
def endpoint(server: str) -> str:
    """Return the address of a server that has nothing yet."""
    reset(server)
    return server


@pytest.fixture
def iam(endpoint: str) -> Iterator[Any]:
    """Return an IAM client of that server."""
    client = iam_client(endpoint)
    yield client
    client.close()
