"""`plan` and `drift` tell values of conditions, and policies that are attached, as `diff` does, against a server."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.small import bring, prepare
from tests.account.tampering import ROLE
from tests.account.test_commands import aws, role_file
from tests.account.test_limits_there import lines
from tests.support import composed

from rolemgr.account.changes import FileSide, Toward, drift_changes
from rolemgr.account.drift import Drift, RoleDrift, find_drift
from rolemgr.account.read import read_role
from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.errors import SourceLocation
from rolemgr.report.changes import change_line

if TYPE_CHECKING:
    from tests.conftest import Run

__all__ = ["aws"]

FILE = "persona: mlops-engineer\nbucket: [acme]\ntrust: ['github:acme/churn?environment={}']\n"
UNKNOWN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TOLD = "trust  environment of repo:acme/churn {0} -> {1}: `{0}` no longer gets in, `{1}` does"


def applied(run: "Run", environment: str) -> str:
    """Return the file of a role that is in the account and lets in jobs of *environment*."""
    path = role_file("r", FILE.format(environment))
    assert run("apply", path, "--yes").code == 0
    return path


def test_another_environment_is_one_difference(run: "Run") -> None:
    """Not a gain and a loss: told once by a plan, and with either severity by drift."""
    applied(run, "production")
    path = role_file("r", FILE.format("staging"))
    plan = run("plan", path, "--update").stdout
    assert [one for one in lines(plan) if "trust" in one] == [
        f"~ {TOLD.format('production', 'staging')}  by trust ({path}:3)"
    ]
    assert lines(plan, "+") == lines(plan, "-") == []
    drift = run("drift", path).stdout
    found = [one for one in lines(drift) if "trust" in one]
    assert all(one.startswith(f"~ {TOLD.format('staging', 'production')}") for one in found)
    assert ["DR120" in one or "DR122" in one for one in found] == [True, True]
    rows = json.loads(run("plan", path, "--update", "--format", "json").stdout)["roles"][0]["changes"]
    (row,) = [one for one in rows if one["change"] == "condition"]
    assert (row["part"], row["old"], row["new"], row["effect"]) == ("trust", ["production"], ["staging"], "other")


@pytest.mark.parametrize(("toward", "kinds"), [("account", ["gains", "loses"]), ("file", ["loses", "gains"])])
def test_a_policy_of_unknown_text_is_a_gain(toward: Toward, kinds: list[str]) -> None:
    """All that it allows, whatever that is: where the account has one more, and where the file attaches one."""
    drifts = (
        Drift("policy-unknown", "is not in the file", ("managed_policy",), None, UNKNOWN),
        Drift("policy-detached", "is missing", ("managed_policy",), UNKNOWN, None, text_known=False),
    )
    file = FileSide(
        composed(Catalog(), persona="sagemaker-compute"), (), lambda _: SourceLocation("r.yaml", 5), Budget(9)
    )
    told = [change for _, changes in drift_changes(RoleDrift("r", drifts), file, toward) for change in changes]
    assert [one.kind for one in told] == kinds
    for one in told:
        assert "  all that the policy allows: text not at hand  by managed_policy" in change_line(one)


def test_a_policy_whose_text_nobody_has_is_found_so(iam: Any) -> None:
    """The file attaches it, the role lacks it, and AWS's text is not among the data."""
    prepare(iam)
    bring(iam, ROLE)
    role = read_role(iam, ROLE.name)
    assert role is not None
    found = find_drift(role, replace(ROLE, attached=(*ROLE.attached, UNKNOWN)), {})
    (missing,) = [one for one in found.drifts if one.kind == "policy-detached"]
    assert (missing.wanted, missing.text_known) == (UNKNOWN, False)
