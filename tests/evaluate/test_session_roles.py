"""What is decided by the ARN of a session's role, of which the session's own ARN does not tell the path."""

import json

import pytest

from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.session_roles import decision_of
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.workflow.batch import answer

SESSION = "arn:aws:sts::111122223333:assumed-role/r/s"
ROLE = "arn:aws:iam::111122223333:role"
KEY = "aws:PrincipalArn"


def policies(effect: str, operator: str, value: str, resource: str = "*") -> Policies:
    """Return an Allow of everything, or with an Allow of S3 alone, where a condition on the key is met."""
    statement: dict[str, object] = {"Effect": effect, "Action": "s3:*", "Resource": resource}
    statement |= {"Condition": {operator: {KEY: value}}} if operator else {}
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}] if effect == "Deny" else []
    document = {"Version": "2012-10-17", "Statement": [*everything, statement]}
    return Policies((IdentityPolicy.model_validate(document),))


def request(principal: str = SESSION, **context: str) -> Request:
    """Return a request of the *principal*."""
    return Request.known("s3:GetObject", "arn:aws:s3:::b/k", context, principal, None)


@pytest.mark.parametrize(
    ("effect", "operator", "value", "decision"),
    [
        ("Deny", "ArnEquals", f"{ROLE}/r", None),
        ("Deny", "ArnEquals", f"{ROLE}/ml/r", None),
        ("Deny", "ArnLike", "arn:aws:iam::*:role/r*", None),
        ("Deny", "ArnNotLike", f"{ROLE}/ml/*", None),
        ("Allow", "StringEquals", f"{ROLE}/ml/r", None),
        ("Deny", "ArnEquals", f"{ROLE}/q", "Allowed"),
        ("Deny", "ArnEquals", f"{ROLE}/ml/q", "Allowed"),
        ("Deny", "ArnNotLike", f"{ROLE}/q", "ExplicitlyDenied"),
        ("Deny", "ArnLike", f"{ROLE}/*", "ExplicitlyDenied"),
        ("Deny", "StringLike", "*/r", "ExplicitlyDenied"),
        ("Deny", "Null", "false", "ExplicitlyDenied"),
        ("Allow", "Null", "true", "ImplicitlyDenied"),
        ("Allow", "StringLike", "arn:aws:iam::111122223333:*", "Allowed"),
        ("Allow", "ArnLike", "arn:aws:iam::444455556666:role/*", "ImplicitlyDenied"),
    ],
)
def test_the_arn_of_a_session_s_role_is_there_and_its_path_alone_is_not_known(
    effect: str, operator: str, value: str, decision: str | None
) -> None:
    """A condition that only some paths meet leaves the decision open; one that all or none meet decides."""
    asked = policies(effect, operator, value)
    assert decision_of(request(), asked) == decision
    assert explain(request(), asked).outcome == (decision or "NotKnown")


TOGETHER = [
    ({"ArnLike": {KEY: f"{ROLE}/a*"}, "StringLike": {KEY: f"{ROLE}/*b/r"}}, True),
    ({"StringLike": {KEY: f"{ROLE}/a?/r"}, "ArnLike": {KEY: f"{ROLE}/?b/r"}}, True),
    ({"StringLike": {KEY: "*/zz-rolemgr-path/*"}, "StringNotLike": {KEY: f"{ROLE}/z*"}}, True),
    ({"StringNotLike": {KEY: [f"{ROLE}/r", f"{ROLE}/zz-rolemgr-path/*", f"{ROLE}/z*", f"{ROLE}/?/*"]}}, True),
    ({"StringLike": {KEY: f"{ROLE}/a/*"}, "StringNotLike": {KEY: f"{ROLE}/a*"}}, False),
    ({"StringLike": {KEY: f"{ROLE}/a/*"}, "StringEquals": {KEY: f"{ROLE}/r"}}, False),
    ({"StringLike": {KEY: f"{ROLE}/*/${{aws:username}}"}}, True),
]


@pytest.mark.parametrize(("condition", "turns"), TOGETHER, ids=str)
def test_conditions_that_meet_on_few_paths_turn_the_decision(condition: dict[str, object], turns: bool) -> None:
    """A path that several conditions leave together is one that the role may have."""
    for effect, otherwise in (("Allow", "ImplicitlyDenied"), ("Deny", "Allowed")):
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition}
        listed = [statement] if effect == "Allow" else [everything, statement]
        asked = Policies((IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": listed}),))
        assert decision_of(request(), asked) == (None if turns else otherwise)


def test_conditions_too_many_to_tell_are_not_known() -> None:
    """Where patterns overlap in more ways than are looked at, the decision is not known."""
    values = [f"{ROLE}/*{one}?{two}*{three}*" for one in "abcd" for two in "abcd" for three in "abcd"]
    document = policies("Allow", "StringLike", "x").identity[0].to_json_value()
    document["Statement"] = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringLike": {KEY: values[:40]}, "StringNotLike": {KEY: values[40:]}}}
    ]  # fmt: skip
    assert decision_of(request(), Policies((IdentityPolicy.model_validate(document),))) is None


@pytest.mark.parametrize("given", [request(f"{ROLE}/ml/r"), request(**{KEY: f"{ROLE}/ml/r"})])
def test_who_gives_the_role_s_arn_is_told(given: Request) -> None:
    """The ARN of the role, as the principal or in the context, leaves nothing open."""
    assert decision_of(given, policies("Deny", "ArnEquals", f"{ROLE}/ml/r")) == "ExplicitlyDenied"
    assert decision_of(given, policies("Deny", "ArnEquals", f"{ROLE}/r")) == "Allowed"


def test_a_resource_with_the_arn_in_it_is_not_known() -> None:
    """What a policy variable makes of a resource depends on the path too."""
    assert decision_of(request(), policies("Deny", "", "", "arn:aws:s3:::b/*")) == "ExplicitlyDenied"
    varied = policies("Allow", "", "", "arn:aws:s3:::b/${aws:PrincipalArn}")
    asked = Request.known("s3:GetObject", f"arn:aws:s3:::b/{ROLE}/ml/r", {}, SESSION, None)
    assert decision_of(asked, varied) is None


def test_the_reasons_say_how_to_ask_again() -> None:
    """An explanation names the key, and the two ways to give it; where the path is all the same, it says so."""
    open_ = explain(request(), policies("Deny", "ArnEquals", f"{ROLE}/r"))
    assert any("give the role's ARN as --principal, or --context aws:PrincipalArn=" in one for one in open_.notes)
    closed = explain(request(), policies("Deny", "ArnEquals", f"{ROLE}/q"))
    assert any("the same on every path" in one for one in closed.notes)
    assert not explain(request(), policies("Allow", "", "")).notes


def test_a_batch_answers_the_same() -> None:
    """A line of a batch that turns on the path is not known either."""
    document = policies("Deny", "ArnEquals", f"{ROLE}/r").identity[0].to_json_value()
    asked = {"principal": SESSION, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    line = json.dumps({"id": 1, "request": asked, "identityPolicies": [document]})
    assert json.loads(answer(line.encode()).text) == {"id": 1, "decision": "NotKnown"}
