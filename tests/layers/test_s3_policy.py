"""Organizations' S3 policy: in AWS's grammar, and in the forms that tools take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.session import get_session
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.conftest import Run

from rolemgr.reference.organizations import declarative

CONTENT = {"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}}
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html"""


def test_it_is_a_type_of_organizations() -> None:
    """By botocore's model, with its sources."""
    known = declarative("s3-policy")
    types = get_session().get_service_model("organizations").shape_for("PolicyType")
    assert known.type in types.enum
    assert len(known.sources) >= 2


def test_the_text_is_of_aws_grammar(run: Run) -> None:
    """And the notes say what it leaves open."""
    ran = run("s3-policy")
    assert json.loads(ran.stdout) == CONTENT
    assert any("all four settings" in text for text in ran.notes)


def test_cloudformation_takes_it(run: Run) -> None:
    """No error and no warning of cfn-lint."""
    text = run("s3-policy", "--format", "cloudformation").stdout
    assert [str(one) for one in lint(text, config=ManualArgs(regions=["us-east-1"]))] == []
    assert "Type: S3_POLICY" in text
    assert json.dumps(CONTENT, separators=(",", ":")) in text


def test_the_script_is_right_for_shellcheck(run: Run, tmp_path: Path) -> None:
    """With the type in each of its calls."""
    ran = run("s3-policy", "--format", "aws-cli", "-o", f"{tmp_path}/")
    assert ran.code == 0, ran.stderr
    path = tmp_path / "rolemgr-s3-policy.sh"
    program = Path(sys.executable).with_name("shellcheck")
    assert subprocess.run([program, str(path)], capture_output=True, text=True, check=False).stdout == ""
    text = path.read_text()
    assert text.count("S3_POLICY") == 3
    assert "SERVICE_CONTROL_POLICY" not in text


@pytest.mark.parametrize("name", ["a b", "x" * 129, ""])
def test_a_wrong_name_is_one_line(run: Run, name: str) -> None:
    """Exit 2; an empty name is none."""
    ran = run("s3-policy", "--name", name)
    assert ran.code == (2 if name else 0)
