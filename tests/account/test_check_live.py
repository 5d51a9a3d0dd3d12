"""`check --live`: what IAM Access Analyzer finds beside ours, over real HTTP, by botocore's models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.fake_aws import CALLER, THROTTLED, Answering, AskedCall, AwsRefusal, FakeAws, fake_aws, model

from rolemgr.account import analyzer_pages
from rolemgr.account.policy_validation import REFERENCE
from rolemgr.iam.documents import PolicyType

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

PAGE = f"{REFERENCE}#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource"
POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Pass",
      "Effect": "Allow",
      "Action": ["iam:GetRole", "iam:PassRole"],
      "Resource": "arn:aws:iam::111122223333:role/a"
    }
  ]
}
"""
ACTION: list[dict[str, Any]] = [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 1}]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have credentials in the environment, one attempt a call, and a folder of one's own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.chdir(tmp_path)


def finding(**more: Any) -> dict[str, Any]:
    """Return a finding as AWS answers it."""
    return {
        "findingType": "SECURITY_WARNING", "issueCode": "PASS_ROLE_WITH_STAR_IN_RESOURCE", "learnMoreLink": PAGE,
        "findingDetails": "Using a wildcard can be overly permissive.", "locations": [location(ACTION)], **more,
    }  # fmt: skip


def location(path: list[dict[str, Any]], line: int = 1, column: int = 0) -> dict[str, Any]:
    """Return a place as AWS says it: lines from 1, columns and offsets from 0."""
    start, end = ({"line": line, "column": column + more, "offset": more} for more in (0, 1))
    return {"path": path, "span": {"start": start, "end": end}}


def always(*found: Mapping[str, Any]) -> Answering:
    """Answer each call with what is *found*."""
    return lambda _: {"findings": list(found)}


def asked(run: "Run", server: FakeAws, *args: str) -> "Ran":
    """Run `check --live` against *server*."""
    return run("check", *args, "--live", "--endpoint-url", server.address)


def test_findings_of_aws_stand_beside_ours(run: "Run") -> None:
    """At the file, line and column that AWS's path leads to, marked as AWS's, with AWS's page; costs said first."""
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(always(finding())) as server:
        ran = asked(run, server, "pass.json")
    assert ran.code == 1
    rule = "AWS-PASS_ROLE_WITH_STAR_IN_RESOURCE (IAM Access Analyzer) SECURITY_WARNING"
    assert f"pass.json:7:33: {rule} Using a wildcard can be overly permissive. (statement Pass)" in ran.stdout
    assert f"    AWS: {PAGE}\n" in ran.stdout
    assert "RM607" in run("check", "pass.json").stdout or "RM6" in ran.stdout
    said = f"1 policy is sent to IAM Access Analyzer in eu-west-1 as {CALLER} (ValidatePolicy, free of charge)"
    assert said in ran.stderr
    [call] = server.calls[1:]
    assert call.parameters == {"policyDocument": POLICY, "policyType": "IDENTITY_POLICY"}


