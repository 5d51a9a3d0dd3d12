"""The layers through the Python interface: what the commands write, and one line for what is wrong."""

import json
from typing import Any

import pytest
from tests.conftest import Run

from rolemgr import api

BREAK_GLASS = "arn:aws:iam::*:role/platform/break-glass"
READER = "arn:aws:iam::111122223333:role/sagemaker-compute"


def test_scps_are_those_of_the_command(run: Run) -> None:
    """Word by word, with what they leave open."""
    made = api.scp(
        "vpc-required", "approved-regions", guardrails={"instance-types": ["ml.m5.*"]},
        parameters={"regions": "eu-west-1"}, exempt=[BREAK_GLASS], landing_zones=["stacksets"],
    )  # fmt: skip
    ran = run(
        "scp", "vpc-required", "approved-regions", "--guardrail", "instance-types=ml.m5.*", "--parameter",
        "regions=eu-west-1", "--exempt", BREAK_GLASS, "--landing-zone", "stacksets",
    )  # fmt: skip
    assert [json.loads(one.text) for one in made.policies] == json.loads(ran.stdout)
    assert made.notes
    assert set(made.notes) <= set(ran.notes)


def test_rcps_and_boundary_and_resource_policy_are_those_of_the_commands(run: Run) -> None:
    """The same."""
    [policy] = api.rcp("secure-transport").policies
    assert json.loads(policy.text) == json.loads(run("rcp", "secure-transport").stdout)[0]
    role = {"persona": "data-scientist", "account": "123456789012", "region": "eu-west-1"}
    made = api.boundary(api.compose(role))
    args = ("--persona", "data-scientist", "--account", "123456789012", "--region", "eu-west-1")
    assert [made.document.to_json_value()] == json.loads(run("boundary", *args).stdout)
    found = api.resource_policy("bucket", "arn:aws:s3:::acme", {"readers": [READER]})
    args = ("resource-policy", "bucket", "--resource", "arn:aws:s3:::acme", "--reader-role", READER)
    assert found.document.to_json_value() == json.loads(run(*args).stdout)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: api.scp(), "no pattern and no guardrail"),
        (lambda: api.scp("vpc-require"), "unknown scp `vpc-require`"),
        (lambda: api.scp("approved-regions"), "needs regions"),
        (lambda: api.scp("no-root", exempt=["arn:aws:iam::111122223333:root"]), "is the root user"),
        (lambda: api.scp("iam-lockdown", parameters={"administrators": "x"}), "is not a role's ARN"),
        (lambda: api.rcp("secure-transport", exempt=[BREAK_GLASS]), "in anybody's account"),
        (lambda: api.resource_policy("feature-group", None, {}), "has no policy of its owner's"),
        (lambda: api.resource_policy("bucket", "arn:aws:s3:::acme"), "would let nobody in"),
        (lambda: api.scp("vpc-required", guardrails={"instance-types": "cheap"}), "cheap"),
    ],
)
def test_what_is_wrong_is_an_input_error(made: Any, problem: str) -> None:
    """As on the command line."""
    with pytest.raises((api.InputError, api.Problems), match=problem.replace("'", ".")):
        made()
