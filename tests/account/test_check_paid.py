"""`check --live --paid-calls`: AWS's custom policy checks over real HTTP; nothing that costs is asked unasked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.fake_aws import THROTTLED, Answering, AskedCall, AwsRefusal, FakeAws, fake_aws, model

from rolemgr.check import paid

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

ALLOWS: dict[str, Any] = {"Sid": "Data", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
BUCKET = {**ALLOWS, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
CHECKS = """checks:
  - id: no-deletes
    reason: work is kept
    severity: ERROR
    access_not_granted: {actions: ["s3:DeleteObject"], resources: ["arn:aws:s3:::acme/*"]}
  - id: nothing-new
    reason: the reference is what was reviewed
    no_new_access: {policy: reference.json}
  - id: not-public
    reason: data are ours
    no_public_access: true
"""
PASS = {"result": "PASS", "message": "ok"}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have credentials in the environment, one attempt a call, and a folder with two policies and checks."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.chdir(tmp_path)
    write("data.json", ALLOWS)
    write("bucket.json", BUCKET)
    write("reference.json", {**ALLOWS, "Action": "s3:Get*"})
    Path("checks.yaml").write_text(CHECKS, "utf-8")


def write(name: str, *statements: Mapping[str, Any]) -> str:
    """Write a policy of *statements*; return its text."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)
    Path(name).write_text(text, "utf-8")
    return text


