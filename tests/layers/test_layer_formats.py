"""The forms of an organization's policies, judged by others: cfn-lint, shellcheck, Terraform's schema, moto."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from jsonschema import Draft202012Validator
from moto import mock_aws
from tests.layers.layers_support import BREAK_GLASS, PATTERNS, composed_layer, documents_of, examples_for

from rolemgr.catalog.folders import FOLDERS
from rolemgr.export import organization
from rolemgr.files.write import to_json, to_template
from rolemgr.files.yaml import read_yaml
from rolemgr.model.layer import LayerDocuments
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.workflow.schemas import schema_of

TOP = Path(__file__).parents[2]


def everything(kind: LayerKind) -> LayerDocuments:
    """Return all patterns of *kind* at once."""
    names = PATTERNS[kind]
    exempt = [BREAK_GLASS] if kind is LayerKind.SCP else []
    return documents_of(composed_layer(kind, *names, exempt=exempt, **examples_for(kind, *names)))


@pytest.mark.parametrize("kind", LayerKind)
def test_cloudformation_is_valid_and_carries_the_text(kind: LayerKind) -> None:
    """No error and no warning of cfn-lint."""
    made = everything(kind)
    template = organization.template(made)
    assert [str(one) for one in lint(to_template(template), config=ManualArgs(regions=["us-east-1"]))] == []
    contents = [one["Properties"]["Content"] for one in template["Resources"].values()]
    assert contents == [one.text for one in made.policies]


@pytest.mark.parametrize("kind", LayerKind)
def test_a_policy_variable_is_no_expression_of_terraform(kind: LayerKind) -> None:
    """Whatever stands in the policies, Terraform reads text and nothing else; targets are attached by name."""
    made = everything(kind)
    module: dict[str, Any] = json.loads(to_json(organization.module(made)))
    policies = module["resource"]["aws_organizations_policy"]
    assert not any(re.search(r"(?<![$%])[$%]\{", one["content"]) for one in policies.values())
    assert [one["content"] for one in policies.values()] == [one.text for one in made.policies]
    assert module["resource"]["aws_organizations_policy_attachment"].keys() == policies.keys()


@pytest.mark.parametrize("kind", LayerKind)
def test_the_script_is_right_for_shellcheck(kind: LayerKind, tmp_path: Path) -> None:
    """And carries each text, quoted."""
    made = everything(kind)
    path = tmp_path / "policies.sh"
    path.write_text(organization.script(made))
    program = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert all(one.text in path.read_text() for one in made.policies)


@pytest.mark.parametrize("kind", LayerKind)
def test_the_landing_zone_accelerator_finds_its_files(kind: LayerKind) -> None:
    """Each entry names a file of the folder, is a deny list, and is attached nowhere."""
    made = everything(kind)
    [entries] = organization.lza_config(made).values()
    folder = organization.lza_folder(kind)
    assert [one["policy"] for one in entries] == [f"{folder}/{one.name}.json" for one in made.policies]
    assert {one["strategy"] for one in entries} == {"deny-list"}
    assert all(one["deploymentTargets"] == {"organizationalUnits": []} for one in entries)


@mock_aws
def test_the_api_takes_what_the_script_sends() -> None:
    """The shape of the calls alone: moto judges no policy."""
    client = boto3.client("organizations", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    for one in everything(LayerKind.SCP).policies:
        sent = {"Name": one.name, "Description": one.description, "Content": one.text}
        made = client.create_policy(Type="SERVICE_CONTROL_POLICY", **sent)["Policy"]
        client.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=root)
        assert json.loads(made["Content"]) == json.loads(one.text)


@pytest.mark.parametrize(
    "path",
    [path for kind in ("scps", "rcps") for path in sorted((TOP / FOLDERS[kind]).glob("*.yaml"))],
    ids=lambda path: path.stem,
)
def test_each_pattern_is_valid_and_has_sources(path: Path) -> None:
    """By the schema that editors use; two sources or more for what is rendered."""
    data = read_yaml(path).data
    Draft202012Validator(schema_of("layer-pattern")).validate(data)
    assert len(data["sources"]) >= (1 if "refused" in data else 2)
    assert data.get("controls") or "refused" in data
