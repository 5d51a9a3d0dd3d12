"""Mistakes of a pattern's author: each is one line that names the file's line, and nothing is rendered."""

from pathlib import Path

import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, Problems
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.model.layer_pattern import LayerKind

HEAD = "title: Ours\ndescription: Ours.\n"


def problem(tmp_path: Path, text: str, kind: LayerKind = LayerKind.SCP) -> str:
    """Return what is said of a pattern file with *text*."""
    folder = tmp_path / f"{kind}s"
    folder.mkdir(exist_ok=True)
    (folder / "ours.yaml").write_text(HEAD + text)
    with pytest.raises((InputError, Problems)) as caught:
        compose_layer(Catalog([tmp_path]), LayerChoice(kind, ("ours",)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("statements: []\n", "a pattern has `statements`, `guardrails` or both"),
        ("statements: [{sid: A, actions: 's3:GetObjekt'}]\n", ":3: unknown action `s3:GetObjekt`; did you mean s3:GetObject"),
        ("statements: [{sid: A, actions: 'nothing:*'}]\n", "does not have a service `nothing`"),
        ("statements: [{sid: A}]\n", "either `actions` or `not_actions`"),
        ("statements: [{sid: A, actions: 's3:*', resources: x, not_resources: y}]\n", "either `resources` or `not_resources`"),
        ("statements: [{sid: A, actions: 's3:*'}, {sid: A, actions: 'ec2:*'}]\n", "two statements have the sid `A`"),
        ("statements: [{sid: A, actions: 's3:*', needs: [regions]}]\n", "unknown parameter `regions`"),
        ("statements: [{sid: A, actions: 's3:*', unless: [exemt]}]\n", "did you mean exempt"),
        ("parameters: {x: {type: region, default: eu-west-1, help: x}}\nstatements: [{sid: A, actions: 's3:*'}]\n", ":3: no statement uses the parameter `x`"),
        ("statements: [{sid: A, actions: 's3:*', conditions: {StringEquls: {aws:RequestedRegion: x}}}]\n", "unknown condition operator `StringEquls`"),
        ("statements: [{sid: A, actions: 'sagemaker:CreateModel', conditions: {'Null': {sagemaker:InstanceTypes: 'true'}}}]\n", "does not support the condition key `sagemaker:InstanceTypes`"),
        ("statements: [{sid: A, actions: 'sagemaker:*', conditions: {'Null': {sagemaker:InstanceTypes: 'true'}}}]\n", "does not support the condition key"),
        ("statements: [{sid: A, actions: 's3:*', conditions: {Bool: {aws:SecureTransport: maybe}}}]\n", "maybe"),
        ("guardrails: [{guardrail: vcp}]\n", "unknown guardrail `vcp`; did you mean vpc"),
        ("guardrails: [{guardrail: vpc, only: [Nothing]}]\n", "unknown Sid of the guardrail `Nothing`"),
        ("guardrails: [{guardrail: instance-types, values: {type: ml.m5.large}}]\n", "did you mean types"),
        ("guardrails: [{guardrail: instance-types, values: {types: '{{ kinds }}'}}]\n", "unknown parameter `kinds`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong, and the nearest right thing."""
    found = problem(tmp_path, text)
    assert said in found
    assert "scps/ours.yaml" in found


def test_an_rcp_reaches_no_sagemaker_and_has_no_not_action(tmp_path: Path) -> None:
    """With the SCP that stands in."""
    found = problem(tmp_path, "statements: [{sid: A, actions: 'sagemaker:*'}]\n", LayerKind.RCP)
    assert "RCPs do not reach sagemaker; an SCP" in found
    assert "no NotAction" in problem(tmp_path, "statements: [{sid: A, not_actions: 's3:*'}]\n", LayerKind.RCP)
    assert "RCPs do not reach *" in problem(tmp_path, "statements: [{sid: A, actions: '*'}]\n", LayerKind.RCP)
