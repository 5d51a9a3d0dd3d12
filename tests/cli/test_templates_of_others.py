"""CloudFormation templates and Terraform's plans where they hold no policy, and where `diff` meets them."""

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

_VPC = "Resources: {V: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !Ref X}}}\n"
_TEMPLATE = """Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "ACTION", Resource: !Sub "arn:aws:s3:::${AWS::StackName}/*"}]
"""


def plan(action: str | None) -> str:
    """Return Terraform's JSON with a policy that allows *action*, or with none."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    values = {"policy": json.dumps(document)} if action else {"bucket": "acme"}
    kind = "aws_iam_policy" if action else "aws_s3_bucket"
    one = {"address": f"{kind}.b", "mode": "managed", "type": kind, "name": "b", "values": values}
    return json.dumps({"format_version": "1.2", "planned_values": {"root_module": {"resources": [one]}}})


@pytest.mark.parametrize(
    ("name", "text", "is_of"),
    [("vpc.yaml", _VPC, "a CloudFormation template"), ("plan.json", plan(None), "Terraform's JSON")],
)
def test_one_without_a_policy_is_known_for_what_it_is(name: str, text: str, is_of: str, run: "Run") -> None:
    """There is nothing to check, which is not a green run; the message does not take it for an unknown file."""
    Path(name).write_text(text)
    problem = f"is {is_of} with no policy in it, so that there is nothing to check"
    for ran in (run("check", name), run("check", "-", stdin=text)):
        assert (ran.code, problem in ran.errors[0]) == (2, True)


def test_a_saved_plan_is_answered_with_how_it_is_read(run: "Run") -> None:
    """It is an archive, and not YAML that is not valid."""
    with zipfile.ZipFile("tfplan", "w") as archive:
        archive.writestr("tfplan", b"\0\xff")
    ran = run("check", "tfplan")
    assert (ran.code, "give `terraform show -json PLAN`" in ran.errors[0]) == (2, True)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("s.yaml", _TEMPLATE, _TEMPLATE.replace("ACTION", "s3:GetObject")),
     ("plan.json", plan("iam:*"), plan("*"))],
)  # fmt: skip
def test_diff_refuses_them_where_they_differ(name: str, before: str, after: str, run: "Run") -> None:
    """It passed a plan over, exit code 0; what is the same is not read, and without a policy it is passed over."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    for folder, text in (("a", before), ("b", before), ("c", after)):
        Path(folder).mkdir()
        Path(folder, name).write_text(text)
        Path(folder, "vpc.yaml").write_text(_VPC if folder != "c" else _VPC.replace("X", "Y"))
        Path(folder, "p.json").write_text(json.dumps(policy))
    same = run("diff", "a", "b")
    assert (same.code, f"the same on both sides, and not read: {name}" in " ".join(same.notes)) == (0, True)
    other = run("diff", "a", "c")
    assert (other.code, "which diff does not compare" in other.errors[0]) == (2, True)
    assert any("passed over: vpc.yaml" in note for note in other.notes)


def test_two_templates_are_refused_as_such(run: "Run") -> None:
    """`check` reads the tags; that rolemgr did not was not true."""
    Path("s.yaml").write_text(_TEMPLATE)
    assert run("diff", "s.yaml", "s.yaml").errors == [
        "s.yaml: is a CloudFormation template, which diff does not compare; "
        "give the policies in it as documents; `rolemgr check` judges it as it is"
    ]
