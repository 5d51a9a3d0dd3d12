"""`rolemgr drift` as a user types it, against a real server over HTTP; its page; the rights that it takes."""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from tests.account.proxy import proxied
from tests.account.small import NAME, bring
from tests.account.tampering import DRIFT, ROLE, statement
from tests.account.test_commands import ROLEMGR, aws, role_file
from tests.account.test_rights import Guarded, guarded
from tests.check.test_reports import SARIF
from tests.report.test_asff_findings import ASFF, checked
from tests.servers import ACCOUNT

from rolemgr.account.drift import find_drift
from rolemgr.account.read import read_role
from rolemgr.check.document import Document
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.errors import AwsError
from rolemgr.iam.documents import PolicyType

if TYPE_CHECKING:
    from tests.conftest import Run

__all__ = ["aws", "guarded"]

PAGE = Path(__file__).parents[2] / "docs" / "drift.md"
POLICY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0])
RIGHTS = sorted(action for one in POLICY["Statement"] for action in one["Action"])
FILE = "persona: sagemaker-compute\nbucket: [acme]\ntag:\n  Project: churn\n"


@pytest.fixture
def churn(run: "Run") -> str:
    """Return the file of a role that is in the account."""
    path = role_file("churn", FILE)
    assert run("apply", path, "--yes").code == 0
    return path


