"""`scp --merge` and `rcp --merge`: our Denies in policies that are attached already, of which nothing changes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

OTHERS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "VpcSubnetsMissing", "Effect": "Deny", "Action": ["ec2:RunInstances"], "Resource": ["*"]},
        {"Effect": "Deny", "NotAction": ["s3:*"], "Resource": ["*"],
         "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-3"}}},
    ],
}  # fmt: skip
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OLD = {"Version": "2008-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]}


def write(name: str, data: object) -> str:
    """Write *data* as JSON to the file *name*, which is returned."""
    Path(name).write_text(json.dumps(data), "utf-8")
    return name


def meanings(policies: list[dict[str, Any]]) -> list[str]:
    """Return the statements of *policies* without their Sids, sorted."""
    every = (one for policy in policies for one in policy["Statement"])
    return sorted(json.dumps({k: v for k, v in one.items() if k != "Sid"}, sort_keys=True) for one in every)


def made(run: "Run", *words: str) -> list[dict[str, Any]]:
    """Return the policies that a command writes."""
    ran = run(*words)
    assert (ran.code, ran.errors) == (0, [])
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def test_nothing_that_is_there_changes_and_nothing_of_ours_is_lost(run: "Run") -> None:
    """Theirs come first as they were, ours behind them under free Sids; AWS's own policy is left alone."""
    there = write("there.json", [OTHERS, FULL, OLD])
    alone = made(run, "scp", "vpc-required")
    both = made(run, "scp", "vpc-required", "--merge", there)
    assert [len(one["Statement"]) for one in both[1:]] == [1, 1]
    assert both[1]["Statement"][0]["Effect"] == "Allow"
    assert both[0]["Statement"][:2] == OTHERS["Statement"]
    assert meanings(both[:1]) == sorted([*meanings([OTHERS]), *meanings(alone)])
    sids = [one["Sid"] for one in both[0]["Statement"] if "Sid" in one]
    assert len(sids) == len(set(sids))
    assert "VpcSubnetsMissing2" in sids
    notes = run("scp", "vpc-required", "--merge", there).notes
    assert any("there-1: 2 statements stay as they are; added: " in note for note in notes)
    assert any("VpcSubnetsMissing says something else: take it out where it is an older" in note for note in notes)


def test_what_is_there_already_is_not_added_again(run: "Run") -> None:
    """A second merge of the same changes nothing, and says so."""
    once = made(run, "scp", "vpc-required", "--merge", write("there.json", OTHERS))
    again = run("scp", "vpc-required", "--merge", write("once.json", once))
    assert json.loads(again.stdout) == once
    assert "StudioVpcOnly is there already" in again.notes
    assert any("nothing is added" in note for note in again.notes)


@pytest.mark.nightly
def test_what_finds_no_room_makes_policies_of_its_own(run: "Run") -> None:
    """Within the quota of each, and within the slots that are free; else it is refused."""
    long = [{"Effect": "Deny", "Action": [f"ec2:A{number:04}" for number in range(840)], "Resource": ["*"]}]
    there = write("full.json", {"Version": "2012-10-17", "Statement": long})
    both = made(run, "scp", "vpc-required", "--merge", there, "--free-slots", "1")
    assert (len(both), len(both[0]["Statement"])) == (2, 1)
    types = ",".join(f"ml.m5.{number}xlarge" for number in range(1000, 1430))
    args = ("--guardrail", f"instance-types={types}", "--merge", there)
    parted = made(run, "scp", "vpc-required", *args, "--free-slots", "4")
    assert all(len(json.dumps(one, separators=(",", ":"))) <= 10_240 for one in parted)
    ran = run("scp", "vpc-required", *args, "--free-slots", "1")
    assert ran.code == 2
    assert "--free-slots" in ran.stderr


def test_rcps_are_merged_too(run: "Run") -> None:
    """With their principal; RCPFullAWSAccess stays alone."""
    own = {"Sid": "RCPFullAWSAccess", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    theirs = {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy"], "Resource": ["*"]}
    files = [{"Version": "2012-10-17", "Statement": [one]} for one in (own, theirs)]
    both = made(run, "rcp", "secure-transport", "--merge", write("rcps.json", files))
    ours = made(run, "rcp", "secure-transport")[0]["Statement"]
    assert [len(one["Statement"]) for one in both] == [1, 1 + len(ours)]
    assert both[1]["Statement"][0] == theirs


def test_the_merged_policies_are_proven(run: "Run") -> None:
    """They hold what was asked for, though they hold more."""
    ran = run("scp", "no-root", "--merge", write("there.json", OTHERS), "--prove")
    assert ran.code == 0
    assert "limits: whoever is not exempt is denied all" in ran.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--merge", "there.json", "--format", "terraform"), "--merge: goes with --format json"),
        (("--merge", "there.json", "--prove", "--attached", "there.json"), "--merge: goes without --attached"),
        (("--merge", "nothing.json"), "nothing.json: can't be read"),
    ],
)
def test_wrong_use_is_one_line(words: tuple[str, ...], said: str, run: "Run") -> None:
    """Exit code 2, with what goes."""
    write("there.json", OTHERS)
    ran = run("scp", "no-root", *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_policy_for_resources_is_no_scp(run: "Run") -> None:
    """What has a principal is refused with its line."""
    theirs = {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy"], "Resource": ["*"]}
    ran = run("scp", "no-root", "--merge", write("rcp.json", {"Version": "2012-10-17", "Statement": [theirs]}))
    assert ran.code == 2
    assert "rcp.json" in ran.stderr
