"""`rolemgr tighten`: the page, the smaller policies, the tests of what was used, and wrong usage in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.events.support import ACCOUNT, NOBODY, event, log_file
from tests.events.support import ROLE as ROLE_ARN

ROLE = {
    "RoleName": "ds",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
    "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Sid": "Sm", "Effect": "Allow", "Action": "sagemaker:*Model", "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": "sagemaker:DeleteModel", "Resource": "*"},
    ]}}],
}  # fmt: skip
EVENTS = [event("DescribeModel", {"modelName": "m"}, eventTime=f"2026-{month:02}-01T08:00:00Z") for month in (5, 9)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the working folder with a role and a trail."""
    (tmp_path / "role.json").write_text(json.dumps(ROLE), "utf-8")
    (tmp_path / "trail.json.gz").write_bytes(log_file(*EVENTS))
    return tmp_path


def test_the_page_has_evidence_and_proof(run: Run, folder: Path) -> None:
    """Who, when, how sure; what is unused; that nothing is gained or lost."""
    ran = run("tighten", "role.json", "trail.json.gz")
    assert ran.code == 0
    assert f"2 calls by arn:aws:iam::{ACCOUNT}:role/team/ds, 2026-05-01" in ran.stdout
    assert "confidence high: the calls span 123 days" in ran.stdout
    assert "proven: the new policies allow nothing that the old ones do not" in ran.stdout
    assert "all that was used stays allowed" in ran.stdout
    assert "sagemaker:CreateModel" in ran.stdout


def test_what_has_no_text_is_said_and_counts(run: Run, folder: Path) -> None:
    """It may allow what is called unused."""
    own = f"arn:aws:iam::{ACCOUNT}:policy/OurOwn"
    (folder / "role.json").write_text(json.dumps({**ROLE, "PermissionsBoundary": own}), "utf-8")
    assert run("tighten", "role.json", "trail.json.gz").code == 0
    (folder / "role.json").write_text(json.dumps({**ROLE, "ManagedPolicyArns": [own]}), "utf-8")
    ran = run("tighten", "role.json", "trail.json.gz", "--format", "json")
    assert (ran.code, json.loads(ran.stdout)["evidence"]["untold"]) == (
        1, [f"{own}: its text is not at hand, and it is not made smaller"]
    )  # fmt: skip


def test_the_files_are_policies_and_their_tests(run: Run, folder: Path) -> None:
    """`rolemgr test` takes the tests, and they pass."""
    assert run("tighten", "role.json", "trail.json.gz", "-o", "small.json", "--tests", "tests.yaml").code == 0
    statements = json.loads((folder / "small.json").read_text("utf-8"))["Statement"]
    allowed = {action for one in statements if one["Effect"] == "Allow" for action in one["Action"]}
    assert "sagemaker:DescribeModel" in allowed
    assert "sagemaker:CreateModel" not in allowed
    assert statements[-1]["Sid"] == "No"
    ran = run("test", "tests.yaml")
    assert (ran.code, "1 passed" in ran.stdout) == (0, True)


def test_the_json_says_what_goes_and_why_the_rest_stays(run: Run, folder: Path) -> None:
    """With the evidence beside."""
    data = json.loads(
        run("tighten", "role.json", "trail.json.gz", "--format", "json", "--keep", "*:CreateModel").stdout
    )
    assert data["evidence"]["source"] == "CloudTrail"
    assert data["proof"] == {"never_wider": True, "differences": 0, "unknown": [], "lost": 0}
    (gone,) = data["unused"]
    assert (gone["sid"], gone["confidence"], "sagemaker:CreateModel" in gone["actions"]) == ("Sm", "high", False)
    assert {"sagemaker:CreateModel", "sagemaker:DeployHubModel"} <= {
        one["action"] for one in data["kept_without_evidence"]
    }


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({**EVENTS[0], "userIdentity": NOBODY}, "of 1 call it can't be told whether the role made them (Unknown)"),
        (event("DoNew"), "1 call is of an operation that nobody here knows"),
        ({"eventName": 1}, "1 part of the trail can't be read"),
    ],
    ids=["caller", "operation", "event"],
)  # fmt: skip
def test_what_the_trail_does_not_tell_counts(run: Run, folder: Path, found: dict[str, Any], reason: str) -> None:
    """More may have been used than the smaller role has: it is no plain yes."""
    (folder / "trail.json.gz").write_bytes(log_file(*EVENTS, found))
    ran = run("tighten", "role.json", "trail.json.gz")
    assert (ran.code, f"note: {reason}" in ran.stdout) == (1, True)


ROLE_FILE = f'persona: data-scientist\nname: ds\npath: /team/\naccount: "{ACCOUNT}"\nregion: eu-west-1\n'
"""A role file of the role whose calls the trail has."""
TRAINING = [
    event("CreateTrainingJob", {"trainingJobName": f"churn-2026-{month:02}-01",
                                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/sagemaker-compute",
                                "resourceConfig": {"instanceType": "ml.m5.large"}},
          eventTime=f"2026-{month:02}-01T08:00:00Z") for month in (5, 9)
]  # fmt: skip


