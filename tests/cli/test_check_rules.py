"""`rolemgr check --rules`: custom checks go through the same machinery as rules."""

import json
from typing import TYPE_CHECKING

from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Gone", "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::acme/*"}],
}
CHECKS = "checks:\n  - {id: no-delete, reason: nothing is deleted, access_not_granted: {actions: ['s3:Delete*']}}\n"


def test_findings_in_every_form(run: "Run") -> None:
    """Text, JSON, SARIF with the rule's text, GitHub's annotations; exit code 1."""
    policy, checks = write("p.json", POLICY), write("checks.yaml", CHECKS)
    text = run("check", policy, "--rules", checks)
    assert text.code == 1
    assert "p.json:4:5: no-delete access_not_granted SECURITY_WARNING " in text.stdout
    assert "(statement Gone)" in text.stdout
    (finding,) = json.loads(run("check", policy, "--rules", checks, "--format", "json").stdout)["findings"]
    assert (finding["rule"], finding["line"], finding["action"]) == ("no-delete", 4, "s3:DeleteObject")
    sarif = json.loads(run("check", policy, "--rules", checks, "--format", "sarif").stdout)
    (rule,) = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "no-delete"
    annotation = run("check", policy, "--rules", checks, "--format", "github").stdout
    assert annotation.startswith("::error file=p.json,line=4")


def test_the_threshold_holds_for_custom_checks(run: "Run") -> None:
    """A check may say how bad its findings are."""
    policy = write("p.json", POLICY)
    checks = write("checks.yaml", CHECKS.replace("reason:", "severity: SUGGESTION, reason:"))
    assert run("check", policy, "--rules", checks).code == 0
    assert run("check", policy, "--rules", checks, "--fail-on", "SUGGESTION").code == 1


def test_suppressions_and_baselines_know_custom_checks(run: "Run") -> None:
    """By the check's id, in the configuration that names the file of checks too."""
    policy, _ = write("p.json", POLICY), write("org/checks.yaml", CHECKS)
    write("rolemgr-check.yaml", "rules: [org/checks.yaml]\n")
    assert run("check", policy).code == 1
    assert run("check", policy, "--write-baseline", "base.json").code == 0
    assert run("check", policy, "--baseline", "base.json").code == 0
    write("rolemgr-check.yaml", "rules: [org/checks.yaml]\nsuppress:\n  - {rule: no-delete, reason: SEC-1}\n")
    ran = run("check", policy)
    assert (ran.code, ran.notes) == (0, ["1 finding suppressed by rolemgr-check.yaml"])
    write("rolemgr-check.yaml", "rules: [org/checks.yaml]\nsuppress:\n  - {rule: no-delte, reason: SEC-1}\n")
    assert "did you mean no-delete" in run("check", policy).stderr
    write("rolemgr-check.yaml", "rules: [gone.yaml]\n")
    assert "rolemgr-check.yaml:1: there is no file `gone.yaml`" in run("check", policy).stderr


def test_the_chosen_role_is_checked(run: "Run") -> None:
    """Its permissions and its trust, with the catalog's line where a statement has one."""
    checks = write("checks.yaml", "checks:\n  - {id: no-logs, reason: x, access_not_granted: {actions: ['logs:*']}}\n")
    ran = run("check", "--persona", "sagemaker-compute", "--rules", checks, "--format", "json")
    findings = json.loads(ran.stdout)["findings"]
    assert ran.code == 1
    assert {one["rule"] for one in findings} == {"no-logs"}
    assert {one["path"] for one in findings} == {"role sagemaker-compute"}
    assert any("(activity_groups/" in one["message"] for one in findings)


def test_a_template_is_checked_as_far_as_it_can_be_read(run: "Run") -> None:
    """What a function fills in can't be told; the rest is judged."""
    role = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": POLICY, "Roles": ["r"]},
    }
    opaque = json.loads(json.dumps(role))
    opaque["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = {"Fn::GetAtt": ["Bucket", "Arn"]}
    template = write("t.json", {"Resources": {"Known": role, "Opaque": opaque}})
    found = json.loads(run("check", template, "--rules", write("c.yaml", CHECKS), "--format", "json").stdout)[
        "findings"
    ]
    messages = [one["message"] for one in found if one["rule"] == "no-delete"]
    assert [message.startswith("can't tell") for message in messages] == [False, True]


def test_a_check_is_explained(run: "Run") -> None:
    """By its id, with where it stands and what it asks."""
    ran = run("check", "--explain", "no-delete", "--rules", write("checks.yaml", CHECKS))
    assert (ran.code, ran.stdout.splitlines()[0]) == (0, "no-delete (SECURITY_WARNING), checks.yaml:2")
    assert "Looks at policies of type: identity, resource, trust." in ran.stdout


def test_a_misspelt_key_is_refused_with_its_line(run: "Run") -> None:
    """Nothing is checked by half of a file."""
    policy = write("p.json", POLICY)
    ran = run("check", policy, "--rules", write("c.yaml", CHECKS.replace("access_not_granted", "acces_not_granted")))
    assert (ran.code, ran.stdout) == (2, "")
    assert "c.yaml:2: unknown key" in ran.stderr
    assert "did you mean access_not_granted" in ran.stderr


def test_a_name_that_nobody_has_is_refused(run: "Run") -> None:
    """A check on it would never find anything; all of a file are said at once, and `unknown_ok` excuses one."""
    checks = """\
checks:
  - {id: a, reason: x, access_not_granted: {actions: ["s3:GetObjct"]}}
  - {id: b, reason: x, access_not_granted: {actions: ["sagmaker:*"], resources: ["arn:aws:sagemaker:us-est-1:*:*"]}}
  - {id: c, reason: x, required_conditions: {actions: ["s3:*"], conditions: {StringEquals: {aws:PrincipalTags/x: y}}}}
  - {id: d, reason: x, required_conditions: {actions: ["s3:*"], keys: [aws:SourceVpcc]}}
  - {id: e, reason: x, access_granted: {actions: ["s3:GetObject"], context: {aws:RequestedRegion: us-est-1}}}
"""
    ran = run("check", write("p.json", POLICY), "--rules", write("checks.yaml", checks))
    assert (ran.code, ran.stdout) == (2, "")
    for start in (
        "checks.yaml:2: unknown action `s3:GetObjct`; did you mean s3:GetObject",
        "checks.yaml:3: no action that AWS is known to have matches `sagmaker:*`",
        "checks.yaml:3: unknown region `us-est-1`",
        "checks.yaml:4: unknown condition key `aws:PrincipalTags/x`; did you mean aws:PrincipalTag/x",
        "checks.yaml:5: unknown condition key `aws:SourceVpcc`; did you mean aws:SourceVpc",
        "checks.yaml:6: unknown region `us-est-1`",
    ):
        assert [error for error in ran.errors if error.startswith(start)], start
    assert len(ran.errors) == 6
    excuse = 'unknown_ok: ["s3:GetObjct", "sagmaker:*", us-est-1, "aws:PrincipalTags/x", "aws:SourceVpcc"]\n'
    assert run("check", write("p.json", POLICY), "--rules", write("checks.yaml", excuse + checks)).code == 1
