"""Policy variables under check: where they stand, whether they close, whether the key can fill them."""

from typing import Any

import pytest
from tests.check.support import policy, rules

HOME = "arn:aws:s3:::acme-home/"


def _allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", **elements}


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("variable", "rule"),
    [
        ("${aws:userid", "RM108"),
        ("${aws:usernam}", "RM211"),
        ("${aws:PrincipalTags/Project}", "RM211"),
        ("${aws:TagKeys}", "RM211"),
        ("${aws:PrincipalOrgPaths}", "RM211"),
    ],
)
def test_a_variable_without_a_value_is_found_in_both_elements(element: str, variable: str, rule: str) -> None:
    """A Resource that holds it matches nothing, a NotResource leaves out nothing."""
    assert rule in rules(policy(_allow(**{element: f"{HOME}{variable}/*"})))


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals"])
def test_a_variable_without_a_value_is_found_in_a_condition(operator: str) -> None:
    """Nothing equals it, and everything is unequal to it."""
    tests = {operator: {"s3:ExistingObjectTag/owner": "${aws:usernam}"}}
    assert "RM211" in rules(policy(_allow(Resource=f"{HOME}*", Condition=tests)))


@pytest.mark.parametrize(
    "variable",
    [
        "${aws:username}",
        "${AWS:Username}",
        "${aws:PrincipalTag/any thing}",
        "${aws:usernam, 'everyone'}",
        "${accounts.google.com:sub}",
        "${cognito-identity.amazonaws.com:sub}",
        "${saml:sub}",
        "${oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub}",
        "${sagemaker:DomainId}",
        "${iot:Connection.Thing.ThingName}",
        "${AWS::Region}",
        "${var.project}",
    ],
)
def test_a_variable_that_can_have_a_value_is_left_alone(variable: str) -> None:
    """So is what a template fills in, one with a default, and one of a service's own policies."""
    assert not {"RM108", "RM211"} & rules(policy(_allow(Resource=f"{HOME}{variable}/*")))


@pytest.mark.parametrize(
    ("value", "literal"), [("${aws:username}*", True), ("*", True), ("${*}", False), ("${aws:username}", False)]
)
def test_a_star_beside_a_variable_is_literal_too(value: str, literal: bool) -> None:
    """StringEquals takes it as a character; `${*}` says that it is meant so."""
    tests = {"StringEquals": {"s3:prefix": value}}
    found = rules(policy({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": HOME[:-1], "Condition": tests}))
    assert ("RM402" in found) is literal


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_a_variable_without_the_version_is_literal_in_both_elements(element: str) -> None:
    """A policy of 2008 has no variables."""
    assert "RM109" in rules({"Statement": [_allow(**{element: f"{HOME}${{aws:username}}/*"})]})
