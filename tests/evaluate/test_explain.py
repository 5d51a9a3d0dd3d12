"""Explanations: why each statement that did not match did not."""

from collections.abc import Callable

from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.statement import Mismatch

RequestMaker = Callable[..., Request]
PolicyMaker = Callable[..., Policies]
EVERYTHING = {"Sid": "Tested", "Effect": "Allow", "Action": "*", "Resource": "*"}


def _reasons(request: Request, policies: Policies) -> list[str]:
    return [str(reason) for miss in explain(request, policies).near_misses for reason in miss.reasons]


def test_another_action_is_the_only_reason(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """Of a statement on other actions nothing else is told."""
    statement = EVERYTHING | {"Action": ["s3:Put*", "s3:List*"], "Resource": "arn:aws:s3:::other"}
    assert _reasons(request_of(), identity(statement)) == [
        "Action wants `s3:Put*`, `s3:List*`, the request has `s3:GetObject`"
    ]


def test_not_action_is_called_by_its_name(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """A NotAction that lists the action is the reason."""
    statement = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    assert _reasons(request_of(), identity(statement)) == ["NotAction wants `s3:*`, the request has `s3:GetObject`"]


def test_resource_and_every_condition_are_told_together(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """A reader mends all of a near miss at once."""
    statement = EVERYTHING | {
        "Resource": "arn:aws:s3:::other/*",
        "Condition": {
            "StringEquals": {"aws:PrincipalTag/team": ["red", "blue"], "aws:PrincipalTag/stage": "dev"},
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    request = request_of(context={"aws:principaltag/team": "green", "aws:PrincipalTag/stage": "dev"})
    assert _reasons(request, identity(statement)) == [
        "Resource wants `arn:aws:s3:::other/*`, the request has `arn:aws:s3:::amzn-s3-demo-bucket/key`",
        "StringEquals aws:PrincipalTag/team wants `red`, `blue`, the request has `green`",
        "Bool aws:SecureTransport wants `true`, the request has nothing (the key is absent)",
    ]


def test_a_variable_without_a_value_is_named(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """An unresolved variable is told apart from a value that differs."""
    statement = EVERYTHING | {
        "Resource": "arn:aws:s3:::work/${aws:username}/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    }
    told = explain(request_of(context={"aws:ResourceTag/team": "blue"}), identity(statement))
    (miss,) = told.near_misses
    assert [reason.unresolved for reason in miss.reasons] == [("aws:username",), ("aws:PrincipalTag/team",)]
    assert str(miss.reasons[1]).endswith("; without a value: `aws:PrincipalTag/team`")


def test_a_variable_with_several_values_has_no_value(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """A multivalued key under a variable is told as unresolved, and it is not missing."""
    statement = EVERYTHING | {"Resource": "arn:aws:s3:::work/${aws:TagKeys}"}
    told = explain(request_of(context={"aws:TagKeys": ["a", "b"]}), identity(statement))
    assert told.near_misses[0].reasons[0].unresolved == ("aws:TagKeys",)
    assert told.missing == ()


def test_policy_and_request_values_stay_apart(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """A reason carries operator, key, the policy's values and the request's."""
    condition = {"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b"]}}
    told = explain(request_of(context={"aws:tagkeys": ["b", "c"]}), identity(EVERYTHING | {"Condition": condition}))
    (miss,) = told.near_misses
    assert miss.reasons == (
        Mismatch("Condition", ("a*", "b"), ("b", "c"), operator="ForAllValues:StringLike", key="aws:TagKeys"),
    )


def test_an_allow_under_an_explicit_deny_is_no_near_miss(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """What matched and did not decide is told as matched."""
    told = explain(request_of(), identity(EVERYTHING, EVERYTHING | {"Sid": "No", "Effect": "Deny"}))
    assert [at.sid for at in told.matched] == ["Tested", "No"]
    assert [at.sid for at in told.evaluation.by] == ["No"]
    assert told.near_misses == ()


def test_a_missing_key_is_told_once(identity: PolicyMaker, request_of: RequestMaker) -> None:
    """Two spellings of an absent key are one key."""
    first = EVERYTHING | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    second = EVERYTHING | {"Condition": {"Null": {"AWS:securetransport": "false"}}}
    for statements in ([first, second], [second, first]):
        assert explain(request_of(), identity(*statements)).missing == ("AWS:securetransport",)