def answered(*paid_answers: Mapping[str, Any] | AwsRefusal) -> Answering:
    """Answer ValidatePolicy with no finding, and the calls that cost by turns."""
    left = list(paid_answers)

    def answer(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
        return {"findings": []} if call.operation == "ValidatePolicy" else (left.pop(0) if left else PASS)

    return answer


def asked(run: "Run", server: FakeAws, *args: str) -> "Ran":
    """Run `check --live` of custom checks against *server*."""
    return run("check", *args, "--rules", "checks.yaml", "--live", "--endpoint-url", server.address)


def costly(server: FakeAws) -> list[AskedCall]:
    """Return the calls that AWS charges for."""
    return [one for one in server.calls if one.operation in paid.OF_KIND.values()]


def test_without_the_option_nothing_that_costs_is_asked(run: "Run") -> None:
    """How many calls it would be is told, and the option that accepts them."""
    with fake_aws(answered()) as server:
        ran = asked(run, server, "data.json", "bucket.json")
    assert costly(server) == []
    assert "it charges for each of 4 calls; --paid-calls 4 accepts it" in ran.stderr


@pytest.mark.parametrize("most", ["0", "3"])
def test_more_than_is_accepted_is_refused_before_any_call(run: "Run", most: str) -> None:
    """Nobody is called at all: not even what is free, nor who calls."""
    with fake_aws(answered()) as server:
        ran = asked(run, server, "data.json", "bucket.json", "--paid-calls", most)
    assert (ran.code, ran.stdout, server.calls) == (2, "", [])
    [error] = [one for one in ran.stderr.splitlines() if one.startswith("error: ")]
    assert error.startswith("error: --paid-calls: 4 calls of AWS's custom policy checks, each of which it charges for")
    assert "--paid-calls 4 accepts it; prices: https://aws.amazon.com/iam/access-analyzer/pricing/" in error


def test_each_check_is_asked_as_what_it_is(run: "Run") -> None:
    """The parameters are botocore's; the costs are told first; what passes is no finding."""
    with fake_aws(answered()) as server:
        ran = asked(run, server, "data.json", "bucket.json", "--paid-calls", "4")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "4 calls of AWS's custom policy checks, each of which it charges for" in ran.stderr
    data, bucket, reference = (Path(name).read_text("utf-8") for name in ("data.json", "bucket.json", "reference.json"))
    access = [{"actions": ["s3:DeleteObject"], "resources": ["arn:aws:s3:::acme/*"]}]
    assert [(one.operation, dict(one.parameters)) for one in costly(server)] == [
        ("CheckAccessNotGranted", {"policyDocument": data, "policyType": "IDENTITY_POLICY", "access": access}),
        ("CheckNoNewAccess", {
            "newPolicyDocument": data, "existingPolicyDocument": reference, "policyType": "IDENTITY_POLICY"}),
        ("CheckAccessNotGranted", {"policyDocument": bucket, "policyType": "RESOURCE_POLICY", "access": access}),
        ("CheckNoPublicAccess", {"policyDocument": bucket, "resourceType": "AWS::S3::Bucket"}),
    ]  # fmt: skip


def test_what_fails_is_a_finding_at_its_statement(run: "Run") -> None:
    """With the user's severity and reason, AWS's words, and as an AWS- rule that options take."""
    reasons = [{"description": "in this statement", "statementIndex": 0, "statementId": "Data"}]
    fails = {"result": "FAIL", "message": "The policy document grants access.", "reasons": reasons}
    with fake_aws(answered(fails)) as server:
        ran = asked(run, server, "data.json", "--paid-calls", "2", "--format", "json")
    assert ran.code == 1
    [found] = [one for one in json.loads(ran.stdout)["findings"] if one["rule"].startswith("AWS-")]
    assert (found["rule"], found["severity"], found["sid"], found["by"]) == (
        "AWS-no-deletes", "ERROR", "Data", "IAM Access Analyzer",
    )  # fmt: skip
    assert found["line"] == 4
    assert found["message"] == (
        "CheckAccessNotGranted fails: The policy document grants access. in this statement (work is kept)"
    )
    with fake_aws(answered(fails)) as server:
        assert asked(run, server, "data.json", "--paid-calls", "2", "--ignore", "AWS-").code == 0


def test_the_same_question_is_paid_for_once(run: "Run") -> None:
    """And told at each file."""
    Path("again.json").write_text(Path("data.json").read_text("utf-8"), "utf-8")
    with fake_aws(answered({"result": "FAIL", "message": "no"})) as server:
        ran = asked(run, server, "data.json", "again.json", "--paid-calls", "2")
    assert len(costly(server)) == 2
    assert ran.stdout.count("AWS-no-deletes (IAM Access Analyzer) ERROR") == 2


def test_throttling_and_denial_keep_what_was_answered(run: "Run") -> None:
    """The rest is not judged, no more is asked, and so paid for; the exit code is 3."""
    for refusal in (THROTTLED, AwsRefusal(403, "AccessDeniedException", "no")):
        with fake_aws(answered({"result": "FAIL", "message": "no"}, refusal)) as server:
            ran = asked(run, server, "data.json", "bucket.json", "--paid-calls", "4", "--format", "json")
        assert ran.code == 3
        assert len(costly(server)) == 2
        data = json.loads(ran.stdout)
        assert [one["rule"] for one in data["findings"] if one["rule"].startswith("AWS-")] == ["AWS-no-deletes"]
        assert len(data["not_judged"]) == 3
        assert all("CheckNoNewAccess" in one["reason"] for one in data["not_judged"])


def test_who_may_not_validate_pays_for_nothing(run: "Run") -> None:
    """Where the free calls are refused from the first, nothing that costs is asked."""
    with fake_aws(lambda _: AwsRefusal(403, "AccessDeniedException", "no")) as server:
        ran = asked(run, server, "data.json", "--paid-calls", "2")
    assert (ran.code, costly(server)) == (3, [])
    assert ran.errors == ["access denied to access-analyzer:ValidatePolicy: no"]


def test_a_question_that_aws_refuses_is_not_judged(run: "Run") -> None:
    """The others are; and what is neither PASS nor FAIL is no answer of AWS's."""
    refused = AwsRefusal(422, "UnprocessableEntityException", "too complex")
    with fake_aws(answered(refused)) as server:
        ran = asked(run, server, "data.json", "--paid-calls", "2", "--format", "json", "--fail-on", "not-judged")
    assert ran.code == 1
    [one] = json.loads(ran.stdout)["not_judged"]
    assert one["reason"].startswith("not by AWS, about no-deletes: CheckAccessNotGranted failed with Unprocessable")
    with fake_aws(answered({"result": "PERHAPS"})) as server:
        ran = asked(run, server, "data.json", "--paid-calls", "2")
    assert ran.code == 3
    assert "its result is neither PASS nor FAIL" in ran.stdout + ran.stderr


def test_what_aws_takes_no_part_in_is_told(run: "Run") -> None:
    """SCPs, `all`, too many actions, resources of no type that it takes, and checks that it has none like."""
    many = ", ".join(f"arn:aws:s3:::b{number}/*" for number in range(101))
    Path("checks.yaml").write_text(f"""checks:
  - {{id: all-of-s3, reason: r, access_not_granted: {{actions: ["s3:*"], all: true}}}}
  - {{id: many, reason: r, access_not_granted: {{resources: [{many}]}}}}
  - {{id: in-scps, reason: r, types: [scp], access_not_granted: {{actions: ["s3:*"]}}}}
  - {{id: not-public, reason: r, no_public_access: true}}
  - {{id: needs, reason: r, required_conditions: {{actions: ["s3:GetObject"], keys: ["aws:SourceVpce"]}}}}
""", "utf-8")  # fmt: skip
    everywhere = {**BUCKET, "Resource": "*"}
    write("scp.json", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    write("all.json", everywhere)
    with fake_aws(answered()) as server:
        ran = asked(run, server, "data.json", "all.json", "--paid-calls", "9", "--format", "json")
        scp = asked(run, server, "scp.json", "--type", "scp", "--paid-calls", "9", "--format", "json")
    assert costly(server) == []
    assert "AWS has no custom policy check like needs" in ran.stderr
    reasons = [one["reason"] for made in (ran, scp) for one in json.loads(made.stdout)["not_judged"]]
    for text in (
        "all-of-s3: AWS has no check for `all`", "many: AWS takes 100 actions and 100 resources at most",
        "in-scps: CheckAccessNotGranted takes no SCP", "not-public: the policy does not name resources of one type",
    ):  # fmt: skip
        assert any(one.startswith(f"AWS was not asked about {text}") for one in reasons), (text, reasons)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--paid-calls", "4"), "--paid-calls: goes with --live; without it nothing touches AWS"),
        (("--live", "--paid-calls", "4"), "--paid-calls: asks about custom checks, and there are none; give --rules"),
        (("--live", "--paid-calls", "-1"), "-1"),
    ],
)
def test_an_option_that_has_nothing_to_say_is_refused(run: "Run", args: tuple[str, ...], told: str) -> None:
    """One line, before anything is called."""
    with fake_aws(answered()) as server:
        ran = run("check", "data.json", *args, *(("--endpoint-url", server.address) if "--live" in args else ()))
    assert (ran.code, server.calls) == (2, [])
    assert told in ran.stderr


def test_the_tables_are_the_model_s() -> None:
    """Each operation is one, and each type of resource is one that AWS takes; all of those are there."""
    known = model("accessanalyzer")
    assert set(paid.OF_KIND.values()) <= set(known.operation_names)
    types = known.operation_model("CheckNoPublicAccess").input_shape.members["resourceType"].enum
    assert {*paid._public(), "AWS::IAM::AssumeRolePolicyDocument"} == set(types)
    taken = known.operation_model("CheckNoNewAccess").input_shape.members["policyType"].enum
    assert set(paid._TYPES.values()) == set(taken)
