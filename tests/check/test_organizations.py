"""Rules of organizations' policies at their edges, and over our own policies."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.check.support import findings, rules

from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

GOLDEN = sorted((Path(__file__).parents[1] / "golden/layers").glob("*.json"))
EXAMPLES = Path(__file__).parents[2] / "examples"
BUILDS = sorted(f"{path.name}/build" for path in EXAMPLES.glob("blueprint-*"))
OURS = {f"RM{number}" for number in range(510, 519)}


def deny(condition: dict[str, Any], actions: Any = "sagemaker:*", **more: Any) -> dict[str, Any]:
    """Return a policy of one Deny."""
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_our_own_policies_have_no_finding(path: Path) -> None:
    """What we render is judged like anything else."""
    kind = path.name.partition("-")[0]
    assert [one for document in read_yaml(path).data for one in findings(document, kind)] == []


def test_the_policies_of_one_run_are_judged_together(run: "Run", tmp_path: Path) -> None:
    """The Denies that guard the exempt roles stand in the first; in one file, or in files that are numbered."""
    patterns = ("approved-regions", "vpc-required", "kms-required", "no-sharing", "iam-only-with-boundary")
    values = ("--parameter", "regions=eu-west-1", "--parameter", "boundaries=arn:aws:iam::111122223333:policy/B")
    made = run(
        "scp", *patterns, *values, "--exempt", "arn:aws:iam::*:role/on-call/*", "--landing-zone", "control-tower"
    )
    (tmp_path / "scps.json").write_text(made.stdout)
    whole = json.loads(made.stdout)
    assert len(whole) > 1
    for number, document in enumerate(whole, 1):
        (tmp_path / f"scp-{number}.json").write_text(json.dumps(document))
    for names in (("scps.json",), [f"scp-{number}.json" for number in range(1, len(whole) + 1)]):
        ran = run("check", "--type", "scp", "--format", "json", *(str(tmp_path / name) for name in names))
        assert json.loads(ran.stdout)["findings"] == []
    alone = run("check", "--type", "scp", "--format", "json", str(tmp_path / "scp-2.json"))
    assert {one["rule"] for one in json.loads(alone.stdout)["findings"]} == {"RM512"}


@pytest.mark.parametrize("folder", ["layers", "detective", *BUILDS])
def test_our_layers_have_nothing_to_warn_of(run: "Run", folder: str) -> None:
    """Boundaries, policies of resources, controls, and all that a blueprint builds."""
    ran = run("check", str(EXAMPLES / folder), "--format", "json")
    found = json.loads(ran.stdout)
    assert found["checked"]
    assert [one for one in found["findings"] if one["severity"] != "SUGGESTION"] == []


def test_there_are_policies_of_our_own() -> None:
    """Collecting nothing must not look like passing."""
    assert len(GOLDEN) >= 20


@pytest.mark.parametrize(
    ("policy", "kind", "rule", "found"),
    [
        (deny({"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}), "scp", "RM510", True),
        (deny({"StringEquals": {"aws:PrincipalTag/team": "ml"}}), "scp", "RM510", False),
        (deny({"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}), "identity", "RM510", False),
        (deny({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/x/*"}}), "identity", "RM511", True),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), "scp", "RM511", False),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), "scp", "RM512", False),
        (deny({"StringNotLike": {"aws:PrincipalArn": "*"}}), "scp", "RM512", True),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x-*"}}, "iam:CreateRole"), "scp", "RM512", False),
        (deny({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x-*"}}, "iam:Get*"), "scp", "RM512", True),
        (deny({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:RequestedRegion": "us-gov-west-1"}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1", "aws:SourceVpc": "vpc-1"}}, "*"), "scp", "RM513", False),
        (deny({"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}, "ecr:BatchGetImage"), "scp", "RM514", False),
        (deny({"StringNotEquals": {"aws:PrincipalTag/a": "b"}}, "ecr:*"), "scp", "RM514", True),
        (deny({"StringEquals": {"sagemaker:DirectInternetAccess": "Enabled"}}, "sagemaker:CreateNotebookInstance"), "scp", "RM518", False),
        (deny({"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}, "sagemaker:CreateTrainingJob"), "scp", "RM518", True),
        (deny({"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}), "scp", "RM518", False),
    ],
)  # fmt: skip
def test_an_edge(policy: dict[str, Any], kind: str, rule: str, found: bool) -> None:
    """Found where it is wrong, and nowhere else."""
    assert (rule in rules(policy, kind)) is found
