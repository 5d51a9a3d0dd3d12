"""`rolemgr who-can` and `can`: pages, JSON, exit codes, and wrong usage in one line."""

import json
from pathlib import Path

import pytest
from tests.audit.accounts import ACCOUNT, PARTNER, allow, details, role, role_arn, trust_aws, trust_service
from tests.audit.layers import bucket
from tests.audit.test_layers import to
from tests.conftest import Run

TRAIN = "sagemaker:CreateTrainingJob"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Return a folder with an account and a bucket that another account reads."""
    text = details([
        role("trainer", allow(TRAIN, f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/churn-*")),
        role("tagged", allow(TRAIN, "*", StringEquals={"aws:RequestTag/Project": "churn"})),
        role("partner", allow("iam:ListUsers"), trust=trust_aws(f"arn:aws:iam::{PARTNER}:root",
             StringEquals={"sts:ExternalId": "s3cr3t"})),
        role("of-aws", allow("*")) | {"Arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/of-aws"},
        role("closed", allow("iam:ListUsers"), trust=trust_service()),
    ])  # fmt: skip
    shared = bucket("acme", to({"AWS": PARTNER}, "s3:GetObject", on="arn:aws:s3:::acme/*"))
    for name, content in {"account.json": text, **shared}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return str(tmp_path)


def test_the_page_says_who_and_why(run: Run, folder: str) -> None:
    """Who can, with the statement and its line; who can on a condition; what is not asked about."""
    ran = run("who-can", TRAIN, folder)
    assert ran.code == 0
    assert [line for line in ran.stdout.splitlines() if len(line) > 80 and folder not in line] == []
    shown = " ".join(ran.stdout.split())
    assert "1 can trainer of 111122223333 on arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-*" in shown
    assert "on any training-job, if StringEquals aws:RequestTag/Project churn" in shown
    assert f"account.json:{_line(folder, 'trainer')}" in ran.stdout.replace("\n", "")
    assert "1 service-linked role of AWS's own not asked about" in shown
    assert "SCPs and RCPs are not in this input" in shown


def _line(folder: str, name: str) -> int:
    lines = (Path(folder) / "account.json").read_text("utf-8").splitlines()
    inside = next(place for place, line in enumerate(lines) if f'"RoleName": "{name}"' in line)
    return max(place for place in range(inside) if lines[place].strip() == "{") + 1


def test_the_json_has_what_the_page_has(run: Run, folder: str) -> None:
    """And the requests, which `simulate` answers once more; the value of an external id is left out."""
    data = json.loads(run("who-can", "s3:GetObject", "arn:aws:s3:::acme/1", folder, "--format", "json").stdout)
    (answer,) = data["answers"]
    assert (answer["action"], answer["can"], len(answer["outside"])) == ("s3:GetObject", [], 1)
    assert answer["outside"][0]["who"] == PARTNER
    assert answer["outside"][0]["by"][0]["layer"] == "resource policy"
    assert data["not_in_the_input"].startswith("SCPs and RCPs")
    for form in ("text", "json"):
        ran = run("who-can", "sts:AssumeRole", role_arn("partner"), folder, "--format", form)
        assert PARTNER in ran.stdout
        assert "s3cr3t" not in ran.stdout


def test_a_pattern_asks_for_each_action(run: Run, folder: str) -> None:
    """Those that the resource fits alone."""
    data = json.loads(run("who-can", "s3:GetObject*", "arn:aws:s3:::acme/1", folder, "--format", "json").stdout)
    asked = [one["action"] for one in data["answers"]]
    assert "s3:GetObjectAcl" in asked
    assert all(one.startswith("s3:GetObject") for one in asked)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([TRAIN], 0),
        ([TRAIN, "--fail-on", "anybody"], 1),
        (["sagemaker:DeleteModel", "--fail-on", "anybody"], 0),
        (["s3:GetObject", "--fail-on", "anybody"], 1),
        (["sagemaker:DeleteModel", "--fail-on", "cannot-tell"], 0),
    ],
)
def test_fail_on(run: Run, folder: str, arguments: list[str], code: int) -> None:
    """Somebody outside counts as anybody."""
    action, *more = arguments
    assert run("who-can", action, folder, *more).code == code


def test_what_cannot_be_told_may_fail(run: Run, folder: str) -> None:
    """A policy that is not in the input, and a file that breaks off."""
    path = Path(folder) / "other.json"
    path.write_text(details([role("odd", attached=[f"arn:aws:iam::{ACCOUNT}:policy/gone"])]), encoding="utf-8")
    assert run("who-can", "sagemaker:DeleteModel", folder, "--fail-on", "cannot-tell").code == 1
    path.write_text('{"RoleDetailList": [', encoding="utf-8")
    ran = run("who-can", "sagemaker:DeleteModel", folder)
    assert ran.code == 2
    assert "other.json" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["who-can", "s3:GetObjekt", "FOLDER"], "did you mean s3:GetObject"),
        (["who-can", "s3:Fly*", "FOLDER"], "no action is like"),
        (["who-can", "*", "FOLDER"], "no action is like"),
        (["who-can", "s3:*", "FOLDER"], "40 are asked at most"),
        (["who-can", "s3:GetObject", "arn:aws:s3:::acme", "FOLDER"], "is not a resource of s3:GetObject"),
        (["who-can", "s3:GetObject", "arn:aws:s3:::acme/1"], "no file is given"),
        (["who-can", "s3:GetObject", "gone.json"], "can't be read"),
        (["can", "nobody", "FOLDER"], "unknown role or user `nobody`"),
        (["can", "trainr", "FOLDER"], "did you mean trainer"),
        (["can", "of-aws", "FOLDER"], "is service-linked"),
        (["can", "trainer", "FOLDER", "--service", "sagmaker"], "did you mean sagemaker"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, folder: str, arguments: list[str], word: str) -> None:
    """With the nearest right thing, and nothing on stdout."""
    ran = run(*(folder if one == "FOLDER" else one for one in arguments))
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert word in ran.errors[0]


def test_can_is_a_page_and_json(run: Run, folder: str) -> None:
    """What people compare by, the actions by level, the statements, conditions."""
    shown = " ".join(run("can", "tagged", folder).stdout.split())
    assert "1 action of 1 service allowed on something" in shown
    assert "CAN run training jobs" in shown
    assert "if StringEquals aws:RequestTag/Project churn" in shown
    data = json.loads(run("can", "tagged", folder, "--format", "json").stdout)
    assert data["services"] == {"sagemaker": {"Write": 1}}
    assert data["allowed"][0]["actions"] == [TRAIN]
    assert data["allowed"][0]["conditions"] == [
        {"operator": "StringEquals", "key": "aws:RequestTag/Project", "values": ["churn"]}
    ]
    assert json.loads(run("can", "tagged", folder, "--service", "s3", "--format", "json").stdout)["actions"] == 0


def test_one_name_in_two_accounts_is_asked_by_its_arn(run: Run, folder: str) -> None:
    """Which of them is meant, nobody can tell."""
    other = details([role("trainer", allow(TRAIN), account=PARTNER)])
    (Path(folder) / "other.json").write_text(other, encoding="utf-8")
    ran = run("can", "trainer", folder)
    assert ran.code == 2
    assert "is in several accounts" in ran.stderr
    assert run("can", role_arn("trainer", PARTNER), folder).code == 0


@pytest.mark.parametrize("words", [["who-can", TRAIN], ["audit"]])
def test_a_role_that_create_wrote_is_no_inventory(run: Run, tmp_path: Path, words: list[str]) -> None:
    """It is said what is one."""
    run("create", "--persona", "data-scientist", "-o", str(tmp_path / "ds.json"))
    ran = run(*words, str(tmp_path / "ds.json"))
    assert ran.code == 2
    assert ran.errors[0].endswith("give what `aws iam get-account-authorization-details` prints")


def test_what_a_policy_that_nobody_can_read_may_allow_is_not_denied(run: Run, tmp_path: Path) -> None:
    """What the rest does not allow is unknown then, and no "cannot"."""
    made = role("half", allow("s3:GetObject", "arn:aws:s3:::acme/*"))
    made["RolePolicyList"].append({"PolicyName": "cut", "PolicyDocument": "%7B%22Version%22%3A"})
    (tmp_path / "account.json").write_text(details([made]), encoding="utf-8")
    shown = run("can", "half", str(tmp_path)).stdout
    assert "UNKNOWN   open their own Studio profile" in shown
    assert "CANNOT" not in shown
    data = json.loads(run("can", "half", str(tmp_path), "--format", "json").stdout)
    assert set(data["capabilities"].values()) == {None}


def test_who_changes_policies_is_not_nobody(run: Run, tmp_path: Path) -> None:
    """On the page, in JSON, and for the gate; `can` says so at the top."""
    (tmp_path / "a.json").write_text(
        details([role("me", allow("iam:PutRolePolicy", role_arn("me")))]), encoding="utf-8"
    )
    file = str(tmp_path / "a.json")
    ran = run("who-can", "ec2:RunInstances", file, "--fail-on", "anybody")
    assert ran.code == 1
    assert "nobody" not in ran.stdout
    assert "1  by changing policies\n  me: writes its own policy (iam:PutRolePolicy)" in ran.stdout
    (answer,) = json.loads(run("who-can", "ec2:RunInstances", file, "--format", "json").stdout)["answers"]
    assert [one["principal"] for one in answer["by_changing_policies"]] == [role_arn("me")]
    assert "can give itself every right: writes its own policy" in "".join(
        run("can", "me", file).stdout.splitlines()[:3]
    )
    assert json.loads(run("can", "me", file, "--format", "json").stdout)["gives_itself"]["what"] == "every right"
