"""Shares of AWS RAM: to the named and inside the organization, in every form that AWS and its tools take."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from jsonschema import Draft202012Validator
from tests.conftest import Run
from tests.export.test_terraform import PLUGINS, needs_terraform
from tests.export.test_terraform import _terraform as terraform

from rolemgr.catalog.load import Catalog
from rolemgr.errors import SourceLocation
from rolemgr.export import share
from rolemgr.files.write import to_json, to_template
from rolemgr.files.yaml import read_yaml
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.share import compose_shares
from rolemgr.layers.values import GivenValue
from rolemgr.model.share import ComposedShares
from rolemgr.reference.services import find_action
from rolemgr.workflow.schemas import schema_of

GROUP = "arn:aws:sagemaker:eu-west-1:444455556666:feature-group/churn"
READER, WRITER = (f"arn:aws:iam::111122223333:role/{name}" for name in ("reader", "writer"))
PATTERN = Catalog().share_pattern("feature-group")
ARGS = ("resource-policy", "feature-group", "--resource", GROUP)


def made(**parameters: list[str]) -> ComposedShares:
    """Return the shares of a feature group with *parameters*."""
    given = {name: GivenValue(tuple(texts), SourceLocation("test")) for name, texts in parameters.items()}
    return compose_shares("feature-group", PATTERN, resource_values("feature-group", PATTERN, GROUP, given))


def everything() -> ComposedShares:
    """Return all shares that there can be."""
    outsider = "arn:aws:iam::999999999999:role/partner"
    return made(
        readers=[READER], writers=[WRITER], administrators=[outsider], reader_accounts=["777788889999"],
        finders=["111122223333"], outside=["999999999999"],
    )  # fmt: skip


def test_each_share_is_for_its_own_and_stays_inside() -> None:
    """Readers read, writers write, and only the share that an account outside was named for may go outside."""
    found = {one.name: one for one in everything().shares}
    assert {name: one.principals for name, one in found.items()} == {
        "feature-group-churn-readers": ("777788889999", READER),
        "feature-group-churn-writers": (WRITER,),
        "feature-group-churn-administrators": ("arn:aws:iam::999999999999:role/partner",),
        "feature-group-catalog": ("111122223333",),
    }
    assert [name for name, one in found.items() if one.is_open] == ["feature-group-churn-administrators"]
    assert all(one.permission.startswith("arn:aws:ram::aws:permission/AWSRAMPermissionSage") for one in found.values())
    assert found["feature-group-catalog"].resources == (
        "arn:aws:sagemaker:eu-west-1:444455556666:sagemaker-catalog/DefaultFeatureGroupCatalog",
    )
    assert any("may go outside the organization" in text for text in everything().notes)
    assert not any("may go outside" in text for text in made(readers=[READER]).notes)


def test_the_request_is_one_of_rams() -> None:
    """Each key is a member of CreateResourceShare, by botocore; the actions that a permission gives are there."""
    members = get_session().get_service_model("ram").operation_model("CreateResourceShare").input_shape.members
    for one in share.requests(everything()):
        assert one.keys() <= members.keys()
        assert members["allowExternalPrincipals"].type_name == "boolean"
    for part in PATTERN.value.shares:
        assert all(find_action(action) for action in part.gives)


def test_cloudformation_takes_it() -> None:
    """No error and no warning of cfn-lint."""
    text = to_template(share.template(everything()))
    assert [str(one) for one in lint(text, config=ManualArgs(regions=["eu-west-1"]))] == []


def test_the_script_is_right_and_makes_nothing_twice(tmp_path: Path) -> None:
    """For shellcheck; a share that is there is left, and where AWS refuses to tell, none is made."""
    path = tmp_path / "share.sh"
    path.write_text(share.script(everything()))
    program = Path(sys.executable).with_name("shellcheck")
    assert subprocess.run([program, str(path)], capture_output=True, text=True, check=False).stdout == ""
    fake = tmp_path / "aws"
    for answer, code, calls in (("None", 0, 4), ("arn:aws:ram:::resource-share/1", 0, 0), ("", 254, 0)):
        log = tmp_path / "calls"
        log.write_text("")
        fake.write_text(
            f'#!/bin/bash\nif [[ $2 == get-resource-shares ]]; then echo "{answer}"; exit {code}; fi\necho "$@" >> {log}\n'
        )
        fake.chmod(0o755)
        environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["/bin/bash", str(path)], env=environ, capture_output=True, text=True, check=False)
        made_calls = log.read_text().splitlines()
        assert (len(made_calls), done.returncode == 0) == (calls, code == 0), done.stderr
        opened = [" --allow-external-principals" in one for one in made_calls]
        assert sum(opened) == (1 if calls else 0)


@pytest.mark.nightly
@needs_terraform
def test_terraform_knows_the_resources(tmp_path: Path) -> None:
    """The provider takes every argument."""
    (tmp_path / "share.tf.json").write_text(to_json(share.module(everything())))
    (tmp_path / "main.tf.json").write_text(json.dumps({"provider": {"aws": {"region": "eu-west-1"}}}))
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
    (tmp_path / "terraformrc").write_text(mirror)
    for command in (("init", "-input=false"), ("validate",)):
        assert terraform(tmp_path, *command) == ""


def test_the_pattern_is_valid() -> None:
    """By the schema that editors use."""
    data = read_yaml(Path(__file__).parents[2] / "shares" / "feature-group.yaml").data
    assert not list(Draft202012Validator(schema_of("share-pattern")).iter_errors(data))


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ([], "would let nobody in"),
        (["--reader-role", "arn:aws:iam::444455556666:role/own"], "is of the resource's own account"),
        (["--reader-role", "arn:aws:iam::111122223333:role/*"], "is not a role's ARN"),
        (["--reader-role", READER, "--org-id", "o-a1b2c3d4e5"], "unknown parameter `organization`"),
        (["--reader-role", READER, "--parameter", "outside=999999999999"], "nobody of 999999999999 is shared with"),
        (["--reader-role", READER, "--merge", "x.json"], "keeps the shares that are there"),
        (["--reader-role", READER, "--prove"], "writes its policy itself"),
        (["--resource", "arn:aws:s3:::acme", "--reader-role", READER], "is not the ARN of a feature group"),
    ],
)
def test_what_can_not_be_is_one_line(run: Run, args: list[str], problem: str) -> None:
    """Exit 2, and no result."""
    ran = run(*ARGS, *args)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr


@pytest.mark.parametrize(
    ("form", "name"), [("json", "churn.json"), ("cloudformation", "churn.yaml"), ("aws-cli", "churn.sh")]
)
def test_the_command_writes_a_file(run: Run, tmp_path: Path, form: str, name: str) -> None:
    """Named after the feature group."""
    ran = run(*ARGS, "--reader-role", READER, "--format", form, "-o", f"{tmp_path}/")
    assert ran.code == 0, ran.stderr
    assert "feature-group-churn-readers" in (tmp_path / name).read_text()


# --- list and show


def test_kinds_are_listed(run: Run) -> None:
    """Policies and shares together, by name."""
    kinds: list[dict[str, Any]] = json.loads(run("list", "resource-policies", "--format", "json").stdout)
    names = [one["id"] for one in kinds]
    assert names == sorted({*Catalog().found("resource_policies"), *Catalog().found("shares")})
    assert [one["id"] for one in kinds if one["is_share"]] == ["feature-group"]
    assert "shared through AWS RAM" in run("list", "resource-policies").stdout


@pytest.mark.parametrize("name", ["bucket", "feature-group", "vpc-endpoint"])
def test_a_kind_is_shown(run: Run, name: str) -> None:
    """As a tree with every statement, and as its file has it."""
    shown = run("show", "resource-policy", name).stdout
    data: dict[str, Any] = json.loads(run("show", "resource-policy", name, "--format", "json").stdout)
    for one in data.get("statements", ()):
        assert one["sid"] in shown
    for one in data.get("shares", ()):
        assert one["permission"] in shown
    assert all(key in shown for key in data["parameters"])


def test_an_unknown_kind_is_one_line(run: Run) -> None:
    """With the nearest, whichever of both it is."""
    ran = run("show", "resource-policy", "feature-grup")
    assert (ran.code, "did you mean feature-group" in ran.stderr) == (2, True)
