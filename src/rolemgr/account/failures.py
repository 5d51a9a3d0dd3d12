"""
What boto3 raises, as one clear line.

Every failure of a call is a `BotoCoreError` (nothing was answered: no credentials, no network) or a
`ClientError` (AWS answered with an error code).
https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rolemgr.errors import AwsError

_LOG_IN = "log in again (`aws sso login`), or renew the credentials"
_OTHER_CREDENTIALS = "give --profile NAME, or set AWS_PROFILE; see `aws configure list`"

_CREDENTIALS = {
    "ExpiredToken": ("the AWS credentials have expired", _LOG_IN),
    "ExpiredTokenException": ("the AWS credentials have expired", _LOG_IN),
    "RequestExpired": ("AWS refused the request as too old", "is this machine's clock right?"),
    "InvalidClientTokenId": ("AWS does not know these credentials", _OTHER_CREDENTIALS),
    "UnrecognizedClientException": ("AWS does not know these credentials", _OTHER_CREDENTIALS),
    "AuthFailure": ("AWS does not know these credentials", _OTHER_CREDENTIALS),
    "SignatureDoesNotMatch": ("the secret key does not belong to the access key", _OTHER_CREDENTIALS),
    "IncompleteSignature": ("the AWS credentials are incomplete", _OTHER_CREDENTIALS),
    "OptInRequired": ("the account is not signed up for this service", None),
}
"""Error codes that say that no call will succeed with these credentials."""

_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what boto3 raises inside into an `AwsError`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise as_aws_error(error) from error


def as_aws_error(error: Exception) -> AwsError:
    """Return the boto3 *error* (a BotoCoreError or ClientError) as one of ours."""
    response = getattr(error, "response", None)
    return _answered(error, response["Error"]) if response else _not_answered(error)


def _answered(error: Any, found: dict[str, str]) -> AwsError:
    """Return what AWS's error code means; its own message is kept where it says what is wrong."""
    code, message = found.get("Code", ""), " ".join(found.get("Message", "").split()).rstrip(".")
    if code in _CREDENTIALS:
        return AwsError(*_CREDENTIALS[code], code=code, concerns_all=True)
    call = error.operation_name
    if code in _THROTTLED:
        return AwsError(f"AWS throttles {call}, also after retries", "wait a little, and run it again", code=code)
    if code in ("AccessDenied", "AccessDeniedException"):
        return AwsError(f"access denied to {_action(call, message)}: {message}", code=code)
    said = {
        "MalformedPolicyDocument": "AWS refuses the policy",
        "LimitExceeded": f"{call} is over a quota of the account",
        "EntityAlreadyExists": "the name is taken",
    }.get(code, f"{call} failed with {code or 'an error'}")
    return AwsError(f"{said}: {message}" if message else said, code=code)


def _action(call: str, message: str) -> str:
    """Return the action that is missing: the one that AWS names, else the one of the *call*."""
    named = re.search(r"perform: ([a-z0-9-]+:\w+)", message)
    return named[1] if named else f"iam:{call}"


_UNANSWERED = (
    ("NoCredentialsError", "no AWS credentials", _OTHER_CREDENTIALS),
    ("PartialCredentialsError", "the AWS credentials are incomplete", _OTHER_CREDENTIALS),
    ("SSOTokenLoadError", "the AWS session has expired", _LOG_IN),
    ("UnauthorizedSSOTokenError", "the AWS session has expired", _LOG_IN),
    ("TokenRetrievalError", "the AWS session has expired", _LOG_IN),
    ("NoRegionError", "no AWS region", "give --region NAME, or set AWS_REGION"),
    ("UnknownRegionError", "AWS has no such region", "look at --region and AWS_REGION"),
    ("ResponseParserError", "the answer is none of AWS's", "look at --endpoint-url, and at proxies in between"),
    ("InvalidRegionError", "AWS has no such region", "look at --region and AWS_REGION"),
)
"""What boto3 says without asking AWS, by the name of its exception: problem and hint."""


def _not_answered(error: Exception) -> AwsError:
    text = " ".join(str(error).split()).rstrip(".")
    names = {one.__name__ for one in type(error).__mro__}
    for name, problem, hint in _UNANSWERED:
        if name in names:
            return AwsError(problem, hint, concerns_all=True)
    if names & {"HTTPClientError", "ConnectionError", "EndpointConnectionError"}:
        return AwsError(f"AWS can't be reached: {text}", "look at the network, --endpoint-url and --region",
                        concerns_all=True)  # fmt: skip
    return AwsError(text[:1].lower() + text[1:], concerns_all=True)


def code_of(error: Exception) -> str:
    """Return AWS's error code of a ClientError, or nothing where AWS did not answer."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
