"""Policies are read as far as they can be; what is wrong is a finding and never a crash."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.support import findings, policy, rules

from rolemgr.check.document import Document
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.iam.documents import PolicyType

GOOD = {"Sid": "Good", "Effect": "Allow", "Action": "sagemaker:CreateTrainJob", "Resource": "*"}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("not a statement", "a statement is an object, not `not a statement`"),
        ({**GOOD, "Sid": "Bad", "Effect": "allow"}, "Effect is `allow`: use Allow or Deny, in this spelling"),
        ({"Sid": "Bad", "Action": "s3:GetObject", "Resource": "*"}, "Effect is missing"),
        ({**GOOD, "Sid": "Bad", "NotAction": "s3:*"}, "has both Action and NotAction"),
        ({"Sid": "Bad", "Effect": "Allow", "Resource": "*"}, "has neither Action nor NotAction"),
        ({"Sid": "Bad", "Effect": "Allow", "Action": "s3:GetObject"}, "has neither Resource nor NotResource"),
        ({**GOOD, "Sid": "Bad", "Action": []}, "Action is empty"),
        ({**GOOD, "Sid": "Bad", "Action": [7]}, "Action holds a number, not text"),
        ({**GOOD, "Sid": "Bad", "Principal": "*"}, "has Principal, which a policy of type identity does not take"),
        ({**GOOD, "Sid": "Bad", "Conditions": {}}, "a statement has no element `Conditions`; did you mean Condition?"),
        ({**GOOD, "Sid": "Bad", "Condition": []}, "Condition is a list, not an object of operators"),
        ({**GOOD, "Sid": "Bad", "Condition": {"Bool": "x"}}, "Condition Bool is `x`, not an object of keys"),
        ({**GOOD, "Sid": 7}, "Sid is a number, not text"),
    ],
)  # fmt: skip
def test_what_breaks_the_grammar_is_found_and_the_rest_is_checked(broken: Any, says: str) -> None:
    """The broken statement has its finding, and the one beside it has its own."""
    found = findings(policy(broken, GOOD))
    assert says in [one.message for one in found if one.rule == "RM101"]
    assert "RM202" in {one.rule for one in found if one.sid == "Good"}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([], "a policy is an object, not a list"),
        ({"Version": "2012-10-17"}, "Statement is missing"),
        ({"Version": "2012-10-17", "Statement": []}, "Statement is empty"),
        ({"Version": "2012-10-17", "Statement": "x"}, "Statement is `x`, not a list of statements"),
        ({"Version": "2020-01-01", "Statement": GOOD}, "Version is `2020-01-01`: IAM has 2012-10-17 and 2008-10-17"),
        ({"Versoin": "2012-10-17", "Statement": GOOD}, "a policy has no element `Versoin`; did you mean Version?"),
    ],
)
def test_what_is_wrong_with_the_whole_is_found(raw: Any, says: str) -> None:
    """A document that is none says why."""
    assert says in [one.message for one in findings(raw)]


def test_one_statement_and_plain_values_are_read_like_lists() -> None:
    """IAM takes one statement without a list, and JSON booleans and numbers as values."""
    one = {
        **GOOD,
        "Action": "s3:ListBucket",
        "Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 7}},
    }
    assert rules({"Version": "2012-10-17", "Statement": one}) == set()


def test_names_are_compared_without_case_where_iam_does() -> None:
    """Actions and condition keys are not told apart by case; operators and elements are written exactly."""
    one = {**GOOD, "Action": "SAGEMAKER:createmodel", "Condition": {"Bool": {"SageMaker:networkisolation": "true"}}}
    assert (
        rules(
            policy(
                one,
                {
                    **one,
                    "Sid": "Pass",
                    "Action": "iam:PassRole",
                    "Resource": "arn:aws:iam::111122223333:role/x",
                    "Condition": {"StringEquals": {"IAM:passedtoservice": "sagemaker.amazonaws.com"}},
                },
            )
        )
        == set()
    )


WORDS = st.sampled_from(
    ["Allow", "Deny", "*", "s3:GetObject", "sagemaker:*", "iam:PassRole", "arn:aws:s3:::b/*", "arn:aws:iam::1:role/*", "${x", "${aws:a}",
     "true", "2012-10-17", "", "sts:AssumeRole", "AWS", "Service", "Null", "Bool", "ForAnyValue:StringLike", "aws:ResourceTag/x",
     "sagemaker:VolumeKmsKey", "sagemaker:InstanceTypes", "Federated", "a:b:c", "arn:::::", ":", "kms:EncryptionContext:x"]
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
ELEMENTS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]
CONDITIONS = st.dictionaries(
    WORDS, st.dictionaries(WORDS, WORDS | st.lists(WORDS, max_size=2) | ANYTHING, max_size=2) | ANYTHING, max_size=2
)
STATEMENTS = st.fixed_dictionaries(
    {},
    optional={
        **{name: WORDS | st.lists(WORDS, max_size=3) | ANYTHING for name in ELEMENTS[:-1]},
        "Condition": CONDITIONS | ANYTHING,
    },
)
POLICIES = st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENTS | ANYTHING, max_size=3) | ANYTHING}, optional={"Version": WORDS | ANYTHING}
)


@given(POLICIES | ANYTHING, st.sampled_from(list(PolicyType)), st.booleans())
def test_no_policy_makes_a_rule_crash(raw: Any, kind: str, template: bool) -> None:
    """Whatever stands where, of whatever type, there is an answer."""
    for finding in findings(raw, kind, template=template):
        assert finding.message


def test_what_can_not_be_read_is_not_taken_for_absent() -> None:
    """An object for a value is an error of the grammar; nothing is concluded from what is left."""
    function = {"Fn::Sub": "arn:aws:iam::${X}:root"}
    statement = {
        "Effect": "Allow", "Principal": {"AWS": function}, "Action": ["s3:GetObject", function], "Resource": [function],
        "Condition": {"ArnLike": {"aws:PrincipalArn": function}},
    }  # fmt: skip
    document = read(Document("p.json", PolicyType.RESOURCE, {"Statement": statement}, lambda _: None))
    (found,) = document.statements
    assert found.opaque == {"Principal", "Action", "Resource"}
    assert found.conditions[0].opaque
    assert {one.rule for one in document.problems} == {"RM101"}
    assert "RM107" not in {one.rule for one in check([document])}


def test_a_number_is_text_in_a_template() -> None:
    """CloudFormation makes text of every scalar; IAM's API does not."""
    statement = {"Sid": 1, "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for template in (True, False):
        made = Document("p", PolicyType.IDENTITY, {"Statement": statement}, lambda _: None, template=template)
        document = read(made)
        assert (document.statements[0].sid, bool(document.problems)) == (("1", False) if template else (None, True))