def test_a_role_file_becomes_a_smaller_one(run: Run, folder: Path) -> None:
    """That `create` takes, and whose recorded calls are policy tests that pass."""
    (folder / "role.yaml").write_text(ROLE_FILE, "utf-8")
    (folder / "trail.json.gz").write_bytes(log_file(*TRAINING))
    ran = run("tighten", "role.yaml", "trail.json.gz", "-o", "small.yaml", "--tests", "tests.yaml")
    assert ran.code == 0
    assert "by activity groups: the role is a role file" in ran.stdout
    assert "Go: not used (CloudTrail, 2026-05-01 to 2026-09-01, by action and resource, confidence high)" in ran.stdout
    assert "job_names: * -> churn* (1 request)" in ran.stdout
    assert "instance-types: ml.g4dn.xlarge, ml.m5.2xlarge, ml.m5.large, ml.m5.xlarge, ml.p3.2xlarge ->" in ran.stdout
    assert "- loses  sagemaker:ListHyperParameterTuningJobs" in ran.stdout
    text = (folder / "small.yaml").read_text("utf-8")
    assert text.startswith("persona: data-scientist\nname: ds\n")
    assert "  - tune-hyperparameters\n" in text
    assert run("create", "--role", "small.yaml").code == 0
    tested = run("test", "tests.yaml")
    assert (tested.code, "2 passed" in tested.stdout) == (0, True)


def test_the_json_has_the_role_file_with_its_evidence(run: Run, folder: Path) -> None:
    """Beside each group and value; and the difference by meaning."""
    (folder / "role.yaml").write_text(ROLE_FILE, "utf-8")
    (folder / "trail.json.gz").write_bytes(log_file(*TRAINING))
    data = json.loads(run("tighten", "role.yaml", "trail.json.gz", "--format", "json").stdout)
    assert data["by"] == "groups"
    assert data["role_file"]["parameter"] == {"job_names": ["churn*"]}
    assert data["role_file"]["guardrail"] == {"instance-types": ["ml.m5.large"]}
    assert next(one for one in data["guardrails"] if one["name"] == "instance-types")["calls"] == 2
    gone = next(one for one in data["groups"] if one["group"] == "tune-hyperparameters")
    assert (gone["stays"], gone["source"], gone["granularity"], gone["confidence"]) == (
        False, "CloudTrail", "action and resource", "high",
    )  # fmt: skip
    assert data["proof"] == {"never_wider": True, "differences": 0, "unknown": [], "lost": 0}
    assert {one["change"] for one in data["difference"]["changes"]} == {"loses", "limit"}


def test_a_role_that_may_do_anything_is_cut_down(run: Run, folder: Path) -> None:
    """Without the difference, which would take long; what is not certain to be allowed makes no tests."""
    allow = {
        "Sid": "All",
        "Effect": "Allow",
        "Action": "*",
        "Resource": f"arn:aws:sagemaker:*:*:model/{chr(36)}{{aws:username}}",
    }
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    (folder / "policy.json").write_text(json.dumps(policy), "utf-8")
    ran = run("tighten", "policy.json", "trail.json.gz", "--principal", "ds", "-o", "o.json", "--tests", "t.yaml")
    assert "unused: all actions but those that stay" in ran.stdout
    assert "The difference is not told here" in ran.stdout
    assert "t.yaml is not written" in ran.stderr
    assert not (folder / "t.yaml").exists()
    data = json.loads(run("tighten", "policy.json", "trail.json.gz", "--principal", "ds", "--format", "json").stdout)
    assert data["difference"] is None
    assert data["unused"][0]["others"] is True


def test_a_role_file_can_be_cut_by_statements(run: Run, folder: Path) -> None:
    """Where somebody says so; the result is then JSON, and no role file."""
    (folder / "role.yaml").write_text(ROLE_FILE, "utf-8")
    (folder / "trail.json.gz").write_bytes(log_file(*TRAINING))
    ran = run("tighten", "role.yaml", "trail.json.gz", "--by", "statements", "-o", "small.json")
    assert (ran.code, "by statements: --by statements says so" in ran.stdout) == (0, True)
    assert json.loads((folder / "small.json").read_text("utf-8"))
    wrong = run("tighten", "role.yaml", "trail.json.gz", "--by", "statements", "-o", "small.yaml")
    assert (wrong.code, "name it .json: --by statements says so" in wrong.stderr) == (2, True)
    ran = run("tighten", "role.json", "trail.json.gz")
    assert "by statements: the role is not a role file" in ran.stdout


def test_tests_name_the_role_from_where_they_lie(run: Run, folder: Path) -> None:
    """In another folder than the smaller role."""
    (folder / "tests").mkdir()
    ran = run("tighten", "role.json", "trail.json.gz", "-o", "small.json", "--tests", "tests/small.yaml")
    assert ran.code == 0
    assert "../small.json" in (folder / "tests" / "small.yaml").read_text("utf-8")
    assert run("test", "tests/small.yaml").code == 0


