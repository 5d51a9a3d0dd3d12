"""What the evaluation tests share: plain JSON made policies and requests."""

from collections.abc import Callable
from typing import Any

import pytest

from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy

BUCKET_OBJECT = "arn:aws:s3:::amzn-s3-demo-bucket/key"


@pytest.fixture
def identity() -> Callable[..., Policies]:
    """Return the maker of policies that are one identity policy of the given statements."""

    def make(*statements: dict[str, Any], version: str = "2012-10-17") -> Policies:
        document = IdentityPolicy.model_validate({"Version": version, "Statement": list(statements)})
        return Policies(identity=(document,))

    return make


@pytest.fixture
def request_of() -> Callable[..., Request]:
    """Return the maker of requests for an S3 object, of which any field may be another."""

    def make(**fields: Any) -> Request:
        return Request.from_json_value({"action": "s3:GetObject", "resource": BUCKET_OBJECT} | fields)

    return make
