"""An endpoint that answers with something else than AWS: exit code 3, one line, what may be left named, no traceback."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.proxy import proxied
from tests.servers import iam_client

from rolemgr.account import failures
from rolemgr.account.read import read_policy, read_role
from rolemgr.errors import AwsError

if TYPE_CHECKING:
    from tests.conftest import Run

READS = ("GetCallerIdentity", "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies")
WRITES = ("CreateRole", "PutRolePolicy", "TagRole")


def without(tag: str) -> Callable[[bytes], bytes]:
    """Return what leaves the element *tag* out of an answer, everywhere."""
    return lambda answer: re.sub(rf"<{tag}\b.*?</{tag}>|<{tag}/>".encode(), b"", answer, flags=re.DOTALL)


SHAPES: dict[str, Callable[[bytes], bytes]] = {
    "a page": lambda _: b"<!doctype html><html><p>Log in</html>",
    "a page that is XML": lambda _: b"<html><body><p>Log in</p></body></html>",
    "nothing": lambda _: b"",
    "half": lambda answer: answer[: len(answer) // 2],
    "JSON": lambda _: b'{"Role": {"RoleName": "churn"}}',
    "bytes": lambda _: bytes(range(256)),
    "another answer": lambda _: b"<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>",
    "no id": without("ResponseMetadata"),
}
LACKING = {
    "GetCallerIdentity": ("Arn", "Account"),
    "GetRole": ("Role", "RoleName", "Arn", "Path", "AssumeRolePolicyDocument"),
    "ListRolePolicies": ("PolicyNames",),
    "GetRolePolicy": ("PolicyDocument",),
    "ListAttachedRolePolicies": ("AttachedPolicies",),
}


def about_another(tag: str) -> Callable[[bytes], bytes]:
    """Return what makes an answer be about something else: another name, ARN or version in *tag*."""
    return lambda answer: re.sub(rf"(<{tag}>)([^<]+)".encode(), rb"\1\2-other", answer)


ANOTHER = {"GetRole": ("RoleName",), "GetRolePolicy": ("RoleName", "PolicyName")}
CASES = [
    *((action, name, shape) for action in READS for name, shape in SHAPES.items()),
    *((action, f"without {tag}", without(tag)) for action, tags in LACKING.items() for tag in tags),
    *((action, f"another {tag}", about_another(tag)) for action, tags in ANOTHER.items() for tag in tags),
]


@pytest.fixture
def churn(run: "Run", endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the role of a role file, and return the file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    Path("churn.yaml").write_text("persona: sagemaker-feature-store\nname: churn\nregion: eu-west-1\n")
    assert run("apply", "churn.yaml", "--yes", "--allow-findings", "--endpoint-url", endpoint).code == 0
    return "churn.yaml"


@pytest.mark.sampled(12)
@pytest.mark.parametrize(("action", "name", "shape"), CASES, ids=[f"{one[0]}-{one[1]}" for one in CASES])
def test_reading_is_one_line(
    action: str, name: str, shape: Callable[[bytes], bytes], run: "Run", churn: str, endpoint: str
) -> None:
    """Whatever a call that reads is answered with, `drift` neither breaks nor says that nothing is there."""
    with proxied(endpoint, garbling=lambda called, answer: shape(answer) if called == action else answer) as proxy:
        ran = run("drift", churn, "--endpoint-url", proxy.address)
    assert (ran.code, ran.stdout, len(ran.errors)) == (3, "", 1), ran.stderr
    assert re.match("the answer (to .*)?is none of AWS's: ", ran.errors[0])


@pytest.mark.sampled
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("action", WRITES)
def test_writing_is_taken_back_or_named(
    action: str, name: str, run: "Run", churn: str, endpoint: str, iam: Any
) -> None:
    """IAM did the work, and the answer says nothing: the role is gone again, and that is said because it is known."""
    Path("other.yaml").write_text(Path(churn).read_text().replace("churn", "other"))
    garble = lambda called, answer: SHAPES[name](answer) if called == action else answer  # noqa: E731
    with proxied(endpoint, garbling=garble) as proxy:
        ran = run("apply", "other.yaml", "--yes", "--allow-findings", "--endpoint-url", proxy.address)
    assert (ran.code, ran.stdout) == (3, ""), ran.stderr
    assert "all of it was taken back" in ran.stderr.splitlines()[-1]
    assert read_role(iam, "other") is None


def test_what_may_still_be_there_is_named(run: "Run", churn: str, endpoint: str) -> None:
    """The answer to the end of the role is lost too, twice: nobody knows whether it is gone."""
    Path("other.yaml").write_text(Path(churn).read_text().replace("churn", "other"))
    page = SHAPES["a page"]
    garble = lambda called, answer: page(answer) if called in ("TagRole", "DeleteRole") else answer  # noqa: E731
    with proxied(endpoint, garbling=garble) as proxy:
        ran = run("apply", "other.yaml", "--yes", "--allow-findings", "--endpoint-url", proxy.address)
    assert ran.code == 3
    assert "error: left in the account: perhaps role " in ran.stderr
    assert "taken back, see above" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("tag", ["Arn", "VersionId"])
def test_a_managed_policy_of_another_name_is_none_of_ours(tag: str, endpoint: str, iam: Any) -> None:
    """What another policy says is not taken for what this one says, nor one version for another."""
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    arn = iam.create_policy(PolicyName="ours", PolicyDocument=document)["Policy"]["Arn"]
    called = {"Arn": "GetPolicy", "VersionId": "GetPolicyVersion"}[tag]
    garble = lambda action, answer: about_another(tag)(answer) if action == called else answer  # noqa: E731
    with (
        proxied(endpoint, garbling=garble) as proxy,
        pytest.raises(AwsError, match=r"it is about `.*-other`, and asked"),
    ):
        read_policy(iam_client(proxy.address), arn)


def test_an_answer_that_does_not_end_is_given_up(
    run: "Run", churn: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps botocore waiting for ever; the whole call has a limit, and the error says so."""
    monkeypatch.setattr(failures, "SECONDS", 1)
    with proxied(endpoint, dripping="GetRole") as proxy:
        ran = run("drift", churn, "--endpoint-url", proxy.address)
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.errors == [
        "the answer to GetRole is none of AWS's: it has not ended after 1 seconds; look at --endpoint-url, and at"
        " proxies in between"
    ]


def test_what_aws_refused_at_once_changed_nothing(run: "Run", churn: str, endpoint: str) -> None:
    """Nothing was made, so nothing was taken back."""
    Path("other.yaml").write_text(Path(churn).read_text().replace("churn", "other"))
    with proxied(endpoint, denying=b"Action=CreateRole") as proxy:
        ran = run("apply", "other.yaml", "--yes", "--allow-findings", "--endpoint-url", proxy.address)
    assert ran.code == 3
    assert ran.stderr.splitlines()[-1].endswith("; nothing was changed")
