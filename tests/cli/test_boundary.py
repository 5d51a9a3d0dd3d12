"""`rolemgr boundary`, and `--with-boundary` on the commands that take a role."""

import json
from pathlib import Path

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.conftest import Run

PLACE = ("--account", "123456789012", "--region", "eu-west-1")
COMPUTE = ("--persona", "sagemaker-compute", *PLACE)
BOUNDARY = "arn:aws:iam::123456789012:policy/sagemaker-compute-boundary"


def test_json_is_a_list_of_one_document(run: Run) -> None:
    """As `scp` and `rcp` print theirs; notes go to stderr."""
    ran = run("boundary", *COMPUTE)
    [document] = json.loads(ran.stdout)
    assert document["Version"] == "2012-10-17"
    assert (ran.code, ran.errors) == (0, [])
    assert any("of 6,144 characters" in text for text in ran.notes)


def test_what_has_no_room_is_named_with_who_holds_it(run: Run) -> None:
    """A guardrail with the SCP that would hold it too."""
    ran = run("boundary", "--persona", "data-scientist", "--guardrail-profile", "cost", *PLACE)
    left = [text for text in ran.notes if text.startswith("no room for")]
    assert any("rolemgr scp --guardrail" in text for text in left)
    assert any("own policies" in text or "inline policy" in text or "own Allows" in text for text in left)


@pytest.mark.parametrize("form", ["json", "cloudformation", "terraform", "aws-cli"])
def test_each_form_has_the_same_document(run: Run, form: str, tmp_path: Path) -> None:
    """Into a folder under its name, too."""
    [document] = json.loads(run("boundary", *COMPUTE).stdout)
    ran = run("boundary", *COMPUTE, "--format", form)
    assert ran.code == 0
    if form == "terraform":
        policy = json.loads(ran.stdout)["resource"]["aws_iam_policy"]["this"]["policy"]
        assert json.loads(policy.replace("$${", "${")) == document
    if form == "cloudformation":
        assert [str(one) for one in lint(ran.stdout, config=ManualArgs(regions=["eu-west-1"]))] == []
    written = run("boundary", *COMPUTE, "--format", form, "-o", f"{tmp_path}/out/")
    assert written.code == 0
    [path] = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert path.read_text() == ran.stdout


def test_several_share_one(run: Run) -> None:
    """What one of them must never have and another has is said."""
    ran = run("boundary", *COMPUTE, "--boundary-for", "sagemaker-feature-store", "--boundary-name", "ml-work")
    assert ran.code == 0
    assert any("sagemaker-compute must never have s3:PutObjectAcl" in text for text in ran.notes)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--boundary-for", "sagemaker-pipelin"], "did you mean"),
        (["--boundary-for", "sagemaker-pipeline", "--name", "x"], "without --name"),
        (["--boundary-name", "a b"], "is not a policy name"),
        (["--managed-policy", "arn:aws:iam::aws:policy/ReadOnlyAccess"], "would cut it"),
    ],
)
def test_bad_input(run: Run, args: list[str], problem: str) -> None:
    """Exit 2 and one clear line."""
    ran = run("boundary", *COMPUTE, *args)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in "".join(ran.errors)


@pytest.mark.parametrize(
    "args", [["--boundary", BOUNDARY], ["--managed-policy", "arn:aws:iam::aws:policy/ReadOnlyAccess"]]
)
def test_with_boundary_goes_without_another(run: Run, args: list[str]) -> None:
    """A role has one boundary, and one that is made here would cut what else is attached."""
    ran = run("create", *COMPUTE, "--with-boundary", *args)
    assert (ran.code, ran.stdout) == (2, "")


def test_a_role_file_takes_it(run: Run, tmp_path: Path) -> None:
    """By the same word."""
    (tmp_path / "role.yaml").write_text("persona: sagemaker-compute\naccount: 123456789012\nwith_boundary: true\n")
    ran = run("create", "--role", str(tmp_path / "role.yaml"))
    assert json.loads(ran.stdout)["PermissionsBoundary"] == BOUNDARY


def test_the_boundary_has_a_say_in_simulate(run: Run) -> None:
    """It is asked, and nothing is said to be unknown."""
    args = (*COMPUTE, "--with-boundary", "--action", "s3:GetObject")
    bucket = "arn:aws:s3:::sagemaker-eu-west-1-123456789012/x"
    ran = run("simulate", *args, "--resource", bucket)
    assert ran.code == 0
    assert not any("not judged" in text for text in ran.notes)
    assert "boundary" in run("simulate", *args, "--resource", bucket, "--format", "json").stdout.lower()


def test_check_reads_the_boundary_of_a_role(run: Run, tmp_path: Path) -> None:
    """In what `create` writes: judged as a boundary, and not told as unknown."""
    file = tmp_path / "role.json"
    file.write_text(run("create", *COMPUTE, "--with-boundary").stdout)
    ran = run("check", str(file), "--format", "json")
    found = json.loads(ran.stdout)
    assert found["not_judged"] == []
    assert found["checked"] >= 3
    data = json.loads(file.read_text())
    data["PermissionsBoundaryPolicy"]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}
    )
    file.write_text(json.dumps(data))
    assert "s3:GetObjekt" in run("check", str(file)).stdout
    without = {name: value for name, value in data.items() if name != "PermissionsBoundaryPolicy"}
    file.write_text(json.dumps(without))
    assert json.loads(run("check", str(file), "--format", "json").stdout)["not_judged"] != []


def test_diff_sees_another_text_of_the_boundary(run: Run, tmp_path: Path) -> None:
    """Its ARN is the same, and it says something else."""
    old, new = tmp_path / "a.json", tmp_path / "b.json"
    old.write_text(run("create", *COMPUTE, "--with-boundary").stdout)
    data = json.loads(old.read_text())
    del data["PermissionsBoundaryPolicy"]["PolicyDocument"]["Statement"][1:]
    new.write_text(json.dumps(data))
    assert run("diff", str(old), str(old)).code == 0
    ran = run("diff", str(old), str(new))
    assert ran.code == 1
    assert "PermissionsBoundaryPolicy" in ran.stdout
