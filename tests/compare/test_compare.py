"""What is more and what is not, topic by topic; each difference is confirmed by the evaluator."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from rolemgr.compare.action_groups import Focus
from rolemgr.compare.compare import compare
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy
from rolemgr.reference.services import action_names

Raw = Mapping[str, Any]


def allow(actions: Any, resources: Any = "*", conditions: Any = None, **others: Any) -> dict[str, Any]:
    """Return an Allow."""
    made = {"Effect": "Allow", "Action": actions, "Resource": resources, **others}
    return {**made, "Condition": conditions} if conditions else made


def deny(actions: Any, resources: Any = "*", conditions: Any = None, **others: Any) -> dict[str, Any]:
    """Return a Deny."""
    return {**allow(actions, resources, conditions, **others), "Effect": "Deny"}


def identity(*statements: Raw, version: str = "2012-10-17", **layers: Any) -> Policies:
    """Return an identity policy of *statements*."""
    document = IdentityPolicy.model_validate({"Version": version, "Statement": list(statements)})
    return Policies(identity=(document,), **layers)


def answer(found: Comparison, new: Policies, old: Policies) -> str:
    """Return ``same``, ``more``, ``doubtful`` or ``unknown``, once every difference is confirmed."""
    for one in found.differences:
        assert evaluate(one.request, one.scenario.around(new)).decision == "Allowed"
        assert evaluate(one.request, one.scenario.around(old)).decision == one.before.decision != "Allowed"
    if any(not one.doubts for one in found.differences):
        return "more"
    return "doubtful" if found.differences else "unknown" if found.unknowns else "same"


OBJECTS, KEY = "arn:aws:s3:::acme/*", "arn:aws:kms:eu-west-1:111122223333:key/k"
TAG = {"StringEquals": {"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}}
JOB = "sagemaker:CreateTrainingJob"


def types(operator: str, *values: str) -> dict[str, Any]:
    """Return a condition on the instance types."""
    return {operator: {"sagemaker:InstanceTypes": list(values)}}


def runtime(operator: str, value: str) -> dict[str, Any]:
    """Return a condition on the runtime."""
    return {operator: {"sagemaker:MaxRuntimeInSeconds": value}}


CASES: dict[str, tuple[list[Raw], list[Raw], str]] = {
    # actions
    "case of actions": ([allow("S3:GETOBJECT")], [allow("s3:GetObject")], "same"),
    "one action more": ([allow(["s3:GetObject", "s3:PutObject"])], [allow("s3:GetObject")], "more"),
    "a pattern and its actions of today": ([allow("sqs:*")], [allow("sqs:Receive*"), allow("sqs:S*")], "more"),
    "a pattern in parts": (
        [allow("sts:Get*")], [allow(["sts:GetC*", "sts:GetS*", "sts:Get*"])], "same",
    ),
    "an action that nobody knows": ([allow("s3:Frobnicate")], [allow("s3:GetObject")], "more"),
    "an unknown action within a pattern": ([allow("s3:Frobnicate")], [allow("s3:*")], "same"),
    "NotAction and Deny": (
        [allow("sqs:*"), deny("sqs:DeleteQueue")],
        [{"Effect": "Allow", "NotAction": "sqs:DeleteQueue", "Resource": "*"}], "same",
    ),
    "no permissions are needed for it": ([allow("sts:GetCallerIdentity")], [], "same"),
    # limits that differ in their values
    "a list of values that is shorter": (
        [allow(JOB), deny(JOB, conditions=types("ForAnyValue:StringNotEquals", "a"))],
        [allow(JOB), deny(JOB, conditions=types("ForAnyValue:StringNotEquals", "a", "b"))], "same",
    ),
    "a list of values that is longer": (
        [allow(JOB), deny(JOB, conditions=types("ForAnyValue:StringNotEquals", "a", "b"))],
        [allow(JOB), deny(JOB, conditions=types("ForAnyValue:StringNotEquals", "a"))], "more",
    ),
    "a Deny that needs its key now": (
        [allow(JOB), deny(JOB, conditions=types("StringEquals", "a"))],
        [allow(JOB), deny(JOB, conditions=types("StringEqualsIfExists", "a"))], "more",
    ),
    "a Deny of all values where any was enough": (
        [allow(JOB), deny(JOB, conditions=types("ForAllValues:StringLike", "a*"))],
        [allow(JOB), deny(JOB, conditions=types("ForAnyValue:StringEquals", "a"))], "more",
    ),
    "a shorter time": (
        [allow(JOB), deny(JOB, conditions=runtime("NumericGreaterThan", "3600"))],
        [allow(JOB), deny(JOB, conditions=runtime("NumericGreaterThan", "86400"))], "same",
    ),
    "a longer time": (
        [allow(JOB), deny(JOB, conditions=runtime("NumericGreaterThan", "86400"))],
        [allow(JOB), deny(JOB, conditions=runtime("NumericGreaterThan", "3600"))], "more",
    ),
    "a Deny on fewer resources": (
        [allow("s3:GetObject"), deny("s3:GetObject", "arn:aws:s3:::acme/raw/*")],
        [allow("s3:GetObject"), deny("s3:GetObject", OBJECTS)], "more",
    ),
    "a pattern in the place of its values": (
        [allow(JOB, conditions=types("ForAllValues:StringEquals", "ml.m5.large", "ml.m5.xlarge"))],
        [allow(JOB, conditions=types("ForAllValues:StringLike", "ml.m5.*"))], "same",
    ),
    # resources
    "a prefix within a prefix": ([allow("s3:GetObject", "arn:aws:s3:::acme/raw/*")], [allow("s3:GetObject", OBJECTS)], "same"),
    "a prefix around a prefix": ([allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", "arn:aws:s3:::acme/raw/*")], "more"),
    "parts that make a whole": (
        [allow("s3:GetObject", "arn:aws:s3:::acme/?*")],
        [allow("s3:GetObject", "arn:aws:s3:::acme/?"), allow("s3:GetObject", "arn:aws:s3:::acme/??*")], "same",
    ),
    "parts that leave one out": (
        [allow("s3:GetObject", "arn:aws:s3:::acme/*")],
        [allow("s3:GetObject", "arn:aws:s3:::acme/?"), allow("s3:GetObject", "arn:aws:s3:::acme/???*")], "more",
    ),
    "NotResource and Deny": (
        [allow("s3:GetObject"), deny("s3:GetObject", OBJECTS)],
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OBJECTS}], "same",
    ),
    "fewer are spared": (
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OBJECTS}],
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": [OBJECTS, "arn:aws:s3:::other/*"]}], "more",
    ),
    "more are spared": (
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": [OBJECTS, "arn:aws:s3:::other/*"]}],
        [{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OBJECTS}], "same",
    ),
    "alternatives that share a beginning": (
        [allow("s3:GetObject", ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])],
        [allow("s3:GetObject", ["arn:aws:s3:::a/*x", "arn:aws:s3:::b/*"])], "more",
    ),
    "a star is more than all of S3": ([allow("s3:GetObject", "*")], [allow("s3:GetObject", "arn:aws:s3:::*")], "more"),
    "a star is no more than all roles, but for what is no role": (
        [allow("iam:PassRole", "*")], [allow("iam:PassRole", "arn:aws:iam::*:role/*")], "doubtful",
    ),
    "a star is no more than all ARNs": ([allow("iam:PassRole", "*")], [allow("iam:PassRole", "arn:aws:iam:*")], "same"),
    "an action that has no resource": (
        [allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")], [], "same",
    ),
    "an action that is asked on a star": ([allow("s3:ListAllMyBuckets")], [allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")], "more"),
    "another partition is none of ours": (
        [allow("s3:GetObject", "arn:aws:s3:::*"), allow("s3:GetObject", "arn:aws:s3:*:*:*")],
        [allow("s3:GetObject", "arn:aws:s3:*")], "same",
    ),
    "all partitions are meant": (
        [allow("s3:GetObject", "arn:aws*:s3:::acme/*")], [allow("s3:GetObject", OBJECTS)], "more",
    ),
    # conditions
    "a condition narrows": ([allow(JOB, "*", types("StringEquals", "ml.m5.large"))], [allow(JOB)], "same"),
    "no condition is more": ([allow(JOB)], [allow(JOB, "*", types("StringEquals", "ml.m5.large"))], "more"),
    "a value more": (
        [allow(JOB, "*", types("ForAnyValue:StringEquals", "a", "b"))], [allow(JOB, "*", types("ForAnyValue:StringEquals", "a"))], "more",
    ),
    "an exact value within a pattern": (
        [allow(JOB, "*", types("ForAnyValue:StringEquals", "ml.m5.large"))], [allow(JOB, "*", types("ForAnyValue:StringLike", "ml.m5.*"))],
        "same",
    ),
    "ForAllValues is true for none": (
        [allow(JOB, "*", types("ForAllValues:StringEquals", "a"))], [allow(JOB, "*", types("ForAnyValue:StringEquals", "a"))], "more",
    ),
    "ForAllValues with Null": (
        [allow(JOB, "*", {**types("ForAllValues:StringEquals", "a"), "Null": {"sagemaker:InstanceTypes": "false"}})],
        [allow(JOB, "*", types("ForAnyValue:StringEquals", "a"))], "same",
    ),
    "any value is not all values": (
        [allow(JOB, "*", types("ForAnyValue:StringEquals", "a"))],
        [allow(JOB, "*", {**types("ForAllValues:StringEquals", "a"), "Null": {"sagemaker:InstanceTypes": "false"}})], "more",
    ),
    "a Deny of other values is an Allow of these": (
        [allow(JOB), deny(JOB, "*", types("ForAnyValue:StringNotLike", "ml.m5.*"))],
        [allow(JOB, "*", types("ForAllValues:StringLike", "ml.m5.*"))], "same",
    ),
    "a smaller number": (
        [allow(JOB, "*", runtime("NumericLessThan", "3600"))], [allow(JOB, "*", runtime("NumericLessThanEquals", "3600"))], "same",
    ),
    "the limit itself": (
        [allow(JOB, "*", runtime("NumericLessThanEquals", "3600"))], [allow(JOB, "*", runtime("NumericLessThan", "3600"))], "more",
    ),
    "numbers in parts": (
        [allow(JOB, "*", {"Null": {"sagemaker:MaxRuntimeInSeconds": "false"}})],
        [allow(JOB, "*", runtime("NumericLessThan", "10")), allow(JOB, "*", runtime("NumericGreaterThanEquals", "10.0"))], "same",
    ),
    "IfExists is more": (
        [allow(JOB, "*", runtime("NumericLessThanIfExists", "10"))], [allow(JOB, "*", runtime("NumericLessThan", "10"))], "more",
    ),
    "a network within a network": (
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}})],
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], "same",
    ),
    "half of a network": (
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": "10.0.0.0/9"}})], "more",
    ),
    "two halves": (
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
        [allow("s3:GetObject", OBJECTS, {"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}})], "same",
    ),
    "a boolean in text": (
        [allow("s3:GetObject", OBJECTS, {"Bool": {"aws:SecureTransport": "true"}})],
        [allow("s3:GetObject", OBJECTS, {"StringEquals": {"aws:SecureTransport": "true"}})], "same",
    ),
    "not without TLS": (
        [allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", OBJECTS), deny("s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}})],
        "more",
    ),
    "a date": (
        [allow("s3:GetObject", OBJECTS, {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}})],
        [allow("s3:GetObject", OBJECTS, {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})], "same",
    ),
    "case is ignored": (
        [allow("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalTag/T": "AbC"}})],
        [allow("s3:GetObject", OBJECTS, {"StringEqualsIgnoreCase": {"aws:PrincipalTag/T": "aBc"}})], "same",
    ),
    "an ARN pattern": (
        [allow("s3:GetObject", OBJECTS, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ml/*"}})],
        [allow("s3:GetObject", OBJECTS, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}})], "same",
    ),
    "two keys are both asked": (
        [allow(JOB, "*", types("ForAnyValue:StringEquals", "a"))],
        [allow(JOB, "*", {**types("ForAnyValue:StringEquals", "a"), **runtime("NumericLessThan", "10")})], "more",
    ),
    "either key, not both": (
        [allow(JOB)],
        [allow(JOB, "*", {"Null": {"sagemaker:InstanceTypes": "true"}}), allow(JOB, "*", runtime("NumericLessThan", "10"))],
        "more",
    ),
    "a key that the action does not have": (
        [allow("sagemaker:StopTrainingJob", "*", types("ForAnyValue:StringEquals", "a"))], [], "doubtful",
    ),
    "what rests on such a key is no access": (
        [allow("sagemaker:StopTrainingJob")], [allow("sagemaker:StopTrainingJob", "*", types("ForAnyValue:StringEquals", "a"))], "more",
    ),
    "all writings but one": (
        [allow("s3:GetObject", OBJECTS, {"StringEqualsIgnoreCase": {"aws:PrincipalTag/T": "ab"}})],
        [allow("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalTag/T": ["ab", "Ab", "aB"]}})], "more",
    ),
    "numbers above": (
        [allow(JOB, "*", {"Null": {"sagemaker:MaxRuntimeInSeconds": "false"}})],
        [allow(JOB, "*", runtime("NumericLessThanEquals", "10"))], "more",
    ),
    "numbers between": (
        [allow(JOB, "*", {"Null": {"sagemaker:MaxRuntimeInSeconds": "false"}})],
        [allow(JOB, "*", runtime("NumericLessThanEquals", "10")), allow(JOB, "*", runtime("NumericGreaterThanEquals", "11"))], "more",
    ),
    "numbers above a huge one": (
        [allow(JOB, "*", runtime("NumericGreaterThan", "1e60"))], [], "more",
    ),
    "numbers between two of forty digits": (
        [allow(JOB, "*", {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "9" * 38 + "1"}, "NumericLessThan": {"sagemaker:MaxRuntimeInSeconds": "9" * 38 + "3"}})],
        [], "more",
    ),
    "dates before the year 1000": (
        [allow("s3:GetObject", OBJECTS, {"DateGreaterThan": {"aws:CurrentTime": "0400-01-01"}, "DateLessThan": {"aws:CurrentTime": "0600-01-01"}})],
        [allow("s3:GetObject", OBJECTS, {"DateGreaterThan": {"aws:CurrentTime": "0700-01-01"}})], "more",
    ),
    "dates within a microsecond": (
        [allow("s3:GetObject", OBJECTS, {"DateGreaterThan": {"aws:CurrentTime": "1577836800.000000001"}, "DateLessThan": {"aws:CurrentTime": "1577836800.000000004"}})],
        [], "more",
    ),
    "a request on a star alone": ([allow("s3:GetObject")], [allow("s3:GetObject", "arn:*")], "more"),
    "a partition of its own": (
        [allow("s3:GetObject", "arn:aws-us-gov:s3:::acme/*")], [allow("s3:GetObject", OBJECTS)], "more",
    ),
    "a Deny on another partition does not mean that all is there": (
        [{"Effect": "Allow", "Action": JOB, "NotResource": "arn:aws-us-gov:*"}, deny("*", "arn:aws-us-gov:s3:::*")], [], "more",
    ),
    # variables
    "what a variable stands in": (
        [allow("s3:GetObject", OBJECTS, {"StringLike": {"aws:PrincipalTag/T": "a${aws:username}b"}})],
        [allow("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalTag/T": "a"}})], "more",
    ),
    "the same variable": ([allow("s3:GetObject", "*", TAG)], [allow("s3:*", "*", TAG)], "same"),
    "no variable is more": ([allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", "arn:aws:s3:::acme/${aws:username}/*")], "more"),
    "a variable within a pattern": ([allow("s3:GetObject", "arn:aws:s3:::acme/${aws:username}/*")], [allow("s3:GetObject", OBJECTS)], "same"),
    "another variable": (
        [allow("s3:GetObject", "arn:aws:s3:::acme/${aws:username}")], [allow("s3:GetObject", "arn:aws:s3:::acme/${aws:userid}")], "more",
    ),
    "a variable written otherwise": (
        [allow("s3:GetObject", "arn:aws:s3:::acme/${AWS:UserName}")], [allow("s3:GetObject", "arn:aws:s3:::acme/${aws:username}")], "same",
    ),
    "a fixed value and a variable": (
        [allow("s3:GetObject", "*", {"StringEquals": {"aws:ResourceTag/Project": "churn"}})], [allow("s3:GetObject", "*", TAG)], "more",
    ),
    # Denies
    "a Deny elsewhere does not matter": ([allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", OBJECTS), deny("s3:GetObject", "arn:aws:s3:::other/*")], "same"),
    "a Deny on part of it": ([allow("s3:GetObject", OBJECTS)], [allow("s3:GetObject", OBJECTS), deny("s3:GetObject", "arn:aws:s3:::acme/raw/*")], "more"),
    "the same Deny, written otherwise": (
        [allow("s3:GetObject", OBJECTS), deny("*", "*", {"StringNotEquals": {"aws:PrincipalTag/T": "a"}})],
        [allow("s3:GetObject", OBJECTS, {"StringEquals": {"aws:PrincipalTag/T": "a"}})], "same",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_more(name: str) -> None:
    """Each case answers as it must."""
    new, old, expected = CASES[name]
    left, right = identity(*new), identity(*old)
    assert answer(compare(left, right), left, right) == expected


def today(service: str) -> list[str]:
    """Return the actions that the reference has of *service*."""
    return list(action_names(service).values())


def test_all_actions_of_today_are_not_all_actions() -> None:
    """`s3:*` is more than a list of what S3 has: by the actions that AWS adds, and by nothing else."""
    new, old = identity(allow("s3:*")), identity(allow(today("s3")))
    found = compare(new, old)
    assert [(one.future, len(one.actions)) for one in found.differences] == [(True, 1)]
    assert compare(old, new).proven


def test_variables_are_text_in_old_documents() -> None:
    """A document of 2008 has no variables, so the same words are another pattern."""
    statement = allow("s3:GetObject", "arn:aws:s3:::acme/${aws:username}")
    old, new = identity(statement), identity(statement, version="2008-10-17")
    assert answer(compare(new, old), new, old) == "more"


def test_layers_count_together() -> None:
    """What the boundary or the SCPs take away is not allowed, whichever of them does."""
    boundary = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allow("s3:Get*")]})
    scp = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allow("*"), deny("s3:Get*Acl")]})
    bounded = identity(allow("s3:GetObject*", OBJECTS), permissions_boundary=boundary, service_control=((scp,),))
    plain = identity(allow(["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAcl"], OBJECTS))
    found = compare(plain, bounded)
    assert {action for one in found.differences for action in one.actions} == {"s3:GetObjectAcl"}
    assert compare(bounded, identity(allow("s3:Get*", OBJECTS))).proven


def test_an_scp_level_without_a_policy_allows_nothing() -> None:
    """So whatever the identity policies say is more than nothing, and nothing is no more than anything."""
    none = identity(allow("s3:GetObject", OBJECTS), service_control=((),))
    some = identity(allow("s3:GetObject", OBJECTS))
    assert compare(none, identity()).proven
    assert answer(compare(some, none), some, none) == "more"


def test_a_focus_looks_at_a_part() -> None:
    """Only the actions asked for, and only requests with exactly the context asked for."""
    new = identity(allow(["s3:GetObject", "s3:PutObject"], OBJECTS))
    assert compare(new, identity(), Focus(actions=("s3:Put*",))).differences[0].actions == ("s3:PutObject",)
    old = identity(allow("s3:*", OBJECTS, {"StringEquals": {"aws:PrincipalTag/T": "a"}}))
    assert compare(new, old, Focus(context={"aws:principaltag/t": ("a",)})).proven
    assert compare(new, old, Focus(context={"aws:principaltag/t": ("b",)})).differences
    assert compare(new, old, Focus(context={})).differences


def test_a_settled_key_leaves_variables_open() -> None:
    """A key whose value is settled may still be compared with a variable, which is then answered both ways."""
    same = {"StringEquals": {"aws:PrincipalTag/T": "${aws:PrincipalTag/U}"}}
    new, old = identity(allow("s3:GetObject", OBJECTS, same)), identity()
    both = Focus(context={"aws:principaltag/t": ("a",), "aws:principaltag/u": ("a",)})
    assert compare(new, old, both).differences
    assert not compare(new, old, Focus(context={"aws:principaltag/t": ("a",)})).differences


def test_what_is_not_compared_is_refused() -> None:
    """A layer that is left out of account is an error, never a proof."""
    document = {"Version": "2012-10-17", "Statement": {**allow("s3:*"), "Principal": "*"}}
    resource = ResourcePolicy.model_validate(document)
    plain = identity(allow("s3:*"))
    for odd in (
        identity(allow("s3:*"), vpc_endpoints=(resource,)),
        identity(allow("s3:*"), resource_control=((resource,),)),
        identity(allow("s3:*"), resource=resource),
        Policies(resource=resource),
    ):
        with pytest.raises(LayerError):
            compare(odd, plain)


def test_too_much_is_said_to_be_unknown() -> None:
    """Past a limit the answer is neither yes nor no, and names the action and the reason."""
    letters = "abcdefghijklmnop"
    patterns = [f"arn:aws:s3:::x/*{one}*{two}*" for one, two in pairwise(letters)]
    new, old = identity(allow("s3:GetObject", "arn:aws:s3:::x/*")), identity(allow("s3:GetObject", patterns))
    found = compare(new, old)
    assert not found.proven
    assert found.differences or "overlap" in found.unknowns[0].reason


def test_a_key_in_several_fields_of_a_request_has_several_values() -> None:
    """One wrong model among right ones passes an Allow for any right one, and not one for all of them."""
    create, key = "sagemaker:CreateEndpointConfig", "sagemaker:ModelArn"
    model = "arn:aws:sagemaker:eu-west-1:111122223333:model/ok"
    present = {"Null": {key: "false"}}
    one = identity(allow(create, conditions={"ArnEquals": {key: model}}))
    every = identity(allow(create, conditions={"ForAllValues:ArnEquals": {key: model}, **present}))
    assert not compare(one, every).proven
    assert compare(every, one).proven
