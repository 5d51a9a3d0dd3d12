"""RCPs: strangers, services that act for strangers and unexpected networks are denied; the rest goes on."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.layers.layers_support import composed_layer, decided, documents_of

from rolemgr.errors import InputError
from rolemgr.files.yaml import read_yaml
from rolemgr.model.layer_pattern import LayerKind

SETS: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("rcp_ways.yaml")).data
CASES = [
    pytest.param(number, case, expected, id=f"{one['rcps'][0]}: {case['way']}")
    for number, one in enumerate(SETS)
    for key, expected in (("denied", "ExplicitlyDenied"), ("allowed", "Allowed"))
    for case in one[key]
]
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


@cache
def policies(number: int) -> tuple[Any, ...]:
    """Return the documents of one set of RCPs."""
    one = SETS[number]
    return tuple(
        policy.document
        for policy in documents_of(composed_layer(LayerKind.RCP, *one["rcps"], **one["given"]), 4).policies
    )


@pytest.mark.parametrize(("number", "case", "expected"), CASES)
def test_a_request_is_decided_as_expected(number: int, case: dict[str, Any], expected: str) -> None:
    """By evaluation, with a resource policy that lets everybody in."""
    one = SETS[number]
    context = {**one["context"], **case.get("context", {})}
    for key in case.get("without", ()):
        del context[key]
    request = {"principal": case["principal"], "action": case["action"], "resource": one["resource"]}
    request |= {"resourceAccount": "111122223333", "context": context}
    assert decided(request, rcps=policies(number), resource_policy=OPEN) == expected


GITHUB, OTHER = "token.actions.githubusercontent.com", "oidc.eks.eu-west-1.amazonaws.com/id/ABC"


@pytest.mark.parametrize(
    ("context", "matches"),
    [
        ({f"{GITHUB}:sub": "repo:acme/models:ref:refs/heads/main"}, False),
        ({f"{GITHUB}:sub": "repo:acmes/models:ref:refs/heads/main"}, True),
        ({f"{OTHER}:sub": "system:serviceaccount:ml:job"}, False),
        ({"idp.example.com:sub": "eve"}, True),
        ({}, True),
    ],
)
def test_only_trusted_subjects_and_providers(context: dict[str, str], matches: bool) -> None:
    """Of the named provider the named subjects, of the others any, of no other provider nobody."""
    layer = composed_layer(
        LayerKind.RCP, "trusted-oidc-providers", provider=[GITHUB], subjects=["repo:acme/*"], other_providers=[OTHER]
    )
    [policy] = documents_of(layer).policies
    request = {
        "principal": "arn:aws:iam::111122223333:role/x", "action": "sts:AssumeRoleWithWebIdentity",
        "resource": "arn:aws:iam::111122223333:role/ci", "context": context,
    }  # fmt: skip
    assert (decided(request, rcps=[policy.document]) == "ExplicitlyDenied") is matches  # type: ignore[list-item]


def test_an_exemption_of_an_rcp_names_its_account() -> None:
    """A role of that name in anybody's account would be exempt."""
    with pytest.raises(InputError, match="anybody's account"):
        composed_layer(LayerKind.RCP, "secure-transport", exempt=["arn:aws:iam::*:role/break-glass"])
