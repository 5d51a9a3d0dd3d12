"""`rolemgr check` as users of ruff and pre-commit know it: select, ignore, exit-zero, quiet, files without a policy."""

import json
from typing import TYPE_CHECKING

from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Pass", "Effect": "Allow", "Action": ["iam:PassRole", "sagemaker:CreateTrainingJob"], "Resource": "*"},
        {"Sid": "Gone", "Effect": "Allow", "Action": "sagemaker:CreateTrainJob", "Resource": "*"},
    ],
}


def rules(run: "Run", *args: str) -> set[str]:
    """Return the rules that a check with *args* reports."""
    return {one["rule"] for one in json.loads(run("check", *args, "--format", "json").stdout)["findings"]}


def test_every_finding_begins_with_its_place_and_shows_its_source(run: "Run") -> None:
    """`path:line:column: rule name SEVERITY message`, then the line, a caret, the fix."""
    path = write("p.json", POLICY)
    lines = run("check", path, "--select", "RM202,RM607").stdout.splitlines()
    assert lines[0].startswith("p.json:11:19: RM607 pass-any-role SECURITY_WARNING iam:PassRole on `*`")
    assert lines[1:3] == ['  11 |       "Resource": "*"', "     |                   ^"]
    assert lines[3].startswith("    fix: name the role in Resource")
    assert lines[4].startswith("p.json:16:17: RM202 unknown-action ERROR ")


def test_select_and_ignore_take_ids_names_and_beginnings(run: "Run") -> None:
    """The more exact of two decides; what is left out is counted and named."""
    path = write("p.json", POLICY)
    every = rules(run, path)
    assert {"RM202", "RM607", "RM608", "RM704"} <= every
    assert rules(run, path, "--select", "RM6") == {one for one in every if one.startswith("RM6")}
    assert rules(run, path, "--select", "RM6", "--ignore", "pass-any-role") == {"RM608"}
    assert rules(run, path, "--ignore", "RM6,RM2") == {one for one in every if one[:3] not in ("RM6", "RM2")}
    assert rules(run, path, "--select", "RM607", "--ignore", "RM6") == {"RM607"}
    assert rules(run, path, "--select", "all") == every
    ran = run("check", path, "--ignore", "RM202")
    assert ran.notes == ["1 finding left out by --select or --ignore: RM202"]


def test_what_is_left_out_does_not_fail_and_a_file_that_cannot_be_read_does(run: "Run") -> None:
    """A selection says what is looked for; nothing was looked for in a file that can't be read."""
    path, broken = write("p.json", POLICY), write("broken.json", json.dumps(POLICY)[:-1])
    assert run("check", path, "--select", "RM501").code == 0
    assert rules(run, path, broken, "--select", "RM501") == {"RM100"}
    assert run("check", path, broken, "--select", "RM501").code == 1


def test_exit_zero_reports_and_does_not_fail(run: "Run") -> None:
    """Findings are no failure then; bad input still is."""
    path = write("p.json", POLICY)
    ran = run("check", path, "--exit-zero")
    assert (ran.code, "RM607" in ran.stdout) == (0, True)
    assert run("check", "nowhere.json", "--exit-zero").code == 2


def test_quiet_leaves_notes_out_and_errors_in(run: "Run") -> None:
    """On every command: stdout is the same, stderr has errors alone."""
    path = write("p.json", POLICY)
    loud, quiet = (run("check", path, "--ignore", "RM202", *flag) for flag in ((), ("-q",)))
    assert (quiet.stdout, quiet.stderr, quiet.code) == (loud.stdout, "", loud.code)
    assert run("check", "nowhere.json", "--quiet").errors
    assert run("create", "--persona", "data-scientist", "-q").stderr == ""


def test_named_files_without_a_policy_are_passed_over_beside_others(run: "Run") -> None:
    """pre-commit names whatever changed; none of them with a policy is an error."""
    path, other = write("p.json", POLICY), write("package.json", {"name": "x"})
    ran = run("check", path, other, "--exit-zero")
    assert (ran.code, ran.notes) == (0, ["package.json holds no policy and is passed over"])
    assert run("check", other, "--exit-zero").code == 2
