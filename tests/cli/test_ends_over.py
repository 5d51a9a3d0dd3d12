"""Ends that are over when they are given: a wrong year makes a role that denies everything from the first second."""

from pathlib import Path

import pytest
from tests.conftest import Run

BASE = (
    'persona: ml-engineer\nname: churn\naccount: "111122223333"\nregion: eu-west-1\nguardrail: {max-runtime: [24h]}\n'
)
GITHUB = "github:acme@1/ml@2?environment=elevated"


@pytest.mark.parametrize(("year", "count"), [("2025", 1), ("2099", 0)])
def test_an_end_in_the_past_is_said(year: str, count: int, run: Run, clean_environment: None) -> None:
    """By every command that makes a role; the bytes are those of any other moment."""
    end = f"{year}-01-01T00:00Z"
    Path("base.yaml").write_text(BASE, "utf-8")
    Path("ends.yaml").write_text(f"{BASE}expires: {end}\n", "utf-8")
    raised = ("elevated", "--role", "base.yaml", "--raise", "max-runtime=72h", "--trust", GITHUB, "--expires", end)
    role = ("--persona", "data-scientist", "--bucket", "acme-x", "--expires", end)
    for command in (raised, ("create", *role), ("create", "ends.yaml")):
        ran = run(*command)
        assert ran.code == 0, ran.stderr
        said = [note for note in ran.notes if f"{year}-01-01T00:00:00Z is over" in note]
        assert len(said) == count, (command, ran.notes)


def test_an_exemption_that_is_over_is_said(run: Run) -> None:
    """It exempts nobody any more."""
    exempt = "arn:aws:iam::*:role/platform/x"
    asked = ("scp", "no-sharing", "--exempt-until")
    assert any(f"is over, so {exempt} is bound" in note for note in run(*asked, f"{exempt}=2025-01-01T00:00Z").notes)
    assert not any("is over" in note for note in run(*asked, f"{exempt}=2099-01-01T00:00Z").notes)