def put(iam: Any, name: str, *statements: Any) -> None:
    """Put an inline policy on the role."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_role_policy(RoleName="churn", PolicyName=name, PolicyDocument=document)


def tamper(iam: Any) -> None:
    """Give the role more, take something away, change a tag, let somebody in."""
    put(iam, "by-hand", statement("Allow", "sqs:SendMessage", "*", "Queue"))
    put(iam, "freeze", statement("Deny", "s3:GetObject", "*", "Freeze"))
    iam.tag_role(RoleName="churn", Tags=[{"Key": "Project", "Value": "x"}])
    trust = iam.get_role(RoleName="churn")["Role"]["AssumeRolePolicyDocument"]
    other = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}
    trust["Statement"].append(other)
    iam.update_assume_role_policy(RoleName="churn", PolicyDocument=json.dumps(trust))


def test_no_drift_is_said_in_a_line(run: "Run", churn: str) -> None:
    """Exit code 0, for one role or many, by file or by options."""
    ran = run("drift", churn)
    assert (ran.code, ran.stdout) == (0, f"= arn:aws:iam::{ACCOUNT}:role/churn\nno drift in 1 role\n")
    run("apply", role_file("second", FILE), "--yes")
    assert run("drift", churn, "second.yaml").stdout.endswith("no drift in 2 roles\n")
    assert run("drift", "--role", churn).code == 0


def test_pairs_of_no_type_are_a_note(run: "Run", churn: str, iam: Any) -> None:
    """A statement that names what AWS never asks for is the same role; exit code 0, on stderr and in the data."""
    policy = iam.get_role_policy(RoleName="churn", PolicyName="churn")["PolicyDocument"]
    for one in policy["Statement"]:
        if one["Sid"] == "SageMakerRuns":
            one["Resource"].append(f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/*")
    iam.put_role_policy(RoleName="churn", PolicyName="churn", PolicyDocument=json.dumps(policy))
    ran = run("drift", churn)
    note = "harmless: 3 pairs of an action and a resource that AWS never asks for (such as "
    assert (ran.code, ran.stdout) == (0, f"= arn:aws:iam::{ACCOUNT}:role/churn\nno drift in 1 role\n")
    assert any(note in one for one in ran.notes)
    (role,) = json.loads(run("drift", churn, "--format", "json").stdout)["roles"]
    (found,) = (one for one in role["notes"] if "pairs" in one)
    assert role["drift"] is False
    assert found.startswith(note)
    assert note in run("drift", churn, "--format", "markdown").stdout


def test_a_role_that_is_not_there_is_drift(run: "Run", churn: str) -> None:
    """It is an ERROR, and the others are looked at too."""
    ran = run("drift", role_file("nowhere", FILE), churn)
    assert ran.code == 1
    assert (
        f"! role arn:aws:iam::{ACCOUNT}:role/nowhere is not in the account  ERROR DR100 (nowhere.yaml:5)" in ran.stdout
    )
    assert ran.stdout.endswith("drift in 1 of 2 roles\n")


def test_drift_is_told_with_severity_place_and_line(run: "Run", iam: Any, churn: str) -> None:
    """What a person reads."""
    tamper(iam)
    ran = run("drift", churn)
    assert ran.code == 1
    found = re.findall(r"^    ([-+~] \w+)  .*  (\w+) (DR\d+) \((churn.yaml:\d+)\)$", ran.stdout, re.MULTILINE)
    assert found == [
        ("+ gains", "SECURITY_WARNING", "DR120", "churn.yaml:1"),
        ("+ gains", "SECURITY_WARNING", "DR110", "churn.yaml:1"),
        ("- loses", "WARNING", "DR112", "churn.yaml:1"),  # of the bucket in the file
        ("- loses", "WARNING", "DR112", "churn.yaml:1"),  # of AWS's own, that the catalog names
        ("~ value", "SUGGESTION", "DR160", "churn.yaml:4"),
    ]
    assert "sqs:SendMessage on *  by statement `Queue` of inline policy by-hand  SECURITY_WARNING" in ran.stdout
    assert "by statement `Freeze` of inline policy freeze and bucket acme (churn.yaml:2)  WARNING" in ran.stdout


def test_json_has_direction_statement_request_and_values(run: "Run", iam: Any, churn: str) -> None:
    """What a program reads, as the help shows it."""
    tamper(iam)
    data = json.loads(run("drift", churn, "--format", "json").stdout)
    [role] = data["roles"]
    assert (data["account"], role["drift"], role["arn"].rpartition("/")[2]) == (ACCOUNT, True, "churn")
    trust, gained, lost, tag = role["findings"]
    assert (trust["name"], trust["direction"]) == ("trust-gained", "gained")
    assert gained["statements"] == [{"policy": "inline policy by-hand", "statement": "Queue"}]
    assert (gained["actions"], gained["request"]["action"]) == (["sqs:SendMessage"], "sqs:SendMessage")
    assert lost["denied_by"] == [{"policy": "inline policy freeze", "statement": "Freeze"}]
    assert (lost["direction"], lost["actions"]) == ("lost", ["s3:GetObject"])
    assert (tag["file"], tag["account"], tag["line"]) == ("churn", "x", 4)


def test_the_simulate_lines_ask_the_file(run: "Run", iam: Any, churn: str) -> None:
    """No where the account allows more, yes where it allows less, also of the trust policy."""
    tamper(iam)
    findings = json.loads(run("drift", churn, "--format", "json").stdout)["roles"][0]["findings"]
    answers = []
    for line in (finding["ask"] for finding in findings if finding.get("ask")):
        program = line.replace("rolemgr ", f"{ROLEMGR} ")
        done = subprocess.run(["/bin/bash", "-c", program], capture_output=True, text=True, check=False)
        answers.append(done.stdout.partition(" ")[0])
    assert answers == ["ImplicitlyDenied", "ImplicitlyDenied", "Allowed"]
    persona = ("--persona", "sagemaker-compute", "--name", "churn")
    found = json.loads(run("drift", *persona, "--format", "json").stdout)["roles"][0]["findings"]
    lines = [one["ask"] for one in found if one.get("ask")]
    assert lines
    assert all("--account 123456789012" in one and "--region us-east-1" in one for one in lines)


def test_sarif_is_of_the_standard_s_shape(run: "Run", iam: Any, churn: str) -> None:
    """Located in the role file."""
    tamper(iam)
    log = json.loads(run("drift", churn, "--format", "sarif").stdout)
    assert [error.message for error in Draft202012Validator(SARIF).iter_errors(log)] == []
    results = log["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "error", "warning", "note"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {place["artifactLocation"]["uri"] for place in places} == {"churn.yaml"}
    assert len({result["partialFingerprints"]["rolemgr/v1"] for result in results}) == len(results)


def test_security_hub_gets_what_differs(run: "Run", iam: Any, churn: str) -> None:
    """Each finding is about the role that differs."""
    tamper(iam)
    ran = run("drift", churn, *ASFF)
    assert ran.code == 1
    found = checked(json.loads(ran.stdout))
    told = json.loads(run("drift", churn, "--format", "json").stdout)["roles"]
    assert [one["GeneratorId"] for one in found] == [f"rolemgr/{one['rule']}" for one in told[0]["findings"]]
    assert {resource["Id"] for one in found for resource in one["Resources"]} == {told[0]["arn"]}


def test_what_is_refused_is_no_empty_report(run: "Run", iam: Any, churn: str) -> None:
    """A role that could not be compared is an error of the run in SARIF, and an annotation, at the line that is wrong."""
    Path("broken.yaml").write_text("name: x\npersona: nobody\n")
    ran = run("drift", churn, "broken.yaml", "--format", "sarif", "-o", "drift.sarif")
    assert ran.code == 2
    log = json.loads(Path("drift.sarif").read_text())
    Draft202012Validator(SARIF).validate(log)
    (invocation,) = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["level"] == "error"
    assert told["message"]["text"].startswith("not judged: unknown persona `nobody`")
    where = told["locations"][0]["physicalLocation"]
    assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == ("broken.yaml", 2)
    lines = run("drift", "broken.yaml", "--format", "github", "-o", "annotations.txt")
    assert lines.code == 2
    text = Path("annotations.txt").read_text()
    assert text.startswith("::error file=broken.yaml,line=2,title=not judged::unknown persona `nobody`")


def test_annotations_are_for_github(run: "Run", iam: Any, churn: str) -> None:
    """Each at its line."""
    tamper(iam)
    lines = run("drift", churn, "--format", "github").stdout.splitlines()
    assert [line.partition("::churn")[0] for line in lines] == [
        "::error file=churn.yaml,line=1,title=DR120 trust-gained",
        "::error file=churn.yaml,line=1,title=DR110 access-gained",
        "::warning file=churn.yaml,line=1,title=DR112 access-lost",
        "::notice file=churn.yaml,line=4,title=DR160 tag",
    ]


def test_the_line_is_the_one_that_brought_the_statement_in(run: "Run", iam: Any) -> None:
    """An added group, a guardrail; without a file the line of the catalog."""
    path = role_file(
        "r", "persona: data-scientist\nbucket: [acme]\nguardrail:\n  max-runtime: 2h\nadd:\n- invoke-endpoints\n"
    )
    assert run("apply", path, "--yes").code == 0
    document = iam.get_role_policy(RoleName="r", PolicyName="r")["PolicyDocument"]
    gone = ("MaxRuntime", "InvokeEndpoints")
    kept = [one for one in document["Statement"] if not one["Sid"].startswith(gone)]
    assert len(kept) < len(document["Statement"])
    document = json.dumps({**document, "Statement": kept})
    iam.put_role_policy(RoleName="r", PolicyName="r", PolicyDocument=document)
    findings = json.loads(run("drift", path, "--format", "json").stdout)["roles"][0]["findings"]
    lines = {(finding["direction"], finding["line"]) for finding in findings}
    assert ("gained", 4) in lines, findings
    assert any("guardrails/max-runtime.yaml:" in origin for finding in findings for origin in finding["origins"])


def test_fail_on_leaves_labels_alone(run: "Run", iam: Any, churn: str) -> None:
    """A tag is drift, and not what every night's run has to fail for."""
    iam.tag_role(RoleName="churn", Tags=[{"Key": "Project", "Value": "x"}])
    assert run("drift", churn).code == 1
    assert run("drift", churn, "--fail-on", "WARNING").code == 0


