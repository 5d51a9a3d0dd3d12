"""What `rolemgr diff` says of a policy that only one of two folders has: what comes and goes with a Deny."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

_DENY = {"Sid": "Guard", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
_ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
_TLS = {**_DENY, "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
_READER = {**_ALLOW, "Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}
_TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def write(path: str, *statements: object) -> None:
    """Write a policy, and the folder around it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


@pytest.mark.parametrize(
    ("kind", "statement", "called", "gone", "new"),
    [("scp", _DENY, "SCP", 1, 0), ("rcp", _TLS, "RCP", 1, 0), ("identity", _DENY, "policy", 1, 0),
     ("resource", _TLS, "resource policy", 1, 0), ("boundary", _ALLOW, "boundary", 1, 1),
     ("endpoint", _READER, "endpoint policy", 1, 1), ("identity", _ALLOW, "policy", 0, 1),
     ("resource", _READER, "resource policy", 0, 1)],
)  # fmt: skip
def test_a_policy_that_goes_or_comes(
    kind: str, statement: object, called: str, gone: int, new: int, run: "Run"
) -> None:
    """A Deny gives where it goes; what only denies gives nothing where it comes; without a boundary nothing limits."""
    for folder in ("more", "less"):
        write(f"{folder}/same.json", statement)
    write("more/guard.json", statement)
    options = ("--type", kind, "--fail-on", "gained")
    ran = run("diff", "more", "less", *options)
    assert (ran.code, f"guard.json: the {called} is gone, which had\n" in ran.stdout) == (gone, True)
    assert ("+ gains  what it d" in ran.stdout) is bool(gone)
    assert run("diff", "more", "less", *options, "--format", "github").stdout.startswith(
        "::error" if gone else "::warning"
    )
    ran = run("diff", "less", "more", *options)
    assert (ran.code, f"guard.json: a new {called}, which has\n" in ran.stdout) == (new, True)
    assert sum(note.startswith("no --scp") or "no --scp" in note for note in ran.notes) == (kind == "scp")


def test_what_an_scp_denied_is_told_without_what_stands_beside_it(run: "Run") -> None:
    """FullAWSAccess, which AWS attaches, does not go with it."""
    write("old/guard.json", _DENY)
    write("old/same.json", _DENY)
    write("new/same.json", _DENY)
    data = json.loads(run("diff", "old", "new", "--type", "scp", "--format", "json").stdout)
    assert data["removed"] == [
        {"file": "guard.json", "kind": "SCP", "may": {"denies": ["s3:DeleteBucket on *"]}, "may_give": True}
    ]
    page = run("diff", "old", "new", "--type", "scp", "--format", "markdown").stdout
    assert "SCP that is gone" in page
    assert "| gains | what it denied, wherever another policy allows it |" in page


def test_a_role_takes_its_denies_along(run: "Run") -> None:
    """With its principal gone nobody has what it denied."""
    trust, policy = ({"Version": "2012-10-17", "Statement": [one]} for one in (_TRUST, _DENY))
    policies = [{"PolicyName": "p", "PolicyDocument": policy}]
    made = {"RoleName": "r", "AssumeRolePolicyDocument": trust, "Policies": policies}
    for path in ("old/a.json", "old/b.json", "new/a.json"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(json.dumps(made))
    ran = run("diff", "old", "new", "--fail-on", "gained")
    assert (ran.code, "b.json: the role is gone" in ran.stdout) == (0, True)


def test_a_folder_called_as_a_revision_is_not_taken_for_it(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull request that adds it would be compared with itself."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git = (shutil.which("git") or "git", "-c", "user.name=x", "-c", "user.email=x@example.com")
    write("p/a.json", _ALLOW)
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *words], check=True, capture_output=True)
    write("p/a.json", {**_ALLOW, "Action": "s3:*"})
    write("main:p/a.json", {**_ALLOW, "Action": "s3:*"})
    ran = run("diff", "main:p", "p")
    assert (ran.code, "main:p: is both a file and a path of a revision" in ran.errors[0]) == (2, True)
    assert run("diff", "./main:p", "p").code == 0