def test_what_can_not_be_read_of_a_trail_is_named(run: Run, folder: Path) -> None:
    """File, line and reason; the confidence is low for it."""
    (folder / "trail").mkdir()
    (folder / "trail" / "a.json.gz").write_bytes(log_file(*EVENTS))
    (folder / "trail" / "b.json").write_text('{"Records": [\n{"eventName": 1}]}', "utf-8")
    ran = run("tighten", "role.json", "trail")
    assert "not read: trail/b.json:" in ran.stdout
    assert "confidence low: the calls span 123 days, and 1 part of the trail can't be read" in ran.stdout


def test_a_role_of_an_account_is_named(run: Run, folder: Path) -> None:
    """Its own policies and those that are attached; what AWS reports of its use stands beside the trail."""
    attached = {"PolicyName": "AmazonSageMakerReadOnly", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"}
    unknown = {"PolicyName": "gone", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/gone"}
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    account = {"RoleDetailList": [{
        "Path": "/team/", "RoleName": "ds", "RoleId": "AROAX", "Arn": ROLE_ARN, "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [reads]}}],
        "AttachedManagedPolicies": [attached, unknown], "Tags": [],
        "RoleLastUsed": {"LastUsedDate": "2026-10-05T00:00:00Z", "Region": "eu-west-1"},
    }]}  # fmt: skip
    (folder / "account").mkdir()
    (folder / "account" / "page.json").write_text(json.dumps(account), "utf-8")
    last = {"JobStatus": "COMPLETED", "JobCreationDate": "2026-11-01T00:00:00Z", "IsTruncated": False,
            "JobCompletionDate": "2026-11-01T00:00:00Z",
            "ServicesLastAccessed": [{"ServiceName": "Amazon S3", "ServiceNamespace": "s3"}]}  # fmt: skip
    (folder / "last.json").write_text(json.dumps(last), "utf-8")
    ran = run("tighten", "ds", "trail.json.gz", "--from", "account", "--evidence", "last.json")
    assert ran.code == 1, "what is attached and not there can't be told"
    assert "note: account/page.json:" in ran.stdout
    assert "RoleLastUsed (account/page.json) is 2026-10-05, after the trail's last call (2026-09-01)" in " ".join(
        ran.stdout.split()
    )
    assert "s3:GetObject: no access to s3 by IAM last accessed (last.json), by service" in " ".join(ran.stdout.split())
    assert "sagemaker:DescribeModel" in json.dumps(
        json.loads(run("tighten", "ds", "trail.json.gz", "--from", "account", "--format", "json").stdout)["policies"]
    )
    wrong = run("tighten", "nobody", "trail.json.gz", "--from", "account")
    assert (wrong.code, "role `nobody`" in wrong.stderr) == (2, True)
    wrong = run("tighten", "ds", "trail.json.gz", "--from", "role.json")
    assert (wrong.code, "is not an account" in wrong.stderr) == (2, True)


def test_a_role_file_names_its_role(run: Run, folder: Path) -> None:
    """By its ARN."""
    (folder / "role.yaml").write_text(ROLE_FILE, "utf-8")
    ran = run("tighten", "role.yaml", "trail.json.gz")
    assert "all that was used stays allowed" in ran.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["role.json", "trail.json.gz", "--principal", "nobody"], "has no call of nobody"),
        (["policy.json", "trail.json.gz"], "does not say whose policies these are"),
        (["role.json", "trail.json.gz", "--keep", "sagemaker:Nothing"], "is not an action"),
        (["role.json", "trail.json.gz", "--tests", "x.yaml"], "goes with -o"),
        (["role.json", "trail.json.gz", "--by", "groups"], "groups are those of a role file, and this is none"),
        (["role.json", "trail.json.gz", "-o", "x.sh"], "is named as a shell script"),
        (["nowhere.json", "trail.json.gz"], "nowhere.json"),
    ],
)
def test_wrong_input_ends_with_one_line(run: Run, folder: Path, words: list[str], message: str) -> None:
    """And 2."""
    policy = ROLE["Policies"][0]["PolicyDocument"]  # type: ignore[index]
    (folder / "policy.json").write_text(json.dumps(policy), "utf-8")
    ran = run("tighten", *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert message in ran.stderr


@pytest.mark.parametrize(
    "words", [["tighten", "role.yaml", "trail.json.gz"], ["replay", "trail.json.gz", "--with", "role.yaml"]]
)
def test_what_a_role_file_leaves_out_belongs_into_it(run: Run, folder: Path, words: list[str]) -> None:
    """These commands have no --account, and their --region is the bucket's: the notes name the file's keys."""
    (folder / "role.yaml").write_text("persona: data-scientist\nname: ds\n", "utf-8")
    ran = run(*words)
    assert "choose yours by `account:` in the role file" in ran.stderr
    assert "choose another by `region:` in the role file" in ran.stderr
    assert "with --" not in ran.stderr
