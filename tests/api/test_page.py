"""The page on the Python interface is true: its programs run in order, and print what it says."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs/use-from-python.md").read_text("utf-8")
BLOCKS = re.findall(r"```python ?(\w*)\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)


def run_plain_blocks() -> dict[str, Any]:
    """Run the blocks that need nothing else, hold each to the output below it, and return their names."""
    names: dict[str, Any] = {}
    for needs, program, output in BLOCKS:
        if needs:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "docs/use-from-python.md", "exec"), names)  # noqa: S102 - our own page
        wanted = ".*".join(map(re.escape, output.split("...")))
        assert re.fullmatch(wanted, printed.getvalue(), re.DOTALL), printed.getvalue()
    return names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, where the page writes its role files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_program_prints_what_the_page_says(folder: Path) -> None:
    """A reader who types the programs sees the output, `...` standing for anything."""
    assert len(BLOCKS) >= 10
    assert run_plain_blocks()["documents"].name == "sagemaker-data-scientist"


def test_the_arguments_for_cdk_carry_the_role(folder: Path) -> None:
    """The documents are those that `render` gives, word by word; no Node is needed for that."""
    names = run_plain_blocks()
    arguments, properties = names["cdk_arguments"](names["properties"]), names["properties"]
    assert arguments["assume_role_policy_document"] == properties["AssumeRolePolicyDocument"]
    assert [one["policy_document"] for one in arguments["policies"]] == [
        one["PolicyDocument"] for one in properties["Policies"]
    ]


def test_cdk_synthesizes_the_same_role(folder: Path) -> None:
    """Where aws-cdk-lib and Node are there: the resources in the template have the properties that we render."""
    pytest.importorskip("aws_cdk", reason="aws-cdk-lib is not installed")
    names = run_plain_blocks()
    (program,) = [program for needs, program, _ in BLOCKS if needs == "cdk"]
    exec(compile(program, "docs/use-from-python.md", "exec"), names)  # noqa: S102 - our own page
    made = {kind: [] for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")}  # type: dict[str, list[Any]]
    for one in names["template"]["Resources"].values():
        made[one["Type"]].append(one["Properties"])
    assert made == {"AWS::IAM::Role": [names["properties"]], "AWS::IAM::ManagedPolicy": names["managed"]}


def test_boto3_takes_the_documents(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few lines of boto3 make the role, in an account that moto plays."""
    moto = pytest.importorskip("moto")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    names = run_plain_blocks()
    (program,) = [program for needs, program, _ in BLOCKS if needs == "boto3"]
    with moto.mock_aws():
        exec(compile(program, "docs/use-from-python.md", "exec"), names)  # noqa: S102 - our own page
        role = names["iam"].get_role(RoleName="sagemaker-data-scientist")["Role"]
        attached = names["iam"].list_attached_role_policies(RoleName="sagemaker-data-scientist")["AttachedPolicies"]
    assert role["AssumeRolePolicyDocument"] == names["documents"].trust_policy.to_json_value()
    assert [one["PolicyName"] for one in attached] == [one.name for one in names["documents"].managed_policies]
