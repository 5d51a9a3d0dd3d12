"""Mistakes of a pattern's author: each is one line that names the file's line, and nothing is rendered."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, Problems, SourceLocation
from rolemgr.iam.wildcards import matches
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.values import GivenValue, may_meet
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
        ("statements: [{sid: A, actions: 's3:*'}]\nprotects: [{resources: 'arn:aws:s3:::{{ bukket }}', keepers: [exempt]}]\n", "unknown parameter `bukket`"),
        ("statements: [{sid: A, actions: 's3:*'}]\nprotects: [{resources: 'arn:aws:s3:::x', keepers: [exemt]}]\n", "did you mean exempt"),
        ("statements: [{sid: A, actions: 's3:*'}]\nprotects: [{resources: 'arn:aws:s3:::x', keepers: [exempt], needs: [all]}]\n", "unknown parameter `all`"),
        ("statements: [{sid: A, actions: 's3:*'}]\nprotects: [{resources: 'arn:aws:s3:::x', keepers: [exempt], leaves: {'s3:PutObjekt': x}}]\n", "unknown action `s3:PutObjekt`; did you mean s3:PutObject"),
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


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [("role/a*", "role/ab", True), ("role/a*", "role/*b", True), ("role/a*c", "role/b*c", False), ("a?", "ab", True),
     ("a?", "abc", False), ("*", "", True), ("a", "a", True), ("a", "b", False), ("*a*", "*b*", True), ("a**b", "a?b", True)],
)  # fmt: skip
def test_patterns_that_some_text_matches_both_of(one: str, other: str, meet: bool) -> None:
    """Either way round."""
    assert (may_meet(one, other), may_meet(other, one)) == (meet, meet)


@settings(deadline=None, max_examples=examples(9, 60))
@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6))
def test_meeting_is_what_trying_all_texts_says(one: str, other: str) -> None:
    """Over an alphabet of three letters, for all texts of up to six."""
    texts = ("".join(each) for size in range(7) for each in product("abc", repeat=size))
    found = any(matches(one, text) and matches(other, text) for text in texts)
    assert may_meet(one, other) is found or (not found and len(one) + len(other) > 6)


def test_break_glass_keeps_no_alarm_on_itself() -> None:
    """Also where wildcards make it so."""
    given_values = {
        "roles": GivenValue(("arn:*:iam::*:role/platform/break-*",), SourceLocation("test")),
        "keepers": GivenValue(("arn:*:iam::*:role/platform/*-glass",), SourceLocation("test")),
    }
    with pytest.raises(InputError, match="may be the same"):
        compose_layer(Catalog(), LayerChoice(LayerKind.SCP, ("protect-break-glass",), given=given_values))
