"""
The files of a trail in S3: listed and read, and never more than that.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, Final, cast

from rolemgr.account.failures import aws_errors
from rolemgr.errors import InputError, SourceLocation

_PASSED_OVER: Final = ("/CloudTrail-Digest/", "/CloudTrail-Insight/")


def trail_objects(s3: Any, address: str) -> Iterator[tuple[str, Callable[[], BinaryIO]]]:
    """
    Yield the files below *address* (``s3://BUCKET/PREFIX``), each with what opens it; digests are passed over.

    *s3* is a client of botocore. Raises InputError where there is no file, AwsError where AWS refuses.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    found = False
    for key in _keys(s3, bucket, prefix):
        if not key.endswith("/") and not any(one in f"/{key}" for one in _PASSED_OVER):
            found = True
            yield f"s3://{bucket}/{key}", partial(_opened, s3, bucket, key)
    if not found:
        raise InputError(SourceLocation(address), "has no file of a trail")


def open_object(s3: Any, address: str) -> BinaryIO:
    """Return the file at *address* (``s3://BUCKET/KEY``), open; raise AwsError where AWS refuses."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return _opened(s3, bucket, key)


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        with aws_errors():
            answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
        yield from (one["Key"] for one in answer.get("Contents", ()))
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def _opened(s3: Any, bucket: str, key: str) -> BinaryIO:
    with aws_errors():
        return cast("BinaryIO", s3.get_object(Bucket=bucket, Key=key)["Body"])
