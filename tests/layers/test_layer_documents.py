"""Documents of an organization: within their quotas, minified ASCII, the same for the same input, and few that move."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.layers.layers_support import BREAK_GLASS, PATTERNS, composed_layer, documents_of, example, examples_for

from rolemgr.errors import InputError
from rolemgr.model.layer import ComposedLayer
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.render.layer_documents import layer_documents

ALL = tuple((kind, name) for kind in LayerKind for name in PATTERNS[kind])
LIMITS = {LayerKind.SCP: 10_240, LayerKind.RCP: 5_120}


def everything(**given_values: Any) -> ComposedLayer:
    """Return all SCPs at once."""
    names = PATTERNS[LayerKind.SCP]
    return composed_layer(
        LayerKind.SCP, *names, exempt=[BREAK_GLASS], **{**examples_for(LayerKind.SCP, *names), **given_values}
    )


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_each_pattern_is_within_its_quotas(kind: LayerKind, name: str) -> None:
    """Text, description and name; Denies alone, each Sid once; of an RCP the principal is everybody."""
    for policy in example(kind, name).policies:
        assert policy.text.isascii()
        assert len(policy.text) <= LIMITS[kind]
        assert len(policy.description) <= 512
        statements = json.loads(policy.text)["Statement"]
        assert {one["Effect"] for one in statements} == {"Deny"}
        assert {one.get("Principal") for one in statements} == {None if kind is LayerKind.SCP else "*"}
        assert len({one["Sid"] for one in statements}) == len(statements)
        assert json.dumps(json.loads(policy.text), separators=(",", ":")) == policy.text


def test_all_patterns_at_once_are_split_and_nothing_is_lost() -> None:
    """Whole Denies in several policies, evenly filled, each Sid once in all of them."""
    layer = everything()
    made = documents_of(layer)
    sizes = [len(one.text) for one in made.policies]
    assert 2 <= len(sizes) <= 9
    assert max(sizes) <= 10_240
    assert max(sizes) - min(sizes) < 8_000
    sids = [one["Sid"] for policy in made.policies for one in json.loads(policy.text)["Statement"]]
    assert sids == [deny.sid for part in layer.parts for deny in part.denies]
    assert len(set(sids)) == len(sids)


def test_the_same_input_gives_the_same_text() -> None:
    """Byte for byte."""
    assert [one.text for one in documents_of(everything()).policies] == [
        one.text for one in documents_of(everything()).policies
    ]


def test_a_small_change_moves_little() -> None:
    """One region more changes one policy of the set."""
    old = documents_of(everything(regions=["eu-central-1", "eu-west-1"])).policies
    new = documents_of(everything(regions=["eu-central-1", "eu-north-1", "eu-west-1"])).policies
    changed = [one.name for one, two in zip(old, new, strict=True) if one.text != two.text]
    assert len(changed) <= 2


def test_too_many_policies_are_refused_in_one_line() -> None:
    """With what is largest, and what would help."""
    with pytest.raises(InputError, match=r"--free-slots: the Denies need \d policies, and 1 can be attached; largest"):
        layer_documents(everything(), "test", 1)


@settings(deadline=None, max_examples=20)
@given(st.integers(min_value=1, max_value=400))
def test_a_large_deny_is_split_by_its_actions(count: int) -> None:
    """Whatever the values: every policy within the quota, each guarded action still there."""
    keys = [
        f"arn:aws:kms:us-east-1:111122223333:key/{number:08d}-aaaa-bbbb-cccc-dddddddddddd"
        for number in range(count % 50 + 1)
    ]
    layer = composed_layer(LayerKind.SCP, guardrail={"output-kms-key": keys})
    made = documents_of(layer, 99)
    assert all(len(one.text) <= 10_240 for one in made.policies)
    wanted = {(deny.conditions, action) for part in layer.parts for deny in part.denies for action in deny.actions}
    assert len(wanted) == sum(
        len(one["Action"]) for policy in made.policies for one in json.loads(policy.text)["Statement"]
    )


@pytest.mark.parametrize(
    ("pattern", "values", "said"),
    [
        ("approved-regions", {}, "needs regions"),
        ("approved-regions", {"regions": ["here"]}, "is not a region"),
        ("approved-regions", {"regions": []}, "has no value"),
        ("approved-regions", {"region": ["eu-west-1"]}, "did you mean regions"),
        ("iam-lockdown", {"administrators": ["arn:aws:iam::*:role/*"]}, "is not a role's ARN"),
        ("iam-lockdown", {"administrators": [f"arn:aws:iam::*:role/{'a' * 3_000}"]}, "longer than 2,048 characters"),
        ("mandatory-five-in-one-deny", {}, "can't be: the conditions of one statement must all hold"),
        ("aproved-regions", {"regions": ["eu-west-1"]}, "did you mean approved-regions"),
    ],
)
def test_a_wrong_choice_is_one_clear_line(pattern: str, values: dict[str, Any], said: str) -> None:
    """What is wrong, and the nearest right thing."""
    with pytest.raises(InputError, match=said):
        composed_layer(LayerKind.SCP, pattern, **values)


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:sts::111122223333:assumed-role/x/y", "is a session"),
        ("arn:aws:iam::111122223333:root", "is the root user"),
        ("arn:aws:iam::*:role/*", "exempts nearly every role"),
        ("arn:aws:iam::*:role/*-admin", "exempts nearly every role"),
        ("break-glass", "is not a role's ARN"),
        (f"arn:aws:iam::*:role/{'a' * 3_000}", "longer than 2,048 characters"),
        ("arn:aws:iam::111122223333:user/x", "is not a role's ARN"),
    ],
)
def test_a_wrong_exemption_is_refused(arn: str, said: str) -> None:
    """Nobody is exempt by mistake."""
    with pytest.raises(InputError, match=said):
        composed_layer(LayerKind.SCP, "no-root", exempt=[arn])
