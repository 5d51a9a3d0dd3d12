"""`tighten --live`: what analyzers of unused access found, over real HTTP, by botocore's models; none is made."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.test_tighten import EVENTS, ROLE
from tests.events.support import ROLE as ROLE_ARN
from tests.events.support import log_file
from tests.fake_aws import THROTTLED, Answering, AskedCall, AwsRefusal, FakeAws, fake_aws

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

ANALYZER = "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/unused"
DAY = "2026-11-01T08:00:00Z"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have credentials in the environment, one attempt a call, a role and its trail."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.chdir(tmp_path)
    Path("role.json").write_text(json.dumps(ROLE), "utf-8")
    Path("trail.json.gz").write_bytes(log_file(*EVENTS))


def analyzer(status: str = "ACTIVE") -> dict[str, Any]:
    """Return an analyzer as AWS lists it."""
    return {
        "arn": ANALYZER, "name": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "createdAt": DAY, "status": status,
        "configuration": {"unusedAccess": {"unusedAccessAge": 90}},
    }  # fmt: skip


def finding(number: str, resource: str = ROLE_ARN, **more: Any) -> dict[str, Any]:
    """Return what a list, and with details the call for one, says of a finding."""
    return {
        "id": number, "analyzedAt": DAY, "createdAt": DAY, "updatedAt": DAY, "resource": resource, "status": "ACTIVE",
        "resourceType": "AWS::IAM::Role", "resourceOwnerAccount": "123456789012", "findingType": "UnusedPermission", **more,
    }  # fmt: skip


def permission(service: str, *actions: str) -> dict[str, Any]:
    """Return a detail of a finding: a service, or some of its actions."""
    listed = {"actions": [{"action": f"{service}:{one}"} for one in actions]} if actions else {}
    return {"unusedPermissionDetails": {"serviceNamespace": service, **listed}}


def answering(*findings: dict[str, Any]) -> Answering:
    """Answer as an account with one analyzer, which has the *findings*, each on two pages."""

    def answer(call: AskedCall) -> Mapping[str, Any]:
        if call.operation == "ListAnalyzers":
            return {"analyzers": [analyzer()] if call.parameters["type"] == "ACCOUNT_UNUSED_ACCESS" else []}
        if call.operation == "ListFindingsV2":
            at = int(call.parameters.get("nextToken", 0))
            more = {"nextToken": str(at + 1)} if at + 1 < len(findings) else {}
            return {"findings": list(findings[at : at + 1]), **more}
        [whole] = [one for one in findings if one["id"] == call.parameters["id"]]
        if "nextToken" in call.parameters:
            return {**whole, "findingDetails": [permission("sagemaker", "DescribeModel")]}
        return {**whole, "findingDetails": [permission("s3")], "nextToken": "2"}

    return answer


def tighten(run: "Run", server: FakeAws, *args: str) -> "Ran":
    """Run `tighten --live` against *server*."""
    return run("tighten", "role.json", "trail.json.gz", "--live", "--endpoint-url", server.address, *args)


def test_findings_are_evidence_beside_the_trail(run: "Run") -> None:
    """All pages of lists and findings are read, others' findings are left alone, the analyzer's age is told."""
    others = finding("2", "arn:aws:iam::123456789012:role/other")
    with fake_aws(answering(finding("1"), others)) as server:
        ran = tighten(run, server)
    assert ran.code == 0, ran.stderr
    assert "IAM Access Analyzer (analyzer unused)" in ran.stdout
    assert (
        "free of charge beside the analyzer, which AWS charges for by the role and the month; none is made"
        in ran.stderr
    )
    assert server.operations() == [
        "ListAnalyzers", "ListAnalyzers", "ListFindingsV2", "GetFindingV2", "GetFindingV2", "ListFindingsV2",
    ]  # fmt: skip
    asked = [one.parameters for one in server.calls if one.operation == "ListFindingsV2"]
    assert asked[0]["filter"] == {
        "status": {"eq": ["ACTIVE"]}, "findingType": {"eq": ["UnusedIAMRole", "UnusedPermission"]},
    }  # fmt: skip


def test_what_aws_prints_says_the_same(run: "Run") -> None:
    """The same finding from a file and from the account."""
    whole = {**finding("1"), "findingDetails": [permission("s3"), permission("sagemaker", "DescribeModel")]}
    Path("finding.json").write_text(json.dumps(whole), "utf-8")
    with fake_aws(answering(finding("1"))) as server:
        live = json.loads(tighten(run, server, "--format", "json").stdout)
    saved = json.loads(
        run("tighten", "role.json", "trail.json.gz", "--evidence", "finding.json", "--format", "json").stdout
    )
    assert "the analyzer looks at 90 days, and counts attempts that were denied" in json.dumps(live)
    assert live["kept_without_evidence"] == saved["kept_without_evidence"]
    assert {key for key in live if live[key] != saved[key]} <= {"evidence", "reports", "access_reports"}


def test_an_account_without_an_analyzer_is_told_what_one_costs(run: "Run") -> None:
    """Nothing is made: it would be charged for, and nobody accepted that."""
    with fake_aws(lambda _: {"analyzers": [analyzer("DISABLED")]}) as server:
        ran = tighten(run, server)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[-1].endswith(
        "--live: account 123456789012 has no analyzer of unused access in eu-west-1; give the --region of one; rolemgr"
        " makes none, as AWS charges for it by the role and the month"
    )
    assert server.operations() == ["ListAnalyzers", "ListAnalyzers"]


def test_a_role_without_a_finding_is_said(run: "Run") -> None:
    """All of it was used, or the analyzer leaves it out."""
    with fake_aws(answering(finding("2", "arn:aws:iam::123456789012:role/other"))) as server:
        ran = tighten(run, server)
    assert ran.code == 0
    assert "analyzer unused has no finding of ds: all of it was used, or it is not analyzed" in ran.stderr


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        (THROTTLED, "AWS throttles ListAnalyzers, also after retries; wait a little, and run it again"),
        (AwsRefusal(403, "AccessDeniedException", "no"), "access denied to access-analyzer:ListAnalyzers: no"),
    ],
    ids=["throttled", "denied"],
)
def test_refusals_are_one_line(run: "Run", refusal: AwsRefusal, line: str) -> None:
    """And exit code 3."""
    with fake_aws(lambda _: refusal) as server:
        ran = tighten(run, server)
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.errors[-1].endswith(line)


def test_pages_that_lead_back_are_refused(run: "Run") -> None:
    """A part of the findings is not all of them."""
    with fake_aws(lambda _: {"analyzers": [], "nextToken": "again"}) as server:
        ran = tighten(run, server)
    assert (ran.code, ran.stdout) == (3, "")
    assert "one page leads to a page that came before" in ran.stderr
