"""What an option replaces of the file of a role that is there."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.account.test_commands import aws, role_file
from tests.account.test_drift_command import FILE

if TYPE_CHECKING:
    from tests.conftest import Run

__all__ = ["aws"]


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_what_takes_the_place_of_the_files_is_told(command: str, aws: Any, run: "Run") -> None:
    """An option renders the role for another Region, so that all of it differs: IAM itself has no Region."""
    path = role_file("churn", f"{FILE}region: eu-west-1\n")
    there = f"--region us-east-1 takes the place of {path}:5: region eu-west-1"
    assert any(there in note for note in run(command, path, "--region", "us-east-1").notes)
    for same in ((), ("--region", "eu-west-1")):
        assert not any("takes the place" in note for note in run(command, path, *same).notes)


def test_a_region_that_aws_does_not_have_is_told_once(aws: Any, run: "Run") -> None:
    """At the option, with the one that may be meant, beside what check says of each ARN."""
    path = role_file("churn", FILE)
    told = [
        note
        for note in run("plan", path, "--region", "eu-wset-1").notes
        if "eu-wset-1" in note and note.removeprefix("note: ").startswith("--region")
    ]
    assert len(told) == 1
    assert "eu-west-1" in told[0]
