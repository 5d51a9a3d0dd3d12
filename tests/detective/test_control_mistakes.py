"""What is wrong with a control of a user's catalog is said before AWS refuses it, or finds nothing for ever."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog


CONTROL = """title: T
finds: F
why: W
cannot: [c]
cost: none
events:
  sources: [%s]
  detail_types: [GuardDuty Finding]
  function: aws-findings
sources: [%s]
"""


def test_a_pattern_without_detail_has_none(run: "Run", user_catalog: "UserCatalog") -> None:
    """EventBridge refuses an empty object in a pattern, and with it the stack."""
    user_catalog({"detective_controls/d.yaml": CONTROL % ("aws.guardduty", "https://a, https://b")})
    made = run("detective", "d", "--catalog", "catalog", "--format", "json")
    assert made.code == 0, made.stderr
    assert '"detail": {}' not in made.stdout
    assert '"detail-type"' in made.stdout
    assert "data-events" not in made.stderr  # it was not asked for


@pytest.mark.parametrize(
    ("source", "pages", "says"),
    [
        ("aws.guarddutty", "https://a, https://b", "d.yaml:7: `aws.guarddutty` is not known as a source of events; did you mean aws.guardduty?"),
        ("aws.guardduty", "https://a", "`sources` has 1 of at least 2 values"),
        ("aws.guardduty", "", "`sources` is empty"),
    ],
)  # fmt: skip
def test_a_control_that_finds_nothing_or_shows_nothing_is_refused(
    source: str, pages: str, says: str, run: "Run", user_catalog: "UserCatalog"
) -> None:
    """A source that no event has, and a list that is too short, in these words."""
    user_catalog({"detective_controls/d.yaml": CONTROL % (source, pages)})
    made = run("detective", "d", "--catalog", "catalog")
    assert made.code == 2
    assert says in made.stderr
