"""`rolemgr replay`: pages, JSON, exit codes, kinds of files, trails in S3, and wrong usage in one line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.conftest import Run
from tests.events.support import ACCOUNT, ROLE, event, log_file
from tests.servers import SECRET, served

SCP = {"Version": "2012-10-17", "Statement": [
    {"Sid": "NoDelete", "Effect": "Deny", "Action": "sagemaker:DeleteModel", "Resource": "*"},
]}  # fmt: skip
RCP = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
]}  # fmt: skip
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Models", "Effect": "Allow", "Action": "sagemaker:*Model", "Resource": "*"},
]}  # fmt: skip
ROLE_FILE = f'persona: data-scientist\nname: ds\npath: /team/\naccount: "{ACCOUNT}"\nregion: eu-west-1\n'
EVENTS = [
    event("DeleteModel", {"modelName": "churn"}),
    event("DescribeModel", {"modelName": "churn"}),
    event("GetObject", {"bucketName": "b", "key": "k"}, "s3", managementEvent=False),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the working folder with a trail and policies of each kind."""
    trail = tmp_path / "trail" / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1"
    trail.mkdir(parents=True)
    (trail / "one.json.gz").write_bytes(log_file(*EVENTS[:1]))
    (trail / "two.json.gz").write_bytes(log_file(*EVENTS[1:]))
    digests = trail.parents[1] / "CloudTrail-Digest"
    digests.mkdir()
    (digests / "digest.json.gz").write_bytes(b"no events")
    for name, data in {"scp.json": SCP, "rcp.json": RCP, "policy.json": POLICY}.items():
        (tmp_path / name).write_text(json.dumps(data), "utf-8")
    (tmp_path / "role.yaml").write_text(ROLE_FILE, "utf-8")
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    role: dict[str, Any] = {"RoleName": "r", "Policies": [{"PolicyName": "p", "PolicyDocument": every}]}
    (tmp_path / "all.json").write_text(json.dumps(role), "utf-8")
    role["ManagedPolicyArns"] = [f"arn:aws:iam::{ACCOUNT}:policy/OurOwn"]
    (tmp_path / "beside.json").write_text(json.dumps(role), "utf-8")
    return tmp_path


def test_the_page_says_what_breaks(run: Run, folder: Path) -> None:
    """The summary first, then each row with the statement that denies; the exit code is 1."""
    ran = run("replay", "trail", "--with", "scp.json")
    assert ran.code == 1
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("3 calls of 3 events replayed")
    assert lines[1].split() == ["1", "would", "be", "denied"]
    assert "by service control policy `NoDelete` (scp.json)" in ran.stdout
    assert "one.json.gz:1" in ran.stdout
    assert "read as a service control policy" in ran.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--with", "scp.json"], 1),
        (["--with", "scp.json", "--fail-on", "never"], 0),
        (["--with", "scp.json", "--fail-on", "not-known"], 0),
        (["--with", "rcp.json"], 0),
        (["--with", "rcp.json", "--fail-on", "not-known"], 1),
        (["--with", "rcp.json", "--fail-on", "not-known", "--context", "aws:PrincipalOrgID=o-1"], 0),
        (["--with", "policy.json"], 1),
        (["--with", "policy.json", "--with", "scp.json"], 1),
        (["--with", "boundary=policy.json"], 1),
        (["--with", "scp=policy.json"], 1),
        (["--with", "policy.json", "--principal", "nobody"], 2),
        (["--with", "policy.json", "--principal", "nobody", "--fail-on", "never"], 2),
        (["--with", "role.yaml"], 1),
        (["--with", "all.json"], 0),
        (["--with", "beside.json"], 0),
        (["--with", "beside.json", "--fail-on", "not-known"], 1),
    ],
)
def test_the_exit_code_is_what_was_asked(run: Run, folder: Path, options: list[str], code: int) -> None:
    """What would be denied, unless somebody asks for more or for nothing."""
    assert run("replay", "trail", *options).code == code


def test_the_json_has_counts_and_rows(run: Run, folder: Path) -> None:
    """Each with where its calls stand."""
    data = json.loads(run("replay", "trail", "--with", "scp.json", "--with", "rcp.json", "--format", "json").stdout)
    summary = data["summary"]
    assert (summary["denied"], summary["not_known"], summary["unchanged"], summary["data_events"]) == (1, 1, 1, 1)
    (row,) = data["denied"]
    assert (row["principal"], row["action"], row["requests"]) == (ROLE, "sagemaker:DeleteModel", 1)
    assert row["by"] == [{"layer": "service control policy", "source": "scp.json", "statement": 0, "sid": "NoDelete"}]
    assert row["examples"][0]["path"].endswith("one.json.gz")
    assert data["not_known"][0]["keys"] == ["aws:PrincipalOrgID"]


def test_a_role_file_is_asked_about_its_own_role(run: Run, folder: Path) -> None:
    """By its ARN, or about whom --principal names."""
    other = event("DescribeModel", {"modelName": "m"}, userIdentity={"type": "Root", "accountId": ACCOUNT,
                                                                     "arn": f"arn:aws:iam::{ACCOUNT}:root"})  # fmt: skip
    (folder / "one.json").write_text(json.dumps({"Records": [EVENTS[0], other]}), "utf-8")
    data = json.loads(run("replay", "one.json", "--with", "role.yaml", "--format", "json").stdout)
    assert data["summary"]["judged"] == 1
    assert data["not_judged"] == [{"reason": "the policies are of other principals", "events": 1}]


def test_what_leads_out_of_a_trail_is_said(run: Run, folder: Path) -> None:
    """A device has no end, and a link to a folder is not gone through: neither is passed over without a word."""
    (folder / "trail" / "zero.json").symlink_to("/dev/zero")
    (folder / "trail" / "up").symlink_to("..")
    ran = run("replay", "trail", "--with", "scp.json")
    assert "zero.json: can't be read: it is a device" in ran.stdout
    assert "up: can't be read: Is a directory" in ran.stdout


