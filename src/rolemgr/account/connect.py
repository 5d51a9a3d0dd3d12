"""
Ordinary AWS credentials, and whose they are.

botocore finds them as the AWS CLI does: environment, profile, SSO, container or instance role. IAM has one
endpoint in each partition, which botocore picks by the region.
https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rolemgr.account.failures import ask, aws_errors, member
from rolemgr.errors import AwsError, InputError, SourceLocation
from rolemgr.iam.arn import PARTITIONS, Arn, partition_of

_ATTEMPTS = 6
"""IAM throttles writes of whole accounts at a few a second; botocore's own 3 attempts are soon over."""

_DEFAULT_REGION = "us-east-1"


class AssumedRole(NamedTuple):
    """The role that the credentials assume, by its *arn*, with the external id that its trust policy asks for."""

    arn: str
    external_id: str | None = None


def _no_client(service: str, region: str) -> Any:
    raise AssertionError(f"no way to {service} in {region}")


class Access(NamedTuple):
    """A way into one account: its IAM client, and whose credentials it uses."""

    iam: Any
    account: str
    partition: str
    caller: str
    """The ARN of the user or role that calls."""
    region: str
    client: Callable[[str, str], Any] = _no_client
    """Gives the client of a service in a region; each is made once."""


def connect(
    profile: str | None = None, region: str | None = None, endpoint_url: str | None = None,
    assume: AssumedRole | None = None,
) -> Access:  # fmt: skip
    """
    Return the way into the account of the credentials that are found, or of the role that they *assume*: STS names it.

    Without *region* it is that of the environment or the profile. Raises InputError for an endpoint that is
    no URL, and AwsError where there are no credentials, or AWS does not take them or can't be reached.
    """
    _check_endpoint(endpoint_url)
    with aws_errors():
        session = _session(profile)
        chosen = region or session.get_config_variable("region") or _DEFAULT_REGION
        if assume:
            session = _assumed(session, assume, chosen, endpoint_url)
        identity = ask(_client(session, "sts", chosen, endpoint_url, 3).get_caller_identity)
        iam = _client(session, "iam", chosen, endpoint_url, _ATTEMPTS)
    caller, account = member(identity, "Arn"), member(identity, "Account")
    arn = Arn.parse(caller)
    partition = arn.partition if arn else partition_of(chosen)
    if partition not in PARTITIONS:
        raise AwsError(f"the credentials are of partition {partition}, which rolemgr does not know")
    if not re.fullmatch("[0-9]{12}", account):
        raise AwsError(f"the answer is none of AWS's: `{account}` is not an account id of 12 digits",
                       "look at --endpoint-url, and at proxies in between")  # fmt: skip
    clients = cache(partial(_client_of, session, endpoint_url))
    return Access(iam, account, partition, caller, chosen, clients)


def _session(profile: str | None) -> Any:
    """Return a session of botocore; what it reads of AWS's services is read once for all sessions."""
    from botocore.session import Session

    made = Session(profile=profile)
    made.register_component("data_loader", _loader(made.get_config_variable("data_path")))
    return made


@cache
def _loader(data_path: str | None) -> Any:
    from botocore.loaders import create_loader

    return create_loader(data_path)


def _client_of(session: Any, endpoint_url: str | None, service: str, region: str) -> Any:
    with aws_errors():
        return _client(session, service, region, endpoint_url, _ATTEMPTS)


def _assumed(session: Any, assume: AssumedRole, region: str, endpoint_url: str | None) -> Any:
    """
    Return a session of the role that the credentials of *session* assume, for an hour.

    What assumes a role after another has an hour at most.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    sts = _client(session, "sts", region, endpoint_url, 3)
    external = {"ExternalId": assume.external_id} if assume.external_id else {}
    with aws_errors("sts"):
        answer = ask(sts.assume_role, RoleArn=assume.arn, RoleSessionName="rolemgr", **external)
    given = member(answer, "Credentials")
    keys = [str(member(given, name)) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    made = _session(session.profile)
    made.set_credentials(*keys)
    configured = _configured_attempts(session)
    if configured:
        made.set_config_variable("max_attempts", configured)
    return made


def _client(session: Any, service: str, region: str, endpoint_url: str | None, attempts: int) -> Any:
    """Return a client in botocore's standard retry mode; attempts that the user configured win."""
    from botocore.config import Config

    configured = _configured_attempts(session)
    retries = {"mode": "standard"} | ({} if configured else {"total_max_attempts": attempts})
    config = Config(retries=retries, connect_timeout=10, read_timeout=30)
    try:
        return session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)
    except ValueError as error:  # botocore's way to say that AWS_ENDPOINT_URL, or a region, makes no host
        raise InputError(None, f"the endpoint or the region is wrong: {error}") from error


def _configured_attempts(session: Any) -> int | None:
    try:
        found: int | None = session.get_config_variable("max_attempts")
    except ValueError as error:
        raise InputError(SourceLocation("AWS_MAX_ATTEMPTS or max_attempts"), "is not a whole number") from error
    return found


def _check_endpoint(url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        good = False
    if not good:
        raise InputError(SourceLocation("--endpoint-url"), f"`{url}` is not a URL such as https://iam.amazonaws.com")


def check_account(access: Access, account: str, partition: str, at: Callable[[str], SourceLocation | None]) -> None:
    """Raise AwsError where a role is for another account or partition than *access*; *at* says where it says so."""
    if access.partition != partition:
        raise AwsError(
            f"the role is for partition {partition}, the credentials are of {access.partition}",
            "give the --region and the credentials of one partition",
            where=at("region"),
        )
    if access.account != account:
        whose = f"the credentials ({access.caller}) are of {access.account}"
        raise AwsError(f"the role is for account {account}, {whose}", _way_to(account), where=at("account"))


_NAMING = ("sso_account_id", "role_arn")
"""
What in a profile of AWS's configuration says of which account it is.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html#cli-configure-files-settings
"""


def _way_to(account: str) -> str:
    """Return how to reach *account*: by the profiles that say they are of it, where AWS's configuration has any."""
    profiles: Any = {}
    with suppress(AwsError), aws_errors():  # a configuration that can't be read names no profile
        profiles = _session(None).full_config.get("profiles", {})
    named = [name for name, each in profiles.items() if any(account in str(each.get(key, "")) for key in _NAMING)]
    if not named:
        return "give the --profile of that account"
    return f"give --profile {' or '.join(sorted(named)[:_FEW])}, which AWS's configuration has for that account"


_FEW = 3
"""So many profiles are named."""