def test_what_a_policy_in_the_account_says_can_t_move_the_cursor(run: "Run", iam: Any, churn: str) -> None:
    """A policy of the account comes from anyone."""
    put(iam, "odd", statement("Allow", "sqs:SendMessage", "arn:aws:sqs:*:*:a\x1b[2Jb"))
    ran = run("drift", churn)
    assert ran.code == 1
    assert "\x1b" not in ran.stdout
    assert r"sqs:us-east-1:111122223333:a\x1b[2Jb" in ran.stdout


BAD_INPUT = {
    "no-role": ((), "no persona is chosen"),
    "missing-file": (("nothing.yaml",), "nothing.yaml: can't be read: No such file"),
    "file-and-persona": (("churn.yaml", "--persona", "data-scientist"), "--persona: goes without role"),
    "fail-on": (("churn.yaml", "--fail-on", "nothing"), "invalid value for '--fail-on'"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line(run: "Run", churn: str, case: str) -> None:
    """Exit code 2."""
    assert churn == "churn.yaml"
    args, says = BAD_INPUT[case]
    ran = run("drift", *args)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith(says)


def test_where_aws_says_no_there_is_one_line(run: "Run", churn: str) -> None:
    """Exit code 3: the wrong account, nobody there."""
    other = run("drift", churn, "--account", "111122223333")
    assert (other.code, other.stdout) == (3, "")
    assert other.errors[0].startswith("--account: the role is for account 111122223333, the credentials (")
    down = run("drift", churn, "--endpoint-url", "http://127.0.0.1:9")
    assert (down.code, down.stdout, down.errors[0][:21]) == (3, "", "AWS can't be reached:")


class _Page(BaseHTTPRequestHandler):
    """A web page where AWS should be."""

    def do_POST(self) -> None:
        """Answer every call with it."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html><p>Log in</html>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def test_a_web_page_instead_of_aws_is_one_line(run: "Run", churn: str) -> None:
    """Such as a proxy's login page."""
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        ran = run("drift", churn, "--endpoint-url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.errors == [
        "the answer to GetCallerIdentity is none of AWS's: it can't be read; "
        "look at --endpoint-url, and at proxies in between"
    ]


# --- the rights of the page


def test_the_policy_of_the_page_is_accepted_by_check() -> None:
    """What we tell others to write passes our own rules, and reads alone."""
    document = read(Document("page", PolicyType.IDENTITY, POLICY, lambda _: None))
    assert list(check([document])) == []
    assert all(re.fullmatch(r"iam:(Get|List)\w+", action) for action in RIGHTS)


@pytest.fixture(scope="module")
def reader(guarded: Guarded) -> Guarded:
    """Return the guarded account with a role in it that has everything, a foreign policy too."""
    bring(guarded.admin, ROLE)
    DRIFT["foreign policy attached"].tamper(guarded.admin)
    return guarded


def test_the_rights_of_the_page_are_enough(reader: Guarded) -> None:
    """The server enforces IAM; the foreign policy is found by what it says."""
    reader.allow(RIGHTS)
    role = read_role(reader.deployer, NAME)
    assert role is not None
    assert [one.kind for one in find_drift(role, ROLE, {}).drifts] == ["access-gained"]


@pytest.mark.parametrize("missing", RIGHTS)
def test_without_one_right_it_fails(reader: Guarded, missing: str) -> None:
    """By name; half of a role is never compared."""
    reader.allow(set(RIGHTS) - {missing})
    with pytest.raises(AwsError, match=f"access denied to {missing}: "):
        read_role(reader.deployer, NAME)


REFUSING = ("broken.yaml", "elsewhere.yaml", "missing.yaml")


def refusing(churn: str) -> tuple[str, ...]:
    """Write role files that can't be compared, each for its own reason; return them beside *churn*, which can."""
    Path("broken.yaml").write_text("bucket: [acme]\npersona: nobody\n")
    Path("elsewhere.yaml").write_text("persona: sagemaker-compute\naccount: '111122223333'\nbucket: [acme]\n")
    return ("drift", churn, *REFUSING)


def test_sarif_tells_roles_that_were_not_judged(run: "Run", churn: str) -> None:
    """An empty list of results must not pass for "no drift": the run is no success, and says why at the line."""
    ran = run(*refusing(churn), "--format", "sarif")
    assert ran.code == 3
    log = json.loads(ran.stdout)
    Draft202012Validator(SARIF).validate(log)
    (invocation,) = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    told = invocation["toolExecutionNotifications"]
    assert {one["level"] for one in told} == {"error"}
    assert all(one["message"]["text"].startswith("not judged: ") for one in told)
    places = [
        (place["artifactLocation"]["uri"], place["region"]["startLine"])
        for one in told
        if (place := one["locations"][0].get("physicalLocation"))
    ]
    assert sorted(places) == [("broken.yaml", 2), ("elsewhere.yaml", 2)]
    assert [one["locations"][0].get("logicalLocations") for one in told if "missing" in str(one)] == [
        [{"fullyQualifiedName": "missing.yaml"}]
    ]


def test_annotations_tell_roles_that_were_not_judged(run: "Run", churn: str) -> None:
    """Each is an error beside the line of its file; one that AWS refuses stands at the file."""
    ran = run(*refusing(churn), "--format", "github")
    assert ran.code == 3
    lines = ran.stdout.splitlines()
    assert any(line.startswith("::error file=broken.yaml,line=2,title=not judged::unknown persona") for line in lines)
    assert any(
        line.startswith("::error file=elsewhere.yaml,line=2,title=not judged::the role is for") for line in lines
    )
    assert any(line.startswith("::error title=not judged::missing.yaml: can't be read") for line in lines)


def test_a_role_that_aws_refuses_is_told_at_its_file(run: "Run", churn: str, endpoint: str) -> None:
    """By its ARN, in both forms, where others are compared."""
    other = role_file("other", FILE)
    with proxied(endpoint, denying=b"RoleName=other") as proxy:
        words = ("drift", churn, other, "--endpoint-url", proxy.address, "--format")
        noted, told = run(*words, "github"), run(*words, "sarif")
    assert noted.code == told.code == 3
    arn = f"arn:aws:iam::{ACCOUNT}:role/other"
    (line,) = noted.stdout.splitlines()
    assert line.startswith(f"::error file=other.yaml,line=1,title=not judged::{arn}: ")
    (note,) = json.loads(told.stdout)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith(f"not judged: {arn}: ")
    assert note["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "other.yaml", "uriBaseId": "%SRCROOT%"}}}
    ]


def test_sarif_of_roles_that_were_all_judged_has_no_such_note(run: "Run", churn: str) -> None:
    """Then an empty list of results is "no drift"."""
    assert "invocations" not in json.loads(run("drift", churn, "--format", "sarif").stdout)["runs"][0]


def test_a_description_and_a_tag_without_text_are_told_as_what_they_are(run: "Run", iam: Any, churn: str) -> None:
    """A role that nobody described has no description; a tag may have an empty value; nothing is "in force"."""
    iam.update_role(RoleName="churn", MaxSessionDuration=3600)
    iam.tag_role(RoleName="churn", Tags=[{"Key": "Note", "Value": ""}])
    text = run("drift", churn).stdout
    assert "-> none" in next(line for line in text.splitlines() if "~ value  description" in line)
    assert '~ value  tag Note none -> ""' in text
    assert "in force" not in text