def test_programs_have_them_in_each_form(run: "Run") -> None:
    """JSON, SARIF, annotations, pages and Security Hub: the rule, who found it, and AWS's page."""
    Path("pass.json").write_text(POLICY, "utf-8")
    hub = ("--hub", "123456789012:eu-west-1", "--as-of", "2026-11-28")
    with fake_aws(always(finding())) as server:
        forms = {
            form: asked(run, server, "pass.json", "--format", form, *(hub if form == "asff" else ())).stdout
            for form in ("json", "sarif", "github", "markdown", "html", "asff")
        }
    [ours] = [one for one in json.loads(forms["json"])["findings"] if one["rule"].startswith("AWS-")]
    assert (ours["by"], ours["learn_more"], ours["line"], ours["sid"], ours["action"]) == (
        "IAM Access Analyzer", PAGE, 7, "Pass", "iam:PassRole",
    )  # fmt: skip
    log = json.loads(forms["sarif"])["runs"][0]
    [rule] = [one for one in log["tool"]["driver"]["rules"] if one["id"] == ours["rule"]]
    assert rule["helpUri"] == PAGE
    [placed] = [one["locations"][0] for one in log["results"] if one["ruleId"] == ours["rule"]]
    assert placed["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 33}
    assert "::error file=pass.json,line=7,title=AWS-PASS_ROLE_WITH_STAR_IN_RESOURCE" in forms["github"]
    assert all("AWS-PASS_ROLE_WITH_STAR_IN_RESOURCE" in forms[form] for form in ("markdown", "html"))
    batches = json.loads(forms["asff"])
    urls = [one["Remediation"]["Recommendation"]["Url"] for one in batches[0]["Findings"] if "AWS-" in one["Title"]]
    assert urls == [PAGE]


def test_each_type_of_policy_is_asked_as_what_it_is(run: "Run") -> None:
    """The types are botocore's, for every type of policy that we know, and resources by the ARNs that they name."""
    bucket = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}
    topic = {**bucket, "Action": "sns:*", "Resource": "arn:aws:sns:us-east-1:111122223333:t"}
    with fake_aws(always()) as server:
        for kind in PolicyType:
            statement = bucket if kind in (PolicyType.RESOURCE, PolicyType.RCP, PolicyType.ENDPOINT) else {
                key: value for key, value in bucket.items() if key != "Principal"}  # fmt: skip
            Path("one.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "utf-8")
            asked(run, server, "one.json", "--type", kind.value)
        Path("one.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [topic]}), "utf-8")
        asked(run, server, "one.json", "--type", "resource")
    types = [
        (one.parameters["policyType"], one.parameters.get("validatePolicyResourceType"))
        for one in server.calls
        if one.operation == "ValidatePolicy"
    ]
    assert types == [
        ("IDENTITY_POLICY", None), ("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument"),
        ("RESOURCE_POLICY", "AWS::S3::Bucket"), ("SERVICE_CONTROL_POLICY", None), ("RESOURCE_CONTROL_POLICY", None),
        ("IDENTITY_POLICY", None), ("RESOURCE_POLICY", None), ("RESOURCE_POLICY", None),
    ]  # fmt: skip


def test_the_table_has_the_types_of_the_model() -> None:
    """Each type that we send is one that AWS takes, and each resource type of AWS's has its ARNs."""
    from rolemgr.account import policy_validation

    table = json.loads(Path(policy_validation.__file__).with_name("policy_types.json").read_text("utf-8"))
    members = model("accessanalyzer").operation_model("ValidatePolicy").input_shape.members
    rows = table["policies"].values()
    assert {one["policyType"] for one in rows} == set(members["policyType"].enum)
    of_rows = {one["validatePolicyResourceType"] for one in rows if "validatePolicyResourceType" in one}
    assert of_rows | set(table["resources"]) == set(members["validatePolicyResourceType"].enum)
    assert set(table["policies"]) == {one.value for one in PolicyType}


def test_a_role_is_asked_about_and_found_where_it_was_chosen(run: "Run") -> None:
    """Trust and policies of a role file: what AWS finds stands at the line that chose the group."""
    Path("role.yaml").write_text("persona: data-scientist\nadd: [write-model-cards]\nbucket: [acme-churn]\n", "utf-8")

    def answer(call: AskedCall) -> Mapping[str, Any]:
        statements = json.loads(call.parameters["policyDocument"])["Statement"]
        places = [
            location([{"value": "Statement"}, {"index": at}, {"value": "Action"}, {"index": number}])
            for at, one in enumerate(statements)
            for number, action in enumerate(one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
            if action == "sagemaker:UpdateModelCard"
        ]
        return {"findings": [finding(locations=places)] if places else []}

    with fake_aws(answer) as server:
        ran = asked(run, server, "role.yaml", "--format", "json")
    types = [one.parameters["policyType"] for one in server.calls if one.operation == "ValidatePolicy"]
    assert types[0] == "RESOURCE_POLICY"
    assert set(types[1:]) == {"IDENTITY_POLICY"}
    [found] = [one for one in json.loads(ran.stdout)["findings"] if one["rule"].startswith("AWS-")]
    assert (found["path"], found["line"], found["action"]) == ("role.yaml", 2, "sagemaker:UpdateModelCard")
    assert "(activity_groups/write-model-cards.yaml:" in found["message"]


def test_pages_are_followed(run: "Run") -> None:
    """To their end, with what the first call said; a page that leads back is not AWS's."""
    Path("pass.json").write_text(POLICY, "utf-8")

    def answer(call: AskedCall) -> Mapping[str, Any]:
        more = {"nextToken": str(call.number)} if call.number < 3 else {}
        return {"findings": [finding(issueCode=f"CODE_{call.number}")], **more}

    with fake_aws(answer) as server:
        ran = asked(run, server, "pass.json", "--format", "json")
    rules = [one["rule"] for one in json.loads(ran.stdout)["findings"] if one["rule"].startswith("AWS-")]
    assert rules == ["AWS-CODE_1", "AWS-CODE_2", "AWS-CODE_3"]
    assert [one.parameters.get("nextToken") for one in server.calls[1:]] == [None, "1", "2"]
    with fake_aws(lambda _: {"findings": [], "nextToken": "again"}) as server:
        ran = asked(run, server, "pass.json")
    assert (ran.code, ran.stdout) == (3, "")
    assert "one page leads to a page that came before" in ran.stderr


def test_pages_without_end_have_a_budget(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Always another token: whoever answers so is not AWS."""
    monkeypatch.setattr(analyzer_pages, "_MOST_PAGES", 7)
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(lambda call: {"findings": [], "nextToken": str(call.number)}) as server:
        ran = asked(run, server, "pass.json")
    assert (ran.code, ran.stdout, server.operations()) == (3, "", ["ValidatePolicy"] * 7)
    assert "it has more than 7 pages" in ran.stderr


def test_throttling_is_waited_for_then_said(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: the next attempt has the answer. For ever: one line and exit code 3."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(lambda call: THROTTLED if call.number == 1 else {"findings": []}) as server:
        assert "AWS-" not in asked(run, server, "pass.json").stdout
    assert server.operations() == ["ValidatePolicy"] * 2
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with fake_aws(lambda _: THROTTLED) as server:
        ran = asked(run, server, "pass.json")
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.errors == ["AWS throttles ValidatePolicy, also after retries; wait a little, and run it again"]


def test_what_aws_answered_before_it_throttles_is_kept(run: "Run") -> None:
    """The rest is not judged, each with the reason, AWS is asked no more, and the exit code is 3."""
    for at in range(3):
        Path(f"{at}.json").write_text(POLICY.replace("Pass", f"Pass{at}"), "utf-8")
    with fake_aws(lambda call: {"findings": [finding()]} if call.number == 1 else THROTTLED) as server:
        ran = asked(run, server, "0.json", "1.json", "2.json", "--format", "json")
    assert ran.code == 3
    data = json.loads(ran.stdout)
    assert [one["path"] for one in data["findings"] if one["rule"].startswith("AWS-")] == ["0.json"]
    assert [one["path"] for one in data["not_judged"]] == ["1.json", "2.json"]
    assert all("throttles ValidatePolicy" in one["reason"] for one in data["not_judged"])
    assert server.operations() == ["ValidatePolicy"] * 2


def test_a_baseline_of_a_part_is_said(run: "Run") -> None:
    """It is written, and the exit code is 3: what AWS would have found in the rest is not in it."""
    for at in range(2):
        Path(f"{at}.json").write_text(POLICY.replace("Pass", f"Pass{at}"), "utf-8")
    with fake_aws(lambda call: {"findings": [finding()]} if call.number == 1 else THROTTLED) as server:
        ran = asked(run, server, "0.json", "1.json", "--write-baseline", "baseline.json")
    assert ran.code == 3
    assert "throttles ValidatePolicy" in ran.stderr
    assert "AWS-PASS_ROLE_WITH_STAR_IN_RESOURCE" in Path("baseline.json").read_text("utf-8")
    assert "1.json" not in [one["path"] for one in json.loads(Path("baseline.json").read_text("utf-8"))["findings"]
                            if one["rule"].startswith("AWS-")]  # fmt: skip


def test_who_may_not_ask_is_told_in_one_line(run: "Run") -> None:
    """With the action that is missing."""
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(lambda _: AwsRefusal(403, "AccessDeniedException", "no")) as server:
        ran = asked(run, server, "pass.json")
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.errors == ["access denied to access-analyzer:ValidatePolicy: no"]


def test_a_policy_that_aws_refuses_is_not_judged(run: "Run") -> None:
    """One that is too long, say: the others are, and `--fail-on not-judged` counts it."""
    Path("a.json").write_text(POLICY, "utf-8")
    Path("b.json").write_text(POLICY.replace("Pass", "Other"), "utf-8")
    too_long = AwsRefusal(400, "ValidationException", "policy exceeds 30,000 characters")
    with fake_aws(lambda call: too_long if call.number == 1 else {"findings": []}) as server:
        ran = asked(run, server, "a.json", "b.json", "--fail-on", "not-judged")
    assert ran.code == 1
    reason = "not by AWS: ValidatePolicy failed with ValidationException: policy exceeds 30,000 characters"
    assert f"a.json:1: not judged: {reason}\n" in ran.stdout


def test_what_a_template_leaves_open_is_not_sent(run: "Run") -> None:
    """A function that only the deployment fills in is said at its line; the policy beside it is asked about."""
    template = {
        "Resources": {
            name: {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {
                "Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]}}}
            for name, resource in {
                "Open": {"Fn::GetAtt": ["B", "Arn"]}, "Known": {"Fn::Sub": "arn:${AWS::Partition}:s3:::b/*"}}.items()
        }
    }  # fmt: skip
    Path("template.json").write_text(json.dumps(template, indent=1), "utf-8")
    with fake_aws(always(finding(locations=[]))) as server:
        ran = asked(run, server, "template.json", "--format", "json")
    sent = [json.loads(one.parameters["policyDocument"]) for one in server.calls[1:]]
    assert [one["Statement"][0]["Resource"] for one in sent] == ["arn:aws:s3:::b/*"]
    [open_] = json.loads(ran.stdout)["not_judged"]
    assert open_["reason"].startswith("AWS was not asked: ")
    assert "Fn::GetAtt" in Path("template.json").read_text("utf-8").splitlines()[open_["line"] - 1 + 1]


def test_an_answer_is_hostile_input(run: "Run") -> None:
    """What a terminal would obey is escaped, a link elsewhere is none, a path that leads nowhere ends where it can."""
    Path("pass.json").write_text(POLICY, "utf-8")
    evil = finding(
        findingType="NEW_TYPE", issueCode="\x1b[2J", learnMoreLink="https://evil.example/\x1b[31m",
        findingDetails="clear\x1b[2J ##[error] all",
        locations=[location([{"value": "Statement"}, {"index": 99}, {"key": "\x1b"}])] * 2,
    )  # fmt: skip
    Path("role.tf").write_text("", "utf-8")
    with fake_aws(always(evil)) as server:
        ran = asked(run, server, "pass.json")
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "##[" not in ran.stdout
    assert "pass.json:3" in ran.stdout
    assert "AWS-UNNAMED (IAM Access Analyzer) SECURITY_WARNING" in ran.stdout
    assert "(and 1 more places) (of type NEW_TYPE, which rolemgr does not know)" in ran.stdout
    assert f"    AWS: {REFERENCE}\n" in ran.stdout
    assert "evil.example" not in ran.stdout


def test_a_place_without_a_path_is_the_line_that_aws_counts(run: "Run") -> None:
    """Of a file that AWS was given as it is."""
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(always(finding(locations=[location([], line=8, column=6)]))) as server:
        ran = asked(run, server, "pass.json")
    assert "pass.json:8: AWS-PASS" in ran.stdout


def test_they_are_selected_and_suppressed_as_ours(run: "Run") -> None:
    """By AWS's issue code behind AWS-, or all of them."""
    Path("pass.json").write_text(POLICY, "utf-8")
    with fake_aws(always(finding())) as server:
        assert "AWS-PASS" not in asked(run, server, "pass.json", "--ignore", "AWS-").stdout
        only = asked(run, server, "pass.json", "--select", "aws-pass_role_with_star_in_resource")
        assert "1 finding in 1 policy" in only.stdout
        text = "suppress:\n  - {rule: AWS-PASS_ROLE_WITH_STAR_IN_RESOURCE, reason: known}\n"
        Path("rolemgr-check.yaml").write_text(text, "utf-8")
        ran = asked(run, server, "pass.json")
    assert "AWS-PASS" not in ran.stdout
    assert "1 finding suppressed by rolemgr-check.yaml" in ran.stderr


def test_the_same_text_is_asked_about_once(run: "Run") -> None:
    """And told at each file; a Region beside policy files is the one that is asked."""
    for at in range(3):
        Path(f"{at}.json").write_text(POLICY, "utf-8")
    with fake_aws(always(finding())) as server:
        ran = asked(run, server, "0.json", "1.json", "2.json", "--region", "eu-central-1")
    assert server.operations() == ["ValidatePolicy"]
    assert ran.stdout.count(".json:7:33: AWS-PASS") == 3
    assert "3 policies are sent to IAM Access Analyzer in eu-central-1" in ran.stderr


@pytest.mark.parametrize("option", ["--profile", "--endpoint-url"])
def test_without_live_nothing_touches_aws(run: "Run", option: str) -> None:
    """An option that says how AWS is reached is refused, not ignored."""
    Path("pass.json").write_text(POLICY, "utf-8")
    ran = run("check", "pass.json", option, "http://127.0.0.1:9")
    assert (ran.code, ran.stdout) == (2, "")
    assert f"error: {option}: goes with --live" in ran.stderr
