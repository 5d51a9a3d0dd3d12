"""The script and the module of an organization's policies, run against a server: the shape of the API alone."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.export.conftest import Server
from tests.export.test_aws_cli import needs_aws, run
from tests.export.test_terraform import PLUGINS, TERRAFORM, needs_terraform
from tests.layers.layers_support import BREAK_GLASS, PATTERNS, composed_layer, documents_of, examples_for
from tests.nightly import examples

from rolemgr.export import organization
from rolemgr.model.layer import LayerDocuments
from rolemgr.model.layer_pattern import LayerKind

KIND = "SERVICE_CONTROL_POLICY"


def everything(one_in: int = 1) -> LayerDocuments:
    """Return all SCPs at once, or one in a few."""
    names = PATTERNS[LayerKind.SCP][::one_in]
    return documents_of(
        composed_layer(LayerKind.SCP, *names, exempt=[BREAK_GLASS], **examples_for(LayerKind.SCP, *names))
    )


def organizations(aws: Server) -> tuple[Any, str]:
    """Return a client of a new organization, and the id of its root."""
    client = aws.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=root, PolicyType=KIND)
    return client, root


def texts(client: Any, root: str) -> dict[str, Any]:
    """Return the policies attached to *root* by name, but for AWS's own."""
    found = client.list_policies_for_target(TargetId=root, Filter=KIND)["Policies"]
    return {
        one["Name"]: json.loads(client.describe_policy(PolicyId=one["Id"])["Policy"]["Content"])
        for one in found
        if not one["AwsManaged"]
    }


@pytest.mark.nightly
@needs_aws
def test_the_script_makes_attaches_and_leaves_alone(aws: Server, tmp_path: Path) -> None:
    """Made and attached at once; a second run changes nothing unless it is told to, and then makes no second policy."""
    made, (client, root) = everything(examples(2, 1)), organizations(aws)
    text = organization.script(made)
    wanted = {one.name: json.loads(one.text) for one in made.policies}
    first = run(f"set -- {root}\n{text}", aws.address, tmp_path)
    assert (first.returncode, texts(client, root)) == (0, wanted), first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()] == list(wanted)
    again = run(text, aws.address, tmp_path)
    assert again.returncode == 1
    assert "there is a policy test-1" in again.stderr
    updated = run(f"set -- --update {root}\n{text}", aws.address, tmp_path)
    assert (updated.returncode, texts(client, root)) == (0, wanted), updated.stderr


@needs_aws
def test_the_script_refuses_a_target_that_is_none(aws: Server, tmp_path: Path) -> None:
    """Before it makes anything."""
    client, root = organizations(aws)
    ran = run(f"set -- 'ou-x; true'\n{organization.script(everything())}", aws.address, tmp_path)
    assert (ran.returncode, texts(client, root)) == (2, {})


@pytest.mark.nightly
@needs_terraform
def test_terraform_takes_the_module(tmp_path: Path) -> None:
    """By the provider's own schema."""
    module = json.dumps(organization.module(everything()))
    (tmp_path / "policies.tf.json").write_text(module, encoding="utf-8")
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
    (tmp_path / "terraformrc").write_text(mirror)
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "terraformrc"), "CHECKPOINT_DISABLE": "1"}
    for args in (("init", "-input=false"), ("validate",)):
        command = [str(TERRAFORM), args[0], "-no-color", *args[1:]]
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
