"""`rolemgr migrate` of an account, with what CloudTrail recorded of its roles: few personas, a file for each role."""

import json
from pathlib import Path
from typing import Any

from tests.audit.migrate.support import ACCOUNT
from tests.audit.migrate.trail_support import called, training
from tests.cli.test_migrate_trail import FULL, TRUST
from tests.conftest import Run


def account(*names: str) -> str:
    """Write an account whose roles *names* have full access, and return its file."""
    roles: list[dict[str, Any]] = [
        {"RoleName": name, "Path": "/", "RoleId": f"AROA{name.upper()}", "Arn": arn(name),
         "CreateDate": "2025-01-01T00:00:00Z", "AssumeRolePolicyDocument": TRUST, "InstanceProfileList": [],
         "RolePolicyList": [], "Tags": [],
         "AttachedManagedPolicies": [{"PolicyName": FULL.rpartition("/")[2], "PolicyArn": FULL}]}
        for name in names
    ]  # fmt: skip
    data = {"RoleDetailList": roles, "UserDetailList": [], "GroupDetailList": [], "Policies": []}
    Path("account.json").write_text(json.dumps(data), "utf-8")
    return "account.json"


def arn(name: str) -> str:
    """Return the ARN of the role *name*."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def trail(*events: Any) -> str:
    """Write a trail of *events*, and return its file."""
    Path("trail.json").write_text(json.dumps({"Records": events}), "utf-8")
    return "trail.json"


def test_each_role_by_what_it_used_and_what_is_not_recorded_is_said(run: Run) -> None:
    """Two alike onto one persona, in the same bytes each time; a role that nobody used is not guessed at."""
    file = account("one", "two", "idle")
    calls = [called("CreateTrainingJob", training(f"{name}-1", roleArn=arn(name)), role=arn(name))
             for name in ("one", "two")]  # fmt: skip
    words = ("migrate", file, "--used", trail(*calls), "--persona", "data-scientist", "-o", "roles/")
    ran = run(*words)
    assert ran.code == 1
    assert ran.stdout.startswith("2 roles of SageMaker onto 1 persona (no fewer would do)")
    assert "nothing is recorded of idle" in ran.stdout
    made = {path.name: path.read_text("utf-8") for path in Path("roles").iterdir()}
    assert made.keys() == {"one-scoped.yaml", "two-scoped.yaml"}
    assert "    - one-1" in made["one-scoped.yaml"]
    assert made["two-scoped.yaml"] == made["one-scoped.yaml"].replace("one", "two")
    assert run("create", "--role", "roles/one-scoped.yaml").code == 0
    assert run(*words) == ran
    assert {path.name: path.read_text("utf-8") for path in Path("roles").iterdir()} == made


def test_a_deny_that_a_role_loses_counts_in_an_account_too(run: Run) -> None:
    """It is in the role's line and its data; what was used stays allowed all the same."""
    data = json.loads(Path(account("one")).read_text("utf-8"))
    deny = {"Effect": "Deny", "Action": "sagemaker:*TrainingJob*", "Resource": "*",
            "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}}  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [deny]}
    data["RoleDetailList"][0]["RolePolicyList"] = [{"PolicyName": "until", "PolicyDocument": document}]
    Path("account.json").write_text(json.dumps(data), "utf-8")
    used = trail(called("CreateTrainingJob", training("a", roleArn=arn("one")), role=arn("one")))
    ran = run("migrate", "account.json", "--used", used, "--persona", "data-scientist")
    assert (ran.code, "; all 2 stay; 1 LOST LIMIT\n" in ran.stdout) == (1, True), ran.stdout
    found = json.loads(
        run("migrate", "account.json", "--used", used, "--persona", "data-scientist", "--format", "json").stdout
    )
    assert [one["result"] for one in found["roles"][0]["denies"]] == ["lost"]


def test_an_account_takes_a_folder_and_one_role_a_file(run: Run) -> None:
    """And neither tests nor a draft, which are about one role."""
    file, used = account("one"), trail(called("CreateTrainingJob", training("a", roleArn=arn("one")), role=arn("one")))
    for words, problem in (
        ((file, "--used", used, "-o", "x.yaml"), "--output: takes the file of one role"),
        (("one", file, "--used", used, "-o", "x/"), "--output: is a folder, and one role has one file"),
        ((file, "--used", used, "-o", "x/", "--draft", "own"), "--draft: is about one role"),
        ((file, "--used", used, "--principal", "one"), "--principal: is about one role"),
    ):
        ran = run("migrate", *words, "--persona", "data-scientist")
        assert (ran.code, ran.stdout) == (2, "")
        assert problem in ran.stderr
    assert not Path("x").exists()
