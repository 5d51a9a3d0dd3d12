"""
What boto3 raises, as one clear line.

Every failure of a call is a `BotoCoreError` (nothing was answered: no credentials, no network) or a
`ClientError` (AWS answered with an error code). What answers may be no AWS at all (a login page of a proxy with
status 200, half an answer): botocore then raises whatever its parser stumbles over, or hands out an answer that
lacks what AWS always sends. `ask`, `listed` and `member` are how an answer is read, so that each of these is one line.
https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rolemgr.errors import AwsError

_LOG_IN = "log in again (`aws sso login`), or renew the credentials"
_LOOK_AT = "look at --endpoint-url, and at proxies in between"
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

_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
)


@contextmanager
def aws_errors(service: str = "iam") -> Iterator[None]:
    """Turn what boto3 raises inside, asked of *service*, into an `AwsError`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise as_aws_error(error, service) from error


_PAGES = 1_000
"""A role has at most some dozens of policies; an endpoint that always has one more page is not AWS."""


def ask(call: Callable[..., Any], **parameters: Any) -> Any:
    """
    Return what AWS answers to *call*, a method of a boto3 client.

    Raises what botocore raises where AWS refuses or can't be reached, and AwsError for an answer that is none of
    AWS's: it can't be parsed, does not end, lacks the id that AWS gives every request, or is about something else
    than what was asked.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with _within(SECONDS):
            answer = call(**parameters)
    except (BotoCoreError, ClientError):
        raise
    except _TooSlow:
        raise _strange(call, f"it has not ended after {SECONDS} seconds", concerns_all=True) from None
    except Exception as error:
        raise _strange(call, "it can't be read") from error
    if not answer.get("ResponseMetadata", {}).get("RequestId"):
        raise _strange(call, "it has no RequestId")
    for asked, path in _ECHOES:
        if asked in parameters and (found := _at(answer, path)) not in (None, parameters[asked]):
            raise _strange(call, f"it is about `{found}`, and asked was about `{parameters[asked]}`")
    return answer


_ECHOES = (
    ("RoleName", ("Role", "RoleName")),
    ("RoleName", ("RoleName",)),
    ("PolicyName", ("PolicyName",)),
    ("PolicyName", ("Policy", "PolicyName")),
    ("PolicyArn", ("Policy", "Arn")),
    ("VersionId", ("PolicyVersion", "VersionId")),
)
"""What of a call AWS repeats in the answer: the parameter, and where it stands (IAM API Reference)."""


def _at(answer: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


SECONDS = 120
"""How long one call may take, retries and all; botocore bounds only the wait for the next byte."""


class _TooSlow(BaseException):
    """The time for a call is over."""


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise _TooSlow inside after *seconds*, where the system has timers and this is the thread that they interrupt."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def listed(call: Callable[..., Any], key: str, **parameters: Any) -> Iterator[Any]:
    """Yield what is under *key* in all pages that IAM answers to *call*; raise as `ask` does."""
    for _ in range(_PAGES):
        page = ask(call, **parameters)
        yield from member(page, key)
        if not page.get("IsTruncated"):
            return
        parameters["Marker"] = member(page, "Marker")
    raise _strange(call, f"it has more than {_PAGES:,} pages")


def member(answer: Any, *path: str) -> Any:
    """Return what is at *path* in an *answer* of AWS; raise AwsError where it lacks that."""
    for key in path:
        if not isinstance(answer, dict) or key not in answer:
            raise AwsError(f"the answer is none of AWS's: it lacks {'.'.join(path)}", _LOOK_AT, perhaps_done=True)
        answer = answer[key]
    return answer


def _strange(call: Callable[..., Any], why: str, *, concerns_all: bool = False) -> AwsError:
    name = "".join(word.capitalize() for word in call.__name__.split("_"))
    problem = f"the answer to {name} is none of AWS's: {why}"
    return AwsError(problem, _LOOK_AT, concerns_all=concerns_all, perhaps_done=True)


def as_aws_error(error: Exception, service: str = "iam") -> AwsError:
    """Return the boto3 *error* (a BotoCoreError or ClientError), of what was asked of *service*, as one of ours."""
    response = getattr(error, "response", None)
    return _answered(error, response.get("Error") or {}, service) if response else _not_answered(error)


def _answered(error: Any, found: dict[str, str], service: str) -> AwsError:
    """Return what AWS's error code means; its own message is kept where it says what is wrong."""
    code, message = found.get("Code") or "", " ".join((found.get("Message") or "").split()).rstrip(".")
    if code in _CREDENTIALS:
        return AwsError(*_CREDENTIALS[code], code=code, concerns_all=True)
    call = error.operation_name
    if code in _THROTTLED:
        return AwsError(f"AWS throttles {call}, also after retries", "wait a little, and run it again", code=code)
    if code in ("AccessDenied", "AccessDeniedException"):
        return AwsError(f"access denied to {_action(call, message, service)}: {message}", code=code)
    explained = {
        "MalformedPolicyDocument": "AWS refuses the policy",
        "LimitExceeded": f"{call} is over a quota of the account",
        "EntityAlreadyExists": "the name is taken",
    }.get(code, f"{call} failed with {code or 'an error'}")
    refused = 400 <= error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500
    return AwsError(f"{explained}: {message}" if message else explained, code=code, perhaps_done=not refused)


def _action(call: str, message: str, service: str) -> str:
    """Return the action that is missing: the one that AWS names, else the one of the *call* to *service*."""
    named = re.search(r"perform: ([a-z0-9-]+:\w+)", message)
    return named[1] if named else f"{service}:{call}"


_UNANSWERED = (
    ("NoCredentialsError", "no AWS credentials", _OTHER_CREDENTIALS),
    ("PartialCredentialsError", "the AWS credentials are incomplete", _OTHER_CREDENTIALS),
    ("SSOTokenLoadError", "the AWS session has expired", _LOG_IN),
    ("UnauthorizedSSOTokenError", "the AWS session has expired", _LOG_IN),
    ("TokenRetrievalError", "the AWS session has expired", _LOG_IN),
    ("NoRegionError", "no AWS region", "give --region NAME, or set AWS_REGION"),
    ("UnknownRegionError", "AWS has no such region", "look at --region and AWS_REGION"),
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
                        concerns_all=True, perhaps_done=True)  # fmt: skip
    return AwsError(text[:1].lower() + text[1:], concerns_all=True, perhaps_done=True)


def code_of(error: Exception) -> str:
    """Return AWS's error code of a ClientError, or nothing where AWS did not answer."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
