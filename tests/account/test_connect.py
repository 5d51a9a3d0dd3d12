"""Whose credentials they are, where IAM is, and what boto3's failures are in one line."""

from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from tests.servers import ACCOUNT

from rolemgr.account.connect import connect
from rolemgr.account.failures import as_aws_error
from rolemgr.account.order import trusted_first
from rolemgr.account.step import ApiCall
from rolemgr.errors import AwsError, InputError
from rolemgr.iam.documents import TrustPolicy


@pytest.fixture
def sts(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ask the moto server for STS alone, as AWS's own variables can say."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text("[team]\naws_access_key_id=x\naws_secret_access_key=x\n")
    (tmp_path / "config").write_text("[profile team]\nregion=cn-north-1\nmax_attempts=2\n")


@pytest.mark.parametrize(
    ("region", "partition", "url"),
    [
        ("eu-west-1", "aws", "https://iam.amazonaws.com"),
        ("cn-northwest-1", "aws-cn", "https://iam.cn-north-1.amazonaws.com.cn"),
        ("us-gov-east-1", "aws-us-gov", "https://iam.us-gov.amazonaws.com"),
    ],
)
@pytest.mark.usefixtures("sts")
def test_each_partition_has_its_own_iam(region: str, partition: str, url: str) -> None:
    """Which endpoint that is, botocore knows by the region; the partition is the one that STS names."""
    access = connect("team", region)
    assert (access.account, access.partition, access.region) == (ACCOUNT, partition, region)
    assert access.iam.meta.endpoint_url == url
    access.iam.close()


@pytest.mark.usefixtures("sts")
def test_the_profile_says_region_and_retries_where_nobody_else_does() -> None:
    """As in the AWS CLI; otherwise there are some more tries than botocore makes by itself."""
    access = connect("team")
    assert (access.region, access.partition) == ("cn-north-1", "aws-cn")
    assert access.iam.meta.config.retries == {"mode": "standard", "total_max_attempts": 2}
    access.iam.close()


@pytest.mark.usefixtures("sts")
def test_without_a_word_retries_are_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """IAM throttles; a few tries more get over it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    access = connect()
    assert access.region == "us-east-1"
    assert access.iam.meta.config.retries == {"mode": "standard", "total_max_attempts": 6}
    access.iam.close()


def test_attempts_that_are_no_number_are_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's own way to say so is a ValueError."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "many")
    with pytest.raises(InputError, match="AWS_MAX_ATTEMPTS or max_attempts: is not a whole number"):
        connect()


def test_an_endpoint_of_the_environment_that_is_none_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore raises a ValueError for it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(InputError, match="the endpoint or the region is wrong: Invalid endpoint: nonsense"):
        connect()


def answered(code: str, message: str = "why.", operation: str = "CreateRole") -> str:
    """Return what we say of AWS's error *code*."""
    error = exceptions.ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return str(as_aws_error(error))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "the AWS credentials have expired; log in again"),
        ("InvalidClientTokenId", "AWS does not know these credentials; give --profile"),
        ("SignatureDoesNotMatch", "the secret key does not belong to the access key; give --profile"),
        ("Throttling", "AWS throttles CreateRole, also after retries; wait"),
        ("MalformedPolicyDocument", "AWS refuses the policy: why"),
        ("LimitExceeded", "CreateRole is over a quota of the account: why"),
        ("EntityAlreadyExists", "the name is taken: why"),
        ("ServiceFailure", "CreateRole failed with ServiceFailure: why"),
        ("AccessDenied", "access denied to iam:CreateRole: why"),
    ],
)
def test_what_aws_answers_is_one_line(code: str, says: str) -> None:
    """With AWS's own words where they say what is wrong."""
    assert answered(code).startswith(says)


def test_the_action_that_aws_names_is_the_one_that_is_missing() -> None:
    """CreateRole with tags is refused for iam:TagRole."""
    said = answered(
        "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: iam:TagRole on\nresource: x"
    )
    assert said.startswith("access denied to iam:TagRole: User: ")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (exceptions.NoCredentialsError(), "no AWS credentials; give --profile"),
        (exceptions.UnauthorizedSSOTokenError(), "the AWS session has expired; log in again (`aws sso login`)"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), "the AWS session has expired"),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), "AWS can't be reached: "),
        (exceptions.ReadTimeoutError(endpoint_url="http://x"), "AWS can't be reached: "),
        (exceptions.SSLError(endpoint_url="http://x", error="certificate"), "AWS can't be reached: "),
        (exceptions.NoRegionError(), "no AWS region; give --region"),
        (exceptions.ProfileNotFound(profile="p"), "the config profile (p) could not be found"),
    ],
)
def test_what_boto3_finds_by_itself_is_one_line(error: Any, says: str) -> None:
    """No later call can do better."""
    found = as_aws_error(error)
    assert str(found).startswith(says)
    assert found.concerns_all


def test_a_call_is_a_line_for_the_aws_cli() -> None:
    """Quoted, with lists as JSON."""
    call = ApiCall("untag_role", {"RoleName": "a b", "TagKeys": ["Project"]})
    assert call.command == """aws iam untag-role --role-name 'a b' --tag-keys '["Project"]'"""


def trusting(*arns: str) -> TrustPolicy:
    """Return a trust policy in these roles."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return TrustPolicy.model_validate({"Version": "2012-10-17", "Statement": [statement]})


def test_roles_that_trust_each_other_have_some_order() -> None:
    """Whom a role trusts comes first; a circle is broken somewhere."""
    assert trusted_first({"a": trusting("b"), "b": trusting("c", "x"), "c": trusting("x")}) == ("c", "b", "a")
    assert set(trusted_first({"a": trusting("b"), "b": trusting("a"), "c": trusting("c")})) == {"a", "b", "c"}


def test_an_error_of_aws_ends_with_3() -> None:
    """The exit code of the contract."""
    assert AwsError("no").exit_code == 3
