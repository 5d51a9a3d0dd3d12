"""`plan` and `drift` as Markdown and as HTML: the same data, the same exit code, nothing of the account obeyed."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.test_commands import aws, role_file
from tests.account.test_drift_command import FILE, churn, put, tamper
from tests.cli.test_pages import data_of
from tests.servers import ACCOUNT

if TYPE_CHECKING:
    from tests.conftest import Run

__all__ = ["aws", "churn"]

ARN = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.mark.parametrize("command", [("plan",), ("plan", "--update"), ("drift",)], ids=" ".join)
def test_the_page_has_the_data_of_the_json_form(run: "Run", iam: Any, churn: str, command: tuple[str, ...]) -> None:
    """For a role that differs, one that is not there, and a file that makes no role."""
    tamper(iam)
    files = (churn, role_file("new", FILE), role_file("wrong", "persona: nobody\n"))
    page, data = run(*command, *files, "--format", "html"), run(*command, *files, "--format", "json")
    assert (page.code, page.errors) == (data.code, data.errors)
    assert data_of(page.stdout) == json.loads(data.stdout)
    assert "wrong.yaml" in page.stdout.partition('id="data"')[0]


def test_drift_as_markdown(run: "Run", iam: Any, churn: str) -> None:
    """The summary, then each role with the worst first; roles without drift are named."""
    tamper(iam)
    run("apply", role_file("second", FILE), "--yes")
    ran = run("drift", churn, "second.yaml", role_file("wrong", "persona: nobody\n"), "--format", "markdown")
    assert f"- ⛔ drift in 1 of 2 roles\n- ⛔ 1 role not judged, which may differ\n\n### ⛔ `{ARN}/churn`" in ran.stdout
    rows = [line.split(" | ") for line in ran.stdout.splitlines() if "| DR" in line]
    assert [row[1].partition("<br>")[0] for row in rows] == ["DR120", "DR110", "DR112", "DR160"]
    assert all("`rolemgr simulate " in row[-1] for row in rows[:3])
    assert "file: churn<br>account: x" in rows[3][2]
    assert "| `churn.yaml:4` |" in " | ".join(rows[3])
    assert ran.stdout.endswith(f"### As their files say\n\n- `{ARN}/second`\n")


def test_what_the_account_says_is_a_text(run: "Run", iam: Any, churn: str) -> None:
    """A policy that somebody put on the role by hand, its name and its resource."""
    put(
        iam, "a|b@octocat", {"Sid": "X", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::<b>|/*"}
    )
    rows = [line for line in run("drift", churn, "--format", "markdown").stdout.splitlines() if "| DR110<" in line]
    assert [row.count("|") for row in rows] == [7]
    page = run("drift", churn, "--format", "html").stdout
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_plan_as_markdown(run: "Run", iam: Any, churn: str) -> None:
    """What would be done, why something is not, and the steps folded below."""
    tamper(iam)
    ran = run("plan", churn, role_file("new", FILE), "--format", "markdown")
    assert ran.code == 1
    assert "- ⛔ 1 to create, 1 refused\n" in ran.stdout
    assert f"### create role `{ARN}/new`\n" in ran.stdout
    assert f"### ⛔ not done: role `{ARN}/churn`\n" in ran.stdout
    assert "changed, below\n" in ran.stdout
    assert "| `+` gains | `s3:GetObject` on " in ran.stdout
    assert "<summary><b>What new may do</b> (" in ran.stdout
    assert "<summary><b>Steps for new</b> (" in ran.stdout


def test_plan_of_a_change_as_markdown(run: "Run", churn: str) -> None:
    """A file that says something else than the account."""
    role_file("churn", FILE.replace("acme", "acme-extra"))
    text = run("plan", churn, "--update", "--format", "markdown").stdout
    assert f"- 1 to change\n\n### ⚠️ change role `{ARN}/churn`\n" in text
    assert "by bucket acme-extra (`churn.yaml:2`)" in text
    assert "steps, below\n" in text
    assert "| 1 | " in text


def test_plan_of_what_is_there_already(run: "Run", churn: str) -> None:
    """Nothing to do is said."""
    ran = run("plan", churn, "--format", "markdown")
    assert (ran.code, ran.errors) == (0, [])
    assert "- 1 already there\n" in ran.stdout