def test_stdin_and_patterns_are_trails(run: Run, folder: Path) -> None:
    """As files are elsewhere."""
    ran = run("replay", "-", "--with", "scp.json", stdin=log_file(*EVENTS))
    assert (ran.code, ran.stdout.splitlines()[0][:7]) == (1, "3 calls")
    assert run("replay", "trail/**/*.gz", "--with", "scp.json").code == 1


BLUEPRINT = """\
accounts:
  ml: {id: "111122223333", region: eu-west-1}
roles:
  ml/ds: {persona: data-scientist, name: ds, path: /team/}
"""


def test_a_blueprint_is_replayed_with_its_roles(run: Run, folder: Path) -> None:
    """Each caller under the role of its ARN."""
    (folder / "blueprint.yaml").write_text(BLUEPRINT, "utf-8")
    (folder / "one.json").write_text(json.dumps({"Records": EVENTS[:2]}), "utf-8")
    ran = run("replay", "one.json", "--with", "blueprint.yaml", "--format", "json")
    data = json.loads(ran.stdout)
    assert data["summary"]["judged"] == 2
    assert {row["action"] for row in data["denied"]} == {"sagemaker:DeleteModel", "sagemaker:DescribeModel"}
    assert all("blueprint.yaml, ds" in one["source"] for row in data["denied"] for one in row["by"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.json", "--with", "scp.json"], "nowhere.json"),
        (["empty", "--with", "scp.json"], "empty: has no file of a trail"),
        (["scp.json", "--with", "scp.json"], "no event of CloudTrail"),
        (["trail", "--with", "trail"], "trail"),
        (["trail", "--with", "tests.yaml"], "has no policies to replay with"),
        (["trail", "--with", "scp.json", "--context", "x"], "KEY=VALUE"),
        (["trail", "--with", "policy.json", "--fail-on", "x"], "--fail-on"),
        (["*.gz", "--with", "policy.json"], "matches no file"),
        (["s3://", "--with", "policy.json"], "s3://: names no bucket"),
    ],
)
def test_wrong_input_ends_with_one_line(run: Run, folder: Path, words: list[str], message: str) -> None:
    """And 2, or 3 where AWS is asked without credentials."""
    (folder / "empty").mkdir()
    (folder / "tests.yaml").write_text("cases: []\n", "utf-8")
    ran = run("replay", *words)
    assert ran.code in (2, 3)
    assert ran.stdout == ""
    assert message in ran.stderr


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Return the address of a server whose bucket has a trail."""
    with served() as address:
        s3: Any = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **SECRET)
        s3.create_bucket(Bucket="trail")
        prefix = f"AWSLogs/{ACCOUNT}/CloudTrail"
        s3.put_object(Bucket="trail", Key=f"{prefix}/eu-west-1/one.json.gz", Body=log_file(*EVENTS))
        s3.put_object(Bucket="trail", Key=f"{prefix}-Digest/one.json.gz", Body=b"x")
        yield address


def test_a_trail_in_s3_is_read(run: Run, folder: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """File by file; an address without one is an error, and a bucket that is not there AWS's own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    ran = run("replay", "s3://trail/AWSLogs/", "--with", "scp.json", "--endpoint-url", bucket)
    assert ran.code == 1
    assert "3 calls of 3 events" in ran.stdout
    assert f"s3://trail/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/one.json.gz:1" in ran.stdout
    for address, code in (("s3://trail/none/", 2), ("s3://other/", 3)):
        assert run("replay", address, "--with", "scp.json", "--endpoint-url", bucket).code == code


def test_a_folder_and_a_pattern_of_policies(run: Run, folder: Path) -> None:
    """What holds no role and no policy is passed over, and said; a folder without any is an error."""
    inner = folder / "given"
    inner.mkdir()
    (inner / "policy.json").write_text(json.dumps(POLICY), "utf-8")
    (inner / "scp.json").write_text(json.dumps(SCP), "utf-8")
    (inner / "settings.yaml").write_text("a: b\n", "utf-8")
    ran = run("replay", "trail", "--with", "given")
    assert ran.code == 1
    assert any("passed over given/settings.yaml" in one for one in ran.notes)
    assert run("replay", "trail", "--with", "given/*.json").stdout == ran.stdout
    (folder / "none").mkdir()
    assert run("replay", "trail", "--with", "none").code == 2


def test_a_name_that_nobody_has_is_no_pass(run: Run, folder: Path) -> None:
    """A typing error in --principal replays nothing, which is not "nothing breaks"; a role that made no call is said."""
    ran = run("replay", "trail", "--with", "scp.json", "--principal", "typo")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--principal: typo made no call; 3 events were read" in ran.stderr
    (folder / "other.yaml").write_text(ROLE_FILE.replace("name: ds", "name: other"), "utf-8")
    ran = run("replay", "trail", "--with", "other.yaml")
    assert (ran.code, ran.stdout) == (2, "")
    assert f"nothing was replayed: no call in the trail is of arn:aws:iam::{ACCOUNT}:role/team/other" in ran.stderr
    assert f"the trail has calls of {ROLE}" in ran.stderr
    (folder / "elsewhere.yaml").write_text(ROLE_FILE.replace(ACCOUNT, "444455556666"), "utf-8")
    assert run("replay", "trail", "--with", "elsewhere.yaml").code == 2
    assert run("replay", "trail", "--with", "elsewhere.yaml", "--with", "role.yaml").code != 2
    assert run("replay", "trail", "--with", "scp.json", "--principal", "d*").code == 1
