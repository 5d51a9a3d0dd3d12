"""`audit --live` over real HTTP: moto, and a server that answers what moto does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.fake_iam import ACCOUNT, Answer, fake_iam, inline, role
from tests.servers import iam_client

from rolemgr.account import details

if TYPE_CHECKING:
    from tests.conftest import Run

__all__: list[str] = []

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have credentials in the environment, and a folder of one's own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_account_is_audited_as_from_a_file(run: "Run", endpoint: str) -> None:
    """What moto has: the same findings now and from what was saved, byte by byte."""
    iam = iam_client(endpoint)
    iam.create_role(RoleName="ds-legacy", AssumeRolePolicyDocument=TRUST)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="ds-legacy", PolicyName="own", PolicyDocument=json.dumps(policy))
    iam.create_user(UserName="root-like")
    iam.put_user_policy(UserName="root-like", PolicyName="all", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))  # fmt: skip
    live = run("audit", "--live", "--endpoint-url", endpoint, "--save", "account.json", "--format", "json")
    assert live.code == 1
    found = {
        (one["id"].partition("-")[0], one["principal"].rpartition("/")[2])
        for one in json.loads(live.stdout)["findings"]
    }
    assert {("AU001", "root-like"), ("AU004", "ds-legacy")} <= found
    again = run("audit", "account.json", "--format", "json")
    assert again.stdout == live.stdout
    assert again.code == live.code
    assert json.loads(Path("account.json").read_text("utf-8"))["IsTruncated"] is False


def paged(count: int) -> Callable[[str, int], Answer]:
    """Return pages of one role each."""

    def answer(marker: str, _: int) -> Answer:
        at = int(marker or 0)
        used = {"LastUsedDate": "2026-11-01T00:00:00Z", "Region": "eu-west-1"}
        one = role(f"r{at}", RolePolicyList=[inline("own", "s3:GetObject")], RoleLastUsed=used)
        more = {"IsTruncated": True, "Marker": str(at + 1)} if at + 1 < count else {"IsTruncated": False}
        return {"RoleDetailList": [one], **more}

    return answer


def test_all_pages_are_read(run: "Run") -> None:
    """Twelve pages, each asked for once, with documents and the last use of each role."""
    with fake_iam(paged(12)) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--save", "a.json", "--format", "json")
    assert server.calls == ["", *map(str, range(1, 12))]
    data = json.loads(Path("a.json").read_text("utf-8"))
    assert [one["RoleName"] for one in data["RoleDetailList"]] == [f"r{at}" for at in range(12)]
    assert data["RoleDetailList"][0]["RoleLastUsed"]["LastUsedDate"].startswith("2026-11-01T00:00:00")
    assert data["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"]["Statement"]
    assert json.loads(ran.stdout)["counts"]["roles"] == 12
    assert json.loads(ran.stdout)["as_of"] == "2026-11-01"


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken"])
def test_a_page_that_is_refused_leaves_the_account_open(run: "Run", code: str) -> None:
    """What came is judged, that the rest is missing is said, in the saved file too, and AWS's no is the exit code."""

    def answer(marker: str, call: int) -> Answer:
        return (403, code) if marker == "2" else paged(5)(marker, call)

    with fake_iam(answer) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--save", "a.json", "--format", "json")
    assert ran.code == 3
    assert (
        "access denied to iam:GetAccountAuthorizationDetails" if code == "AccessDenied" else "expired"
    ) in ran.stderr
    data = json.loads(ran.stdout)
    assert data["counts"]["roles"] == 2
    assert any("more pages" in one["reason"] for one in data["not_judged"])
    again = run("audit", "a.json", "--fail-on", "not-judged", "--format", "json")
    assert again.code == 1
    assert again.stdout == ran.stdout


def test_the_first_page_that_is_refused_is_an_error(run: "Run") -> None:
    """Nothing is audited, nothing is saved."""
    with fake_iam(lambda *_: (403, "AccessDenied")) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--save", "a.json")
    assert (ran.code, ran.stdout) == (3, "")
    assert "access denied to iam:GetAccountAuthorizationDetails" in ran.stderr
    assert not Path("a.json").exists()


def test_throttling_is_waited_for(run: "Run") -> None:
    """A page that is throttled twice comes at the third time."""

    def answer(marker: str, call: int) -> Answer:
        return (400, "Throttling") if call in (2, 3) else paged(3)(marker, call)

    with fake_iam(answer) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--format", "json")
    assert server.calls == ["", "1", "1", "1", "2"]
    assert json.loads(ran.stdout)["counts"]["roles"] == 3


def test_throttling_that_does_not_end_is_said(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before is judged; the rest is not whole."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")

    def answer(marker: str, call: int) -> Answer:
        return (400, "Throttling") if marker == "1" else paged(3)(marker, call)

    with fake_iam(answer) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--format", "json")
    assert ran.code == 3
    assert "AWS throttles GetAccountAuthorizationDetails, also after retries" in ran.stderr
    assert json.loads(ran.stdout)["counts"]["roles"] == 1


def test_a_marker_that_comes_again_ends_it(run: "Run") -> None:
    """One page leads to itself: it is not AWS, and what came is not whole."""
    with fake_iam(lambda *_: {"RoleDetailList": [role("r")], "IsTruncated": True, "Marker": "x"}) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address, "--format", "json")
    assert ran.code == 3
    assert len(server.calls) == 2
    assert "one page leads to a page that came before" in ran.stderr


def test_pages_without_end_have_a_budget(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Always another marker."""
    monkeypatch.setattr(details, "MOST_PAGES", 7)
    with fake_iam(lambda _, call: {"RoleDetailList": [], "IsTruncated": True, "Marker": str(call)}) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address)
    assert ran.code == 3
    assert len(server.calls) == 7
    assert "more than 7 pages" in ran.stderr


def test_an_answer_about_another_account_is_refused(run: "Run") -> None:
    """Somebody between us and AWS answers with what is not ours."""
    other = role("r") | {"Arn": "arn:aws:iam::999999999999:role/r"}
    with fake_iam(lambda *_: {"RoleDetailList": [other], "IsTruncated": False}) as server:
        ran = run("audit", "--live", "--endpoint-url", server.address)
    assert ran.code == 3
    assert f"the answer is about account 999999999999, the credentials are of {ACCOUNT}" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--live", "a.json"), "--live: reads the account, and no file such as `a.json`"),
        (("a.json", "--save", "b.json"), "--save: goes with --live"),
        (("a.json", "--profile", "x"), "--profile: goes with --live"),
        ((), "no file is given; give what AWS told of an account, or --live"),
        (("--live", "--save", "a.tf"), "a.tf: is named as HCL, and the result is JSON"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(run: "Run", words: tuple[str, ...], said: str) -> None:
    """One line, and nobody is asked."""
    ran = run("audit", *words)
    assert ran.code == 2
    assert said in ran.stderr


def test_times_and_documents_are_json(run: "Run") -> None:
    """What botocore hands out, as the AWS CLI prints it."""
    from datetime import UTC, datetime

    value: Any = {"a": datetime(2026, 1, 2, tzinfo=UTC), "b": [{"c": True, "d": 1}]}
    assert details.plain(value) == {"a": "2026-01-02T00:00:00+00:00", "b": [{"c": True, "d": 1}]}
